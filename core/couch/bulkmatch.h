#pragma once

#include "core/base/result.h"
#include "core/couch/types.h"

#include <vector>

namespace couch {

/// Checks the rows of `_bulk_get` one-to-one against what was asked: a row nobody asked for, one
/// that is missing, one that came twice is a Protocol error (a broken proxy swaps answers). With
/// `latest` or without a revision the rows of an entry are leaves that descend from it. Order does
/// not matter.
[[nodiscard]] base::Status matchRows(const std::vector<IdRev> &wanted,
                                     const std::vector<BulkRow> &rows, bool latest);

} // namespace couch
