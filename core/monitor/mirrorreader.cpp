#include "core/monitor/mirrorreader.h"

#include "core/base/json.h"

#include <algorithm>

namespace monitor {

using base::Result;
using base::Status;

namespace json = base::json;

namespace {

constexpr const char *kReplicator = "_replicator";
constexpr std::chrono::hours kReadAfreshAfter{1};
/// So many documents without a row are asked for one by one: rows that moved between two pages.
/// More are missing after a restart of CouchDB, and come by themselves.
constexpr std::size_t kMostAskedAlone = 20;

/// The numbers a row lacks, from the list of running tasks.
void addStatistics(couch::SchedulerRow::Statistics &to, const couch::SchedulerRow::Statistics &from)
{
    const auto add = [](auto &mine, const auto &theirs) {
        if (!mine)
            mine = theirs;
    };
    add(to.docsRead, from.docsRead);
    add(to.docsWritten, from.docsWritten);
    add(to.docWriteFailures, from.docWriteFailures);
    add(to.changesPending, from.changesPending);
    if (to.throughSeq.empty())
        to.throughSeq = from.throughSeq;
}

/// What the states of CouchDB 1 and PouchDB Server are called by the scheduler.
const char *schedulerState(const std::string &state)
{
    if (state == "triggered")
        return "running";
    if (state == "error")
        return "error";
    if (state == "completed" || state == "failed")
        return state == "failed" ? "failed" : "completed";
    return "";
}

} // namespace

Status MirrorReader::read(TimePoint now)
{
    if (Status documents = readDocuments(now); !documents)
        return documents;
    return readRows();
}

Result<bool> MirrorReader::readChanges(Documents &documents)
{
    bool isNew = documents.since.empty();
    const auto last = m_mirror.documentsSince(
        kReplicator, documents.since,
        [&](const couch::Administration::ChangedDocument &changed) -> Status {
            isNew = true;
            const std::string id = json::unescape(changed.id);
            const bool isDesign = id.starts_with("_design/");
            if (changed.deleted) {
                documents.byId.erase(id);
                documents.designs.erase(id);
            } else if (isDesign) {
                documents.designs.insert(id);
            } else {
                auto document = couch::parseReplicatorDocument(changed.doc);
                if (!document)
                    return document.error();
                documents.byId.insert_or_assign(id, std::move(*document));
            }
            return {};
        });
    if (!last)
        return last.error();
    documents.since = *last;
    return isNew;
}

Status MirrorReader::readDocuments(TimePoint now)
{
    const bool isDue =
        !m_readAfresh || now < *m_readAfresh || now - *m_readAfresh >= kReadAfreshAfter;
    bool isNew = false;
    if (!isDue) {
        const auto changed = readChanges(m_documents);
        const auto info = m_mirror.databaseInfo(kReplicator);
        if (!info)
            return info.error();
        const std::uint64_t known = m_documents.byId.size() + m_documents.designs.size();
        if (changed && info->docCount == known)
            isNew = *changed;
        else
            m_readAfresh
                .reset(); // another database of that name, or a place that is not known there
    }
    if (isDue || !m_readAfresh) {
        Documents afresh;
        if (const auto read = readChanges(afresh); !read)
            return read.error();
        m_documents = std::move(afresh);
        m_readAfresh = now;
        isNew = true;
    }
    if (isNew) {
        m_reading.documents.clear();
        m_reading.documents.reserve(m_documents.byId.size());
        for (const auto &[id, document] : m_documents.byId)
            m_reading.documents.push_back(document);
    }
    return {};
}

Status MirrorReader::readRows()
{
    auto list = m_mirror.schedulerRows();
    if (!list)
        return list.error();
    // Only who may see the tasks is told of them; the rows say the same, but later.
    const auto active = m_mirror.activeReplications();
    Rows rows;
    m_reading.hasScheduler = list->has_value();
    if (list->has_value()) {
        for (couch::SchedulerRow &row : **list) {
            if (row.database == kReplicator) {
                const std::string id = row.docId;
                rows.insert_or_assign(id, std::move(row));
            }
        }
        if (Status asked = askForMissingRows(rows); !asked)
            return asked;
    } else {
        rowsFromDocuments(rows);
    }
    if (active) {
        for (const couch::ActiveReplication &task : *active) {
            const auto row = rows.find(task.docId);
            if (row == rows.end() || row->second.state != "running")
                continue;
            if (!row->second.statistics)
                row->second.statistics.emplace();
            addStatistics(*row->second.statistics, task.statistics);
        }
    }
    m_reading.rows = std::move(rows);
    return {};
}

Status MirrorReader::askForMissingRows(Rows &rows)
{
    std::vector<std::string> missing;
    for (const auto &[id, document] : m_documents.byId) {
        if (rows.contains(id))
            continue;
        missing.push_back(id);
        if (missing.size() > kMostAskedAlone)
            return {};
    }
    for (const std::string &id : missing) {
        auto row = m_mirror.schedulerRow(id);
        if (!row)
            return row.error();
        if (row->has_value())
            rows.insert_or_assign(id, std::move(**row));
    }
    return {};
}

void MirrorReader::rowsFromDocuments(Rows &rows) const
{
    for (const auto &[id, document] : m_documents.byId) {
        couch::SchedulerRow row;
        row.docId = id;
        row.database = kReplicator;
        row.state = schedulerState(document.state);
        row.error = document.stateReason;
        row.startTime = row.lastUpdated = document.stateTime;
        rows.insert_or_assign(id, std::move(row));
    }
}

} // namespace monitor
