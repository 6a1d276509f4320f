#pragma once

#include "core/serve/backend.h"

namespace serve {

/// What GET /db answers.
[[nodiscard]] base::Result<std::string> infoText(const std::string &name, Database &database);
/// "17-token", quoted.
[[nodiscard]] std::string sequenceText(std::uint64_t seq, Database &database);

} // namespace serve
