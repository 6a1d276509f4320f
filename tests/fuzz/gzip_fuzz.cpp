#include "core/archive/footer.h"
#include "core/archive/gzipmember.h"
#include "core/archive/gzipscan.h"
#include "tests/fuzz/targets.h"

#include <zlib.h>

#include <vector>

namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{256} << 10;

/// zlib's own gzip reader: the content of all members, when they fill the input to its end.
std::optional<std::string> byZlib(std::string_view input)
{
    std::string in(input);
    std::string out(kMostBytes + 1, '\0');
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK)
        return std::nullopt;
    stream.next_in = reinterpret_cast<Bytef *>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef *>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    int state = Z_OK;
    while (stream.avail_in > 0 && (state = inflate(&stream, Z_FINISH)) == Z_STREAM_END) {
        if (stream.avail_in > 0 && inflateReset(&stream) != Z_OK)
            break;
    }
    out.resize(out.size() - stream.avail_out);
    const bool isWhole = state == Z_STREAM_END && stream.avail_in == 0;
    inflateEnd(&stream);
    return isWhole ? std::optional(std::move(out)) : std::nullopt;
}

std::string scanned(std::string_view input)
{
    const base::MemoryReader file{std::string(input)};
    archive::Limits limits;
    limits.maxTotalBytes = kMostBytes;
    std::string content;
    const auto scan = archive::scanGzip(
        file, limits,
        [&content](std::string_view bytes) {
            content += bytes;
            return base::Status();
        },
        [] { return true; }, {});
    if (!scan) // a limit
        return {};
    if (scan->index.size != content.size())
        return "the index has another size than the content";
    if (scan->isCut && !scan->fault)
        return "it is cut, and that is no fault";
    if (scan->fault || input.empty())
        return {};
    const auto expected = byZlib(input);
    if (!expected)
        return "zlib does not take what was taken";
    return *expected == content ? std::string() : "zlib reads another content";
}

std::string asMember(std::string_view input)
{
    // The size of the content is known from elsewhere: here, from the trailer.
    std::uint32_t size = 0;
    for (size_t i = 0; i < 4 && i < input.size(); ++i)
        size = size << 8 | static_cast<unsigned char>(input[input.size() - 1 - i]);
    std::vector<char> out(std::min<size_t>(size, kMostBytes) + 1, '\x5a');
    const auto fault = archive::threadInflater().inflate(input, out.data(), out.size() - 1);
    if (out.back() != '\x5a')
        return "the inflater wrote more than it may";
    if (fault == archive::GzipFault::None) {
        const auto expected = byZlib(input);
        if (!expected || *expected != std::string_view(out.data(), out.size() - 1))
            return "zlib reads another content of the member";
    }
    if (const auto stored = archive::decodeStoredMember(input);
        stored && archive::encodeStoredMember(*stored) != input)
        return "a stored member has two forms";
    if (const auto offset = archive::decodeFooter(input);
        offset && archive::encodeFooter(*offset) != input)
        return "a footer has two forms";
    return {};
}

} // namespace

std::string fuzz::gzip(std::string_view input)
{
    std::string wrong = scanned(input);
    return wrong.empty() ? asMember(input) : wrong;
}
