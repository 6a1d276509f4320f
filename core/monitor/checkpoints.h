#pragma once

#include "core/couch/administration.h"
#include "core/couch/client.h"
#include "core/store/reader.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

/// `_local` documents that replications leave behind. The predecessor's every snapshot wrote one
/// into the server it read, under an id that no later run uses (couchdb-and-ux 0.9,
/// pouchdb-format 3.5). Other PouchDBs, such as the application's own clients, write documents of
/// the same shape, and lose their place without them: those must stay.
namespace monitor {

enum class LocalKind {
    Other,           ///< no checkpoint
    CouchReplicator, ///< of a CouchDB's replicator: the mirror's own among them
    PouchClient,     ///< of a PouchDB that came more than once
    PouchOnce,       ///< of a PouchDB that came once: the predecessor's, or a client's first visit
    Predecessor      ///< its id stands in an archive of the predecessor
};

/// `id` with `_local/`; `inArchives`: of checkpointIdsIn().
[[nodiscard]] LocalKind kindOfLocal(std::string_view id, std::string_view json,
                                    const std::set<std::string> &inArchives);

/// The ids of the checkpoints that a database of an archive holds: the same document was left on
/// the server.
[[nodiscard]] base::Result<std::set<std::string>> checkpointIdsIn(store::Reader &stored);

struct OrphanRequest {
    couch::Client &server;
    couch::Administration &administration; ///< of the same server
    std::string database;
    const std::set<std::string> &inArchives;
    /// Only the predecessor and the replicator came here: who came once was the predecessor. On a
    /// server that people use only what stands in an archive is its litter.
    bool isMirror = false;
    bool dryRun = false;
};
struct OrphanReport {
    std::vector<std::string> orphans; ///< ids, removed unless it is a dry run
    std::size_t removed = 0;
    std::size_t kept = 0; ///< other checkpoints
};
/// Blocks. One that somebody removes meanwhile is no error.
[[nodiscard]] base::Result<OrphanReport> removeOrphanCheckpoints(const OrphanRequest &request);

} // namespace monitor
