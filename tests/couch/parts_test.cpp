#include "core/couch/attempt.h"
#include "core/couch/discovery.h"
#include "core/couch/framing.h"
#include "core/couch/limiter.h"
#include "core/couch/logingate.h"
#include "core/couch/networkerror.h"
#include "core/couch/retry.h"
#include "core/couch/serverurl.h"
#include "core/couch/wirepath.h"
#include "tests/couch/scriptedserver.h"
#include "tests/couch/testtransport.h"

#include <QtTest>

#include <future>

using namespace couch;
using base::ErrorKind;
using std::chrono::milliseconds;

/// The small parts behind the transport, each alone, and discovery.
class PartsTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void addresses_data();
    void addresses();
    void badAddresses_data();
    void badAddresses();
    void exactPaths_data();
    void exactPaths();
    void retryAfter_data();
    void retryAfter();
    void backoffGrowsAndIsBounded();
    void limiterHalvesAndGrows();
    void limiterStops();
    void gateAtTheStart();
    void gateInTheMiddle();
    void gateStops();
    void loginVerdicts_data();
    void loginVerdicts();
    void discovery_data();
    void discovery();
    void discoveryByMiddleware();
    void discoveryErrors_data();
    void discoveryErrors();
    void tlsSentences_data();
    void tlsSentences();
};

void PartsTest::addresses_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("host");
    QTest::addColumn<int>("port");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("user");
    QTest::addColumn<QByteArray>("shown");
    QTest::addColumn<bool>("isLoopback");
    const auto row = [](const char *text, const char *host, int port, const char *path,
                        const char *user, const char *shown, bool isLoopback = false) {
        QTest::newRow(text) << QByteArray(text) << QByteArray(host) << port << QByteArray(path)
                            << QByteArray(user) << QByteArray(shown) << isLoopback;
    };
    row("http://127.0.0.1", "127.0.0.1", 5984, "", "", "http://127.0.0.1:5984", true);
    row("http://localhost/", "localhost", 5984, "", "", "http://localhost:5984", true);
    row("http://[::1]:15984", "::1", 15984, "", "", "http://[::1]:15984", true);
    row("http://127.9.9.9:80", "127.9.9.9", 80, "", "", "http://127.9.9.9:80", true);
    row("http://couch.example/db/", "couch.example", 80, "/db", "", "http://couch.example/db");
    row("https://couch.example", "couch.example", 443, "", "", "https://couch.example");
    row("https://ann@couch.example:6984/a/b//", "couch.example", 6984, "/a/b", "ann",
        "https://couch.example:6984/a/b");
    row("https://b%40ckup@couch.example/x%20y", "couch.example", 443, "/x%20y", "b@ckup",
        "https://couch.example/x%20y");
    row("HTTPS://COUCH.Example", "couch.example", 443, "", "", "https://couch.example");
    row("http://localhost.evil.example", "localhost.evil.example", 5984, "", "",
        "http://localhost.evil.example:5984");
}

void PartsTest::addresses()
{
    QFETCH(const QByteArray, text);
    QFETCH(const QByteArray, host);
    QFETCH(const int, port);
    QFETCH(const QByteArray, path);
    QFETCH(const QByteArray, user);
    QFETCH(const QByteArray, shown);
    QFETCH(const bool, isLoopback);
    const auto server = ServerUrl::parse(text.toStdString());
    QVERIFY2(server, server ? "" : qPrintable(server.error().message));
    QCOMPARE(server->host, host.toStdString());
    QCOMPARE(static_cast<int>(server->port), port);
    QCOMPARE(server->basePath, path.toStdString());
    QCOMPARE(server->user, user.toStdString());
    QCOMPARE(server->toString(), shown.toStdString());
    QCOMPARE(server->isLoopback(), isLoopback);
    const auto again = ServerUrl::parse(server->toString());
    QVERIFY(again);
    QCOMPARE(again->port, server->port);
}

void PartsTest::badAddresses_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char *text :
         {"", "couch.example", "ftp://couch.example", "http://", "http:///db",
          "https://ann:hunter2@couch.example", "https://:hunter2@couch.example",
          "https://ann:@couch.example", "https://couch.example/?q=hunter2",
          "https://couch.example/#hunter2", "http://couch.example:0", "http://couch.example:99999",
          "http://a b", "http://[::1", "http://hunter2 @x"})
        QTest::newRow(text) << QByteArray(text);
}

void PartsTest::badAddresses()
{
    QFETCH(const QByteArray, text);
    const auto server = ServerUrl::parse(text.toStdString());
    QVERIFY(!server);
    QCOMPARE(server.error().kind, ErrorKind::Usage);
    QVERIFY(!server.error().message.contains(QStringLiteral("hunter2")));
}

void PartsTest::exactPaths_data()
{
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<bool>("isSent");
    const auto row = [](const QByteArray &target, bool isSent) {
        QTest::newRow(target.left(40).constData()) << target << isSent;
    };
    row("/", true);
    row("/db/a%2Fb", true);
    row("/db/_design/x?rev=1-a&b=%22%5B", true);
    row("/db/...", true);
    row("/db/.x", true);
    row("/db/a..b/%C3%A9~-_.", true);
    row("/db/x?a=../..", true);
    row("/" + QByteArray(7'999, 'x'), true);
    row("/" + QByteArray(8'000, 'x'), false);
    row("/db/..", false);
    row("/db/.", false);
    row("/../x", false);
    row("/db/%2E%2E/x", false);
    row("/db/%2e", false);
    row("/db/.%2E?x=1", false);
    row("/db/%7E", false);
    row("/db/%2f", false);
    row("/db#x", false);
    row("/a b", false);
    row("/\xc3\xa9", false);
    row("//other.example/x", true); // a path with an empty segment, not a host
    row("x", false);
    row("", false);
}

void PartsTest::exactPaths()
{
    QFETCH(const QByteArray, target);
    QFETCH(const bool, isSent);
    ServerUrl server = *ServerUrl::parse("http://[::1]:5984/base");
    const auto url = exactUrl(server, target.toStdString());
    QCOMPARE(static_cast<bool>(url), isSent);
    if (!url) {
        QCOMPARE(url.error().kind, ErrorKind::Unsupported);
        return;
    }
    QCOMPARE(url->host(), QStringLiteral("::1"));
    QCOMPARE(url->toEncoded(), "http://[::1]:5984/base" + target);
    server.basePath.clear();
    const auto bare = exactUrl(server, target.toStdString());
    QVERIFY(!bare || bare->host() == QStringLiteral("::1"));
}

void PartsTest::retryAfter_data()
{
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<qint64>("ms");
    const auto row = [](const char *value, qint64 ms) {
        QTest::newRow(value) << QByteArray(value) << ms;
    };
    row("7", 7'000);
    row(" 7 ", 7'000);
    row("0", 1'000);
    row("300", 300'000);
    row("301", 300'000);
    row("99999999", 300'000);
    row("99999999999999999999999999", 300'000);
    row("-1", -1);
    row("soon", -1);
    row("1.5", -1);
    row("", -1);
    row("Mon, 23 Nov 2026 16:00:30 GMT", 30'000);
    row("Mon, 23 Nov 2026 15:00:00 GMT", 1'000);
    row("Mon, 23 Nov 2026 17:00:00 GMT", 300'000);
    row("Mon, 23 Nov 2026 17:00:00", -1);
}

void PartsTest::retryAfter()
{
    QFETCH(const QByteArray, value);
    QFETCH(const qint64, ms);
    const std::chrono::system_clock::time_point now{
        std::chrono::seconds(1'795'449'600)}; // 2026-11-23T16:00:00Z
    const auto pause = parseRetryAfter(value.toStdString(), now, milliseconds(1'000));
    QCOMPARE(pause ? static_cast<qint64>(pause->count()) : -1, ms);
    if (pause)
        QCOMPARE(parseRetryAfter(value.toStdString(), now, milliseconds(10))->count(), ms / 100);
}

void PartsTest::backoffGrowsAndIsBounded()
{
    const milliseconds first(500);
    const milliseconds cap(60'000);
    QCOMPARE(backoff(1, first, cap, 0.0).count(), 0);
    QCOMPARE(backoff(1, first, cap, 0.999).count(), 499);
    QCOMPARE(backoff(2, first, cap, 0.5).count(), 500);
    QCOMPARE(backoff(4, first, cap, 0.5).count(), 2'000);
    QCOMPARE(backoff(100, first, cap, 0.5).count(), 30'000);
}

void PartsTest::limiterHalvesAndGrows()
{
    Limiter limiter(12);
    const auto a = limiter.acquire({});
    const auto b = limiter.acquire({});
    limiter.release(a, Limiter::Load::TooMuch);
    QCOMPARE(limiter.limit(), 6);
    limiter.release(b, Limiter::Load::TooMuch); // sent before the cut: no second one
    QCOMPARE(limiter.limit(), 6);
    limiter.release(limiter.acquire({}), Limiter::Load::Unknown);
    QCOMPARE(limiter.limit(), 6);
    for (int i = 0; i < 5; ++i)
        limiter.release(limiter.acquire({}), Limiter::Load::Fine);
    QCOMPARE(limiter.limit(), 6);
    limiter.release(limiter.acquire({}), Limiter::Load::Fine);
    QCOMPARE(limiter.limit(), 7);
    for (int i = 0; i < 10; ++i)
        limiter.release(limiter.acquire({}), Limiter::Load::TooMuch);
    QCOMPARE(limiter.limit(), 1);
    for (int i = 0; i < 1'000; ++i)
        limiter.release(limiter.acquire({}), Limiter::Load::Fine);
    QCOMPARE(limiter.limit(), 12);
}

void PartsTest::limiterStops()
{
    Limiter limiter(1);
    const auto first = limiter.acquire({});
    QVERIFY(first.granted);
    std::stop_source source;
    auto second =
        std::async(std::launch::async, [&] { return limiter.acquire(source.get_token()).granted; });
    source.request_stop();
    QVERIFY(!second.get());
    limiter.release(first, Limiter::Load::Fine);
    QVERIFY(limiter.acquire({}).granted);
}

void PartsTest::gateAtTheStart()
{
    using Pass = LoginGate::Pass;
    LoginGate gate(true);
    QVERIFY(gate.enter({}) == Pass::Alone);
    auto other = std::async(std::launch::async, [&] { return gate.enter({}); });
    QVERIFY(other.wait_for(milliseconds(20)) == std::future_status::timeout);
    gate.leave(Pass::Alone,
               LoginGate::Verdict::Unknown); // the network failed: the next one finds out
    QVERIFY(other.get() == Pass::Alone);
    gate.leave(Pass::Alone, LoginGate::Verdict::Accepted);
    QVERIFY(gate.enter({}) == Pass::Together);
    QVERIFY(gate.enter({}) == Pass::Together);

    LoginGate wrong(true);
    wrong.leave(wrong.enter({}), LoginGate::Verdict::Rejected);
    QVERIFY(wrong.isRejected());
    QVERIFY(wrong.enter({}) == Pass::Rejected);

    LoginGate none(false);
    none.leave(none.enter({}), LoginGate::Verdict::Rejected);
    QVERIFY(none.enter({}) == Pass::Together);
}

void PartsTest::gateInTheMiddle()
{
    using Pass = LoginGate::Pass;
    LoginGate gate(true);
    gate.leave(gate.enter({}), LoginGate::Verdict::Accepted);
    for (int i = 0; i < 3; ++i)
        QVERIFY(gate.enter({}) == Pass::Together);
    gate.leave(Pass::Together, LoginGate::Verdict::Rejected);
    QVERIFY(!gate.isRejected());
    QVERIFY(gate.enter({}) == Pass::Alone);
    gate.leave(Pass::Together, LoginGate::Verdict::Rejected); // the second, already under way
    QVERIFY(gate.isRejected());
    QVERIFY(gate.enter({}) == Pass::Rejected);
}

void PartsTest::gateStops()
{
    LoginGate gate(true);
    QVERIFY(gate.enter({}) == LoginGate::Pass::Alone);
    std::stop_source source;
    auto other = std::async(std::launch::async, [&] { return gate.enter(source.get_token()); });
    source.request_stop();
    QVERIFY(other.get() == LoginGate::Pass::Stopped);
}

void PartsTest::loginVerdicts_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("verdict");
    const auto row = [](const char *name, int status, const QByteArray &body,
                        LoginGate::Verdict verdict) {
        QTest::newRow(name) << status << body << static_cast<int>(verdict);
    };
    using Verdict = LoginGate::Verdict;
    const auto body = [](const char *name) {
        return QByteArray::fromStdString(recordedBody(name));
    };
    row("a wrong password", 401, body("get_db_401_badpw"), Verdict::Rejected);
    row("a proxy's 401", 401, "<html>", Verdict::Rejected);
    row("no administrator", 401, body("put_db_not_admin"), Verdict::Accepted);
    row("no member", 403, body("get_db_not_member"), Verdict::Accepted);
    row("locked", 403, body("lockout_6"), Verdict::Unknown);
    row("missing", 404, "", Verdict::Accepted);
    row("busy", 429, "", Verdict::Unknown);
    row("broken", 502, "", Verdict::Unknown);
}

void PartsTest::loginVerdicts()
{
    QFETCH(const int, status);
    QFETCH(const QByteArray, body);
    QFETCH(const int, verdict);
    QCOMPARE(static_cast<int>(loginVerdict(status, body.toStdString())), verdict);
}

void PartsTest::discovery_data()
{
    QTest::addColumn<int>("method");
    QTest::addColumn<QByteArray>("include");
    QTest::addColumn<QByteArray>("exclude");
    QTest::addColumn<QByteArray>("names");
    QTest::addColumn<bool>("users");
    const auto row = [](const char *name, DiscoveryMethod method, const char *include,
                        const char *exclude, const char *names, bool users) {
        QTest::newRow(name) << static_cast<int>(method) << QByteArray(include)
                            << QByteArray(exclude) << QByteArray(names) << users;
    };
    row("all", DiscoveryMethod::AllDbs, "", "", "asmt_a,org_a,org_b", true);
    row("some", DiscoveryMethod::AllDbs, "org_*", "", "org_a,org_b", false);
    row("all but some", DiscoveryMethod::AllDbs, "", "*_a", "org_b", true);
    row("without users", DiscoveryMethod::AllDbs, "", "_users", "asmt_a,org_a,org_b", false);
    row("a list", DiscoveryMethod::List, "", "", "listed", true);
}

void PartsTest::discovery()
{
    QFETCH(const int, method);
    QFETCH(const QByteArray, include);
    QFETCH(const QByteArray, exclude);
    QFETCH(const QByteArray, names);
    QFETCH(const bool, users);
    ScriptedServer server([](const ScriptedServer::Received &) {
        return answer(
            200, R"(["_replicator","_users","org_b","asmt_a","org_a","org_a","_global_changes"])");
    });
    const auto transport = makeTestTransport(server.url("ann"));
    Client client(*transport, {});
    DiscoveryOptions options;
    options.method = static_cast<DiscoveryMethod>(method);
    options.list = {"listed", "_users", "listed", "_replicator", ""};
    if (!include.isEmpty())
        options.filter.include = {include.toStdString()};
    if (!exclude.isEmpty())
        options.filter.exclude = {exclude.toStdString()};
    const auto found = discover(client, nullptr, options, {});
    QVERIFY(found);
    QByteArray joined;
    for (const std::string &name : found->databases)
        joined += (joined.isEmpty() ? "" : ",") + QByteArray::fromStdString(name);
    QCOMPARE(joined, names);
    QCOMPARE(found->hasUsersDatabase, users);
    QVERIFY(found->usersJson.empty());
}

void PartsTest::discoveryByMiddleware()
{
    const QByteArray users = "[ {\"name\":\"x\",\"n\":1.0} ]\n";
    ScriptedServer middleware([&](const ScriptedServer::Received &request) {
        return answer(200,
                      request.target == "/mw/monitor/all_dbs" ? R"(["org_b","org_a"])" : users);
    });
    const auto transport = makeTestTransport(middleware.url("ann", "/mw"));
    Client client(*transport, {});
    DiscoveryOptions options;
    options.method = DiscoveryMethod::Middleware;
    const auto found = discover(client, transport.get(), options, {});
    QVERIFY(found);
    QCOMPARE(found->databases, (std::vector<std::string>{"org_a", "org_b"}));
    QCOMPARE(found->usersJson, users.toStdString());
    QCOMPARE(middleware.received().at(1).target, QByteArray("/mw/monitor/all_users"));
    options.filter.exclude = {"_users"};
    QVERIFY(discover(client, transport.get(), options, {})->usersJson.empty());
    QCOMPARE(middleware.count(), 3);
}

void PartsTest::discoveryErrors_data()
{
    QTest::addColumn<QByteArray>("names");
    QTest::addColumn<int>("usersStatus");
    QTest::addColumn<QByteArray>("users");
    QTest::addColumn<bool>("isGood");
    QTest::newRow("names that are no list") << QByteArray("{}") << 200 << QByteArray("[]") << false;
    QTest::newRow("users cut off") << QByteArray("[]") << 200 << QByteArray("[") << false;
    QTest::newRow("users refused") << QByteArray("[]") << 403 << QByteArray("{}") << false;
    QTest::newRow("an older middleware without users")
        << QByteArray("[]") << 404 << QByteArray("{}") << true;
}

void PartsTest::discoveryErrors()
{
    QFETCH(const QByteArray, names);
    QFETCH(const int, usersStatus);
    QFETCH(const QByteArray, users);
    QFETCH(const bool, isGood);
    ScriptedServer middleware([&](const ScriptedServer::Received &request) {
        return request.target == "/monitor/all_dbs" ? answer(200, names)
                                                    : answer(usersStatus, users);
    });
    const auto transport = makeTestTransport(middleware.url("ann"));
    Client client(*transport, {});
    DiscoveryOptions options;
    options.method = DiscoveryMethod::Middleware;
    QCOMPARE(static_cast<bool>(discover(client, transport.get(), options, {})), isGood);
    QCOMPARE(discover(client, nullptr, options, {}).error().kind, ErrorKind::Usage);

    ScriptedServer closed(
        [](const ScriptedServer::Received &) { return recorded("get_db_not_member"); });
    const auto second = makeTestTransport(closed.url("ann"));
    Client refused(*second, {});
    QCOMPARE(discover(refused, second.get(), options, {}).error().kind, ErrorKind::Forbidden);
    options.method = DiscoveryMethod::AllDbs;
    QCOMPARE(discover(refused, nullptr, options, {}).error().kind, ErrorKind::Forbidden);
}

void PartsTest::tlsSentences_data()
{
    QTest::addColumn<int>("error");
    QTest::addColumn<QString>("words");
    const auto row = [](const char *name, QSslError::SslError error, const char *words) {
        QTest::newRow(name) << static_cast<int>(error) << QString::fromLatin1(words);
    };
    row("expired", QSslError::CertificateExpired, "has expired");
    row("not yet", QSslError::CertificateNotYetValid, "not valid yet");
    row("another name", QSslError::HostNameMismatch, "another name");
    row("self-signed", QSslError::SelfSignedCertificate, "signed by itself");
    row("unknown signer", QSslError::UnableToGetLocalIssuerCertificate, "does not trust");
    row("revoked", QSslError::CertificateRevoked, "revoked");
    row("anything else", QSslError::PathLengthExceeded, "was refused");
}

void PartsTest::tlsSentences()
{
    QFETCH(const int, error);
    QFETCH(const QString, words);
    const QString sentence = tlsSentence(QSslError(static_cast<QSslError::SslError>(error)),
                                         QStringLiteral("https://h"));
    QVERIFY2(sentence.contains(words), qPrintable(sentence));
    QVERIFY(sentence.contains(QStringLiteral("https://h")));
}

QTEST_GUILESS_MAIN(PartsTest)
#include "parts_test.moc"
