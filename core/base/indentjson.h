#pragma once

#include <string>
#include <string_view>

namespace base {

/// Valid JSON text with a line for each member and element, for people to read: nothing else of it
/// changes, numbers least of all. Characters that would draw over other text become escapes.
[[nodiscard]] std::string indentJson(std::string_view json);

} // namespace base
