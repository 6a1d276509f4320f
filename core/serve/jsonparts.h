#pragma once

#include "core/base/json.h"

namespace serve {

/// The parts of JSON text, with nothing for what is not there or is something else: for answers of
/// which only some members matter. Views point into the text.
using Members = std::vector<base::json::Member>;

[[nodiscard]] inline Members membersOf(std::string_view raw)
{
    auto members = base::json::members(raw);
    return members ? std::move(*members) : Members{};
}

[[nodiscard]] inline std::vector<std::string_view> elementsOf(std::string_view raw)
{
    auto elements = base::json::elements(raw);
    return elements ? std::move(*elements) : std::vector<std::string_view>{};
}

[[nodiscard]] inline std::string_view valueOf(const Members &members, std::string_view key)
{
    return base::json::find(members, key).value_or(std::string_view());
}

[[nodiscard]] inline std::uint64_t numberOf(const Members &members, std::string_view key)
{
    return base::json::toUnsigned(valueOf(members, key)).value_or(0);
}

} // namespace serve
