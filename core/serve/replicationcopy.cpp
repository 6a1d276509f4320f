// The batches of replicationrun.h.
#include "core/base/bytes.h"
#include "core/serve/jsonparts.h"
#include "core/serve/replicationrun.h"

#include <algorithm>

namespace serve {

namespace json = base::json;
namespace error = replicationerror;
using Next = ReplicationRun::Next;
using std::chrono::system_clock;

namespace {

constexpr const char *kBatch = "500";

} // namespace

Next ReplicationRun::copyBatch(system_clock::time_point now)
{
    watchSource();
    const std::string query = std::string("/_changes?feed=normal&style=all_docs&limit=") + kBatch
        + "&since=" + base::percentEncode(m_since);
    const Reply changes = m_changesBody.empty()
        ? askDatabase(m_source, "GET", query)
        : askDatabase(m_source, "POST", query + "&filter=_doc_ids", m_changesBody);
    if (auto next = common(m_source, changes))
        return *next;
    if (changes.status != 200)
        return crashed(error::changesRefused(changes.status));
    const Members answer = membersOf(changes.body);
    const auto rows = elementsOf(valueOf(answer, "results"));
    const std::uint64_t pending = numberOf(answer, "pending");

    std::string asked = "{";
    std::uint64_t checked = 0;
    for (const std::string_view row : rows) {
        const Members change = membersOf(row);
        asked.append(asked.size() > 1 ? "," : "").append(valueOf(change, "id")).append(":[");
        bool isFirst = true;
        for (const std::string_view rev : elementsOf(valueOf(change, "changes"))) {
            asked.append(isFirst ? "" : ",").append(valueOf(membersOf(rev), "rev"));
            isFirst = false;
            ++checked;
        }
        asked += ']';
    }
    std::string wanted;
    std::uint64_t missing = 0;
    if (checked > 0) {
        const Reply diff = askDatabase(m_target, "POST", "/_revs_diff", asked + '}');
        if (auto next = common(m_target, diff))
            return *next;
        if (diff.status != 200)
            return crashed(error::requestRefused("revs_diff_failed", diff.status, diff.body));
        for (const json::Member &document : membersOf(diff.body)) {
            for (const std::string_view rev :
                 elementsOf(valueOf(membersOf(document.value), "missing"))) {
                wanted.append(wanted.empty() ? "" : ",").append(R"({"id":")").append(document.key);
                wanted.append(R"(","rev":)").append(rev).append("}");
                ++missing;
            }
        }
    }
    Duration took{rows.size() / 2};
    if (missing > 0) {
        const Reply got =
            askDatabase(m_source, "POST", "/_bulk_get?revs=true&latest=true&attachments=true",
                        R"({"docs":[)" + wanted + "]}");
        if (auto next = common(m_source, got))
            return *next;
        if (got.status != 200)
            return crashed(error::requestRefused("bulk_get_failed", got.status, got.body));
        std::vector<std::string_view> documents;
        for (const std::string_view result : elementsOf(valueOf(membersOf(got.body), "results"))) {
            for (const std::string_view entry : elementsOf(valueOf(membersOf(result), "docs"))) {
                const std::string_view document = valueOf(membersOf(entry), "ok");
                if (!document.empty())
                    documents.push_back(document);
            }
        }
        const ReplicationStatistics before = m_statistics;
        m_statistics.docsRead += documents.size();
        m_statistics.bulkGetDocs += documents.size();
        if (auto next = write(documents)) {
            m_statistics = before;
            return *next;
        }
        took += Duration{documents.size()};
    }
    m_attempts = 0;
    m_statistics.revisionsChecked += checked;
    m_statistics.missingFound += missing;
    m_statistics.pending = pending;
    if (m_since != json::unescape(valueOf(answer, "last_seq"))) {
        m_since = json::unescape(valueOf(answer, "last_seq"));
        m_statistics.throughSeq = m_statistics.sourceSeq = valueOf(answer, "last_seq");
        if (!m_isDirty)
            m_checkpointDue = now + m_checkpointInterval;
        m_isDirty = true;
    }
    if (pending > 0)
        return {Next::Kind::Again, std::max(took, Duration{100})};
    if (!m_isContinuous) {
        if (m_isDirty) {
            if (auto next = writeCheckpoint(now))
                return *next;
        }
        return {Next::Kind::Completed, took};
    }
    const auto due = std::chrono::duration_cast<Duration>(m_checkpointDue - now);
    return {Next::Kind::Wait, m_isDirty ? std::max(due, Duration{1}) : Duration{0}};
}

std::optional<Next> ReplicationRun::write(const std::vector<std::string_view> &documents)
{
    std::string body = R"({"new_edits":false,"docs":[)";
    for (size_t i = 0; i < documents.size(); ++i)
        body.append(i == 0 ? "" : ",").append(documents[i]);
    const Reply reply = askDatabase(m_target, "POST", "/_bulk_docs", body + "]}");
    if (auto next = common(m_target, reply))
        return next;
    if (reply.status == 413) {
        // One at a time; what is too large alone is left out and counted.
        if (documents.size() == 1) {
            ++m_statistics.writeFailures;
            return std::nullopt;
        }
        for (const std::string_view document : documents) {
            if (auto next = write({document}))
                return next;
        }
        return std::nullopt;
    }
    if (reply.status >= 300)
        return crashed(error::requestRefused("bulk_docs_failed", reply.status, reply.body));
    const auto refused = elementsOf(reply.body).size();
    m_statistics.writeFailures += refused;
    m_statistics.docsWritten += documents.size() - std::min(refused, documents.size());
    return std::nullopt;
}

} // namespace serve
