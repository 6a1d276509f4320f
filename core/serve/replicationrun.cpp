#include "core/serve/replicationrun.h"

#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/serve/jsonparts.h"
#include "core/serve/sessions.h"

#include <algorithm>

namespace serve {

namespace json = base::json;
namespace error = replicationerror;
using Next = ReplicationRun::Next;
using std::chrono::system_clock;

namespace {

constexpr int kMostAttempts = 5;              // [replicator] retries_per_request
constexpr int kMostThrottled = 10;            // the rate limiter's interval doubles up to 25 s
constexpr std::chrono::seconds kPatience{30}; // connection_timeout
constexpr std::chrono::milliseconds kFirstRetry{250};
constexpr std::chrono::seconds kFeedCloses{5}; // until the end of a deleted database is noticed
constexpr std::chrono::seconds kFeedDies{28};  // until the end of a server is

std::string formEncoded(const std::string &name, const std::string &password)
{
    return "name=" + base::percentEncode(name) + "&password=" + base::percentEncode(password);
}

} // namespace

ReplicationRun::ReplicationRun(const ReplicatorDocument &document, const std::string &replicationId,
                               const Neighbours &neighbours,
                               const std::optional<ReplicationStatistics> &known)
    : m_neighbours(neighbours)
    , m_source{*document.source, {}, {}}
    , m_target{*document.target, {}, {}}
    , m_checkpointId("_local/" + replicationId.substr(0, replicationId.find('+')))
    , m_isContinuous(document.isContinuous)
    , m_createsTarget(document.createsTarget)
    , m_checkpointInterval(document.checkpointSeconds)
    , m_hasStatistics(known.has_value())
    , m_statistics(known.value_or(ReplicationStatistics{}))
{
    if (document.hasDocIds) {
        for (const std::string &id : document.docIds)
            m_changesBody += (m_changesBody.empty() ? R"({"doc_ids":[)" : ",") + json::quoted(id);
        m_changesBody += m_changesBody.empty() ? R"({"doc_ids":[]})" : "]}";
    }
}

Next ReplicationRun::crashed(std::string reason, Duration after)
{
    return {Next::Kind::Crashed, after, std::move(reason)};
}

ReplicationRun::Reply ReplicationRun::ask(const Side &side, std::string_view method,
                                          const std::string &path, std::string body) const
{
    Reply reply;
    reply.method = method;
    reply.url = side.end.origin() + path;
    const auto neighbour = m_neighbours.find(side.end.host, side.end.port);
    if (!neighbour) {
        reply.trouble = isForeignName(side.end.host) ? Trouble::NoSuchHost : Trouble::Refused;
        return reply;
    }
    serve::Headers headers;
    headers.add("Host", side.end.host + ':' + std::to_string(side.end.port));
    headers.add("Accept", "application/json");
    headers.add("User-Agent", "CouchDB-Replicator/3.5.0");
    if (path == "/_session")
        headers.add("Content-Type", "application/x-www-form-urlencoded");
    else if (!body.empty())
        headers.add("Content-Type", "application/json");
    if (!side.cookie.empty())
        headers.add("Cookie", "AuthSession=" + side.cookie);
    else if (!side.end.user.empty() && path != "/_session")
        headers.add("Authorization",
                    "Basic " + base::toBase64(side.end.user + ':' + side.end.password));
    InProcessReply answer = askInProcess(*neighbour->handler, std::string(method), path,
                                         std::move(headers), std::move(body));
    reply.status = answer.status;
    reply.body = std::move(answer.body);
    if (const auto set = answer.headers.find("Set-Cookie"))
        reply.cookie = sessionCookie(set->substr(0, set->find(';')));
    switch (answer.end) {
    case InProcessReply::End::Whole: break;
    case InProcessReply::End::Cut: reply.trouble = Trouble::Closed; break;
    case InProcessReply::End::Never: reply.trouble = Trouble::TimedOut; break;
    case InProcessReply::End::NoHttp: reply.trouble = Trouble::NoHttp; break;
    }
    return reply;
}

ReplicationRun::Reply ReplicationRun::askDatabase(const Side &side, std::string_view method,
                                                  const std::string &below, std::string body) const
{
    return ask(side, method, side.end.path + below, std::move(body));
}

std::optional<Next> ReplicationRun::logIn(Side &side)
{
    side.cookie.clear();
    if (side.end.user.empty())
        return std::nullopt;
    const Reply reply =
        ask(side, "POST", "/_session", formEncoded(side.end.user, side.end.password));
    const std::string url = side.end.origin() + "/_session";
    if (reply.trouble)
        return crashed(error::loginFailed(*reply.trouble, url, side.end.user),
                       *reply.trouble == Trouble::TimedOut ? Duration(kPatience) : Duration{0});
    if (reply.status == 401)
        return crashed(error::loginRefused("session_request_unauthorized", url, side.end.user));
    if (reply.status == 403)
        return crashed(error::loginRefused("session_request_forbidden", url, side.end.user));
    // A server without sessions is asked with Basic.
    if (reply.status != 200 && reply.status != 404)
        return crashed(error::loginUnexpected(reply.status, url, side.end.user));
    side.cookie = reply.cookie;
    return std::nullopt;
}

Next ReplicationRun::again(const Reply &reply)
{
    const bool isThrottled = !reply.trouble && reply.status == 429;
    ++m_attempts;
    if (m_attempts > (isThrottled ? kMostThrottled : kMostAttempts)) {
        if (isThrottled)
            return crashed(error::maxBackoff());
        return crashed(reply.trouble ? error::requestFailed(reply.method, reply.url, *reply.trouble)
                                     : error::requestFailed(reply.method, reply.url, reply.status));
    }
    Duration wait = kFirstRetry * (1 << std::min(m_attempts, 7));
    if (reply.trouble == Trouble::TimedOut)
        wait += kPatience;
    return {Next::Kind::Again, wait};
}

std::optional<Next> ReplicationRun::common(Side &side, const Reply &reply)
{
    if (reply.trouble || reply.status == 429 || reply.status >= 500)
        return again(reply);
    if (reply.status == 401 && !side.cookie.empty()) {
        // The session has ended: one more login. Where that fails, the process that keeps the
        // session has gone, and this is all that CouchDB says.
        if (logIn(side))
            return crashed(error::sessionLost(1000 + static_cast<unsigned>(side.end.port % 9000)));
        ++m_attempts;
        return Next{Next::Kind::Again, kFirstRetry};
    }
    if (reply.status < 300 && !bool(json::members(reply.body)) && elementsOf(reply.body).empty()
        && !reply.body.starts_with("[]"))
        return again(reply);
    return std::nullopt;
}

std::optional<Next> ReplicationRun::open(Side &side, bool creates)
{
    if (auto failed = logIn(side))
        return failed;
    if (creates) {
        const Reply reply = askDatabase(side, "PUT", "");
        if (reply.trouble || reply.status >= 500 || reply.status == 429)
            return again(reply);
    }
    const Reply reply = askDatabase(side, "GET", "/");
    if (reply.trouble || reply.status >= 500 || reply.status == 429)
        return again(reply);
    if (reply.status != 200 || !bool(json::members(reply.body)))
        return crashed(error::cannotOpen(reply.status, side.end.url));
    return std::nullopt;
}

void ReplicationRun::watchSource()
{
    m_watched.reset();
    const auto neighbour = m_neighbours.find(m_source.end.host, m_source.end.port);
    Request request;
    if (!neighbour || !parseTarget(m_source.end.path, request) || request.path.empty())
        return;
    m_serverStart = neighbour->start;
    const auto opened = neighbour->backend->open(request.path.front());
    if (opened && *opened) {
        m_watched = *opened;
        m_seen = m_watched->signal()->count();
    }
}

std::shared_ptr<ChangeSignal> ReplicationRun::signal(std::uint64_t &seen) const
{
    seen = m_seen;
    return m_watched ? m_watched->signal() : nullptr;
}

Next ReplicationRun::step(system_clock::time_point now)
{
    if (!m_isOpen) {
        if (auto next = open(m_source, false))
            return *next;
        if (auto next = open(m_target, m_createsTarget))
            return *next;
        if (auto next = readCheckpoints())
            return *next;
        m_attempts = 0;
        m_isOpen = true;
    } else if (m_watched) {
        // The feed that it holds open ends with its server and with its database.
        const auto neighbour = m_neighbours.find(m_source.end.host, m_source.end.port);
        if (!neighbour || neighbour->start != m_serverStart)
            return crashed(error::changesEnded(), kFeedDies);
        if (m_watched->hasEnded()) {
            m_watched.reset();
            m_since = "0";
            return {Next::Kind::Again, kFeedCloses};
        }
    }
    if (m_isDirty && now >= m_checkpointDue) {
        if (auto next = writeCheckpoint(now))
            return *next;
    }
    return copyBatch(now);
}

} // namespace serve
