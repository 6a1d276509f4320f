#include "core/serve/writeroutes.h"

#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/serve/arguments.h"
#include "core/serve/incoming.h"
#include "core/serve/openrevs.h"
#include "core/serve/relatedparts.h"
#include "core/serve/writerules.h"

#include <algorithm>

namespace serve {

namespace json = base::json;

namespace {

Outcome refuse(const Call &call, const Refusal &refusal)
{
    sendRefusal(call.answer, refusal);
    return nullptr;
}

std::string okText(const std::string &id, const std::string &rev)
{
    return R"({"ok":true,"id":)" + json::quoted(id) + R"(,"rev":)" + json::quoted(rev) + '}';
}

/// The revision that the query or If-Match names.
OrRefusal<std::optional<store::RevId>> revOfRequest(const Request &request)
{
    std::string_view text = request.parameter("rev").value_or("");
    if (text.empty()) {
        text = request.header("If-Match");
        if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
            text = text.substr(1, text.size() - 2);
    }
    if (text.empty())
        return std::optional<store::RevId>();
    auto rev = store::RevId::parse(text);
    if (!rev)
        return refusal::badRev();
    return rev;
}

/// The document in the body, as JSON or as multipart/related.
OrRefusal<IncomingDocument> documentOf(const Request &request)
{
    const std::string_view type = request.header("Content-Type");
    if (!type.starts_with("multipart/related"))
        return parseIncoming(request.body);
    auto parts = bodyParts(request.body, boundaryOf(type));
    if (!parts || parts->empty())
        return refusal::badRequest("The multipart body is not whole.");
    const std::string_view text = parts->front().bytes;
    parts->erase(parts->begin());
    return parseIncoming(text, *parts);
}

/// Writes it and returns the revision that it has now.
OrRefusal<std::string> store(const Call &call, IncomingDocument &document, bool newEdits = true)
{
    WritableDatabase &database = *call.database->writable();
    if (WriteRules *rules = call.site.rules) {
        const std::string &name = call.request.path.front();
        auto refused = rules->prepare(name, call.request.user, document);
        if (!refused)
            refused = rules->refusalOf(name, document.id);
        if (refused)
            return *std::move(refused);
    }
    if (newEdits)
        return database.edit(document);
    if (auto refused = database.insert({document}).front())
        return *std::move(refused);
    return document.path()->leaf().toString();
}

/// What was there of this document, to be written again with a change.
OrRefusal<IncomingDocument> currentDocument(const Call &call, const std::string &id,
                                            std::string &text)
{
    const auto rev = revOfRequest(call.request);
    if (const Refusal *refusal = refusalIn(rev))
        return *refusal;
    const auto metadata = call.database->document(id);
    if (!metadata)
        return refusal::fromError(metadata.error());
    IncomingDocument document;
    document.id = id;
    if (!valueIn(rev)) {
        if (*metadata && !(*metadata)->isDeleted())
            return refusal::conflict();
        return document;
    }
    const auto found =
        *metadata ? openRevs(**metadata, {*valueIn(rev)}, false) : std::vector<OpenRev>{{{}, -1}};
    if (found.front().node < 0)
        return Refusal{409, "not_found", "missing_rev"};
    const auto revision = loadRevision(*call.database, **metadata, found.front().node);
    if (!revision)
        return refusal::fromError(revision.error());
    text = *revision->text;
    auto parsed = parseIncoming(text);
    if (auto *known = std::get_if<IncomingDocument>(&parsed))
        known->deleted = false;
    return parsed;
}

Outcome changeAttachment(const Call &call, const std::string &id, const std::string &name,
                         const std::optional<IncomingAttachment> &put)
{
    WritableDatabase *writable = call.database->writable();
    if (!writable)
        return refuse(call, refusal::readOnly());
    std::string text;
    auto current = currentDocument(call, id, text);
    if (const Refusal *refusal = refusalIn(current))
        return refuse(call, *refusal);
    auto &document = *std::get_if<IncomingDocument>(&current);
    const auto isIt = [&](const IncomingAttachment &it) {
        return json::unescape(it.nameJson) == name;
    };
    if (std::erase_if(document.attachments, isIt) == 0 && !put)
        return refuse(call, {404, "not_found", "Document is missing attachment"});
    if (put)
        document.attachments.insert(document.attachments.begin(), *put);
    const auto rev = writable->edit(document);
    if (const Refusal *refusal = refusalIn(rev))
        return refuse(call, *refusal);
    Headers headers;
    if (put)
        headers.add("Location", locationOf(call.request, {call.request.path.front(), id, name}));
    sendJson(call.answer, okText(id, valueIn(rev)), put ? 201 : 200, std::move(headers));
    return nullptr;
}

} // namespace

Outcome createDatabase(const Call &call)
{
    const std::string &name = call.request.path.front();
    if (const auto refused = call.site.backend->create(name))
        return refuse(call, *refused);
    Headers headers;
    headers.add("Location", locationOf(call.request, {name}));
    sendJson(call.answer, R"({"ok":true})", 201, std::move(headers));
    return nullptr;
}

Outcome removeDatabase(const Call &call)
{
    if (const auto refused = call.site.backend->remove(call.request.path.front()))
        return refuse(call, *refused);
    sendJson(call.answer, R"({"ok":true})");
    return nullptr;
}

Outcome postDocument(const Call &call)
{
    WritableDatabase *writable = call.database->writable();
    if (!writable)
        return refuse(call, refusal::readOnly());
    const auto body = bodyObject(call.request);
    if (const Refusal *refusal = refusalIn(body))
        return refuse(call, *refusal);
    auto parsed = parseIncoming(call.request.body);
    if (const Refusal *refusal = refusalIn(parsed))
        return refuse(call, *refusal);
    auto &document = *std::get_if<IncomingDocument>(&parsed);
    if (document.id.empty())
        document.id = randomBoundary();
    const auto rev = store(call, document);
    if (const Refusal *refusal = refusalIn(rev))
        return refuse(call, *refusal);
    Headers headers;
    headers.add("Location", locationOf(call.request, {call.request.path.front(), document.id}));
    sendJson(call.answer, okText(document.id, valueIn(rev)), 201, std::move(headers));
    return nullptr;
}

Outcome putDocument(const Call &call, const std::string &id)
{
    WritableDatabase *writable = call.database->writable();
    if (!writable)
        return refuse(call, refusal::readOnly());
    if (const auto refused = checkDocumentId(id))
        return refuse(call, *refused);
    const auto rev = revOfRequest(call.request);
    if (const Refusal *refusal = refusalIn(rev))
        return refuse(call, *refusal);
    auto parsed = documentOf(call.request);
    if (const Refusal *refusal = refusalIn(parsed))
        return refuse(call, *refusal);
    auto &document = *std::get_if<IncomingDocument>(&parsed);
    if (document.rev && valueIn(rev) && document.rev != valueIn(rev))
        return refuse(call,
                      refusal::badRequest("Document rev from request body and query string "
                                          "have different values"));
    document.id = id;
    if (!document.rev)
        document.rev = valueIn(rev);
    const auto stored = store(call, document, call.request.parameter("new_edits") != "false");
    if (const Refusal *refusal = refusalIn(stored))
        return refuse(call, *refusal);
    Headers headers;
    headers.add("ETag", '"' + valueIn(stored) + '"');
    headers.add("Location", locationOf(call.request, {call.request.path.front(), id}));
    sendJson(call.answer, okText(id, valueIn(stored)), 201, std::move(headers));
    return nullptr;
}

Outcome deleteDocument(const Call &call, const std::string &id)
{
    WritableDatabase *writable = call.database->writable();
    if (!writable)
        return refuse(call, refusal::readOnly());
    const auto rev = revOfRequest(call.request);
    if (const Refusal *refusal = refusalIn(rev))
        return refuse(call, *refusal);
    const auto metadata = call.database->document(id);
    if (!metadata)
        return refuse(call, refusal::fromError(metadata.error()));
    if (!*metadata || (!valueIn(rev) && (*metadata)->isDeleted()))
        return refuse(call, *metadata ? refusal::deleted() : refusal::missing());
    IncomingDocument document;
    document.id = id;
    document.rev = valueIn(rev);
    document.deleted = true;
    const auto stored = store(call, document);
    if (const Refusal *refusal = refusalIn(stored))
        return refuse(call, *refusal);
    Headers headers;
    headers.add("ETag", '"' + valueIn(stored) + '"');
    sendJson(call.answer, okText(id, valueIn(stored)), 200, std::move(headers));
    return nullptr;
}

Outcome putAttachment(const Call &call, const std::string &id, const std::string &name)
{
    const std::string_view type = call.request.header("Content-Type");
    IncomingAttachment attachment;
    attachment.nameJson = json::quoted(name);
    attachment.contentTypeJson =
        json::quoted(type.empty() ? std::string_view("application/octet-stream") : type);
    attachment.bytes = call.request.body;
    attachment.isGzip = call.request.header("Content-Encoding") == "gzip";
    return changeAttachment(call, id, name, attachment);
}

Outcome deleteAttachment(const Call &call, const std::string &id, const std::string &name)
{
    return changeAttachment(call, id, name, std::nullopt);
}

Outcome putSecurity(const Call &call)
{
    WritableDatabase *writable = call.database->writable();
    if (!writable)
        return refuse(call, refusal::readOnly());
    if (!json::members(call.request.body))
        return refuse(call,
                      json::validate(call.request.body)
                          ? refusal::badRequest("Request body must be a JSON object")
                          : refusal::invalidJson());
    writable->setSecurity(call.request.body);
    sendJson(call.answer, R"({"ok":true})");
    return nullptr;
}

Outcome putRevsLimit(const Call &call)
{
    WritableDatabase *writable = call.database->writable();
    if (!writable)
        return refuse(call, refusal::readOnly());
    const auto limit = json::toUnsigned(trimmed(call.request.body));
    if (!limit || *limit == 0)
        return refuse(call, refusal::badRequest("Rev limit has to be an integer"));
    writable->setRevsLimit(*limit);
    sendJson(call.answer, R"({"ok":true})");
    return nullptr;
}

} // namespace serve
