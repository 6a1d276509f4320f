#pragma once

#include "core/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace store {

/// The references of an attach-store record, `{"refs":{"<id>@<rev>":true,...}}`; none in records
/// from before PouchDB counted them (`{}`).
[[nodiscard]] base::Result<std::vector<std::string>> decodeReferences(std::string_view text);

} // namespace store
