#include "core/archive/gzipmember.h"

#include "core/archive/littleendian.h"
#include "core/base/text.h"

#include <libdeflate.h>

#include <algorithm>

namespace archive {

namespace {

constexpr size_t kStoredBlockBytes = 65535;

// Pictures and archives do not get smaller: three slices tell, at a fortieth of the cost.
constexpr size_t kProbeFrom = size_t{256} << 10;
constexpr size_t kSliceBytes = size_t{32} << 10;
constexpr size_t kWorthItPercent = 97;

void appendTrailer(std::string &member, std::string_view content)
{
    appendLittle32(member, crc32(0, content));
    appendLittle32(member, static_cast<std::uint32_t>(content.size()));
}

} // namespace

const char *gzipFaultCode(GzipFault fault)
{
    switch (fault) {
    case GzipFault::Header: return "gzip-header";
    case GzipFault::Deflate: return "gzip-data";
    case GzipFault::Length: return "gzip-length";
    case GzipFault::Crc: return "gzip-crc";
    case GzipFault::None: break;
    }
    return "";
}

QString gzipFaultText(GzipFault fault)
{
    switch (fault) {
    case GzipFault::Header:
        return base::text("The header of a gzip member is not as it was written.");
    case GzipFault::Deflate: return base::text("The compressed data of a gzip member is damaged.");
    case GzipFault::Length:
        return base::text("A gzip member holds another number of bytes than it should.");
    case GzipFault::Crc:
        return base::text("The content of a gzip member does not match its CRC-32.");
    case GzipFault::None: break;
    }
    return {};
}

struct MemberCompressor::State {
    libdeflate_compressor *compressor = nullptr;
    libdeflate_compressor *storing = nullptr; ///< copies
    std::string probe;

    /// False when the beginning, the middle and the end all stay as large as they are.
    bool isWorthIt(std::string_view content)
    {
        if (content.size() < kProbeFrom)
            return true;
        const size_t last = content.size() - kSliceBytes;
        for (const size_t from : {size_t{0}, last / 2, last}) {
            probe.resize(libdeflate_deflate_compress_bound(compressor, kSliceBytes));
            const size_t packed = libdeflate_deflate_compress(
                compressor, content.data() + from, kSliceBytes, probe.data(), probe.size());
            if (packed * 100 < kSliceBytes * kWorthItPercent)
                return true;
        }
        return false;
    }
};

MemberCompressor::MemberCompressor(int level)
    : m_state(std::make_unique<State>())
{
    m_state->compressor = libdeflate_alloc_compressor(std::clamp(level, 1, 12));
    m_state->storing = libdeflate_alloc_compressor(0);
    if (m_state->compressor == nullptr || m_state->storing == nullptr)
        throw std::bad_alloc();
}

MemberCompressor::~MemberCompressor()
{
    libdeflate_free_compressor(m_state->storing);
    libdeflate_free_compressor(m_state->compressor);
}

void MemberCompressor::compress(std::string_view content, std::string &member)
{
    libdeflate_compressor *compressor =
        m_state->isWorthIt(content) ? m_state->compressor : m_state->storing;
    const size_t bound = libdeflate_deflate_compress_bound(compressor, content.size());
    member.resize(kGzipHeader.size() + bound + kGzipTrailerBytes);
    std::copy(kGzipHeader.begin(), kGzipHeader.end(), member.begin());
    const size_t packed = libdeflate_deflate_compress(compressor, content.data(), content.size(),
                                                      member.data() + kGzipHeader.size(), bound);
    Q_ASSERT(packed > 0); // the bound is enough by definition
    member.resize(kGzipHeader.size() + packed);
    appendTrailer(member, content);
}

struct MemberInflater::State {
    libdeflate_decompressor *decompressor = nullptr;
};

MemberInflater::MemberInflater()
    : m_state(std::make_unique<State>())
{
    m_state->decompressor = libdeflate_alloc_decompressor();
    if (m_state->decompressor == nullptr)
        throw std::bad_alloc();
}

MemberInflater::~MemberInflater()
{
    libdeflate_free_decompressor(m_state->decompressor);
}

GzipFault MemberInflater::inflate(std::string_view member, char *out, size_t size)
{
    if (!member.starts_with(kGzipHeader))
        return GzipFault::Header;
    if (member.size() < kMinMemberBytes)
        return GzipFault::Deflate;
    const std::string_view trailer = member.substr(member.size() - kGzipTrailerBytes);
    const size_t packed = member.size() - kGzipHeader.size() - kGzipTrailerBytes;
    size_t used = 0;
    size_t got = 0;
    const libdeflate_result result = libdeflate_deflate_decompress_ex(
        m_state->decompressor, member.data() + kGzipHeader.size(), packed, out, size, &used, &got);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE)
        return GzipFault::Length;
    if (result != LIBDEFLATE_SUCCESS || used != packed)
        return GzipFault::Deflate;
    if (got != size || littleAt32(trailer, 4) != static_cast<std::uint32_t>(size))
        return GzipFault::Length;
    return littleAt32(trailer, 0) == crc32(0, {out, size}) ? GzipFault::None : GzipFault::Crc;
}

MemberInflater &threadInflater()
{
    static thread_local MemberInflater inflater;
    return inflater;
}

std::string encodeStoredMember(std::string_view content)
{
    std::string member(kGzipHeader);
    member.reserve(content.size() + content.size() / kStoredBlockBytes * 5 + 64);
    std::string_view rest = content;
    do {
        const std::string_view block = rest.substr(0, kStoredBlockBytes);
        rest.remove_prefix(block.size());
        member += rest.empty() ? '\x01' : '\x00';
        appendLittle16(member, static_cast<std::uint16_t>(block.size()));
        appendLittle16(member, static_cast<std::uint16_t>(~block.size()));
        member += block;
    } while (!rest.empty());
    appendTrailer(member, content);
    return member;
}

std::optional<std::string> decodeStoredMember(std::string_view member)
{
    if (!member.starts_with(kGzipHeader))
        return std::nullopt;
    std::string content;
    content.reserve(member.size());
    std::string_view rest = member.substr(kGzipHeader.size());
    for (bool last = false; !last;) {
        if (rest.size() < 5 || (rest[0] != '\x00' && rest[0] != '\x01'))
            return std::nullopt;
        last = rest[0] == '\x01';
        const std::uint16_t length = littleAt16(rest, 1);
        // One form only: full blocks, then one that is not empty, but for an empty content.
        const bool isRightLength =
            last ? length > 0 || content.empty() : length == kStoredBlockBytes;
        if (!isRightLength || littleAt16(rest, 3) != static_cast<std::uint16_t>(~length)
            || rest.size() - 5 < length)
            return std::nullopt;
        content += rest.substr(5, length);
        rest.remove_prefix(size_t{5} + length);
    }
    std::string trailer;
    appendTrailer(trailer, content);
    return rest == trailer ? std::optional(std::move(content)) : std::nullopt;
}

std::uint32_t crc32(std::uint32_t before, std::string_view bytes)
{
    return libdeflate_crc32(before, bytes.data(), bytes.size());
}

} // namespace archive
