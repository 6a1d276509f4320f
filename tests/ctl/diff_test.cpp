#include "core/base/json.h"
#include "core/store/keyspace.h"
#include "core/store/leafset.h"
#include "tests/ctl/ctltesting.h"

#include <QRegularExpression>
#include <QTest>

using namespace ctltesting;

class DiffCommandTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void equalArchives();
    void databases();
    void documents();
    void databaseOfOneOnly();
    void manyDocuments();
    void onlyBucketsThatDiffer();
    void databaseThatCannotBeRead();
    void cutArchive();
    void refusals_data();
    void refusals();
    void stopped();
    void damageInTheMiddleIsOneObject();
    void idsThatAreNotTheirKeysEndTheWalk();
};

namespace {

std::string bodyOf(const std::string &id, const std::string &hash)
{
    return R"({"_id":)" + base::json::quoted(id) + R"(,"_rev":"1-)" + hash + "\"}";
}

/// Documents of one revision, "id@hash"; their sequences begin with 1.
void putDatabase(const Workplace &place, const std::string &folder,
                 const std::vector<std::string> &documents)
{
    ForgedDatabase database(place.path(folder));
    database.putRecord(store::kMetaStore, store::kDocCountKey, std::to_string(documents.size()));
    std::uint64_t seq = 0;
    for (const std::string &document : documents) {
        const size_t at = document.find('@');
        const std::string id = document.substr(0, at);
        const std::string hash = document.substr(at + 1);
        database.putDocument(id, ++seq, bodyOf(id, hash), hash);
    }
}

} // namespace

void DiffCommandTest::equalArchives()
{
    const Workplace place;
    const Outcome text = run({"diff", predecessorArchive(), predecessorArchive()});
    QCOMPARE(text.err, std::string());
    QCOMPARE(text.code, 0);
    QCOMPARE(text.out, std::string("0 databases differ, 9 are equal.\n"));
    const Outcome json = run({"diff", predecessorArchive(), predecessorArchive(), "--json"});
    QCOMPARE(json.code, 0);
    QVERIFY(base::json::validate(json.out));
    QCOMPARE(valueAt(json.out, {"equal"}), std::string("true"));
    QCOMPARE(valueAt(json.out, {"databases", "3"}),
             std::string(R"({"name":"conflicts","change":"unchanged",)"
                         R"("before":{"documents":8,"deleted":1,"leaves":19},)"
                         R"("after":{"documents":8,"deleted":1,"leaves":19}})"));
    const Outcome documents =
        run({"diff", predecessorArchive(), predecessorArchive(), "conflicts"});
    QCOMPARE(documents.code, 0);
    QCOMPARE(documents.out, std::string("0 documents differ.\n"));
    const Outcome asJson =
        run({"diff", predecessorArchive(), predecessorArchive(), "conflicts", "--json"});
    QCOMPARE(asJson.code, 0);
    QCOMPARE(asJson.out,
             std::string("{\"database\":\"conflicts\",\"documents\":[],\"equal\":true}\n"));
    QVERIFY(place.names().empty());
}

void DiffCommandTest::databases()
{
    const Workplace place;
    putDatabase(place, "old/same", {"a@1"});
    putDatabase(place, "new/same", {"a@1"});
    putDatabase(place, "old/written", {"a@1", "b@1"});
    putDatabase(place, "new/written", {"a@2", "b@1"});
    putDatabase(place, "old/gone", {"a@1"});
    putDatabase(place, "new/come", {"a@1", "b@1"});
    const Outcome text = run({"diff", place.path("old"), place.path("new")});
    QCOMPARE(text.err, std::string());
    QCOMPARE(text.code, 1);
    QCOMPARE(text.out,
             std::string("DATABASE  CHANGE   DOCUMENTS        LEAVES\n"
                         "come      added            -  -> 2       -  -> 2\n"
                         "gone      removed          1  -> -       1  -> -\n"
                         "written   changed          2  -> 2       2  -> 2\n"
                         "3 databases differ, 1 is equal.\n"));
    const Outcome json = run({"diff", place.path("old"), place.path("new"), "--json"});
    QCOMPARE(json.code, 1);
    QVERIFY(base::json::validate(json.out));
    QCOMPARE(valueAt(json.out, {"equal"}), std::string("false"));
    QCOMPARE(valueAt(json.out, {"databases", "0"}),
             std::string(R"({"name":"come","change":"added","before":null,)"
                         R"("after":{"documents":2,"deleted":0,"leaves":2}})"));
    QCOMPARE(valueAt(json.out, {"databases", "2", "change"}), std::string("\"unchanged\""));
    QCOMPARE(valueAt(json.out, {"databases", "4"}), std::string());
}

void DiffCommandTest::documents()
{
    const Workplace place;
    putDatabase(place, "old/db", {"a@1", "gone@1", "written@1"});
    putDatabase(place, "new/db", {"a@1", "come@1", "written@2"});
    const Outcome text = run({"diff", place.path("old"), place.path("new"), "db"});
    QCOMPARE(text.err, std::string());
    QCOMPARE(text.code, 1);
    const auto line = [](const char *change, std::string before, std::string after,
                         const char *id) {
        before.resize(34, ' ');
        after.resize(34, ' ');
        return std::string(change) + "  " + before + "  " + after + "  " + id + '\n';
    };
    QCOMPARE(text.out,
             line("CHANGE ", "BEFORE", "AFTER", "DOCUMENT") + line("added  ", "-", "1-1", "come")
                 + line("removed", "1-1", "-", "gone") + line("winner ", "1-1", "1-2", "written")
                 + "3 documents differ.\n");
    const Outcome json = run({"diff", place.path("old"), place.path("new"), "db", "--json"});
    QCOMPARE(json.code, 1);
    QCOMPARE(
        json.out,
        std::string(
            R"({"database":"db","documents":[)"
            R"({"id":"come","change":"added","before":null,"after":{"rev":"1-1","deleted":false,"leaves":1}},)"
            R"({"id":"gone","change":"removed","before":{"rev":"1-1","deleted":false,"leaves":1},"after":null},)"
            R"({"id":"written","change":"winner","before":{"rev":"1-1","deleted":false,"leaves":1},)"
            R"("after":{"rev":"1-2","deleted":false,"leaves":1}}],"equal":false})"
            "\n"));
}

void DiffCommandTest::databaseOfOneOnly()
{
    const Workplace place;
    putDatabase(place, "old/gone", {"a@1", "b@1"});
    putDatabase(place, "new/come", {"c@1"});
    const Outcome gone = run({"diff", place.path("old"), place.path("new"), "gone", "--json"});
    QCOMPARE(gone.code, 1);
    QCOMPARE(valueAt(gone.out, {"documents", "1", "change"}), std::string("\"removed\""));
    const Outcome come = run({"diff", place.path("old"), place.path("new"), "come", "--json"});
    QCOMPARE(come.code, 1);
    QCOMPARE(valueAt(come.out, {"documents", "0", "change"}), std::string("\"added\""));
}

// More than a page, with differences at its borders.
void DiffCommandTest::manyDocuments()
{
    const Workplace place;
    std::vector<std::string> before;
    std::vector<std::string> after;
    for (int i = 0; i < 1100; ++i) {
        const std::string id = std::to_string(10'000 + i);
        if (i != 256)
            before.push_back(id + "@1");
        if (i != 255 && i != 1099)
            after.push_back(id + (i == 512 ? "@2" : "@1"));
    }
    putDatabase(place, "old/db", before);
    putDatabase(place, "new/db", after);
    const Outcome outcome = run({"diff", place.path("old"), place.path("new"), "db", "--json"});
    std::string seen;
    for (const char *index : {"0", "1", "2", "3", "4"})
        seen += valueAt(outcome.out, {"documents", index, "id"})
            + valueAt(outcome.out, {"documents", index, "change"});
    QCOMPARE(seen, std::string(R"("10255""removed""10256""added""10512""winner""11099""removed")"));
}

// The manifests say which part of a large database can differ; the rest is not looked at.
void DiffCommandTest::onlyBucketsThatDiffer()
{
    const Workplace place;
    const std::string first = "a";
    std::string second = "b";
    while (store::LeafSet::bucketOf(second) == store::LeafSet::bucketOf(first))
        second += 'b';
    putDatabase(place, "old/db", {first + "@1", second + "@1"});
    putDatabase(place, "new/db", {first + "@2", second + "@2"});
    const auto archiveOf = [&](const char *folder, char leafSet) {
        archive::Manifest manifest;
        manifest.tool = "focus-monitor 0.1.0";
        manifest.runId = "11111111-2222-3333-4444-555555555555";
        manifest.startedAt = manifest.finishedAt = "2026-11-23T03:00:00.000Z";
        manifest.server = "https://couch.example";
        archive::ManifestDatabase database;
        database.name = database.directory = "db";
        database.contentFrom = "source";
        database.leafSet = std::string(64, leafSet);
        database.contentHash = std::string(64, '0');
        for (int bucket = 0; bucket < 256; ++bucket)
            database.leafSetBuckets[bucket] = std::string(64, '0');
        database.leafSetBuckets[store::LeafSet::bucketOf(first)] = std::string(64, leafSet);
        manifest.databases = {database};
        std::string path = place.path(std::string(folder) + ".tgz");
        writeArchive(path, manifest, place.path(folder));
        return path;
    };
    const std::string before = archiveOf("old", '1');
    const std::string after = archiveOf("new", '2');
    const Outcome outcome = run({"diff", before, after, "db", "--json"});
    QVERIFY2(outcome.code == 1, outcome.out.c_str());
    QCOMPARE(valueAt(outcome.out, {"documents", "0", "id"}), base::json::quoted(first));
    QCOMPARE(valueAt(outcome.out, {"documents", "1"}), std::string());
    QCOMPARE(run({"diff", before, after}).code, 1);
    QCOMPARE(run({"diff", before, before, "db"}).code, 0);
}

void DiffCommandTest::databaseThatCannotBeRead()
{
    const Workplace place;
    putDatabase(place, "old/db", {"a@1"});
    putDatabase(place, "new/db", {"a@1"});
    place.put("new/db/CURRENT", "MANIFEST-999999\n");
    const Outcome text = run({"diff", place.path("old"), place.path("new")});
    QCOMPARE(text.code, 3);
    QVERIFY2(text.out.find("unknown") != std::string::npos, text.out.c_str());
    const Outcome json = run({"diff", place.path("old"), place.path("new"), "--json"});
    QCOMPARE(json.code, 3);
    QCOMPARE(valueAt(json.out, {"databases", "0", "change"}), std::string("\"unknown\""));
    QVERIFY(!valueAt(json.out, {"databases", "0", "problem"}).empty());
    QCOMPARE(valueAt(json.out, {"equal"}), std::string("false"));
    const Outcome documents = run({"diff", place.path("old"), place.path("new"), "db"});
    QCOMPARE(documents.code, 2);
    QCOMPARE(flawOf(documents), QString());
}

// What is lost must not look as if it had been removed.
void DiffCommandTest::cutArchive()
{
    const Workplace place;
    const auto whole = base::readFile(base::fromUtf8(predecessorArchive()), std::uint64_t{1} << 30);
    place.put("cut.tgz", std::string_view(*whole).substr(0, whole->size() / 2));
    const Outcome text = run({"diff", predecessorArchive(), place.path("cut.tgz")});
    QCOMPARE(text.code, 3);
    QVERIFY2(text.err.starts_with("PROBLEM: " + place.path("cut.tgz") + ": "), text.err.c_str());
    const Outcome json = run({"diff", predecessorArchive(), place.path("cut.tgz"), "--json"});
    QCOMPARE(json.err, std::string());
    QCOMPARE(valueAt(json.out, {"whole"}), std::string("false"));
    const Outcome same = run({"diff", place.path("cut.tgz"), place.path("cut.tgz"), "--json"});
    QCOMPARE(same.code, 3);
    QCOMPARE(valueAt(same.out, {"equal"}), std::string("false"));
}

void DiffCommandTest::refusals_data()
{
    using List = QList<QByteArray>;
    QTest::addColumn<List>("arguments");
    QTest::addColumn<QByteArray>("message");
    const QByteArray good = QByteArray::fromStdString(predecessorArchive());
    QTest::newRow("no first archive")
        << List{"/nowhere/a.tgz", good} << QByteArray("/nowhere/a.tgz could not be opened");
    QTest::newRow("no second archive")
        << List{good, "/nowhere/b.tgz"} << QByteArray("/nowhere/b.tgz could not be opened");
    QTest::newRow("a database that neither has")
        << List{good, good, "nothing"} << QByteArray("Neither backup holds a database nothing.");
}

void DiffCommandTest::refusals()
{
    QFETCH(QList<QByteArray>, arguments);
    QFETCH(QByteArray, message);
    std::vector<std::string> command{"diff"};
    for (const QByteArray &argument : arguments)
        command.push_back(argument.toStdString());
    const Outcome text = run(command);
    QVERIFY2(text.err.find(message.toStdString()) != std::string::npos, text.err.c_str());
    QCOMPARE(flawOf(text), QString());
    QCOMPARE(text.code, 2);
    command.emplace_back("--json");
    const Outcome json = run(command);
    QCOMPARE(flawOf(json, true), QString());
    QCOMPARE(json.code, 2);
}

void DiffCommandTest::stopped()
{
    std::stop_source stop;
    stop.request_stop();
    for (const std::vector<std::string> &more :
         {std::vector<std::string>{}, {"basic"}, {"--json"}, {"basic", "--json"}}) {
        std::vector<std::string> command{"diff", predecessorArchive(), predecessorArchive()};
        command.insert(command.end(), more.begin(), more.end());
        const Outcome outcome = run(command, stop.get_token());
        QCOMPARE(outcome.code, 130);
        QCOMPARE(flawOf(outcome, command.back() == "--json"), QString());
    }
}

void DiffCommandTest::damageInTheMiddleIsOneObject()
{
    const Workplace place;
    putDatabase(place, "old/db", {"a@1", "b@1"});
    putDatabase(place, "new/db", {"a@2"});
    ForgedDatabase(place.path("new/db")).putRecord(store::kDocumentStore, "b", "no metadata");
    // The page with the damage is read whole, so nothing was printed before it.
    const Outcome json = run({"diff", place.path("old"), place.path("new"), "db", "--json"});
    QCOMPARE(json.code, 2);
    QCOMPARE(flawOf(json, true), QString());
    QCOMPARE(valueAt(json.out, {"error", "code"}), std::string("\"corrupt\""));
}

// The walk would never end.
void DiffCommandTest::idsThatAreNotTheirKeysEndTheWalk()
{
    const Workplace place;
    putDatabase(place, "old/db", {"a@1"});
    {
        ForgedDatabase database(place.path("new/db"));
        for (int i = 0; i < 300; ++i)
            database.putRecord(store::kDocumentStore, "x" + std::to_string(1000 + i),
                               R"({"id":"a","rev":"1-a","rev_tree":[{"pos":1,"ids":["a",)"
                               R"({"status":"available"},[]]}],"rev_map":{"1-a":1},)"
                               R"("winningRev":"1-a","deleted":false,"seq":1})");
    }
    const Outcome outcome = run({"diff", place.path("old"), place.path("new"), "db"});
    QCOMPARE(outcome.code, 2);
    QCOMPARE(flawOf(outcome), QString());
}

QTEST_GUILESS_MAIN(DiffCommandTest)

#include "diff_test.moc"
