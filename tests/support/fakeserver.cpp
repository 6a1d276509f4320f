#include "tests/support/fakeserver.h"

#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/couch/decode.h"

#include <algorithm>

namespace testsupport {

using base::Error;
using base::ErrorKind;
using base::Result;
using couch::Request;

namespace {

std::string percentDecoded(std::string_view text)
{
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            out += *base::fromHex(text.substr(i + 1, 2));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::vector<std::string> pathOf(const std::string &target)
{
    std::vector<std::string> parts;
    std::string_view rest = std::string_view(target).substr(0, target.find('?'));
    while (!rest.empty()) {
        rest.remove_prefix(1);
        const size_t slash = std::min(rest.find('/'), rest.size());
        parts.push_back(percentDecoded(rest.substr(0, slash)));
        rest.remove_prefix(slash);
    }
    return parts;
}

std::string queryOf(const std::string &target)
{
    const size_t mark = target.find('?');
    return mark == std::string::npos ? std::string() : target.substr(mark + 1);
}

std::string parameter(const std::string &query, const std::string &name)
{
    std::string_view rest = query;
    while (!rest.empty()) {
        const size_t end = std::min(rest.find('&'), rest.size());
        const std::string_view pair = rest.substr(0, end);
        if (pair.starts_with(name + '='))
            return percentDecoded(pair.substr(name.size() + 1));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return {};
}

FakeServer::Answer missing(const char *reason)
{
    return jsonAnswer(R"({"error":"not_found","reason":")" + std::string(reason) + R"("})", 404);
}

std::string namesAnswer(const std::map<std::string, FakeDatabase> &databases)
{
    std::string out = "[";
    for (const auto &[name, database] : databases)
        out += (out.size() > 1 ? "," : "") + base::json::quoted(name);
    return out + ']';
}

} // namespace

FakeServer::Answer jsonAnswer(std::string body, int status)
{
    FakeServer::Answer answer;
    answer.response.head.status = status;
    answer.response.head.contentType = "application/json";
    answer.response.body = std::move(body);
    return answer;
}

Error fakeError(ErrorKind kind)
{
    return {
        kind,
        QStringLiteral("A fault made by the test (%1).").arg(QLatin1String(base::errorCode(kind)))};
}

bool asksFor(const Request &request, const std::string &database, const std::string &endpoint)
{
    const std::vector<std::string> path = pathOf(request.target);
    if (path.empty() || path.front() != database)
        return false;
    return endpoint.empty() ? path.size() == 1 : path.size() > 1 && path[1] == endpoint;
}

Result<couch::Response> FakeServer::fetch(const Request &request, std::stop_token stop)
{
    auto answered = answer(request, stop);
    if (!answered)
        return answered.error();
    if (answered->cutBy)
        return *answered->cutBy;
    if (answered->response.body.size() > request.maxBodyBytes)
        return fakeError(ErrorKind::TooLarge);
    return std::move(answered->response);
}

Result<couch::ResponseHead> FakeServer::stream(const Request &request, const base::ByteSink &sink,
                                               std::stop_token stop)
{
    auto answered = answer(request, stop);
    if (!answered)
        return answered.error();
    std::string_view rest = answered->response.body;
    while (!rest.empty()) {
        const std::string_view piece = rest.substr(0, pieceBytes);
        if (base::Status taken = sink(piece); !taken)
            return taken.error();
        rest.remove_prefix(piece.size());
    }
    if (answered->cutBy)
        return *answered->cutBy;
    return answered->response.head;
}

FakeServer::Answer FakeServer::rawAnswer(const Request &request) const
{
    const std::lock_guard lock(m_mutex);
    return route(request);
}

couch::Transport::Statistics FakeServer::statistics() const
{
    const std::lock_guard lock(m_mutex);
    return {m_record.size(), 0, 0};
}

std::vector<Request> FakeServer::record() const
{
    const std::lock_guard lock(m_mutex);
    return m_record;
}

size_t FakeServer::requestsFor(const std::string &part) const
{
    const std::vector<Request> all = record();
    return static_cast<size_t>(std::count_if(all.begin(), all.end(), [&](const Request &request) {
        return request.target.find(part) != std::string::npos;
    }));
}

Result<FakeServer::Answer> FakeServer::answer(const Request &request, const std::stop_token &stop)
{
    const std::lock_guard lock(m_mutex);
    if (stop.stop_requested())
        return fakeError(ErrorKind::Cancelled);
    m_record.push_back(request);
    if (onRequest) {
        if (auto replaced = onRequest(m_record.size(), request)) {
            if (!*replaced || (*replaced)->response.head.status < 300)
                return std::move(*replaced);
            return couch::errorForStatus((*replaced)->response.head.status, request.target,
                                         (*replaced)->response.body);
        }
    }
    if (stop.stop_requested()) // asked for in the hook: the answer does not come any more
        return fakeError(ErrorKind::Cancelled);
    Answer answered = route(request);
    if (answered.response.head.status >= 300)
        return couch::errorForStatus(answered.response.head.status, request.target,
                                     answered.response.body);
    return answered;
}

FakeServer::Answer FakeServer::route(const Request &request) const
{
    const std::vector<std::string> path = pathOf(request.target);
    if (const auto file = files.find(request.target); file != files.end())
        return jsonAnswer(file->second);
    if (request.target == "/")
        return jsonAnswer(
            R"({"couchdb":"Welcome","version":"3.5.0","uuid":"fake","vendor":{"name":"test"}})");
    if (request.target == "/_all_dbs")
        return jsonAnswer(namesAnswer(databases));
    if (request.target == "/_dbs_info") {
        const auto members = base::json::members(request.body);
        const auto keys = base::json::elements(*base::json::find(*members, "keys"));
        std::string out = "[";
        for (const std::string_view key : *keys) {
            const auto found = databases.find(base::json::unescape(key));
            out += (out.size() > 1 ? "," : "") + (R"({"key":)" + std::string(key));
            out += found == databases.end()
                ? R"(,"error":"not_found"})"
                : R"(,"info":)" + infoAnswer(found->first, found->second, seqStyle) + '}';
        }
        return jsonAnswer(out + ']');
    }
    return routeInDatabase(path, queryOf(request.target), request);
}

FakeServer::Answer FakeServer::routeInDatabase(const std::vector<std::string> &path,
                                               const std::string &query,
                                               const Request &request) const
{
    const auto found = databases.find(path.front());
    if (found == databases.end())
        return missing("Database does not exist.");
    const FakeDatabase &database = found->second;
    if (database.isForbidden)
        return jsonAnswer(
            R"({"error":"forbidden","reason":"You are not allowed to access this db."})", 403);
    if (path.size() == 1)
        return jsonAnswer(infoAnswer(found->first, database, seqStyle));
    if (path[1] == "_security")
        return jsonAnswer(database.security);
    if (path[1] == "_revs_limit")
        return jsonAnswer(std::to_string(database.revsLimit));
    if (path[1] == "_changes")
        return jsonAnswer(changesAnswer(database, seqNumber(parameter(query, "since")),
                                        std::stoull(parameter(query, "limit")), seqStyle));
    if (path[1] == "_bulk_get")
        return jsonAnswer(bulkAnswer(database, wantedOf(request.body),
                                     parameter(query, "latest") == "true",
                                     parameter(query, "attachments") == "true"));
    if (path[1] == "_local_docs")
        return jsonAnswer(localsAnswer(database));
    if (path[1] == "_design" && path.size() == 4)
        return attachment(database, path[1] + '/' + path[2], path[3], parameter(query, "rev"));
    if (path.size() == 3)
        return attachment(database, path[1], path[2], parameter(query, "rev"));
    return missing("missing");
}

FakeServer::Answer FakeServer::attachment(const FakeDatabase &database, const std::string &id,
                                          const std::string &name, const std::string &rev)
{
    const auto document = database.documents.find(id);
    if (document == database.documents.end())
        return missing("missing");
    for (const FakeLeaf &leaf : document->second.leaves) {
        if (leaf.rev() != rev)
            continue;
        for (const FakeAttachment &one : leaf.attachments) {
            if (one.name != name)
                continue;
            Answer answer = jsonAnswer(storedBytes(one));
            answer.response.head.contentType = one.contentType;
            answer.response.head.contentEncoding = one.gzip ? "gzip" : "";
            return answer;
        }
    }
    return missing("Document is missing attachment");
}

} // namespace testsupport
