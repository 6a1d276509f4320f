#include "core/serve/gzipbytes.h"

#include "core/base/text.h"

#include <array>
#include <zlib.h>

namespace serve {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr int kGzipWindow = 15 + 16;
constexpr int kLevel = 8;
constexpr int kMemoryLevel = 8;

void setInput(z_stream &stream, std::string &input)
{
    // zlib's next_in is not const; it reads only.
    stream.next_in = reinterpret_cast<Bytef *>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
}

template <std::size_t Size>
void setOutput(z_stream &stream, std::array<char, Size> &buffer)
{
    stream.next_out = reinterpret_cast<Bytef *>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
}

} // namespace

std::string gzipped(std::string_view bytes)
{
    z_stream stream{};
    std::string out;
    if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY)
        != Z_OK)
        return out;
    std::string input(bytes);
    setInput(stream, input);
    std::array<char, 16384> buffer{};
    int state = Z_OK;
    while (state == Z_OK) {
        setOutput(stream, buffer);
        state = deflate(&stream, Z_FINISH);
        out.append(buffer.data(), buffer.size() - stream.avail_out);
    }
    deflateEnd(&stream);
    return out;
}

Result<std::string> gunzipped(std::string_view bytes, std::size_t limitBytes)
{
    z_stream stream{};
    if (inflateInit2(&stream, kGzipWindow) != Z_OK)
        return Error{ErrorKind::Internal, base::text("zlib could not be started.")};
    std::string input(bytes);
    setInput(stream, input);
    std::string out;
    std::array<char, 16384> buffer{};
    int state = Z_OK;
    while (state == Z_OK && out.size() <= limitBytes) {
        setOutput(stream, buffer);
        state = inflate(&stream, Z_NO_FLUSH);
        out.append(buffer.data(), buffer.size() - stream.avail_out);
    }
    inflateEnd(&stream);
    if (out.size() > limitBytes)
        return Error{ErrorKind::TooLarge, base::text("An attachment is too large unpacked.")};
    if (state != Z_STREAM_END)
        return Error{ErrorKind::Corrupt, base::text("An attachment is no whole gzip stream.")};
    return out;
}

} // namespace serve
