#pragma once

#include "core/base/result.h"
#include "core/couch/exchange.h"

namespace couch {

/// Whether the end of this answer's body can be told from a cut, and whether it comes in a coding
/// that was asked for. Qt checks neither. Pure.
[[nodiscard]] base::Result<ResponseHead> checkFraming(const Request &request, const WireHead &head,
                                                      const QString &origin);

} // namespace couch
