#pragma once

#include <cstdint>
#include <string_view>

/// CRC-32C (Castagnoli), the checksum of LevelDB's blocks and log records. Eight tables at once:
/// Boost's byte-wise table is four times slower, and every byte of a backup passes through here.
namespace store {

class Crc32c
{
public:
    void add(std::string_view bytes);
    [[nodiscard]] std::uint32_t value() const { return ~m_state; }

private:
    std::uint32_t m_state = ~std::uint32_t{0};
};

[[nodiscard]] std::uint32_t crc32c(std::string_view bytes);

/// The checksum of A followed by B, from the checksums of both and B's length. A large value's key
/// is known only behind its bytes, and reading gigabytes twice for 60 bytes would be a waste.
[[nodiscard]] std::uint32_t combineCrc32c(std::uint32_t a, std::uint32_t b,
                                          std::uint64_t lengthOfB);

/// LevelDB stores checksums masked, because checksums of checksums are problematic.
[[nodiscard]] std::uint32_t maskCrc32c(std::uint32_t crc);

} // namespace store
