#include "core/serve/byterange.h"

#include "core/base/json.h"

#include <algorithm>

namespace serve {

RangeAnswer byteRange(std::string_view header, std::uint64_t length)
{
    constexpr std::string_view unit = "bytes=";
    if (!header.starts_with(unit) || header.find(',') != std::string_view::npos)
        return {};
    header.remove_prefix(unit.size());
    const size_t dash = header.find('-');
    if (dash == std::string_view::npos)
        return {};
    const auto first = base::json::toUnsigned(header.substr(0, dash));
    const auto second = base::json::toUnsigned(header.substr(dash + 1));
    if (dash == 0) { // the last so many bytes
        if (!second)
            return {};
        if (*second == 0 || length == 0)
            return {RangeAnswer::Kind::Unsatisfiable};
        return {RangeAnswer::Kind::Part, length - std::min(*second, length), length - 1};
    }
    if (!first || (!second && dash + 1 != header.size()))
        return {};
    if (*first >= length || (second && *second < *first))
        return {RangeAnswer::Kind::Unsatisfiable};
    return {RangeAnswer::Kind::Part, *first, std::min(second.value_or(length - 1), length - 1)};
}

} // namespace serve
