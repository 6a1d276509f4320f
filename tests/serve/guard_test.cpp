#include "core/serve/memorybackend.h"
#include "core/serve/server.h"
#include "tests/serve/rawclient.h"

#include <QTest>

using servetesting::basic;
using servetesting::RawAnswer;
using servetesting::RawClient;

namespace {

std::unique_ptr<serve::Server> start(bool withPassword)
{
    auto backend = serve::makeMemoryBackend(1);
    (void)backend->create("db");
    serve::ServerOptions options;
    if (withPassword) {
        options.access.user = "admin";
        options.access.password = base::Secret(std::string("secret"));
    }
    options.access.hostNames = {"tower.example"};
    auto server = serve::Server::start(backend, std::move(options));
    return server ? std::move(*server) : nullptr;
}

} // namespace

/// Who may talk to the server, and what of bytes that are no request.
class GuardTest : public QObject
{
    Q_OBJECT

private slots:
    void host_data();
    void host();
    void originIsRefused();
    void password_data();
    void password();
    void sessionCookieLogsIn();
    void withoutPasswordNobodyElseMayListen();
    void badBytesGetAnAnswer_data();
    void badBytesGetAnAnswer();
    void largeBodyIsRefused();
    void expectationIsMet();
    void manyRequestsOnOneConnection();
    void portInUseIsNamed();
};

void GuardTest::host_data()
{
    QTest::addColumn<QString>("host");
    QTest::addColumn<int>("status");
    QTest::newRow("the address") << "127.0.0.1:5985" << 200;
    QTest::newRow("without a port") << "127.0.0.1" << 200;
    QTest::newRow("localhost") << "LocalHost:80" << 200;
    QTest::newRow("version 6") << "[::1]:5985" << 200;
    QTest::newRow("the machine's name") << "tower.example:5985" << 200;
    QTest::newRow("a page's name for this machine") << "evil.example" << 403;
    QTest::newRow("a name that begins like an address") << "127.0.0.1.evil.example" << 403;
    QTest::newRow("a name of digits and dots only at the start") << "1.2.3.4e" << 403;
    QTest::newRow("nothing") << "" << 403;
}

void GuardTest::host()
{
    QFETCH(QString, host);
    QFETCH(int, status);
    const auto server = start(false);
    QVERIFY(server);
    RawClient client(server->port());
    client.send("GET /_all_dbs HTTP/1.1\r\nHost: " + host.toStdString() + "\r\n\r\n");
    QCOMPARE(client.receive().status, status);
}

void GuardTest::originIsRefused()
{
    const auto server = start(true);
    QVERIFY(server);
    RawClient client(server->port());
    const RawAnswer answer =
        client.ask("GET", "/", {}, {"Origin: http://127.0.0.1", basic("admin", "secret")});
    QCOMPARE(answer.status, 403);
    QVERIFY(answer.header("Access-Control-Allow-Origin").empty());
}

void GuardTest::password_data()
{
    QTest::addColumn<QString>("target");
    QTest::addColumn<QString>("credentials");
    QTest::addColumn<int>("status");
    QTest::newRow("right") << "/db"
                           << "admin:secret" << 200;
    QTest::newRow("none, for a database") << "/db"
                                          << "" << 401;
    QTest::newRow("none, for the list") << "/_all_dbs"
                                        << "" << 401;
    QTest::newRow("none, for the greeting") << "/"
                                            << "" << 200;
    QTest::newRow("none, for the session") << "/_session"
                                           << "" << 200;
    QTest::newRow("wrong password") << "/db"
                                    << "admin:wrong" << 401;
    QTest::newRow("wrong user") << "/db"
                                << "root:secret" << 401;
    QTest::newRow("wrong, for the greeting too") << "/"
                                                 << "admin:wrong" << 401;
    QTest::newRow("the parts moved") << "/db"
                                     << "adm:insecret" << 401;
    QTest::newRow("no colon") << "/db"
                              << "admin" << 401;
}

void GuardTest::password()
{
    QFETCH(QString, target);
    QFETCH(QString, credentials);
    QFETCH(int, status);
    const auto server = start(true);
    QVERIFY(server);
    std::vector<std::string> headers;
    if (!credentials.isEmpty())
        headers.push_back("Authorization: Basic " + credentials.toUtf8().toBase64().toStdString());
    RawClient client(server->port());
    const RawAnswer answer = client.ask("GET", target.toStdString(), {}, headers);
    QCOMPARE(answer.status, status);
    if (status == 401)
        QVERIFY(answer.body.find("unauthorized") != std::string::npos);
}

void GuardTest::sessionCookieLogsIn()
{
    const auto server = start(true);
    QVERIFY(server);
    RawClient client(server->port());
    QCOMPARE(client
                 .ask("POST", "/_session", R"({"name":"admin","password":"wrong"})",
                      {"Content-Type: application/json"})
                 .status,
             401);
    const RawAnswer answer = client.ask("POST", "/_session", "name=admin&password=secret",
                                        {"Content-Type: application/x-www-form-urlencoded"});
    QCOMPARE(answer.status, 200);
    const std::string cookie = answer.header("Set-Cookie");
    const std::string sent = "Cookie: x=1; " + cookie.substr(0, cookie.find(';'));
    QCOMPARE(client.ask("GET", "/db", {}, {sent}).status, 200);
    QVERIFY(client.ask("GET", "/_session", {}, {sent}).body.find(R"("authenticated":"cookie")")
            != std::string::npos);
    QCOMPARE(client.ask("DELETE", "/_session", {}, {sent}).status, 200);
    QCOMPARE(client.ask("GET", "/db", {}, {sent}).status, 401);
}

void GuardTest::withoutPasswordNobodyElseMayListen()
{
    for (const char *address : {"0.0.0.0", "::", "192.0.2.7"}) {
        serve::ServerOptions options;
        options.bind = address;
        const auto server = serve::Server::start(serve::makeMemoryBackend(1), std::move(options));
        QVERIFY(!server);
        QCOMPARE(server.error().kind, base::ErrorKind::Usage);
    }
    serve::ServerOptions options;
    options.bind = "no address";
    const auto server = serve::Server::start(serve::makeMemoryBackend(1), std::move(options));
    QVERIFY(!server);
    QCOMPARE(server.error().kind, base::ErrorKind::Usage);
}

void GuardTest::badBytesGetAnAnswer_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("status");
    QTest::newRow("no HTTP") << QByteArray("hello\r\n\r\n") << 400;
    QTest::newRow("no path") << QByteArray("GET db HTTP/1.1\r\nHost: localhost\r\n\r\n") << 400;
    QTest::newRow("a proxy's request")
        << QByteArray("GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n") << 400;
    QTest::newRow("too large a header")
        << QByteArray("GET / HTTP/1.1\r\nHost: localhost\r\nX: ") + QByteArray(100000, 'x') << 431;
    QTest::newRow("no Host") << QByteArray("GET / HTTP/1.1\r\n\r\n") << 403;
    QTest::newRow("an old client") << QByteArray("GET / HTTP/1.0\r\n\r\n") << 200;
}

void GuardTest::badBytesGetAnAnswer()
{
    QFETCH(QByteArray, bytes);
    QFETCH(int, status);
    const auto server = start(false);
    QVERIFY(server);
    RawClient client(server->port());
    client.send(bytes.toStdString());
    QCOMPARE(client.receive().status, status);
}

void GuardTest::largeBodyIsRefused()
{
    auto backend = serve::makeMemoryBackend(1);
    (void)backend->create("db");
    serve::ServerOptions options;
    options.mostBodyBytes = 1000;
    const auto server = serve::Server::start(backend, std::move(options));
    QVERIFY(server);
    RawClient client((*server)->port());
    const RawAnswer answer = client.ask("PUT", "/db/a", std::string(5000, ' '));
    QCOMPARE(answer.status, 413);
    QVERIFY(client.ends());
}

void GuardTest::expectationIsMet()
{
    const auto server = start(false);
    QVERIFY(server);
    RawClient client(server->port());
    client.send("PUT /db/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: "
                "100-continue\r\n\r\n");
    QVERIFY(client.receiveUntil("\r\n\r\n").starts_with("HTTP/1.1 100 Continue"));
    client.send("{}");
    QCOMPARE(client.receive().status, 201);
}

void GuardTest::manyRequestsOnOneConnection()
{
    const auto server = start(false);
    QVERIFY(server);
    RawClient client(server->port());
    // Sent before the first answer is read.
    std::string requests;
    for (int i = 0; i < 50; ++i)
        requests += "GET /_up HTTP/1.1\r\nHost: localhost\r\n\r\n";
    client.send(requests);
    for (int i = 0; i < 50; ++i)
        QCOMPARE(client.receive().status, 200);
    QVERIFY(client.isOpen());
}

void GuardTest::portInUseIsNamed()
{
    const auto server = start(false);
    QVERIFY(server);
    serve::ServerOptions options;
    options.port = server->port();
    const auto second = serve::Server::start(serve::makeMemoryBackend(1), std::move(options));
    QVERIFY(!second);
    QCOMPARE(second.error().kind, base::ErrorKind::Io);
    QVERIFY(second.error().message.contains(QString::number(server->port())));
}

QTEST_GUILESS_MAIN(GuardTest)
#include "guard_test.moc"
