#include "core/couch/administration.h"

#include "core/base/bytes.h"
#include "core/base/text.h"
#include "core/couch/client.h"
#include "core/couch/decode.h"
#include "core/couch/decodetools.h"

#include <algorithm>

namespace couch {

using base::Error;
using base::ErrorKind;
using base::printable;
using base::Result;
using base::Status;
using base::text;

namespace json = base::json;

namespace {

using Method = Request::Method;

constexpr const char *kReplicator = "_replicator";
/// Rows of about 1 KB: large enough that skipping costs little, small enough for one answer.
constexpr std::uint64_t kSchedulerPage = 1000;
constexpr std::uint64_t kDocumentsPage = 1000;

Request requestFor(Method method, std::string target, std::string body = {})
{
    Request request;
    request.method = method;
    request.target = std::move(target);
    request.body = std::move(body);
    return request;
}

Request get(std::string target)
{
    return requestFor(Method::Get, std::move(target));
}

/// The transport's sentences speak of reading.
Error whileWriting(Error error, const QString &what)
{
    if (error.kind == ErrorKind::Forbidden)
        error.message = text("This user may not %1: %2").arg(what, error.message);
    return error;
}

Result<Administration::Session> decodeSession(std::string_view body)
{
    const auto object = ObjectView::parse(trimmed(body));
    const auto context = object ? object->raw("userCtx") : std::nullopt;
    const auto user = context ? ObjectView::parse(*context) : Result<ObjectView>(Error{});
    if (!user)
        return badAnswer("_session", text("It does not say who is logged in."));
    Administration::Session session;
    session.name = user->string("name").value_or(std::string());
    if (const auto roles = user->raw("roles"))
        session.roles = stringList(*roles).value_or(std::vector<std::string>());
    return session;
}

Result<std::string> decodeRevision(std::string_view body)
{
    const auto object = ObjectView::parse(trimmed(body));
    const auto rev = object ? object->string("rev") : std::nullopt;
    if (!rev)
        return badAnswer("PUT", text("It does not name the new revision."));
    return *rev;
}

Result<std::string> decodeDocument(std::string_view body)
{
    const auto object = ObjectView::parse(trimmed(body));
    if (!object)
        return trailingErrorOr(body, badAnswer("GET", object.error().message));
    return std::string(trimmed(body));
}

struct ChangesSlice {
    std::size_t rows = 0;
    std::string lastSeq;
    std::uint64_t pending = 0;
};

/// `_changes` with documents; rows of what is no document any more have none.
Result<ChangesSlice> visitChanges(std::string_view body,
                                  const Administration::DocumentVisitor &visit)
{
    constexpr const char *kWhat = "_changes";
    const auto object = ObjectView::parse(trimmed(body));
    if (!object)
        return trailingErrorOr(body, badAnswer(kWhat, object.error().message));
    const auto raw = object->raw("results");
    const auto rows = raw ? json::elements(*raw) : Result<std::vector<std::string_view>>(Error{});
    const auto last = object->raw("last_seq");
    if (!rows || !last)
        return badAnswer(kWhat, text("It has no rows or no end."));
    for (const std::string_view text : *rows) {
        const auto row = ObjectView::parse(text);
        const auto id = row ? row->raw("id") : std::nullopt;
        if (!id || !isString(*id))
            return badAnswer(kWhat, base::text("A row has no id."));
        const auto doc = row->raw("doc");
        const bool deleted = row->isTrue("deleted");
        if (!deleted && (!doc || json::kindOf(*doc) != json::Kind::Object))
            return badAnswer(kWhat, base::text("A row has no document."));
        if (Status visited = visit({*id, deleted ? std::string_view() : *doc, deleted}); !visited)
            return visited.error();
    }
    return ChangesSlice{rows->size(), std::string(*last), object->number("pending").value_or(0)};
}

Result<Administration::Updates> decodeUpdates(std::string_view body)
{
    constexpr const char *kWhat = "_db_updates";
    const auto object = ObjectView::parse(trimmed(body));
    if (!object)
        return trailingErrorOr(body, badAnswer(kWhat, object.error().message));
    const auto raw = object->raw("results");
    const auto rows = raw ? json::elements(*raw) : Result<std::vector<std::string_view>>(Error{});
    const auto last = object->raw("last_seq");
    if (!rows || !last)
        return badAnswer(kWhat, text("It has no rows or no end."));
    Administration::Updates updates;
    updates.lastSeq = *last;
    for (const std::string_view one : *rows) {
        const auto row = ObjectView::parse(one);
        if (const auto name = row ? row->string("db_name") : std::nullopt)
            updates.names.push_back(*name);
    }
    std::sort(updates.names.begin(), updates.names.end());
    updates.names.erase(std::unique(updates.names.begin(), updates.names.end()),
                        updates.names.end());
    return updates;
}

std::string sinceParameter(const std::string &rawSeq)
{
    return base::percentEncode(isString(rawSeq) ? json::unescape(rawSeq) : rawSeq);
}

std::string settingPath(const std::string &section, const std::string &key)
{
    return "/_node/_local/_config/" + base::percentEncode(section) + "/" + base::percentEncode(key);
}

bool isMissingEndpoint(const Error &error)
{
    // PouchDB Server takes what it does not know for a database or a document.
    return error.kind == ErrorKind::NotFound || error.kind == ErrorKind::Unsupported;
}

} // namespace

Administration::Administration(Transport &transport, std::stop_token stop)
    : m_transport(transport)
    , m_stop(std::move(stop))
{
}

bool Administration::Session::isAdmin() const
{
    return std::find(roles.begin(), roles.end(), "_admin") != roles.end();
}

// Qt calls some cut-off bodies complete; the decoder finds them, and asking once more is the cure.
template <typename Decode>
auto Administration::ask(const Request &request, Decode decode)
    -> decltype(decode(std::string_view()))
{
    constexpr int kTries = 2;
    for (int tries = 1;; ++tries) {
        const auto response = m_transport.fetch(request, m_stop);
        if (!response)
            return response.error();
        auto value = decode(std::string_view(response->body));
        if (value || tries == kTries || request.method != Method::Get)
            return value;
    }
}

Status Administration::tell(const Request &request)
{
    const auto response = m_transport.fetch(request, m_stop);
    return response ? Status() : Status(response.error());
}

Result<Administration::Greeting> Administration::greet()
{
    const auto response = m_transport.fetch(get("/"), m_stop);
    if (!response)
        return response.error();
    auto info = decodeServerInfo(response->body);
    if (!info)
        return Error{ErrorKind::Protocol,
                     text("%1 is not a CouchDB: %2.")
                         .arg(printable(m_transport.origin()), info.error().detail)};
    return Greeting{std::move(*info), response->head.date};
}

Result<Administration::Session> Administration::session()
{
    return ask(get("/_session"), decodeSession);
}

Result<bool> Administration::logIn(const std::string &user, const base::Secret &password)
{
    std::string body = R"({"name":)" + json::quoted(user) + R"(,"password":)";
    json::appendQuoted(body, password.reveal());
    Request request = requestFor(Method::Post, "/_session", body + "}");
    request.idempotent = false; // a second try would be a second failed login
    const auto response = m_transport.fetch(request, m_stop);
    if (!response)
        return response.error();
    return response->head.setsSession;
}

Result<DatabaseInfo> Administration::databaseInfo(const std::string &db)
{
    return ask(get(databasePath(db)), decodeDatabaseInfo);
}

Status Administration::createDatabase(const std::string &db)
{
    Status told = tell(requestFor(Method::Put, databasePath(db)));
    return told ? told : whileWriting(told.error(), text("make databases"));
}

Status Administration::deleteDatabase(const std::string &db)
{
    Status told = tell(requestFor(Method::Delete, databasePath(db)));
    return told ? told : whileWriting(told.error(), text("delete databases"));
}

Result<std::string> Administration::document(const std::string &db, const std::string &id)
{
    return ask(get(documentPath(db, id)), decodeDocument);
}

Result<std::string> Administration::putDocument(const std::string &db, const std::string &id,
                                                const std::string &json)
{
    Request request = requestFor(Method::Put, documentPath(db, id), json);
    request.idempotent = false;
    auto rev = ask(request, decodeRevision);
    return rev ? std::move(rev) : whileWriting(rev.error(), text("write documents"));
}

Status Administration::deleteDocument(const std::string &db, const std::string &id,
                                      const std::string &rev)
{
    Request request =
        requestFor(Method::Delete, documentPath(db, id) + "?rev=" + base::percentEncode(rev));
    request.idempotent = false;
    Status told = tell(request);
    return told ? told : whileWriting(told.error(), text("delete documents"));
}

Result<std::string> Administration::documentsSince(const std::string &db, const std::string &since,
                                                   const DocumentVisitor &visit)
{
    std::string last = since;
    while (true) {
        std::string target = databasePath(db)
            + "/_changes?include_docs=true&feed=normal&limit=" + std::to_string(kDocumentsPage);
        if (!last.empty())
            target += "&since=" + sinceParameter(last);
        const auto slice =
            ask(get(target), [&](std::string_view body) { return visitChanges(body, visit); });
        if (!slice)
            return slice.error();
        const bool goesOn = slice->rows >= kDocumentsPage || slice->pending > 0;
        if (slice->rows == 0 || !goesOn || slice->lastSeq == last)
            return slice->lastSeq;
        last = slice->lastSeq;
    }
}

Result<std::optional<std::vector<SchedulerRow>>> Administration::schedulerRows()
{
    std::vector<SchedulerRow> rows;
    // Without `states`: with it CouchDB filters after counting, and rows are lost. A page may be
    // short because design documents are counted and left out, so that the total says when to end.
    for (std::uint64_t skip = 0;; skip += kSchedulerPage) {
        auto page = ask(get("/_scheduler/docs?limit=" + std::to_string(kSchedulerPage)
                            + "&skip=" + std::to_string(skip)),
                        decodeSchedulerDocs);
        if (!page && skip == 0 && isMissingEndpoint(page.error()))
            return std::optional<std::vector<SchedulerRow>>();
        if (!page)
            return page.error();
        std::move(page->rows.begin(), page->rows.end(), std::back_inserter(rows));
        const std::uint64_t end = skip + kSchedulerPage;
        const bool isLast = page->totalRows ? end >= *page->totalRows : page->rows.empty();
        if (isLast)
            return std::optional(std::move(rows));
    }
}

Result<std::optional<SchedulerRow>> Administration::schedulerRow(const std::string &id)
{
    auto row =
        ask(get("/_scheduler/docs/" + std::string(kReplicator) + "/" + base::percentEncode(id)),
            decodeSchedulerDoc);
    if (!row && isMissingEndpoint(row.error()))
        return std::optional<SchedulerRow>();
    if (!row)
        return row.error();
    return std::optional(std::move(*row));
}

Result<std::vector<ActiveReplication>> Administration::activeReplications()
{
    auto tasks = ask(get("/_active_tasks"), decodeActiveReplications);
    if (!tasks && isMissingEndpoint(tasks.error()))
        return std::vector<ActiveReplication>();
    return tasks;
}

Result<Administration::Updates> Administration::databaseUpdates(const std::string &since,
                                                                std::chrono::milliseconds patience)
{
    return ask(get("/_db_updates?feed=longpoll&timeout=" + std::to_string(patience.count())
                   + "&since=" + (since.empty() ? std::string("now") : sinceParameter(since))),
               decodeUpdates);
}

Result<std::optional<std::string>> Administration::setting(const std::string &section,
                                                           const std::string &key)
{
    auto value =
        ask(get(settingPath(section, key)), [](std::string_view body) -> Result<std::string> {
            const std::string_view raw = trimmed(body);
            if (!json::validate(raw) || !isString(raw))
                return badAnswer("_config", text("It is not a text."));
            return json::unescape(raw);
        });
    if (value)
        return std::optional(std::move(*value));
    const bool isUnset = value.error().kind == ErrorKind::NotFound
        && value.error().detail.contains(QLatin1String("unknown_config_value"));
    if (isUnset)
        return std::optional<std::string>();
    return value.error();
}

Status Administration::changeSetting(const std::string &section, const std::string &key,
                                     const std::optional<std::string> &value)
{
    const std::string path = settingPath(section, key);
    Status told = value ? tell(requestFor(Method::Put, path, json::quoted(*value)))
                        : tell(requestFor(Method::Delete, path));
    return told ? told : whileWriting(told.error(), text("change the configuration"));
}

bool saysDatabaseIsMissing(const Error &error)
{
    if (error.kind != ErrorKind::NotFound)
        return false;
    // The detail is the body, made printable: its line end may be spelled out.
    const QString &body = error.detail;
    return body.startsWith(QLatin1String(R"({"error":"not_found","reason":")"))
        && (body.contains(QLatin1String(R"("Database does not exist.")"))
            || body.contains(QLatin1String(R"("no_db_file")")));
}

} // namespace couch
