#include "core/serve/routes.h"

#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/serve/arguments.h"

namespace serve {

using base::Status;
namespace json = base::json;

namespace {

std::string etagOf(const LocalDocuments::Entry &entry)
{
    return '"' + base::toHex(base::md5(entry.rev + entry.members)).substr(0, 25) + '"';
}

void getLocal(const Call &call, const std::string &id)
{
    const auto entry = call.database->locals().find(id);
    if (!entry)
        return sendRefusal(call.answer, refusal::missing());
    Headers headers;
    headers.add("ETag", etagOf(*entry));
    sendJson(call.answer, localText(id, *entry), 200, std::move(headers));
}

void putLocal(const Call &call, const std::string &id)
{
    const auto rev = call.database->locals().put(id, call.request.body);
    if (const Refusal *refusal = refusalIn(rev))
        return sendRefusal(call.answer, *refusal);
    Headers headers;
    if (const auto entry = call.database->locals().find(id))
        headers.add("ETag", etagOf(*entry));
    headers.add("Location", locationOf(call.request, {call.request.path.front(), id}));
    sendJson(call.answer,
             R"({"ok":true,"id":)" + json::quoted(id) + R"(,"rev":)" + json::quoted(valueIn(rev))
                 + '}',
             201, std::move(headers));
}

void deleteLocal(const Call &call, const std::string &id)
{
    if (const auto refusal = call.database->locals().remove(id))
        return sendRefusal(call.answer, *refusal);
    sendJson(call.answer, R"({"ok":true,"id":)" + json::quoted(id) + R"(,"rev":"0-0"})");
}

} // namespace

Outcome localDocument(const Call &call, const std::string &id)
{
    const std::string &method = call.request.method;
    if (method == "GET" || method == "HEAD")
        getLocal(call, id);
    else if (method == "PUT")
        putLocal(call, id);
    else if (method == "DELETE")
        deleteLocal(call, id);
    else
        sendRefusal(call.answer, refusal::methodNotAllowed("DELETE,GET,HEAD,POST,PUT,COPY"));
    return nullptr;
}

Outcome localDocs(const Call &call)
{
    const bool withDocs = call.request.flag("include_docs");
    Status sent = call.answer.begin(jsonHead(Sizing::Chunked));
    std::string separator = "{\"total_rows\":null,\"offset\":null,\"rows\":[\r\n";
    for (const auto &[id, entry] : call.database->locals().all()) {
        std::string row = separator + R"({"id":)" + json::quoted(id) + R"(,"key":)"
            + json::quoted(id) + R"(,"value":{"rev":)" + json::quoted(entry.rev) + '}';
        if (withDocs)
            row += ",\"doc\":" + localText(id, entry);
        if (sent)
            sent = call.answer.write(row + '}');
        separator = ",\r\n";
    }
    if (sent)
        sent = call.answer.write((separator.front() == '{' ? separator : "") + "\r\n]}\n");
    if (sent)
        sent = call.answer.finish();
    if (!sent)
        call.answer.cut();
    return nullptr;
}

} // namespace serve
