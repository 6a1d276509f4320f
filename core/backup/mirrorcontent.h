#pragma once

#include "core/couch/client.h"
#include "core/store/leafset.h"

#include <optional>

/// Where the documents of a snapshot may come from (DESIGN D16).
namespace backup {

/// What happens with a database that its mirror does not have as the source has it.
enum class WhenBehind {
    Source, ///< its documents come from the source
    Omit    ///< it is left out and named
};

/// Why a mirror's copy cannot stand for the source's.
enum class MirrorFault {
    None,
    Absent,     ///< no such database there
    Behind,     ///< other leaf revisions than the source's
    Stems,      ///< it keeps shorter histories than the source does
    Unreachable ///< it did not answer as it should
};

struct MirrorVerdict {
    MirrorFault fault = MirrorFault::None;
    QString sentence = {}; ///< for the manifest; empty without a fault
    /// Asking it for the next database makes no sense either.
    bool isDown = false;
};

/// Reads the mirror's list of changes and holds its leaves against those that the source listed.
/// An Error only when stopped.
[[nodiscard]] base::Result<MirrorVerdict>
judgeMirrorContent(couch::Client &mirror, const std::string &database,
                   const store::LeafSet &sourceLeaves,
                   std::optional<std::uint64_t> sourceRevsLimit);

} // namespace backup
