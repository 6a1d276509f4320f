#pragma once

#include "core/backup/diff.h"

#include <QString>

#include <optional>
#include <string>
#include <vector>

namespace monitor {

/// One database between the last good backup and now. Counts alone are a first look, which many
/// short-lived documents can deceive; who wants to be sure gives the tally of a comparison too.
struct DatabaseThenAndNow {
    std::string database;
    std::uint64_t documentsBefore = 0, deletedBefore = 0;
    bool isGone = false; ///< not there any more; the rest of "now" means nothing then
    std::uint64_t documentsNow = 0, deletedNow = 0;
    struct Tally {
        std::uint64_t deleted = 0;         ///< of the documents of before
        std::uint64_t rewritten = 0;       ///< have another winner now
        std::vector<std::string> examples; ///< ids of such, at most kMostExamples
    };
    std::optional<Tally> tally;
};
inline constexpr std::size_t kMostExamples = 100;

/// What differs between two backups of a database, as far as it concerns documents of before.
[[nodiscard]] DatabaseThenAndNow::Tally
tallyOf(const std::vector<backup::DocumentDifference> &differences);

struct MassChangeLimits {
    int percent = 10;          ///< of documents deleted, or of databases vanished; more trips
    int rewrittenPercent = 50; ///< of documents rewritten
    std::uint64_t leastDocuments = 10; ///< fewer never trip
    std::uint64_t leastDatabases = 3;
};

enum class MassChangeKind { Deleted, Rewritten, DatabasesGone };
[[nodiscard]] const char *nameOf(MassChangeKind kind);

struct MassChange {
    MassChangeKind kind = MassChangeKind::Deleted;
    std::string database; ///< empty: of all together
    std::uint64_t count = 0, of = 0;
    std::vector<std::string> examples; ///< documents, or databases
    QString sentence;
    bool isSure = false; ///< by a comparison, not by counts
};

/// What is abnormal, in the order databases were given; empty when nothing is. All databases
/// together are judged too: many small losses are one.
[[nodiscard]] std::vector<MassChange>
judgeMassChange(const std::vector<DatabaseThenAndNow> &databases, const MassChangeLimits &limits);

} // namespace monitor
