#pragma once

#include "core/serve/schedulerjob.h"
#include "core/serve/timeline.h"

#include <set>

namespace serve {

class UpdatesLog;

struct SchedulerOptions {
    unsigned mostJobs = 500; ///< [replicator] max_jobs
    unsigned mostChurn = 20; ///< [replicator] max_churn: how many give way at a tick
};

/// The replicator of one server: reads its `_replicator` database, makes jobs of the documents and
/// runs them in simulated time as CouchDB 3.5.0 does (couch_replicator_scheduler.erl, and the
/// recorded timelines): a job starts at once where there is room, crashes with a reason, waits 30 s
/// doubled with every crash, and is started again at the next tick (60 s) or whenever another one
/// crashes. No thread of its own: everything happens in events of the Timeline. What the routes ask
/// is answered on any thread.
class Scheduler final : public std::enable_shared_from_this<Scheduler>
{
public:
    using TimePoint = Timeline::TimePoint;
    /// `timeline` and `neighbours` outlive the server's events.
    Scheduler(Timeline &timeline, const Neighbours &neighbours, std::shared_ptr<Backend> backend,
              SchedulerOptions options);
    ~Scheduler();
    Scheduler(const Scheduler &) = delete;
    Scheduler &operator=(const Scheduler &) = delete;

    /// Begins to read `_replicator` after this time: none at first, five seconds after a restart.
    /// Between events.
    void start(Timeline::Duration after);
    /// Forgets every job, as when the server stops. Between events.
    void forget();
    /// A server stopped or started: jobs whose feed has ended notice it.
    void connectionsChanged();

    /// The setting max_jobs, as text; nothing where it was not set. It takes effect at the next
    /// tick, and outlives restarts.
    [[nodiscard]] std::optional<std::string> maxJobs() const;
    void setMaxJobs(std::optional<std::string> text);

    // For the routes.
    struct Query {
        std::uint64_t skip = 0;
        std::optional<std::uint64_t> limit;
        bool descending = false;
        std::set<std::string> states; ///< empty: all
    };
    /// The rows of `_scheduler/docs` in the order of their ids. Like CouchDB it takes the states
    /// out of what skip and limit left.
    [[nodiscard]] std::vector<std::string> docRows(const Query &query) const;
    [[nodiscard]] std::uint64_t docCount() const; ///< with design documents
    /// Nothing when there is no such document.
    [[nodiscard]] std::optional<std::string> docRow(const std::string &docId) const;
    [[nodiscard]] std::vector<std::string> jobRows(const Query &query) const;
    [[nodiscard]] std::uint64_t jobCount() const;
    [[nodiscard]] std::optional<std::string> jobRow(const std::string &replicationId) const;
    [[nodiscard]] std::vector<std::string> taskRows() const;

private:
    using Job = SchedulerJob;
    using JobPointer = std::shared_ptr<Job>;

    void later(Timeline::Duration wait, void (Scheduler::*what)());
    void laterFor(const JobPointer &job, Timeline::Duration wait,
                  void (Scheduler::*what)(const JobPointer &));
    void watchDatabases();
    void look();
    void lookAt(Database &database, const std::string &id);
    void remove(const std::string &docId);
    void begin(const JobPointer &job);
    void step(const JobPointer &job);
    void crash(const JobPointer &job, const std::string &reason);
    void complete(const JobPointer &job);
    void tick();
    [[nodiscard]] std::uint64_t mostJobs() const;
    void startDue();
    void startRun(const JobPointer &job);
    void stopRun(const JobPointer &job);
    void wait(const JobPointer &job, Timeline::Duration checkpointAfter);
    [[nodiscard]] bool cannotFilter(const JobPointer &job);
    void writeState(const JobPointer &job, const std::string &state, const std::string &member,
                    const std::string &value);
    void addEvent(Job &job, const char *type, std::string reason = {});
    [[nodiscard]] std::shared_ptr<Database> documents() const;
    [[nodiscard]] std::string rowOf(Database &database, const std::string &docId,
                                    std::string &state) const;

    Timeline &m_timeline;
    const Neighbours &m_neighbours;
    const std::shared_ptr<Backend> m_backend;
    const SchedulerOptions m_options;

    mutable std::mutex m_mutex;                 ///< of what the routes read
    std::map<std::string, JobPointer> m_jobs;   ///< by document
    std::map<std::string, std::string> m_docOf; ///< the document that a replication id belongs to
    std::set<std::pair<TimePoint, std::string>> m_waiting; ///< pending and crashing, by their time
    std::uint64_t m_running = 0;
    std::optional<std::string> m_maxJobs;
    unsigned m_nextProcess = 400;
    std::uint64_t m_life = 0; ///< another one after forget(): events of before are void
    std::atomic<bool> m_looksSoon{false};
    std::shared_ptr<Database> m_read; ///< the `_replicator` that was read, up to m_readSeq
    std::uint64_t m_readSeq = 0;
    std::uint64_t m_updatesTicket = 0;
};

} // namespace serve
