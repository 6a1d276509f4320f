// How scheduler.h reads and writes the documents of `_replicator`.
#include "core/serve/revision.h"
#include "core/serve/scheduler.h"
#include "core/serve/updateslog.h"

#include <algorithm>

namespace serve {

using std::chrono::milliseconds;
using std::chrono::seconds;
using State = SchedulerJob::State;

namespace {

constexpr milliseconds kNoticed{150}; // until a changed document is seen
constexpr milliseconds kJobMade{100}; // from the document to the job

} // namespace

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
    const seconds wait(1 + schedulerChance(job->docId, job->errorCount) % most);
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

} // namespace serve
