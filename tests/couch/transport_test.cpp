#include "core/couch/client.h"
#include "tests/couch/scriptedserver.h"
#include "tests/couch/testtransport.h"

#include <QTcpServer>
#include <QtTest>

#include <future>
#include <thread>

using namespace couch;
using base::ErrorKind;
using std::chrono::milliseconds;

/// The transport against servers and networks that do what they should not.
class TransportTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void delivers();
    void headersOfARequest();
    void badFraming_data();
    void badFraming();
    void goodFraming_data();
    void goodFraming();
    void cutChunksAreNotTheWholeBody_data();
    void cutChunksAreNotTheWholeBody();
    void surplusBytesAreNotTheNextAnswer();
    void redirectsAreNotFollowed_data();
    void redirectsAreNotFollowed();
    void transientFailures_data();
    void transientFailures();
    void notTriedAgain_data();
    void notTriedAgain();
    void retryAfterIsHonoured();
    void anotherTryStartsAnew();
    void startedStreamIsNotTriedAgain();
    void keptConnectionThatIsClosedIsReplaced();
    void requestThatMustNotBeRepeated_data();
    void requestThatMustNotBeRepeated();
    void deadlines_data();
    void deadlines();
    void slowCallerIsNoStall();
    void backPressure();
    void bodyLimit_data();
    void bodyLimit();
    void sinkErrorEndsIt();
    void headerFlood_data();
    void headerFlood();
    void wrongPasswordGoesOutOnce();
    void wrongPasswordOfManyCallersGoesOutOnce();
    void passwordChangedInTheMiddle();
    void oneOdd401IsForgiven();
    void withoutCredentials();
    void manyAtOnce();
    void cancelled_data();
    void cancelled();
    void unreachable_data();
    void unreachable();
    void noProgress();
    void environmentProxyIsIgnored();
    void givenProxyIsUsed();
    void refusedAtTheStart_data();
    void refusedAtTheStart();
    void inexactPathIsNotSent();
    void destroyedWhileCallersWait();
};

namespace {

using Received = ScriptedServer::Received;
using Reply = ScriptedServer::Reply;
using Then = ScriptedServer::Then;

Request get(const std::string &target)
{
    Request request;
    request.target = target;
    return request;
}

Reply raw(const QByteArray &bytes, Then then = Then::KeepOpen)
{
    Reply reply;
    reply.bytes = bytes;
    reply.then = then;
    return reply;
}

Reply stall()
{
    return raw({});
}

const QByteArray kOk = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

} // namespace

void TransportTest::delivers()
{
    ScriptedServer server(
        [](const Received &) { return answer(200, "{\"ok\":true}", "Server: X/1\r\n"); });
    const auto transport = makeTestTransport(server.url("ann", "/db"));
    QCOMPARE(transport->origin(), server.url() + "/db");
    const auto response = transport->fetch(get("/a?b=c"), {});
    QVERIFY(response);
    QCOMPARE(response->body, std::string("{\"ok\":true}"));
    QCOMPARE(response->head.status, 200);
    QCOMPARE(response->head.contentType, std::string("application/json"));
    QCOMPARE(response->head.server, std::string("X/1"));
    QCOMPARE(response->head.contentLength.value_or(0), 11u);
    QCOMPARE(server.received().at(0).target, QByteArray("/db/a?b=c"));

    for (const auto method :
         {Request::Method::Head, Request::Method::Put, Request::Method::Delete}) {
        Request request = get("/x");
        request.method = method;
        (void)transport->fetch(request, {});
    }
    QCOMPARE(server.received().at(1).method, QByteArray("HEAD"));
    QCOMPARE(server.received().at(2).method, QByteArray("PUT"));
    QCOMPARE(server.received().at(3).method, QByteArray("DELETE"));
    QCOMPARE(transport->statistics().requests, 4u);
    QCOMPARE(transport->statistics().retries, 0u);
    QVERIFY(transport->statistics().bytesReceived >= 11u);
}

void TransportTest::headersOfARequest()
{
    ScriptedServer server([](const Received &) { return answer(200, "{}"); });
    const auto transport =
        makeTestTransport(server.url("us%C3%A9r"), shortOptions(), "p\xc3\xa4ss:word");
    Request request = get("/x");
    request.method = Request::Method::Post;
    request.body = "{}";
    QVERIFY(transport->fetch(request, {}));
    const auto headers = server.received().at(0).headers;
    QCOMPARE(headers.value("authorization"),
             "Basic " + QByteArray("us\xc3\xa9r:p\xc3\xa4ss:word").toBase64());
    QCOMPARE(headers.value("accept-encoding"), QByteArray("identity"));
    QCOMPARE(headers.value("accept"), QByteArray("application/json"));
    QCOMPARE(headers.value("content-type"), QByteArray("application/json"));
    QVERIFY(headers.value("user-agent").startsWith("focus-monitor/"));
    QVERIFY(!headers.contains("cookie"));
}

void TransportTest::badFraming_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("words");
    QTest::addColumn<bool>("isTransient");
    const auto row = [](const char *name, const QByteArray &bytes, const char *words,
                        bool isTransient = false) {
        QTest::newRow(name) << bytes << QString::fromLatin1(words) << isTransient;
    };
    const char *cut = ""; // Qt says it in several ways
    row("shorter than its Content-Length", kOk + "Content-Length: 9\r\n\r\n{}", cut, true);
    row("cut inside the head", "HTTP/1.1 200 OK\r\nContent-Le", cut, true);
    row("closed without a byte", "", "without an answer", true);
    row("no HTTP at all", "220 mail.example ESMTP ready\r\n\r\n", "without an answer", true);
    const char *unknown = "does not say how long";
    row("neither length nor chunks", kOk + "\r\n{}", unknown);
    const char *impossible = "impossible length";
    row("two equal lengths", kOk + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", impossible);
    row("two different lengths", kOk + "Content-Length: 2\r\nContent-Length: 1\r\n\r\n{}",
        impossible);
    row("a negative length", kOk + "Content-Length: -2\r\n\r\n{}", impossible);
    row("a length that is no number", kOk + "Content-Length: 2x\r\n\r\n{}", impossible);
    row("a length over 2^63", kOk + "Content-Length: 9223372036854775808\r\n\r\n{}", impossible);
    const char *contradiction = "contradicts itself";
    row("length and chunks",
        kOk + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        contradiction);
    row("another transfer coding",
        kOk + "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", contradiction);
    const char *compressed = "re-encodes";
    row("gzip though identity was asked for",
        kOk + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", compressed);
    row("brotli", kOk + "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}", compressed);
    row("a part", "HTTP/1.1 206 P\r\nContent-Length: 2\r\n\r\n{}", "a part");
}

void TransportTest::badFraming()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const QString, words);
    QFETCH(const bool, isTransient);
    ScriptedServer server([&](const Received &) {
        return raw(bytes, isTransient ? Then::CloseLater : Then::KeepOpen);
    });
    const auto transport = makeTestTransport(server.url("ann"));
    const auto response = transport->fetch(get("/x"), {});
    QVERIFY(!response);
    QCOMPARE(response.error().kind, isTransient ? ErrorKind::Unreachable : ErrorKind::Protocol);
    QVERIFY(response.error().message.contains(QString::fromStdString(server.url())));
    QVERIFY2(response.error().message.contains(words), qPrintable(response.error().message));
    QVERIFY2(isTransient ? server.count() >= 5 : server.count() == 1,
             qPrintable(QString::number(server.count())));
}

void TransportTest::goodFraming_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("body");
    const auto row = [](const char *name, const QByteArray &bytes, const char *body) {
        QTest::newRow(name) << bytes << QByteArray(body);
    };
    row("chunks", kOk + "Transfer-Encoding: Chunked\r\n\r\n1\r\n{\r\n1;ext=1\r\n}\r\n0\r\n\r\n",
        "{}");
    row("an empty body", kOk + "Content-Length: 0\r\n\r\n", "");
    row("no content", "HTTP/1.1 204 N\r\n\r\n", "");
    row("identity, said aloud", kOk + "Content-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
        "{}");
    row("behind a 100 Continue",
        "HTTP/1.1 100 Continue\r\n\r\n" + kOk + "Content-Length: 2\r\n\r\n{}", "{}");
}

void TransportTest::goodFraming()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const QByteArray, body);
    ScriptedServer server([&](const Received &) { return raw(bytes); });
    const auto transport = makeTestTransport(server.url("ann"));
    const auto response = transport->fetch(get("/x"), {});
    QVERIFY2(response, response ? "" : qPrintable(response.error().message));
    QCOMPARE(QByteArray::fromStdString(response->body), body);
    QCOMPARE(response->head.contentEncoding, std::string());
}

void TransportTest::cutChunksAreNotTheWholeBody_data()
{
    QTest::addColumn<QByteArray>("rest");
    QTest::addColumn<Then>("then");
    for (const Then then : {Then::Close, Then::CloseLater, Then::Reset}) {
        const char *how = then == Then::Close ? "at once"
            : then == Then::CloseLater        ? "later"
                                              : "by a reset";
        QTest::addRow("nothing more, closed %s", how) << QByteArray() << then;
        QTest::addRow("cut inside a chunk, closed %s", how) << QByteArray("9\r\n,\"b\"") << then;
        QTest::addRow("a chunk size that is no number, closed %s", how)
            << QByteArray("zz\r\n,\"b\"]\r\n0\r\n\r\n") << then;
        QTest::addRow("a negative chunk size, closed %s", how)
            << QByteArray("-1\r\n,\"b\"]\r\n0\r\n\r\n") << then;
        QTest::addRow("a chunk size of 2^64-1, closed %s", how)
            << QByteArray("ffffffffffffffff\r\n,\"b\"]\r\n0\r\n\r\n") << then;
        QTest::addRow("a chunk of a gigabyte, closed %s", how)
            << QByteArray("40000000\r\n,\"b\"") << then;
    }
}

// Qt calls several of these complete; the decoders must not.
void TransportTest::cutChunksAreNotTheWholeBody()
{
    QFETCH(const QByteArray, rest);
    QFETCH(const Then, then);
    ScriptedServer server([&](const Received &) {
        return raw(kOk + "Transfer-Encoding: chunked\r\n\r\n4\r\n[\"a\"\r\n" + rest, then);
    });
    const auto transport = makeTestTransport(server.url("ann"));
    Client client(*transport, {});
    const auto list = client.allDbs();
    QVERIFY(!list);
    QVERIFY(list.error().kind == ErrorKind::Protocol
            || list.error().kind == ErrorKind::Unreachable);
    QVERIFY(server.count() >= 2); // it was asked again
}

void TransportTest::surplusBytesAreNotTheNextAnswer()
{
    ScriptedServer server([](const Received &request) {
        Reply reply = answer(200, request.number == 0 ? "first" : "second");
        if (request.number == 0)
            reply.bytes += answer(200, "smuggled").bytes;
        return reply;
    });
    const auto transport = makeTestTransport(server.url("ann"));
    QCOMPARE(transport->fetch(get("/1"), {})->body, std::string("first"));
    QCOMPARE(transport->fetch(get("/2"), {})->body, std::string("second"));
}

void TransportTest::redirectsAreNotFollowed_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<bool>("isPost");
    for (const int status : {300, 301, 302, 303, 307, 308}) {
        QTest::addRow("%d of a GET", status) << status << false;
        QTest::addRow("%d of a POST", status) << status << true;
    }
}

void TransportTest::redirectsAreNotFollowed()
{
    QFETCH(const int, status);
    QFETCH(const bool, isPost);
    ScriptedServer elsewhere([](const Received &) { return answer(200, "{}"); });
    ScriptedServer server([&](const Received &) {
        return answer(status, "{}",
                      "Location: " + QByteArray::fromStdString(elsewhere.url()) + "/stolen\r\n");
    });
    const auto transport = makeTestTransport(server.url("ann"));
    Request request = get("/x");
    if (isPost) {
        request.method = Request::Method::Post;
        request.body = "{}";
    }
    const auto response = transport->fetch(request, {});
    QVERIFY(!response);
    QCOMPARE(response.error().kind, ErrorKind::Redirected);
    QVERIFY(response.error().message.contains(QStringLiteral("/stolen")));
    QCOMPARE(server.count(), 1);
    QCOMPARE(elsewhere.connections(), 0);
}

void TransportTest::transientFailures_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<ErrorKind>("kind");
    QTest::newRow("408") << 408 << ErrorKind::Timeout;
    QTest::newRow("429") << 429 << ErrorKind::Busy;
    QTest::newRow("500") << 500 << ErrorKind::Server;
    QTest::newRow("502") << 502 << ErrorKind::Server;
    QTest::newRow("503") << 503 << ErrorKind::Busy;
    QTest::newRow("504") << 504 << ErrorKind::Server;
}

void TransportTest::transientFailures()
{
    QFETCH(const int, status);
    QFETCH(const ErrorKind, kind);
    ScriptedServer once([&](const Received &request) {
        return request.number == 0 ? answer(status, R"({"error":"timeout"})") : answer(200, "{}");
    });
    const auto transport = makeTestTransport(once.url("ann"));
    QVERIFY(transport->fetch(get("/x"), {}));
    QCOMPARE(once.count(), 2);
    QCOMPARE(transport->statistics().retries, 1u);

    ScriptedServer always(
        [&](const Received &) { return answer(status, R"({"error":"e","reason":"why"})"); });
    const auto second = makeTestTransport(always.url("ann"));
    const auto response = second->fetch(get("/x"), {});
    QVERIFY(!response);
    QCOMPARE(response.error().kind, kind);
    QVERIFY(response.error().message.contains(QStringLiteral("why")));
    QCOMPARE(always.count(), 5);
}

void TransportTest::notTriedAgain_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<bool>("idempotent");
    for (const int status : {400, 403, 404, 405, 409, 410, 412, 413, 414, 415, 416, 418, 501, 505})
        QTest::addRow("%d", status) << status << true;
    QTest::newRow("a request that must not be repeated") << 500 << false;
}

void TransportTest::notTriedAgain()
{
    QFETCH(const int, status);
    QFETCH(const bool, idempotent);
    ScriptedServer server([&](const Received &) { return answer(status, "<html>no JSON</html>"); });
    const auto transport = makeTestTransport(server.url("ann"));
    Request request = get("/x");
    request.idempotent = idempotent;
    QVERIFY(!transport->fetch(request, {}));
    QCOMPARE(server.count(), 1);
}

void TransportTest::retryAfterIsHonoured()
{
    ScriptedServer server([](const Received &request) {
        return request.number == 0 ? answer(429, "{}", "Retry-After: 7\r\n") : answer(200, "{}");
    });
    NetworkOptions options = shortOptions();
    options.retryAfterUnit = milliseconds(20);
    const auto transport = makeTestTransport(server.url("ann"), options);
    QElapsedTimer timer;
    timer.start();
    QVERIFY(transport->fetch(get("/x"), {}));
    QVERIFY2(timer.elapsed() >= 140, qPrintable(QString::number(timer.elapsed())));
}

void TransportTest::anotherTryStartsAnew()
{
    ScriptedServer server([](const Received &request) {
        return request.number == 0 ? raw(kOk + "Content-Length: 9\r\n\r\nAAAA", Then::CloseLater)
                                   : answer(200, "BBBBBBBBB");
    });
    const auto transport = makeTestTransport(server.url("ann"));
    const auto response = transport->fetch(get("/x"), {});
    QVERIFY(response);
    QCOMPARE(response->body, std::string("BBBBBBBBB"));
}

// Qt may send it again behind our back, but gives nothing of that to anybody.
void TransportTest::startedStreamIsNotTriedAgain()
{
    std::atomic<int> later = 0;
    ScriptedServer server([&](const Received &request) {
        if (request.target == "/cut")
            return raw(kOk + "Content-Length: 9\r\n\r\n{}", Then::CloseOnCue);
        return ++later < 3 ? answer(500, "{}") : answer(200, "{}");
    });
    const auto transport = makeTestTransport(server.url("ann"));
    std::string bytes;
    const auto sink = [&](std::string_view piece) {
        bytes += piece;
        server.cue();
        return base::Status();
    };
    const auto cut = transport->stream(get("/cut"), sink, {});
    QVERIFY(!cut);
    QCOMPARE(cut.error().kind, ErrorKind::Unreachable);
    QCOMPARE(bytes, std::string("{}"));
    QCOMPARE(transport->statistics().requests, 1u);
    QVERIFY(transport->stream(get("/later"), sink, {})); // delivered nothing before: tried again
    QCOMPARE(bytes, std::string("{}{}"));
    QCOMPARE(transport->statistics().requests, 1u + 3u);
}

void TransportTest::keptConnectionThatIsClosedIsReplaced()
{
    ScriptedServer server([](const Received &request) {
        return request.number == 1 ? raw({}, Then::Close) : answer(200, "{}");
    });
    const auto transport = makeTestTransport(server.url("ann"));
    Request request = get("/x");
    request.method = Request::Method::Post;
    request.body = "{}";
    QVERIFY(transport->fetch(request, {}));
    QVERIFY(transport->fetch(request, {}));
    QCOMPARE(server.count(), 3);
}

void TransportTest::requestThatMustNotBeRepeated_data()
{
    QTest::addColumn<bool>("isPut");
    QTest::newRow("POST") << false;
    QTest::newRow("PUT") << true;
}

// Left to itself, Qt sends it a second time when the connection is closed before the answer.
void TransportTest::requestThatMustNotBeRepeated()
{
    QFETCH(const bool, isPut);
    ScriptedServer server([](const Received &request) {
        return request.number == 1 ? raw({}, Then::Close) : answer(201, "{}");
    });
    const auto transport = makeTestTransport(server.url("ann"));
    Request request = get("/x");
    request.method = isPut ? Request::Method::Put : Request::Method::Post;
    request.body = std::string(200'000, 'x');
    request.idempotent = false;
    QVERIFY(transport->fetch(request, {}));
    QCOMPARE(server.received().at(0).body.toStdString(), request.body);
    const auto response = transport->fetch(request, {});
    QVERIFY(!response);
    QCOMPARE(response.error().kind, ErrorKind::Unreachable);
    QCOMPARE(server.count(), 2);
}

void TransportTest::deadlines_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("dripMs");
    QTest::addColumn<QString>("words");
    QTest::newRow("nothing at all") << QByteArray() << 0 << QStringLiteral("did not answer");
    QTest::newRow("half a head") << QByteArray("HTTP/1.1 200 OK\r\n") << 0
                                 << QStringLiteral("did not answer");
    QTest::newRow("a head that drips for ever")
        << QByteArray("HTTP/1.1 200 OK\r\nX: " + QByteArray(5'000, 'x')) << 5
        << QStringLiteral("did not answer");
    QTest::newRow("silence in the middle of the body")
        << QByteArray(kOk + "Content-Length: 9\r\n\r\n{}") << 0 << QStringLiteral("in the middle");
    QTest::newRow("a body that drips for ever")
        << QByteArray() << 5 << QStringLiteral("too slowly");
}

void TransportTest::deadlines()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const int, dripMs);
    QFETCH(const QString, words);
    const bool dripsBody = words.contains(QStringLiteral("slowly"));
    ScriptedServer server([&](const Received &) {
        Reply reply = raw(bytes);
        reply.dripMs = dripMs;
        if (dripsBody) {
            reply.flood = {};
            reply.bytes = kOk + "Content-Length: 9000\r\n\r\n" + QByteArray(9'000, ' ');
            reply.atOnce = static_cast<int>(reply.bytes.size()) - 9'000;
        }
        return reply;
    });
    NetworkOptions options = shortOptions();
    options.connectAndHeaderDeadline = milliseconds(150);
    options.idleDeadline = milliseconds(150);
    options.rateWindow = milliseconds(400); // 410 bytes are too few; the drip brings 80
    options.attempts = 2;
    const auto transport = makeTestTransport(server.url("ann"), options);
    const auto response = transport->fetch(get("/x"), {});
    QVERIFY(!response);
    QCOMPARE(response.error().kind, ErrorKind::Timeout);
    QVERIFY2(response.error().message.contains(words), qPrintable(response.error().message));
    QCOMPARE(server.count(), 2);
}

void TransportTest::slowCallerIsNoStall()
{
    constexpr qint64 kBytes = 6 << 20;
    ScriptedServer server([](const Received &) { return answer(200, QByteArray(kBytes, 'x')); });
    NetworkOptions options = shortOptions();
    options.idleDeadline = milliseconds(60);
    options.rateWindow = milliseconds(60);
    const auto transport = makeTestTransport(server.url("ann"), options);
    std::uint64_t received = 0;
    std::promise<void> never;
    auto wait = never.get_future();
    const auto head =
        transport->stream(get("/x"),
                          [&](std::string_view piece) {
                              received += piece.size();
                              wait.wait_for(milliseconds(150)); // the sink is the slow one
                              return base::Status();
                          },
                          {});
    QVERIFY2(head, head ? "" : qPrintable(head.error().message));
    QCOMPARE(received, static_cast<std::uint64_t>(kBytes));
}

void TransportTest::backPressure()
{
    ScriptedServer server([](const Received &) {
        Reply reply = raw(kOk + "Content-Length: 4000000000\r\n\r\n");
        reply.flood = QByteArray(65'536, 'x');
        return reply;
    });
    const auto transport = makeTestTransport(server.url("ann"));
    std::promise<void> never;
    auto wait = never.get_future();
    int pieces = 0;
    Request request = get("/x");
    request.maxBodyBytes = std::numeric_limits<std::uint64_t>::max();
    const auto head =
        transport->stream(request,
                          [&](std::string_view) -> base::Status {
                              wait.wait_for(milliseconds(100));
                              if (++pieces == 3)
                                  return base::Error{ErrorKind::NoSpace, QStringLiteral("full")};
                              return {};
                          },
                          {});
    QCOMPARE(head.error().kind, ErrorKind::NoSpace);
    // 300 ms of loopback would be hundreds of megabytes; what waited lies in three bounded buffers.
    QVERIFY2(transport->statistics().bytesReceived < (8u << 20),
             qPrintable(QString::number(transport->statistics().bytesReceived)));
}

void TransportTest::bodyLimit_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("said at the start") << kOk + "Content-Length: 11\r\n\r\n12345678901";
    QTest::newRow("found on the way")
        << kOk + "Transfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n0\r\n\r\n";
}

void TransportTest::bodyLimit()
{
    QFETCH(const QByteArray, bytes);
    ScriptedServer server([&](const Received &) { return raw(bytes); });
    const auto transport = makeTestTransport(server.url("ann"));
    Request request = get("/x");
    request.maxBodyBytes = 10;
    const auto response = transport->fetch(request, {});
    QVERIFY(!response);
    QCOMPARE(response.error().kind, ErrorKind::TooLarge);
    QCOMPARE(server.count(), 1);
    request.maxBodyBytes = 11;
    QVERIFY(transport->fetch(request, {}));
}

void TransportTest::sinkErrorEndsIt()
{
    ScriptedServer server([](const Received &) { return answer(200, "{}"); });
    const auto transport = makeTestTransport(server.url("ann"));
    const auto sink = [](std::string_view) -> base::Status {
        return base::Error{ErrorKind::NoSpace, QStringLiteral("The disk is full.")};
    };
    const auto head = transport->stream(get("/x"), sink, {});
    QCOMPARE(head.error().kind, ErrorKind::NoSpace);
    QCOMPARE(server.count(), 1);
}

void TransportTest::headerFlood_data()
{
    QTest::addColumn<QByteArray>("head");
    QByteArray many;
    for (int i = 0; i < 10'000; ++i)
        many += "X-" + QByteArray::number(i) + ": y\r\n";
    QTest::newRow("ten thousand headers") << many;
    QTest::newRow("a header of a megabyte") << "X: " + QByteArray(1 << 20, 'y') + "\r\n";
}

void TransportTest::headerFlood()
{
    QFETCH(const QByteArray, head);
    ScriptedServer server(
        [&](const Received &) { return raw(kOk + head + "Content-Length: 2\r\n\r\n{}"); });
    NetworkOptions options = shortOptions();
    options.attempts = 1;
    options.connectAndHeaderDeadline = milliseconds(500);
    const auto transport = makeTestTransport(server.url("ann"), options);
    const auto response = transport->fetch(get("/x"), {});
    QVERIFY(!response);
    QVERIFY(response.error().kind == ErrorKind::Protocol
            || response.error().kind == ErrorKind::Timeout);
}

void TransportTest::wrongPasswordGoesOutOnce()
{
    ScriptedServer server([](const Received &) { return recorded("get_db_401_badpw"); });
    const auto transport = makeTestTransport(server.url("back%22up"));
    for (int i = 0; i < 4; ++i) {
        const auto response = transport->fetch(get("/x"), {});
        QVERIFY(!response);
        QCOMPARE(response.error().kind, ErrorKind::Unauthorized);
        QCOMPARE(
            response.error().message,
            QString::fromStdString(server.url())
                + QStringLiteral(
                    " refused the password of user \"back\"up\" (401). "
                    "Set it again with --password-file, or in the keychain through the console."));
    }
    QCOMPARE(server.count(), 1);
}

void TransportTest::wrongPasswordOfManyCallersGoesOutOnce()
{
    ScriptedServer server([](const Received &) {
        Reply reply = recorded("get_db_401_badpw");
        reply.delayMs = 50; // time enough for the others to follow
        return reply;
    });
    const auto transport = makeTestTransport(server.url("ann"));
    std::vector<std::future<ErrorKind>> callers;
    for (int i = 0; i < 8; ++i)
        callers.push_back(std::async(std::launch::async,
                                     [&] { return transport->fetch(get("/x"), {}).error().kind; }));
    for (auto &caller : callers)
        QCOMPARE(caller.get(), ErrorKind::Unauthorized);
    QVERIFY2(server.count() <= 2, qPrintable(QString::number(server.count())));
}

void TransportTest::passwordChangedInTheMiddle()
{
    ScriptedServer server([](const Received &request) {
        return request.number < 3 ? answer(200, "{}") : recorded("get_db_401_badpw");
    });
    const auto transport = makeTestTransport(server.url("ann"));
    for (int i = 0; i < 3; ++i)
        QVERIFY(transport->fetch(get("/x"), {}));
    for (int i = 0; i < 3; ++i)
        QCOMPARE(transport->fetch(get("/x"), {}).error().kind, ErrorKind::Unauthorized);
    QCOMPARE(server.count(), 3 + 2);
}

void TransportTest::oneOdd401IsForgiven()
{
    ScriptedServer server([](const Received &request) {
        return request.number == 1 ? recorded("get_db_401_badpw") : answer(200, "{}");
    });
    const auto transport = makeTestTransport(server.url("ann"));
    for (int i = 0; i < 3; ++i)
        QVERIFY(transport->fetch(get("/x"), {}));
    QCOMPARE(server.count(), 4);
}

void TransportTest::withoutCredentials()
{
    ScriptedServer server([](const Received &) { return recorded("get_db_401_noauth"); });
    const auto transport = makeTestTransport(server.url());
    for (int i = 0; i < 3; ++i)
        QCOMPARE(transport->fetch(get("/x"), {}).error().kind, ErrorKind::Unauthorized);
    QCOMPARE(server.count(), 3); // nothing was rejected, so nothing can be locked
    QVERIFY(!server.received().at(0).headers.contains("authorization"));
}

void TransportTest::manyAtOnce()
{
    ScriptedServer server([](const Received &request) {
        Reply reply = answer(200, request.target);
        reply.delayMs = request.number % 7;
        return reply;
    });
    const auto transport = makeTestTransport(server.url("ann"));
    std::vector<std::jthread> callers;
    std::atomic<int> right = 0;
    for (int caller = 0; caller < 16; ++caller)
        callers.emplace_back([&, caller] {
            for (int i = 0; i < 20; ++i) {
                const std::string target = "/" + std::to_string(caller) + "/" + std::to_string(i);
                const auto response = transport->fetch(get(target), {});
                right += response && response->body == target ? 1 : 0;
            }
        });
    callers.clear();
    QCOMPARE(right.load(), 320);
    QVERIFY2(server.connections() <= 12, qPrintable(QString::number(server.connections())));
}

void TransportTest::cancelled_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("while waiting for the head") << QByteArray();
    QTest::newRow("while reading the body") << kOk + "Content-Length: 9\r\n\r\n{}";
    QTest::newRow("while pausing before another try")
        << answer(503, "{}", "Retry-After: 300\r\n").bytes;
    QTest::newRow("while reading a refusal")
        << QByteArray("HTTP/1.1 404 N\r\nContent-Length: 9\r\n\r\n{}");
}

void TransportTest::cancelled()
{
    QFETCH(const QByteArray, bytes);
    ScriptedServer server([&](const Received &) { return raw(bytes); });
    NetworkOptions options = shortOptions();
    options.retryAfterUnit = milliseconds(1'000);
    const auto transport = makeTestTransport(server.url("ann"), options);
    std::stop_source source;
    auto first = std::async(std::launch::async, [&] {
        return transport->fetch(get("/x"), source.get_token()).error().kind;
    });
    // The second waits for the first, which is finding out whether the password is good.
    auto second = std::async(std::launch::async, [&] {
        return transport->fetch(get("/y"), source.get_token()).error().kind;
    });
    QTRY_VERIFY(server.count() > 0
                && transport->statistics().bytesReceived >= (bytes.contains("200") ? 2u : 0u));
    source.request_stop();
    QCOMPARE(first.get(), ErrorKind::Cancelled);
    QCOMPARE(second.get(), ErrorKind::Cancelled);
}

void TransportTest::unreachable_data()
{
    QTest::addColumn<QByteArray>("host");
    QTest::addColumn<QString>("words");
    QTest::newRow("nobody listens")
        << QByteArray("127.0.0.1") << QStringLiteral("refused the connection");
    QTest::newRow("no such name") << QByteArray("no-such-host.invalid")
                                  << QStringLiteral("is not known");
}

void TransportTest::unreachable()
{
    QFETCH(const QByteArray, host);
    QFETCH(const QString, words);
    quint16 port = 0;
    {
        QTcpServer closed;
        QVERIFY(closed.listen(QHostAddress::LocalHost));
        port = closed.serverPort();
    }
    const auto transport =
        makeTestTransport("http://" + host.toStdString() + ":" + std::to_string(port));
    const auto response = transport->fetch(get("/x"), {});
    QVERIFY(!response);
    QCOMPARE(response.error().kind, ErrorKind::Unreachable);
    QVERIFY2(response.error().message.contains(words), qPrintable(response.error().message));
    QCOMPARE(transport->statistics().requests, 5u);
}

void TransportTest::noProgress()
{
    ScriptedServer server([](const Received &) { return stall(); });
    NetworkOptions options = shortOptions();
    options.connectAndHeaderDeadline = milliseconds(60);
    options.noProgressLimit = milliseconds(100);
    options.attempts = 50;
    const auto transport = makeTestTransport(server.url("ann"), options);
    QCOMPARE(transport->fetch(get("/x"), {}).error().kind, ErrorKind::Timeout);
    QVERIFY(server.count() < 10);
}

void TransportTest::environmentProxyIsIgnored()
{
    ScriptedServer recorder([](const Received &) { return answer(200, "{}"); });
    for (const char *name : {"http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"})
        qputenv(name, QByteArray::fromStdString(recorder.url()));
    NetworkOptions options = shortOptions();
    options.connectAndHeaderDeadline = milliseconds(150);
    options.attempts = 1;
    options.allowPlainHttp = true;
    // Documentation's own network: nobody answers there.
    const auto transport = makeTestTransport("http://ann@192.0.2.1:5984", options);
    QVERIFY(!transport->fetch(get("/x"), {}));
    for (const char *name : {"http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"})
        qunsetenv(name);
    QCOMPARE(recorder.connections(), 0);
}

void TransportTest::givenProxyIsUsed()
{
    ScriptedServer proxy([](const Received &) { return answer(200, "{}"); });
    NetworkOptions options = shortOptions();
    options.proxy = proxy.url();
    const auto transport = makeTestTransport("http://couch.invalid:5984", options);
    QVERIFY(transport->fetch(get("/x"), {}));
    QCOMPARE(proxy.received().at(0).target, QByteArray("http://couch.invalid:5984/x"));

    options.attempts = 1;
    for (const char *nobody :
         {"http://127.0.0.1:1", "http://no-such-host.invalid:1", "socks5://127.0.0.1:1"}) {
        options.proxy = nobody;
        const auto lost = makeTestTransport("http://couch.invalid:5984", options);
        const auto response = lost->fetch(get("/x"), {});
        QVERIFY(!response);
        QCOMPARE(response.error().kind, ErrorKind::Unreachable);
        QVERIFY2(response.error().message.contains(QStringLiteral("through the proxy")),
                 qPrintable(response.error().message));
    }
}

void TransportTest::refusedAtTheStart_data()
{
    QTest::addColumn<QByteArray>("url");
    QTest::addColumn<QByteArray>("proxy");
    QTest::addColumn<QByteArray>("caFile");
    QTest::addColumn<ErrorKind>("kind");
    const QByteArray good = "https://ann@couch.example";
    QTest::newRow("a password in clear text") << QByteArray("http://ann@couch.example")
                                              << QByteArray() << QByteArray() << ErrorKind::Usage;
    QTest::newRow("a proxy of another kind")
        << good << QByteArray("ftp://proxy:21") << QByteArray() << ErrorKind::Usage;
    QTest::newRow("a proxy without a port")
        << good << QByteArray("http://proxy") << QByteArray() << ErrorKind::Usage;
    QTest::newRow("a proxy with a password")
        << good << QByteArray("http://a:b@proxy:1") << QByteArray() << ErrorKind::Usage;
    QTest::newRow("a CA file that is not there")
        << good << QByteArray() << QByteArray("/nonexistent.pem") << ErrorKind::Io;
    QTest::newRow("a CA file without a certificate")
        << good << QByteArray() << QByteArray(FM_SOURCE_DIR "/CMakeLists.txt") << ErrorKind::Io;
}

void TransportTest::refusedAtTheStart()
{
    QFETCH(const QByteArray, url);
    QFETCH(const QByteArray, proxy);
    QFETCH(const QByteArray, caFile);
    QFETCH(const ErrorKind, kind);
    NetworkOptions options;
    options.proxy = proxy.toStdString();
    options.caFile = caFile.toStdString();
    const auto server = ServerUrl::parse(url.toStdString());
    QVERIFY(server);
    const auto transport = makeNetworkTransport(*server, base::Secret("hunter2"), options);
    QVERIFY(!transport);
    QCOMPARE(transport.error().kind, kind);
    QVERIFY(!transport.error().message.contains(QStringLiteral("hunter2")));
    if (url.startsWith("http:")) {
        options.allowPlainHttp = true;
        QVERIFY(makeNetworkTransport(*server, base::Secret("hunter2"), options));
    }
}

void TransportTest::inexactPathIsNotSent()
{
    ScriptedServer server([](const Received &) { return answer(200, "{}"); });
    const auto transport = makeTestTransport(server.url("ann"));
    for (const char *target : {"/db/..", "/db/%2E%2E", "/db/%2e/x", "/db/./x", "/db/%7E", "/db/#x",
                               "db", "", "/db/ x"}) {
        const auto response = transport->fetch(get(target), {});
        QVERIFY(!response);
        QCOMPARE(response.error().kind, ErrorKind::Unsupported);
    }
    QCOMPARE(server.connections(), 0);
}

void TransportTest::destroyedWhileCallersWait()
{
    ScriptedServer server([](const Received &) { return stall(); });
    auto transport = makeTestTransport(server.url("ann"));
    std::stop_source source;
    auto caller = std::async(std::launch::async, [&] {
        return transport->fetch(get("/x"), source.get_token()).error().kind;
    });
    QTRY_COMPARE(server.count(), 1);
    source.request_stop();
    QCOMPARE(caller.get(), ErrorKind::Cancelled);
    transport.reset(); // with a reply that is only now being aborted
    QVERIFY(!transport);
}

QTEST_GUILESS_MAIN(TransportTest)
#include "transport_test.moc"
