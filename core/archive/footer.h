#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace archive {

/// The last 51 bytes of an eStargz: an empty gzip member whose extra field says where the TOC
/// begins.
inline constexpr size_t kFooterBytes = 51;

[[nodiscard]] std::string encodeFooter(std::uint64_t tocOffset);
/// The TOC's offset; nothing when `bytes` are not exactly what encodeFooter() makes.
[[nodiscard]] std::optional<std::uint64_t> decodeFooter(std::string_view bytes);

} // namespace archive
