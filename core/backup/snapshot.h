#pragma once

#include "core/archive/manifest.h"
#include "core/backup/mirrorcontent.h"
#include "core/backup/progress.h"
#include "core/base/clock.h"
#include "core/base/file.h"
#include "core/base/staging.h"
#include "core/couch/client.h"
#include "core/store/writer.h"

#include <QThreadPool>

#include <memory>
#include <optional>
#include <stop_token>

namespace backup {

/// What every database snapshot of one run shares. All of it outlives the snapshots.
struct SnapshotContext {
    couch::Client &source;
    QThreadPool &pool;
    Progress &progress;
    const base::Clock &clock;
    std::stop_token stop;
    bool verifyAllBodies = false;
    store::WriterSizes storeSizes{};
    /// Where documents come from when it holds exactly the leaves that the source lists; null:
    /// from the source. All else, and what they are compared with, comes from the source (D16).
    couch::Client *mirror = nullptr;
    bool mirrorIsDown = false; ///< seen before: it need not be asked
    WhenBehind whenBehind = WhenBehind::Source;
};

/// One database at one moment: its store, ready to be packed, and its line of the manifest.
struct Snapshot {
    archive::ManifestDatabase entry;
    std::unique_ptr<base::StagingFolder>
        files;                          ///< null when nothing could be read (see entry.omissions)
    bool vanished = false;              ///< deleted at the source meanwhile, seen twice
    std::optional<base::Error> failure; ///< why nothing could be read
    bool mirrorIsDown = false;          ///< the next database need not ask it
    QString mirrorRemark;               ///< what was wrong with what the mirror gave; else empty
};

/// Takes the snapshot of one database: freezes the list of its leaves, fetches them with their
/// history and attachments, proves that every frozen leaf or a successor of it is in, and compares
/// with the source once more (level L3). Writes nothing to the server. Blocks; any thread.
///
/// What concerns this database only (no right to read it, a document that cannot be fetched)
/// becomes an omission; an Error means the whole run must stop (wrong password, source gone, disk
/// full, cancelled).
[[nodiscard]] base::Result<Snapshot> takeSnapshot(const SnapshotContext &context,
                                                  const std::string &database,
                                                  const base::fs::path &stagingPath);

} // namespace backup
