#pragma once

#include "core/monitor/replication.h"

#include <QString>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// Everything the checks look at, of one moment. Whoever watches fills it; what is not known is
/// nothing, never 0.
namespace monitor {

/// Some things, all of them counted and a few of them named.
struct Some {
    std::uint64_t count = 0;
    std::vector<std::string> names;
};

struct ServerFacts {
    std::optional<bool> isUp;
    QString error; ///< why it is not; a sentence
    std::optional<bool> isLoginAccepted;
    std::string version;
    std::optional<bool> isVersionSupported;
    std::optional<std::chrono::seconds> clockSkew; ///< theirs minus ours
};

struct MirrorFacts : ServerFacts {
    std::optional<bool> isReachableFromOutside; ///< listens beyond its machine
    std::optional<bool> isAdminParty;           ///< everybody is administrator
    std::optional<Some> missingSystemDatabases;
};

/// The replications in one state.
struct StateFacts {
    Some databases;
    std::optional<TimePoint> oldestSince; ///< of the one that is in it the longest
    QString sentence;                     ///< of that one, and what to do
    QString remedy;
};

struct ReplicationFacts {
    std::map<ReplicationState, StateFacts> states;
    Some withoutJob;   ///< at the source, wanted, and nobody copies them
    Some goneAtSource; ///< by a verdict; for `cleanup`
    std::uint64_t refusedDocuments = 0;

    [[nodiscard]] std::uint64_t total() const;
    [[nodiscard]] std::uint64_t count(ReplicationState state) const;
};

struct BackupRunFacts {
    TimePoint began;
    bool succeeded = false;
    QString error; ///< a sentence
    std::uint64_t bytes = 0;
    std::uint64_t documents = 0;
    std::uint64_t databases = 0;
    std::uint64_t omissions = 0;
};

struct BackupFacts {
    bool isScheduled = false;
    std::chrono::seconds longestInterval{0}; ///< between two runs of the schedule
    std::vector<BackupRunFacts> runs;        ///< of late, oldest first
    std::optional<TimePoint> lastGood; ///< when the newest verified and complete one was taken
    std::optional<TimePoint> next;
    std::uint64_t archives = 0;
    Some damaged;                            ///< archives, by the scrub
    std::optional<TimePoint> oldestVerified; ///< of the archive whose reading is the oldest
    std::optional<TimePoint> lastDrill;      ///< a restore that was tried
    std::optional<TimePoint> secondCopy;     ///< of the newest archive that is elsewhere too
    Some leftovers;                          ///< unfinished files
    std::optional<TimePoint> oldestLeftover;
    std::uint64_t leftoverBytes = 0;
    std::optional<std::uint64_t> diskFree;     ///< bytes, in the backup folder
    std::optional<std::uint64_t> growthPerDay; ///< bytes the folder takes, of late
    QString retentionHeld;                     ///< why nothing is deleted; empty: nothing holds it
    QString retentionError;
};

struct AuditFacts {
    TimePoint at;
    Some differing; ///< databases
};

/// An abnormal share of deletions or rewrites since the backup before.
struct MassChange {
    Some databases;
    int percent = 0;
    TimePoint since;
};

struct CanaryFacts {
    Some notDiscovered, notMirrored, notInBackup, usersNotInBackup;
    bool isBackupNewer =
        false; ///< than the configuration of the canary: its absence means something
};

struct AlertFacts {
    bool isConfigured = false;
    std::optional<TimePoint> lastDelivered; ///< tests too
    QString error;                          ///< of the last delivery, when it failed
};

struct Facts {
    TimePoint now;
    std::optional<TimePoint> watchingSince; ///< the first start of this monitor
    ServerFacts source;
    std::optional<MirrorFacts> mirror;
    std::optional<ServerFacts> middleware;
    std::optional<Some> databases; ///< at the source
    std::optional<ReplicationFacts> replications;
    std::optional<BackupFacts> backup;
    std::optional<AuditFacts> audit;
    std::optional<MassChange> massChange;
    std::optional<CanaryFacts> canary;
    std::optional<std::uint64_t> orphanCheckpoints;
    AlertFacts alerts;
    std::optional<std::chrono::seconds> lastGap; ///< the monitor did not run before its last start
    std::optional<TimePoint> startedAt;
    std::string newerVersion; ///< of this program, where one is known
};

} // namespace monitor
