#pragma once

#include "core/backup/catalogue.h"
#include "core/backup/retention.h"

namespace backup {

struct RetentionOutcome {
    std::vector<RetentionDecision> decisions; ///< newest first
    std::vector<std::string> removed;
    std::uint64_t freedBytes = 0;
};

/// What would go and what stays, and why; touches nothing.
[[nodiscard]] std::vector<RetentionDecision> previewRetention(const Catalogue &catalogue,
                                                              const RetentionRules &rules,
                                                              TimePoint now, const QTimeZone &zone,
                                                              bool holdAll);

/// Removes the archives that the rules let go, oldest first; `catalogue` is that of `folder`, just
/// refreshed. A file goes only when it still is the one that was catalogued and begins as a backup
/// of this program does. Stops at the first error; what is removed by then stays removed.
[[nodiscard]] base::Result<RetentionOutcome>
removeByRetention(const base::fs::path &folder, const Catalogue &catalogue,
                  const RetentionRules &rules, TimePoint now, const QTimeZone &zone, bool holdAll);

} // namespace backup
