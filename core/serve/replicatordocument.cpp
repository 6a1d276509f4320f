#include "core/serve/replicatordocument.h"

#include "core/base/bytes.h"
#include "core/serve/arguments.h"
#include "core/serve/jsonparts.h"
#include "core/serve/message.h"

#include <algorithm>
#include <array>

namespace serve {

namespace json = base::json;

namespace {

constexpr std::array<std::string_view, 6> kFlags{"continuous",   "create_target",
                                                 "cancel",       "use_checkpoints",
                                                 "use_bulk_get", "winning_revs_only"};
constexpr std::array<std::string_view, 6> kNumbers{"worker_processes",    "worker_batch_size",
                                                   "http_connections",    "connection_timeout",
                                                   "retries_per_request", "checkpoint_interval"};
/// Members that CouchDB reads; all others it leaves alone.
constexpr std::array<std::string_view, 10> kOthers{
    "source",       "target",       "filter", "selector",     "doc_ids",
    "query_params", "source_proxy", "proxy",  "target_proxy", "since_seq"};

Refusal forbidden(std::string reason)
{
    return {403, "forbidden", std::move(reason)};
}

bool isObject(std::string_view raw)
{
    return json::kindOf(raw) == json::Kind::Object;
}

std::string textOf(const Members &members, std::string_view key)
{
    const auto value = json::find(members, key);
    return value && json::kindOf(*value) == json::Kind::String ? json::unescape(*value)
                                                               : std::string();
}

/// The URL of an end, which is a string or the `url` of an object; nothing when there is none.
std::optional<std::string> urlOf(std::string_view raw)
{
    if (isObject(raw)) {
        const Members members = membersOf(raw);
        const auto url = json::find(members, "url");
        if (!url || json::kindOf(*url) != json::Kind::String)
            return std::nullopt;
        return json::unescape(*url);
    }
    if (json::kindOf(raw) != json::Kind::String)
        return std::nullopt;
    return json::unescape(raw);
}

bool isHttp(std::string_view url)
{
    return url.starts_with("http://") || url.starts_with("https://");
}

std::string percentDecoded(std::string_view text)
{
    Request request;
    if (!parseTarget("/?v=" + std::string(text), request))
        return std::string(text);
    return std::string(request.parameter("v").value_or(""));
}

/// Takes an address apart; the host may be missing its port.
ReplicationEnd endOf(std::string_view raw)
{
    ReplicationEnd end;
    const std::string url = urlOf(raw).value_or(std::string());
    const bool isSecure = url.starts_with("https://");
    const std::string_view scheme = isSecure ? "https://" : "http://";
    std::string_view rest = std::string_view(url).substr(std::min(scheme.size(), url.size()));
    const size_t slash = std::min(rest.find('/'), rest.size());
    std::string_view authority = rest.substr(0, slash);
    std::string_view path = rest.substr(slash);
    path = path.substr(0, path.find('?'));
    if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
        const std::string_view login = authority.substr(0, at);
        const size_t colon = std::min(login.find(':'), login.size());
        end.user = percentDecoded(login.substr(0, colon));
        end.password = percentDecoded(login.substr(std::min(colon + 1, login.size())));
        authority = authority.substr(at + 1);
    }
    if (isObject(raw)) {
        const Members members = membersOf(raw);
        const Members auth = membersOf(json::find(members, "auth").value_or("{}"));
        const Members login = membersOf(json::find(auth, "basic").value_or("{}"));
        if (json::find(login, "username")) {
            end.user = textOf(login, "username");
            end.password = textOf(login, "password");
        }
        const Members headers = membersOf(json::find(members, "headers").value_or("{}"));
        for (const json::Member &header : headers) {
            if (!equalsIgnoringCase(json::unescape(header.key), "Authorization"))
                continue;
            const std::string value = json::unescape(header.value);
            const std::string pair =
                base::fromBase64(value.substr(std::min<size_t>(6, value.size()))).value_or("");
            const size_t colon = std::min(pair.find(':'), pair.size());
            end.user = pair.substr(0, colon);
            end.password = pair.substr(std::min(colon + 1, pair.size()));
        }
    }
    const size_t bracket = authority.rfind(']');
    const size_t colon = authority.rfind(':');
    std::string_view port;
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
        port = authority.substr(colon + 1);
        authority = authority.substr(0, colon);
    }
    end.host = authority;
    end.port = static_cast<std::uint16_t>(json::toUnsigned(port).value_or(isSecure           ? 443
                                                                              : port.empty() ? 80
                                                                                             : 0));
    while (path.ends_with('/'))
        path.remove_suffix(1);
    end.path = path;
    end.url = std::string(scheme) + end.host + (port.empty() ? "" : ":" + std::string(port))
        + end.path + '/';
    return end;
}

std::optional<Refusal> checkEnd(const Members &members, std::string_view key)
{
    const auto raw = json::find(members, key);
    if (!raw)
        return forbidden("Missing replicator database");
    const auto url = urlOf(*raw);
    if (!url)
        return forbidden(isObject(*raw) ? "endpoint has an invalid url"
                                        : "local_endpoints_not_supported");
    if (!isHttp(*url))
        return forbidden("local_endpoints_not_supported");
    return std::nullopt;
}

/// The first operator that Mango has not, in the names on the first level.
std::optional<Refusal> checkSelector(std::string_view selector)
{
    constexpr std::array<std::string_view, 22> kOperators{
        "$and", "$or",  "$not",  "$nor", "$all",   "$elemMatch", "$allMatch", "$keyMapMatch",
        "$lt",  "$lte", "$eq",   "$ne",  "$gte",   "$gt",        "$exists",   "$type",
        "$in",  "$nin", "$size", "$mod", "$regex", "$beginsWith"};
    for (const json::Member &member : membersOf(selector)) {
        if (member.key.starts_with('$')
            && std::ranges::find(kOperators, member.key) == kOperators.end())
            return forbidden("{throw,{mango_error,mango_selector,{invalid_operator,<<\""
                             + std::string(member.key) + "\">>}}}");
    }
    return std::nullopt;
}

} // namespace

std::string ReplicationEnd::origin() const
{
    return url.substr(0, url.size() - path.size() - 1);
}

std::optional<Refusal> checkReplicatorDocument(const Members &members)
{
    if (textOf(members, "_replication_state") == "failed")
        return std::nullopt;
    for (const std::string_view end : {"source", "target"}) {
        if (auto refused = checkEnd(members, end))
            return refused;
    }
    for (const std::string_view flag : kFlags) {
        const auto value = json::find(members, flag);
        if (value && *value != "true" && *value != "false")
            return forbidden("{throw,{bad_request,<<\"parameter `" + std::string(flag)
                             + "` must be a boolean\">>}}");
    }
    for (const std::string_view number : kNumbers) {
        const auto value = json::find(members, number);
        if (value && !json::toUnsigned(*value))
            return forbidden("{error,badarg}");
    }
    int filters = 0;
    for (const std::string_view filter : {"doc_ids", "filter", "selector"})
        filters += json::find(members, filter) ? 1 : 0;
    if (filters > 1)
        return forbidden(
            "{throw,{bad_request,\"`doc_ids`,`filter`,`selector` are mutually exclusive\"}}");
    return checkSelector(json::find(members, "selector").value_or("{}"));
}

ReplicatorDocument replicatorDocument(const Members &members)
{
    ReplicatorDocument document;
    if (const auto source = json::find(members, "source"))
        document.source = endOf(*source);
    if (const auto target = json::find(members, "target"))
        document.target = endOf(*target);
    document.isContinuous = json::find(members, "continuous") == "true";
    document.createsTarget = json::find(members, "create_target") == "true";
    document.filter = textOf(members, "filter");
    document.selector = json::find(members, "selector").value_or("");
    if (const auto ids = json::find(members, "doc_ids")) {
        document.hasDocIds = true;
        if (auto list = stringList(*ids);
            auto *given = std::get_if<std::vector<std::string>>(&list))
            document.docIds = std::move(*given);
    }
    if (const auto interval = json::find(members, "checkpoint_interval"))
        document.checkpointSeconds = static_cast<int>(
            std::min<std::uint64_t>(json::toUnsigned(*interval).value_or(30'000), 3'600'000)
            / 1000);
    document.state = textOf(members, "_replication_state");
    document.stateTime = textOf(members, "_replication_state_time");
    document.stateReason = textOf(members, "_replication_state_reason");
    document.stats = json::find(members, "_replication_stats").value_or("");
    const auto add = [&](std::string_view key) {
        if (const auto value = json::find(members, key))
            document.fingerprint.append(key).append("=").append(*value).append("\n");
    };
    std::ranges::for_each(kOthers, add);
    std::ranges::for_each(kFlags, add);
    std::ranges::for_each(kNumbers, add);
    return document;
}

std::string ReplicatorDocument::replicationId(const std::string &uuid) const
{
    std::string text = uuid;
    for (const auto *end : {&source, &target}) {
        if (*end)
            text.append("\n").append((*end)->url).append("\n").append((*end)->user);
    }
    text.append("\n").append(filter).append("\n").append(selector);
    for (const std::string &id : docIds)
        text.append("\n").append(id);
    return base::toHex(base::md5(text)) + (isContinuous ? "+continuous" : "")
        + (createsTarget ? "+create_target" : "");
}

} // namespace serve
