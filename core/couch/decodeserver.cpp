// What a server says of itself and of its databases.
#include "core/couch/decode.h"

#include "core/base/text.h"
#include "core/couch/decodetools.h"

namespace couch {

using base::Error;
using base::ErrorKind;
using base::printable;
using base::Result;
using base::text;

namespace json = base::json;

namespace {

Error notCouch(const QString &why)
{
    return {ErrorKind::Protocol, text("This is not a CouchDB: %1.").arg(why), why};
}

bool looksLikeWebPage(std::string_view body)
{
    const std::string_view start = trimmed(body.substr(0, 1'000));
    return !start.empty() && start.front() == '<';
}

// Old servers send numbers where new ones send strings.
std::string stringOrNumber(const ObjectView &object, std::string_view key)
{
    if (auto string = object.string(key))
        return *string;
    const auto raw = object.raw(key);
    return raw && json::kindOf(*raw) == json::Kind::Number ? std::string(*raw) : std::string();
}

std::string rawOrEmpty(const ObjectView &object, std::string_view key)
{
    return std::string(object.raw(key).value_or(std::string_view()));
}

constexpr const char *kInfoOf = "GET /database";

Result<DatabaseInfo> infoOf(std::string_view body)
{
    const auto object = ObjectView::parse(body);
    if (!object)
        return badAnswer(kInfoOf, object.error().message);
    if (const auto error = object->string("error"))
        return trailingErrorOr(
            body, badAnswer(kInfoOf, text("It is the error %1.").arg(printable(*error))));
    const auto name = object->string("db_name");
    const auto count = object->number("doc_count");
    const auto sequence = object->raw("update_seq");
    if (!name || !count || !sequence)
        return badAnswer(kInfoOf, text("It lacks db_name, doc_count or update_seq."));

    DatabaseInfo info;
    info.name = *name;
    info.docCount = *count;
    info.docDelCount = object->number("doc_del_count").value_or(0);
    info.updateSeq = *sequence;
    info.purgeSeq = rawOrEmpty(*object, "purge_seq");
    info.instanceStartTime = stringOrNumber(*object, "instance_start_time");
    info.props = rawOrEmpty(*object, "props");
    if (const auto raw = object->raw("sizes")) {
        if (const auto sizes = ObjectView::parse(*raw)) {
            info.externalBytes = sizes->number("external").value_or(0);
            info.activeBytes = sizes->number("active").value_or(0);
        }
    }
    return info;
}

} // namespace

Result<ServerInfo> decodeServerInfo(std::string_view body)
{
    const auto object = ObjectView::parse(body);
    if (!object)
        return notCouch(looksLikeWebPage(body) ? text("it answered with a web page")
                                               : text("its greeting is not JSON"));
    ServerInfo info;
    info.isPouchDbServer = object->raw("express-pouchdb").has_value();
    if (object->string("couchdb") != "Welcome" && !info.isPouchDbServer)
        return notCouch(text("its greeting does not say so"));
    info.version = object->string("version").value_or(std::string());
    info.uuid = object->string("uuid").value_or(std::string());
    if (const auto raw = object->raw("vendor")) {
        if (const auto vendor = ObjectView::parse(*raw))
            info.vendor = vendor->string("name").value_or(std::string());
    }
    return info;
}

Result<std::vector<std::string>> decodeStringList(std::string_view body)
{
    auto list = stringList(body);
    if (!list)
        return trailingErrorOr(body,
                               badAnswer("_all_dbs", text("It is not a complete list of names.")));
    return std::move(*list);
}

Result<DatabaseInfo> decodeDatabaseInfo(std::string_view body)
{
    return infoOf(body);
}

Result<std::map<std::string, DatabaseInfo>> decodeDatabaseInfos(std::string_view body)
{
    constexpr const char *kWhat = "_dbs_info";
    const auto rows = json::elements(body);
    if (!rows)
        return trailingErrorOr(body, badAnswer(kWhat, rows.error().message));
    std::map<std::string, DatabaseInfo> infos;
    for (const std::string_view rowText : *rows) {
        const auto row = ObjectView::parse(rowText);
        if (!row)
            return badAnswer(kWhat, row.error().message);
        const auto key = row->string("key");
        if (!key)
            return badAnswer(kWhat, text("A row has no key."));
        const auto error = row->string("error");
        if (error == "not_found")
            continue;
        const auto raw = row->raw("info");
        if (error || !raw)
            return badAnswer(kWhat,
                             text("It has nothing on the database %1 (%2).")
                                 .arg(printable(*key), printable(error.value_or(std::string()))));
        auto info = infoOf(*raw);
        if (!info)
            return info.error();
        if (info->name != *key)
            return badAnswer(kWhat,
                             text("What it says of the database %1 is about %2.")
                                 .arg(printable(*key), printable(info->name)));
        if (!infos.emplace(*key, std::move(*info)).second)
            return badAnswer(kWhat, text("The database %1 is in it twice.").arg(printable(*key)));
    }
    return infos;
}

Result<std::map<std::string, std::vector<std::string>>> decodeRevsDiff(std::string_view body)
{
    constexpr const char *kWhat = "_revs_diff";
    const auto object = ObjectView::parse(body);
    if (!object)
        return trailingErrorOr(body, badAnswer(kWhat, object.error().message));
    std::map<std::string, std::vector<std::string>> missing;
    for (const json::Member &member : object->members()) {
        const auto row = ObjectView::parse(member.value);
        const auto raw = row ? row->raw("missing") : std::nullopt;
        auto revs = raw ? stringList(*raw) : std::nullopt;
        if (!revs)
            return badAnswer(
                kWhat,
                text("It has no list of missing revisions for %1.").arg(printable(member.key)));
        missing.emplace(json::unescape(member.key), std::move(*revs));
    }
    return missing;
}

} // namespace couch
