#include "tests/support/fakemirror.h"

#include "core/base/json.h"
#include "core/couch/databaseaddress.h"
#include "core/couch/decode.h"
#include "core/couch/replicatordocument.h"

#include <algorithm>

namespace testsupport {

using Answer = FakeServer::Answer;
using couch::Request;
using Method = Request::Method;

namespace json = base::json;

namespace {

Answer refusal(int status, const char *error, const char *reason)
{
    return jsonAnswer(
        std::string(R"({"error":")") + error + R"(","reason":")" + reason + R"("})" + "\n", status);
}

std::vector<std::string> segmentsOf(const std::string &path)
{
    std::vector<std::string> segments;
    for (std::size_t at = 1; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        segments.push_back(couch::percentDecode(path.substr(at, end - at)));
        at = end + 1;
    }
    return segments;
}

std::string parameter(const std::string &query, const std::string &name)
{
    const std::string padded = "&" + query;
    const std::size_t at = padded.find("&" + name + "=");
    if (at == std::string::npos)
        return {};
    const std::size_t begin = at + name.size() + 2;
    return couch::percentDecode(padded.substr(begin, padded.find('&', begin) - begin));
}

const char *nameOf(Method method)
{
    switch (method) {
    case Method::Get: return "GET";
    case Method::Head: return "HEAD";
    case Method::Post: return "POST";
    case Method::Put: return "PUT";
    case Method::Delete: return "DELETE";
    }
    return "";
}

std::string withRev(const FakeMirror::Document &document)
{
    return *couch::withMember(document.json, "_rev", json::quoted(document.rev));
}

} // namespace

base::Result<couch::Response> FakeMirror::fetch(const Request &request, std::stop_token stop)
{
    if (stop.stop_requested())
        return fakeError(base::ErrorKind::Cancelled);
    m_requests.push_back(request.target);
    std::optional<base::Result<Answer>> answered;
    if (onRequest)
        answered = onRequest(request);
    if (!answered) {
        if (request.method == Method::Put || request.method == Method::Delete)
            m_writes.push_back(std::string(nameOf(request.method)) + " " + request.target);
        answered = route(request);
    }
    if (!*answered)
        return answered->error();
    couch::Response response = (*answered)->response;
    if (response.head.status >= 300)
        return couch::errorForStatus(response.head.status, request.target, response.body);
    response.head.date = date;
    return response;
}

base::Result<couch::ResponseHead>
FakeMirror::stream(const Request &request, const base::ByteSink &sink, std::stop_token stop)
{
    const auto response = fetch(request, stop);
    if (!response)
        return response.error();
    if (base::Status taken = sink(response->body); !taken)
        return taken.error();
    return response->head;
}

std::string FakeMirror::put(const std::string &db, const std::string &id, const std::string &text)
{
    Database &database = databases[db];
    Document &document = database.documents[id];
    document.json =
        *couch::withMember(*couch::withMember(text, "_rev", ""), "_id", json::quoted(id));
    document.deleted = false;
    document.seq = ++database.seq;
    document.rev = std::to_string(document.seq) + "-abc";
    return document.rev;
}

void FakeMirror::drop(const std::string &db, const std::string &id)
{
    Database &database = databases[db];
    Document &document = database.documents[id];
    document.deleted = true;
    document.seq = ++database.seq;
}

std::string FakeMirror::get(const std::string &db, const std::string &id) const
{
    const auto database = databases.find(db);
    if (database == databases.end())
        return {};
    const auto found = database->second.documents.find(id);
    if (found == database->second.documents.end() || found->second.deleted)
        return {};
    return withRev(found->second);
}

std::vector<std::string> FakeMirror::idsOf(const std::string &db) const
{
    std::vector<std::string> ids;
    const auto database = databases.find(db);
    if (database == databases.end())
        return ids;
    for (const auto &[id, document] : database->second.documents) {
        if (!document.deleted)
            ids.push_back(id);
    }
    return ids;
}

std::size_t FakeMirror::requestsFor(const std::string &part) const
{
    return static_cast<std::size_t>(
        std::count_if(m_requests.begin(), m_requests.end(), [&](const std::string &target) {
            return target.find(part) != std::string::npos;
        }));
}

Answer FakeMirror::route(const Request &request)
{
    const std::size_t mark = std::min(request.target.find('?'), request.target.size());
    const std::string path = request.target.substr(0, mark);
    const std::string query = mark < request.target.size() ? request.target.substr(mark + 1) : "";
    if (path == "/")
        return jsonAnswer(rootAnswer);
    if (path == "/_session") {
        Answer answer = jsonAnswer(sessionAnswer);
        answer.response.head.setsSession = request.method == Method::Post && givesSession;
        return answer;
    }
    if (path == "/_active_tasks")
        return jsonAnswer(activeTasks);
    if (path == "/_db_updates")
        return jsonAnswer(updatesAnswer);
    if (path == "/_all_dbs") {
        std::string out = "[";
        for (const auto &[name, database] : databases)
            out += (out.size() > 1 ? "," : "") + json::quoted(name);
        return jsonAnswer(out + "]");
    }
    const std::vector<std::string> segments = segmentsOf(path);
    if (segments.front() == "_scheduler") {
        if (!hasScheduler)
            return refusal(404, "not_found", "Database does not exist.");
        if (segments.size() == 2)
            return scheduler(query);
        const auto row = schedulerRows.find(segments.at(3));
        return row == schedulerRows.end() ? refusal(404, "not_found", "missing")
                                          : jsonAnswer(row->second);
    }
    if (segments.front() == "_node")
        return setting(request, segments.at(3) + "/" + segments.at(4));
    const std::string &db = segments.front();
    const auto database = databases.find(db);
    if (segments.size() == 1) {
        if (request.method == Method::Put) {
            if (database != databases.end())
                return refusal(412, "file_exists", "The database could not be created.");
            databases[db];
            return jsonAnswer(R"({"ok":true})", 201);
        }
        if (database == databases.end())
            return refusal(404, "not_found", "Database does not exist.");
        if (request.method == Method::Delete) {
            databases.erase(database);
            return jsonAnswer(R"({"ok":true})");
        }
        return jsonAnswer(R"({"db_name":)" + json::quoted(db) + R"(,"doc_count":)"
                          + std::to_string(idsOf(db).size())
                          + R"(,"doc_del_count":0,"update_seq":"0-x","instance_start_time":"0"})");
    }
    if (database == databases.end())
        return refusal(404, "not_found", "Database does not exist.");
    if (segments[1] == "_changes")
        return changes(database->second, query);
    if (segments[1] == "_local_docs")
        return localDocuments(database->second);
    const std::string id = segments.size() > 2 ? segments[1] + "/" + segments[2] : segments[1];
    return document(request, db, id, query);
}

Answer FakeMirror::document(const Request &request, const std::string &db, const std::string &id,
                            const std::string &query)
{
    const std::string now = get(db, id);
    if (request.method == Method::Get)
        return now.empty() ? refusal(404, "not_found", "missing") : jsonAnswer(now);
    const std::string &current = now.empty() ? now : databases[db].documents[id].rev;
    if (request.method == Method::Delete) {
        if (now.empty())
            return refusal(404, "not_found", "deleted");
        if (parameter(query, "rev") != current)
            return refusal(409, "conflict", "Document update conflict.");
        drop(db, id);
        return jsonAnswer(R"({"ok":true,"rev":"9-gone"})");
    }
    const auto members = json::members(request.body);
    const auto rev = members ? json::find(*members, "_rev") : std::nullopt;
    if ((rev ? json::unescape(*rev) : std::string()) != current)
        return refusal(409, "conflict", "Document update conflict.");
    return jsonAnswer(R"({"ok":true,"rev":)" + json::quoted(put(db, id, request.body)) + "}", 201);
}

Answer FakeMirror::setting(const Request &request, const std::string &key)
{
    const auto found = settings.find(key);
    const std::string before = found == settings.end() ? R"("")" : json::quoted(found->second);
    if (request.method == Method::Put) {
        settings[key] = json::unescape(request.body);
        return jsonAnswer(before);
    }
    if (found == settings.end())
        return refusal(404, "not_found", "unknown_config_value");
    if (request.method == Method::Delete)
        settings.erase(found);
    return jsonAnswer(before);
}

Answer FakeMirror::scheduler(const std::string &query) const
{
    const std::size_t skip = std::stoul("0" + parameter(query, "skip"));
    const std::size_t limit = std::stoul(parameter(query, "limit"));
    std::string out = R"({"total_rows":)" + std::to_string(schedulerRows.size()) + R"(,"offset":)"
        + std::to_string(skip) + R"(,"docs":[)";
    std::size_t at = 0;
    for (const auto &[id, row] : schedulerRows) {
        if (at >= skip && at < skip + limit)
            out += (out.back() == '[' ? "\n" : ",\n") + row;
        ++at;
    }
    return jsonAnswer(out + "]}\n");
}

Answer FakeMirror::changes(const Database &db, const std::string &query) const
{
    const std::string since = parameter(query, "since");
    const std::uint64_t from = since.empty() ? 0 : std::stoull(since);
    const std::size_t limit = std::stoul(parameter(query, "limit"));
    std::map<std::uint64_t, std::string> rows;
    for (const auto &[id, document] : db.documents) {
        if (document.seq <= from || id.starts_with("_local/"))
            continue;
        const std::string head = R"({"seq":")" + std::to_string(document.seq) + R"(-x","id":)"
            + json::quoted(id) + R"(,"changes":[{"rev":)" + json::quoted(document.rev) + "}]";
        rows[document.seq] = document.deleted
            ? head + R"(,"deleted":true,"doc":{"_id":"x","_deleted":true}})"
            : head + R"(,"doc":)" + withRev(document) + "}";
    }
    std::string out = R"({"results":[)";
    std::uint64_t last = from;
    std::size_t sent = 0;
    for (const auto &[seq, row] : rows) {
        if (sent == limit)
            break;
        out += (sent++ > 0 ? ",\n" : "\n") + row;
        last = seq;
    }
    return jsonAnswer(out + R"(],"last_seq":")" + std::to_string(last) + R"(-x","pending":)"
                      + std::to_string(rows.size() - sent) + "}");
}

Answer FakeMirror::localDocuments(const Database &db) const
{
    std::string out = R"({"total_rows":null,"offset":null,"rows":[)";
    for (const auto &[id, document] : db.documents) {
        if (!id.starts_with("_local/") || document.deleted)
            continue;
        if (out.back() != '[')
            out += ',';
        out += R"({"id":)" + json::quoted(id) + R"(,"key":)" + json::quoted(id)
            + R"(,"value":{"rev":)" + json::quoted(document.rev) + R"(},"doc":)" + withRev(document)
            + "}";
    }
    return jsonAnswer(out + "]}");
}

} // namespace testsupport
