#include "core/serve/scheduler.h"

#include "core/serve/updateslog.h"

#include <algorithm>

namespace serve {

using std::chrono::milliseconds;
using std::chrono::seconds;
using State = SchedulerJob::State;

namespace {

constexpr seconds kTick{60};            // [replicator] interval
constexpr seconds kFirstBackoff{30};    // couch_replicator_scheduler.erl
constexpr unsigned kMostDoublings = 10; // 512 minutes
constexpr seconds kHealthyAfter{120};   // [replicator] health_threshold
constexpr size_t kMostHistory = 20;     // [replicator] max_history
constexpr milliseconds kWoken{100};     // from a change at the source to the next batch

/// Logging in and opening both ends takes a job between half a second and six (recorded).
milliseconds startTime(const SchedulerJob &job)
{
    return milliseconds(500 + schedulerChance(job.id, job.history.size()) % 5000);
}

seconds backoff(std::uint64_t errors)
{
    const std::uint64_t doublings =
        std::min<std::uint64_t>(errors > 0 ? errors - 1 : 0, kMostDoublings);
    return kFirstBackoff * (1U << doublings);
}

} // namespace

Scheduler::Scheduler(Timeline &timeline, const Neighbours &neighbours,
                     std::shared_ptr<Backend> backend, SchedulerOptions options)
    : m_timeline(timeline)
    , m_neighbours(neighbours)
    , m_backend(std::move(backend))
    , m_options(options)
{
}

Scheduler::~Scheduler()
{
    m_backend->updates()->signal()->unsubscribe(m_updatesTicket);
    for (const auto &[docId, job] : m_jobs) {
        if (job->signal)
            job->signal->unsubscribe(job->ticket);
    }
}

void Scheduler::later(Timeline::Duration wait, void (Scheduler::*what)())
{
    m_timeline.after(wait, [weak = weak_from_this(), life = m_life, what] {
        const auto self = weak.lock();
        if (self && self->m_life == life)
            (self.get()->*what)();
    });
}

void Scheduler::laterFor(const JobPointer &job, Timeline::Duration wait,
                         void (Scheduler::*what)(const JobPointer &))
{
    m_timeline.after(
        wait, [weak = weak_from_this(), weakJob = std::weak_ptr(job), token = job->token, what] {
            const auto self = weak.lock();
            const auto held = weakJob.lock();
            if (self && held && held->token == token)
                (self.get()->*what)(held);
        });
}

void Scheduler::start(Timeline::Duration after)
{
    later(after, &Scheduler::look);
    later(kTick, &Scheduler::tick);
    watchDatabases();
}

void Scheduler::forget()
{
    ++m_life;
    m_looksSoon = false;
    std::vector<std::string> ids;
    for (const auto &[docId, job] : m_jobs)
        ids.push_back(docId);
    for (const std::string &docId : ids)
        remove(docId);
    m_read.reset();
    m_readSeq = 0;
    m_backend->updates()->signal()->unsubscribe(m_updatesTicket);
}

void Scheduler::connectionsChanged()
{
    std::vector<JobPointer> waiting;
    {
        const std::lock_guard lock(m_mutex);
        for (const auto &[docId, job] : m_jobs) {
            if (job->signal)
                waiting.push_back(job);
        }
    }
    for (const JobPointer &job : waiting)
        laterFor(job, kWoken, &Scheduler::step);
}

void Scheduler::addEvent(Job &job, const char *type, std::string reason)
{
    job.lastUpdated = m_timeline.now();
    job.history.push_front({job.lastUpdated, type, std::move(reason)});
    if (job.history.size() > kMostHistory)
        job.history.pop_back();
}

/// Under the mutex.
std::uint64_t Scheduler::mostJobs() const
{
    return base::json::toUnsigned(m_maxJobs.value_or("")).value_or(m_options.mostJobs);
}

void Scheduler::startDue()
{
    for (;;) {
        JobPointer job;
        {
            const std::lock_guard lock(m_mutex);
            if (m_running >= mostJobs() || m_waiting.empty()
                || m_waiting.begin()->first > m_timeline.now())
                return;
            job = m_jobs.at(m_waiting.begin()->second);
            m_waiting.erase(m_waiting.begin());
        }
        startRun(job);
    }
}

void Scheduler::startRun(const JobPointer &job)
{
    ++job->token;
    {
        const std::lock_guard lock(m_mutex);
        ++m_running;
        job->state = State::Running;
        addEvent(*job, "started");
        job->runStarted = job->lastUpdated;
        job->process = m_nextProcess++;
        job->run =
            std::make_unique<ReplicationRun>(job->document, job->id, m_neighbours, job->statistics);
    }
    laterFor(job, startTime(*job), &Scheduler::step);
}

/// Under no mutex; the run is over, and the job is in no state yet.
void Scheduler::stopRun(const JobPointer &job)
{
    ++job->token;
    const std::lock_guard lock(m_mutex);
    if (job->signal)
        job->signal->unsubscribe(job->ticket);
    job->signal.reset();
    job->knowsPending = job->taskStarted && m_timeline.now() - *job->taskStarted >= seconds(30);
    job->taskStarted.reset();
    job->run.reset();
    --m_running;
}

void Scheduler::step(const JobPointer &job)
{
    ++job->token;
    {
        const std::lock_guard lock(m_mutex);
        if (job->signal)
            job->signal->unsubscribe(job->ticket);
        job->signal.reset();
    }
    const TimePoint now = m_timeline.now();
    const ReplicationRun::Next next = job->run->step(now);
    if (job->run->isOpen()) {
        const std::lock_guard lock(m_mutex);
        job->statistics = job->run->statistics();
        if (!job->taskStarted)
            job->taskStarted = now;
    }
    switch (next.kind) {
    case ReplicationRun::Next::Kind::Again: laterFor(job, next.after, &Scheduler::step); return;
    case ReplicationRun::Next::Kind::Wait: wait(job, next.after); return;
    case ReplicationRun::Next::Kind::Completed:
        laterFor(job, next.after, &Scheduler::complete);
        return;
    case ReplicationRun::Next::Kind::Crashed: break;
    }
    if (next.after.count() == 0)
        return crash(job, next.reason);
    m_timeline.after(next.after,
                     [weak = weak_from_this(), weakJob = std::weak_ptr(job), token = job->token,
                      reason = next.reason] {
                         const auto self = weak.lock();
                         const auto held = weakJob.lock();
                         if (self && held && held->token == token)
                             self->crash(held, reason);
                     });
}

void Scheduler::wait(const JobPointer &job, Timeline::Duration checkpointAfter)
{
    if (checkpointAfter.count() > 0)
        laterFor(job, checkpointAfter, &Scheduler::step);
    std::uint64_t seen = 0;
    const auto signal = job->run->signal(seen);
    if (!signal) // the database went in the middle of the batch: the next request says so
        return laterFor(job, seconds(1), &Scheduler::step);
    const auto ticket = signal->subscribe(seen,
                                          [weak = weak_from_this(), weakJob = std::weak_ptr(job),
                                           token = job->token, &timeline = m_timeline] {
                                              timeline.after(kWoken, [weak, weakJob, token] {
                                                  const auto self = weak.lock();
                                                  const auto held = weakJob.lock();
                                                  if (self && held && held->token == token)
                                                      self->step(held);
                                              });
                                          });
    const std::lock_guard lock(m_mutex);
    job->signal = signal;
    job->ticket = ticket;
}

void Scheduler::crash(const JobPointer &job, const std::string &reason)
{
    stopRun(job);
    {
        const std::lock_guard lock(m_mutex);
        const TimePoint now = m_timeline.now();
        job->errorCount = now - job->runStarted > kHealthyAfter ? 1 : job->errorCount + 1;
        job->state = State::Crashing;
        job->error = reason;
        addEvent(*job, "crashed", reason);
        job->nextTry = now + backoff(job->errorCount);
        m_waiting.insert({job->nextTry, job->docId});
    }
    startDue();
}

void Scheduler::complete(const JobPointer &job)
{
    stopRun(job);
    std::string stats = statisticsText(*job->statistics, job->knowsPending, true);
    stats.pop_back();
    stats += R"(,"start_time":")" + secondsText(job->added) + "\"}";
    writeState(job, "completed", "_replication_stats", stats);
    startDue();
}

void Scheduler::tick()
{
    later(kTick, &Scheduler::tick);
    std::vector<JobPointer> giveWay;
    {
        const std::lock_guard lock(m_mutex);
        const std::uint64_t most = mostJobs();
        const auto due = static_cast<std::uint64_t>(std::ranges::count_if(
            m_waiting, [now = m_timeline.now()](const auto &entry) { return entry.first <= now; }));
        // Those beyond the limit stop; where others wait, a few continuous ones make room.
        const std::uint64_t beyond = m_running - std::min(m_running, most);
        const std::uint64_t churn =
            m_running >= most ? std::min<std::uint64_t>(due, m_options.mostChurn) : 0;
        if (beyond + churn > 0) {
            for (const auto &[docId, job] : m_jobs) {
                if (job->run && (job->document.isContinuous || beyond > 0))
                    giveWay.push_back(job);
            }
            std::ranges::stable_sort(giveWay, {},
                                     [](const JobPointer &it) { return it->runStarted; });
            giveWay.resize(std::min<std::uint64_t>(giveWay.size(), std::max(beyond, churn)));
        }
    }
    for (const JobPointer &job : giveWay) {
        stopRun(job);
        const std::lock_guard lock(m_mutex);
        job->state = State::Pending;
        addEvent(*job, "stopped");
        job->nextTry = m_timeline.now();
        m_waiting.insert({job->nextTry, job->docId});
    }
    startDue();
}

} // namespace serve
