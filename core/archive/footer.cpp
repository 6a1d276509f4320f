#include "core/archive/footer.h"

#include <charconv>

namespace archive {

namespace {

constexpr std::string_view kBeforeOffset{
    "\x1f\x8b\x08\x04\x00\x00\x00\x00\x00\xff" // header with FEXTRA
    "\x1a\x00"                                 // 26 bytes of it
    "SG\x16\x00",                              // 22 bytes in our field
    16};
constexpr std::string_view kAfterOffset{
    "STARGZ"
    "\x01\x00\x00\xff\xff"              // an empty stored block
    "\x00\x00\x00\x00\x00\x00\x00\x00", // CRC-32 and length of nothing
    19};
constexpr size_t kOffsetDigits = 16;
static_assert(kBeforeOffset.size() + kOffsetDigits + kAfterOffset.size() == kFooterBytes);

} // namespace

std::string encodeFooter(std::uint64_t tocOffset)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string footer(kBeforeOffset);
    for (int shift = 60; shift >= 0; shift -= 4)
        footer += digits[tocOffset >> shift & 15];
    footer += kAfterOffset;
    return footer;
}

std::optional<std::uint64_t> decodeFooter(std::string_view bytes)
{
    if (bytes.size() != kFooterBytes)
        return std::nullopt;
    const std::string_view field = bytes.substr(kBeforeOffset.size(), kOffsetDigits);
    std::uint64_t offset = 0;
    const auto [end, error] =
        std::from_chars(field.data(), field.data() + field.size(), offset, 16);
    if (error != std::errc{} || end != field.data() + field.size() || encodeFooter(offset) != bytes)
        return std::nullopt;
    return offset;
}

} // namespace archive
