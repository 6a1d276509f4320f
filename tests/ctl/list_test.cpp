#include "core/base/json.h"
#include "core/store/keyspace.h"
#include "tests/ctl/ctltesting.h"

#include <QRegularExpression>
#include <QTest>

using namespace ctltesting;

class ListTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void whatIsNoArchive_data();
    void whatIsNoArchive();
    void databasesOfAPredecessor();
    void databasesOfAPredecessorAsJson();
    void documentsOfAPredecessor();
    void documentsOfAPredecessorAsJson();
    void attachmentsOfLeavesOnly();
    void unknownDatabase();
    void unpackedFolder();
    void archiveOfOurs();
    void archiveOfOursAsJson();
    void omissionsAreAttention();
    void cutArchive();
    void namesThatAreNoUtf8();
    void idsThatWouldDrawOnTheTerminal();
    void veryLongNamesDoNotBlowUpTheTable();
    void largeSequenceNumbersCostNoMemory();
    void stoppedListIsNotWhole_data();
    void stoppedListIsNotWhole();
    void damageInTheMiddleIsOneObject();
};

void ListTest::whatIsNoArchive_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<QByteArray>("message");
    QTest::newRow("missing") << QByteArray("no.tgz") << QByteArray("not_found")
                             << QByteArray("could not be opened: No such file or directory.");
    QTest::newRow("a text file") << QByteArray("text.txt") << QByteArray("unsupported")
                                 << QByteArray("is not a backup archive.");
    QTest::newRow("an empty file")
        << QByteArray("empty.tgz") << QByteArray("corrupt") << QByteArray("is empty.");
    QTest::newRow("a folder without databases")
        << QByteArray("folder") << QByteArray("unsupported")
        << QByteArray("is not a backup archive: there is no database in it.");
}

void ListTest::whatIsNoArchive()
{
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, code);
    QFETCH(QByteArray, message);
    const Workplace place;
    place.put("text.txt", "hello\n");
    place.put("empty.tgz", "");
    QVERIFY(base::makeFolder(base::fromUtf8(place.path("folder"))));
    const auto before = place.names();
    const std::string path = place.path(name.toStdString());
    for (const std::vector<std::string> &command : {std::vector<std::string>{"list", path},
                                                    {"list", path, "db"},
                                                    {"show", path, "db", "doc"},
                                                    {"verify", path}}) {
        const Outcome text = run(command);
        QCOMPARE(text.code, 2);
        QCOMPARE(flawOf(text), QString());
        QCOMPARE(QByteArray::fromStdString(text.err),
                 "focus-monitorctl: " + QByteArray::fromStdString(path) + ' ' + message + '\n');
        auto withJson = command;
        withJson.emplace_back("--json");
        const Outcome json = run(withJson);
        QCOMPARE(json.code, 2);
        QCOMPARE(flawOf(json, true), QString());
        QCOMPARE(QByteArray::fromStdString(valueAt(json.out, {"error", "code"})), '"' + code + '"');
    }
    QCOMPARE(place.names(), before);
}

void ListTest::databasesOfAPredecessor()
{
    const Workplace place;
    const Outcome outcome = run({"list", predecessorArchive()});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(outcome.err, std::string());
    QCOMPARE(outcome.out,
             std::string("DATABASE     DOCUMENTS  DELETED  LEAVES  CONFLICTED  ATTACHMENTS\n"
                         "attachments         10        0      11           1           17\n"
                         "basic               31        0      31           0            0\n"
                         "batches            230        0     230           0            0\n"
                         "conflicts            8        1      19           6            0\n"
                         "deleted              2        5       7           0            0\n"
                         "empty                0        0       0           0            0\n"
                         "longhist             2        0       2           0            0\n"
                         "numbers              9        0       9           0            0\n"
                         "stemmed              2        0       3           1            0\n"));
    QVERIFY(place.names().empty());
}

void ListTest::databasesOfAPredecessorAsJson()
{
    const Outcome outcome = run({"list", predecessorArchive(), "--json"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(outcome.err, std::string());
    QVERIFY(base::json::validate(outcome.out));
    QCOMPARE(memberNames(outcome.out), std::string("databases"));
    QCOMPARE(
        valueAt(outcome.out, {"databases", "3"}),
        std::string(
            R"({"name":"conflicts","documents":8,"deleted":1,"leaves":19,"conflicted":6,"attachments":0,)"
            R"("update_seq":null,"reused":false,"content_from":null,"compared":null,)"
            R"("omissions":[],"whole":true})"));
    QCOMPARE(valueAt(outcome.out, {"databases", "8", "name"}), std::string(R"("stemmed")"));
    QCOMPARE(valueAt(outcome.out, {"databases", "9"}), std::string());
}

void ListTest::documentsOfAPredecessor()
{
    const Outcome outcome = run({"list", predecessorArchive(), "conflicts"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(outcome.err, std::string());
    QCOMPARE(
        outcome.out,
        std::string(
            "LEAVES  ATTACHMENTS        SIZE  REVISION                            DOCUMENT\n"
            "     2            0       106 B  2-22222222222222222222222222222222  c-all-deleted  (deleted)\n"
            "     3            0        48 B  1-abcdef                            c-case\n"
            "     2            0        88 B  2-11111111111111111111111111111111  c-deleted-longer\n"
            "     2            0        84 B  3-00000000000000000000000000000000  c-diff-depth\n"
            "     2            0        87 B  5-e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5  c-disjoint\n"
            "     2            0        76 B  2-cccccccccccccccccccccccccccccccc  c-same-depth\n"
            "     3            0        69 B  3-d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3  c-three\n"
            "     2            0        75 B  1-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb  c-two-roots\n"
            "     1            0        65 B  1-55555555555555555555555555555555  no-conflict\n"));
}

void ListTest::documentsOfAPredecessorAsJson()
{
    const Outcome outcome = run({"list", predecessorArchive(), "attachments", "--json"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(outcome.err, std::string());
    QVERIFY(base::json::validate(outcome.out));
    QCOMPARE(memberNames(outcome.out), std::string("documents"));
    QCOMPARE(
        valueAt(outcome.out, {"documents", "1"}),
        std::string(
            R"({"id":"att-conflict","rev":"2-cccccccccccccccccccccccccccccccc","deleted":false,)"
            R"("leaves":2,"attachments":1,"size":212})"));
    QCOMPARE(valueAt(outcome.out, {"documents", "9", "id"}), std::string(R"("no-att")"));
    QCOMPARE(valueAt(outcome.out, {"documents", "10"}), std::string());
    const Outcome empty = run({"list", predecessorArchive(), "empty", "--json"});
    QCOMPARE(empty.code, 0);
    QCOMPARE(empty.out, std::string("{\"documents\":[]}\n"));
}

// PouchDB keeps the bodies of earlier revisions until it compacts.
void ListTest::attachmentsOfLeavesOnly()
{
    const Workplace place;
    {
        const std::string digest = "md5-XUFAKrxLKna5cZ2REBfFkg=="; // hello
        const auto body = [&](const char *rev) {
            return R"({"_attachments":{"a":{"digest":")" + digest
                + R"(","length":5,"revpos":1,"content_type":"text/plain"}},"_id":"doc","_rev":")"
                + rev + "\"}";
        };
        ForgedDatabase database(place.path("db"));
        database.putRecord(store::kDocumentStore, "doc",
                           R"({"id":"doc","rev":"2-b","rev_tree":[{"pos":1,"ids":["a",)"
                           R"({"status":"available"},[["b",{"status":"available"},[]]]]}],)"
                           R"("rev_map":{"1-a":1,"2-b":2},"winningRev":"2-b","deleted":false,)"
                           R"("seq":2})");
        database.putRecord(store::kBySequenceStore, store::sequenceKey(1), body("1-a"));
        database.putRecord(store::kBySequenceStore, store::sequenceKey(2), body("2-b"));
        database.putRecord(store::kAttachStore, digest,
                           R"({"refs":{"doc@1-a":true,"doc@2-b":true}})");
        database.putRecord(store::kAttachBinaryStore, digest, "hello");
    }
    const Outcome json = run({"list", place.path(""), "--json"});
    QVERIFY2(json.code == 0, json.out.c_str());
    QCOMPARE(valueAt(json.out, {"databases", "0", "attachments"}), std::string("1"));
    QCOMPARE(valueAt(json.out, {"databases", "0", "leaves"}), std::string("1"));
}

void ListTest::unknownDatabase()
{
    for (const char *name : {"nothing", "Basic", "basic ", "../basic", "backups"}) {
        const Outcome outcome = run({"list", predecessorArchive(), name});
        QCOMPARE(outcome.code, 2);
        QCOMPARE(flawOf(outcome), QString());
        QVERIFY(outcome.err.find("holds no database " + std::string(name)) != std::string::npos);
    }
    const Outcome json = run({"list", predecessorArchive(), "nothing", "--json"});
    QCOMPARE(json.code, 2);
    QCOMPARE(flawOf(json, true), QString());
    QCOMPARE(valueAt(json.out, {"error", "code"}), std::string("\"not_found\""));
}

void ListTest::unpackedFolder()
{
    const Workplace place;
    ForgedDatabase(place.path("a")).putDocument("doc", 1, R"({"_id":"doc","_rev":"1-a"})");
    ForgedDatabase(place.path("org%2Fb")).putDocument("doc", 1, R"({"_id":"doc","_rev":"1-a"})");
    const auto before = place.names();
    const Outcome outcome = run({"list", place.path("")});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(outcome.out,
             std::string("DATABASE  DOCUMENTS  DELETED  LEAVES  CONFLICTED  ATTACHMENTS\n"
                         "a                 1        0       1           0            0\n"
                         "org/b             1        0       1           0            0\n"));
    QCOMPARE(run({"list", place.path(""), "org/b"}).code, 0);
    QCOMPARE(place.names(), before); // looking changes nothing, not even LevelDB's log
}

namespace {

archive::Manifest sampleManifest()
{
    archive::Manifest manifest;
    manifest.tool = "focus-monitor 0.1.0";
    manifest.runId = "11111111-2222-3333-4444-555555555555";
    manifest.startedAt = manifest.finishedAt = "2026-11-23T03:00:00.000Z";
    manifest.server = "https://couch.example";
    archive::ManifestDatabase whole;
    whole.name = "org/1";
    whole.directory = "org%2F1";
    whole.contentFrom = "source";
    whole.updateSeq = R"("12-g1AAAA")";
    whole.documents = 1;
    whole.leaves = 1;
    whole.leafSet = std::string(64, '0');
    whole.contentHash = std::string(64, '0');
    whole.reused = true;
    manifest.databases = {whole};
    return manifest;
}

archive::Manifest manifestWithOmissions()
{
    archive::Manifest manifest = sampleManifest();
    archive::ManifestDatabase refused;
    refused.name = "org_2";
    refused.omissions = {{"forbidden", {}, {}, {}, "The server refused to let it be read."}};
    archive::ManifestDatabase partly = manifest.databases.front();
    partly.name = "org_3";
    partly.updateSeq = "17";
    partly.reused = false;
    partly.omissions = {{"attachment-unreadable", "doc", "1-a", "a.png",
                         "The server sent other bytes than it announced."},
                        {"pouch-unreadable", "doc", {}, {}, "It is larger than PouchDB can read."}};
    manifest.databases.push_back(refused);
    manifest.databases.push_back(partly);
    return manifest;
}

/// An archive of ours in `place`; its databases hold the document "doc".
std::string archiveOf(const Workplace &place, const archive::Manifest &manifest)
{
    ForgedDatabase(place.path("org%2F1")).putDocument("doc", 1, R"({"_id":"doc","_rev":"1-a"})");
    writeArchive(place.path("a.tgz"), manifest, place.path(""));
    return place.path("a.tgz");
}

} // namespace

void ListTest::archiveOfOurs()
{
    const Workplace place;
    const std::string path = archiveOf(place, sampleManifest());
    const Outcome databases = run({"list", path});
    QCOMPARE(databases.err, std::string());
    QCOMPARE(databases.out,
             std::string("DATABASE  DOCUMENTS  DELETED  LEAVES  CONFLICTED  ATTACHMENTS\n"
                         "org/1             1        0       1           0            0\n"));
    QCOMPARE(databases.code, 0);
    const Outcome documents = run({"list", path, "org/1"});
    QCOMPARE(documents.code, 0);
    QCOMPARE(documents.out,
             std::string(
                 "LEAVES  ATTACHMENTS        SIZE  REVISION                            DOCUMENT\n"
                 "     1            0        26 B  1-a                                 doc\n"));
}

void ListTest::archiveOfOursAsJson()
{
    const Workplace place;
    const Outcome outcome = run({"list", archiveOf(place, sampleManifest()), "--json"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(
        outcome.out,
        std::string(
            R"({"databases":[{"name":"org/1","documents":1,"deleted":0,"leaves":1,"conflicted":0,)"
            R"("attachments":0,"update_seq":"12-g1AAAA","reused":true,"content_from":"source","compared":null,)"
            R"("omissions":[],"whole":true}]})"
            "\n"));
}

void ListTest::omissionsAreAttention()
{
    const Workplace place;
    archive::Manifest manifest = manifestWithOmissions();
    manifest.databases.back().directory.clear();
    const std::string path = archiveOf(place, manifest);
    const Outcome text = run({"list", path});
    QCOMPARE(text.code, 1);
    QVERIFY(text.out.find("1 omission: The server refused to let it be read.\n")
            != std::string::npos);
    QVERIFY(text.out.find("2 omissions: The server sent other bytes than it announced.\n")
            != std::string::npos);
    const Outcome json = run({"list", path, "--json"});
    QCOMPARE(json.code, 1);
    QVERIFY(base::json::validate(json.out));
    QCOMPARE(
        valueAt(json.out, {"databases", "1", "omissions"}),
        std::string(R"([{"code":"forbidden","message":"The server refused to let it be read."}])"));
    QCOMPARE(valueAt(json.out, {"databases", "2", "omissions", "0"}),
             std::string(
                 R"({"code":"attachment-unreadable","id":"doc","rev":"1-a","attachment":"a.png",)"
                 R"("message":"The server sent other bytes than it announced."})"));
    QCOMPARE(valueAt(json.out, {"databases", "2", "update_seq"}), std::string("17"));
    const Outcome documents = run({"list", path, "org_2"});
    QCOMPARE(documents.code, 2);
    QCOMPARE(flawOf(documents), QString());
}

void ListTest::cutArchive()
{
    const Workplace place;
    const auto whole = base::readFile(base::fromUtf8(predecessorArchive()), std::uint64_t{1} << 30);
    QVERIFY(whole);
    place.put("cut.tgz", std::string_view(*whole).substr(0, 5000));
    const Outcome text = run({"list", place.path("cut.tgz")});
    QCOMPARE(text.code, 1);
    // No numbers are said where none are known.
    QVERIFY2(text.out.find("attachments          -        -       -           -            -  ")
                 != std::string::npos,
             text.out.c_str());
    QVERIFY2(text.err.find("PROBLEM: The archive breaks off after 5000 bytes.\n")
                 != std::string::npos,
             text.err.c_str());
    const Outcome json = run({"list", place.path("cut.tgz"), "--json"});
    QCOMPARE(json.code, 1);
    QCOMPARE(json.err, std::string());
    QVERIFY(base::json::validate(json.out));
    QCOMPARE(valueAt(json.out, {"databases", "0", "whole"}), std::string("false"));
    QVERIFY(!valueAt(json.out, {"databases", "0", "problem"}).empty());
    const Outcome documents = run({"list", place.path("cut.tgz"), "basic"});
    QCOMPARE(documents.code, 2);
    QCOMPARE(flawOf(documents), QString());
}

void ListTest::namesThatAreNoUtf8()
{
    const Workplace place;
    ForgedDatabase(place.path("a%FFb")).putDocument("doc", 1, "{}");
    const Outcome json = run({"list", place.path(""), "--json"});
    QVERIFY2(base::json::validate(json.out), json.out.c_str());
    const Outcome text = run({"list", place.path("")});
    QVERIFY(text.out.find('\xff') == std::string::npos);
}

void ListTest::idsThatWouldDrawOnTheTerminal()
{
    const Workplace place;
    const std::string id("a\x1b[2J\0\n", 7);
    ForgedDatabase(place.path("db")).putDocument(id, 1, "{}", "\x1b[2J");
    const Outcome text = run({"list", place.path(""), "db"});
    QCOMPARE(text.code, 0);
    QVERIFY(text.out.find('\x1b') == std::string::npos);
    QCOMPARE(std::count(text.out.begin(), text.out.end(), '\n'), std::ptrdiff_t{2});
    const Outcome json = run({"list", place.path(""), "db", "--json"});
    QCOMPARE(base::json::unescape(valueAt(json.out, {"documents", "0", "id"})), id);
}

void ListTest::veryLongNamesDoNotBlowUpTheTable()
{
    const Workplace place;
    const std::string name = "org_" + std::string(200, 'x') + "_end";
    ForgedDatabase(place.path(name)).putDocument("doc", 1, R"({"_id":"doc","_rev":"1-a"})");
    const Outcome outcome = run({"list", place.path("")});
    QCOMPARE(outcome.code, 0);
    const std::string header = outcome.out.substr(0, outcome.out.find('\n'));
    QVERIFY2(header.size() < 120, outcome.out.c_str());
    QVERIFY(outcome.out.find("org_xxxxxxxxxxxxxxxxxxxxxxxxxx\u2026") != std::string::npos);
    QVERIFY(outcome.out.find("x_end  ") != std::string::npos);
    const Outcome json = run({"list", place.path(""), "--json"});
    QCOMPARE(valueAt(json.out, {"databases", "0", "name"}), base::json::quoted(name));
    QCOMPARE(run({"list", place.path(""), name}).code, 0);
}

// A table with a row for each sequence number was made: eight gigabytes for two documents.
void ListTest::largeSequenceNumbersCostNoMemory()
{
    const Workplace place;
    {
        ForgedDatabase database(place.path("db"));
        database.putDocument("a", 999'999'999, R"({"x":1})");
        database.putDocument("b", 9'999'999'999'999, R"({"x":12})");
    }
    const Outcome outcome = run({"list", place.path(""), "db", "--json"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(valueAt(outcome.out, {"documents", "0", "size"}), std::string("7"));
    QCOMPARE(valueAt(outcome.out, {"documents", "1", "size"}), std::string("8"));
}

void ListTest::stoppedListIsNotWhole_data()
{
    QTest::addColumn<bool>("asJson");
    QTest::newRow("text") << false;
    QTest::newRow("JSON") << true;
}

// It ended early, and the exit code said that it was whole.
void ListTest::stoppedListIsNotWhole()
{
    QFETCH(bool, asJson);
    std::stop_source stop;
    stop.request_stop();
    std::vector<std::string> command{"list", predecessorArchive(), "basic"};
    if (asJson)
        command.emplace_back("--json");
    const Outcome outcome = run(command, stop.get_token());
    QCOMPARE(outcome.code, 130);
    QCOMPARE(flawOf(outcome, asJson), QString());
}

// What had been printed and the error were two objects, neither of them whole.
void ListTest::damageInTheMiddleIsOneObject()
{
    const Workplace place;
    {
        ForgedDatabase database(place.path("db"));
        database.putDocument("a", 1, "{}");
        database.putRecord(store::kDocumentStore, "b", "no metadata");
    }
    const Outcome json = run({"list", place.path(""), "db", "--json"});
    QCOMPARE(json.code, 2);
    QVERIFY2(base::json::validate(json.out), json.out.c_str());
    QCOMPARE(memberNames(json.out), std::string("documents error"));
    QCOMPARE(valueAt(json.out, {"documents", "0", "id"}), std::string("\"a\""));
    QCOMPARE(valueAt(json.out, {"error", "code"}), std::string("\"corrupt\""));
    const Outcome text = run({"list", place.path(""), "db"});
    QCOMPARE(text.code, 2);
    QVERIFY(text.out.find("  a\n") != std::string::npos);
    QVERIFY(text.err.starts_with("focus-monitorctl: "));
}

QTEST_GUILESS_MAIN(ListTest)

#include "list_test.moc"
