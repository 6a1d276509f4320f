// What the routes ask of scheduler.h.
#include "core/serve/revision.h"
#include "core/serve/scheduler.h"

#include <algorithm>

namespace serve {

namespace {

template <typename Row>
std::vector<std::string> page(std::vector<Row> rows, const Scheduler::Query &query)
{
    if (query.descending)
        std::ranges::reverse(rows);
    std::vector<std::string> wanted;
    for (size_t i = query.skip; i < rows.size() && wanted.size() < query.limit.value_or(~0ULL); ++i)
        wanted.push_back(std::move(rows[i]));
    return wanted;
}

} // namespace

/// The row of a document, and its state, which is empty for one that nobody took up yet.
std::string Scheduler::rowOf(Database &database, const std::string &docId, std::string &state) const
{
    {
        const std::lock_guard lock(m_mutex);
        if (const auto found = m_jobs.find(docId); found != m_jobs.end()) {
            state = nameOf(found->second->state);
            return serve::docRow(*found->second, m_timeline.now());
        }
    }
    const auto metadata = database.document(docId);
    if (!metadata || !*metadata || (*metadata)->isDeleted())
        return {};
    const auto revision = loadRevision(database, **metadata, (*metadata)->tree.winner());
    if (!revision)
        return {};
    const ReplicatorDocument document = replicatorDocument(revision->userMembers);
    state = document.state;
    if (!document.isOver())
        state.clear();
    return overRow(docId, document);
}

std::vector<std::string> Scheduler::docRows(const Query &query) const
{
    std::vector<std::string> rows;
    const auto database = documents();
    if (!database || query.limit == 0U)
        return rows;
    std::vector<std::string> ids;
    std::uint64_t number = 0;
    (void)database->forEachDocument(
        {}, query.descending,
        [&](std::uint64_t /*seq*/, const store::Metadata &metadata) -> base::Result<bool> {
            if (metadata.isDeleted())
                return true;
            if (number++ >= query.skip && !metadata.id.starts_with("_design/"))
                ids.push_back(metadata.id);
            return !query.limit || number < query.skip + *query.limit;
        });
    for (const std::string &id : ids) {
        std::string state;
        std::string row = rowOf(*database, id, state);
        // What nobody took up yet is left out of lists (recorded after a restart).
        if (!state.empty() && (query.states.empty() || query.states.contains(state)))
            rows.push_back(std::move(row));
    }
    return rows;
}

std::uint64_t Scheduler::docCount() const
{
    const auto database = documents();
    const auto info = database ? database->info() : DatabaseInfo{};
    return info ? info->documents : 0;
}

std::optional<std::string> Scheduler::docRow(const std::string &docId) const
{
    const auto database = documents();
    const auto metadata = database ? database->document(docId) : std::optional<store::Metadata>();
    if (!metadata || !*metadata || (*metadata)->isDeleted())
        return std::nullopt;
    std::string state;
    return rowOf(*database, docId, state);
}

std::vector<std::string> Scheduler::jobRows(const Query &query) const
{
    std::vector<std::string> rows;
    const std::lock_guard lock(m_mutex);
    for (const auto &[id, docId] : m_docOf) {
        const auto job = m_jobs.find(docId);
        if (job != m_jobs.end() && !job->second->history.empty())
            rows.push_back(serve::jobRow(*job->second, m_timeline.now()));
    }
    return page(std::move(rows), query);
}

std::uint64_t Scheduler::jobCount() const
{
    const std::lock_guard lock(m_mutex);
    return m_docOf.size();
}

std::optional<std::string> Scheduler::jobRow(const std::string &replicationId) const
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_docOf.find(replicationId);
    if (found == m_docOf.end())
        return std::nullopt;
    return serve::jobRow(*m_jobs.at(found->second), m_timeline.now());
}

std::optional<std::string> Scheduler::maxJobs() const
{
    const std::lock_guard lock(m_mutex);
    return m_maxJobs;
}

void Scheduler::setMaxJobs(std::optional<std::string> text)
{
    const std::lock_guard lock(m_mutex);
    m_maxJobs = std::move(text);
}

std::vector<std::string> Scheduler::taskRows() const
{
    std::vector<std::string> rows;
    const auto database = documents();
    const auto info = database ? database->info() : DatabaseInfo{};
    const std::lock_guard lock(m_mutex);
    for (const auto &[docId, job] : m_jobs) {
        if (job->run && job->taskStarted && job->statistics)
            rows.push_back(taskRow(*job, info ? info->instanceStartTime : "0", m_timeline.now()));
    }
    return rows;
}

} // namespace serve
