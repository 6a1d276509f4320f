#pragma once

#include <cstdint>
#include <string_view>

namespace serve {

/// What a Range header means for a body of `length` bytes.
struct RangeAnswer {
    enum class Kind { Whole, Part, Unsatisfiable } kind = Kind::Whole;
    std::uint64_t from = 0;
    std::uint64_t to = 0; ///< the last byte
};

/// One range of bytes; anything else (several ranges, other units, nonsense) is the whole.
[[nodiscard]] RangeAnswer byteRange(std::string_view header, std::uint64_t length);

} // namespace serve
