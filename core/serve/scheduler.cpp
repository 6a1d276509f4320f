#include "core/serve/scheduler.h"

#include "core/serve/revision.h"
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
constexpr milliseconds kNoticed{150};   // until a changed document is seen
constexpr milliseconds kJobMade{100};   // from the document to the job
constexpr milliseconds kWoken{100};     // from a change at the source to the next batch

/// A number that stands for chance and is the same in every run.
std::uint64_t chance(const std::string &text, std::uint64_t salt)
{
    std::uint64_t hash = 1469598103934665603ULL + salt * 1099511628211ULL;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return hash ^ (hash >> 29U);
}

/// Logging in and opening both ends takes a job between half a second and six (recorded).
milliseconds startTime(const SchedulerJob &job)
{
    return milliseconds(500 + chance(job.id, job.history.size()) % 5000);
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

void Scheduler::watchDatabases()
{
    const auto &signal = m_backend->updates()->signal();
    m_updatesTicket = signal->subscribe(signal->count(), [weak = weak_from_this(), life = m_life] {
        const auto self = weak.lock();
        if (!self || self->m_looksSoon.exchange(true))
            return;
        self->m_timeline.after(kNoticed, [weak, life] {
            const auto held = weak.lock();
            if (!held)
                return;
            held->m_looksSoon = false;
            if (held->m_life != life)
                return;
            held->watchDatabases();
            held->look();
        });
    });
}

std::shared_ptr<Database> Scheduler::documents() const
{
    const auto opened = m_backend->open(kReplicatorDatabase);
    return opened ? *opened : nullptr;
}

void Scheduler::look()
{
    const auto database = documents();
    if (database != m_read) {
        // Another one, or none: the jobs of the old one end.
        std::vector<std::string> ids;
        for (const auto &[docId, job] : m_jobs)
            ids.push_back(docId);
        for (const std::string &docId : ids)
            remove(docId);
        m_read = database;
        m_readSeq = 0;
    }
    if (!database)
        return;
    std::vector<std::string> changed;
    // The storage is memory, whose walks do not fail.
    (void)database->forEachChange(
        m_readSeq, false,
        [&](std::uint64_t seq, const store::Metadata &metadata) -> base::Result<bool> {
            m_readSeq = seq;
            if (!metadata.id.starts_with("_design/"))
                changed.push_back(metadata.id);
            return true;
        });
    for (const std::string &id : changed)
        lookAt(*database, id);
    startDue();
}

void Scheduler::lookAt(Database &database, const std::string &id)
{
    const auto metadata = database.document(id);
    if (!metadata || !*metadata || (*metadata)->isDeleted())
        return remove(id);
    const auto revision = loadRevision(database, **metadata, (*metadata)->tree.winner());
    if (!revision)
        return remove(id);
    ReplicatorDocument document = replicatorDocument(revision->userMembers);
    if (document.isOver() || !document.source || !document.target)
        return remove(id);
    if (const auto known = m_jobs.find(id);
        known != m_jobs.end() && known->second->document.fingerprint == document.fingerprint)
        return;
    remove(id);
    auto job = std::make_shared<Job>();
    job->docId = id;
    job->document = std::move(document);
    job->added = job->lastUpdated = m_timeline.now();
    {
        const std::lock_guard lock(m_mutex);
        m_jobs[id] = job;
    }
    laterFor(job, kJobMade, &Scheduler::begin);
}

void Scheduler::remove(const std::string &docId)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_jobs.find(docId);
    if (found == m_jobs.end())
        return;
    const JobPointer job = found->second;
    ++job->token;
    if (job->signal)
        job->signal->unsubscribe(job->ticket);
    job->signal.reset();
    if (job->run)
        --m_running;
    job->run.reset();
    m_waiting.erase({job->nextTry, docId});
    if (const auto owner = m_docOf.find(job->id); owner != m_docOf.end() && owner->second == docId)
        m_docOf.erase(owner);
    m_jobs.erase(found);
}

bool Scheduler::cannotFilter(const JobPointer &job)
{
    const ReplicatorDocument &document = job->document;
    if (document.filter.empty() && document.selector.empty())
        return false;
    const std::string design = document.filter.substr(0, document.filter.find('/'));
    std::string reason = "{filter_fetch_error,<<\"This replicator copies whole databases: it runs "
                         "neither filters nor selectors.\">>}";
    if (const auto at = m_neighbours.find(document.source->host, document.source->port);
        at && !design.empty()) {
        Request request;
        (void)parseTarget(document.source->path, request);
        const auto source = at->backend->open(request.path.empty() ? "" : request.path.front());
        const auto found = source && *source ? (*source)->document("_design/" + design)
                                             : std::optional<store::Metadata>();
        if (found && !*found)
            reason = replicationerror::filterMissing(design, document.source->url);
    }
    // A random time of up to 64 s, doubled with every failure (couch_replicator_doc_processor.erl).
    const std::uint64_t most = 64ULL << std::min<std::uint64_t>(job->errorCount, 12);
    const seconds wait(1 + chance(job->docId, job->errorCount) % most);
    {
        const std::lock_guard lock(m_mutex);
        job->state = State::Error;
        job->error = std::move(reason);
        ++job->errorCount;
        job->lastUpdated = m_timeline.now();
    }
    laterFor(job, wait, &Scheduler::begin);
    return true;
}

void Scheduler::begin(const JobPointer &job)
{
    if (cannotFilter(job))
        return;
    const std::string id = job->document.replicationId(m_backend->uuid());
    std::string other;
    {
        const std::lock_guard lock(m_mutex);
        const auto owner = m_docOf.emplace(id, job->docId);
        if (!owner.second)
            other = owner.first->second;
    }
    if (!other.empty()) {
        writeState(job, "failed", "_replication_state_reason",
                   base::json::quoted(replicationerror::duplicate(id, job->docId, other)));
        return;
    }
    {
        const std::lock_guard lock(m_mutex);
        job->id = id;
        job->state = State::Pending;
        job->nextTry = m_timeline.now();
        addEvent(*job, "added");
        m_waiting.insert({job->nextTry, job->docId});
    }
    startDue();
}

void Scheduler::addEvent(Job &job, const char *type, std::string reason)
{
    job.lastUpdated = m_timeline.now();
    job.history.push_front({job.lastUpdated, type, std::move(reason)});
    if (job.history.size() > kMostHistory)
        job.history.pop_back();
}

void Scheduler::startDue()
{
    for (;;) {
        JobPointer job;
        {
            const std::lock_guard lock(m_mutex);
            if (m_running >= m_options.mostJobs || m_waiting.empty()
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

/// Ends the job and writes into its document how.
void Scheduler::writeState(const JobPointer &job, const std::string &state,
                           const std::string &member, const std::string &value)
{
    const std::string docId = job->docId;
    remove(docId);
    const auto database = documents();
    const auto metadata = database ? database->document(docId) : std::optional<store::Metadata>();
    if (!metadata || !*metadata || (*metadata)->isDeleted())
        return;
    const auto revision = loadRevision(*database, **metadata, (*metadata)->tree.winner());
    if (!revision)
        return;
    IncomingDocument document;
    document.id = docId;
    document.rev = revision->path.leaf();
    document.userMembers = revision->userMembers;
    std::erase_if(document.userMembers,
                  [](const auto &it) { return it.key.starts_with("_replication_"); });
    const std::string stateText = '"' + state + '"';
    const std::string timeText = '"' + secondsText(m_timeline.now()) + '"';
    document.userMembers.push_back({"_replication_state", stateText});
    document.userMembers.push_back({"_replication_state_time", timeText});
    document.userMembers.push_back({member, value});
    // A conflict means that somebody wrote it meanwhile, which makes it another wish.
    (void)database->writable()->edit(document);
}

void Scheduler::tick()
{
    later(kTick, &Scheduler::tick);
    std::vector<JobPointer> giveWay;
    {
        const std::lock_guard lock(m_mutex);
        const auto due = static_cast<std::uint64_t>(std::ranges::count_if(
            m_waiting, [now = m_timeline.now()](const auto &entry) { return entry.first <= now; }));
        if (due > 0 && m_running >= m_options.mostJobs) {
            for (const auto &[docId, job] : m_jobs) {
                if (job->run && job->document.isContinuous)
                    giveWay.push_back(job);
            }
            std::ranges::stable_sort(giveWay, {},
                                     [](const JobPointer &it) { return it->runStarted; });
            giveWay.resize(std::min<std::uint64_t>({giveWay.size(), due, m_options.mostChurn}));
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
