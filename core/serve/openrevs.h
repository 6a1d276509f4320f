#pragma once

#include "core/serve/revision.h"

namespace serve {

/// A revision that was asked for, and where it is.
struct OpenRev {
    std::string rev;
    std::int32_t node = -1; ///< -1: not here
};

/// What `open_revs=[...]` finds; with `latest` the leaves that a revision led to stand for it.
[[nodiscard]] std::vector<OpenRev> openRevs(const store::Metadata &metadata,
                                            const std::vector<store::RevId> &wanted, bool latest);
/// What `open_revs=all` finds: every leaf.
[[nodiscard]] std::vector<OpenRev> allOpenRevs(const store::Metadata &metadata);

} // namespace serve
