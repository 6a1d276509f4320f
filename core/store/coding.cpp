#include "core/store/coding.h"

#include <limits>

namespace store {

namespace {

template <typename T>
void putFixed(std::string &out, T value)
{
    for (size_t i = 0; i < sizeof(T); ++i)
        out += static_cast<char>(value >> (8 * i) & 0xff);
}

template <typename T>
T getFixed(const char *bytes)
{
    T value = 0;
    for (size_t i = 0; i < sizeof(T); ++i)
        value |= static_cast<T>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    return value;
}

} // namespace

void putFixed32(std::string &out, std::uint32_t value)
{
    putFixed(out, value);
}

void putFixed64(std::string &out, std::uint64_t value)
{
    putFixed(out, value);
}

void putVarint(std::string &out, std::uint64_t value)
{
    while (value >= 0x80) {
        out += static_cast<char>(value | 0x80);
        value >>= 7;
    }
    out += static_cast<char>(value);
}

void putLengthPrefixed(std::string &out, std::string_view bytes)
{
    putVarint(out, bytes.size());
    out += bytes;
}

std::uint32_t fixed32(const char *bytes)
{
    return getFixed<std::uint32_t>(bytes);
}

std::uint64_t fixed64(const char *bytes)
{
    return getFixed<std::uint64_t>(bytes);
}

std::optional<std::uint64_t> ByteCursor::varint(int maxBytes)
{
    std::uint64_t value = 0;
    for (int i = 0; i < maxBytes && static_cast<size_t>(i) < m_rest.size(); ++i) {
        const auto byte = static_cast<unsigned char>(m_rest[static_cast<size_t>(i)]);
        value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            m_rest.remove_prefix(static_cast<size_t>(i) + 1);
            return value;
        }
    }
    return std::nullopt;
}

std::optional<std::uint64_t> ByteCursor::varint64()
{
    return varint(10);
}

std::optional<std::uint32_t> ByteCursor::varint32()
{
    const auto value = varint(5);
    if (!value || *value > std::numeric_limits<std::uint32_t>::max())
        return std::nullopt;
    return static_cast<std::uint32_t>(*value);
}

std::optional<std::string_view> ByteCursor::bytes(std::uint64_t count)
{
    if (count > m_rest.size())
        return std::nullopt;
    const std::string_view taken = m_rest.substr(0, static_cast<size_t>(count));
    m_rest.remove_prefix(taken.size());
    return taken;
}

std::optional<std::string_view> ByteCursor::lengthPrefixed()
{
    const auto length = varint32();
    return length ? bytes(*length) : std::nullopt;
}

} // namespace store
