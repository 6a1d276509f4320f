#include "tests/couch/scriptedserver.h"
#include "tests/ctl/ctltesting.h"

#include <QRegularExpression>
#include <QTest>

using namespace ctltesting;

/// How `backup` comes to its server, and what it says when it does not.
class ConnectionTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void refusals_data();
    void refusals();
    void passwordIsTheFirstLine_data();
    void passwordIsTheFirstLine();
    void badPasswordFiles_data();
    void badPasswordFiles();
};

void ConnectionTest::refusals_data()
{
    using List = QList<QByteArray>;
    QTest::addColumn<List>("arguments");
    QTest::addColumn<int>("code");
    QTest::newRow("nobody listens") << List{"--from", "http://127.0.0.1:1"} << 2;
    QTest::newRow("no address") << List{"--from", "couch"} << 64;
    QTest::newRow("another scheme") << List{"--from", "ftp://127.0.0.1"} << 64;
    QTest::newRow("a password in the address")
        << List{"--from", "http://u:hunter2@127.0.0.1:1"} << 64;
    QTest::newRow("a file of certificates that is missing")
        << List{"--from", "https://127.0.0.1:1", "--ca-file", "/nowhere/ca.pem"} << -1;
    QTest::newRow("no proxy") << List{"--from", "http://127.0.0.1:1", "--proxy", "nonsense"} << -1;
    QTest::newRow("a list of databases that is missing")
        << List{"--from", "http://127.0.0.1:1", "--databases-from", "/nowhere/list.txt"} << 2;
    QTest::newRow("a middleware that is no address")
        << List{"--from", "http://127.0.0.1:1", "--middleware", "x"} << 64;
}

void ConnectionTest::refusals()
{
    QFETCH(QList<QByteArray>, arguments);
    QFETCH(int, code);
    const Workplace place;
    std::vector<std::string> command{"backup", "--to", place.path("backups")};
    for (const QByteArray &argument : arguments)
        command.push_back(argument.toStdString());
    const Outcome text = run(command);
    QVERIFY2(flawOf(text).isEmpty(), text.err.c_str());
    QVERIFY(text.code == code || (code < 0 && (text.code == 2 || text.code == 64)));
    QVERIFY(text.err.find("hunter2") == std::string::npos);
    command.emplace_back("--json");
    const Outcome json = run(command);
    QVERIFY2(flawOf(json, true).isEmpty(), json.out.c_str());
    QCOMPARE(json.code, text.code);
    QVERIFY(json.out.find("hunter2") == std::string::npos);
    QVERIFY(place.names().empty()); // not even the folder
}

void ConnectionTest::passwordIsTheFirstLine_data()
{
    QTest::addColumn<QByteArray>("content");
    QTest::newRow("without a line end") << QByteArray("pa55 word");
    QTest::newRow("with a line end") << QByteArray("pa55 word\n");
    QTest::newRow("with a line end of Windows") << QByteArray("pa55 word\r\n");
    QTest::newRow("with more lines")
        << QByteArray("pa55 word\n# for the backup\n"); // they were part of it
}

void ConnectionTest::passwordIsTheFirstLine()
{
    QFETCH(QByteArray, content);
    const Workplace place;
    place.put("password", content.toStdString());
    const ScriptedServer server([](const ScriptedServer::Received &) {
        return answer(401, R"({"error":"unauthorized","reason":"Name or password is incorrect."})");
    });
    const Outcome outcome = run({"backup", "--from", server.url("admin"), "--to",
                                 place.path("backups"), "--password-file", place.path("password")});
    QCOMPARE(outcome.code, 2);
    QCOMPARE(flawOf(outcome), QString());
    QVERIFY(!server.received().empty());
    QCOMPARE(server.received().front().headers.value("authorization"),
             "Basic " + QByteArray("admin:pa55 word").toBase64());
    QVERIFY2(outcome.err.find("admin") != std::string::npos, outcome.err.c_str());
    QVERIFY(outcome.err.find("pa55") == std::string::npos);
    QCOMPARE(place.names(), std::set<std::string>{"password"});
}

void ConnectionTest::badPasswordFiles_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<int>("code");
    QTest::addColumn<QByteArray>("message");
    QTest::newRow("missing") << QByteArray("no") << 2
                             << QByteArray("/no could not be opened: No such file or directory.");
    QTest::newRow("a folder") << QByteArray("folder") << 2
                              << QByteArray("/folder could not be opened: it is not a file.");
    QTest::newRow("empty") << QByteArray("empty") << 64
                           << QByteArray("/empty holds no password on its first line.");
    QTest::newRow("an empty first line")
        << QByteArray("blank") << 64 << QByteArray("/blank holds no password on its first line.");
    QTest::newRow("larger than any password")
        << QByteArray("large") << 64
        << QByteArray("/large is too large for a file with a password.");
}

void ConnectionTest::badPasswordFiles()
{
    QFETCH(QByteArray, name);
    QFETCH(int, code);
    QFETCH(QByteArray, message);
    const Workplace place;
    place.put("empty", "");
    place.put("blank", "\r\npa55 word\n");
    place.put("large", std::string(5000, 'x'));
    QVERIFY(base::makeFolder(base::fromUtf8(place.path("folder"))));
    const auto before = place.names();
    const Outcome outcome =
        run({"backup", "--from", "http://admin@127.0.0.1:1", "--to", place.path("backups"),
             "--password-file", place.path(name.toStdString())});
    QVERIFY2(outcome.err.find(message.toStdString()) != std::string::npos, outcome.err.c_str());
    QCOMPARE(flawOf(outcome), QString());
    QCOMPARE(outcome.code, code);
    QCOMPARE(place.names(), before);
}

QTEST_GUILESS_MAIN(ConnectionTest)

#include "connection_test.moc"
