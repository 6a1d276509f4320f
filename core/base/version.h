#pragma once

namespace base {

/// The version of the program, such as "0.1.0".
[[nodiscard]] const char *versionText();

} // namespace base
