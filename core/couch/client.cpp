#include "core/couch/client.h"

#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/couch/bulkmatch.h"
#include "core/couch/decode.h"
#include "core/couch/decodetools.h"
#include "core/couch/wirepath.h"

#include <algorithm>
#include <limits>

namespace couch {

using base::ByteSink;
using base::Error;
using base::ErrorKind;
using base::printable;
using base::Result;
using base::Status;
using base::text;

namespace json = base::json;

namespace {

constexpr size_t kInfosARequest = 100;
constexpr const char *kLacksDbsInfo = "no _dbs_info: databases asked one by one";
constexpr const char *kLacksRevsLimit = "no _revs_limit: left out";
constexpr const char *kLacksLocalDocs = "no _local_docs: _local documents left out";

bool isMissingEndpoint(const Error &error)
{
    return error.kind == ErrorKind::NotFound || error.kind == ErrorKind::Unsupported;
}

Request get(std::string target)
{
    Request request;
    request.target = std::move(target);
    return request;
}

// Every POST of this class only reads.
Request post(std::string target, std::string body)
{
    Request request = get(std::move(target));
    request.method = Request::Method::Post;
    request.body = std::move(body);
    return request;
}

bool isWebPage(const ResponseHead &head)
{
    return head.contentType.starts_with("text/html");
}

std::string pathOf(const std::string &target)
{
    return target.substr(0, target.find('?'));
}

// Which answer it was; the decoders only know its kind.
Error unusable(const Error &error, const std::string &place)
{
    Error named = error.withContext(printable(place));
    if (named.kind == ErrorKind::Protocol)
        named.message += text(" Does a proxy change the answers?");
    return named;
}

std::string sinceOf(const std::string &rawSeq)
{
    return base::percentEncode(isString(rawSeq) ? json::unescape(rawSeq) : rawSeq);
}

std::string bulkBody(const std::vector<IdRev> &wanted)
{
    std::string body = R"({"docs":[)";
    for (const IdRev &one : wanted) {
        body += body.back() == '[' ? R"({"id":)" : R"(,{"id":)";
        json::appendQuoted(body, one.id);
        if (!one.rev.empty()) {
            body += R"(,"rev":)";
            json::appendQuoted(body, one.rev);
        }
        body += '}';
    }
    return body + "]}";
}

std::string listBody(const std::vector<std::string> &list)
{
    std::string body = "[";
    for (const std::string &one : list) {
        if (body.size() > 1)
            body += ',';
        json::appendQuoted(body, one);
    }
    return body + "]";
}

Result<std::string> decodeObject(std::string_view body)
{
    const auto members = json::members(body);
    if (!members)
        return trailingErrorOr(body, badAnswer("_security", members.error().message));
    return std::string(trimmed(body));
}

Result<std::uint64_t> decodeNumber(std::string_view body)
{
    const auto number = json::toUnsigned(trimmed(body));
    if (!number)
        return badAnswer("_revs_limit", text("It is not a number."));
    return *number;
}

Result<std::vector<Client::LocalDocument>> decodeLocalDocuments(std::string_view body)
{
    constexpr const char *kWhat = "_local_docs";
    const auto object = ObjectView::parse(body);
    if (!object)
        return trailingErrorOr(body, badAnswer(kWhat, object.error().message));
    const auto raw = object->raw("rows");
    const auto rows = raw ? json::elements(*raw) : Result<std::vector<std::string_view>>(Error{});
    if (!rows)
        return trailingErrorOr(body, badAnswer(kWhat, text("It has no rows.")));
    std::vector<Client::LocalDocument> documents;
    for (const std::string_view rowText : *rows) {
        const auto row = ObjectView::parse(rowText);
        const auto id = row ? row->string("id") : std::nullopt;
        const auto document = row ? row->raw("doc") : std::nullopt;
        if (!id || !document)
            return badAnswer(kWhat, text("A row has no id or no document."));
        if (json::kindOf(*document) == json::Kind::Object) // null: deleted while the list was made
            documents.push_back({*id, std::string(*document)});
    }
    return documents;
}

std::string attachmentTarget(const std::string &db, const std::string &id, const std::string &name,
                             const std::string &rev)
{
    return documentPath(db, id) + "/" + base::percentEncode(name)
        + "?rev=" + base::percentEncode(rev);
}

bool isSendable(const std::string &target)
{
    return target.size() <= kMaxTargetBytes && !hasDotSegment(target);
}

} // namespace

// `_design/` and `_local/` keep their slash: CouchDB redirects `_design%2Fx`.
std::string documentPath(const std::string &db, const std::string &id)
{
    for (const std::string_view prefix : {"_design/", "_local/"}) {
        if (id.starts_with(prefix))
            return databasePath(db) + "/" + std::string(prefix)
                + base::percentEncode(id.substr(prefix.size()));
    }
    return databasePath(db) + "/" + base::percentEncode(id);
}

std::string databasePath(const std::string &db)
{
    return "/" + base::percentEncode(db);
}

Client::Client(Transport &transport, std::stop_token stop)
    : m_transport(transport)
    , m_stop(std::move(stop))
{
}

// Qt calls some cut-off bodies complete; the decoder finds them, and asking once more is the cure.
template <typename Decode>
auto Client::ask(const Request &request, Decode decode) -> decltype(decode(std::string_view()))
{
    constexpr int kTries = 2;
    for (int tries = 1;; ++tries) {
        const auto response = m_transport.fetch(request, m_stop);
        if (!response)
            return response.error();
        auto value = decode(std::string_view(response->body));
        if (value)
            return value;
        if (isWebPage(response->head))
            return Error{ErrorKind::Protocol,
                         text("%1 answered with a web page instead of data. Is a login page or a "
                              "proxy in between?")
                             .arg(printable(m_transport.origin())),
                         value.error().detail};
        if (tries == kTries)
            return unusable(value.error(), m_transport.origin() + pathOf(request.target));
    }
}

Result<ServerInfo> Client::serverInfo()
{
    const auto response = m_transport.fetch(get("/"), m_stop);
    if (!response)
        return response.error();
    auto info = decodeServerInfo(response->body);
    if (!info)
        return Error{ErrorKind::Protocol,
                     text("%1 is not a CouchDB: %2. Is the address right?")
                         .arg(printable(m_transport.origin()), info.error().detail)};
    return info;
}

Result<std::vector<std::string>> Client::allDbs()
{
    return ask(get("/_all_dbs"), decodeStringList);
}

Result<DatabaseInfo> Client::databaseInfo(const std::string &db)
{
    return ask(get(databasePath(db)), decodeDatabaseInfo);
}

Result<std::map<std::string, DatabaseInfo>>
Client::databaseInfos(const std::vector<std::string> &dbs)
{
    std::map<std::string, DatabaseInfo> all;
    for (size_t begin = 0; begin < dbs.size(); begin += kInfosARequest) {
        const size_t end = std::min(begin + kInfosARequest, dbs.size());
        const std::vector<std::string> part(dbs.begin() + static_cast<std::ptrdiff_t>(begin),
                                            dbs.begin() + static_cast<std::ptrdiff_t>(end));
        auto infos = infosTogether(part);
        if (!infos)
            return infos.error();
        all.merge(*infos);
    }
    return all;
}

Result<std::map<std::string, DatabaseInfo>>
Client::infosTogether(const std::vector<std::string> &dbs)
{
    if (lacks(kLacksDbsInfo))
        return infosOneByOne(dbs);
    const auto decode = [&](std::string_view body) {
        auto infos = decodeDatabaseInfos(body);
        const bool isSwapped =
            infos && std::any_of(infos->begin(), infos->end(), [&](const auto &one) {
                return std::find(dbs.begin(), dbs.end(), one.first) == dbs.end();
            });
        return isSwapped ? badAnswer("_dbs_info", text("It is about other databases."))
                         : std::move(infos);
    };
    auto infos = ask(post("/_dbs_info", R"({"keys":)" + listBody(dbs) + "}"), decode);
    if (infos)
        return infos;
    const ErrorKind kind = infos.error().kind;
    // An ordinary user may not ask for many at once, but for each that is his.
    if (isMissingEndpoint(infos.error()) || kind == ErrorKind::Forbidden)
        noteFallback(kLacksDbsInfo);
    else if (kind != ErrorKind::Protocol)
        return infos;
    return infosOneByOne(dbs);
}

Result<std::map<std::string, DatabaseInfo>>
Client::infosOneByOne(const std::vector<std::string> &dbs)
{
    std::map<std::string, DatabaseInfo> infos;
    for (const std::string &db : dbs) {
        auto info = databaseInfo(db);
        if (info)
            infos.emplace(db, std::move(*info));
        else if (info.error().kind != ErrorKind::NotFound
                 && info.error().kind != ErrorKind::Forbidden)
            return info.error();
    }
    return infos;
}

Result<std::string> Client::security(const std::string &db)
{
    return ask(get(databasePath(db) + "/_security"), decodeObject);
}

Result<std::optional<std::uint64_t>> Client::revsLimit(const std::string &db)
{
    const auto limit = ask(get(databasePath(db) + "/_revs_limit"), decodeNumber);
    if (limit)
        return std::optional(*limit);
    if (auto status = onlyEndpointIsMissing(db, limit.error()); !status)
        return status.error();
    noteFallback(kLacksRevsLimit);
    return std::optional<std::uint64_t>();
}

Result<ChangesPage> Client::changes(const std::string &db, const std::string &since,
                                    std::uint64_t limit)
{
    // With seq_interval the server packs one sequence a page instead of one a row, which is half
    // its work.
    std::string target = databasePath(db) + "/_changes?style=all_docs&feed=normal&limit="
        + std::to_string(limit) + "&seq_interval=" + std::to_string(limit);
    if (!since.empty())
        target += "&since=" + sinceOf(since);
    auto page = ask(get(target), decodeChanges);
    if (page && page->rows.size() > limit)
        return badAnswer("_changes", text("It has more rows than were asked for."));
    return page;
}

Result<std::optional<std::uint64_t>> Client::changesAfter(const std::string &db,
                                                          const std::string &since)
{
    std::string target = databasePath(db) + "/_changes?feed=normal&limit=0";
    if (!since.empty())
        target += "&since=" + sinceOf(since);
    const auto page = ask(get(target), decodeChanges);
    if (!page)
        return page.error();
    return page->pending;
}

Result<std::vector<BulkRow>> Client::bulkGet(const std::string &db,
                                             const std::vector<IdRev> &wanted, BulkOptions options)
{
    std::string target = databasePath(db) + "/_bulk_get?revs=true&att_encoding_info=true";
    if (options.latest)
        target += "&latest=true";
    if (options.attachments)
        target += "&attachments=true";
    const auto decode = [&](std::string_view body) {
        auto rows = decodeBulkGet(body);
        if (!rows)
            return rows;
        auto status = matchRows(wanted, *rows, options.latest);
        return status ? rows : Result<std::vector<BulkRow>>(status.error());
    };
    return ask(post(target, bulkBody(wanted)), decode);
}

bool Client::comesInline(const std::string &db, const std::string &id, const std::string &name,
                         const std::string &rev)
{
    return !isSendable(attachmentTarget(db, id, name, rev));
}

Result<ResponseHead> Client::attachment(const std::string &db, const std::string &id,
                                        const std::string &name, const std::string &rev,
                                        const ByteSink &sink, bool storedCoding,
                                        std::shared_ptr<int> attempts)
{
    Request request = get(attachmentTarget(db, id, name, rev));
    if (!isSendable(request.target))
        return inlineAttachment(db, {id, rev}, name, sink);
    request.accept = "*/*";
    request.attempts = std::move(attempts);
    request.acceptGzip = storedCoding; // a server that stores it plain may compress on the way
    request.maxBodyBytes = std::numeric_limits<std::uint64_t>::max();
    return m_transport.stream(request, sink, m_stop);
}

Result<ResponseHead> Client::inlineAttachment(const std::string &db, const IdRev &leaf,
                                              const std::string &name, const ByteSink &sink)
{
    const auto rows = bulkGet(db, {leaf}, {.latest = false, .attachments = true});
    if (!rows)
        return rows.error();
    const BulkRow &row = rows->front();
    if (!row.error.empty())
        return Error{ErrorKind::NotFound,
                     text("The document %1 is not there (%2: %3).")
                         .arg(printable(row.id), printable(row.error), printable(row.reason))};
    const auto document = dissectLeaf(row.document);
    if (!document)
        return document.error();
    for (const AttachmentStub &stub : document->attachments) {
        if (json::unescape(stub.nameJson) != name)
            continue;
        const auto bytes = base::fromBase64(stub.dataBase64);
        if (!bytes || bytes->size() != stub.length)
            return badAnswer(
                "_bulk_get",
                text("The attachment %1 came without its bytes.").arg(printable(name)));
        if (auto status = sink(*bytes); !status)
            return status.error();
        ResponseHead head;
        head.status = 200;
        head.contentType = json::unescape(stub.contentTypeJson);
        head.contentLength = bytes->size();
        return head;
    }
    return Error{
        ErrorKind::NotFound,
        text("The document %1 has no attachment %2.").arg(printable(leaf.id), printable(name))};
}

Result<std::map<std::string, std::vector<std::string>>>
Client::revsDiff(const std::string &db, const std::map<std::string, std::vector<std::string>> &revs)
{
    std::string body = "{";
    for (const auto &[id, list] : revs) {
        if (body.size() > 1)
            body += ',';
        json::appendQuoted(body, id);
        body += ":" + listBody(list);
    }
    return ask(post(databasePath(db) + "/_revs_diff", body + "}"), decodeRevsDiff);
}

Result<std::vector<Client::LocalDocument>> Client::localDocuments(const std::string &db)
{
    auto documents =
        ask(get(databasePath(db) + "/_local_docs?include_docs=true"), decodeLocalDocuments);
    if (documents)
        return documents;
    if (auto status = onlyEndpointIsMissing(db, documents.error()); !status)
        return status.error();
    noteFallback(kLacksLocalDocs);
    return std::vector<LocalDocument>();
}

std::vector<std::string> Client::fallbacks() const
{
    const std::lock_guard lock(m_mutex);
    return {m_fallbacks.begin(), m_fallbacks.end()};
}

Status Client::onlyEndpointIsMissing(const std::string &db, const Error &error)
{
    if (!isMissingEndpoint(error))
        return error;
    const auto info = databaseInfo(db);
    return info ? Status() : Status(info.error());
}

void Client::noteFallback(const std::string &text)
{
    const std::lock_guard lock(m_mutex);
    m_fallbacks.insert(text);
}

bool Client::lacks(const std::string &fallback) const
{
    const std::lock_guard lock(m_mutex);
    return m_fallbacks.contains(fallback);
}

} // namespace couch
