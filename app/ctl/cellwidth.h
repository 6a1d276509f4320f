#pragma once

#include <string>
#include <string_view>

namespace ctl {

/// How many cells of a terminal a text fills: two for the characters of East Asia and for emoji,
/// none for marks that stand above or below the character before.
[[nodiscard]] size_t cellWidth(std::string_view utf8);

/// At most so many cells; what is too much is left out in the middle, because names differ at their
/// ends.
[[nodiscard]] std::string elided(const std::string &utf8, size_t mostCells);

} // namespace ctl
