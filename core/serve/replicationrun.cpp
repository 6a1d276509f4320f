#include "core/serve/replicationrun.h"

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/json.h"
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
constexpr const char *kBatch = "500";

using Members = std::vector<json::Member>;

Members membersOf(std::string_view raw)
{
    auto members = json::members(raw);
    return members ? std::move(*members) : Members{};
}

std::vector<std::string_view> elementsOf(std::string_view raw)
{
    auto elements = json::elements(raw);
    return elements ? std::move(*elements) : std::vector<std::string_view>{};
}

std::string_view valueOf(const Members &members, std::string_view key)
{
    return json::find(members, key).value_or(std::string_view());
}

std::uint64_t numberOf(const Members &members, std::string_view key)
{
    return json::toUnsigned(valueOf(members, key)).value_or(0);
}

std::string formEncoded(const std::string &name, const std::string &password)
{
    return "name=" + base::percentEncode(name) + "&password=" + base::percentEncode(password);
}

bool isJsonObject(std::string_view body)
{
    return bool(json::members(body));
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
    if (reply.status < 300 && !isJsonObject(reply.body) && elementsOf(reply.body).empty()
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
    if (reply.status != 200 || !isJsonObject(reply.body))
        return crashed(error::cannotOpen(reply.status, side.end.url));
    return std::nullopt;
}

void ReplicationRun::addCheckpointStatistics(std::string_view history)
{
    const auto entries = elementsOf(history);
    if (entries.empty())
        return;
    const Members last = membersOf(entries.front());
    m_statistics.revisionsChecked = numberOf(last, "missing_checked");
    m_statistics.missingFound = numberOf(last, "missing_found");
    m_statistics.docsRead = numberOf(last, "docs_read");
    m_statistics.docsWritten = numberOf(last, "docs_written");
    m_statistics.writeFailures = numberOf(last, "doc_write_failures");
    m_statistics.bulkGetDocs = numberOf(last, "bulk_get_docs");
}

std::optional<Next> ReplicationRun::readCheckpoints()
{
    const Reply atSource = askDatabase(m_source, "GET", '/' + m_checkpointId);
    if (auto next = common(m_source, atSource))
        return next;
    const Reply atTarget = askDatabase(m_target, "GET", '/' + m_checkpointId);
    if (auto next = common(m_target, atTarget))
        return next;
    const Members source = membersOf(atSource.body);
    const Members target = membersOf(atTarget.body);
    const auto revOf = [](const Members &members) {
        return json::unescape(valueOf(members, "_rev"));
    };
    m_source.checkpointRev = atSource.status == 200 ? revOf(source) : std::string();
    m_target.checkpointRev = atTarget.status == 200 ? revOf(target) : std::string();
    m_since = "0";
    if (atSource.status != 200 || atTarget.status != 200
        || valueOf(source, "session_id") != valueOf(target, "session_id"))
        return std::nullopt;
    const std::string_view seq = valueOf(source, "source_last_seq");
    m_since = json::unescape(seq);
    m_statistics.checkpointed = m_statistics.throughSeq = seq;
    if (!m_hasStatistics)
        addCheckpointStatistics(valueOf(source, "history"));
    return std::nullopt;
}

std::optional<Next> ReplicationRun::writeCheckpointAt(Side &side, std::string_view name,
                                                      const std::string &text)
{
    const Reply reply = askDatabase(
        side, "PUT", '/' + m_checkpointId,
        (side.checkpointRev.empty() ? "{" : R"({"_rev":")" + side.checkpointRev + "\",") + text);
    if (auto next = common(side, reply))
        return next;
    const Members answer = membersOf(reply.body);
    if (reply.status >= 300)
        return crashed(error::checkpointFailed(name, json::unescape(valueOf(answer, "error"))));
    side.checkpointRev = json::unescape(valueOf(answer, "rev"));
    return std::nullopt;
}

std::optional<Next> ReplicationRun::writeCheckpoint(system_clock::time_point now)
{
    const ReplicationStatistics &it = m_statistics;
    const std::string session = base::toHex(base::md5(m_checkpointId + base::isoTime(now)));
    const std::string text = R"("session_id":")" + session + R"(","source_last_seq":)"
        + it.throughSeq + R"(,"replication_id_version":4,"history":[{"session_id":")" + session
        + R"(","end_time":")" + base::isoTime(now) + R"(","end_last_seq":)" + it.throughSeq
        + R"(,"recorded_seq":)" + it.throughSeq + R"(,"missing_checked":)"
        + std::to_string(it.revisionsChecked) + R"(,"missing_found":)"
        + std::to_string(it.missingFound) + R"(,"docs_read":)" + std::to_string(it.docsRead)
        + R"(,"docs_written":)" + std::to_string(it.docsWritten) + R"(,"doc_write_failures":)"
        + std::to_string(it.writeFailures) + R"(,"bulk_get_docs":)" + std::to_string(it.bulkGetDocs)
        + "}]}";
    if (auto next = writeCheckpointAt(m_source, "source", text))
        return next;
    if (auto next = writeCheckpointAt(m_target, "target", text))
        return next;
    m_statistics.checkpointed = it.throughSeq;
    m_isDirty = false;
    m_attempts = 0;
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

Next ReplicationRun::copyBatch(system_clock::time_point now)
{
    watchSource();
    const std::string query = std::string("/_changes?feed=normal&style=all_docs&limit=") + kBatch
        + "&since=" + base::percentEncode(m_since);
    const Reply changes = m_changesBody.empty()
        ? askDatabase(m_source, "GET", query)
        : askDatabase(m_source, "POST", query + "&filter=_doc_ids", m_changesBody);
    if (auto next = common(m_source, changes))
        return *next;
    if (changes.status != 200)
        return crashed(error::changesRefused(changes.status));
    const Members answer = membersOf(changes.body);
    const auto rows = elementsOf(valueOf(answer, "results"));
    const std::uint64_t pending = numberOf(answer, "pending");

    std::string asked = "{";
    std::uint64_t checked = 0;
    for (const std::string_view row : rows) {
        const Members change = membersOf(row);
        asked.append(asked.size() > 1 ? "," : "").append(valueOf(change, "id")).append(":[");
        bool isFirst = true;
        for (const std::string_view rev : elementsOf(valueOf(change, "changes"))) {
            asked.append(isFirst ? "" : ",").append(valueOf(membersOf(rev), "rev"));
            isFirst = false;
            ++checked;
        }
        asked += ']';
    }
    std::string wanted;
    std::uint64_t missing = 0;
    if (checked > 0) {
        const Reply diff = askDatabase(m_target, "POST", "/_revs_diff", asked + '}');
        if (auto next = common(m_target, diff))
            return *next;
        if (diff.status != 200)
            return crashed(error::requestRefused("revs_diff_failed", diff.status, diff.body));
        for (const json::Member &document : membersOf(diff.body)) {
            for (const std::string_view rev :
                 elementsOf(valueOf(membersOf(document.value), "missing"))) {
                wanted.append(wanted.empty() ? "" : ",").append(R"({"id":")").append(document.key);
                wanted.append(R"(","rev":)").append(rev).append("}");
                ++missing;
            }
        }
    }
    Duration took{rows.size() / 2};
    if (missing > 0) {
        const Reply got =
            askDatabase(m_source, "POST", "/_bulk_get?revs=true&latest=true&attachments=true",
                        R"({"docs":[)" + wanted + "]}");
        if (auto next = common(m_source, got))
            return *next;
        if (got.status != 200)
            return crashed(error::requestRefused("bulk_get_failed", got.status, got.body));
        std::vector<std::string_view> documents;
        for (const std::string_view result : elementsOf(valueOf(membersOf(got.body), "results"))) {
            for (const std::string_view entry : elementsOf(valueOf(membersOf(result), "docs"))) {
                const std::string_view document = valueOf(membersOf(entry), "ok");
                if (!document.empty())
                    documents.push_back(document);
            }
        }
        const ReplicationStatistics before = m_statistics;
        m_statistics.docsRead += documents.size();
        m_statistics.bulkGetDocs += documents.size();
        if (auto next = write(documents)) {
            m_statistics = before;
            return *next;
        }
        took += Duration{documents.size()};
    }
    m_attempts = 0;
    m_statistics.revisionsChecked += checked;
    m_statistics.missingFound += missing;
    m_statistics.pending = pending;
    if (m_since != json::unescape(valueOf(answer, "last_seq"))) {
        m_since = json::unescape(valueOf(answer, "last_seq"));
        m_statistics.throughSeq = m_statistics.sourceSeq = valueOf(answer, "last_seq");
        if (!m_isDirty)
            m_checkpointDue = now + m_checkpointInterval;
        m_isDirty = true;
    }
    if (pending > 0)
        return {Next::Kind::Again, std::max(took, Duration{100})};
    if (!m_isContinuous) {
        if (m_isDirty) {
            if (auto next = writeCheckpoint(now))
                return *next;
        }
        return {Next::Kind::Completed, took};
    }
    const auto due = std::chrono::duration_cast<Duration>(m_checkpointDue - now);
    return {Next::Kind::Wait, m_isDirty ? std::max(due, Duration{1}) : Duration{0}};
}

std::optional<Next> ReplicationRun::write(const std::vector<std::string_view> &documents)
{
    std::string body = R"({"new_edits":false,"docs":[)";
    for (size_t i = 0; i < documents.size(); ++i)
        body.append(i == 0 ? "" : ",").append(documents[i]);
    const Reply reply = askDatabase(m_target, "POST", "/_bulk_docs", body + "]}");
    if (auto next = common(m_target, reply))
        return next;
    if (reply.status == 413) {
        // One at a time; what is too large alone is left out and counted.
        if (documents.size() == 1) {
            ++m_statistics.writeFailures;
            return std::nullopt;
        }
        for (const std::string_view document : documents) {
            if (auto next = write({document}))
                return next;
        }
        return std::nullopt;
    }
    if (reply.status >= 300)
        return crashed(error::requestRefused("bulk_docs_failed", reply.status, reply.body));
    const auto refused = elementsOf(reply.body).size();
    m_statistics.writeFailures += refused;
    m_statistics.docsWritten += documents.size() - std::min(refused, documents.size());
    return std::nullopt;
}

} // namespace serve
