#include "core/archive/foreignreader.h"
#include "core/archive/scratchfile.h"
#include "core/archive/tarlisting.h"
#include "core/base/text.h"

#include <KCompressionDevice>
#include <KFilterBase>

#include <algorithm>

namespace archive {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

constexpr size_t kPieceBytes = size_t{256} << 10;
constexpr std::uint64_t kRatioFrom = std::uint64_t{64} << 20;

/// Lists a plain tar; large contents are passed over unless `everyByte` is to be read.
Result<Contents> listTar(const base::RandomReader &file, const Limits &limits, bool everyByte,
                         const Reader::Progress &progress)
{
    TarListing listing(limits);
    TarGrammar &grammar = listing.grammar();
    std::string piece;
    std::uint64_t offset = 0;
    while (offset < file.size() && !grammar.fault()) {
        if (const std::uint64_t skip = std::min(grammar.skippable(), file.size() - offset);
            !everyByte && skip >= kPieceBytes) {
            grammar.skip(skip);
            offset += skip;
            continue;
        }
        piece.resize(
            static_cast<size_t>(std::min<std::uint64_t>(kPieceBytes, file.size() - offset)));
        if (Status read = file.readAt(offset, piece.data(), piece.size()); !read)
            return read.error();
        offset += piece.size();
        if (Status fed = grammar.feed(piece); !fed)
            return fed.error();
        if (Status more = progress ? progress(offset) : Status{}; !more)
            return more.error();
    }
    return listing.take(false);
}

KCompressionDevice::CompressionType typeOf(Container container)
{
    switch (container) {
    case Container::Xz: return KCompressionDevice::Xz;
    case Container::Zstd: return KCompressionDevice::Zstd;
    default: return KCompressionDevice::BZip2;
    }
}

/// Runs a KArchive filter over a whole file. Its device reports neither a cut nor a wrong check at
/// the end, so the filter is driven here: only what it calls the end is one.
class Unpacker
{
public:
    Unpacker(const base::RandomReader &file, const Limits &limits, const Reader::Progress &progress)
        : m_file(file)
        , m_limits(limits)
        , m_progress(progress)
        , m_input(kPieceBytes, '\0')
        , m_output(kPieceBytes, '\0')
    {
    }

    /// `mayFollow`: may another stream follow when one has ended?
    Result<std::optional<Finding>> run(Container container, const base::ByteSink &sink,
                                       const std::function<bool()> &mayFollow)
    {
        const std::unique_ptr<KFilterBase> filter(
            KCompressionDevice::filterForCompressionType(typeOf(container)));
        if (!filter || !filter->init(QIODevice::ReadOnly))
            return Error{
                ErrorKind::Unsupported,
                base::text(
                    "This build of the program cannot open archives that are compressed like this one."),
                {}};
        const auto finding = loop(*filter, sink, mayFollow);
        filter->terminate();
        return finding;
    }

private:
    Result<std::optional<Finding>> loop(KFilterBase &filter, const base::ByteSink &sink,
                                        const std::function<bool()> &mayFollow)
    {
        KFilterBase::Result result = KFilterBase::Ok;
        for (;;) {
            if (filter.inBufferEmpty()) {
                if (m_offset == m_file.size())
                    break;
                if (Status filled = refill(filter); !filled)
                    return filled.error();
            }
            if (result == KFilterBase::End) {
                if (!mayFollow())
                    return std::optional(
                        Finding{"container-trailing",
                                {},
                                base::text("There is something behind the end of the archive."),
                                true});
                restart(filter);
            }
            filter.setOutBuffer(m_output.data(), static_cast<uint>(m_output.size()));
            result = filter.uncompress();
            if (result == KFilterBase::Error)
                return std::optional(Finding{
                    "container-data",
                    {},
                    base::text("The compressed data is damaged near byte %1.").arg(m_offset),
                    true});
            if (Status taken = take(filter, sink); !taken)
                return taken.error();
        }
        return drain(filter, result, sink);
    }

    /// The input is used up; there may be output left in the filter.
    Result<std::optional<Finding>> drain(KFilterBase &filter, KFilterBase::Result result,
                                         const base::ByteSink &sink)
    {
        while (result == KFilterBase::Ok && filter.outBufferAvailable() == 0) {
            filter.setOutBuffer(m_output.data(), static_cast<uint>(m_output.size()));
            result = filter.uncompress();
            if (Status taken = take(filter, sink); !taken)
                return taken.error();
        }
        if (result == KFilterBase::End)
            return std::optional<Finding>{};
        return std::optional(
            Finding{"container-cut",
                    {},
                    base::text("The archive breaks off after %1 bytes.").arg(m_file.size()),
                    true});
    }

    Status refill(KFilterBase &filter)
    {
        const auto count =
            static_cast<size_t>(std::min<std::uint64_t>(kPieceBytes, m_file.size() - m_offset));
        if (Status read = m_file.readAt(m_offset, m_input.data(), count); !read)
            return read;
        m_offset += count;
        m_inputSize = count;
        filter.setInBuffer(m_input.data(), static_cast<uint>(count));
        return m_progress ? m_progress(m_offset) : Status{};
    }

    void restart(KFilterBase &filter)
    {
        const auto rest = static_cast<size_t>(filter.inBufferAvailable());
        filter.reset();
        filter.setInBuffer(m_input.data() + (m_inputSize - rest), static_cast<uint>(rest));
    }

    Status take(KFilterBase &filter, const base::ByteSink &sink)
    {
        const size_t got = m_output.size() - static_cast<size_t>(filter.outBufferAvailable());
        m_size += got;
        const auto hostile = [](const QString &limit) {
            return Error{
                ErrorKind::Hostile,
                base::text("The archive is over the limit for %1; it is not opened.").arg(limit),
                {}};
        };
        if (m_size > m_limits.maxTotalBytes)
            return hostile(base::text("uncompressed bytes"));
        if (m_size > kRatioFrom && m_size / m_limits.maxRatio > m_offset)
            return hostile(base::text("the ratio of uncompressed to compressed bytes"));
        return got > 0 ? sink(std::string_view(m_output).substr(0, got)) : Status{};
    }

    const base::RandomReader &m_file;
    const Limits &m_limits;
    const Reader::Progress &m_progress;
    std::string m_input;
    size_t m_inputSize = 0;
    std::string m_output;
    std::uint64_t m_offset = 0;
    std::uint64_t m_size = 0;
};

/// Lists a compressed tar; the tar itself goes to `scratch` where there is one.
Result<Contents> listCompressedTar(const base::RandomReader &file, Container container,
                                   ScratchFile *scratch, const QString &label, const Limits &limits,
                                   const Reader::Progress &progress)
{
    TarListing listing(limits);
    const auto sink = [&](std::string_view bytes) -> Status {
        if (Status fed = listing.grammar().feed(bytes); !fed)
            return fed;
        if (listing.isNoTar())
            return Error{
                ErrorKind::Unsupported,
                base::text("%1 is not a backup archive: what is compressed in it is no tar.")
                    .arg(label),
                {}};
        return scratch != nullptr ? scratch->append(bytes) : Status{};
    };
    const auto finding = Unpacker(file, limits, progress).run(container, sink, [&] {
        return !listing.grammar().hasEnded();
    });
    if (!finding)
        return finding.error();
    Contents contents = listing.take(finding->has_value());
    if (*finding)
        contents.findings().add({**finding});
    return contents;
}

Result<std::vector<Finding>> findingsOf(const Result<Contents> &contents)
{
    if (!contents)
        return contents.error();
    return contents->findings().list();
}

} // namespace

Result<std::unique_ptr<Reader>> openTar(const FilePtr &file, const QString &label,
                                        const Reader::Options &options)
{
    Result<Contents> contents = listTar(*file, options.limits, false, options.progress);
    if (!contents)
        return contents.error();
    auto check = [file, limits = options.limits](const Reader::Progress &progress) {
        return findingsOf(listTar(*file, limits, true, progress));
    };
    return makeForeignReader(label, file->size(), *std::move(contents), flatSource(file), check);
}

Result<std::unique_ptr<Reader>> openCompressedTar(const FilePtr &file, Container container,
                                                  const QString &label,
                                                  const Reader::Options &options)
{
    const auto scratch = ScratchFile::create(options.scratch);
    if (!scratch)
        return scratch.error();
    Result<Contents> contents = listCompressedTar(*file, container, scratch->get(), label,
                                                  options.limits, options.progress);
    if (!contents)
        return contents.error();
    auto check = [file, container, label,
                  limits = options.limits](const Reader::Progress &progress) {
        return findingsOf(listCompressedTar(*file, container, nullptr, label, limits, progress));
    };
    return makeForeignReader(label, file->size(), *std::move(contents), flatSource(*scratch),
                             check);
}

} // namespace archive
