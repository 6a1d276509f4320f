#include "core/base/filesource.h"

#include "core/base/text.h"

#include <algorithm>

namespace base {

Status readAll(const RandomReader &reader, const ByteSink &sink, size_t pieceBytes)
{
    const std::uint64_t total = reader.size();
    std::string piece;
    for (std::uint64_t offset = 0; offset < total;) {
        const auto length =
            static_cast<size_t>(std::min<std::uint64_t>(pieceBytes, total - offset));
        piece.resize(length);
        if (Status read = reader.readAt(offset, piece.data(), length); !read)
            return read;
        if (Status taken = sink(piece); !taken)
            return taken;
        offset += length;
    }
    return {};
}

Result<std::string> readWhole(const RandomReader &reader, std::uint64_t limitBytes)
{
    const std::uint64_t total = reader.size();
    if (total > limitBytes)
        return Error{
            ErrorKind::TooLarge,
            text("A file of %1 bytes is larger than the limit of %2.").arg(total).arg(limitBytes)};
    std::string bytes(static_cast<size_t>(total), '\0');
    if (Status read = reader.readAt(0, bytes.data(), bytes.size()); !read)
        return read.error();
    return bytes;
}

Status MemoryReader::readAt(std::uint64_t offset, char *out, size_t length) const
{
    if (offset > m_bytes.size() || length > m_bytes.size() - offset)
        return Error{ErrorKind::Corrupt,
                     text("A read goes past the end of %1 bytes.").arg(m_bytes.size())};
    m_bytes.copy(out, length, static_cast<size_t>(offset));
    return {};
}

} // namespace base
