#pragma once

#include "core/couch/client.h"

#include <functional>

namespace backup {

using ChangesVisitor = std::function<base::Status(const couch::ChangesRow &)>;

/// Calls `visit` for every row of `_changes` behind `since` (raw JSON, "" = from the start), page
/// by page; returns the sequence at the end. A document that changes meanwhile comes twice: the
/// server moves it to the end of its list.
[[nodiscard]] base::Result<std::string> forEachChange(couch::Client &client,
                                                      const std::string &database,
                                                      const std::string &since,
                                                      const ChangesVisitor &visit);

} // namespace backup
