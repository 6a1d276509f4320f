#include "core/couch/administration.h"
#include "core/couch/client.h"
#include "tests/couch/scriptedserver.h"
#include "tests/couch/testtransport.h"
#include "tests/support/fakemirror.h"

#include <QtTest>

using namespace couch;
using base::ErrorKind;
using testsupport::FakeMirror;

/// The keeper's calls: over real sockets what goes out, over a fake what comes of it.
class AdministrationTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void asksForExactlyWhatItNeeds_data();
    void asksForExactlyWhatItNeeds();
    void recordedAnswers();
    void writesAndReads();
    void everyRowOfTheScheduler();
    void documentsSince();
    void settings();
    void missingDatabase_data();
    void missingDatabase();
};

void AdministrationTest::asksForExactlyWhatItNeeds_data()
{
    using Call = std::function<void(Administration &)>;
    QTest::addColumn<std::function<void(Administration &)>>("call");
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("body");
    const auto row = [](const char *name, Call call, const char *method, const char *target,
                        const char *body = "") {
        QTest::newRow(name) << call << QByteArray(method) << QByteArray(target) << QByteArray(body);
    };
    row(
        "make a database", [](Administration &a) { (void)a.createDatabase("a/b"); }, "PUT",
        "/a%2Fb");
    row(
        "delete a database", [](Administration &a) { (void)a.deleteDatabase("a+b"); }, "DELETE",
        "/a%2Bb");
    row(
        "write", [](Administration &a) { (void)a.putDocument("_replicator", "fm:a/b", "{}"); },
        "PUT", "/_replicator/fm%3Aa%2Fb", "{}");
    row(
        "delete", [](Administration &a) { (void)a.deleteDocument("_replicator", "x", "1-a"); },
        "DELETE", "/_replicator/x?rev=1-a");
    row(
        "delete a local document",
        [](Administration &a) { (void)a.deleteDocument("db", "_local/a==", "0-1"); }, "DELETE",
        "/db/_local/a%3D%3D?rev=0-1");
    row(
        "log in", [](Administration &a) { (void)a.logIn("u", base::Secret(std::string("p\""))); },
        "POST", "/_session", R"({"name":"u","password":"p\""})");
    row(
        "updates",
        [](Administration &a) { (void)a.databaseUpdates("\"5-x_\"", std::chrono::seconds(2)); },
        "GET", "/_db_updates?feed=longpoll&timeout=2000&since=5-x_");
    row(
        "a setting",
        [](Administration &a) { (void)a.changeSetting("replicator", "max_jobs", "0"); }, "PUT",
        "/_node/_local/_config/replicator/max_jobs", R"("0")");
    row(
        "documents",
        [](Administration &a) { (void)a.documentsSince("_replicator", "\"3-g\"", {}); }, "GET",
        "/_replicator/_changes?include_docs=true&feed=normal&limit=1000&since=3-g");
}

void AdministrationTest::asksForExactlyWhatItNeeds()
{
    QFETCH(std::function<void(Administration &)>, call);
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, body);
    ScriptedServer server(
        [](const ScriptedServer::Received &) { return answer(404, R"({"error":"not_found"})"); });
    const auto transport = makeTestTransport(server.url("admin"));
    Administration administration(*transport, {});
    call(administration);
    QCOMPARE(server.count(), 1);
    QCOMPARE(server.received().front().method, method);
    QCOMPARE(server.received().front().target, target);
    QCOMPARE(server.received().front().body, body);
}

void AdministrationTest::recordedAnswers()
{
    ScriptedServer server([](const ScriptedServer::Received &request) {
        if (request.target == "/_session" && request.method == "POST")
            return recorded("session_post_200");
        if (request.target == "/_session")
            return recorded("session_get_basic");
        if (request.target.startsWith("/_db_updates"))
            return recorded("db_updates_longpoll_timeout1s");
        if (request.target.startsWith("/_active_tasks"))
            return recorded("active_tasks_idle");
        if (request.target == "/")
            return recorded("root_auth");
        return recorded("get_db_404");
    });
    const auto transport = makeTestTransport(server.url("admin"));
    Administration administration(*transport, {});
    const auto greeting = administration.greet();
    QVERIFY(greeting);
    QCOMPARE(greeting->server.version, "3.5.0");
    QVERIFY(greeting->date.ends_with("GMT"));
    const auto session = administration.session();
    QVERIFY(session && session->isAdmin());
    QCOMPARE(session->name, "admin");
    const auto login = administration.logIn("admin", base::Secret(std::string("secret")));
    QVERIFY(login && *login);
    const auto updates = administration.databaseUpdates({}, std::chrono::seconds(1));
    QVERIFY(updates && updates->names.empty() && updates->lastSeq.starts_with("\"9-"));
    const auto tasks = administration.activeReplications();
    QVERIFY(tasks && tasks->empty());
    const auto rows = administration.schedulerRows();
    QVERIFY(rows && !*rows);
    const auto info = administration.document("nosuch", "x");
    QVERIFY(!info && saysDatabaseIsMissing(info.error()));
}

void AdministrationTest::writesAndReads()
{
    FakeMirror mirror;
    Administration administration(mirror, {});
    QVERIFY(administration.createDatabase("db"));
    const base::Status again = administration.createDatabase("db");
    QVERIFY(!again && again.error().kind == ErrorKind::Conflict);
    const auto rev = administration.putDocument("db", "x", R"({"_id":"x","n":1})");
    QVERIFY(rev);
    const auto read = administration.document("db", "x");
    QVERIFY(read);
    QCOMPARE(*read, R"({"n":1,"_id":"x","_rev":"1-abc"})");
    const auto conflict = administration.putDocument("db", "x", R"({"_id":"x"})");
    QVERIFY(!conflict && conflict.error().kind == ErrorKind::Conflict);
    QVERIFY(!administration.deleteDocument("db", "x", "7-z"));
    QVERIFY(administration.deleteDocument("db", "x", *rev));
    const base::Status gone = administration.deleteDocument("db", "x", *rev);
    QVERIFY(!gone && gone.error().kind == ErrorKind::NotFound);
    QVERIFY(administration.deleteDatabase("db"));
}

void AdministrationTest::everyRowOfTheScheduler()
{
    FakeMirror mirror;
    for (int i = 0; i < 2345; ++i) {
        const std::string id = "d" + std::to_string(i);
        mirror.schedulerRows[id] = R"({"doc_id":")" + id + R"(","state":"running"})";
    }
    Administration administration(mirror, {});
    const auto rows = administration.schedulerRows();
    QVERIFY(rows && *rows);
    QCOMPARE((*rows)->size(), size_t{2345});
    QCOMPARE(mirror.requestsFor("_scheduler/docs"), size_t{3});
    QCOMPARE(mirror.requestsFor("states"), size_t{0});
    const auto one = administration.schedulerRow("d7");
    QVERIFY(one && *one && (*one)->docId == "d7");
    const auto none = administration.schedulerRow("nosuch");
    QVERIFY(none && !*none);
}

void AdministrationTest::documentsSince()
{
    FakeMirror mirror;
    for (int i = 0; i < 1500; ++i)
        mirror.put("_replicator", "d" + std::to_string(i), R"({"a":1})");
    Administration administration(mirror, {});
    std::map<std::string, bool> seen;
    const auto visit = [&](const Administration::ChangedDocument &document) {
        seen[std::string(document.id)] = document.deleted;
        return base::Status();
    };
    const auto last = administration.documentsSince("_replicator", {}, visit);
    QVERIFY(last);
    QCOMPARE(seen.size(), size_t{1500});
    seen.clear();
    mirror.drop("_replicator", "d3");
    mirror.put("_replicator", "d4", R"({"a":2})");
    QVERIFY(administration.documentsSince("_replicator", *last, visit));
    QCOMPARE(seen, (std::map<std::string, bool>{{"\"d3\"", true}, {"\"d4\"", false}}));
}

void AdministrationTest::settings()
{
    FakeMirror mirror;
    Administration administration(mirror, {});
    const auto unset = administration.setting("replicator", "max_jobs");
    QVERIFY(unset && !*unset);
    QVERIFY(administration.changeSetting("replicator", "max_jobs", "0"));
    const auto set = administration.setting("replicator", "max_jobs");
    QVERIFY(set && *set == "0");
    QVERIFY(administration.changeSetting("replicator", "max_jobs", std::nullopt));
    QVERIFY(mirror.settings.empty());
}

void AdministrationTest::missingDatabase_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<bool>("missing");
    const auto row = [](const char *name, int status, const char *body, bool missing) {
        QTest::newRow(name) << status << QByteArray(body) << missing;
    };
    row("CouchDB 3", 404, "{\"error\":\"not_found\",\"reason\":\"Database does not exist.\"}\n",
        true);
    row("CouchDB 1", 404, R"({"error":"not_found","reason":"no_db_file"})", true);
    row("a document", 404, R"({"error":"not_found","reason":"missing"})", false);
    row("a proxy", 404, "<html>not found: Database does not exist.</html>", false);
    row("another server", 404, R"({"message":"Database does not exist."})", false);
    row("not a 404", 403, R"({"error":"not_found","reason":"Database does not exist."})", false);
}

void AdministrationTest::missingDatabase()
{
    QFETCH(int, status);
    QFETCH(QByteArray, body);
    QFETCH(bool, missing);
    ScriptedServer server([&](const ScriptedServer::Received &) { return answer(status, body); });
    const auto transport = makeTestTransport(server.url("admin"));
    Client client(*transport, {});
    const auto info = client.databaseInfo("x");
    QVERIFY(!info);
    QCOMPARE(saysDatabaseIsMissing(info.error()), missing);
}

QTEST_GUILESS_MAIN(AdministrationTest)
#include "administration_test.moc"
