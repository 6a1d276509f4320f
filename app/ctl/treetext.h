#pragma once

#include "core/store/revtree.h"

#include <string>

namespace ctl {

/// A revision tree as lines of text: a branch goes to the right, a run of revisions without bodies
/// and without branches is folded into one line. Iterative.
[[nodiscard]] std::string treeText(const store::RevTree &tree);

/// `[{"rev","status","deleted","children":[...]}, ...]`
[[nodiscard]] std::string treeJson(const store::RevTree &tree);

} // namespace ctl
