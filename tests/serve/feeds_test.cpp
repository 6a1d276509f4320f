#include "core/serve/incoming.h"
#include "core/serve/memorybackend.h"
#include "core/serve/server.h"
#include "tests/serve/rawclient.h"

#include <QTest>

using servetesting::RawAnswer;
using servetesting::RawClient;

/// Feeds of `_changes` that wait.
class FeedsTest : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void longpollWakesUp();
    void longpollEndsAfterItsTime();
    void longpollAnswersAtOnce();
    void continuousTellsEveryChange();
    void heartbeatComes();
    void continuousStopsAtItsLimit();
    void deletedDatabaseCutsTheFeed();
    void clientThatGoesIsForgotten();
    void manyFeedsNeedNoThreads();

private:
    void write(const std::string &id);
    static std::string get(const std::string &target)
    {
        return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }

    std::shared_ptr<serve::Backend> m_backend;
    std::unique_ptr<serve::Server> m_server;
};

void FeedsTest::init()
{
    m_server.reset();
    m_backend = serve::makeMemoryBackend(1);
    QVERIFY(!m_backend->create("db"));
    auto server = serve::Server::start(m_backend, {});
    QVERIFY(server);
    m_server = std::move(*server);
}

void FeedsTest::write(const std::string &id)
{
    RawClient client(m_server->port());
    QCOMPARE(client.ask("PUT", "/db/" + id, "{}").status, 201);
}

void FeedsTest::longpollWakesUp()
{
    RawClient client(m_server->port());
    client.send(get("/db/_changes?feed=longpoll&since=now"));
    QVERIFY(client.receiveUntil("{\"results\":[\n\n").ends_with("[\n\n"));
    write("a");
    QVERIFY(client.receiveUntil("\"pending\":0}").find("\"id\":\"a\"") != std::string::npos);
}

void FeedsTest::longpollEndsAfterItsTime()
{
    RawClient client(m_server->port());
    const RawAnswer answer = client.ask("GET", "/db/_changes?feed=longpoll&since=now&timeout=20");
    QVERIFY(answer.isWhole);
    QVERIFY(answer.body.starts_with("{\"results\":[\n\n\n],\n\"last_seq\":\"0-"));
}

void FeedsTest::longpollAnswersAtOnce()
{
    write("a");
    RawClient client(m_server->port());
    const RawAnswer answer = client.ask("GET", "/db/_changes?feed=longpoll");
    QVERIFY(answer.isWhole);
    QVERIFY(answer.body.find("\"id\":\"a\"") != std::string::npos);
}

void FeedsTest::continuousTellsEveryChange()
{
    RawClient client(m_server->port());
    client.send(get("/db/_changes?feed=continuous"));
    QVERIFY(!client.receiveUntil("\r\n\r\n1\r\n\n\r\n").empty());
    for (const char *id : {"a", "b", "c"}) {
        write(id);
        const std::string wanted = "\"id\":\"" + std::string(id) + '"';
        QVERIFY(client.receiveUntil(wanted).ends_with(wanted));
    }
    QVERIFY(client.isOpen());
}

void FeedsTest::heartbeatComes()
{
    RawClient client(m_server->port());
    client.send(get("/db/_changes?feed=continuous&heartbeat=10"));
    const std::string threeBeats = "1\r\n\n\r\n1\r\n\n\r\n1\r\n\n\r\n";
    QVERIFY(client.receiveUntil(threeBeats).ends_with(threeBeats));
    write("a");
    QVERIFY(client.receiveUntil("\"id\":\"a\"").ends_with("\"id\":\"a\""));
}

void FeedsTest::continuousStopsAtItsLimit()
{
    for (const char *id : {"a", "b", "c"})
        write(id);
    RawClient client(m_server->port());
    const RawAnswer answer = client.ask("GET", "/db/_changes?feed=continuous&limit=2");
    QVERIFY(answer.isWhole);
    QVERIFY(answer.body.find("\"last_seq\":\"2-") != std::string::npos);
    QVERIFY(answer.body.find("\"pending\":1}") != std::string::npos);
}

void FeedsTest::deletedDatabaseCutsTheFeed()
{
    RawClient feed(m_server->port());
    feed.send(get("/db/_changes?feed=continuous"));
    QVERIFY(!feed.receiveUntil("\r\n\r\n1\r\n\n\r\n").empty());
    RawClient client(m_server->port());
    QCOMPARE(client.ask("DELETE", "/db").status, 200);
    QVERIFY(feed.ends());
}

void FeedsTest::clientThatGoesIsForgotten()
{
    {
        RawClient feed(m_server->port());
        feed.send(get("/db/_changes?feed=continuous"));
        QVERIFY(!feed.receiveUntil("\r\n\r\n1\r\n\n\r\n").empty());
        feed.close();
    }
    write("a"); // wakes a feed whose client has gone
    write("b");
}

void FeedsTest::manyFeedsNeedNoThreads()
{
    std::vector<std::unique_ptr<RawClient>> feeds;
    for (int i = 0; i < 40; ++i) {
        feeds.push_back(std::make_unique<RawClient>(m_server->port()));
        feeds.back()->send(get("/db/_changes?feed=longpoll&since=now"));
        QVERIFY(feeds.back()->receiveUntil("[\n\n").ends_with("[\n\n"));
    }
    write("a");
    for (const auto &feed : feeds)
        QVERIFY(feed->receiveUntil("\"id\":\"a\"").ends_with("\"id\":\"a\""));
}

QTEST_GUILESS_MAIN(FeedsTest)
#include "feeds_test.moc"
