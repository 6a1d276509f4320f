#include "core/serve/changesquery.h"

#include "core/base/json.h"

#include <algorithm>
#include <array>

namespace serve {

namespace json = base::json;

namespace {

using Milliseconds = std::chrono::milliseconds;

constexpr std::uint64_t kMostMilliseconds = 60000;
constexpr std::uint64_t kMostHeartbeat = std::uint64_t{3600} * 1000;

struct FeedName {
    std::string_view name;
    Feed feed;
};
constexpr std::array kFeeds{
    FeedName{"normal", Feed::Normal},           FeedName{"longpoll", Feed::Longpoll},
    FeedName{"continuous", Feed::Continuous},   FeedName{"live", Feed::Continuous},
    FeedName{"eventsource", Feed::EventSource},
};

/// What CouchDB says where its own number parser throws.
Refusal badArgument()
{
    return {500, "unknown_error", "badarg"};
}

std::optional<Refusal> readTimes(const Request &request, ChangesQuery &query)
{
    if (const auto text = request.parameter("heartbeat"); text && *text != "false") {
        const auto number = *text == "true" ? kMostMilliseconds : json::toUnsigned(*text);
        if (!number)
            return refusal::badRequest(
                "Invalid heartbeat value. Expecting a positive integer value (in milliseconds).");
        if (*number == 0)
            return refusal::badRequest(
                "The heartbeat value should be a positive integer (in milliseconds).");
        query.heartbeat = Milliseconds(std::min(*number, kMostHeartbeat));
    }
    if (const auto text = request.parameter("timeout")) {
        const auto number = json::toUnsigned(*text);
        if (!number)
            return badArgument();
        query.timeout = Milliseconds(std::min(*number, kMostMilliseconds));
    }
    return std::nullopt;
}

std::optional<Refusal> readFilter(const Request &request, ChangesQuery &query)
{
    const auto filter = request.parameter("filter");
    if (!filter || filter->empty())
        return std::nullopt;
    if (*filter == "_design") {
        query.onlyDesign = true;
        return std::nullopt;
    }
    if (*filter != "_doc_ids")
        return refusal::notImplemented("the filter " + std::string(*filter));
    std::string_view list = request.parameter("doc_ids").value_or("");
    if (request.method == "POST") {
        const auto body = bodyObject(request);
        if (const Refusal *refusal = refusalIn(body))
            return *refusal;
        list = json::find(valueIn(body), "doc_ids").value_or("");
    }
    const auto ids = stringList(list);
    if (refusalIn(ids))
        return refusal::badRequest("`doc_ids` filter parameter is not a list of doc ids.");
    query.docIds.emplace(valueIn(ids).begin(), valueIn(ids).end());
    return std::nullopt;
}

} // namespace

OrRefusal<ChangesQuery> changesQuery(const Request &request)
{
    ChangesQuery query;
    const std::string_view feed = request.parameter("feed").value_or("normal");
    const auto *const known =
        std::ranges::find_if(kFeeds, [&](const FeedName &it) { return it.name == feed; });
    if (known == kFeeds.end())
        return refusal::badRequest(
            "Supported `feed` types: normal, continuous, live, longpoll, eventsource");
    query.feed = known->feed;
    const std::string_view style = request.parameter("style").value_or("main_only");
    if (style != "main_only" && style != "all_docs")
        return badArgument();
    query.allDocs = style == "all_docs";
    query.descending = request.flag("descending");
    query.includeDocs = request.flag("include_docs");
    query.documents.attachments = request.flag("attachments");
    query.documents.attEncodingInfo = request.flag("att_encoding_info");
    query.documents.conflicts = request.flag("conflicts");
    query.since =
        request.parameter("since").value_or(request.parameter("last-event-id").value_or("0"));
    if (query.feed == Feed::EventSource && request.headers.find("Last-Event-ID"))
        query.since = request.header("Last-Event-ID");
    if (const auto text = request.parameter("limit")) {
        query.limit = json::toUnsigned(*text);
        if (!query.limit)
            return badArgument();
    }
    if (const auto text = request.parameter("seq_interval"))
        query.seqInterval = json::toUnsigned(*text).value_or(0);
    if (auto refusal = readTimes(request, query))
        return *std::move(refusal);
    if (auto refusal = readFilter(request, query))
        return *std::move(refusal);
    return query;
}

} // namespace serve
