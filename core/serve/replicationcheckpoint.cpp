// The checkpoints of replicationrun.h, as CouchDB writes them at both ends.
#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/serve/jsonparts.h"
#include "core/serve/replicationrun.h"

namespace serve {

namespace json = base::json;
namespace error = replicationerror;
using Next = ReplicationRun::Next;
using std::chrono::system_clock;

void ReplicationRun::addCheckpointStatistics(std::string_view history)
{
    const auto entries = elementsOf(history);
    if (entries.empty())
        return;
    const Members last = membersOf(entries.front());
    m_statistics.revisionsChecked = numberOf(last, "missing_checked");
    m_statistics.missingFound = numberOf(last, "missing_found");
    m_statistics.docsRead = numberOf(last, "docs_read");
    m_statistics.docsWritten = numberOf(last, "docs_written");
    m_statistics.writeFailures = numberOf(last, "doc_write_failures");
    m_statistics.bulkGetDocs = numberOf(last, "bulk_get_docs");
}

std::optional<Next> ReplicationRun::readCheckpoints()
{
    const Reply atSource = askDatabase(m_source, "GET", '/' + m_checkpointId);
    if (auto next = common(m_source, atSource))
        return next;
    const Reply atTarget = askDatabase(m_target, "GET", '/' + m_checkpointId);
    if (auto next = common(m_target, atTarget))
        return next;
    const Members source = membersOf(atSource.body);
    const Members target = membersOf(atTarget.body);
    const auto revOf = [](const Members &members) {
        return json::unescape(valueOf(members, "_rev"));
    };
    m_source.checkpointRev = atSource.status == 200 ? revOf(source) : std::string();
    m_target.checkpointRev = atTarget.status == 200 ? revOf(target) : std::string();
    m_since = "0";
    if (atSource.status != 200 || atTarget.status != 200
        || valueOf(source, "session_id") != valueOf(target, "session_id"))
        return std::nullopt;
    const std::string_view seq = valueOf(source, "source_last_seq");
    m_since = json::unescape(seq);
    m_statistics.checkpointed = m_statistics.throughSeq = seq;
    if (!m_hasStatistics)
        addCheckpointStatistics(valueOf(source, "history"));
    return std::nullopt;
}

std::optional<Next> ReplicationRun::writeCheckpointAt(Side &side, std::string_view name,
                                                      const std::string &text)
{
    const Reply reply = askDatabase(
        side, "PUT", '/' + m_checkpointId,
        (side.checkpointRev.empty() ? "{" : R"({"_rev":")" + side.checkpointRev + "\",") + text);
    if (auto next = common(side, reply))
        return next;
    const Members answer = membersOf(reply.body);
    if (reply.status >= 300)
        return crashed(error::checkpointFailed(name, json::unescape(valueOf(answer, "error"))));
    side.checkpointRev = json::unescape(valueOf(answer, "rev"));
    return std::nullopt;
}

std::optional<Next> ReplicationRun::writeCheckpoint(system_clock::time_point now)
{
    const ReplicationStatistics &it = m_statistics;
    const std::string session = base::toHex(base::md5(m_checkpointId + base::isoTime(now)));
    const std::string text = R"("session_id":")" + session + R"(","source_last_seq":)"
        + it.throughSeq + R"(,"replication_id_version":4,"history":[{"session_id":")" + session
        + R"(","end_time":")" + base::isoTime(now) + R"(","end_last_seq":)" + it.throughSeq
        + R"(,"recorded_seq":)" + it.throughSeq + R"(,"missing_checked":)"
        + std::to_string(it.revisionsChecked) + R"(,"missing_found":)"
        + std::to_string(it.missingFound) + R"(,"docs_read":)" + std::to_string(it.docsRead)
        + R"(,"docs_written":)" + std::to_string(it.docsWritten) + R"(,"doc_write_failures":)"
        + std::to_string(it.writeFailures) + R"(,"bulk_get_docs":)" + std::to_string(it.bulkGetDocs)
        + "}]}";
    if (auto next = writeCheckpointAt(m_source, "source", text))
        return next;
    if (auto next = writeCheckpointAt(m_target, "target", text))
        return next;
    m_statistics.checkpointed = it.throughSeq;
    m_isDirty = false;
    m_attempts = 0;
    return std::nullopt;
}

} // namespace serve
