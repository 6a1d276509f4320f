#include "core/base/bytes.h"
#include "core/couch/bulkmatch.h"
#include "core/couch/decode.h"
#include "tests/couch/scriptedserver.h"

#include <QtTest>

using namespace couch;
using base::ErrorKind;

/// Answers of servers, good and bad, as bytes.
class DecodeTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void everyCutIsFound_data();
    void everyCutIsFound();
    void somethingBehindTheEndIsFound_data();
    void somethingBehindTheEndIsFound();
    void failureInTheMiddle_data();
    void failureInTheMiddle();
    void badServerInfo_data();
    void badServerInfo();
    void pouchDbServerInfo();
    void databaseInfoOfOtherServers();
    void badDatabaseInfo_data();
    void badDatabaseInfo();
    void badDatabaseInfos_data();
    void badDatabaseInfos();
    void badLists_data();
    void badLists();
    void sequences_data();
    void sequences();
    void badChanges_data();
    void badChanges();
    void bulkRowsOfOtherServers();
    void badBulkGet_data();
    void badBulkGet();
    void bytesOfDocumentsAreKept();
    void aMillionLevels();
    void badRevsDiff_data();
    void badRevsDiff();
    void leafOfARecording();
    void leafWithInlineAttachments();
    void leafMembers();
    void badLeaf_data();
    void badLeaf();
    void statuses_data();
    void statuses();
    void statusTexts();
};

namespace {

using Decode = std::function<bool(std::string_view)>;

// A document with ancestry around the given members.
std::string document(const std::string &members, const std::string &id = R"("a")")
{
    return R"({"_id":)" + id + R"(,"_rev":"1-x","_revisions":{"start":1,"ids":["x"]})" + members
        + "}";
}

std::string bulkAnswer(const std::string &entry, const std::string &id = R"("a")")
{
    return R"({"results":[{"id":)" + id + R"(,"docs":[)" + entry + "]}]}";
}

template <typename Function>
Decode accepts(Function decode)
{
    return [decode](std::string_view body) { return static_cast<bool>(decode(body)); };
}

void recordings()
{
    QTest::addColumn<Decode>("decode");
    QTest::addColumn<QByteArray>("body");
    const auto row = [](const char *name, Decode decode) {
        QTest::newRow(name) << decode << QByteArray::fromStdString(recordedBody(name)).trimmed();
    };
    row("root_auth", accepts(decodeServerInfo));
    row("all_dbs", accepts(decodeStringList));
    row("get_db_200", accepts(decodeDatabaseInfo));
    row("dbs_info_post", accepts(decodeDatabaseInfos));
    row("changes_normal_all", accepts(decodeChanges));
    row("bulk_get_json", accepts(decodeBulkGet));
    row("revs_diff", accepts(decodeRevsDiff));
}

} // namespace

void DecodeTest::everyCutIsFound_data()
{
    recordings();
}

void DecodeTest::everyCutIsFound()
{
    QFETCH(const Decode, decode);
    QFETCH(const QByteArray, body);
    QVERIFY(decode(body.toStdString()));
    for (qsizetype length = 0; length < body.size(); ++length)
        QVERIFY2(!decode(body.left(length).toStdString()), qPrintable(QString::number(length)));
}

void DecodeTest::somethingBehindTheEndIsFound_data()
{
    recordings();
}

void DecodeTest::somethingBehindTheEndIsFound()
{
    QFETCH(const Decode, decode);
    QFETCH(const QByteArray, body);
    for (const char *surplus : {"x", "{}", "]", "}", ",", "\"", "null", "\n{\"error\":\"x\"}"})
        QVERIFY2(!decode(body.toStdString() + surplus), surplus);
    QVERIFY(decode(" \r\n" + body.toStdString() + " \t\n"));
}

// "200 OK", a failure on the way, and a clean end: {"error":...} stands where the rest should.
void DecodeTest::failureInTheMiddle_data()
{
    QTest::addColumn<QByteArray>("body");
    const QByteArray error = R"({"error":"timeout","reason":"The request could not be processed"})";
    QTest::newRow("behind a row of changes")
        << QByteArray(
               "{\"results\":[\n{\"seq\":1,\"id\":\"a\",\"changes\":[{\"rev\":\"1-a\"}]}\n\n")
            + error + "\n";
    QTest::newRow("instead of a row of changes") << "{\"results\":[" + error + "],\"last_seq\":1}";
    QTest::newRow("instead of all") << error;
    QTest::newRow("behind a whole answer") << "{\"results\":[],\"last_seq\":1}" + error;
}

void DecodeTest::failureInTheMiddle()
{
    QFETCH(const QByteArray, body);
    const auto page = decodeChanges(body.toStdString());
    QVERIFY(!page);
    const auto rows = decodeBulkGet(body.toStdString());
    QVERIFY(!rows);
    if (!body.endsWith("\"last_seq\":1}")) {
        QCOMPARE(page.error().kind, ErrorKind::Server);
        QVERIFY(page.error().message.contains(QStringLiteral("could not be processed")));
        QCOMPARE(rows.error().kind, ErrorKind::Server);
    }
}

void DecodeTest::badServerInfo_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("a page") << QByteArray("  <html></html>");
    QTest::newRow("another greeting") << QByteArray(R"({"couchdb":"Goodbye"})");
    QTest::newRow("not an object") << QByteArray(R"(["couchdb","Welcome"])");
    QTest::newRow("two greetings") << QByteArray(R"({"couchdb":"Welcome","couchdb":"Welcome"})");
}

void DecodeTest::badServerInfo()
{
    QFETCH(const QByteArray, body);
    const auto info = decodeServerInfo(body.toStdString());
    QVERIFY(!info);
    QCOMPARE(info.error().kind, ErrorKind::Protocol);
    QVERIFY(info.error().message.startsWith(QStringLiteral("This is not a CouchDB: ")));
}

void DecodeTest::pouchDbServerInfo()
{
    const auto info = decodeServerInfo(
        R"({"express-pouchdb":"Welcome!","version":"4.2.0","vendor":{"name":"PouchDB","version":"4.2.0"},"uuid":"u"})");
    QVERIFY(info);
    QVERIFY(info->isPouchDbServer);
    QCOMPARE(info->vendor, std::string("PouchDB"));
    QVERIFY(decodeServerInfo(R"({"couchdb":"Welcome","vendor":"none"})")->vendor.empty());
}

void DecodeTest::databaseInfoOfOtherServers()
{
    const auto pouch = decodeDatabaseInfo(
        R"({"doc_count":3,"update_seq":12,"db_name":"x","instance_start_time":1446113542})");
    QVERIFY(pouch);
    QCOMPARE(pouch->updateSeq, std::string("12"));
    QCOMPARE(pouch->instanceStartTime, std::string("1446113542"));
    QCOMPARE(pouch->docDelCount, 0u);
    QCOMPARE(pouch->purgeSeq, std::string());
    const auto old = decodeDatabaseInfo(
        R"({"db_name":"x","doc_count":3,"update_seq":[12,"g1"],"purge_seq":0,"instance_start_time":"0","sizes":[]})");
    QVERIFY(old);
    QCOMPARE(old->updateSeq, std::string(R"([12,"g1"])"));
    QCOMPARE(old->purgeSeq, std::string("0"));
    QCOMPARE(old->instanceStartTime, std::string("0"));
    QCOMPARE(old->externalBytes, 0u);
}

void DecodeTest::badDatabaseInfo_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("no name") << QByteArray(R"({"doc_count":3,"update_seq":12})");
    QTest::newRow("no count") << QByteArray(R"({"db_name":"a","update_seq":12})");
    QTest::newRow("a count that is no number")
        << QByteArray(R"({"db_name":"a","doc_count":"3","update_seq":12})");
    QTest::newRow("no sequence") << QByteArray(R"({"db_name":"a","doc_count":3})");
    QTest::newRow("an error") << QByteArray(R"({"error":"x","reason":"y"})");
    QTest::newRow("the same member twice")
        << QByteArray(R"({"db_name":"a","doc_count":3,"doc_count":4,"update_seq":1})");
}

void DecodeTest::badDatabaseInfo()
{
    QFETCH(const QByteArray, body);
    QVERIFY(!decodeDatabaseInfo(body.toStdString()));
}

void DecodeTest::badDatabaseInfos_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("not a list") << QByteArray("{}");
    QTest::newRow("not of objects") << QByteArray("[1]");
    QTest::newRow("no key") << QByteArray(R"([{"error":"not_found"}])");
    QTest::newRow("neither info nor that it is missing") << QByteArray(R"([{"key":"a"}])");
    QTest::newRow("another error") << QByteArray(R"([{"key":"a","error":"timeout"}])");
    QTest::newRow("the info of another")
        << QByteArray(R"([{"key":"a","info":{"db_name":"b","doc_count":1,"update_seq":1}}])");
    QTest::newRow("a null info") << QByteArray(R"([{"key":"a","info":null}])");
    const QByteArray good = R"({"key":"a","info":{"db_name":"a","doc_count":1,"update_seq":1}})";
    QTest::newRow("a database twice") << QByteArray("[" + good + "," + good + "]");
}

void DecodeTest::badDatabaseInfos()
{
    QFETCH(const QByteArray, body);
    QVERIFY(!decodeDatabaseInfos(body.toStdString()));
}

void DecodeTest::badLists_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("an object") << QByteArray("{}");
    QTest::newRow("numbers") << QByteArray("[1]");
    QTest::newRow("a lone surrogate") << QByteArray(R"(["\ud800"])");
    QTest::newRow("invalid UTF-8") << QByteArray("[\"\xff\"]");
}

void DecodeTest::badLists()
{
    QFETCH(const QByteArray, body);
    QVERIFY(!decodeStringList(body.toStdString()));
}

void DecodeTest::sequences_data()
{
    QTest::addColumn<QByteArray>("seq");
    QTest::newRow("a text") << QByteArray(R"("23-g1AAAA\"x")");
    QTest::newRow("a number") << QByteArray("23");
    QTest::newRow("a number over 2^53") << QByteArray("12345678901234567890");
    QTest::newRow("a list") << QByteArray(R"([ 23, "g1" ])");
}

void DecodeTest::sequences()
{
    QFETCH(const QByteArray, seq);
    const std::string text = seq.toStdString();
    const auto page = decodeChanges(
        R"({"results":[{"seq":)" + text
        + R"(,"id":"a\u0000b","changes":[{"rev":"1-a"}],"deleted":false,"doc":{"x":[1,{}]}}],"last_seq": )"
        + text + "\n}");
    QVERIFY2(page, page ? "" : qPrintable(page.error().message));
    QCOMPARE(page->lastSeq, text);
    QVERIFY(!page->pending);
    QCOMPARE(page->rows.at(0).id, std::string("a\0b", 3));
    QVERIFY(!page->rows.at(0).deleted);
}

void DecodeTest::badChanges_data()
{
    QTest::addColumn<QByteArray>("body");
    const auto row = [](const char *name, const QByteArray &results,
                        const QByteArray &rest = R"(,"last_seq":1)") {
        QTest::newRow(name) << QByteArray(R"({"results":)" + results + rest + "}");
    };
    row("no last_seq", "[]", "");
    row("a last_seq of nothing", "[]", R"(,"last_seq":null)");
    row("two lists of results", "[]", R"(,"results":[],"last_seq":1)");
    row("an error beside them", "[]", R"(,"last_seq":1,"error":"x")");
    row("results that are no list", "{}");
    row("a row that is no object", "[1]");
    row("a row without id", R"([{"changes":[{"rev":"1-a"}]}])");
    row("a row without changes", R"([{"id":"a"}])");
    row("a row without any revision", R"([{"id":"a","changes":[]}])");
    row("an empty revision", R"([{"id":"a","changes":[{"rev":""}]}])");
    row("a revision that is no text", R"([{"id":"a","changes":[{"rev":1}]}])");
    row("an id that is no text", R"([{"id":1,"changes":[{"rev":"1-a"}]}])");
    row("deleted that is neither yes nor no",
        R"([{"id":"a","changes":[{"rev":"1-a"}],"deleted":1}])");
    row("balanced brackets, broken grammar",
        R"([{"id":"a","changes":[{"rev":"1-a"}],"doc":{"x":}}])");
    row("broken numbers", R"([{"seq":01,"id":"a","changes":[{"rev":"1-a"}]}])");
    row("results that are not there", "null");
    QTest::newRow("nothing but last_seq") << QByteArray(R"({"last_seq":1})");
}

void DecodeTest::badChanges()
{
    QFETCH(const QByteArray, body);
    const auto page = decodeChanges(body.toStdString());
    QVERIFY(!page);
    QCOMPARE(page.error().kind, ErrorKind::Protocol);
}

void DecodeTest::bulkRowsOfOtherServers()
{
    const auto rows =
        decodeBulkGet(R"({"results":[{"id":"a","docs":[{"missing":"1-z"}]},{"id":"b","docs":[]},
        {"id":"c","more":{"x":1},"docs":[{"more":[1],"error":{"id":"c","rev":"1-c","reason":"no"}}]}],"more":{"results":1}})");
    QVERIFY2(rows, rows ? "" : qPrintable(rows.error().message));
    QCOMPARE(rows->size(), size_t{2});
    QCOMPARE(rows->at(0).error, std::string("not_found"));
    QCOMPARE(rows->at(0).reason, std::string("missing"));
    QCOMPARE(rows->at(0).rev, std::string("1-z"));
    QCOMPARE(rows->at(1).error, std::string("unknown_error"));
    QVERIFY(matchRows({{"a", "1-z"}, {"c", "1-c"}}, *rows, true));
    QVERIFY(matchRows({{"a", "1-z"}, {"c", "1-c"}}, *rows, false));
    QVERIFY(!matchRows({{"a", "1-y"}, {"c", "1-c"}}, *rows, true));
    QVERIFY(!matchRows({{"a", "1-z"}, {"c", "1-c"}, {"c", "1-c"}}, *rows, false));
    const auto stemmed = decodeBulkGet(
        bulkAnswer(R"({"ok":{"_id":"a","_rev":"9-x","_revisions":{"start":9,"ids":["x","w"]}}})"));
    QVERIFY(stemmed);
    QVERIFY(matchRows({{"a", "3-anything"}}, *stemmed, true)); // its branch was stemmed away
    QVERIFY(!matchRows({{"a", "8-other"}}, *stemmed, true));
    QVERIFY(!matchRows({{"a", "garbage"}}, *stemmed, true));
}

void DecodeTest::badBulkGet_data()
{
    QTest::addColumn<QByteArray>("body");
    const auto row = [](const char *name, const std::string &body) {
        QTest::newRow(name) << QByteArray::fromStdString(body);
    };
    const std::string good = R"({"ok":)" + document("") + "}";
    row("no results", "{}");
    row("results that are no list", R"({"results":{}})");
    row("two lists of results", R"({"results":[],"results":[]})");
    row("an error", R"({"more":1,"error":"x"})");
    row("a list", "[]");
    row("a row that is no object", R"({"results":[1]})");
    row("a row without id", R"({"results":[{"docs":[]}]})");
    row("a row without documents", R"({"results":[{"id":"a"}]})");
    row("a row with its id behind", R"({"results":[{"docs":[)" + good + R"(],"id":"a"}]})");
    row("a row with two ids", R"({"results":[{"id":"a","id":"a","docs":[]}]})");
    row("a row with two lists", R"({"results":[{"id":"a","docs":[],"docs":[]}]})");
    row("an entry that is empty", bulkAnswer("{}"));
    row("an entry that is good and bad",
        bulkAnswer(R"({"ok":)" + document("") + R"(,"error":{}})"));
    row("an entry that is no object", bulkAnswer("1"));
    row("a document that is no object", bulkAnswer(R"({"ok":[]})"));
    row("an error that is no object", bulkAnswer(R"({"error":"x"})"));
    row("an error that is broken", bulkAnswer(R"({"error":{"a":}})"));
    row("a document without _id", bulkAnswer(R"({"ok":{"_rev":"1-x","_revisions":{}}})"));
    row("a document without _rev", bulkAnswer(R"({"ok":{"_id":"a","_revisions":{}}})"));
    row("a document without _revisions", bulkAnswer(R"({"ok":{"_id":"a","_rev":"1-x"}})"));
    row("a document in the place of another", bulkAnswer(good, R"("b")"));
    row("a document with broken grammar", bulkAnswer(R"({"ok":)" + document(R"(,"x":[1,])") + "}"));
    row("a document with mismatched brackets",
        bulkAnswer(R"({"ok":)" + document(R"(,"x":[1})") + "}"));
    row("a document with a broken number", bulkAnswer(R"({"ok":)" + document(R"(,"x":1.)") + "}"));
    row("a document with a lone surrogate",
        bulkAnswer(R"({"ok":)" + document(R"(,"x":"\ud800")") + "}"));
    row("a document with a raw control character",
        bulkAnswer(R"({"ok":)" + document(",\"x\":\"\n\"") + "}"));
    row("invalid UTF-8", bulkAnswer(R"({"ok":)" + document(",\"x\":\"\xff\"") + "}"));
    row("a missing revision that is no text", bulkAnswer(R"({"missing":1})"));
    row("empty", "");
}

void DecodeTest::badBulkGet()
{
    QFETCH(const QByteArray, body);
    const auto rows = decodeBulkGet(body.toStdString());
    QVERIFY(!rows);
    QCOMPARE(rows.error().kind, ErrorKind::Protocol);
}

void DecodeTest::bytesOfDocumentsAreKept()
{
    const std::string text = document(
        R"( , "n" : 12345678901234567890, "f":1.0,"e":5e-324,"t":1e-400,"z":-0.0,"u":"\u00e9\/é","b":{"b":1,"a":2})",
        R"("\u0061\"/\u0000")");
    const auto rows = decodeBulkGet(bulkAnswer("\n {\"ok\" : " + text + " \n}", R"("a\"/\u0000")"));
    QVERIFY2(rows, rows ? "" : qPrintable(rows.error().message));
    QCOMPARE(rows->at(0).document, text);
    QCOMPARE(rows->at(0).id, std::string("a\"/\0", 4));
}

void DecodeTest::aMillionLevels()
{
    constexpr size_t kLevels = 1'000'000;
    const std::string deep =
        document(R"(,"x":)" + std::string(kLevels, '[') + std::string(kLevels, ']'));
    const auto rows = decodeBulkGet(R"({"results":[{"id":"a","docs":[{"ok":)" + deep
                                    + R"(}]},{"id":"a","docs":[{"ok":)" + document("") + "}]}]}");
    QVERIFY2(rows, rows ? "" : qPrintable(rows.error().message));
    QCOMPARE(rows->size(), size_t{2});
    QVERIFY(rows->at(0).document == deep);
    const auto leaf = dissectLeaf(rows->at(0).document);
    QVERIFY(leaf);
    QCOMPARE(leaf->userMembers.at(0).second.size(), 2 * kLevels);
    std::string unbalanced = deep;
    unbalanced[unbalanced.size() / 2 + kLevels / 4] = ' ';
    QVERIFY(!decodeBulkGet(bulkAnswer(R"({"ok":)" + unbalanced + "}")));
    const auto page = decodeChanges(R"({"results":[{"id":"a","changes":[{"rev":"1-x"}],"doc":)"
                                    + deep + R"(}],"last_seq":1})");
    QVERIFY2(page, page ? "" : qPrintable(page.error().message));
}

void DecodeTest::badRevsDiff_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("a list") << QByteArray("[]");
    QTest::newRow("no list of missing ones") << QByteArray(R"({"a":{}})");
    QTest::newRow("numbers") << QByteArray(R"({"a":{"missing":[1]}})");
    QTest::newRow("not objects") << QByteArray(R"({"a":["1-x"]})");
    QTest::newRow("a document twice")
        << QByteArray(R"({"a":{"missing":["1-x"]},"a":{"missing":[]}})");
}

void DecodeTest::badRevsDiff()
{
    QFETCH(const QByteArray, body);
    QVERIFY(!decodeRevsDiff(body.toStdString()));
}

void DecodeTest::leafOfARecording()
{
    const auto rows = decodeBulkGet(recordedBody("bulk_get_att_encoding_info"));
    QVERIFY(rows);
    const auto leaf = dissectLeaf(rows->at(0).document);
    QVERIFY2(leaf, leaf ? "" : qPrintable(leaf.error().message));
    QCOMPARE(leaf->id, std::string("c1"));
    QCOMPARE(std::string(leaf->idJson), std::string(R"("c1")"));
    QCOMPARE(leaf->rev, std::string("2-bbbb0000000000000000000000000002"));
    QVERIFY(!leaf->deleted);
    QCOMPARE(leaf->revisionsStart, 2u);
    QCOMPARE(leaf->revisionsIds.size(), size_t{2});
    QCOMPARE(leaf->userMembers.size(), size_t{1});
    QCOMPARE(std::string(leaf->userMembers[0].first), std::string("v"));
    QCOMPARE(std::string(leaf->userMembers[0].second), std::string(R"("b")"));
    QCOMPARE(leaf->attachments.size(), size_t{2});
    const AttachmentStub &note = leaf->attachments[0];
    QCOMPARE(note.nameJson, std::string(R"("note.txt")"));
    QCOMPARE(note.contentTypeJson, std::string(R"("text/plain")"));
    QCOMPARE(note.length, 480u);
    QCOMPARE(note.encoding, std::string("gzip"));
    QCOMPARE(note.encodedLength, 37u);
    QCOMPARE(note.digest, std::string("md5-uYaZIau/n0t/x2gOgT9oyQ=="));
    QCOMPARE(leaf->attachments[1].encoding, std::string());
    QCOMPARE(leaf->attachments[1].length, 12u);

    const auto deleted = decodeBulkGet(recordedBody("bulk_get_json"));
    QVERIFY(dissectLeaf(deleted->at(2).document)->deleted);
}

void DecodeTest::leafWithInlineAttachments()
{
    const auto rows = decodeBulkGet(recordedBody("bulk_get_json"));
    const auto leaf = dissectLeaf(rows->at(0).document);
    QVERIFY(leaf);
    QCOMPARE(leaf->attachments[0].length, 480u);
    QCOMPARE(base::fromBase64(leaf->attachments[0].dataBase64)->substr(0, 12),
             std::string("hello couch\n"));
    QCOMPARE(leaf->attachments[1].length, 12u);
}

void DecodeTest::leafMembers()
{
    const std::string text = document(
        R"(,"_deleted":true,"a":1,"":{},"_conflicts":["1-y"],"_local_seq":7,"k\u00e9y":[1 , 2],"\u005flate":1,
        "_attachments":{"n\u00e9\"w":{"digest":"md5-x","stub":true,"length":0,"encoding":"identity"}},"z_":null)");
    const auto leaf = dissectLeaf(text);
    QVERIFY2(leaf, leaf ? "" : qPrintable(leaf.error().message));
    QVERIFY(leaf->deleted);
    std::vector<std::string> keys;
    for (const auto &[key, value] : leaf->userMembers)
        keys.emplace_back(std::string(key) + "=" + std::string(value));
    QCOMPARE(keys, (std::vector<std::string>{"a=1", "={}", R"(k\u00e9y=[1 , 2])", "z_=null"}));
    QCOMPARE(leaf->attachments.at(0).nameJson, std::string(R"("n\u00e9\"w")"));
    QCOMPARE(leaf->attachments.at(0).contentTypeJson, std::string(R"("application/octet-stream")"));
    QCOMPARE(leaf->attachments.at(0).encoding, std::string());
    QVERIFY(!dissectLeaf(document(R"(,"_deleted":false)"))->deleted);
}

void DecodeTest::badLeaf_data()
{
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char *name, const std::string &text) {
        QTest::newRow(name) << QByteArray::fromStdString(text);
    };
    const auto attachment = [&](const char *name, const std::string &members) {
        row(name, document(R"(,"_attachments":{"n":{)" + members + "}}"));
    };
    row("not an object", "[]");
    row("no _id", R"({"_rev":"1-x","_revisions":{"start":1,"ids":["x"]}})");
    row("an _id that is no text", R"({"_id":1,"_rev":"1-x","_revisions":{"start":1,"ids":["x"]}})");
    row("two _ids", document(R"(,"_id":"a")"));
    row("two _ids, one escaped", document(R"(,"\u005fid":"b")"));
    row("two _revs", document(R"(,"_rev":"1-x")"));
    row("a _rev that is no text", R"({"_id":"a","_rev":1,"_revisions":{"start":1,"ids":["x"]}})");
    row("two _revisions", document(R"(,"_revisions":{"start":1,"ids":["x"]})"));
    row("no _revisions", R"({"_id":"a","_rev":"1-x"})");
    row("_revisions without ids", R"({"_id":"a","_rev":"1-x","_revisions":{"start":1,"ids":[]}})");
    row("_revisions without a start", R"({"_id":"a","_rev":"1-x","_revisions":{"ids":["x"]}})");
    row("_revisions that are no object", R"({"_id":"a","_rev":"1-x","_revisions":["x"]})");
    row("more ancestors than generations",
        R"({"_id":"a","_rev":"1-x","_revisions":{"start":1,"ids":["x","w"]}})");
    row("a _rev that is not the first",
        R"({"_id":"a","_rev":"1-y","_revisions":{"start":1,"ids":["x"]}})");
    row("a _rev of another generation",
        R"({"_id":"a","_rev":"2-x","_revisions":{"start":1,"ids":["x"]}})");
    row("_attachments that are no object", document(R"(,"_attachments":[])"));
    row("two _attachments",
        document(
            R"(,"_attachments":{"a":{"digest":"d","length":1,"stub":true}},"_attachments":{})"));
    attachment("an attachment without digest", R"("length":1,"stub":true)");
    attachment("an attachment without length or data", R"("digest":"d","stub":true)");
    attachment("an attachment that follows", R"("digest":"d","length":1,"follows":true)");
    attachment("data that are no text", R"("digest":"d","data":1)");
    attachment("data that are no base64", R"("digest":"d","data":"*")");
    attachment("data of another length", R"("digest":"d","data":"aGVsbG8=","length":4)");
    attachment("an unknown encoding",
               R"("digest":"d","length":1,"stub":true,"encoding":"br","encoded_length":1)");
    attachment("an encoding without its length",
               R"("digest":"d","length":1,"stub":true,"encoding":"gzip")");
}

void DecodeTest::badLeaf()
{
    QFETCH(const QByteArray, text);
    const std::string bytes = text.toStdString();
    const auto leaf = dissectLeaf(bytes);
    QVERIFY(!leaf);
    QCOMPARE(leaf.error().kind, ErrorKind::Protocol);
}

void DecodeTest::statuses_data()
{
    QTest::addColumn<int>("status");
    QTest::addColumn<ErrorKind>("kind");
    const auto row = [](int status, ErrorKind kind) {
        QTest::addRow("%d", status) << status << kind;
    };
    row(301, ErrorKind::Redirected);
    row(400, ErrorKind::Unsupported);
    row(401, ErrorKind::Unauthorized);
    row(403, ErrorKind::Forbidden);
    row(404, ErrorKind::NotFound);
    row(405, ErrorKind::Unsupported);
    row(406, ErrorKind::Unsupported);
    row(408, ErrorKind::Timeout);
    row(409, ErrorKind::Conflict);
    row(410, ErrorKind::NotFound);
    row(412, ErrorKind::Conflict);
    row(413, ErrorKind::TooLarge);
    row(414, ErrorKind::TooLarge);
    row(415, ErrorKind::Unsupported);
    row(416, ErrorKind::Unsupported);
    row(418, ErrorKind::Protocol);
    row(429, ErrorKind::Busy);
    row(500, ErrorKind::Server);
    row(501, ErrorKind::Unsupported);
    row(503, ErrorKind::Busy);
    row(599, ErrorKind::Server);
    row(199, ErrorKind::Protocol);
}

void DecodeTest::statuses()
{
    QFETCH(const int, status);
    QFETCH(const ErrorKind, kind);
    const auto error =
        errorForStatus(status, "https://h/db%1", R"({"error":"e","reason":"the %2 reason"})");
    QCOMPARE(error.kind, kind);
    QVERIFY2(error.message.contains(QString::number(status) + QStringLiteral(": the %2 reason")),
             qPrintable(error.message));
    QVERIFY(error.message.contains(QStringLiteral("https://h/db%1")));
}

void DecodeTest::statusTexts()
{
    QCOMPARE(errorForStatus(404, "https://h/db", "").message,
             QStringLiteral("https://h/db does not exist (404)."));
    QCOMPARE(errorForStatus(413, "https://h/db", R"({"error":"document_too_large","reason":""})")
                 .message,
             QStringLiteral("https://h/db finds the request too large (413: document_too_large). "
                            "Raise its limit, or that of a proxy before it."));
    const auto page = errorForStatus(502, "https://h/db", "<html>" + std::string(2'000, 'x'));
    QCOMPARE(
        page.message,
        QStringLiteral("https://h/db failed at the server (502). Look into the server's log."));
    QVERIFY(page.detail.size() < 600);
    QVERIFY(!errorForStatus(500, "h", "{\"reason\":\"\\u001b[2J\"}").message.contains(QChar(0x1b)));
}

QTEST_GUILESS_MAIN(DecodeTest)
#include "decode_test.moc"
