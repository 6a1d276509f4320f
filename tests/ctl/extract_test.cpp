#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/store/keyspace.h"
#include "tests/ctl/ctltesting.h"

#include <QRegularExpression>
#include <QTest>

#include <algorithm>

using namespace ctltesting;
namespace json = base::json;

class ExtractTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void everythingComesOut();
    void oneDatabase();
    void oneDocument();
    void emptyFolderIsFilled();
    void refusals_data();
    void refusals();
    void namesThatSystemsRefuse();
    void damageIsNamedAndGoneAround();
    void damagedDocument();
    void cutArchive();
    void databaseThatCannotBeRead();
    void omittedDatabase();
    void usersThatAreAList();
    void failedWritesLeaveNothing_data();
    void failedWritesLeaveNothing();
    void stopped();
};

namespace {

std::string readText(const std::string &path)
{
    const auto bytes = base::readFile(base::fromUtf8(path), std::uint64_t{1} << 30);
    return bytes ? *bytes : "unreadable: " + bytes.error().message.toStdString();
}

std::vector<std::string> elementsOf(std::string_view array)
{
    std::vector<std::string> out;
    if (const auto elements = json::elements(array))
        out.assign(elements->begin(), elements->end());
    return out;
}

std::string textAt(std::string_view object, const std::vector<std::string> &path)
{
    const std::string value = valueAt(object, path);
    return value.empty() || value == "null" ? std::string() : json::unescape(value);
}

/// What is wrong with what lies in a folder, measured by its index; empty when nothing is. Counts
/// the leaves.
QString flawOfExtract(const std::string &folder, size_t &leaves)
{
    const std::string index = readText(folder + "/index.json");
    if (!json::validate(index))
        return QStringLiteral("index.json is no JSON.");
    for (const std::string &database : elementsOf(valueAt(index, {"databases"}))) {
        const std::string below = folder + '/' + textAt(database, {"folder"}) + '/';
        for (const std::string &leaf : elementsOf(valueAt(database, {"documents"}))) {
            ++leaves;
            const std::string body = readText(below + textAt(leaf, {"file"}));
            if (textAt(body, {"_id"}) != textAt(leaf, {"id"})
                || textAt(body, {"_rev"}) != textAt(leaf, {"rev"}))
                return QString::fromStdString("Another body than " + leaf);
            for (const std::string &attachment : elementsOf(valueAt(leaf, {"attachments"}))) {
                const std::string bytes = readText(below + textAt(attachment, {"file"}));
                if ("md5-" + base::toBase64(base::md5(bytes)) != textAt(attachment, {"digest"}))
                    return QString::fromStdString("Other bytes than " + attachment);
            }
        }
    }
    return {};
}

/// Puts an attachment into a database; returns its digest.
std::string putAttachment(ForgedDatabase &database, const std::string &leaf,
                          const std::string &bytes)
{
    std::string digest = "md5-" + base::toBase64(base::md5(bytes));
    database.putRecord(store::kAttachStore, digest,
                       R"({"refs":{)" + json::quoted(leaf) + ":true}}");
    database.putRecord(store::kAttachBinaryStore, digest, bytes);
    return digest;
}

std::string bodyWith(const std::string &id, const std::string &attachments)
{
    return R"({"_attachments":{)" + attachments + R"(},"_id":)" + json::quoted(id)
        + R"(,"_rev":"1-a"})";
}

std::string stubOf(const std::string &name, const std::string &digest, size_t length)
{
    return json::quoted(name) + R"(:{"content_type":"text/plain","revpos":1,"digest":")" + digest
        + R"(","length":)" + std::to_string(length) + '}';
}

} // namespace

void ExtractTest::everythingComesOut()
{
    const Workplace place;
    const Outcome text = run({"extract", predecessorArchive(), "-o", place.path("out")});
    QCOMPARE(text.err, std::string());
    QCOMPARE(text.code, 0);
    QCOMPARE(text.out,
             "294 documents, 6 tombstones, 12 other leaf revisions and 17 attachments of 9 "
             "databases (61.4 KiB) are in "
                 + place.path("out") + "; index.json there has the names.\n");
    size_t leaves = 0;
    QCOMPARE(flawOfExtract(place.path("out"), leaves), QString());
    QCOMPARE(leaves, size_t{312});
    QCOMPARE(readText(place.path("out/conflicts/c-three.json")),
             std::string("{\"who\":3,\"_id\":\"c-three\","
                         "\"_rev\":\"3-d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3\"}\n"));
    QVERIFY(place.names().contains("out/conflicts/c-three.conflicts/"
                                   "3-d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1.json"));
    QVERIFY(readText(place.path("out/conflicts/c-all-deleted.json")).find("\"_deleted\":true")
            != std::string::npos);
    QVERIFY(place.names().contains("out/empty")); // a database without documents is one, too
    const std::string index = readText(place.path("out/index.json"));
    QCOMPARE(memberNames(index), std::string("format version archive databases problems"));
    QCOMPARE(textAt(index, {"archive"}), std::string("2026-11-23T16_03_52.749Z.tgz"));
    QCOMPARE(memberNames(valueAt(index, {"databases", "0"})),
             std::string("name folder documents problems"));
    QCOMPARE(memberNames(valueAt(index, {"databases", "0", "documents", "0"})),
             std::string("id rev winner deleted file attachments"));

    const Outcome asJson =
        run({"extract", predecessorArchive(), "-o", place.path("again"), "--json"});
    QCOMPARE(asJson.code, 0);
    QCOMPARE(memberNames(asJson.out),
             std::string("folder databases documents deleted leaves attachments bytes problems"));
    QCOMPARE(textAt(asJson.out, {"folder"}), place.path("again"));
    for (const auto &[name, count] :
         {std::pair{"databases", "9"}, std::pair{"documents", "294"}, std::pair{"deleted", "6"},
          std::pair{"leaves", "312"}, std::pair{"attachments", "17"}, std::pair{"problems", "[]"}})
        QCOMPARE(valueAt(asJson.out, {name}), std::string(count));
}

void ExtractTest::oneDatabase()
{
    const Workplace place;
    const Outcome outcome =
        run({"extract", predecessorArchive(), "attachments", "--output", place.path("out")});
    QCOMPARE(outcome.code, 0);
    size_t leaves = 0;
    QCOMPARE(flawOfExtract(place.path("out"), leaves), QString());
    QCOMPARE(leaves, size_t{11});
    QVERIFY(!place.names().contains("out/conflicts"));
    // Attachments of a losing revision lie beside its body.
    QVERIFY(place.names().contains("out/attachments/att-conflict.conflicts/"
                                   "2-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.attachments/same-name"));
}

void ExtractTest::oneDocument()
{
    const Workplace place;
    for (const std::vector<std::string> &document :
         {std::vector<std::string>{"c-three"}, {"--id-json", "\"c-\\u0074hree\""}}) {
        const std::string folder = place.path("out" + std::to_string(document.size()));
        std::vector<std::string> command{"extract", predecessorArchive(), "conflicts"};
        command.insert(command.end(), document.begin(), document.end());
        command.insert(command.end(), {"-o", folder});
        const Outcome outcome = run(command);
        QCOMPARE(outcome.err, std::string());
        QCOMPARE(outcome.code, 0);
        size_t leaves = 0;
        QCOMPARE(flawOfExtract(folder, leaves), QString());
        QCOMPARE(leaves, size_t{3});
    }
}

void ExtractTest::emptyFolderIsFilled()
{
    const Workplace place;
    QVERIFY(base::makeFolder(base::fromUtf8(place.path("out"))));
    QCOMPARE(run({"extract", predecessorArchive(), "basic", "-o", place.path("out")}).code, 0);
    size_t leaves = 0;
    QCOMPARE(flawOfExtract(place.path("out"), leaves), QString());
    QCOMPARE(leaves, size_t{31});
}

void ExtractTest::refusals_data()
{
    using List = QList<QByteArray>;
    QTest::addColumn<List>("arguments");
    QTest::addColumn<QByteArray>("folder");
    QTest::addColumn<int>("code");
    QTest::addColumn<QByteArray>("message");
    const auto row = [](const char *name, const List &arguments, const char *folder, int code,
                        const char *message) {
        QTest::newRow(name) << arguments << QByteArray(folder) << code << QByteArray(message);
    };
    row("a folder that is not empty", {}, "full", 2,
        "/full is not empty. Name an empty folder, or one that does not exist yet.");
    row("what an interrupted extraction left", {}, "left", 2,
        "/left holds what an interrupted extraction left. Remove it, or name another folder.");
    row("a file", {}, "full/file", 2, "/full/file is not a folder.");
    row("below a file", {}, "full/file/new", 2, "/full/file");
    row("an unknown database", {"nothing"}, "new", 2, "holds no database nothing.");
    row("an unknown document", {"basic", "nothing"}, "new", 2,
        "Database basic has no document nothing in this archive.");
    row("an id that is no JSON", {"basic", "--id-json", "x"}, "new", 64,
        "--id-json wants a JSON string in quotes");
}

void ExtractTest::refusals()
{
    QFETCH(QList<QByteArray>, arguments);
    QFETCH(QByteArray, folder);
    QFETCH(int, code);
    QFETCH(QByteArray, message);
    const Workplace place;
    QVERIFY(base::makeFolder(base::fromUtf8(place.path("full"))));
    QVERIFY(base::makeFolder(base::fromUtf8(place.path("left/unfinished~"))));
    place.put("full/file", "mine");
    const auto before = place.names();
    std::vector<std::string> command{"extract", predecessorArchive()};
    for (const QByteArray &argument : arguments)
        command.push_back(argument.toStdString());
    command.insert(command.end(), {"-o", place.path(folder.toStdString())});
    const Outcome text = run(command);
    QVERIFY2(text.err.find(message.toStdString()) != std::string::npos, text.err.c_str());
    QCOMPARE(flawOf(text), QString());
    QCOMPARE(text.code, code);
    QCOMPARE(place.names(), before);
    command.emplace_back("--json");
    const Outcome asJson = run(command);
    QCOMPARE(flawOf(asJson, true), QString());
    QCOMPARE(asJson.code, code);
    QCOMPARE(readText(place.path("full/file")), std::string("mine"));
}

void ExtractTest::namesThatSystemsRefuse()
{
    const Workplace place;
    const std::vector<std::string> ids = {"a",    "A",
                                          "con",  "nul.txt",
                                          "..",   ".",
                                          "a/b",  "x ",
                                          "x.",   std::string("n\0l", 3),
                                          "日本", "index.json",
                                          "\\..", std::string(400, 'L')};
    {
        ForgedDatabase database(place.path("in/Index%2Ejson"));
        std::uint64_t seq = 0;
        for (const std::string &id : ids) {
            const std::string digest = putAttachment(database, id + "@1-a", "bytes of " + id);
            const size_t length = 9 + id.size();
            database.putDocument(id, ++seq,
                                 bodyWith(id,
                                          stubOf("Con", digest, length) + ','
                                              + stubOf("../up", digest, length) + ','
                                              + stubOf("B.TXT", digest, length) + ','
                                              + stubOf("b.txt", digest, length)));
        }
    }
    const Outcome outcome = run({"extract", place.path("in"), "-o", place.path("out")});
    QCOMPARE(outcome.err, std::string());
    QCOMPARE(outcome.code, 0);
    size_t leaves = 0;
    QCOMPARE(flawOfExtract(place.path("out"), leaves), QString());
    QCOMPARE(leaves, ids.size());
    for (const std::string &name : place.names()) {
        if (!name.starts_with("out/"))
            continue;
        for (const char c : name)
            QVERIFY2(c > ' ' && c < '\x7f'
                         && std::string_view("<>:\"\\|?*").find(c) == std::string::npos,
                     name.c_str());
    }
}

void ExtractTest::damageIsNamedAndGoneAround()
{
    const Workplace place;
    {
        ForgedDatabase database(place.path("in/db"));
        const std::string whole = putAttachment(database, "good@1-a", "hello");
        const std::string other = putAttachment(database, "bad@1-a", "goodbye");
        database.putRecord(store::kAttachBinaryStore, other, "goodbyf");
        database.putDocument("good", 1, bodyWith("good", stubOf("a.txt", whole, 5)));
        database.putDocument("bad", 2,
                             bodyWith("bad",
                                      stubOf("b.txt", other, 7) + ','
                                          + stubOf("c.txt", "md5-AAAAAAAAAAAAAAAAAAAAAA==", 3)));
        database.putDocument("torn", 3, "{\"_id\":");
        database.putDocument("swapped", 4, R"({"_id":"good","_rev":"1-a"})");
    }
    const Outcome outcome = run({"extract", place.path("in"), "-o", place.path("out"), "--json"});
    QCOMPARE(outcome.code, 1);
    QCOMPARE(valueAt(outcome.out, {"leaves"}), std::string("2"));
    QCOMPARE(valueAt(outcome.out, {"attachments"}), std::string("1"));
    std::set<std::string> problems;
    for (const std::string &problem : elementsOf(valueAt(outcome.out, {"problems"})))
        problems.insert(textAt(problem, {"code"}) + ' ' + textAt(problem, {"id"}) + ' '
                        + textAt(problem, {"attachment"}));
    QCOMPARE(problems,
             (std::set<std::string>{"attachment-bad bad b.txt", "missing-attachment bad c.txt",
                                    "body-bad torn ", "body-bad swapped "}));
    const auto names = place.names();
    QVERIFY(names.contains("out/db/good.attachments/a.txt"));
    QVERIFY(!names.contains("out/db/bad.attachments/b.txt")); // no half attachment
    QVERIFY(!names.contains("out/db/torn.json"));
    const std::string index = readText(place.path("out/index.json"));
    QCOMPARE(elementsOf(valueAt(index, {"databases", "0", "problems"})).size(), size_t{4});
    const Outcome text = run({"extract", place.path("in"), "-o", place.path("text")});
    QCOMPARE(text.code, 1);
    QVERIFY2(text.err.find("NOT EXTRACTED: db: bad: b.txt: ") != std::string::npos,
             text.err.c_str());
}

void ExtractTest::damagedDocument()
{
    const Workplace place;
    ForgedDatabase(place.path("in/db")).putDocument("torn", 3, "{\"_id\":");
    const Outcome outcome =
        run({"extract", place.path("in"), "db", "torn", "-o", place.path("out"), "--json"});
    QCOMPARE(outcome.code, 1);
    QCOMPARE(valueAt(outcome.out, {"leaves"}), std::string("0"));
    QCOMPARE(valueAt(outcome.out, {"problems", "0", "code"}), std::string("\"body-bad\""));
    QCOMPARE(valueAt(outcome.out, {"problems", "0", "id"}), std::string("\"torn\""));
}

// Nobody knows what else it held.
void ExtractTest::cutArchive()
{
    const Workplace place;
    const std::string whole = readText(predecessorArchive());
    place.put("cut.tgz", std::string_view(whole).substr(0, whole.size() / 2));
    const Outcome outcome =
        run({"extract", place.path("cut.tgz"), "-o", place.path("out"), "--json"});
    QCOMPARE(outcome.code, 1);
    const std::string cut = R"({"code":"gzip-cut","database":"","message":)";
    QVERIFY2(outcome.out.find(cut) != std::string::npos, outcome.out.c_str());
    const std::string index = readText(place.path("out/index.json"));
    QVERIFY(json::validate(index));
    QVERIFY(valueAt(index, {"problems"}).find("\"gzip-cut\"") != std::string::npos);
    size_t leaves = 0;
    QCOMPARE(flawOfExtract(place.path("out"), leaves), QString());
    QVERIFY(leaves > 0);
}

void ExtractTest::databaseThatCannotBeRead()
{
    const Workplace place;
    ForgedDatabase(place.path("in/good")).putDocument("a", 1, R"({"_id":"a","_rev":"1-a"})");
    ForgedDatabase(place.path("in/bad")).putDocument("a", 1, R"({"_id":"a","_rev":"1-a"})");
    place.put("in/bad/CURRENT", "MANIFEST-999999\n");
    const Outcome outcome = run({"extract", place.path("in"), "-o", place.path("out"), "--json"});
    QCOMPARE(outcome.code, 1);
    QCOMPARE(valueAt(outcome.out, {"databases"}), std::string("1"));
    QCOMPARE(valueAt(outcome.out, {"problems", "0", "code"}), std::string("\"unreadable\""));
    QCOMPARE(valueAt(outcome.out, {"problems", "0", "database"}), std::string("\"bad\""));
    const std::string index = readText(place.path("out/index.json"));
    QVERIFY(json::validate(index));
    QCOMPARE(valueAt(index, {"databases", "0", "folder"}), std::string("null"));
    QVERIFY(place.names().contains("out/good/a.json"));
}

void ExtractTest::omittedDatabase()
{
    const Workplace place;
    archive::Manifest manifest;
    manifest.tool = "focus-monitor 0.1.0";
    manifest.runId = "11111111-2222-3333-4444-555555555555";
    manifest.startedAt = manifest.finishedAt = "2026-11-23T03:00:00.000Z";
    manifest.server = "https://couch.example";
    archive::ManifestDatabase refused;
    refused.name = "org_2";
    refused.contentFrom = "source";
    refused.omissions = {{"forbidden", {}, {}, {}, "The server refused to let it be read."}};
    manifest.databases = {refused};
    writeArchive(place.path("a.tgz"), manifest, place.path(""));
    const Outcome outcome =
        run({"extract", place.path("a.tgz"), "-o", place.path("out"), "--json"});
    QVERIFY2(outcome.code == 1, outcome.out.c_str());
    QCOMPARE(valueAt(outcome.out, {"problems", "0", "code"}), std::string("\"omitted\""));
}

void ExtractTest::usersThatAreAList()
{
    const Workplace place;
    ForgedDatabase(place.path("in/db")).putDocument("a", 1, R"({"_id":"a","_rev":"1-a"})");
    place.put("in/_users.json", "[{\"name\":\"a\"}]");
    QCOMPARE(run({"extract", place.path("in"), "-o", place.path("out")}).code, 0);
    QCOMPARE(readText(place.path("out/_users.json")), std::string("[{\"name\":\"a\"}]"));
}

void ExtractTest::failedWritesLeaveNothing_data()
{
    QTest::addColumn<bool>("folderExists");
    QTest::newRow("a new folder") << false;
    QTest::newRow("an empty folder") << true;
}

// Every file operation fails once, as on a full disk.
void ExtractTest::failedWritesLeaveNothing()
{
    QFETCH(bool, folderExists);
    const Workplace place;
    {
        ForgedDatabase database(place.path("in/db"));
        const std::string digest = putAttachment(database, "a@1-a", "hello");
        database.putDocument("a", 1, bodyWith("a", stubOf("a.txt", digest, 5)));
        database.putDocument("b", 2, R"({"_id":"b","_rev":"1-a"})");
    }
    if (folderExists)
        QVERIFY(base::makeFolder(base::fromUtf8(place.path("out"))));
    const std::string target = place.path(folderExists ? "out" : "new/er/out");
    const auto before = place.names();
    int failures = 0;
    for (std::uint64_t n = 1;; ++n) {
        base::failNthFileOperation(n, base::ErrorKind::NoSpace);
        const Outcome outcome = run({"extract", place.path("in"), "-o", target});
        base::clearFileFaults();
        if (outcome.code == 0)
            break;
        ++failures;
        QVERIFY2(outcome.code == 2, outcome.err.c_str());
        QCOMPARE(std::count(outcome.err.begin(), outcome.err.end(), '\n'), std::ptrdiff_t{1});
        if (place.names() != before)
            QVERIFY2(false, qPrintable(QStringLiteral("Operation %1 left something.").arg(n)));
        QVERIFY(n < 1000);
    }
    QVERIFY(failures > 10);
    size_t leaves = 0;
    QCOMPARE(flawOfExtract(target, leaves), QString());
    QCOMPARE(leaves, size_t{2});
}

void ExtractTest::stopped()
{
    const Workplace place;
    std::stop_source stop;
    stop.request_stop();
    const Outcome outcome =
        run({"extract", predecessorArchive(), "-o", place.path("out")}, stop.get_token());
    QCOMPARE(outcome.code, 130);
    QCOMPARE(flawOf(outcome), QString());
    QVERIFY(place.names().empty());
}

QTEST_GUILESS_MAIN(ExtractTest)

#include "extract_test.moc"
