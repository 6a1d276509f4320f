#include "core/archive/rawinflate.h"

#include <zlib.h>

#include <algorithm>
#include <new>

namespace archive {

namespace {
using base::Result;
using base::Status;

constexpr size_t kInputBytes = size_t{256} << 10;
constexpr size_t kWindowBytes = size_t{32} << 10;

unsigned char *bytesOf(char *text)
{
    return reinterpret_cast<unsigned char *>(text); // zlib wants unsigned
}
} // namespace

struct RawInflate::Zlib {
    z_stream stream{};
};

RawInflate::RawInflate(const base::RandomReader &file)
    : m_file(file)
    , m_zlib(std::make_unique<Zlib>())
    , m_input(std::make_unique_for_overwrite<char[]>(kInputBytes))
{
    if (inflateInit2(&m_zlib->stream, -MAX_WBITS) != Z_OK)
        throw std::bad_alloc();
}

RawInflate::~RawInflate()
{
    inflateEnd(&m_zlib->stream);
}

Status RawInflate::begin(const CheckpointIndex::Checkpoint &from)
{
    z_stream &stream = m_zlib->stream;
    inflateReset(&stream);
    stream.avail_in = 0;
    m_read = from.packed;
    if (from.bits != 0) {
        char byte = 0;
        if (Status read = m_file.readAt(from.packed - 1, &byte, 1); !read)
            return read;
        inflatePrime(&stream, from.bits, static_cast<unsigned char>(byte) >> (8 - from.bits));
    }
    if (!from.window.empty()) {
        std::string window = from.window;
        inflateSetDictionary(&stream, bytesOf(window.data()), static_cast<uInt>(window.size()));
    }
    return {};
}

Status RawInflate::refill()
{
    const auto count =
        static_cast<size_t>(std::min<std::uint64_t>(kInputBytes, m_file.size() - m_read));
    if (Status read = m_file.readAt(m_read, m_input.get(), count); !read)
        return read;
    m_zlib->stream.next_in = bytesOf(m_input.get());
    m_zlib->stream.avail_in = static_cast<uInt>(count);
    m_read += count;
    return {};
}

Result<RawInflate::State> RawInflate::inflate(char *out, size_t size, size_t &got,
                                              bool stopAtBlocks)
{
    z_stream &stream = m_zlib->stream;
    got = 0;
    stream.next_out = bytesOf(out);
    stream.avail_out = static_cast<uInt>(size);
    for (;;) {
        if (stream.avail_in == 0 && m_read < m_file.size()) {
            if (Status read = refill(); !read)
                return read.error();
        }
        const uInt before = stream.avail_out;
        const int code = ::inflate(&stream, stopAtBlocks ? Z_BLOCK : Z_NO_FLUSH);
        got = size - stream.avail_out;
        if (code == Z_STREAM_END)
            return State::StreamEnd;
        if (code != Z_OK && code != Z_BUF_ERROR)
            return State::Damaged;
        const bool atBlockEnd = (stream.data_type & 128) != 0 && (stream.data_type & 64) == 0;
        if (stopAtBlocks && atBlockEnd)
            return State::BlockEnd;
        if (stream.avail_out == 0)
            return State::More;
        if (stream.avail_in == 0 && m_read == m_file.size() && before == stream.avail_out)
            return State::FileEnd;
    }
}

std::uint64_t RawInflate::packedOffset() const
{
    return m_read - m_zlib->stream.avail_in;
}

CheckpointIndex::Checkpoint RawInflate::checkpoint(std::uint64_t content) const
{
    CheckpointIndex::Checkpoint checkpoint{content, packedOffset(), m_zlib->stream.data_type & 7,
                                           std::string(kWindowBytes, '\0')};
    auto length = static_cast<uInt>(kWindowBytes);
    inflateGetDictionary(&m_zlib->stream, bytesOf(checkpoint.window.data()), &length);
    checkpoint.window.resize(length);
    return checkpoint;
}

} // namespace archive
