#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace browser {

struct DiffLine {
    enum class Kind { Same, Removed, Added };
    Kind kind = Kind::Same;
    std::string text;
    bool operator==(const DiffLine &) const = default;
};

/// The lines of both texts, in their order, with what only one of them has. The smallest difference
/// where the parts that differ are up to 3,000 lines each; of larger ones all lines count as
/// changed.
[[nodiscard]] std::vector<DiffLine> diffLines(std::string_view before, std::string_view after);

/// One line for each, behind "+ ", "- " or two blanks.
[[nodiscard]] std::string textOf(const std::vector<DiffLine> &lines);

} // namespace browser
