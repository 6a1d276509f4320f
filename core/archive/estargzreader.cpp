#include "core/archive/estargzreader.h"

#include "core/archive/entrypath.h"
#include "core/archive/estargz.h"
#include "core/archive/footer.h"
#include "core/archive/gzipmember.h"
#include "core/archive/manifest.h"
#include "core/base/text.h"

#include <algorithm>
#include <cstring>

namespace archive {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

constexpr std::uint64_t kCacheBytes = std::uint64_t{32} << 20; // eight full chunks
constexpr std::uint64_t kMaxTocBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kMaxFormatBytes = std::uint64_t{64} << 10;

class EntryReader final : public base::RandomReader
{
public:
    EntryReader(std::shared_ptr<const Estargz> archive, size_t entry)
        : m_archive(std::move(archive))
        , m_entry(entry)
    {
    }
    [[nodiscard]] std::uint64_t size() const override
    {
        return m_archive->toc().entries[m_entry].size;
    }
    [[nodiscard]] Status readAt(std::uint64_t offset, char *out, size_t length) const override
    {
        return m_archive->readEntry(m_entry, offset, out, length);
    }

private:
    std::shared_ptr<const Estargz> m_archive;
    size_t m_entry;
};

class EstargzReader final : public ContentReader
{
public:
    EstargzReader(const std::shared_ptr<const Estargz> &archive, Contents contents)
        : ContentReader(Origin::Ours, archive->file().size(), std::move(contents), archive)
        , m_archive(archive)
    {
    }

    [[nodiscard]] Result<PackedFile> packedFile(const std::string &directory,
                                                const std::string &name) const override
    {
        const auto database = contents().databases().find(directory);
        if (database != contents().databases().end()) {
            for (const Contents::File &file : database->second.files) {
                if (file.name == name)
                    return m_archive->packed(static_cast<size_t>(file.source));
            }
        }
        return Error{ErrorKind::NotFound,
                     base::text("There is no %1 in the archive.")
                         .arg(base::printable(directory + '/' + name)),
                     {}};
    }

    [[nodiscard]] Result<std::vector<Finding>>
    checkIntegrity(const Progress &progress, const IsProven &isProven) const override
    {
        auto checked = checkEstargz(*m_archive, progress, isProven);
        if (!checked)
            return checked;
        FindingList all;
        all.add(findings());
        all.add(*checked);
        return all.list();
    }

private:
    std::shared_ptr<const Estargz> m_archive;
};

/// Nothing when the footer is not there; `why` when the TOC behind it is not sound.
Result<std::optional<Toc>> readToc(const base::RandomReader &file, std::uint64_t &tocOffset,
                                   const Limits &limits, std::optional<QString> &why)
{
    if (file.size() < kFooterBytes + kMinMemberBytes)
        return std::optional<Toc>{};
    std::string footer(kFooterBytes, '\0');
    const std::uint64_t footerOffset = file.size() - kFooterBytes;
    if (Status read = file.readAt(footerOffset, footer.data(), footer.size()); !read)
        return read.error();
    const auto offset = decodeFooter(footer);
    if (!offset)
        return std::optional<Toc>{};
    tocOffset = *offset;
    if (tocOffset >= footerOffset || footerOffset - tocOffset > kMaxTocBytes) {
        why = base::text("The last bytes of the archive point to a wrong place.");
        return std::optional<Toc>{};
    }
    std::string member(static_cast<size_t>(footerOffset - tocOffset), '\0');
    if (Status read = file.readAt(tocOffset, member.data(), member.size()); !read)
        return read.error();
    const Result<std::string> json = decodeTocMember(member);
    std::string().swap(member);
    Result<Toc> toc = json ? decodeToc(*json) : Result<Toc>(json.error());
    if (const Status sound = toc ? checkToc(*toc, tocOffset, limits) : Status(toc.error());
        !sound) {
        if (sound.error().kind == ErrorKind::Hostile)
            return sound.error();
        why = sound.error().message;
        return std::optional<Toc>{};
    }
    return std::optional<Toc>(*std::move(toc));
}

Result<Contents> contentsOf(const Toc &toc, const Limits &limits)
{
    Contents contents(limits);
    for (size_t i = 0; i < toc.entries.size(); ++i) {
        const TocEntry &entry = toc.entries[i];
        const Status added = entry.folder ? contents.addFolder(entry.name)
                                          : contents.addFile(entry.name, entry.size, i);
        if (!added)
            return added.error();
    }
    const std::string_view first =
        toc.entries.empty() ? std::string_view{} : trimmedPath(toc.entries.front().name);
    contents.arrange(std::string(first.substr(0, first.find('/'))));
    return contents;
}

/// An error only where the archive must not be opened: it is of a version that is not known yet.
Status checkFormat(Contents &contents, const Estargz &archive, const QString &label)
{
    const auto file = contents.looseFiles().find("format.json");
    const auto missing = [&contents] {
        contents.findings().add("format-missing", "format.json",
                                base::text("The archive has no format.json that can be read."));
        return Status{};
    };
    if (file == contents.looseFiles().end())
        return missing();
    const auto reader = archive.open(file->second.source, file->second.size);
    const auto text =
        reader ? base::readWhole(**reader, kMaxFormatBytes) : Result<std::string>(reader.error());
    if (!text)
        return missing();
    const Result<Format> format = decodeFormat(*text);
    if (!format)
        return missing();
    if (format->version > kFormatVersion)
        return Error{
            ErrorKind::Unsupported,
            base::text(
                "%1 was written by a newer version of this program (%2). Update focus-monitor to open it.")
                .arg(label, base::printable(format->tool)),
            {}};
    return {};
}

} // namespace

Estargz::Estargz(std::shared_ptr<const base::RandomReader> file, Toc toc, std::uint64_t tocOffset)
    : m_file(std::move(file))
    , m_toc(std::move(toc))
    , m_tocOffset(tocOffset)
    , m_cache(kCacheBytes)
{
}

Result<std::shared_ptr<const base::RandomReader>> Estargz::open(std::uint64_t source,
                                                                std::uint64_t) const
{
    return std::shared_ptr<const base::RandomReader>(
        std::make_shared<EntryReader>(shared_from_this(), static_cast<size_t>(source)));
}

Status Estargz::readEntry(size_t index, std::uint64_t offset, char *out, size_t length) const
{
    const TocEntry &entry = m_toc.entries[index];
    if (offset > entry.size || length > entry.size - offset)
        return Error{ErrorKind::Corrupt,
                     base::text("A read goes past the end of %1.").arg(base::printable(entry.name)),
                     {}};
    auto part = std::upper_bound(
        entry.chunks.begin(), entry.chunks.end(), offset,
        [](std::uint64_t at, const TocChunk &chunk) { return at < chunk.chunkOffset; });
    for (part = part == entry.chunks.begin() ? part : part - 1; length > 0; ++part) {
        const auto content = chunk(entry, *part);
        if (!content)
            return content.error();
        const auto begin = static_cast<size_t>(offset - part->chunkOffset);
        const size_t count = std::min(length, (*content)->size() - begin);
        std::memcpy(out, (*content)->data() + begin, count);
        out += count;
        offset += count;
        length -= count;
    }
    return {};
}

Result<ChunkCache::Chunk> Estargz::chunk(const TocEntry &entry, const TocChunk &chunk) const
{
    return m_cache.get(chunk.offset, [&]() -> Result<std::string> {
        const TocMember &member = m_toc.members[chunk.member];
        const auto damaged = [&entry](const QString &why) {
            return Error{ErrorKind::Corrupt,
                         base::text("%1 is damaged in the archive: %2")
                             .arg(base::printable(entry.name), why),
                         {}};
        };
        std::string packed(static_cast<size_t>(member.size), '\0');
        if (Status read = m_file->readAt(member.offset, packed.data(), packed.size()); !read)
            return read.error();
        if (base::sha256(packed) != member.digest)
            return damaged(
                base::text("its compressed bytes do not have the SHA-256 they were written with."));
        std::string content(static_cast<size_t>(chunk.size), '\0');
        const GzipFault fault = threadInflater().inflate(packed, content.data(), content.size());
        if (fault != GzipFault::None)
            return damaged(gzipFaultText(fault));
        return content;
    });
}

PackedFile Estargz::packed(size_t index) const
{
    const TocEntry &entry = m_toc.entries[index];
    PackedFile packed{entry.size, entry.digest, {}, m_file};
    for (const TocChunk &chunk : entry.chunks) {
        const TocMember &member = m_toc.members[chunk.member];
        packed.chunks.push_back(
            {member.offset, member.size, chunk.size, member.digest, chunk.digest});
    }
    return packed;
}

Result<std::unique_ptr<Reader>> openEstargz(const std::shared_ptr<const base::RandomReader> &file,
                                            const QString &label, const Reader::Options &options,
                                            std::optional<QString> &why)
{
    std::uint64_t tocOffset = 0;
    Result<std::optional<Toc>> toc = readToc(*file, tocOffset, options.limits, why);
    if (!toc)
        return toc.error();
    if (!*toc)
        return std::unique_ptr<Reader>{};
    const auto archive = std::make_shared<const Estargz>(file, **std::move(toc), tocOffset);
    Result<Contents> contents = contentsOf(archive->toc(), options.limits);
    if (!contents)
        return contents.error();
    if (Status known = checkFormat(*contents, *archive, label); !known)
        return known.error();
    return std::unique_ptr<Reader>(std::make_unique<EstargzReader>(archive, *std::move(contents)));
}

} // namespace archive
