#include "core/serve/memorybackend.h"
#include "core/serve/server.h"
#include "tests/serve/rawclient.h"

#include <QTest>

using serve::Fault;
using serve::FaultKind;
using servetesting::RawAnswer;
using servetesting::RawClient;

/// Everything that can go wrong on purpose.
class FaultsTest : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void refusal_data();
    void refusal();
    void redirect();
    void garbage();
    void noHttp();
    void closedAtOnce();
    void cutBody_data();
    void cutBody();
    void stall();
    void stallInBody();
    void onlyTheNthGoesWrong();
    void planSeesTheRequest();

private:
    std::unique_ptr<serve::Server> m_server;
};

void FaultsTest::init()
{
    auto backend = serve::makeMemoryBackend(1);
    QVERIFY(serve::addSampleOrganisations(*backend));
    auto server = serve::Server::start(backend, {});
    QVERIFY(server);
    m_server = std::move(*server);
}

void FaultsTest::refusal_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("error");
    QTest::newRow("401") << 401 << "unauthorized";
    QTest::newRow("403") << 403 << "forbidden";
    QTest::newRow("404") << 404 << "not_found";
    QTest::newRow("413") << 413 << "document_too_large";
    QTest::newRow("429") << 429 << "too_many_requests";
    QTest::newRow("500") << 500 << "internal_server_error";
    QTest::newRow("503") << 503 << "service_unavailable";
}

void FaultsTest::refusal()
{
    QFETCH(int, status);
    QFETCH(QString, error);
    Fault fault;
    fault.status = status;
    fault.retryAfter = status == 429 ? "7" : "";
    m_server->faults().onRequest(1, fault);
    RawClient client(m_server->port());
    const RawAnswer answer = client.ask("GET", "/_all_dbs");
    QCOMPARE(answer.status, status);
    QVERIFY(answer.body.find('"' + error.toStdString() + '"') != std::string::npos);
    QCOMPARE(answer.header("Retry-After"), fault.retryAfter);
    QCOMPARE(client.ask("GET", "/_all_dbs").status, 200);
}

void FaultsTest::redirect()
{
    m_server->faults().onRequest(1, {FaultKind::Redirect, 301, 0, "http://elsewhere.example/"});
    RawClient client(m_server->port());
    const RawAnswer answer = client.ask("GET", "/_all_dbs");
    QCOMPARE(answer.status, 301);
    QCOMPARE(answer.header("Location"), std::string("http://elsewhere.example/"));
}

void FaultsTest::garbage()
{
    m_server->faults().onRequest(1, {FaultKind::Garbage});
    RawClient client(m_server->port());
    const RawAnswer answer = client.ask("GET", "/_all_dbs");
    QCOMPARE(answer.status, 200);
    QVERIFY(answer.body.starts_with("<html>"));
}

void FaultsTest::noHttp()
{
    m_server->faults().onRequest(1, {FaultKind::NoHttp});
    RawClient client(m_server->port());
    QCOMPARE(client.ask("GET", "/_all_dbs").status, 0);
}

void FaultsTest::closedAtOnce()
{
    m_server->faults().onRequest(1, {FaultKind::CloseAtOnce});
    RawClient client(m_server->port());
    QCOMPARE(client.ask("GET", "/_all_dbs").status, 0);
    QVERIFY(client.ends());
}

void FaultsTest::cutBody_data()
{
    QTest::addColumn<QString>("target");
    QTest::addColumn<quint64>("bytes");
    QTest::newRow("chunks, in the head") << "/org_riverside/_all_docs" << quint64{0};
    QTest::newRow("chunks, in the body") << "/org_riverside/_all_docs" << quint64{500};
    QTest::newRow("chunks, the end missing") << "/_all_dbs" << (quint64{1} << 20);
    QTest::newRow("a known length") << "/org_riverside" << quint64{10};
    QTest::newRow("a known length, the last byte") << "/_up" << quint64{26};
}

void FaultsTest::cutBody()
{
    QFETCH(QString, target);
    QFETCH(quint64, bytes);
    m_server->faults().onRequest(1, {FaultKind::Cut, 200, bytes});
    RawClient client(m_server->port());
    const RawAnswer answer = client.ask("GET", target.toStdString());
    QCOMPARE(answer.status, 200);
    QVERIFY(!answer.isWhole);
    QVERIFY(answer.body.size() <= bytes);
    QVERIFY(client.ends());
}

void FaultsTest::stall()
{
    m_server->faults().onRequest(1, {FaultKind::Stall});
    RawClient stalled(m_server->port());
    stalled.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    // The others are served meanwhile; which of the two comes first does not matter.
    RawClient other(m_server->port());
    QCOMPARE(other.ask("GET", "/_up").status == 200 || stalled.receive().status == 200, true);
    stalled.close();
    RawClient third(m_server->port());
    QCOMPARE(third.ask("GET", "/_up").status, 200);
    m_server.reset(); // ends although a request hangs
}

void FaultsTest::stallInBody()
{
    m_server->faults().onRequest(1, {FaultKind::StallInBody, 200, 20});
    RawClient client(m_server->port());
    client.send("GET /org_riverside/_changes HTTP/1.1\r\nHost: localhost\r\n\r\n");
    QVERIFY(client.receiveUntil("{\"results\":[").ends_with("{\"results\":["));
    QVERIFY(client.isOpen());
    m_server.reset();
    QVERIFY(client.ends());
}

void FaultsTest::onlyTheNthGoesWrong()
{
    m_server->faults().onRequest(3, {});
    m_server->faults().onRequest(5, {});
    RawClient client(m_server->port());
    QList<int> found;
    for (int i = 0; i < 6; ++i)
        found += client.ask("GET", "/_up").status;
    QCOMPARE(found, (QList<int>{200, 200, 500, 200, 500, 200}));
    m_server->faults().onRequest(1, {});
    m_server->faults().clear();
    QCOMPARE(client.ask("GET", "/_up").status, 200);
}

void FaultsTest::planSeesTheRequest()
{
    m_server->faults().setPlan([](const serve::Request &request) -> std::optional<Fault> {
        return request.target.starts_with("/org_hillview") ? std::optional(Fault{}) : std::nullopt;
    });
    RawClient client(m_server->port());
    QCOMPARE(client.ask("GET", "/org_riverside").status, 200);
    QCOMPARE(client.ask("GET", "/org_hillview").status, 500);
}

QTEST_GUILESS_MAIN(FaultsTest)
#include "faults_test.moc"
