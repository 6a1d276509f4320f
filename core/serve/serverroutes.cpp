#include "core/serve/routes.h"

#include "core/base/json.h"
#include "core/base/version.h"
#include "core/serve/arguments.h"
#include "core/serve/infotext.h"
#include "core/serve/relatedparts.h"

#include <algorithm>

namespace serve {

using base::Status;
namespace json = base::json;

namespace {

constexpr std::uint64_t kMostUuids = 1000;

/// The range of names that startkey, endkey, limit, skip and descending ask for.
OrRefusal<std::vector<std::string>> wantedNames(const Request &request,
                                                std::vector<std::string> names)
{
    const auto key = [&](std::string_view a,
                         std::string_view b) -> OrRefusal<std::optional<std::string>> {
        auto text = request.parameter(a);
        if (!text)
            text = request.parameter(b);
        if (!text)
            return std::optional<std::string>();
        if (!json::validate(*text) || json::kindOf(*text) != json::Kind::String)
            return refusal::invalidJson();
        return std::optional(json::unescape(*text));
    };
    const auto start = key("startkey", "start_key");
    const auto end = key("endkey", "end_key");
    for (const auto *bound : {&start, &end}) {
        if (const Refusal *refusal = refusalIn(*bound))
            return *refusal;
    }
    const bool descending = request.flag("descending");
    if (descending)
        std::ranges::reverse(names);
    std::erase_if(names, [&](const std::string &name) {
        const auto &from = valueIn(start);
        const auto &to = valueIn(end);
        return (from && (descending ? name > *from : name < *from))
            || (to && (descending ? name < *to : name > *to));
    });
    const auto number = [&](std::string_view parameter) {
        const auto text = request.parameter(parameter);
        return text ? json::toUnsigned(*text) : std::nullopt;
    };
    const auto skip = std::min<std::uint64_t>(number("skip").value_or(0), names.size());
    names.erase(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(skip));
    names.resize(std::min<std::uint64_t>(number("limit").value_or(names.size()), names.size()));
    return names;
}

std::string infoRow(Backend &backend, const std::string &name)
{
    const std::string key = R"({"key":)" + json::quoted(name);
    auto database = backend.open(name);
    if (!database)
        return key + ",\"error\":" + json::quoted(database.error().message.toStdString()) + '}';
    if (!*database)
        return key + R"(,"error":"not_found"})";
    const auto info = infoText(name, **database);
    if (!info)
        return key + ",\"error\":" + json::quoted(info.error().message.toStdString()) + '}';
    return key + ",\"info\":" + *info + '}';
}

Status streamRows(const Call &call, const std::vector<std::string> &names)
{
    Status sent = call.answer.begin(jsonHead(Sizing::Chunked));
    std::string separator = "[";
    for (const std::string &name : names) {
        if (sent)
            sent = call.answer.write(separator + infoRow(*call.site.backend, name));
        separator = ",";
    }
    if (sent)
        sent = call.answer.write(names.empty() ? "[]\n" : "]\n");
    return sent ? call.answer.finish() : sent;
}

} // namespace

Outcome welcome(const Call &call)
{
    sendJson(call.answer,
             R"({"couchdb":"Welcome","version":"3.5.0","uuid":)"
                 + json::quoted(call.site.backend->uuid())
                 + R"(,"features":[],"vendor":{"name":"focus-monitor","version":)"
                 + json::quoted(base::versionText()) + "}}");
    return nullptr;
}

Outcome up(const Call &call)
{
    sendJson(call.answer, R"({"status":"ok","seeds":{}})");
    return nullptr;
}

Outcome allDatabases(const Call &call)
{
    const auto names = wantedNames(call.request, call.site.backend->databases());
    if (const Refusal *refusal = refusalIn(names)) {
        sendRefusal(call.answer, *refusal);
        return nullptr;
    }
    std::string text = "[";
    for (const std::string &name : valueIn(names))
        text += (text.size() > 1 ? "," : "") + json::quoted(name);
    Status sent = call.answer.begin(jsonHead(Sizing::Chunked));
    if (sent)
        sent = call.answer.write(text + "]\n");
    if (sent)
        sent = call.answer.finish();
    if (!sent)
        call.answer.cut();
    return nullptr;
}

Outcome databasesInfo(const Call &call)
{
    OrRefusal<std::vector<std::string>> names = std::vector<std::string>();
    if (call.request.method == "POST") {
        const auto body = bodyObject(call.request);
        if (const Refusal *refusal = refusalIn(body)) {
            sendRefusal(call.answer, *refusal);
            return nullptr;
        }
        const auto keys = json::find(valueIn(body), "keys");
        names = keys
            ? stringList(*keys)
            : OrRefusal<std::vector<std::string>>(refusal::badRequest("`keys` member must exist."));
    } else if (const auto keys = call.request.parameter("keys")) {
        names = stringList(*keys);
        // Only with POST does CouchDB say what is not there.
        if (auto *listed = std::get_if<std::vector<std::string>>(&names)) {
            const auto known = call.site.backend->databases();
            std::erase_if(*listed, [&](const std::string &name) {
                return !std::ranges::binary_search(known, name);
            });
        }
    } else {
        names = wantedNames(call.request, call.site.backend->databases());
    }
    if (const Refusal *refusal = refusalIn(names)) {
        sendRefusal(call.answer, *refusal);
        return nullptr;
    }
    if (!streamRows(call, valueIn(names)))
        call.answer.cut();
    return nullptr;
}

Outcome uuids(const Call &call)
{
    const auto count = json::toUnsigned(call.request.parameter("count").value_or("1"));
    if (!count || *count > kMostUuids) {
        sendRefusal(call.answer,
                    count ? refusal::badRequest("count parameter too large")
                          : refusal::badRequest("Invalid value for integer parameter: count"));
        return nullptr;
    }
    std::string text = R"({"uuids":[)";
    for (std::uint64_t i = 0; i < *count; ++i)
        text += (i > 0 ? ",\"" : "\"") + randomBoundary() + '"';
    Headers headers;
    headers.add("Cache-Control", "no-cache");
    sendJson(call.answer, text + "]}", 200, std::move(headers));
    return nullptr;
}

Outcome membership(const Call &call)
{
    sendJson(
        call.answer,
        R"({"all_nodes":["focus-monitor@127.0.0.1"],"cluster_nodes":["focus-monitor@127.0.0.1"]})");
    return nullptr;
}

} // namespace serve
