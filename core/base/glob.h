#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace base {

/// Shell-like pattern: `*` any run, `?` one character, everything else itself. Bytes; case counts.
[[nodiscard]] bool globMatches(std::string_view pattern, std::string_view text);

/// What a list of include and exclude patterns keeps; no include pattern means everything.
struct GlobFilter {
    std::vector<std::string> include;
    std::vector<std::string> exclude;
    [[nodiscard]] bool keeps(std::string_view text) const;
};

} // namespace base
