#include "core/serve/replicationerrors.h"

#include "core/base/json.h"

namespace serve::replicationerror {

namespace json = base::json;

namespace {

constexpr size_t kLineLength = 80;

std::string quoted(std::string_view text)
{
    return '"' + std::string(text) + '"';
}

std::string clientError(Trouble trouble)
{
    switch (trouble) {
    case Trouble::Refused: return "{conn_failed,{error,econnrefused}}";
    case Trouble::NoSuchHost: return "{conn_failed,{error,nxdomain}}";
    case Trouble::Closed: return "connection_closed";
    case Trouble::TimedOut: return "req_timedout";
    case Trouble::NoHttp: return "{error,bad_response}";
    }
    return {};
}

std::string authError(const std::string &first, const std::string &last)
{
    // The last field goes to a line of its own where the line would be longer than 80.
    const std::string line = "    " + first + ',' + last + "}}";
    return "{replication_auth_error,\n"
        + (line.size() <= kLineLength ? line : "    " + first + ",\n        " + last + "}}");
}

std::string requestError(std::string_view method, const std::string &url, const std::string &error)
{
    const std::string indent = ",\n" + std::string(21, ' ');
    return "{http_request_failed," + quoted(method) + indent + quoted(url) + indent + error + '}';
}

std::string member(std::string_view body, std::string_view key)
{
    const auto members = json::members(body);
    const auto value = members ? json::find(*members, key) : std::nullopt;
    return value && json::kindOf(*value) == json::Kind::String ? json::unescape(*value)
                                                               : std::string();
}

} // namespace

std::string loginRefused(std::string_view tag, const std::string &url, const std::string &user)
{
    return authError('{' + std::string(tag) + ',' + quoted(url), quoted(user));
}

std::string loginFailed(Trouble trouble, const std::string &url, const std::string &user)
{
    return authError("{session_request_failed," + quoted(url) + ',' + quoted(user),
                     clientError(trouble));
}

std::string loginUnexpected(int status, const std::string &url, const std::string &user)
{
    return authError("{session_unexpected_result," + quoted(std::to_string(status)) + ','
                         + quoted(url),
                     quoted(user));
}

std::string cannotOpen(int status, const std::string &url)
{
    if (status == 401)
        return "unauthorized: unauthorized to access or create database " + url;
    if (status == 403)
        return "forbidden: " + url;
    return "db_not_found: could not open " + url;
}

std::string changesRefused(int status)
{
    return "{changes_req_failed," + std::to_string(status)
        + ",#Fun<couch_replicator_httpc.0.11803075>}";
}

std::string changesEnded()
{
    return "{changes_reader_died,{timeout,ibrowse_stream_cleanup}}";
}

std::string requestRefused(std::string_view tag, int status, std::string_view body)
{
    const std::string head = '{' + std::string(tag) + ',' + std::to_string(status) + ',';
    const std::string indent(tag.size() + 2, ' ');
    return head + '\n' + indent + "{[{<<\"error\">>,<<\"" + member(body, "error") + "\">>},\n"
        + indent + "  {<<\"reason\">>,<<\"" + member(body, "reason") + "\">>}]}}";
}

std::string sessionLost(unsigned process)
{
    return "{noproc,{gen_server,call,[<0." + std::to_string(process) + ".0>,stop,300000]}}";
}

std::string requestFailed(std::string_view method, const std::string &url, Trouble trouble)
{
    return requestError(method, url, "{error," + clientError(trouble) + '}');
}

std::string requestFailed(std::string_view method, const std::string &url, int status)
{
    return requestError(method, url, "{error,{code," + std::to_string(status) + "}}");
}

std::string maxBackoff()
{
    return "max_backoff";
}

std::string checkpointFailed(std::string_view end, std::string_view why)
{
    return "{checkpoint_commit_failure,<<\"Error updating the " + std::string(end)
        + " checkpoint document: " + std::string(why) + "\">>}";
}

std::string filterMissing(const std::string &design, const std::string &sourceUrl)
{
    return "Couldn't open document `_design/" + design + "` from source database `" + sourceUrl
        + "`: {error,<<\"not_found\">>}";
}

std::string duplicate(const std::string &replicationId, const std::string &docId,
                      const std::string &otherDocId)
{
    return "Replication `" + replicationId + "` specified by document `" + docId
        + "` already started, triggered by document `" + otherDocId + "` from db `_replicator`";
}

} // namespace serve::replicationerror
