#include "core/archive/gzipscan.h"

#include "core/archive/gzipmember.h"
#include "core/archive/littleendian.h"
#include "core/archive/rawinflate.h"
#include "core/base/text.h"

#include <zlib.h>

#include <algorithm>

namespace archive {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

constexpr size_t kMaxHeaderBytes = 4096;
constexpr std::uint64_t kRatioFrom = std::uint64_t{64} << 20;

enum HeaderFlag : unsigned {
    HasCrc = 2,
    HasExtra = 4,
    HasName = 8,
    HasComment = 16,
    Reserved = 0xe0
};

/// The length of the gzip header at the front of `bytes`; 0 when it is none, nothing when it is
/// cut.
std::optional<size_t> headerLength(std::string_view bytes)
{
    constexpr size_t fixed = 10;
    if (!kGzipHeader.substr(0, 3).starts_with(bytes.substr(0, 3)))
        return 0;
    if (bytes.size() < fixed)
        return std::nullopt;
    const auto flags = static_cast<unsigned>(static_cast<unsigned char>(bytes[3]));
    if ((flags & Reserved) != 0)
        return 0;
    size_t at = fixed;
    if ((flags & HasExtra) != 0) {
        if (bytes.size() < at + 2)
            return std::nullopt;
        at += 2U + littleAt16(bytes, at);
    }
    for (const HeaderFlag text : {HasName, HasComment}) {
        if ((flags & text) == 0)
            continue;
        const size_t end = bytes.find('\0', at);
        if (end == std::string_view::npos)
            return std::nullopt;
        at = end + 1;
    }
    if ((flags & HasCrc) != 0) {
        if (bytes.size() < at + 2)
            return std::nullopt;
        if (littleAt16(bytes, at) != (crc32(0, bytes.substr(0, at)) & 0xffff))
            return 0;
        at += 2;
    }
    return at <= bytes.size() ? std::optional(at) : std::nullopt;
}

class Scanner
{
public:
    Scanner(const base::RandomReader &file, const Limits &limits, const base::ByteSink &sink,
            const std::function<Status(std::uint64_t)> &progress)
        : m_file(file)
        , m_limits(limits)
        , m_sink(sink)
        , m_progress(progress)
        , m_inflate(file)
        , m_buffer(std::make_unique_for_overwrite<char[]>(GzipIndex::kPageBytes))
    {
    }

    Result<GzipScan> run(const std::function<bool()> &mayFollow)
    {
        while (m_offset < m_file.size() && !m_scan.fault) {
            if (m_scan.members > 0 && !mayFollow()) {
                fault("gzip-trailing",
                      base::text("There are %1 bytes behind the end of the archive.")
                          .arg(m_file.size() - m_offset));
                break;
            }
            if (m_scan.members > 2 * m_limits.maxEntries)
                return hostile(base::text("gzip members"));
            if (Status member = scanMember(); !member)
                return member.error();
        }
        m_scan.index.size = m_size;
        return std::move(m_scan);
    }

private:
    static Error hostile(const QString &limit)
    {
        return {ErrorKind::Hostile,
                base::text("The archive is over the limit for %1; it is not opened.").arg(limit),
                {}};
    }

    void fault(const char *code, const QString &message)
    {
        m_scan.fault = Finding{code, {}, message, true};
    }

    void cut()
    {
        m_scan.isCut = true;
        fault("gzip-cut", base::text("The archive breaks off after %1 bytes.").arg(m_file.size()));
    }

    Status scanMember()
    {
        std::string header(
            static_cast<size_t>(std::min<std::uint64_t>(kMaxHeaderBytes, m_file.size() - m_offset)),
            '\0');
        if (Status read = m_file.readAt(m_offset, header.data(), header.size()); !read)
            return read;
        const std::optional<size_t> length = headerLength(header);
        if (!length && header.size() < kMaxHeaderBytes) {
            cut();
            return {};
        }
        if (length.value_or(0) == 0) {
            fault("gzip-header",
                  base::text("At byte %1 there should be a gzip header, and there is none.")
                      .arg(m_offset));
            return {};
        }
        m_offset += *length;
        m_memberCrc = 0;
        m_memberBytes = 0;
        m_scan.index.checkpoints.addMember(m_size, m_offset);
        if (Status begun = m_inflate.begin({m_size, m_offset, 0, {}}); !begun)
            return begun;
        return inflateMember();
    }

    Status inflateMember()
    {
        for (;;) {
            const Result<RawInflate::State> state = fillBuffer();
            if (!state)
                return state.error();
            m_offset = m_inflate.packedOffset();
            if (Status taken = takeBuffer(); !taken)
                return taken;
            switch (*state) {
            case RawInflate::State::StreamEnd: return checkTrailer();
            case RawInflate::State::FileEnd: cut(); return {};
            case RawInflate::State::Damaged:
                fault("gzip-data",
                      base::text("The compressed data is damaged near byte %1.").arg(m_offset));
                return {};
            default: break;
            }
        }
    }

    /// As much as fits; on the way, checkpoints.
    Result<RawInflate::State> fillBuffer()
    {
        m_filled = 0;
        // Up to the end of a page, so that pages and buffers begin together.
        const size_t room =
            GzipIndex::kPageBytes - static_cast<size_t>(m_size % GzipIndex::kPageBytes);
        for (;;) {
            size_t got = 0;
            auto state = m_inflate.inflate(m_buffer.get() + m_filled, room - m_filled, got, true);
            m_filled += got;
            if (!state || *state != RawInflate::State::BlockEnd)
                return state;
            if (m_scan.index.checkpoints.wants(m_size + m_filled))
                m_scan.index.checkpoints.addBlock(m_inflate.checkpoint(m_size + m_filled));
            if (m_filled == room)
                return RawInflate::State::More;
        }
    }

    Status takeBuffer()
    {
        const std::string_view bytes{m_buffer.get(), m_filled};
        const std::uint32_t crc = crc32(0, bytes);
        const auto length = static_cast<z_off_t>(bytes.size());
        if (m_size % GzipIndex::kPageBytes == 0 && !bytes.empty())
            m_scan.index.pageCrcs.push_back(0);
        if (!bytes.empty()) {
            auto &page = m_scan.index.pageCrcs.back();
            page = static_cast<std::uint32_t>(crc32_combine(page, crc, length));
        }
        m_memberCrc = static_cast<std::uint32_t>(crc32_combine(m_memberCrc, crc, length));
        m_memberBytes += bytes.size();
        m_size += bytes.size();
        if (m_size > m_limits.maxTotalBytes)
            return hostile(base::text("uncompressed bytes"));
        if (m_size > kRatioFrom && m_size / m_limits.maxRatio > m_offset)
            return hostile(base::text("the ratio of uncompressed to compressed bytes"));
        if (Status taken = bytes.empty() ? Status{} : m_sink(bytes); !taken)
            return taken;
        return m_progress ? m_progress(m_offset) : Status{};
    }

    Status checkTrailer()
    {
        std::string trailer(kGzipTrailerBytes, '\0');
        if (m_file.size() - m_offset < trailer.size()) {
            cut();
            return {};
        }
        if (Status read = m_file.readAt(m_offset, trailer.data(), trailer.size()); !read)
            return read;
        m_offset += trailer.size();
        if (littleAt32(trailer, 0) != m_memberCrc)
            fault(
                "gzip-crc",
                base::text(
                    "The content of the archive does not match its CRC-32: something in it has changed."));
        else if (littleAt32(trailer, 4) != static_cast<std::uint32_t>(m_memberBytes))
            fault("gzip-length",
                  base::text("The content of the archive has another length than it should."));
        else
            ++m_scan.members;
        return {};
    }

    const base::RandomReader &m_file;
    const Limits &m_limits;
    const base::ByteSink &m_sink;
    const std::function<Status(std::uint64_t)> &m_progress;
    RawInflate m_inflate;
    std::unique_ptr<char[]> m_buffer;
    size_t m_filled = 0;
    std::uint64_t m_offset = 0; // in the file
    std::uint64_t m_size = 0;   // inflated so far
    std::uint32_t m_memberCrc = 0;
    std::uint64_t m_memberBytes = 0;
    GzipScan m_scan;
};

} // namespace

Result<GzipScan> scanGzip(const base::RandomReader &file, const Limits &limits,
                          const base::ByteSink &sink, const std::function<bool()> &mayFollow,
                          const std::function<Status(std::uint64_t)> &progress)
{
    return Scanner(file, limits, sink, progress).run(mayFollow);
}

} // namespace archive
