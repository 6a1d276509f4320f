#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The 512-byte blocks a tar is made of.
namespace archive {

inline constexpr size_t kTarBlockBytes = 512;

/// Zero bytes that follow a content of `size`.
[[nodiscard]] constexpr size_t tarPadding(std::uint64_t size)
{
    return static_cast<size_t>((kTarBlockBytes - size % kTarBlockBytes) % kTarBlockBytes);
}

enum class TarFault {
    None,
    Checksum, ///< the header does not add up
    Magic,    ///< neither POSIX, GNU nor the old form
    Number    ///< size or time is no number, negative, or beyond 2^63
};
[[nodiscard]] const char *tarFaultCode(TarFault fault);

struct TarBlock {
    std::string name; ///< with the prefix field where the form has one; at most 256 bytes
    std::uint64_t size = 0;
    std::uint64_t modified = 0; ///< seconds since 1970
    char type = '0';
};

/// Strict: the checksum must be right, numbers are octal or base-256 and nothing else.
[[nodiscard]] TarFault decodeTarBlock(std::string_view block, TarBlock &out);
[[nodiscard]] bool isZeroBlock(std::string_view block);

/// A plain header for a regular file of 0600 with a name of at most 99 bytes, owner 0, time 0.
[[nodiscard]] std::string encodeTarBlock(std::string_view name, std::uint64_t size);

/// Owner and group become 0, and the checksum is made right.
void sealTarBlock(char *block);

} // namespace archive
