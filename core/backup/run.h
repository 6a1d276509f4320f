#pragma once

#include "core/archive/manifest.h"
#include "core/backup/folder.h"
#include "core/backup/mirrorcontent.h"
#include "core/backup/progress.h"
#include "core/backup/verify.h"
#include "core/couch/discovery.h"
#include "core/couch/transport.h"
#include "core/store/writer.h"

#include <stop_token>

namespace backup {

/// One backup: every database of a server into one verified archive.
struct RunRequest {
    couch::Transport *source = nullptr;
    std::string sourceName;                 ///< origin without credentials, for the manifest
    couch::Transport *middleware = nullptr; ///< where discovery asks it
    /// Where documents are read when it holds what the source holds (D16); null: from the source.
    couch::Transport *mirror = nullptr;
    WhenBehind whenBehind = WhenBehind::Source;
    couch::DiscoveryOptions discovery;
    Folder::Options folder;
    bool full = false;            ///< fetch every database, also those that did not change
    bool verifyAllBodies = false; ///< L3 with every body instead of a sample
    int parallelDatabases = 6;
    int parallelRequests = 8;
    int compressionLevel = 5;
    store::WriterSizes storeSizes; ///< tests make them small
};

struct RunOutcome {
    base::fs::path archive;
    std::uint64_t size = 0;
    archive::Manifest manifest;
    VerifyReport verification;
    std::vector<std::string> removedLeftovers;
    std::vector<QString> remarks; ///< worth knowing: an earlier archive that is damaged
    [[nodiscard]] std::uint64_t reused() const;
};

/// Takes the backup. Blocks; any thread but the transports'. With an Error the old archives are
/// untouched and nothing of this run is left, but for two cases: when only the verification failed,
/// the `.partial` to look at; when only the name could not be made durable, the verified archive
/// under its final name. A server that shows no database, or lets none be read, is an Error: an
/// empty archive would look like a backup.
[[nodiscard]] base::Result<RunOutcome> runBackup(const RunRequest &request, Progress &progress,
                                                 const base::Clock &clock, std::stop_token stop);

} // namespace backup
