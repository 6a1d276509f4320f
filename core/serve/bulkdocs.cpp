#include "core/serve/writeroutes.h"

#include "core/base/json.h"
#include "core/serve/arguments.h"
#include "core/serve/incoming.h"
#include "core/serve/relatedparts.h"
#include "core/serve/writerules.h"

namespace serve {

namespace json = base::json;

namespace {

Outcome refuse(const Call &call, const Refusal &refusal)
{
    sendRefusal(call.answer, refusal);
    return nullptr;
}

std::string refusedText(const IncomingDocument &document, const Refusal &refusal, bool newEdits)
{
    std::string text = R"({"id":)" + json::quoted(document.id);
    if (!newEdits && document.rev)
        text += R"(,"rev":)" + json::quoted(document.rev->toString());
    return text + R"(,"error":)" + json::quoted(refusal.error) + R"(,"reason":)"
        + json::quoted(refusal.reason) + '}';
}

} // namespace

Outcome bulkDocs(const Call &call)
{
    WritableDatabase *writable = call.database->writable();
    if (!writable)
        return refuse(call, refusal::readOnly());
    const auto body = bodyObject(call.request);
    if (const Refusal *refusal = refusalIn(body))
        return refuse(call, *refusal);
    const auto docs = json::find(valueIn(body), "docs");
    if (!docs)
        return refuse(call, refusal::badRequest("POST body must include `docs` parameter."));
    const auto entries = json::elements(*docs);
    if (!entries)
        return refuse(call, refusal::badRequest("`docs` parameter must be an array."));
    const bool newEdits = json::find(valueIn(body), "new_edits") != "false";
    // One document that cannot be read spoils all of them, and nothing is written.
    std::vector<IncomingDocument> documents;
    for (const std::string_view entry : *entries) {
        auto parsed = parseIncoming(entry);
        if (const Refusal *refusal = refusalIn(parsed))
            return refuse(call, *refusal);
        documents.push_back(std::move(*std::get_if<IncomingDocument>(&parsed)));
        if (documents.back().id.empty())
            documents.back().id = randomBoundary();
        if (WriteRules *rules = call.site.rules) {
            if (const auto refused =
                    rules->prepare(call.request.path.front(), call.request.user, documents.back()))
                return refuse(call, *refused);
        }
    }
    const auto refusalOf = [&](const IncomingDocument &document) {
        return call.site.rules ? call.site.rules->refusalOf(call.request.path.front(), document.id)
                               : std::nullopt;
    };
    std::string text = "[";
    const auto add = [&](const std::string &row) { text += (text.size() > 1 ? "," : "") + row; };
    if (!newEdits) {
        std::erase_if(documents, [&](const IncomingDocument &document) {
            const auto refused = refusalOf(document);
            if (refused)
                add(refusedText(document, *refused, newEdits));
            return refused.has_value();
        });
        const auto results = writable->insert(documents);
        for (size_t i = 0; i < results.size(); ++i) {
            if (results[i])
                add(refusedText(documents[i], *results[i], newEdits));
        }
        sendJson(call.answer, text + ']', 201);
        return nullptr;
    }
    for (const IncomingDocument &document : documents) {
        auto refused = refusalOf(document);
        const auto rev =
            refused ? OrRefusal<std::string>(*std::move(refused)) : writable->edit(document);
        if (const Refusal *refusal = refusalIn(rev))
            add(refusedText(document, *refusal, newEdits));
        else
            add(R"({"ok":true,"id":)" + json::quoted(document.id) + R"(,"rev":)"
                + json::quoted(valueIn(rev)) + '}');
    }
    sendJson(call.answer, text + ']', 201);
    return nullptr;
}

Outcome purge(const Call &call)
{
    WritableDatabase *writable = call.database->writable();
    if (!writable)
        return refuse(call, refusal::readOnly());
    const auto body = bodyObject(call.request);
    if (const Refusal *refusal = refusalIn(body))
        return refuse(call, *refusal);
    std::string text = R"({"purge_seq":null,"purged":{)";
    bool isFirst = true;
    for (const auto &[key, value] : valueIn(body)) {
        const auto revs = revisionList(value);
        if (const Refusal *refusal = refusalIn(revs))
            return refuse(call, *refusal);
        text.append(isFirst ? "\"" : ",\"").append(key).append("\":[");
        isFirst = false;
        bool isFirstRev = true;
        for (const store::RevId &rev : writable->purge(json::unescape(key), valueIn(revs))) {
            text += (isFirstRev ? "" : ",") + json::quoted(rev.toString());
            isFirstRev = false;
        }
        text += ']';
    }
    sendJson(call.answer, text + "}}", 201);
    return nullptr;
}

} // namespace serve
