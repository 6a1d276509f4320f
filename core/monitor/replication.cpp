#include "core/monitor/replication.h"

#include "core/base/text.h"

#include <QDateTime>

#include <algorithm>

namespace monitor {

using base::text;

namespace {

using std::chrono::seconds;

constexpr seconds kFirstBackOff{30};
constexpr std::uint64_t kMostDoublings = 10;

QString countOf(std::uint64_t count, const char *one, const char *many)
{
    return count == 1 ? text(one) : text(many).arg(count);
}

/// Of a job that was stopped by an error.
ReplicationState stateOf(const Explanation &explanation)
{
    switch (explanation.cause) {
    case Cause::LoginRefused:
    case Cause::LoginLocked:
    case Cause::NotAllowed: return ReplicationState::RefusedLogin;
    case Cause::DatabaseGone:
        return explanation.side == Side::Mirror ? ReplicationState::Retrying
                                                : ReplicationState::SourceGone;
    default: return ReplicationState::Retrying;
    }
}

class Judge
{
public:
    explicit Judge(const ReplicationInput &input)
        : m_input(input)
    {
    }

    Replication judge()
    {
        if (m_input.row) {
            m_result.rawState = m_input.row->state;
            m_result.rawError = m_input.row->error;
            noteStatistics();
        }
        // A pause of all leaves the jobs in CouchDB's list, waiting.
        if (m_input.isPaused && (!m_input.row || m_input.row->state == "pending"))
            say(ReplicationState::Paused, text("You paused it. It does not copy anything."));
        else if (!m_input.row || m_input.row->state.empty())
            notTakenUp();
        else
            byState(*m_input.row);
        return std::move(m_result);
    }

private:
    void say(ReplicationState state, const QString &sentence, const QString &remedy = {})
    {
        m_result.state = state;
        m_result.sentence = sentence;
        m_result.remedy = remedy;
    }

    void noteStatistics()
    {
        const auto &statistics = m_input.row->statistics;
        if (!statistics)
            return;
        m_result.pending = statistics->changesPending;
        m_result.throughSeq = statistics->throughSeq;
        m_result.refusedDocuments = statistics->docWriteFailures.value_or(0);
    }

    void notTakenUp()
    {
        const auto since = m_input.documentSeenSince;
        if (since && m_input.now - *since < kTakenUpWithin)
            say(ReplicationState::Running, text("CouchDB is about to start it."));
        else
            say(ReplicationState::Unknown, text("CouchDB says nothing of this replication."),
                text("See whether its replicator runs; after a restart this takes a minute."));
    }

    void byState(const couch::SchedulerRow &row)
    {
        if (row.state == "running")
            running(row);
        else if (row.state == "crashing" || row.state == "error")
            crashed(row);
        else if (row.state == "failed")
            failed(row);
        else if (row.state == "completed")
            completed();
        else if (row.state == "pending")
            waiting(row);
        else if (row.state == "initializing")
            notTakenUp();
        else
            say(ReplicationState::Unknown,
                text("CouchDB calls its state \"%1\", which is not known here.")
                    .arg(base::printable(row.state)));
    }

    void running(const couch::SchedulerRow &row)
    {
        // It shows its old numbers for some seconds and crashes again: not well before it has
        // lasted.
        const auto since = timeOf(row.lastUpdated);
        if (row.errorCount > 0 && since && m_input.now - *since < kHealthyAfter) {
            m_result.pending.reset();
            say(ReplicationState::Retrying,
                text("It runs again after %1; whether it lasts shows within two minutes.")
                    .arg(countOf(row.errorCount, "a crash", "%1 crashes")));
            return;
        }
        if (m_result.refusedDocuments > 0) {
            losing();
            return;
        }
        if (!m_result.pending) {
            say(ReplicationState::Running,
                text("It copies; how much is left CouchDB does not say yet."));
            return;
        }
        if (*m_result.pending == 0) {
            say(ReplicationState::CaughtUp,
                text("Nothing was left to copy when CouchDB last looked."));
            return;
        }
        const QString left =
            countOf(*m_result.pending, "one change is left", "%1 changes are left");
        if (m_input.lastProgress && m_input.now - *m_input.lastProgress >= kStalledAfter)
            say(ReplicationState::Stalled,
                text("It runs, but nothing was copied for %1 minutes; %2.")
                    .arg(std::chrono::floor<std::chrono::minutes>(m_input.now
                                                                  - *m_input.lastProgress)
                             .count())
                    .arg(left),
                text("Retry it; if that does not help, look into CouchDB's log."));
        else
            say(ReplicationState::CatchingUp, text("It copies; %1.").arg(left));
    }

    void losing()
    {
        say(ReplicationState::LosingDocuments,
            countOf(m_result.refusedDocuments,
                    "The mirror refused a document; it is not in the copy.",
                    "The mirror refused %1 documents; they are not in the copy."),
            text("Audit the database to see which: a validation function may refuse them."));
    }

    void crashed(const couch::SchedulerRow &row)
    {
        const Explanation explanation =
            explainReplicationError(row.error, m_input.source, m_input.mirror);
        m_result.cause = explanation.cause;
        say(stateOf(explanation), explanation.sentence, explanation.remedy);
        // What CouchDB calls error is tried again at random times.
        const auto crashedAt = timeOf(row.lastUpdated);
        if (row.state == "crashing" && crashedAt)
            m_result.nextTry = nextTryAfter(*crashedAt, row.errorCount);
    }

    void failed(const couch::SchedulerRow &row)
    {
        const Explanation explanation =
            explainReplicationError(row.error, m_input.source, m_input.mirror);
        m_result.cause = explanation.cause;
        say(ReplicationState::Failed, explanation.sentence,
            explanation.remedy.isEmpty()
                ? text("CouchDB does not try again: correct or remove the document.")
                : explanation.remedy);
    }

    void completed()
    {
        if (m_result.refusedDocuments > 0)
            losing();
        else
            say(ReplicationState::CaughtUp, text("It was to run once, and is done."));
    }

    void waiting(const couch::SchedulerRow &row)
    {
        if (row.errorCount > 0)
            say(ReplicationState::Retrying, text("It crashed before and waits for its next turn."));
        else
            say(ReplicationState::Running,
                text("It waits for its turn: CouchDB runs only so many at a time."));
    }

    const ReplicationInput &m_input;
    Replication m_result;
};

} // namespace

const char *nameOf(ReplicationState state)
{
    switch (state) {
    case ReplicationState::Running: return "running";
    case ReplicationState::CatchingUp: return "catching-up";
    case ReplicationState::CaughtUp: return "caught-up";
    case ReplicationState::Stalled: return "stalled";
    case ReplicationState::Retrying: return "retrying";
    case ReplicationState::Failed: return "failed";
    case ReplicationState::LosingDocuments: return "losing-documents";
    case ReplicationState::RefusedLogin: return "refused-login";
    case ReplicationState::SourceGone: return "source-gone";
    case ReplicationState::Paused: return "paused";
    case ReplicationState::Unknown: break;
    }
    return "unknown";
}

Replication judgeReplication(const ReplicationInput &input)
{
    return Judge(input).judge();
}

TimePoint nextTryAfter(TimePoint crashed, std::uint64_t errorCount)
{
    const std::uint64_t doublings =
        std::min<std::uint64_t>(errorCount > 0 ? errorCount - 1 : 0, kMostDoublings);
    return crashed + kFirstBackOff * (std::int64_t{1} << doublings);
}

std::optional<TimePoint> timeOf(const std::string &iso)
{
    const QDateTime time = QDateTime::fromString(QString::fromStdString(iso), Qt::ISODate);
    if (!time.isValid() || time.date().year() < 2000) // 1970 and the year 0 stand for "never"
        return std::nullopt;
    return TimePoint(std::chrono::milliseconds(time.toMSecsSinceEpoch()));
}

} // namespace monitor
