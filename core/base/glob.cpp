#include "core/base/glob.h"

#include <algorithm>

namespace base {

bool globMatches(std::string_view pattern, std::string_view text)
{
    size_t p = 0;
    size_t t = 0;
    size_t starAt = std::string_view::npos;
    size_t resumeAt = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            starAt = p++;
            resumeAt = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (starAt != std::string_view::npos) {
            p = starAt + 1;
            t = ++resumeAt;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

bool GlobFilter::keeps(std::string_view text) const
{
    const auto matches = [text](const std::string &pattern) { return globMatches(pattern, text); };
    const bool included = include.empty() || std::any_of(include.begin(), include.end(), matches);
    return included && std::none_of(exclude.begin(), exclude.end(), matches);
}

} // namespace base
