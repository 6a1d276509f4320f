#include "core/couch/replicatordocument.h"

#include "core/base/bytes.h"
#include "core/base/text.h"
#include "core/couch/decodetools.h"

namespace couch {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::text;

namespace json = base::json;

namespace {

constexpr const char *kMark = "focus_monitor";
constexpr std::uint64_t kCheckpointInterval = 30'000; ///< milliseconds, CouchDB's default

/// The user of "Basic dXNlcjpwYXNz".
std::string userOfHeader(std::string_view value)
{
    constexpr std::string_view kBasic = "Basic ";
    if (!value.starts_with(kBasic))
        return {};
    const auto pair = base::fromBase64(value.substr(kBasic.size()));
    return pair ? pair->substr(0, pair->find(':')) : std::string();
}

std::string userOf(const ObjectView &end)
{
    if (const auto auth = end.raw("auth")) {
        const auto object = ObjectView::parse(*auth);
        const auto basic = object ? object->raw("basic") : std::nullopt;
        const auto login = basic ? ObjectView::parse(*basic) : Result<ObjectView>(Error{});
        if (login)
            return login->string("username").value_or(std::string());
    }
    const auto headers = end.raw("headers");
    const auto list =
        headers ? json::members(*headers) : Result<std::vector<json::Member>>(Error{});
    if (!list)
        return {};
    for (const json::Member &header : *list) {
        const bool isLogin = QString::fromStdString(json::unescape(header.key))
                                 .compare(QLatin1String("authorization"), Qt::CaseInsensitive)
            == 0;
        if (isLogin && isString(header.value))
            return userOfHeader(json::unescape(header.value));
    }
    return {};
}

ReplicationEnd endOf(const std::optional<std::string_view> &raw)
{
    ReplicationEnd end;
    if (!raw)
        return end;
    if (isString(*raw)) {
        end.url = json::unescape(*raw);
    } else if (const auto object = ObjectView::parse(*raw)) {
        end.url = object->string("url").value_or(std::string());
        end.user = userOf(*object);
    }
    end.address = DatabaseAddress::parse(end.url);
    if (const auto info = userInfoIn(end.url))
        end.url.erase(info->begin, info->end + 1 - info->begin);
    if (end.user.empty() && end.address)
        end.user = end.address->user;
    return end;
}

bool isSystemField(std::string_view key)
{
    return key.starts_with("_replication_");
}

std::string endJson(const std::string &database, const ReplicationLogin &login, LoginForm form)
{
    std::string out = R"({"url":)" + json::quoted(databaseUrl(login.server, database));
    if (!login.user.empty() && login.password != nullptr) {
        if (form == LoginForm::AuthObject) {
            out +=
                R"(,"auth":{"basic":{"username":)" + json::quoted(login.user) + R"(,"password":)";
            json::appendQuoted(out, login.password->reveal());
            out += "}}";
        } else {
            out += R"(,"headers":{"Authorization":"Basic )"
                + base::toBase64(login.user + ":" + std::string(login.password->reveal()))
                + R"("})";
        }
    }
    return out + "}";
}

/// The object anew, of the members `keep` says yes to.
template <typename Keep>
Result<std::string> filtered(std::string_view objectJson, Keep keep)
{
    const auto members = json::members(objectJson);
    if (!members)
        return members.error();
    std::string out = "{";
    for (const json::Member &member : *members) {
        if (!keep(json::unescape(member.key)))
            continue;
        if (out.size() > 1)
            out += ',';
        out += '"' + std::string(member.key) + "\":" + std::string(member.value);
    }
    return out + "}";
}

} // namespace

Result<ReplicatorDocument> parseReplicatorDocument(std::string_view text)
{
    const auto object = ObjectView::parse(text);
    const auto id = object ? object->string("_id") : std::nullopt;
    if (!id)
        return badAnswer("_replicator", base::text("A document has no id."));
    ReplicatorDocument document;
    document.id = *id;
    document.rev = object->string("_rev").value_or(std::string());
    document.source = endOf(object->raw("source"));
    document.target = endOf(object->raw("target"));
    document.continuous = object->isTrue("continuous");
    document.createTarget = object->isTrue("create_target");
    document.isPartial = object->raw("doc_ids") || object->raw("filter") || object->raw("selector");
    document.isOurs = object->raw(kMark).has_value();
    document.state = object->string("_replication_state").value_or(std::string());
    document.stateReason = object->string("_replication_state_reason").value_or(std::string());
    document.stateTime = object->string("_replication_state_time").value_or(std::string());
    return document;
}

std::string replicatorIdFor(std::string_view database)
{
    return "fm:" + std::string(database);
}

std::string buildReplicatorDocument(const std::string &database, const ReplicationLogin &source,
                                    const ReplicationLogin &target, LoginForm form,
                                    const std::string &createdAt)
{
    return R"({"_id":)" + json::quoted(replicatorIdFor(database)) + R"(,"source":)"
        + endJson(database, source, form) + R"(,"target":)" + endJson(database, target, form)
        + R"(,"create_target":true,"continuous":true,")" + kMark + R"(":{"db":)"
        + json::quoted(database) + R"(,"created":)" + json::quoted(createdAt) + "}}";
}

Result<std::string> withMember(std::string_view objectJson, std::string_view key,
                               std::string_view rawValue)
{
    auto rest = filtered(objectJson, [&](const std::string &name) { return name != key; });
    if (!rest || rawValue.empty())
        return rest;
    rest->pop_back();
    if (rest->size() > 1)
        *rest += ',';
    *rest += json::quoted(key) + ":" + std::string(rawValue) + "}";
    return rest;
}

Result<std::string> nudged(std::string_view text)
{
    const auto object = ObjectView::parse(text);
    if (!object)
        return object.error();
    const std::uint64_t interval =
        object->number("checkpoint_interval").value_or(kCheckpointInterval);
    const std::uint64_t other = interval % 2 == 0 ? interval + 1 : interval - 1;
    const auto clean = filtered(text, [](const std::string &key) { return !isSystemField(key); });
    if (!clean)
        return clean.error();
    return withMember(*clean, "checkpoint_interval", std::to_string(other));
}

Result<std::string> withoutHistory(std::string_view text)
{
    return filtered(text,
                    [](const std::string &key) { return key != "_rev" && !isSystemField(key); });
}

} // namespace couch
