#include "core/base/bytes.h"
#include "core/couch/client.h"
#include "core/couch/networktransport.h"
#include "tests/couch/scriptedserver.h"
#include "tests/couch/testtransport.h"

#include <QtTest>

using namespace couch;
using base::ErrorKind;

/// The client's calls against the recorded answers of a real CouchDB, over the real transport.
class ClientTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void asksForExactlyWhatItNeeds_data();
    void asksForExactlyWhatItNeeds();
    void refusals_data();
    void refusals();
    void serverInfo();
    void notACouch_data();
    void notACouch();
    void databaseInfos();
    void databaseInfosOneByOne_data();
    void databaseInfosOneByOne();
    void databaseInfosFailsWhenTheServerDoes();
    void securityAndRevsLimit();
    void missingEndpoints_data();
    void missingEndpoints();
    void changes_data();
    void changes();
    void changesWithMoreRowsThanAsked();
    void changesOfADatabaseThatIsDeletedMeanwhile();
    void bulkGet();
    void bulkGetLatest();
    void bulkGetMismatches_data();
    void bulkGetMismatches();
    void revsDiff();
    void localDocuments();
    void storedBytesOfAnAttachment();
    void attachmentsWithoutAPath_data();
    void attachmentsWithoutAPath();
    void inlineAttachmentMissing_data();
    void inlineAttachmentMissing();
    void garbledBodyIsAskedAgainOnce();
    void webPageIsNamed();
};

namespace {

// The order of the calls is the order of the answers.
struct Peer {
    explicit Peer(std::vector<ScriptedServer::Reply> replies)
        : server([replies](const ScriptedServer::Received &request) {
            return replies.at(
                std::min<size_t>(static_cast<size_t>(request.number), replies.size() - 1));
        })
        , transport(makeTestTransport(server.url("admin")))
        , client(*transport, {})
    {
    }
    QByteArray target(size_t number = 0) const { return server.received().at(number).target; }

    ScriptedServer server;
    std::unique_ptr<Transport> transport;
    Client client;
};

const std::string kRevB = "2-bbbb0000000000000000000000000002";
const std::string kRevC = "2-cccc0000000000000000000000000002";
const std::string kRevD = "3-dddd0000000000000000000000000003";

} // namespace

void ClientTest::asksForExactlyWhatItNeeds_data()
{
    using Call = std::function<void(Client &)>;
    QTest::addColumn<std::function<void(Client &)>>("call");
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("body");
    const auto row = [](const char *name, Call call, const char *method, const char *target,
                        const char *body = "") {
        QTest::newRow(name) << call << QByteArray(method) << QByteArray(target) << QByteArray(body);
    };
    const auto drop = [](std::string_view) { return base::Status(); };
    row(
        "the greeting", [](Client &c) { (void)c.serverInfo(); }, "GET", "/");
    row(
        "all databases", [](Client &c) { (void)c.allDbs(); }, "GET", "/_all_dbs");
    row(
        "one database, its slash escaped", [](Client &c) { (void)c.databaseInfo("a/b+c"); }, "GET",
        "/a%2Fb%2Bc");
    row(
        "several databases",
        [](Client &c) {
            (void)c.databaseInfos({"a", "b"});
        },
        "POST", "/_dbs_info", R"({"keys":["a","b"]})");
    row(
        "who may read it", [](Client &c) { (void)c.security("db"); }, "GET", "/db/_security");
    row(
        "changes from the start", [](Client &c) { (void)c.changes("db", "", 5000); }, "GET",
        "/db/_changes?style=all_docs&feed=normal&limit=5000&seq_interval=5000");
    row(
        "changes since a text", [](Client &c) { (void)c.changes("db", R"("7-g1AA_-")", 10); },
        "GET", "/db/_changes?style=all_docs&feed=normal&limit=10&seq_interval=10&since=7-g1AA_-");
    row(
        "changes since an old cluster's list",
        [](Client &c) { (void)c.changes("db", R"([7,"g1"])", 10); }, "GET",
        "/db/"
        "_changes?style=all_docs&feed=normal&limit=10&seq_interval=10&since=%5B7%2C%22g1%22%5D");
    row(
        "documents, ids with quotes and NUL",
        [](Client &c) {
            (void)c.bulkGet("db", {{"a\"b", "1-x"}, {std::string("n\0l", 3), ""}}, {});
        },
        "POST", "/db/_bulk_get?revs=true&att_encoding_info=true",
        R"({"docs":[{"id":"a\"b","rev":"1-x"},{"id":"n\u0000l"}]})");
    row(
        "documents, newest, with attachments",
        [](Client &c) {
            (void)c.bulkGet("db", {{"a", "1-x"}}, {.latest = true, .attachments = true});
        },
        "POST", "/db/_bulk_get?revs=true&att_encoding_info=true&latest=true&attachments=true",
        R"({"docs":[{"id":"a","rev":"1-x"}]})");
    row(
        "an attachment", [=](Client &c) { (void)c.attachment("db", "a/b", "c d", "1-x", drop); },
        "GET", "/db/a%2Fb/c%20d?rev=1-x");
    row(
        "an attachment of a design document keeps one slash",
        [=](Client &c) { (void)c.attachment("db", "_design/a/b", "x", "1-x", drop); }, "GET",
        "/db/_design/a%2Fb/x?rev=1-x");
    row(
        "missing revisions",
        [](Client &c) {
            (void)c.revsDiff("db", {{"a", {"1-x", "2-y"}}, {"b", {"1-z"}}});
        },
        "POST", "/db/_revs_diff", R"({"a":["1-x","2-y"],"b":["1-z"]})");
    row(
        "local documents", [](Client &c) { (void)c.localDocuments("db"); }, "GET",
        "/db/_local_docs?include_docs=true");
    row(
        "how many revisions are kept", [](Client &c) { (void)c.revsLimit("db"); }, "GET",
        "/db/_revs_limit");
}

void ClientTest::asksForExactlyWhatItNeeds()
{
    QFETCH(const std::function<void(Client &)>, call);
    QFETCH(const QByteArray, method);
    QFETCH(const QByteArray, target);
    QFETCH(const QByteArray, body);
    Peer peer({answer(403, R"({"error":"forbidden","reason":"no"})")});
    call(peer.client);
    const auto first = peer.server.received().at(0);
    QCOMPARE(first.method, method);
    QCOMPARE(first.target, target);
    QCOMPARE(first.body, body);
    QCOMPARE(first.headers.value("authorization"),
             "Basic " + QByteArray("admin:secret").toBase64());
    QCOMPARE(first.headers.value("content-type"),
             QByteArray(body.isEmpty() ? "" : "application/json"));
}

void ClientTest::refusals_data()
{
    QTest::addColumn<QByteArray>("recording");
    QTest::addColumn<ErrorKind>("kind");
    QTest::addColumn<int>("requests");
    const auto row = [](const char *name, ErrorKind kind, int requests = 1) {
        QTest::newRow(name) << QByteArray(name) << kind << requests;
    };
    row("get_db_404", ErrorKind::NotFound);
    row("changes_404_db", ErrorKind::NotFound);
    row("bulk_get_404_db", ErrorKind::NotFound);
    row("get_attachment_404", ErrorKind::NotFound);
    row("get_db_401_badpw", ErrorKind::Unauthorized);
    row("root_401_badpw", ErrorKind::Unauthorized);
    row("lockout_1", ErrorKind::Unauthorized);
    row("lockout_5", ErrorKind::Unauthorized);
    row("lockout_6", ErrorKind::Forbidden);
    row("lockout_7_right_password", ErrorKind::Forbidden);
    row("put_db_not_admin", ErrorKind::Forbidden); // 401, but the login was good
    row("get_db_not_member", ErrorKind::Forbidden);
    row("method_405", ErrorKind::Unsupported);
    row("put_db_412_exists", ErrorKind::Conflict);
    row("put_doc_409", ErrorKind::Conflict);
    row("put_doc_413_too_large", ErrorKind::TooLarge);
    row("post_doc_415_no_content_type", ErrorKind::Unsupported);
    row("put_doc_400_bad_json", ErrorKind::Unsupported);
    row("changes_400_bad_since", ErrorKind::Unsupported);
    row("changes_400_bad_limit", ErrorKind::Server, 5); // 500: tried again
    row("replicate_oneshot_404_source", ErrorKind::Server, 5);
    row("sched_docs_bad_limit", ErrorKind::Unsupported);
    row("get_doc_304", ErrorKind::Redirected);
    row("get_attachment_range", ErrorKind::Protocol); // 206, though the whole was asked for
}

void ClientTest::refusals()
{
    QFETCH(const QByteArray, recording);
    QFETCH(const ErrorKind, kind);
    QFETCH(const int, requests);
    Peer peer({recorded(recording.constData())});
    const auto info = peer.client.databaseInfo("wire");
    QVERIFY(!info);
    QCOMPARE(info.error().kind, kind);
    QVERIFY2(info.error().message.contains(QString::fromStdString(peer.transport->origin())),
             qPrintable(info.error().message));
    QVERIFY(!info.error().message.contains(QStringLiteral("secret")));
    QCOMPARE(peer.server.count(), requests);
}

void ClientTest::serverInfo()
{
    Peer peer({recorded("root_auth")});
    const auto info = peer.client.serverInfo();
    QVERIFY(info);
    QCOMPARE(info->version, std::string("3.5.0"));
    QCOMPARE(info->uuid, std::string("ee1446f9decea9ba5f61e6c1ca95f78b"));
    QCOMPARE(info->vendor, std::string("The Apache Software Foundation"));
    QVERIFY(!info->isPouchDbServer);
}

void ClientTest::notACouch_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QString>("why");
    QTest::newRow("a captive portal's login page")
        << QByteArray("<!DOCTYPE html><title>Log in</title>") << QStringLiteral("web page");
    QTest::newRow("some other JSON service")
        << QByteArray(R"({"hello":"world"})") << QStringLiteral("does not say so");
    QTest::newRow("nothing") << QByteArray() << QStringLiteral("not JSON");
}

void ClientTest::notACouch()
{
    QFETCH(const QByteArray, body);
    QFETCH(const QString, why);
    Peer peer({answer(200, body)});
    const auto info = peer.client.serverInfo();
    QVERIFY(!info);
    QCOMPARE(info.error().kind, ErrorKind::Protocol);
    QVERIFY(info.error().message.contains(QStringLiteral("is not a CouchDB")));
    QVERIFY(info.error().message.contains(why));
    QVERIFY(info.error().message.startsWith(QString::fromStdString(peer.transport->origin())));
}

void ClientTest::databaseInfos()
{
    Peer peer({recorded("dbs_info_post")});
    const auto infos = peer.client.databaseInfos({"wire", "nosuchdb"});
    QVERIFY(infos);
    QCOMPARE(infos->size(), size_t{1});
    const DatabaseInfo &wire = infos->at("wire");
    QCOMPARE(wire.docCount, 7u);
    QCOMPARE(wire.docDelCount, 1u);
    QCOMPARE(wire.instanceStartTime, std::string("1795450143"));
    QVERIFY(wire.updateSeq.starts_with("\"10-g1AA"));
    QVERIFY(wire.purgeSeq.starts_with("\"0-g1AA"));
    QCOMPARE(wire.externalBytes, 101u);
    QCOMPARE(wire.activeBytes, 2192u);
    QCOMPARE(wire.props, std::string("{}"));
    QVERIFY(peer.client.fallbacks().empty());
    std::vector<std::string> many(250, "wire");
    QVERIFY(peer.client.databaseInfos(many));
    QCOMPARE(peer.server.count(), 1 + 3); // in hundreds
}

void ClientTest::databaseInfosOneByOne_data()
{
    QTest::addColumn<QByteArray>("recording");
    QTest::addColumn<bool>("isNoted");
    QTest::newRow("an older server without _dbs_info") << QByteArray("get_db_404") << true;
    QTest::newRow("a server where it is another method") << QByteArray("method_405") << true;
    QTest::newRow("a server that does not understand it")
        << QByteArray("put_doc_400_bad_json") << true;
    QTest::newRow("a user who is no administrator") << QByteArray("put_db_not_admin") << true;
    QTest::newRow("an answer about something else") << QByteArray("root_auth") << false;
    QTest::newRow("an answer about another database") << QByteArray() << false;
}

void ClientTest::databaseInfosOneByOne()
{
    QFETCH(const QByteArray, recording);
    QFETCH(const bool, isNoted);
    ScriptedServer server([&](const ScriptedServer::Received &request) {
        if (request.target == "/_dbs_info" && recording.isEmpty())
            return answer(200,
                          R"([{"key":"x","info":{"db_name":"x","doc_count":1,"update_seq":1}}])");
        if (request.target == "/_dbs_info")
            return recorded(recording.constData());
        if (request.target == "/gone")
            return recorded("get_db_404");
        if (request.target == "/closed")
            return recorded("get_db_not_member");
        return recorded("get_db_200");
    });
    const auto transport = makeTestTransport(server.url("admin"));
    Client client(*transport, {});
    const auto infos = client.databaseInfos({"wire", "gone", "closed"});
    QVERIFY2(infos, infos ? "" : qPrintable(infos.error().message));
    QCOMPARE(infos->size(), size_t{1});
    QCOMPARE(infos->at("wire").name, std::string("wire"));
    QCOMPARE(client.fallbacks().size(), size_t{isNoted ? 1u : 0u});
    const int before = server.count();
    QVERIFY(client.databaseInfos({"wire"}));
    if (isNoted)
        QCOMPARE(server.count(), before + 1); // not tried a second time
}

void ClientTest::databaseInfosFailsWhenTheServerDoes()
{
    Peer peer({recorded("get_db_401_badpw")});
    const auto infos = peer.client.databaseInfos({"wire"});
    QVERIFY(!infos);
    QCOMPARE(infos.error().kind, ErrorKind::Unauthorized);

    Peer second({recorded("method_405"), recorded("get_db_200"), answer(413, "{}")});
    const auto partly = second.client.databaseInfos({"a", "b"});
    QVERIFY(!partly);
    QCOMPARE(partly.error().kind, ErrorKind::TooLarge);
}

void ClientTest::securityAndRevsLimit()
{
    Peer peer({recorded("security_get"), recorded("revs_limit"), answer(200, "[]"),
               answer(200, "[]"), answer(200, "-1")});
    const auto security = peer.client.security("wire");
    QVERIFY(security);
    QCOMPARE(*security,
             std::string(R"({"members":{"roles":["_admin"]},"admins":{"roles":["_admin"]}})"));
    const auto limit = peer.client.revsLimit("wire");
    QVERIFY(limit);
    QCOMPARE(limit->value_or(0), 1000u);
    QVERIFY(!peer.client.security("wire"));
    const auto bad = peer.client.revsLimit("wire");
    QVERIFY(!bad);
    QCOMPARE(bad.error().kind, ErrorKind::Protocol);
}

void ClientTest::missingEndpoints_data()
{
    QTest::addColumn<QByteArray>("refusal");
    QTest::newRow("not found, as PouchDB Server says") << QByteArray("get_attachment_404");
    QTest::newRow("not allowed") << QByteArray("method_405");
    QTest::newRow("not understood") << QByteArray("put_doc_400_bad_json");
}

void ClientTest::missingEndpoints()
{
    QFETCH(const QByteArray, refusal);
    const auto lacking = [&](const char *info) {
        return [&, info](const ScriptedServer::Received &request) {
            return recorded(request.target.contains("/_") ? refusal.constData() : info);
        };
    };
    ScriptedServer server(lacking("get_db_200"));
    const auto transport = makeTestTransport(server.url("admin"));
    Client client(*transport, {});
    const auto limit = client.revsLimit("wire");
    QVERIFY(limit);
    QVERIFY(!limit->has_value());
    const auto documents = client.localDocuments("wire");
    QVERIFY(documents);
    QVERIFY(documents->empty());
    QCOMPARE(client.fallbacks().size(), size_t{2});

    ScriptedServer empty(lacking("get_db_404"));
    const auto second = makeTestTransport(empty.url("admin"));
    Client nowhere(*second, {});
    QCOMPARE(nowhere.revsLimit("wire").error().kind, ErrorKind::NotFound);
    QCOMPARE(nowhere.localDocuments("wire").error().kind, ErrorKind::NotFound);
    QVERIFY(nowhere.fallbacks().empty());
}

void ClientTest::changes_data()
{
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("leaves");
    QTest::addColumn<qint64>("pending");
    QTest::addColumn<QByteArray>("lastSeq");
    QTest::newRow("changes_normal_all") << 5 << 7 << qint64{0} << QByteArray("\"7-");
    QTest::newRow("changes_normal_all_docs_limit3") << 3 << 5 << qint64{2} << QByteArray("\"4-");
    QTest::newRow("changes_main_only") << 5 << 5 << qint64{0} << QByteArray("\"7-");
    QTest::newRow("changes_include_docs") << 2 << 2 << qint64{3} << QByteArray("\"4-");
    QTest::newRow("changes_seq_interval") << 5 << 7 << qint64{0} << QByteArray("\"7-");
    QTest::newRow("changes_since_now") << 0 << 0 << qint64{0} << QByteArray("\"7-");
    QTest::newRow("changes_longpoll_timeout1s") << 0 << 0 << qint64{0} << QByteArray("\"7-");
}

void ClientTest::changes()
{
    QFETCH(const int, rows);
    QFETCH(const int, leaves);
    QFETCH(const qint64, pending);
    QFETCH(const QByteArray, lastSeq);
    Peer peer({recorded(QTest::currentDataTag())});
    const auto page = peer.client.changes("wire", "", 100);
    QVERIFY2(page, page ? "" : qPrintable(page.error().message));
    QCOMPARE(static_cast<int>(page->rows.size()), rows);
    int sum = 0;
    for (const ChangesRow &row : page->rows) {
        sum += static_cast<int>(row.revs.size());
        QCOMPARE(row.deleted, row.id == "gone");
    }
    QCOMPARE(sum, leaves);
    QCOMPARE(static_cast<qint64>(page->pending.value_or(999)), pending);
    QVERIFY2(page->lastSeq.starts_with(lastSeq.toStdString()), page->lastSeq.c_str());
}

void ClientTest::changesWithMoreRowsThanAsked()
{
    Peer peer({recorded("changes_normal_all")});
    const auto page = peer.client.changes("wire", "", 4);
    QVERIFY(!page);
    QCOMPARE(page.error().kind, ErrorKind::Protocol);
}

// Recorded from the socket: a second status line stands inside the chunked body.
void ClientTest::changesOfADatabaseThatIsDeletedMeanwhile()
{
    QFile file(QStringLiteral(
        FM_SOURCE_DIR
        "/tests/data/couchdb/http.changes_continuous_db_deleted_on_heartbeat.raw.txt"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    ScriptedServer::Reply reply;
    reply.bytes = file.readAll().replace("<<timeout>>", "");
    reply.then = ScriptedServer::Then::CloseLater;
    Peer peer({reply});
    QVERIFY(!peer.client.changes("wirefeed", "", 100));
}

void ClientTest::bulkGet()
{
    Peer peer({recorded("bulk_get_json")});
    const std::vector<IdRev> wanted = {{"c1", kRevB},  {"c1", kRevC},
                                       {"c1", kRevD},  {"c1", "9-ffff0000000000000000000000000009"},
                                       {"nosuch", ""}, {"a", ""}};
    const auto rows = peer.client.bulkGet("wire", wanted, {.latest = false, .attachments = true});
    QVERIFY2(rows, rows ? "" : qPrintable(rows.error().message));
    QCOMPARE(rows->size(), size_t{6});
    QCOMPARE(rows->at(0).rev, kRevB);
    QVERIFY(rows->at(0).document.starts_with(R"({"_id":"c1","_rev":"2-bbbb)"));
    QVERIFY(rows->at(0).document.ends_with("}"));
    QCOMPARE(rows->at(3).error, std::string("not_found"));
    QCOMPARE(rows->at(3).reason, std::string("missing"));
    QCOMPARE(rows->at(3).rev, std::string("9-ffff0000000000000000000000000009"));
    QCOMPARE(rows->at(4).rev, std::string());
    QCOMPARE(rows->at(5).id, std::string("a"));

    Peer none({recorded("bulk_get_empty")});
    QVERIFY(none.client.bulkGet("wire", {}, {})->empty());
}

void ClientTest::bulkGetLatest()
{
    Peer peer({recorded("bulk_get_latest")});
    const auto rows = peer.client.bulkGet("wire", {{"c1", "1-aaaa0000000000000000000000000001"}},
                                          {.latest = true});
    QVERIFY2(rows, rows ? "" : qPrintable(rows.error().message));
    QCOMPARE(rows->size(), size_t{3});

    Peer all({recorded("bulk_get_id_only_conflicted")});
    const auto leaves = all.client.bulkGet("wire", {{"c1", ""}}, {});
    QVERIFY2(leaves, leaves ? "" : qPrintable(leaves.error().message));
    QCOMPARE(leaves->size(), size_t{3});
}

void ClientTest::bulkGetMismatches_data()
{
    QTest::addColumn<QByteArray>("recording");
    QTest::addColumn<QByteArray>("id");
    QTest::addColumn<QByteArray>("rev");
    QTest::addColumn<bool>("latest");
    const QByteArray one = "bulk_get_no_attachments"; // c1, 2-bbbb
    QTest::newRow("another document came")
        << one << QByteArray("c2") << QByteArray(kRevB.c_str()) << false;
    QTest::newRow("another revision came")
        << one << QByteArray("c1") << QByteArray(kRevC.c_str()) << false;
    QTest::newRow("nothing came") << QByteArray("bulk_get_empty") << QByteArray("c1")
                                  << QByteArray(kRevB.c_str()) << false;
    QTest::newRow("more came than was asked")
        << QByteArray("bulk_get_latest") << QByteArray("c1") << QByteArray(kRevB.c_str()) << false;
    QTest::newRow("the newest is of another branch")
        << one << QByteArray("c1") << QByteArray("1-eeee0000000000000000000000000001") << true;
    QTest::newRow("the newest is older than what was asked")
        << one << QByteArray("c1") << QByteArray("3-x") << true;
}

void ClientTest::bulkGetMismatches()
{
    QFETCH(const QByteArray, recording);
    QFETCH(const QByteArray, id);
    QFETCH(const QByteArray, rev);
    QFETCH(const bool, latest);
    Peer peer({recorded(recording.constData())});
    const auto rows =
        peer.client.bulkGet("wire", {{id.toStdString(), rev.toStdString()}}, {.latest = latest});
    QVERIFY(!rows);
    QCOMPARE(rows.error().kind, ErrorKind::Protocol);
}

void ClientTest::revsDiff()
{
    Peer peer({recorded("revs_diff"), recorded("revs_diff_nothing_missing")});
    const auto missing = peer.client.revsDiff("wire", {{"c1", {kRevB}}});
    QVERIFY(missing);
    QCOMPARE(missing->size(), size_t{2});
    QCOMPARE(missing->at("c1"),
             (std::vector<std::string>{"3-ffff0000000000000000000000000003",
                                       "4-ffff0000000000000000000000000004"}));
    QCOMPARE(missing->at("newdoc").size(), size_t{1});
    QVERIFY(peer.client.revsDiff("wire", {{"c1", {kRevB}}})->empty());
}

void ClientTest::localDocuments()
{
    Peer peer({recorded("local_docs_db03_checkpoints_source"), answer(200, R"({"rows":[]})"),
               answer(200, R"({"rows":[{"id":"_local/x","doc":null}]})"),
               answer(200, R"({"rows":[{"id":"_local/x"}]})")});
    const auto documents = peer.client.localDocuments("db03");
    QVERIFY(documents);
    QCOMPARE(documents->size(), size_t{1});
    QCOMPARE(documents->at(0).id, std::string("_local/d3b6f42579c3734844cfa0f896ee47e8"));
    QVERIFY(documents->at(0).json.starts_with(R"({"_id":"_local/d3b6)"));
    QVERIFY(peer.client.localDocuments("db03")->empty());
    QVERIFY(peer.client.localDocuments("db03")->empty()); // deleted while the list was made
    QCOMPARE(peer.client.localDocuments("db03").error().kind, ErrorKind::Protocol);
    for (const char *body : {"[]", "{}", R"({"rows":{}})", R"({"rows":[1]})", R"({"rows":[)"}) {
        Peer bad({answer(200, body)});
        QCOMPARE(bad.client.localDocuments("db03").error().kind, ErrorKind::Protocol);
    }
}

void ClientTest::storedBytesOfAnAttachment()
{
    Peer peer({recorded("get_attachment_text_accept_gzip"), recorded("get_attachment_binary"),
               recorded("get_attachment_text")});
    std::string bytes;
    const auto collect = [&](std::string_view piece) {
        bytes += piece;
        return base::Status();
    };
    const auto gzip = peer.client.attachment("wire", "c1", "note.txt", kRevB, collect);
    QVERIFY(gzip);
    QCOMPARE(gzip->contentEncoding, std::string("gzip"));
    QCOMPARE(gzip->contentType, std::string("text/plain"));
    QCOMPARE(gzip->contentLength.value_or(0), 37u);
    QCOMPARE(bytes.size(), size_t{37});
    QCOMPARE(base::toBase64(base::md5(bytes)), std::string("uYaZIau/n0t/x2gOgT9oyQ=="));
    QCOMPARE(peer.server.received().at(0).headers.value("accept-encoding"), QByteArray("gzip"));

    bytes.clear();
    const auto binary = peer.client.attachment("wire", "c1", "pic.png", kRevB, collect);
    QVERIFY(binary);
    QCOMPARE(binary->contentEncoding, std::string());
    QCOMPARE(base::toBase64(base::md5(bytes)), std::string("2FuFVF3QLg6/PdZ6Hwjvag=="));

    bytes.clear();
    QVERIFY(peer.client.attachment("wire", "c1", "note.txt", kRevB, collect));
    QCOMPARE(bytes.size(), size_t{480});
}

namespace {

// The answer of _bulk_get?attachments=true for one document with one attachment.
QByteArray inlineAnswer(const std::string &id, const QByteArray &name)
{
    return "{\"results\":[{\"id\":\"" + QByteArray(id.c_str()) + "\",\"docs\":[{\"ok\":{\"_id\":\""
        + QByteArray(id.c_str())
        + "\",\"_rev\":\"1-x\",\"_revisions\":{\"start\":1,\"ids\":[\"x\"]},\"_attachments\":{"
          "\"other\":{\"content_type\":"
          "\"a/b\",\"digest\":\"md5-1\",\"data\":\"\"},\""
        + name
        + "\":{\"content_type\":\"text/"
          "plain\",\"revpos\":1,\"digest\":\"md5-2\",\"encoding\":\"gzip\","
          "\"encoded_length\":99,\"data\":\"aGVsbG8=\"}}}}]}]}";
}

} // namespace

void ClientTest::attachmentsWithoutAPath_data()
{
    QTest::addColumn<QByteArray>("id");
    QTest::addColumn<QByteArray>("name");
    QTest::newRow("the id is a dot") << QByteArray(".") << QByteArray("note");
    QTest::newRow("the id is two dots") << QByteArray("..") << QByteArray("note");
    QTest::newRow("the name is a dot") << QByteArray("a") << QByteArray(".");
    QTest::newRow("the name is two dots") << QByteArray("a") << QByteArray("..");
    QTest::newRow("a design document of dots") << QByteArray("_design/..") << QByteArray("note");
    QTest::newRow("an id of 8 KB") << QByteArray(8'100, 'x') << QByteArray("note");
    QTest::newRow("a short id of long escapes") << QByteArray(2'700, '/') << QByteArray("note");
}

void ClientTest::attachmentsWithoutAPath()
{
    QFETCH(const QByteArray, id);
    QFETCH(const QByteArray, name);
    Peer peer({answer(200, inlineAnswer(id.toStdString(), name))});
    std::string bytes;
    const auto head = peer.client.attachment("wire", id.toStdString(), name.toStdString(), "1-x",
                                             [&](std::string_view piece) {
                                                 bytes += piece;
                                                 return base::Status();
                                             });
    QVERIFY2(head, head ? "" : qPrintable(head.error().message));
    QCOMPARE(bytes, std::string("hello"));
    QCOMPARE(head->contentEncoding, std::string());
    QCOMPARE(head->contentLength.value_or(0), 5u);
    QCOMPARE(head->contentType, std::string("text/plain"));
    QCOMPARE(peer.server.received().at(0).method, QByteArray("POST"));
    QCOMPARE(peer.target(),
             QByteArray("/wire/_bulk_get?revs=true&att_encoding_info=true&attachments=true"));
    QVERIFY(peer.server.received().at(0).body.contains("\"rev\":\"1-x\""));
}

void ClientTest::inlineAttachmentMissing_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<ErrorKind>("kind");
    QTest::newRow("another name") << inlineAnswer(".", "others") << ErrorKind::NotFound;
    QTest::newRow("the revision is gone") << QByteArray(
        R"({"results":[{"id":".","docs":[{"error":{"id":".","rev":"1-x","error":"not_found","reason":"missing"}}]}]})")
                                          << ErrorKind::NotFound;
    QByteArray stub = inlineAnswer(".", "note");
    stub.replace(R"("data":"aGVsbG8=")", R"("stub":true,"length":5)");
    QTest::newRow("only a stub came") << stub << ErrorKind::Protocol;
}

void ClientTest::inlineAttachmentMissing()
{
    QFETCH(const QByteArray, body);
    QFETCH(const ErrorKind, kind);
    Peer peer({answer(200, body)});
    const auto head = peer.client.attachment("wire", ".", "note", "1-x",
                                             [](std::string_view) { return base::Status(); });
    QVERIFY(!head);
    QCOMPARE(head.error().kind, kind);
}

void ClientTest::garbledBodyIsAskedAgainOnce()
{
    const auto cut = answer(200, R"({"results":[{"id":"c1","docs":[)");
    Peer cured({cut, recorded("bulk_get_no_attachments")});
    QVERIFY(cured.client.bulkGet("wire", {{"c1", kRevB}}, {}));
    QCOMPARE(cured.server.count(), 2);

    Peer lasting({cut});
    const auto rows = lasting.client.bulkGet("wire", {{"c1", kRevB}}, {});
    QVERIFY(!rows);
    QCOMPARE(rows.error().kind, ErrorKind::Protocol);
    QCOMPARE(lasting.server.count(), 2);
}

void ClientTest::webPageIsNamed()
{
    ScriptedServer::Reply page;
    page.bytes = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: "
                 "15\r\n\r\n<h1>Log in</h1>";
    Peer peer({page});
    const auto all = peer.client.allDbs();
    QVERIFY(!all);
    QCOMPARE(all.error().kind, ErrorKind::Protocol);
    QVERIFY2(all.error().message.contains(QStringLiteral("web page")),
             qPrintable(all.error().message));
    QCOMPARE(peer.server.count(), 1);
}

QTEST_GUILESS_MAIN(ClientTest)
#include "client_test.moc"
