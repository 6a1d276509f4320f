#pragma once

#include "core/base/result.h"
#include "core/engine/state.h"

#include <string>
#include <string_view>

namespace engine {

/// The state as the JSON object of `state.json` and `status --json` (docs/status.md). Archives are
/// not in it: the catalogue has them.
[[nodiscard]] std::string encodeState(const State &state);

/// What encodeState() made; Corrupt for anything else. What is not in the object stays empty.
[[nodiscard]] base::Result<State> decodeState(std::string_view json);

} // namespace engine
