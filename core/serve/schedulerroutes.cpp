// `_scheduler` and `_active_tasks`, field by field as CouchDB 3.5.0 answers (recorded).
#include "core/serve/routes.h"

#include "core/base/json.h"
#include "core/serve/arguments.h"
#include "core/serve/scheduler.h"

#include <algorithm>
#include <array>

namespace serve {

namespace json = base::json;

namespace {

constexpr std::array<std::string_view, 7> kStates{"initializing", "error",     "running", "pending",
                                                  "crashing",     "completed", "failed"};
constexpr std::uint64_t kJobsOfAPage = 100;

Outcome refuse(const Call &call, const Refusal &refusal)
{
    sendRefusal(call.answer, refusal);
    return nullptr;
}

Refusal queryError(std::string reason)
{
    return {400, "query_parse_error", std::move(reason)};
}

/// The two lists say it differently.
Refusal numberError(std::string_view name, std::string_view text, bool isOfJobs)
{
    if (isOfJobs)
        return queryError(std::string(name) + " must be an integer");
    const bool isNegative =
        text.size() > 1 && text.front() == '-' && json::toUnsigned(text.substr(1));
    return queryError(
        (isNegative ? "Invalid value for positive integer: " : "Invalid value for integer: ")
        + json::quoted(text));
}

OrRefusal<Scheduler::Query> queryOf(const Request &request, bool isOfJobs)
{
    Scheduler::Query query;
    for (const std::string_view name : {"limit", "skip"}) {
        const auto text = request.parameter(name);
        if (!text)
            continue;
        const auto number = json::toUnsigned(*text);
        if (!number)
            return numberError(name, *text, isOfJobs);
        if (name == "limit")
            query.limit = *number;
        else
            query.skip = *number;
    }
    query.descending = request.flag("descending");
    std::string_view states = request.parameter("states").value_or("");
    while (!states.empty()) {
        const size_t comma = std::min(states.find(','), states.size());
        const std::string_view state = states.substr(0, comma);
        if (std::ranges::find(kStates, state) == kStates.end())
            return queryError("States must be one or more of "
                              "[initializing,error,running,pending,crashing,completed,failed]");
        query.states.emplace(state);
        states.remove_prefix(std::min(comma + 1, states.size()));
    }
    return query;
}

Outcome sendText(const Call &call, const std::string &text)
{
    base::Status sent = call.answer.begin(jsonHead(Sizing::Chunked));
    if (sent)
        sent = call.answer.write(text);
    if (sent)
        sent = call.answer.finish();
    if (!sent)
        call.answer.cut();
    return nullptr;
}

std::string joined(const std::vector<std::string> &rows, std::string_view separator)
{
    std::string text;
    for (const std::string &row : rows)
        text.append(text.empty() ? "" : separator).append(row);
    return text;
}

Outcome schedulerDocs(const Call &call)
{
    const auto query = queryOf(call.request, false);
    if (const Refusal *refusal = refusalIn(query))
        return refuse(call, *refusal);
    const Scheduler &scheduler = *call.site.scheduler;
    return sendText(call,
                    R"({"total_rows":)" + std::to_string(scheduler.docCount()) + R"(,"offset":)"
                        + std::to_string(valueIn(query).skip) + ",\"docs\":[\r\n"
                        + joined(scheduler.docRows(valueIn(query)), ",\r\n") + "\r\n]}\n");
}

Outcome schedulerJobs(const Call &call)
{
    auto query = queryOf(call.request, true);
    if (const Refusal *refusal = refusalIn(query))
        return refuse(call, *refusal);
    auto &wanted = *std::get_if<Scheduler::Query>(&query);
    wanted.limit = wanted.limit.value_or(kJobsOfAPage);
    const Scheduler &scheduler = *call.site.scheduler;
    sendJson(call.answer,
             R"({"total_rows":)" + std::to_string(scheduler.jobCount()) + R"(,"offset":)"
                 + std::to_string(wanted.skip) + R"(,"jobs":[)"
                 + joined(scheduler.jobRows(wanted), ",") + "]}");
    return nullptr;
}

Outcome sendRow(const Call &call, const std::optional<std::string> &row)
{
    if (!row)
        return refuse(call, refusal::missing());
    sendJson(call.answer, *row);
    return nullptr;
}

} // namespace

Outcome scheduler(const Call &call)
{
    const std::vector<std::string> &path = call.request.path;
    if (call.request.method != "GET" && call.request.method != "HEAD")
        return refuse(call, refusal::methodNotAllowed("GET,HEAD"));
    const std::string what = path.size() > 1 ? path[1] : std::string();
    if (what == "jobs" && path.size() <= 3)
        return path.size() == 2 ? schedulerJobs(call)
                                : sendRow(call, call.site.scheduler->jobRow(path[2]));
    if (what != "docs") {
        sendJson(call.answer, R"({"error":"not found"})", 404);
        return nullptr;
    }
    if (path.size() > 2 && path[2] != kReplicatorDatabase)
        return refuse(call, refusal::noDatabase());
    if (path.size() <= 3)
        return schedulerDocs(call);
    std::string id = path[3];
    for (size_t i = 4; i < path.size(); ++i)
        id += '/' + path[i];
    return sendRow(call, call.site.scheduler->docRow(id));
}

Outcome maxJobs(const Call &call)
{
    const std::string &method = call.request.method;
    Scheduler &scheduler = *call.site.scheduler;
    const auto before = scheduler.maxJobs();
    if (method == "PUT") {
        const std::string_view value = trimmed(call.request.body);
        if (!json::validate(value) || json::kindOf(value) != json::Kind::String)
            return refuse(call, refusal::badRequest("a JSON string expected"));
        scheduler.setMaxJobs(json::unescape(value));
        sendJson(call.answer, json::quoted(before.value_or("")));
        return nullptr;
    }
    if (method != "GET" && method != "HEAD" && method != "DELETE")
        return refuse(call, refusal::methodNotAllowed("GET,PUT,DELETE"));
    if (!before)
        return refuse(call, {404, "not_found", "unknown_config_value"});
    if (method == "DELETE")
        scheduler.setMaxJobs(std::nullopt);
    sendJson(call.answer, json::quoted(*before));
    return nullptr;
}

Outcome activeTasks(const Call &call)
{
    const auto rows =
        call.site.scheduler ? call.site.scheduler->taskRows() : std::vector<std::string>();
    sendJson(call.answer, '[' + joined(rows, ",") + ']');
    return nullptr;
}

} // namespace serve
