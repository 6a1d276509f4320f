#include "core/monitor/mirrorview.h"

#include "core/base/text.h"

#include <algorithm>

namespace monitor {

using base::text;

/// Has the memory to itself.
class MirrorJudge
{
public:
    MirrorJudge(const MirrorInput &input, MirrorMemory &memory)
        : m_input(input)
        , m_before(memory)
    {
    }

    MirrorView judge()
    {
        MirrorView view;
        view.at = m_input.now;
        view.hasScheduler = m_input.reading.hasScheduler;
        view.isPausedAsAWhole = m_input.isPausedAsAWhole;
        view.foreign = m_input.plan.foreign;
        view.rows.reserve(m_input.plan.rows.size());
        for (const PlanRow &planned : m_input.plan.rows)
            view.rows.push_back(rowOf(planned));
        for (const MirrorRow &row : view.rows)
            count(row, view.totals);
        m_before.m_seen = std::move(m_seen);
        return view;
    }

private:
    MirrorRow rowOf(const PlanRow &planned)
    {
        MirrorRow row;
        row.database = planned.database;
        row.situation = planned.situation;
        row.documentId = planned.documentId;
        row.duplicates = planned.duplicates;
        row.atSource = countsOf(m_input.atSource, planned.database);
        row.atMirror = countsOf(m_input.atMirror, planned.database);
        row.since = m_input.now;
        const couch::ReplicatorDocument *document = documentOf(planned.documentId);
        if (document == nullptr)
            withoutDocument(row, planned);
        else
            withDocument(row, planned, *document);
        return row;
    }

    void withDocument(MirrorRow &row, const PlanRow &planned,
                      const couch::ReplicatorDocument &document)
    {
        row.source = document.source.url;
        row.mirror = document.target.url;
        row.isOurs = document.isOurs;
        MirrorMemory::Seen &seen = recall(document.id);
        ReplicationInput input;
        input.now = m_input.now;
        input.source = document.source.url;
        input.mirror = document.target.url;
        input.isPaused = m_input.isPausedAsAWhole || planned.situation == Situation::Paused;
        if (const auto found = m_input.reading.rows.find(document.id);
            found != m_input.reading.rows.end()) {
            input.row = found->second;
            note(*input.row, seen);
        }
        input.documentSeenSince = seen.documentSince;
        input.lastProgress = seen.lastProgress;
        row.replication = judgeReplication(input);
        const char *state = nameOf(row.replication.state);
        if (seen.state != state) {
            seen.state = state;
            seen.stateSince = m_input.now;
        }
        row.since = seen.stateSince;
        addSituation(row, planned);
    }

    /// What only stands in the plan, behind what the scheduler says.
    static void addSituation(MirrorRow &row, const PlanRow &planned)
    {
        if (planned.sentence.isEmpty())
            return;
        row.replication.sentence += QLatin1Char(' ') + planned.sentence;
    }

    void withoutDocument(MirrorRow &row, const PlanRow &planned) const
    {
        Replication &replication = row.replication;
        replication.sentence = planned.sentence;
        switch (planned.situation) {
        case Situation::Paused: {
            ReplicationInput input;
            input.isPaused = true;
            input.now = m_input.now;
            replication = judgeReplication(input);
            break;
        }
        case Situation::Removed:
            replication.state = ReplicationState::Paused;
            replication.sentence = text("You removed it. It does not copy anything.");
            break;
        case Situation::KeptThoughGone:
            replication.state = ReplicationState::Paused;
            replication.sentence =
                text("The source has deleted it; the copy stays as it is, by your decision.");
            break;
        case Situation::New: replication.sentence = text("It has no replication yet."); break;
        default: break;
        }
    }

    /// Takes over what was seen before, or begins.
    MirrorMemory::Seen &recall(const std::string &id)
    {
        const auto before = m_before.m_seen.find(id);
        MirrorMemory::Seen seen;
        if (before != m_before.m_seen.end())
            seen = std::move(before->second);
        else
            seen.documentSince = seen.lastProgress = seen.stateSince = m_input.now;
        return m_seen[id] = std::move(seen);
    }

    void note(couch::SchedulerRow &row, MirrorMemory::Seen &seen) const
    {
        // A job that is there now and gone after a restart of CouchDB is about to come up again.
        if (!row.state.empty() && row.state != "initializing")
            seen.documentSince = m_input.now;
        const auto &statistics = row.statistics;
        const bool hasWork =
            row.state == "running" && statistics && statistics->changesPending.value_or(0) > 0;
        std::size_t progress = 0;
        if (statistics)
            progress = std::hash<std::string>()(statistics->throughSeq)
                ^ (statistics->docsRead.value_or(0) * 31 + statistics->docsWritten.value_or(0));
        if (!hasWork || progress != seen.progress)
            seen.lastProgress = m_input.now;
        seen.progress = progress;
        if (statistics && statistics->docWriteFailures)
            seen.refused = std::max(seen.refused, *statistics->docWriteFailures);
        if (seen.refused > 0 && row.statistics)
            row.statistics->docWriteFailures = seen.refused;
    }

    const couch::ReplicatorDocument *documentOf(const std::string &id) const
    {
        const auto &all = m_input.reading.documents;
        const auto found = std::lower_bound(all.begin(), all.end(), id,
                                            [](const couch::ReplicatorDocument &one,
                                               const std::string &key) { return one.id < key; });
        return !id.empty() && found != all.end() && found->id == id ? &*found : nullptr;
    }

    static std::optional<DatabaseCounts>
    countsOf(const std::map<std::string, DatabaseCounts> *counts, const std::string &database)
    {
        if (counts == nullptr)
            return std::nullopt;
        const auto found = counts->find(database);
        return found == counts->end() ? std::nullopt : std::optional(found->second);
    }

    static void count(const MirrorRow &row, MirrorTotals &totals)
    {
        if (row.situation == Situation::Removed)
            return;
        ++totals.databases;
        ++totals.byState[static_cast<std::size_t>(row.replication.state)];
        totals.refusedDocuments += row.replication.refusedDocuments;
        if (row.replication.pending)
            totals.pending += *row.replication.pending;
        else if (isExpectedToCopy(row))
            ++totals.pendingUnknown;
    }

    const MirrorInput &m_input;
    MirrorMemory &m_before;
    std::unordered_map<std::string, MirrorMemory::Seen> m_seen;
};

bool isExpectedToCopy(const MirrorRow &row)
{
    switch (row.situation) {
    case Situation::Paused:
    case Situation::Removed:
    case Situation::KeptThoughGone: return false;
    default: return row.replication.state != ReplicationState::Paused;
    }
}

void MirrorMemory::forgetRefused(const std::string &documentId)
{
    if (const auto found = m_seen.find(documentId); found != m_seen.end())
        found->second.refused = 0;
}

MirrorView judgeMirror(const MirrorInput &input, MirrorMemory &memory)
{
    return MirrorJudge(input, memory).judge();
}

} // namespace monitor
