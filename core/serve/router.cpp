#include "core/serve/router.h"

#include "core/serve/routes.h"
#include "core/serve/writeroutes.h"

#include <algorithm>
#include <array>

namespace serve {

namespace {

struct Entry {
    std::string_view name;
    std::string_view allowed; ///< methods, as the Allow header lists them
    Route route;
};

constexpr std::string_view kRead = "GET,HEAD";

constexpr std::array kServerRoutes{
    Entry{"_up", kRead, up},
    Entry{"_all_dbs", kRead, allDatabases},
    Entry{"_dbs_info", "GET,POST,HEAD", databasesInfo},
    Entry{"_session", "GET,HEAD,POST,DELETE", session},
    Entry{"_uuids", "GET", uuids},
    Entry{"_active_tasks", kRead, activeTasks},
    Entry{"_db_updates", kRead, databaseUpdates},
    Entry{"_membership", kRead, membership},
};

constexpr std::array kDatabaseRoutes{
    Entry{"_changes", "GET,POST,HEAD", changes},
    Entry{"_all_docs", "GET,HEAD,POST", allDocs},
    Entry{"_design_docs", "GET,HEAD,POST", designDocs},
    Entry{"_local_docs", "GET,HEAD,POST", localDocs},
    Entry{"_bulk_get", "POST", bulkGet},
    Entry{"_bulk_docs", "POST", bulkDocs},
    Entry{"_revs_diff", "POST", revsDiff},
    Entry{"_missing_revs", "POST", missingRevs},
    Entry{"_ensure_full_commit", "POST", ensureFullCommit},
    Entry{"_security", "PUT,GET", security},
    Entry{"_revs_limit", "PUT,GET", revsLimit},
    Entry{"_purged_infos_limit", "PUT,GET", purgedInfosLimit},
    Entry{"_purge", "POST", purge},
    Entry{"_compact", "POST", compact},
    Entry{"_view_cleanup", "POST", compact},
};

constexpr std::array<std::string_view, 5> kMaxJobs{"_node", "_local", "_config", "replicator",
                                                   "max_jobs"};

/// What CouchDB has and this server has not.
constexpr std::array<std::string_view, 9> kNotHere{
    "_find",        "_index",        "_explain",        "_shards",   "_sync_shards",
    "_design_info", "_purged_infos", "_search_analyze", "_partition"};

bool isAllowed(std::string_view allowed, std::string_view method)
{
    if (method == "HEAD" && allowed.find("GET") != std::string_view::npos)
        return true;
    while (!allowed.empty()) {
        const size_t comma = std::min(allowed.find(','), allowed.size());
        if (allowed.substr(0, comma) == method)
            return true;
        allowed.remove_prefix(std::min(comma + 1, allowed.size()));
    }
    return false;
}

template <typename Entries>
const Entry *findEntry(const Entries &entries, std::string_view name)
{
    const auto found =
        std::ranges::find_if(entries, [name](const Entry &it) { return it.name == name; });
    return found == entries.end() ? nullptr : &*found;
}

Outcome refuse(const Call &call, const Refusal &refusal)
{
    sendRefusal(call.answer, refusal);
    return nullptr;
}

Outcome run(const Call &call, const Entry &entry)
{
    if (!isAllowed(entry.allowed, call.request.method))
        return refuse(call, refusal::methodNotAllowed(std::string(entry.allowed)));
    return entry.route(call);
}

std::string joined(const std::vector<std::string> &path, size_t from)
{
    std::string text;
    for (size_t i = from; i < path.size(); ++i)
        text += (i > from ? "/" : "") + path[i];
    return text;
}

Outcome database(const Call &call)
{
    const std::string &method = call.request.method;
    if (method == "GET" || method == "HEAD")
        return databaseInfo(call);
    if (method == "POST")
        return postDocument(call);
    return refuse(call, refusal::methodNotAllowed("DELETE,GET,HEAD,POST"));
}

Outcome document(const Call &call, const std::string &id)
{
    const std::string &method = call.request.method;
    if (method == "GET" || method == "HEAD")
        return getDocument(call, id);
    if (method == "PUT")
        return putDocument(call, id);
    if (method == "DELETE")
        return deleteDocument(call, id);
    if (method == "POST" || method == "COPY")
        return refuse(call, refusal::notImplemented(method + " of a document"));
    return refuse(call, refusal::methodNotAllowed("DELETE,GET,HEAD,POST,PUT,COPY"));
}

Outcome attachment(const Call &call, const std::string &id, const std::string &name)
{
    const std::string &method = call.request.method;
    if (method == "GET" || method == "HEAD")
        return getAttachment(call, id, name);
    if (method == "PUT")
        return putAttachment(call, id, name);
    if (method == "DELETE")
        return deleteAttachment(call, id, name);
    return refuse(call, refusal::methodNotAllowed("DELETE,GET,HEAD,PUT"));
}

/// What lies below /db: an end point, a document, or an attachment.
Outcome inDatabase(const Call &call)
{
    const std::vector<std::string> &path = call.request.path;
    const std::string &second = path[1];
    if (path.size() == 2) {
        if (const Entry *entry = findEntry(kDatabaseRoutes, second))
            return run(call, *entry);
    }
    if (std::ranges::find(kNotHere, second) != kNotHere.end())
        return refuse(call, refusal::notImplemented(second));
    const bool isReserved = second == "_design" || second == "_local";
    if (!isReserved) {
        if (second.starts_with("_local/"))
            return localDocument(call, second);
        return path.size() == 2 ? document(call, second)
                                : attachment(call, second, joined(path, 2));
    }
    if (path.size() == 2)
        return refuse(call, refusal::missing());
    const std::string id = second + '/' + path[2];
    if (second == "_local")
        return path.size() == 3 ? localDocument(call, id) : refuse(call, refusal::missing());
    if (path.size() == 3)
        return document(call, id);
    if (path[3].starts_with('_'))
        return refuse(call, refusal::notImplemented(path[3]));
    return attachment(call, id, joined(path, 3));
}

} // namespace

Outcome Router::handle(Request &request, Answer &answer)
{
    Call call{request, answer, m_site};
    if (request.path.empty())
        return run(call, Entry{{}, kRead, welcome});
    const std::string &first = request.path.front();
    if (const Entry *entry = findEntry(kServerRoutes, first); entry && request.path.size() == 1)
        return run(call, *entry);
    if (first == "_scheduler" && m_site.scheduler)
        return scheduler(call);
    if (m_site.scheduler && std::ranges::equal(request.path, kMaxJobs))
        return maxJobs(call);
    if (request.path.size() == 1 && (request.method == "PUT" || request.method == "DELETE"))
        return request.method == "PUT" ? createDatabase(call) : removeDatabase(call);
    auto opened = m_site.backend->open(first);
    if (!opened)
        return refuse(call, refusal::fromError(opened.error()));
    if (!*opened)
        return refuse(call, refusal::noDatabase());
    call.database = std::move(*opened);
    return request.path.size() == 1 ? database(call) : inDatabase(call);
}

} // namespace serve
