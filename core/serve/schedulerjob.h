#pragma once

#include "core/serve/replicationrun.h"

#include <deque>

namespace serve {

/// A replication that the scheduler knows, with what it shows of it. Its members belong to the
/// events of the Timeline, which write them under the scheduler's mutex; routes read them under it.
struct SchedulerJob {
    using TimePoint = std::chrono::system_clock::time_point;
    enum class State {
        Initializing, ///< a document was found, nothing else happened yet
        Error,        ///< no job could be made of it (its filter); tried again
        Pending,      ///< waits for a place
        Running,
        Crashing ///< waits for its next try
    };
    struct Event {
        TimePoint time;
        const char *type = ""; ///< "added", "started", "stopped", "crashed"
        std::string reason = {};
    };

    std::string docId, id;
    ReplicatorDocument document;
    State state = State::Initializing;
    TimePoint added, lastUpdated;
    std::uint64_t errorCount = 0; ///< crashes in a row; stays while it runs again
    std::string error;
    std::deque<Event> history; ///< the newest first; CouchDB keeps 20
    std::optional<ReplicationStatistics> statistics;
    bool knowsPending = false; ///< CouchDB counts what is left half a minute after the start
    TimePoint nextTry;

    std::unique_ptr<ReplicationRun> run;
    TimePoint runStarted;
    std::optional<TimePoint> taskStarted; ///< when both ends were open
    unsigned process = 0;                 ///< of the "<0.123.0>"
    std::uint64_t token = 0;              ///< another one makes older events void
    std::shared_ptr<ChangeSignal> signal; ///< what it waits for
    std::uint64_t ticket = 0;
};

/// "crashing"
[[nodiscard]] const char *nameOf(SchedulerJob::State state);

/// A number that stands for chance and is the same in every run.
[[nodiscard]] std::uint64_t schedulerChance(const std::string &text, std::uint64_t salt);

/// The rows of `_scheduler/docs`, `_scheduler/jobs` and `_active_tasks`, as JSON (recorded).
[[nodiscard]] std::string docRow(const SchedulerJob &job, SchedulerJob::TimePoint now);
[[nodiscard]] std::string jobRow(const SchedulerJob &job, SchedulerJob::TimePoint now);
/// `instance` is the start time of `_replicator`.
[[nodiscard]] std::string taskRow(const SchedulerJob &job, const std::string &instance,
                                  SchedulerJob::TimePoint now);
/// Of a document that is failed or completed, from what is written in it, or that nobody took up
/// yet, with nulls.
[[nodiscard]] std::string overRow(const std::string &docId, const ReplicatorDocument &document);

/// The `info` of statistics.
[[nodiscard]] std::string statisticsText(const ReplicationStatistics &statistics, bool knowsPending,
                                         bool isOver);
/// "2026-11-23T16:06:56Z"
[[nodiscard]] std::string secondsText(SchedulerJob::TimePoint time);

} // namespace serve
