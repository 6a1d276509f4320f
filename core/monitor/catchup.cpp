#include "core/monitor/catchup.h"

#include "core/base/text.h"
#include "core/couch/retry.h"

#include <set>

namespace monitor {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::text;

namespace {

bool isHopeless(const MirrorRow &row)
{
    switch (row.replication.state) {
    case ReplicationState::Failed:
    case ReplicationState::LosingDocuments:
    case ReplicationState::RefusedLogin:
    case ReplicationState::SourceGone:
    case ReplicationState::Paused: return true;
    case ReplicationState::Unknown: return row.documentId.empty();
    default: return false;
    }
}

class Waiter
{
public:
    explicit Waiter(const CatchUpRequest &request)
        : m_request(request)
        , m_begin(request.clock.steadyNow())
    {
    }

    Result<CatchUpResult> run()
    {
        while (true) {
            const auto view = m_request.poll();
            if (!view)
                return view.error();
            CatchUpResult result = look(*view);
            if (m_request.stop.stop_requested())
                return Error{ErrorKind::Cancelled, text("Stopped.")};
            report(*view, result);
            const auto waited = m_request.clock.steadyNow() - m_begin;
            if (m_onTheWay == 0)
                return result;
            if (waited >= m_request.deadline) {
                result.isTimedOut = true;
                return result;
            }
            if (!pause())
                return Error{ErrorKind::Cancelled, text("Stopped.")};
        }
    }

private:
    CatchUpResult look(const MirrorView &view)
    {
        CatchUpResult result;
        m_onTheWay = 0;
        m_hopeless = 0;
        for (const MirrorRow &row : view.rows) {
            if (row.situation == Situation::Removed || m_request.stop.stop_requested())
                continue;
            if (m_caughtUp.contains(row.database)) {
                result.caughtUp.push_back(row.database);
                continue;
            }
            if (isHopeless(row)) {
                ++m_hopeless;
                result.behind.push_back(
                    {row.database, row.replication.pending, row.replication.sentence});
                continue;
            }
            QString reason = row.replication.sentence;
            if (hasCaughtUp(row, view.hasScheduler, reason)) {
                m_caughtUp.insert(row.database);
                result.caughtUp.push_back(row.database);
                continue;
            }
            ++m_onTheWay;
            result.behind.push_back({row.database, row.replication.pending, reason});
        }
        return result;
    }

    bool hasCaughtUp(const MirrorRow &row, bool hasScheduler, QString &reason)
    {
        const Replication &replication = row.replication;
        if (!hasScheduler)
            return hasSameCounts(row.database, reason);
        const bool runs =
            replication.rawState == "running" && replication.state != ReplicationState::Retrying;
        if (!runs || replication.throughSeq.empty() || replication.pending.value_or(0) > 0)
            return false;
        const auto behind = m_request.source.changesAfter(row.database, replication.throughSeq);
        if (!behind) {
            reason = behind.error().message;
            return false;
        }
        if (!behind->has_value())
            return replication.pending == 0u;
        if (**behind > 0)
            reason = text("Changes left to copy: %1.").arg(**behind);
        return **behind == 0;
    }

    bool hasSameCounts(const std::string &database, QString &reason)
    {
        if (m_request.mirror == nullptr)
            return false;
        const auto there = m_request.source.databaseInfo(database);
        const auto here = m_request.mirror->databaseInfo(database);
        if (!there || !here) {
            reason = there ? here.error().message : there.error().message;
            return false;
        }
        const bool isSame =
            there->docCount == here->docCount && there->docDelCount == here->docDelCount;
        if (!isSame)
            reason = text("The source has %1 documents, the mirror %2.")
                         .arg(QString::number(there->docCount), QString::number(here->docCount));
        return isSame;
    }

    void report(const MirrorView &view, const CatchUpResult &result) const
    {
        if (!m_request.onProgress)
            return;
        CatchUpProgress progress;
        progress.caughtUp = result.caughtUp.size();
        progress.hopeless = m_hopeless;
        progress.databases = progress.caughtUp + m_onTheWay;
        for (const MirrorRow &row : view.rows) {
            if (m_caughtUp.contains(row.database) || isHopeless(row)
                || row.situation == Situation::Removed)
                continue;
            if (row.replication.pending)
                progress.changesLeft += *row.replication.pending;
            else
                ++progress.changesUnknown;
        }
        progress.waited = std::chrono::duration_cast<std::chrono::milliseconds>(
            m_request.clock.steadyNow() - m_begin);
        m_request.onProgress(progress);
    }

    bool pause() const
    {
        return m_request.wait ? m_request.wait(m_request.between)
                              : couch::waitUnlessStopped(m_request.between, m_request.stop);
    }

    const CatchUpRequest &m_request;
    const std::chrono::steady_clock::time_point m_begin;
    std::set<std::string> m_caughtUp; ///< once is enough: it is about what was there at the begin
    std::size_t m_onTheWay = 0;
    std::size_t m_hopeless = 0;
};

} // namespace

Result<CatchUpResult> waitUntilCaughtUp(const CatchUpRequest &request)
{
    return Waiter(request).run();
}

} // namespace monitor
