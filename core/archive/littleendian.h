#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Little-endian numbers in bytes, as gzip has them.
namespace archive {

inline void appendLittle16(std::string &out, std::uint16_t value)
{
    out += static_cast<char>(value & 0xff);
    out += static_cast<char>(value >> 8);
}

inline void appendLittle32(std::string &out, std::uint32_t value)
{
    appendLittle16(out, static_cast<std::uint16_t>(value & 0xffff));
    appendLittle16(out, static_cast<std::uint16_t>(value >> 16));
}

[[nodiscard]] inline std::uint16_t littleAt16(std::string_view bytes, size_t at)
{
    const auto byte = [&](size_t i) {
        return static_cast<unsigned>(static_cast<unsigned char>(bytes[i]));
    };
    return static_cast<std::uint16_t>(byte(at) | byte(at + 1) << 8);
}

[[nodiscard]] inline std::uint32_t littleAt32(std::string_view bytes, size_t at)
{
    return std::uint32_t{littleAt16(bytes, at)} | std::uint32_t{littleAt16(bytes, at + 2)} << 16;
}

} // namespace archive
