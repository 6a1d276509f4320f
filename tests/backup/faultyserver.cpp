#include "tests/backup/faultyserver.h"

namespace backuptesting {

namespace {

/// Short, so that a stall is over soon; long enough for an answer on a busy machine.
constexpr std::chrono::milliseconds kDeadline{400};

couch::NetworkOptions hastyOptions()
{
    couch::NetworkOptions options = shortOptions();
    options.connectAndHeaderDeadline = kDeadline;
    options.idleDeadline = kDeadline;
    options.retryAfterUnit = std::chrono::milliseconds(1);
    return options;
}

couch::Request requestOf(const ScriptedServer::Received &received)
{
    couch::Request request;
    request.target = received.target.toStdString();
    request.body = received.body.toStdString();
    return request;
}

QByteArray wireBytes(const FakeServer::Answer &given)
{
    const couch::ResponseHead &head = given.response.head;
    QByteArray more;
    if (!head.contentEncoding.empty())
        more = "Content-Encoding: " + QByteArray::fromStdString(head.contentEncoding) + "\r\n";
    return answer(head.status, QByteArray::fromStdString(given.response.body), more).bytes;
}

ScriptedServer::Reply refusal(int status, const char *error, const QByteArray &headers = {})
{
    return answer(status, R"({"error":")" + QByteArray(error) + R"(","reason":"Made by a test."})",
                  headers);
}

} // namespace

const char *nameOf(Way way)
{
    switch (way) {
    case Way::Fail: return "fail";
    case Way::Stall: return "stall";
    case Way::Cut: return "cut";
    case Way::Garbage: return "garbage";
    case Way::Unauthorized: return "401";
    case Way::Forbidden: return "403";
    case Way::NotFound: return "404";
    case Way::TooLarge: return "413";
    case Way::TooMany: return "429";
    case Way::Broken: return "500";
    case Way::Redirect: return "redirect";
    }
    return "";
}

std::string classOf(const QByteArray &target)
{
    const QList<QByteArray> parts = target.split('?').front().split('/').mid(1);
    if (parts.size() == 1)
        return parts.front().isEmpty() || parts.front() == "_all_dbs"
                || parts.front() == "_dbs_info"
            ? '/' + parts.front().toStdString()
            : "database";
    return parts[1].startsWith('_') && parts[1] != "_design" ? parts[1].toStdString()
                                                             : "attachment";
}

FaultyServer::FaultyServer(const FakeServer &server, Wrong wrong)
    : m_server(server)
    , m_wrong(std::move(wrong))
    , m_elsewhere([](const ScriptedServer::Received &) { return answer(200, "{}"); })
    , m_sockets([this](const ScriptedServer::Received &request) { return reply(request); })
    , m_transport(makeTestTransport(m_sockets.url("backup"), hastyOptions(), kCanary))
{
}

ScriptedServer::Reply FaultyServer::reply(const ScriptedServer::Received &request) const
{
    const auto way = m_wrong ? m_wrong(request) : std::nullopt;
    QByteArray right = wireBytes(m_server.rawAnswer(requestOf(request)));
    if (way)
        return wrongReply(*way, std::move(right));
    ScriptedServer::Reply fine;
    fine.bytes = std::move(right);
    return fine;
}

ScriptedServer::Reply FaultyServer::wrongReply(Way way, QByteArray right) const
{
    ScriptedServer::Reply wrong;
    switch (way) {
    case Way::Fail: wrong.then = ScriptedServer::Then::Reset; return wrong;
    case Way::Stall: return wrong;
    case Way::Cut:
        right.chop(1 + (right.size() - right.indexOf("\r\n\r\n") - 4) / 2);
        wrong.bytes = std::move(right);
        wrong.then = ScriptedServer::Then::Close;
        return wrong;
    case Way::Garbage: return answer(200, "\x01{]&'<html>\xff");
    case Way::Unauthorized: return refusal(401, "unauthorized");
    case Way::Forbidden: return refusal(403, "forbidden");
    case Way::NotFound: return refusal(404, "not_found");
    case Way::TooLarge: return refusal(413, "too_large");
    case Way::TooMany: return refusal(429, "too_many_requests", "Retry-After: 1\r\n");
    case Way::Broken: return refusal(500, "internal_server_error");
    case Way::Redirect:
        return refusal(302, "moved",
                       "Location: " + QByteArray::fromStdString(m_elsewhere.url()) + "/\r\n");
    }
    return wrong;
}

} // namespace backuptesting
