#include "core/store/crc32c.h"

#include "core/store/coding.h"

#include <array>

namespace store {

namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78; // reflected

constexpr std::array<std::array<std::uint32_t, 256>, 8> makeTables()
{
    std::array<std::array<std::uint32_t, 256>, 8> tables{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc & 1) != 0 ? crc >> 1 ^ kPolynomial : crc >> 1;
        tables[0][i] = crc;
    }
    for (size_t t = 1; t < 8; ++t) {
        for (size_t i = 0; i < 256; ++i)
            tables[t][i] = tables[t - 1][i] >> 8 ^ tables[0][tables[t - 1][i] & 0xff];
    }
    return tables;
}
constexpr auto kTables = makeTables();

/// a * b modulo the polynomial; bit 31 is the coefficient of x^0.
constexpr std::uint32_t multiply(std::uint32_t a, std::uint32_t b)
{
    std::uint32_t product = 0;
    for (std::uint32_t bit = std::uint32_t{1} << 31; bit != 0; bit >>= 1) {
        if ((a & bit) != 0)
            product ^= b;
        b = (b & 1) != 0 ? b >> 1 ^ kPolynomial : b >> 1;
    }
    return product;
}

} // namespace

void Crc32c::add(std::string_view bytes)
{
    const char *p = bytes.data();
    size_t left = bytes.size();
    std::uint32_t crc = m_state;
    for (; left >= 8; p += 8, left -= 8) {
        const std::uint64_t word = fixed64(p) ^ crc;
        crc = kTables[7][word & 0xff] ^ kTables[6][word >> 8 & 0xff] ^ kTables[5][word >> 16 & 0xff]
            ^ kTables[4][word >> 24 & 0xff] ^ kTables[3][word >> 32 & 0xff]
            ^ kTables[2][word >> 40 & 0xff] ^ kTables[1][word >> 48 & 0xff]
            ^ kTables[0][word >> 56];
    }
    for (; left > 0; ++p, --left)
        crc = kTables[0][(crc ^ static_cast<unsigned char>(*p)) & 0xff] ^ crc >> 8;
    m_state = crc;
}

std::uint32_t crc32c(std::string_view bytes)
{
    Crc32c crc;
    crc.add(bytes);
    return crc.value();
}

std::uint32_t combineCrc32c(std::uint32_t a, std::uint32_t b, std::uint64_t lengthOfB)
{
    // x^(8 * length) by squaring: x^8 is bit 23.
    std::uint32_t shift = std::uint32_t{1} << 31;
    std::uint32_t power = std::uint32_t{1} << 23;
    for (std::uint64_t n = lengthOfB; n != 0; n >>= 1) {
        if ((n & 1) != 0)
            shift = multiply(shift, power);
        power = multiply(power, power);
    }
    return multiply(shift, a) ^ b;
}

std::uint32_t maskCrc32c(std::uint32_t crc)
{
    return (crc >> 15 | crc << 17) + 0xa282ead8U;
}

} // namespace store
