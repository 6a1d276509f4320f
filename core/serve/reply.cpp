#include "core/serve/reply.h"

#include "core/base/bytes.h"
#include "core/base/json.h"

namespace serve {

using base::Status;

namespace refusal {

Refusal noDatabase()
{
    return {404, "not_found", "Database does not exist."};
}

Refusal missing()
{
    return {404, "not_found", "missing"};
}

Refusal deleted()
{
    return {404, "not_found", "deleted"};
}

Refusal badRequest(std::string reason)
{
    return {400, "bad_request", std::move(reason)};
}

Refusal invalidJson()
{
    return badRequest("invalid UTF-8 JSON");
}

Refusal badRev()
{
    return badRequest("Invalid rev format");
}

Refusal badContentType()
{
    return {415, "bad_content_type", "Content-Type must be application/json"};
}

Refusal conflict()
{
    return {409, "conflict", "Document update conflict."};
}

Refusal readOnly()
{
    return {403, "forbidden",
            "This is a backup, served read-only. Replicate it into a CouchDB to change it."};
}

Refusal notImplemented(std::string_view what)
{
    return {501, "not_implemented",
            "This server offers what replication needs; " + std::string(what)
                + " is not part of it."};
}

Refusal methodNotAllowed(std::string allowed)
{
    Refusal refusal{405, "method_not_allowed", "Only " + allowed + " allowed"};
    refusal.allow = std::move(allowed);
    return refusal;
}

Refusal fromError(const base::Error &error)
{
    return {500, base::errorCode(error.kind), error.message.toStdString()};
}

} // namespace refusal

std::string refusalJson(const Refusal &refusal)
{
    return R"({"error":)" + base::json::quoted(refusal.error) + R"(,"reason":)"
        + base::json::quoted(refusal.reason) + '}';
}

std::string locationOf(const Request &request, const std::vector<std::string> &path)
{
    std::string location = "http://" + std::string(request.header("Host"));
    for (const std::string &segment : path)
        location += '/' + base::percentEncode(segment);
    return location;
}

ResponseHead jsonHead(Sizing sizing, int status)
{
    ResponseHead head;
    head.status = status;
    head.sizing = sizing;
    head.headers.add("Cache-Control", "must-revalidate");
    head.headers.add("Content-Type", "application/json");
    return head;
}

void sendJson(Answer &answer, std::string_view json, int status, Headers more)
{
    ResponseHead head;
    head.status = status;
    head.sizing = Sizing::Known;
    head.length = json.size() + 1;
    head.headers = std::move(more);
    if (!head.headers.find("Cache-Control"))
        head.headers.add("Cache-Control", "must-revalidate");
    head.headers.add("Content-Type", "application/json");
    // A client that has gone needs no answer.
    Status sent = answer.begin(std::move(head));
    if (sent)
        sent = answer.write(json);
    if (sent)
        sent = answer.write("\n");
    if (sent)
        sent = answer.finish();
    if (!sent)
        answer.cut();
}

void sendRefusal(Answer &answer, const Refusal &refusal)
{
    if (answer.hasBegun()) {
        answer.cut();
        return;
    }
    Headers more;
    if (!refusal.allow.empty())
        more.add("Allow", refusal.allow);
    if (!refusal.retryAfter.empty())
        more.add("Retry-After", refusal.retryAfter);
    sendJson(answer, refusalJson(refusal), refusal.status, std::move(more));
}

} // namespace serve
