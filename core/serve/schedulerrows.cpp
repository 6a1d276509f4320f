#include "core/serve/schedulerjob.h"

#include "core/base/clock.h"
#include "core/base/json.h"

namespace serve {

namespace json = base::json;
using TimePoint = SchedulerJob::TimePoint;

namespace {

constexpr const char *kNode = "focus-monitor@127.0.0.1";
/// CouchDB measures `changes_pending` at most so often, and not before.
constexpr std::chrono::seconds kPendingKnownAfter{30};

bool isPendingKnown(const SchedulerJob &job, TimePoint now)
{
    return job.taskStarted ? now - *job.taskStarted >= kPendingKnownAfter : job.knowsPending;
}

std::string infoText(const SchedulerJob &job, TimePoint now)
{
    const bool isWrong =
        job.state == SchedulerJob::State::Crashing || job.state == SchedulerJob::State::Error;
    if (isWrong)
        return R"({"error":)" + json::quoted(job.error) + '}';
    if (!job.statistics)
        return "null";
    return statisticsText(*job.statistics, isPendingKnown(job, now), false);
}

std::string urlText(const std::optional<ReplicationEnd> &end)
{
    return end ? json::quoted(end->url) : "null";
}

std::string processText(const SchedulerJob &job)
{
    return "\"<0." + std::to_string(job.process) + ".0>\"";
}

std::string secondsSinceEpoch(TimePoint time)
{
    return std::to_string(
        std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

} // namespace

const char *nameOf(SchedulerJob::State state)
{
    switch (state) {
    case SchedulerJob::State::Initializing: return "initializing";
    case SchedulerJob::State::Error: return "error";
    case SchedulerJob::State::Pending: return "pending";
    case SchedulerJob::State::Running: return "running";
    case SchedulerJob::State::Crashing: return "crashing";
    }
    return "";
}

std::uint64_t schedulerChance(const std::string &text, std::uint64_t salt)
{
    std::uint64_t hash = 1469598103934665603ULL + salt * 1099511628211ULL;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return hash ^ (hash >> 29U);
}

std::string secondsText(TimePoint time)
{
    return base::isoTime(time).substr(0, 19) + 'Z';
}

std::string statisticsText(const ReplicationStatistics &it, bool knowsPending, bool isOver)
{
    std::string text = R"({"revisions_checked":)" + std::to_string(it.revisionsChecked)
        + R"(,"missing_revisions_found":)" + std::to_string(it.missingFound) + R"(,"docs_read":)"
        + std::to_string(it.docsRead) + R"(,"docs_written":)" + std::to_string(it.docsWritten)
        + R"(,"changes_pending":)" + (knowsPending ? std::to_string(it.pending) : "null")
        + R"(,"doc_write_failures":)" + std::to_string(it.writeFailures) + R"(,"bulk_get_docs":)"
        + std::to_string(it.bulkGetDocs) + R"(,"bulk_get_attempts":)"
        + std::to_string(it.bulkGetDocs) + R"(,"checkpointed_source_seq":)" + it.checkpointed;
    if (!isOver)
        text += R"(,"source_seq":)" + it.sourceSeq + R"(,"through_seq":)" + it.throughSeq;
    return text + '}';
}

std::string docRow(const SchedulerJob &job, TimePoint now)
{
    const bool isJob = !job.id.empty();
    std::string text = R"({"database":"_replicator","doc_id":)" + json::quoted(job.docId)
        + R"(,"id":)" + (isJob ? json::quoted(job.id) : "null");
    const std::string tail = R"("last_updated":")" + secondsText(job.lastUpdated)
        + R"(","start_time":")" + secondsText(job.added) + '"';
    const std::string node = R"("node":")" + std::string(kNode) + '"';
    const std::string state = R"("state":")" + std::string(nameOf(job.state)) + R"(","info":)"
        + infoText(job, now) + R"(,"error_count":)" + std::to_string(job.errorCount);
    if (!isJob)
        return text + ',' + state + ',' + node + ',' + tail + '}';
    return text + ',' + node + R"(,"source":)" + urlText(job.document.source) + R"(,"target":)"
        + urlText(job.document.target) + ',' + state + ',' + tail
        + R"(,"source_proxy":null,"target_proxy":null})";
}

std::string jobRow(const SchedulerJob &job, TimePoint now)
{
    std::string history;
    for (const SchedulerJob::Event &event : job.history) {
        history += (history.empty() ? R"({"timestamp":")" : R"(,{"timestamp":")")
            + secondsText(event.time) + R"(","type":")" + event.type + '"';
        if (!event.reason.empty())
            history += R"(,"reason":)" + json::quoted(event.reason);
        history += '}';
    }
    return R"({"database":"_replicator","id":)" + json::quoted(job.id) + R"(,"pid":)"
        + (job.run ? processText(job) : "null") + R"(,"source":)" + urlText(job.document.source)
        + R"(,"target":)" + urlText(job.document.target) + R"(,"user":null,"doc_id":)"
        + json::quoted(job.docId) + R"(,"info":)"
        + (job.statistics ? statisticsText(*job.statistics, isPendingKnown(job, now), false)
                          : "null")
        + R"(,"history":[)" + history + R"(],"node":")" + kNode + R"(","start_time":")"
        + secondsText(job.added) + "\"}";
}

std::string taskRow(const SchedulerJob &job, const std::string &instance, TimePoint now)
{
    const ReplicationStatistics &it = *job.statistics;
    return R"({"node":")" + std::string(kNode) + R"(","pid":)" + processText(job)
        + R"(,"process_status":"waiting","bulk_get_attempts":)" + std::to_string(it.bulkGetDocs)
        + R"(,"bulk_get_docs":)" + std::to_string(it.bulkGetDocs) + R"(,"changes_pending":)"
        + (isPendingKnown(job, now) ? std::to_string(it.pending) : "null")
        + R"(,"checkpoint_interval":)" + std::to_string(job.document.checkpointSeconds * 1000)
        + R"(,"checkpointed_source_seq":)" + it.checkpointed + R"(,"continuous":)"
        + (job.document.isContinuous ? "true" : "false")
        + R"(,"database":"shards/00000000-ffffffff/_replicator.)" + instance + R"(","doc_id":)"
        + json::quoted(job.docId) + R"(,"doc_write_failures":)" + std::to_string(it.writeFailures)
        + R"(,"docs_read":)" + std::to_string(it.docsRead) + R"(,"docs_written":)"
        + std::to_string(it.docsWritten) + R"(,"missing_revisions_found":)"
        + std::to_string(it.missingFound) + R"(,"replication_id":)" + json::quoted(job.id)
        + R"(,"revisions_checked":)" + std::to_string(it.revisionsChecked) + R"(,"source":)"
        + urlText(job.document.source) + R"(,"source_seq":)" + it.sourceSeq + R"(,"started_on":)"
        + secondsSinceEpoch(*job.taskStarted) + R"(,"target":)" + urlText(job.document.target)
        + R"(,"through_seq":)" + it.throughSeq + R"(,"type":"replication","updated_on":)"
        + secondsSinceEpoch(now) + R"(,"user":null})";
}

std::string overRow(const std::string &docId, const ReplicatorDocument &document)
{
    const bool isFailed = document.state == "failed";
    const bool isOver = document.isOver();
    std::string info = "null";
    std::string start = document.stateTime;
    const auto textOr = [isOver](const std::string &text) {
        return isOver ? json::quoted(text) : "null";
    };
    if (isFailed) {
        info = R"({"error":)" + json::quoted(document.stateReason) + '}';
    } else if (const auto members = json::members(document.stats); members && isOver) {
        info = "{";
        for (const json::Member &member : *members) {
            if (member.key == "start_time")
                start = json::unescape(member.value);
            else
                info.append(info.size() > 1 ? ",\"" : "\"")
                    .append(member.key)
                    .append("\":")
                    .append(member.value);
        }
        info += '}';
    }
    return R"({"database":"_replicator","doc_id":)" + json::quoted(docId)
        + R"(,"id":null,"source":)" + urlText(document.source) + R"(,"target":)"
        + urlText(document.target) + R"(,"state":)" + textOr(document.state) + R"(,"error_count":)"
        + (isFailed ? "1" : "0") + R"(,"info":)" + info + R"(,"start_time":)" + textOr(start)
        + R"(,"last_updated":)" + textOr(document.stateTime) + '}';
}

} // namespace serve
