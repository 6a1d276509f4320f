#include "core/archive/estargz.h"
#include "core/archive/footer.h"
#include "core/archive/gzipmember.h"
#include "core/archive/targrammar.h"
#include "core/base/text.h"

#include <algorithm>

namespace archive {

namespace {

using base::Result;
using base::Status;

/// One pass over the file: members in order, then TOC and footer.
class Check final : private TarGrammar::Handler
{
public:
    Check(const Estargz &archive, const Reader::Progress &progress,
          const Reader::IsProven &isProven)
        : m_archive(archive)
        , m_toc(archive.toc())
        , m_progress(progress)
        , m_isProven(isProven)
        , m_grammar(*this)
    {
    }

    Result<std::vector<Finding>> run()
    {
        checkEmptyFiles();
        size_t entry = 0;
        size_t chunk = 0;
        for (size_t i = 0; i < m_toc.members.size(); ++i) {
            while (entry < m_toc.entries.size() && chunk == m_toc.entries[entry].chunks.size()) {
                ++entry;
                chunk = 0;
            }
            const bool payload =
                entry < m_toc.entries.size() && m_toc.entries[entry].chunks[chunk].member == i;
            if (Status checked =
                    checkMember(m_toc.members[i], payload ? &m_toc.entries[entry] : nullptr, chunk);
                !checked)
                return checked.error();
            if (payload)
                ++chunk;
        }
        if (m_tarReadable && (!m_grammar.isBetweenEntries() || m_nextEntry != m_toc.entries.size()))
            add("tar-entries", {},
                base::text(
                    "The tar headers and the table of contents do not list the same entries."));
        if (Status end = checkEnd(); !end)
            return end.error();
        return m_findings.list();
    }

private:
    void add(const char *code, const std::string &path, const QString &message)
    {
        m_findings.add(code, path, message);
    }

    /// All of it was inflated and checked before, if its bytes are those of the members' digests.
    bool isProven(const TocEntry &file) const
    {
        const auto isKnown = [this](const TocChunk &chunk) {
            const TocMember &member = m_toc.members[chunk.member];
            return m_isProven(
                {member.offset, member.size, chunk.size, member.digest, chunk.digest});
        };
        return m_isProven && std::all_of(file.chunks.begin(), file.chunks.end(), isKnown);
    }

    /// They have no member to be checked with.
    void checkEmptyFiles()
    {
        const base::Sha256 nothing = base::sha256({});
        for (const TocEntry &file : m_toc.entries) {
            if (!file.folder && file.size == 0)
                checkFile(file, true, nothing);
        }
    }

    Status checkMember(const TocMember &member, const TocEntry *entry, size_t chunkIndex)
    {
        m_packed.resize(static_cast<size_t>(member.size));
        if (Status read = m_archive.file().readAt(member.offset, m_packed.data(), m_packed.size());
            !read)
            return read;
        const std::string path = entry != nullptr ? entry->name : std::string{};
        const bool isAsWritten = base::sha256(m_packed) == member.digest;
        if (entry != nullptr && chunkIndex == 0)
            m_fileProven = isProven(*entry);
        if (entry != nullptr && m_fileProven && isAsWritten) {
            skipPayload(entry->chunks[chunkIndex].size);
            return m_progress ? m_progress(member.offset + member.size) : Status{};
        }
        if (!isAsWritten)
            add("member-digest", path,
                base::text("The %1 bytes at byte %2 are not the ones that were written.")
                    .arg(member.size)
                    .arg(member.offset));
        m_content.resize(static_cast<size_t>(member.contentSize));
        const GzipFault fault =
            threadInflater().inflate(m_packed, m_content.data(), m_content.size());
        if (fault != GzipFault::None)
            add(gzipFaultCode(fault), path, gzipFaultText(fault));
        const bool sound = fault == GzipFault::None;
        if (entry != nullptr)
            checkPayload(*entry, entry->chunks[chunkIndex], sound);
        else if (Status headers = checkHeaders(sound); !headers)
            return headers;
        return m_progress ? m_progress(member.offset + member.size) : Status{};
    }

    void checkPayload(const TocEntry &entry, const TocChunk &chunk, bool sound)
    {
        const base::Sha256 digest = sound ? base::sha256(m_content) : base::Sha256{};
        if (sound && digest != chunk.digest)
            add("chunk-digest", entry.name,
                base::text("A part of %1 does not have the SHA-256 it was written with.")
                    .arg(base::printable(entry.name)));
        if (entry.chunks.size() > 1 && !m_fileProven) {
            m_fileSound = sound && (m_fileSound || chunk.chunkOffset == 0);
            m_file.add(m_content);
        }
        if (chunk.chunkOffset + chunk.size == entry.size)
            checkFile(entry, sound, digest);
        skipPayload(chunk.size);
    }

    void skipPayload(std::uint64_t size)
    {
        if (!m_tarReadable)
            return;
        if (m_grammar.skippable() < size)
            breakTar();
        else
            m_grammar.skip(size);
    }

    void checkFile(const TocEntry &entry, bool sound, const base::Sha256 &onlyChunk)
    {
        base::Sha256 digest = onlyChunk;
        if (entry.chunks.size() > 1) {
            const std::string bytes = m_file.finish();
            std::copy(bytes.begin(), bytes.end(), digest.begin());
            sound = m_fileSound;
        }
        if (sound && !m_fileProven && digest != entry.digest)
            add("file-digest", entry.name,
                base::text("%1 does not have the SHA-256 it was written with.")
                    .arg(base::printable(entry.name)));
    }

    Status checkHeaders(bool sound)
    {
        if (!sound)
            m_tarReadable = false; // the finding is there; what follows cannot be placed any more
        if (!m_tarReadable)
            return {};
        Status fed = m_grammar.feed(m_content);
        if (m_grammar.fault()) {
            m_findings.add({*m_grammar.fault()});
            m_tarReadable = false;
        }
        return fed;
    }

    Status entry(const TarEntry &entry) override
    {
        if (m_nextEntry == m_toc.entries.size()) {
            breakTar();
            return {};
        }
        const TocEntry &expected = m_toc.entries[m_nextEntry++];
        if (entry.name != expected.name || entry.size != expected.size
            || entry.isFolder() != expected.folder)
            add("tar-entries", expected.name,
                base::text("The tar header of %1 says something else than the table of contents.")
                    .arg(base::printable(expected.name)));
        return {};
    }

    Status refused(const char *code, const TarEntry &entry, const QString &why) override
    {
        add(code, entry.name,
            base::text("The entry %1 has no place in an archive: %2.")
                .arg(base::printable(entry.name), why));
        m_tarReadable = false;
        return {};
    }

    void breakTar()
    {
        m_tarReadable = false;
        add("tar-entries", {},
            base::text("The tar headers and the table of contents do not list the same entries."));
    }

    Status checkEnd()
    {
        const std::uint64_t begin = m_archive.tocOffset();
        std::string end(static_cast<size_t>(m_archive.file().size() - begin), '\0');
        if (Status read = m_archive.file().readAt(begin, end.data(), end.size()); !read)
            return read;
        const std::uint64_t size = m_archive.file().size();
        // Taken apart, not made again: a large one would be in memory five times.
        const size_t memberBytes = end.size() - std::min(end.size(), kFooterBytes);
        bool isAsWritten = std::string_view(end).substr(memberBytes) == encodeFooter(begin);
        const Result<std::string> json =
            decodeTocMember(std::string_view(end).substr(0, memberBytes));
        std::string().swap(end);
        isAsWritten = isAsWritten && json && *json == encodeToc(m_toc);
        if (!isAsWritten)
            add("toc", std::string(kTocName),
                base::text(
                    "The table of contents at the end of the archive is not as it was written."));
        return m_progress ? m_progress(size) : Status{};
    }

    const Estargz &m_archive;
    const Toc &m_toc;
    const Reader::Progress &m_progress;
    const Reader::IsProven &m_isProven;
    TarGrammar m_grammar;
    FindingList m_findings;
    std::string m_packed;
    std::string m_content;
    base::Hasher m_file{base::Hasher::Algorithm::Sha256Digest}; // of a file of several chunks
    bool m_fileSound = false;
    bool m_fileProven = false; // the file whose members are being read is known already
    bool m_tarReadable = true;
    size_t m_nextEntry = 0;
};

} // namespace

Result<std::vector<Finding>> checkEstargz(const Estargz &archive, const Reader::Progress &progress,
                                          const Reader::IsProven &isProven)
{
    return Check(archive, progress, isProven).run();
}

} // namespace archive
