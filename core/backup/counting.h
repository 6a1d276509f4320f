#pragma once

#include "core/store/reader.h"

#include <stop_token>

namespace backup {

/// What a database holds, from its metadata and, where it has attachments, its bodies: documents,
/// deleted, leaves, conflicted, attachments, leafSet; the rest stays empty. It proves nothing: the
/// attachments, which are most of a large archive, are not read, and nothing is joined
/// (store::examine() does).
[[nodiscard]] base::Result<store::Facts> countDatabase(store::Reader &store,
                                                       const std::stop_token &stop);

/// The same without `attachments`, for which the bodies need not be read.
[[nodiscard]] base::Result<store::Facts> countDocuments(store::Reader &store,
                                                        const std::stop_token &stop);

} // namespace backup
