#include "tests/serve/stage.h"

#include <QTest>

using servetesting::endText;
using servetesting::everything;
using servetesting::RawAnswer;
using servetesting::Stage;
using servetesting::text;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
namespace json = base::json;

/// The simulated replicator: what it copies, what it shows, and how it fails. Texts and moments are
/// those of a recorded CouchDB 3.5.0.
class ReplicatorTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void copiesEverything();
    void followsChanges();
    void rowsOfAHealthyJob();
    void failures_data();
    void failures();
    void backoffDoubles();
    void sourceIsDeletedAndMadeAgain();
    void targetGoes();
    void passwordChanges();
    void sourceStops();
    void lockout();
    void refusedDocumentsAreCounted();
    void oneShotCompletes();
    void duplicateFails();
    void filterMissing();
    void removedDocumentEndsTheJob();
    void changedOptionStartsAnew();
    void restartForgets();
    void moreJobsThanPlaces();
    void allAreStoppedAndGoOn();
    void requestsThatFail_data();
    void requestsThatFail();
    void secretsAreNotShown();
    void runsByItself();
};

void ReplicatorTest::copiesEverything()
{
    Stage stage;
    QCOMPARE(stage.put("r1", "org_riverside").status, 201);
    QVERIFY(stage.becomes("r1", "running", seconds(10)));
    stage->advance(seconds(20));
    const QString source = everything(stage, stage.source(), "org_riverside");
    QVERIFY(source.size() > 10'000);
    QCOMPARE(everything(stage, stage.mirror(), "org_riverside"), source);
}

void ReplicatorTest::followsChanges()
{
    Stage stage;
    QCOMPARE(stage.put("r1", "org_hillview").status, 201);
    stage->advance(seconds(20));
    QVERIFY(stage.source().edit("org_hillview", "order-1", R"("type":"order","new":true)"));
    QVERIFY(stage.source().edit("org_hillview", "order-2", R"("_deleted":true)"));
    stage->advance(seconds(2));
    QCOMPARE(everything(stage, stage.mirror(), "org_hillview"),
             everything(stage, stage.source(), "org_hillview"));
}

void ReplicatorTest::rowsOfAHealthyJob()
{
    Stage stage;
    QCOMPARE(stage.put("r1", "org_hillview").status, 201);
    stage->advance(milliseconds(400));
    QVERIFY(stage.is("r1", "running"));
    QCOMPARE(text(stage.field("r1", "info")), QStringLiteral("null"));
    QCOMPARE(text(stage.ask(stage.mirror(), "GET", "/_active_tasks").body), QStringLiteral("[]\n"));
    stage->advance(seconds(10));
    QCOMPARE(text(stage.info("r1", "changes_pending")), QStringLiteral("null"));
    QCOMPARE(text(stage.info("r1", "checkpointed_source_seq")), QStringLiteral("\"0\""));
    QVERIFY(stage.info("r1", "docs_written") != "0");
    stage->advance(seconds(40));
    QCOMPARE(text(stage.info("r1", "changes_pending")), QStringLiteral("0"));
    QCOMPARE(text(stage.info("r1", "checkpointed_source_seq")),
             text(stage.info("r1", "through_seq")));
    QCOMPARE(text(stage.info("r1", "docs_read")), text(stage.info("r1", "docs_written")));
    const QString task = text(stage.ask(stage.mirror(), "GET", "/_active_tasks").body);
    QVERIFY(task.contains(QStringLiteral("\"doc_id\":\"r1\"")));
    // CouchDB 3 writes nothing into a document whose job goes on.
    const QString document = text(stage.ask(stage.mirror(), "GET", "/_replicator/r1").body);
    QVERIFY(!document.contains(QStringLiteral("_replication_")));
    QVERIFY(document.endsWith(QStringLiteral("\"owner\":\"admin\"}\n")));
}

void ReplicatorTest::failures_data()
{
    QTest::addColumn<QString>("from");
    QTest::addColumn<QString>("to");
    QTest::addColumn<QString>("more");
    QTest::addColumn<QString>("error");
    const QString create = QStringLiteral(R"(,"create_target":true,"continuous":true)");
    const auto end = [](const char *url, const char *user, const char *password) {
        return QString::fromStdString(endText(url, user, password));
    };
    const QString mirror = end("MIRROR/there", "admin", "secret");
    QTest::newRow("no source") << end("SOURCE/nosuchdb", "admin", "secret") << mirror << create
                               << "db_not_found: could not open SOURCE/nosuchdb/";
    QTest::newRow("wrong password")
        << end("SOURCE/org_hillview", "carol", "wrong") << mirror << create
        << "{replication_auth_error,\n    "
           "{session_request_unauthorized,\"SOURCE/_session\",\"carol\"}}";
    QTest::newRow("a longer name has a line of its own")
        << end("SOURCE/org_hillview", "nobody_such", "wrong") << mirror << create
        << "{replication_auth_error,\n    {session_request_unauthorized,\"SOURCE/_session\",\n    "
           "    \"nobody_such\"}}";
    QTest::newRow("wrong password at the mirror")
        << end("SOURCE/org_hillview", "admin", "secret") << end("MIRROR/there", "dave", "wrong")
        << create
        << "{replication_auth_error,\n    "
           "{session_request_unauthorized,\"MIRROR/_session\",\"dave\"}}";
    QTest::newRow("no credentials")
        << end("SOURCE/org_hillview", "", "") << mirror << create
        << "unauthorized: unauthorized to access or create database SOURCE/org_hillview/";
    QTest::newRow("nothing answers")
        << end("http://127.0.0.1:1/db01", "admin", "secret") << mirror << create
        << "{replication_auth_error,\n    "
           "{session_request_failed,\"http://127.0.0.1:1/_session\",\"admin\",\n        "
           "{conn_failed,{error,econnrefused}}}}";
    QTest::newRow("no such host")
        << end("http://nosuch.invalid:5984/db01", "admin", "secret") << mirror << create
        << "{replication_auth_error,\n    "
           "{session_request_failed,\"http://nosuch.invalid:5984/_session\",\"admin\",\n        "
           "{conn_failed,{error,nxdomain}}}}";
    QTest::newRow("no target") << end("SOURCE/org_hillview", "admin", "secret")
                               << end("MIRROR/never_created", "admin", "secret")
                               << ",\"continuous\":true"
                               << "db_not_found: could not open MIRROR/never_created/";
}

void ReplicatorTest::failures()
{
    QFETCH(QString, from);
    QFETCH(QString, to);
    QFETCH(QString, more);
    QFETCH(QString, error);
    Stage stage;
    const auto filled = [&](QString it) {
        return it.replace(QStringLiteral("SOURCE"), text(stage.source().url()))
            .replace(QStringLiteral("MIRROR"), text(stage.mirror().url()));
    };
    QCOMPARE(
        stage.putEnds("f", filled(from).toStdString(), filled(to).toStdString(), more.toStdString())
            .status,
        201);
    QVERIFY(stage.becomes("f", "crashing", seconds(10)));
    QCOMPARE(text(stage.error("f")), filled(error));
    QCOMPARE(text(stage.field("f", "error_count")), QStringLiteral("1"));
}

void ReplicatorTest::backoffDoubles()
{
    Stage stage;
    QCOMPARE(stage.put("f", "nosuchdb").status, 201);
    QVERIFY(stage.becomes("f", "crashing", seconds(10)));
    // Crash n is followed by 30 s, 1, 2, 4 ... minutes, and then by the next tick.
    for (int crashes = 1; crashes <= 4; ++crashes) {
        QCOMPARE(text(stage.field("f", "error_count")), QString::number(crashes));
        const auto crashed = stage->clock().now();
        QVERIFY(stage.becomes("f", "running", minutes(20)));
        const auto waited = stage->clock().now() - crashed;
        const auto least = seconds(30) * (1 << (crashes - 1));
        QVERIFY(waited >= least - seconds(1) && waited <= least + seconds(61));
        QCOMPARE(text(stage.field("f", "error_count")), QString::number(crashes));
        QVERIFY(stage.becomes("f", "crashing", seconds(10)));
    }
}

void ReplicatorTest::sourceIsDeletedAndMadeAgain()
{
    Stage stage;
    QVERIFY(!stage.source().backend().create("doomed"));
    for (int i = 0; i < 20; ++i)
        QVERIFY(stage.source().edit("doomed", "d" + std::to_string(i), R"("n":1)"));
    QCOMPARE(stage.put("f", "doomed").status, 201);
    stage->advance(seconds(40));
    QVERIFY(!stage.source().backend().remove("doomed"));
    QVERIFY(stage.becomes("f", "crashing", seconds(20)));
    QCOMPARE(text(stage.error("f")),
             QStringLiteral("{changes_req_failed,404,#Fun<couch_replicator_httpc.0.11803075>}"));
    QVERIFY(stage.becomes("f", "running", minutes(3)));
    QVERIFY(stage.info("f", "docs_read") == "20"); // what was, until it crashes again
    QVERIFY(stage.becomes("f", "crashing", seconds(20)));
    QCOMPARE(
        text(stage.error("f")),
        QStringLiteral("db_not_found: could not open %1/doomed/").arg(text(stage.source().url())));
    QVERIFY(!stage.source().backend().create("doomed"));
    for (int i = 0; i < 5; ++i)
        QVERIFY(stage.source().edit("doomed", "again" + std::to_string(i), R"("n":2)"));
    QVERIFY(
        stage->advanceUntil([&] { return stage.info("f", "docs_written") == "25"; }, minutes(10)));
    QVERIFY(stage.is("f", "running"));
    QCOMPARE(text(stage.field("f", "error_count")), QStringLiteral("2"));
    stage->advance(minutes(20));
    QCOMPARE(text(stage.field("f", "error_count")), QStringLiteral("2"));
}

void ReplicatorTest::targetGoes()
{
    Stage stage;
    QCOMPARE(stage.put("f", "org_hillview").status, 201);
    stage->advance(seconds(40));
    QVERIFY(!stage.mirror().backend().remove("org_hillview"));
    stage->advance(seconds(20));
    QVERIFY(stage.is("f", "running")); // nobody has to write
    QVERIFY(stage.source().edit("org_hillview", "order-1", R"("n":9)"));
    QVERIFY(stage.becomes("f", "crashing", seconds(5)));
    QCOMPARE(text(stage.error("f")),
             QStringLiteral("{revs_diff_failed,404,\n                  "
                            "{[{<<\"error\">>,<<\"not_found\">>},\n                    "
                            "{<<\"reason\">>,<<\"Database does not exist.\">>}]}}"));
    QVERIFY(stage.becomes("f", "running", minutes(2)));
    stage->advance(seconds(30));
    QCOMPARE(everything(stage, stage.mirror(), "org_hillview"),
             everything(stage, stage.source(), "org_hillview"));
}

void ReplicatorTest::passwordChanges()
{
    Stage stage;
    QCOMPARE(stage.put("f", "org_hillview").status, 201);
    stage->advance(seconds(40));
    stage.source().setPassword("another");
    stage->advance(seconds(40));
    QVERIFY(stage.is("f", "running"));
    QVERIFY(stage.source().edit("org_hillview", "order-1", R"("n":9)"));
    QVERIFY(stage.becomes("f", "crashing", seconds(5)));
    QVERIFY(text(stage.error("f")).startsWith(QStringLiteral("{noproc,{gen_server,call,[<0.")));
    QVERIFY(stage.becomes("f", "running", minutes(2)));
    QVERIFY(stage.becomes("f", "crashing", seconds(10)));
    QVERIFY(text(stage.error("f")).contains(QStringLiteral("session_request_unauthorized")));
    stage.source().setPassword("secret");
    QVERIFY(stage->advanceUntil(
        [&] {
            return stage.is("f", "running")
                && stage.info("f", "through_seq") == stage.info("f", "source_seq");
        },
        minutes(10)));
}

void ReplicatorTest::sourceStops()
{
    Stage stage;
    QCOMPARE(stage.put("f", "org_hillview").status, 201);
    stage->advance(seconds(40));
    stage.source().stop();
    QVERIFY(stage.becomes("f", "crashing", seconds(40)));
    QCOMPARE(text(stage.error("f")),
             QStringLiteral("{changes_reader_died,{timeout,ibrowse_stream_cleanup}}"));
    QVERIFY(stage.becomes("f", "running", minutes(3)));
    QVERIFY(stage.becomes("f", "crashing", seconds(10)));
    QVERIFY(text(stage.error("f")).contains(QStringLiteral("econnrefused")));
    QVERIFY(stage.source().restart());
    QVERIFY(stage.source().edit("org_hillview", "order-1", R"("n":9)"));
    QVERIFY(stage.becomes("f", "running", minutes(10)));
    stage->advance(seconds(10));
    QCOMPARE(everything(stage, stage.mirror(), "org_hillview"),
             everything(stage, stage.source(), "org_hillview"));
}

void ReplicatorTest::lockout()
{
    Stage stage;
    for (int i = 1; i <= 6; ++i)
        QCOMPARE(stage
                     .putEnds("bad" + std::to_string(i),
                              endText(stage.source().url() + "/org_hillview", "admin", "wrong"),
                              endText(stage.mirror().url() + "/t" + std::to_string(i), "admin",
                                      "secret"))
                     .status,
                 201);
    stage->advance(seconds(10));
    // Five were told, the sixth and whoever has the right password are locked out.
    int unauthorized = 0;
    int forbidden = 0;
    for (int i = 1; i <= 6; ++i) {
        const QString error = text(stage.error("bad" + std::to_string(i)));
        unauthorized += error.contains(QStringLiteral("session_request_unauthorized")) ? 1 : 0;
        forbidden += error.contains(QStringLiteral("session_request_forbidden")) ? 1 : 0;
    }
    QCOMPARE(unauthorized, 5);
    QCOMPARE(forbidden, 1);
    const RawAnswer locked = stage.ask(stage.source(), "GET", "/org_hillview");
    QCOMPARE(locked.status, 403);
    QCOMPARE(text(locked.body),
             QStringLiteral("{\"error\":\"forbidden\",\"reason\":\"Account is temporarily locked "
                            "due to multiple authentication failures\"}\n"));
    QCOMPARE(stage.ask(stage.mirror(), "DELETE", "/_replicator").status, 200);
    stage->advance(minutes(5));
    QCOMPARE(stage.ask(stage.source(), "GET", "/org_hillview").status, 200);
}

void ReplicatorTest::refusedDocumentsAreCounted()
{
    Stage stage;
    stage.mirror().setRule(
        [](const std::string &, const std::string &id) -> std::optional<std::string> {
            if (id == "order-3" || id == "order-4")
                return "not here";
            return std::nullopt;
        });
    QCOMPARE(stage.put("f", "org_hillview").status, 201);
    stage->advance(seconds(60));
    QVERIFY(stage.is("f", "running"));
    QCOMPARE(text(stage.info("f", "doc_write_failures")), QStringLiteral("2"));
    QCOMPARE(stage.ask(stage.mirror(), "GET", "/org_hillview/order-3").status, 404);
    QCOMPARE(stage.ask(stage.mirror(), "GET", "/org_hillview/order-5").status, 200);
}

void ReplicatorTest::oneShotCompletes()
{
    Stage stage;
    QCOMPARE(stage.put("once", "org_hillview", R"(,"create_target":true)").status, 201);
    QVERIFY(stage.becomes("once", "completed", seconds(20)));
    const std::string row = stage.row("once");
    QVERIFY(text(row).startsWith(
        QStringLiteral(
            R"({"database":"_replicator","doc_id":"once","id":null,"source":"%1/org_hillview/","target":"%2/org_hillview/","state":"completed","error_count":0,"info":{"revisions_checked":)")
            .arg(text(stage.source().url()), text(stage.mirror().url()))));
    QVERIFY(!text(row).contains(QStringLiteral("through_seq")));
    const QString document = text(stage.ask(stage.mirror(), "GET", "/_replicator/once").body);
    QVERIFY(document.contains(QStringLiteral(R"("_replication_state":"completed")")));
    QVERIFY(document.contains(QStringLiteral(R"("_replication_stats":{"revisions_checked":)")));
    QCOMPARE(everything(stage, stage.mirror(), "org_hillview"),
             everything(stage, stage.source(), "org_hillview"));
}

void ReplicatorTest::duplicateFails()
{
    Stage stage;
    QCOMPARE(stage.put("dup1", "org_hillview").status, 201);
    stage->advance(seconds(1));
    QCOMPARE(stage.put("dup2", "org_hillview").status, 201);
    QVERIFY(stage.becomes("dup2", "failed", seconds(5)));
    const std::string id = json::unescape(stage.field("dup1", "id"));
    QCOMPARE(text(stage.error("dup2")),
             QStringLiteral("Replication `%1` specified by document `dup2` already started, "
                            "triggered by document `dup1` from db `_replicator`")
                 .arg(text(id)));
    QCOMPARE(text(stage.field("dup2", "error_count")), QStringLiteral("1"));
    QVERIFY(stage.is("dup1", "running"));
}

void ReplicatorTest::filterMissing()
{
    Stage stage;
    QCOMPARE(
        stage.put("f", "org_hillview", R"(,"continuous":true,"filter":"nosuch/filter")").status,
        201);
    QVERIFY(stage.becomes("f", "error", seconds(5)));
    QCOMPARE(text(stage.error("f")),
             QStringLiteral("Couldn't open document `_design/nosuch` from source database "
                            "`%1/org_hillview/`: {error,<<\"not_found\">>}")
                 .arg(text(stage.source().url())));
    QVERIFY(stage.field("f", "source").empty());
    QVERIFY(
        stage->advanceUntil([&] { return stage.field("f", "error_count") == "2"; }, minutes(3)));
}

void ReplicatorTest::removedDocumentEndsTheJob()
{
    Stage stage;
    const RawAnswer put = stage.put("r1", "org_hillview");
    QCOMPARE(put.status, 201);
    stage->advance(seconds(20));
    const auto members = json::members(put.body);
    const std::string rev = json::unescape(*json::find(*members, "rev"));
    QCOMPARE(stage.ask(stage.mirror(), "DELETE", "/_replicator/r1?rev=" + rev).status, 200);
    stage->advance(seconds(1));
    QVERIFY(stage.row("r1").empty());
    QVERIFY(stage.source().edit("org_hillview", "late", R"("n":9)"));
    stage->advance(minutes(5));
    QCOMPARE(stage.ask(stage.mirror(), "GET", "/org_hillview/late").status, 404);
    QCOMPARE(stage.ask(stage.mirror(), "GET", "/org_hillview/order-1").status, 200);
    QCOMPARE(text(stage.ask(stage.mirror(), "GET", "/_active_tasks").body), QStringLiteral("[]\n"));
}

void ReplicatorTest::changedOptionStartsAnew()
{
    Stage stage;
    RawAnswer put = stage.put("f", "nosuchdb");
    stage->advance(minutes(5));
    QVERIFY(stage.field("f", "error_count") != "1");
    auto members = json::members(put.body);
    std::string rev = R"(,"_rev":)" + std::string(*json::find(*members, "rev"));
    // A member that CouchDB does not read changes nothing; one that it reads makes a new job.
    const std::string before = stage.field("f", "error_count");
    put = stage.put("f", "nosuchdb", R"(,"create_target":true,"continuous":true,"mark":1)" + rev);
    QCOMPARE(put.status, 201);
    stage->advance(seconds(2));
    QCOMPARE(stage.field("f", "error_count"), before);
    members = json::members(put.body);
    rev = R"(,"_rev":)" + std::string(*json::find(*members, "rev"));
    QCOMPARE(
        stage
            .put("f", "nosuchdb",
                 R"(,"create_target":true,"continuous":true,"checkpoint_interval":30001)" + rev)
            .status,
        201);
    stage->advance(milliseconds(400));
    QVERIFY(stage.is("f", "running"));
    QCOMPARE(text(stage.field("f", "error_count")), QStringLiteral("0"));
}

void ReplicatorTest::restartForgets()
{
    Stage stage;
    QCOMPARE(stage.put("once", "asmt_hillview", R"(,"create_target":true)").status, 201);
    QVERIFY(stage.becomes("once", "completed", seconds(20)));
    QCOMPARE(stage.put("r1", "org_hillview").status, 201);
    QCOMPARE(stage.put("f", "nosuchdb").status, 201);
    stage->advance(minutes(4));
    QVERIFY(stage.field("f", "error_count") != "0");
    const std::string url = stage.mirror().url();
    QVERIFY(stage.mirror().restart());
    QCOMPARE(stage.mirror().url(), url);
    // Only what is written in the documents is known at first.
    const QString page = text(stage.ask(stage.mirror(), "GET", "/_scheduler/docs").body);
    QVERIFY(page.startsWith(QStringLiteral("{\"total_rows\":3,\"offset\":0,\"docs\":[\r\n")));
    QCOMPARE(page.count(QStringLiteral("\"doc_id\"")), 1);
    QVERIFY(page.contains(QStringLiteral("\"doc_id\":\"once\"")));
    stage->advance(milliseconds(5200));
    QVERIFY(stage.is("r1", "running"));
    QCOMPARE(text(stage.field("r1", "info")), QStringLiteral("null"));
    QCOMPARE(text(stage.field("f", "error_count")), QStringLiteral("0"));
    stage->advance(seconds(10));
    // The checkpoint has the numbers of before.
    QVERIFY(stage.info("r1", "docs_written") != "0");
    QVERIFY(stage.is("f", "crashing"));
    QCOMPARE(text(stage.field("f", "error_count")), QStringLiteral("1"));
}

void ReplicatorTest::moreJobsThanPlaces()
{
    serve::RehearsalOptions options;
    options.mostJobs = 3;
    Stage stage(std::move(options));
    for (int i = 0; i < 5; ++i) {
        const std::string name = "db" + std::to_string(i);
        QVERIFY(!stage.source().backend().create(name));
        QVERIFY(stage.source().edit(name, "a", R"("n":1)"));
        QCOMPARE(stage.put(name, name).status, 201);
    }
    const auto count = [&](const QString &state) {
        return text(stage.ask(stage.mirror(), "GET", "/_scheduler/docs").body)
            .count(QStringLiteral("\"state\":\"%1\"").arg(state));
    };
    stage->advance(seconds(10));
    QCOMPARE(count(QStringLiteral("running")), 3);
    QCOMPARE(count(QStringLiteral("pending")), 2);
    stage->advance(minutes(3));
    QCOMPARE(count(QStringLiteral("running")), 3);
    for (int i = 0; i < 5; ++i)
        QCOMPARE(stage.ask(stage.mirror(), "GET", "/db" + std::to_string(i) + "/a").status, 200);
}

void ReplicatorTest::allAreStoppedAndGoOn()
{
    Stage stage;
    QCOMPARE(stage.put("r1", "org_hillview").status, 201);
    QCOMPARE(stage.put("r2", "asmt_hillview").status, 201);
    stage->advance(seconds(50));
    const std::string setting = "/_node/_local/_config/replicator/max_jobs";
    QCOMPARE(stage.ask(stage.mirror(), "PUT", setting, "\"0\"").status, 200);
    QVERIFY(stage.becomes("r1", "pending", seconds(60)));
    QVERIFY(stage.is("r2", "pending"));
    QVERIFY(stage.source().edit("org_hillview", "late", R"("n":1)"));
    stage->advance(minutes(5));
    QVERIFY(stage.is("r1", "pending"));
    QCOMPARE(stage.ask(stage.mirror(), "GET", "/org_hillview/late").status, 404);
    QCOMPARE(stage.ask(stage.mirror(), "PUT", setting, "\"500\"").status, 200);
    QVERIFY(stage.becomes("r1", "running", seconds(65)));
    stage->advance(seconds(10));
    QCOMPARE(stage.ask(stage.mirror(), "GET", "/org_hillview/late").status, 200);
}

void ReplicatorTest::requestsThatFail_data()
{
    QTest::addColumn<bool>("atMirror");
    QTest::addColumn<QString>("path");
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("error");
    const auto refuse = int(serve::FaultKind::Refuse);
    QTest::newRow("500 of the source")
        << false << "_changes" << refuse << 500 << "{http_request_failed,\"GET\",";
    QTest::newRow("429 of the source") << false << "_bulk_get" << refuse << 429 << "max_backoff";
    QTest::newRow("403 of the source's database")
        << false << "" << refuse << 403 << "forbidden: SOURCE/org_hillview/";
    QTest::newRow("403 of the changes")
        << false << "_changes" << refuse << 403
        << "{changes_req_failed,403,#Fun<couch_replicator_httpc.0.11803075>}";
    QTest::newRow("401 of the session")
        << false << "_session" << refuse << 401
        << "{replication_auth_error,\n    {session_request_unauthorized";
    QTest::newRow("405 of the session")
        << false << "_session" << refuse << 405
        << "{replication_auth_error,\n    {session_unexpected_result,\"405\"";
    QTest::newRow("503 of the mirror")
        << true << "_revs_diff" << refuse << 503 << "{http_request_failed,\"POST\",";
    QTest::newRow("a stall") << false << "_bulk_get" << int(serve::FaultKind::Stall) << 0
                             << "{http_request_failed,\"POST\",";
    QTest::newRow("a stall in a body") << false << "_changes" << int(serve::FaultKind::StallInBody)
                                       << 0 << "{http_request_failed,\"GET\",";
    QTest::newRow("a cut body") << false << "_changes" << int(serve::FaultKind::Cut) << 0
                                << "{http_request_failed,\"GET\",";
    QTest::newRow("a closed connection")
        << true << "_bulk_docs" << int(serve::FaultKind::CloseAtOnce) << 0
        << "{http_request_failed,\"POST\",";
    QTest::newRow("no JSON") << true << "_revs_diff" << int(serve::FaultKind::Garbage) << 0
                             << "{http_request_failed,\"POST\",";
    QTest::newRow("no HTTP") << false << "_changes" << int(serve::FaultKind::NoHttp) << 0
                             << "{http_request_failed,\"GET\",";
}

void ReplicatorTest::requestsThatFail()
{
    QFETCH(bool, atMirror);
    QFETCH(QString, path);
    QFETCH(int, kind);
    QFETCH(int, status);
    QFETCH(QString, error);
    Stage stage;
    serve::Rehearsal::Place &place = atMirror ? stage.mirror() : stage.source();
    place.faults().setPlan([=](const serve::Request &request) -> std::optional<serve::Fault> {
        const bool isIt = path.isEmpty()
            ? request.path.size() == 1 && request.path.front() == "org_hillview"
            : !request.path.empty() && request.path.back() == path.toStdString();
        if (!isIt)
            return std::nullopt;
        return serve::Fault{serve::FaultKind(kind), status, 20};
    });
    QCOMPARE(stage.put("f", "org_hillview").status, 201);
    QVERIFY(stage.becomes("f", "crashing", minutes(6)));
    QVERIFY2(text(stage.error("f"))
                 .startsWith(error.replace(QStringLiteral("SOURCE"), text(stage.source().url()))),
             stage.error("f").c_str());
    // When it goes well again the job runs, and nothing is missing.
    place.faults().clear();
    QVERIFY(stage.becomes("f", "running", minutes(3)));
    stage->advance(seconds(20));
    QVERIFY(stage.is("f", "running"));
    QCOMPARE(everything(stage, stage.mirror(), "org_hillview"),
             everything(stage, stage.source(), "org_hillview"));
}

void ReplicatorTest::secretsAreNotShown()
{
    Stage stage;
    const std::string from =
        "http://admin:s3cr3t@127.0.0.1:" + std::to_string(stage.source().port()) + "/org_hillview";
    QCOMPARE(stage
                 .putEnds("f", json::quoted(from),
                          "{\"url\":" + json::quoted(stage.mirror().url() + "/there")
                              + ",\"headers\":{\"Authorization\":\"Basic YWRtaW46czNjcjN0\"}}")
                 .status,
             201);
    stage->advance(seconds(20));
    for (const char *target : {"/_scheduler/docs", "/_scheduler/jobs", "/_active_tasks"}) {
        const QString body = text(stage.ask(stage.mirror(), "GET", target).body);
        QVERIFY(!body.contains(QStringLiteral("s3cr3t")));
        QVERIFY(!body.contains(QStringLiteral("YWRtaW46")));
    }
    QVERIFY(stage.is("f", "crashing"));
}

void ReplicatorTest::runsByItself()
{
    serve::RehearsalOptions options;
    options.speed = 1000;
    Stage stage(std::move(options));
    QCOMPARE(stage.put("r1", "org_hillview").status, 201);
    QVERIFY(stage->advanceUntil([&] { return stage.info("r1", "changes_pending") == "0"; },
                                minutes(60)));
    QCOMPARE(everything(stage, stage.mirror(), "org_hillview"),
             everything(stage, stage.source(), "org_hillview"));
}

QTEST_GUILESS_MAIN(ReplicatorTest)
#include "replicator_test.moc"
