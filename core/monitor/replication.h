#pragma once

#include "core/couch/scheduler.h"
#include "core/monitor/explain.h"

#include <QString>

#include <chrono>
#include <optional>
#include <string>

/// How one replication is, from what CouchDB says of it at this moment and what was seen before.
/// Pure.
namespace monitor {

using TimePoint = std::chrono::system_clock::time_point;

enum class ReplicationState {
    Running,         ///< works; how far it is CouchDB does not say yet
    CatchingUp,      ///< works, with changes left to copy
    CaughtUp,        ///< works, nothing left when CouchDB last looked
    Stalled,         ///< changes are left, and none was copied for a while
    Retrying,        ///< crashed; CouchDB tries again by itself
    Failed,          ///< will never run again by itself
    LosingDocuments, ///< the mirror refused some: it is not a whole copy
    RefusedLogin,    ///< crashed on a login or a missing right
    SourceGone,      ///< crashed because the source's database cannot be opened; no verdict yet
    Paused,          ///< by the operator
    Unknown          ///< CouchDB says nothing of it
};

/// Stable, for JSON and logs: "catching-up".
[[nodiscard]] const char *nameOf(ReplicationState state);

struct ReplicationInput {
    /// Of `_scheduler/docs`; nothing when it has none for the document.
    std::optional<couch::SchedulerRow> row;
    bool isPaused = false; ///< the operator's wish
    TimePoint now;
    /// When the document came up, and when the job's through_seq was last seen to move.
    std::optional<TimePoint> documentSeenSince;
    std::optional<TimePoint> lastProgress;
    std::string source, mirror; ///< the job's addresses, as the document has them
};

struct Replication {
    ReplicationState state = ReplicationState::Unknown;
    QString sentence;                     ///< why it is so; one sentence for the operator
    QString remedy;                       ///< what to do; empty when nothing
    Cause cause = Cause::Unknown;         ///< where an error is behind it
    std::optional<TimePoint> nextTry;     ///< of what crashed
    std::optional<std::uint64_t> pending; ///< nothing is "not known", which is not 0
    std::uint64_t refusedDocuments = 0;
    std::string rawState, rawError; ///< as CouchDB gave them
    std::string throughSeq; ///< the source's sequence it has come to, raw JSON; empty: not known
};

/// Changes left and none copied for so long is stalled.
inline constexpr std::chrono::minutes kStalledAfter{15};
/// CouchDB forgets earlier crashes of a job that ran for so long ([replicator] health_threshold).
inline constexpr std::chrono::seconds kHealthyAfter{120};
/// A document nobody took up yet is normal for so long, and after a restart of CouchDB.
inline constexpr std::chrono::minutes kTakenUpWithin{2};

[[nodiscard]] Replication judgeReplication(const ReplicationInput &input);

/// When a job that crashed `errorCount` times in a row, last at `crashed`, is tried again: 30 s,
/// doubled each time up to 512 minutes, at the next tick of the scheduler (60 s) at the latest.
[[nodiscard]] TimePoint nextTryAfter(TimePoint crashed, std::uint64_t errorCount);

/// "2026-11-23T16:06:56Z"; nothing for what is no such time.
[[nodiscard]] std::optional<TimePoint> timeOf(const std::string &iso);

} // namespace monitor
