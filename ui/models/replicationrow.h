#pragma once

#include "core/monitor/mirrorview.h"
#include "ui/format/shape.h"

#include <QString>

#include <array>

namespace models {

/// How a database's replication stands, for the operator: what CouchDB says of the job, and what
/// was wished for.
enum class Standing {
    SourceGone,
    Failed,
    LosingDocuments,
    LoginRefused,
    Stalled,
    Retrying,
    DocumentGone, ///< somebody else took its `_replicator` document away
    Unknown,
    New, ///< found at the source, without a replication yet
    CatchingUp,
    InSync,
    Paused,
    Kept, ///< gone at the source, and the copy stays
    Removed
};
inline constexpr int kStandings = static_cast<int>(Standing::Removed) + 1;

struct StandingLook {
    Standing standing;
    const char *word; ///< QT_TRANSLATE_NOOP in "models"
    format::Shape shape;
};
[[nodiscard]] const StandingLook &lookOf(Standing standing);
[[nodiscard]] QString wordOf(Standing standing);

[[nodiscard]] Standing standingOf(const monitor::MirrorRow &row);

/// One row of the replication table.
struct ReplicationRow {
    std::string database;
    Standing standing = Standing::Unknown;
    QString sentence, remedy;
    monitor::TimePoint since;
    std::optional<monitor::TimePoint> nextTry;
    std::optional<std::uint64_t> pending;
    std::uint64_t refused = 0;
    std::optional<std::uint64_t> atSource, atMirror; ///< documents
    std::string documentId, source, mirror, rawState, rawError;
    std::vector<std::string> duplicates;
    bool isOurs = false;

    [[nodiscard]] const std::string &key() const { return database; }
    bool operator==(const ReplicationRow &) const = default;
};

/// Sorted by database.
[[nodiscard]] std::vector<ReplicationRow> replicationRows(const monitor::MirrorView &view);

/// How many rows there are of each standing.
using StandingCounts = std::array<int, kStandings>;
[[nodiscard]] StandingCounts countStandings(const std::vector<ReplicationRow> &rows);

} // namespace models
