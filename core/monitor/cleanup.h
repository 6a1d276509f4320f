#pragma once

#include "core/couch/client.h"
#include "core/monitor/actions.h"
#include "core/monitor/gone.h"

#include <functional>

namespace monitor {

struct CleanupRequest {
    const GoneDatabase &gone; ///< the verdict; only Gone is acted on
    const PlanRow &row;       ///< its documents
    couch::Client &source;
    couch::Administration &mirror;
    const MirrorAddresses &addresses;
    MirrorActions &actions;
    /// Makes and verifies a last backup of the mirror's copy, and returns its name.
    std::function<base::Result<std::string>(const std::string &database)> lastSnapshot;
    bool deleteLocal = false;
};

enum class CleanupStep { AskAgain, Snapshot, RemoveDocuments, DeleteLocal };
[[nodiscard]] const char *nameOf(CleanupStep step);

struct CleanupOutcome {
    std::string archive;              ///< of the last snapshot; empty before it was verified
    std::vector<CleanupStep> done;    ///< in their order
    std::optional<base::Error> error; ///< what ended it; nothing behind it was done
};

/// Stops mirroring a database that was deleted at the source. The source is asked once more, the
/// copy is backed up and verified, then its documents are removed (kept for undo), and only where
/// it is asked for is the mirror's database deleted, and never while any document could fill it
/// anew. Blocks. Whatever is cut off can be begun again.
[[nodiscard]] CleanupOutcome cleanUp(const CleanupRequest &request);

} // namespace monitor
