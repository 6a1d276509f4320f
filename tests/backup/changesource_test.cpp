#include "tests/backup/backuptesting.h"
#include "tests/backup/sampleserver.h"

using namespace backuptesting;
using base::ErrorKind;
using Hooked = std::optional<base::Result<FakeServer::Answer>>;

/// The source changes under a snapshot (reliability.md 2.4): nothing is lost without being named,
/// nothing is mixed, and what only changed raises no alarm.
class ChangeSourceTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void writesMeanwhile_data();
    void writesMeanwhile();
    void writesAtEveryRequest();
    void changedBetweenTwoPages();
    void attachmentReplacedMidFetch();
    void attachmentsChangeForEver();
    void databaseDeleted_data();
    void databaseDeleted();
    void databaseIsThereAfterAll();
    void databaseRecreatedOnce_data();
    void databaseRecreatedOnce();
    void databaseRecreatedForEver();
    void changesListed_data();
    void changesListed();
    void samePageForEver();
    void listIsNotWhole_data();
    void listIsNotWhole();
    void sequenceGoesBack();
};

namespace {

/// Runs `change` before the n-th request for the endpoint is answered.
FakeServer::Hook before(const char *endpoint, size_t number, std::function<void()> change)
{
    auto seen = std::make_shared<size_t>(0);
    return [=](size_t, const couch::Request &request) {
        if (testsupport::asksFor(request, "db", endpoint) && ++*seen == number)
            change();
        return Hooked();
    };
}

void fillPlain(FakeDatabase &database, int documents)
{
    for (int i = 0; i < documents; ++i)
        database.write("plain" + std::to_string(i), {"a"});
}

/// The leaves of a document in a store.
std::set<std::string> leavesIn(store::Reader &reader, const std::string &id)
{
    std::set<std::string> revs;
    const auto document = reader.document(id);
    if (document && document->has_value()) {
        for (const std::int32_t leaf : (*document)->tree.leaves())
            revs.insert((*document)->tree.revOf(leaf).toString());
    }
    return revs;
}

} // namespace

void ChangeSourceTest::writesMeanwhile_data()
{
    QTest::addColumn<std::function<void(FakeDatabase &)>>("change");
    QTest::addColumn<QStringList>("omissions");
    QTest::addColumn<QStringList>("leaves"); // of "doc", which was {"ba", "ca"} when it was listed
    using Change = std::function<void(FakeDatabase &)>;
    const auto rev = [](std::uint64_t generation, char letter) {
        return QString::fromStdString(fakeRev(generation, letter));
    };
    const QString b = rev(2, 'b');
    const QString c = rev(2, 'c');
    QTest::newRow("nothing happens")
        << Change([](FakeDatabase &) {}) << QStringList() << QStringList({b, c});
    QTest::newRow("another document is written")
        << Change([](FakeDatabase &db) { db.write("new", {"a"}); }) << QStringList()
        << QStringList({b, c});
    QTest::newRow("a leaf is updated") << Change([](FakeDatabase &db) { db.write("doc", {"dba"}); })
                                       << QStringList() << QStringList({c, rev(3, 'd')});
    QTest::newRow("a leaf is updated a thousand times, its history is stemmed")
        << Change([](FakeDatabase &db) {
               db.documents["doc"].leaves = {{"ca"}, {"zy", R"("n":1)", false, {}, 1002}};
               db.documents["doc"].seq = ++db.seq;
           })
        << QStringList() << QStringList({rev(1002, 'z'), c});
    QTest::newRow("a leaf is deleted") << Change([](FakeDatabase &db) {
        db.write("doc", {"dba", "", true});
    }) << QStringList() << QStringList({c, rev(3, 'd')});
    QTest::newRow("all leaves are deleted") << Change([](FakeDatabase &db) {
        db.write("doc", {"dba", "", true});
        db.write("doc", {"eca", "", true});
    }) << QStringList() << QStringList({rev(3, 'd'), rev(3, 'e')});
    QTest::newRow("one more conflict is made")
        << Change([](FakeDatabase &db) { db.write("doc", {"ea"}); }) << QStringList()
        << QStringList({b, c});
    QTest::newRow("the document is purged")
        << Change([](FakeDatabase &db) { db.purge("doc"); })
        << QStringList({QStringLiteral("purged doc ") + b, QStringLiteral("purged doc ") + c})
        << QStringList();
    QTest::newRow("a leaf is gone without a purge") << Change([](FakeDatabase &db) {
        std::erase_if(db.documents["doc"].leaves,
                      [](const FakeLeaf &leaf) { return leaf.letters == "ca"; });
        db.documents["doc"].seq = ++db.seq;
    }) << QStringList({QStringLiteral("revision-missing doc ") + c})
                                                    << QStringList({b});
}

void ChangeSourceTest::writesMeanwhile()
{
    using Change = std::function<void(FakeDatabase &)>;
    QFETCH(const Change, change);
    QFETCH(const QStringList, omissions);
    QFETCH(const QStringList, leaves);
    FakeServer server;
    FakeDatabase &database = server.databases["db"];
    fillPlain(database, 10);
    database.write("doc", {"ba"});
    database.write("doc", {"ca"});
    server.onRequest = before("_bulk_get", 1, [&] { change(database); });
    Snapper snapper(server);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QCOMPARE(describe(snapshot->entry.omissions).join(QLatin1Char(';')),
             omissions.join(QLatin1Char(';')));
    QStringList stored;
    for (const std::string &one : leavesIn(*openStaged(*snapshot), "doc"))
        stored.append(QString::fromStdString(one));
    stored.sort();
    QStringList expected = leaves;
    expected.sort();
    QCOMPARE(stored, expected);
}

/// A write before every request, one at a time: S2 in small.
void ChangeSourceTest::writesAtEveryRequest()
{
    for (size_t at = 1;; ++at) {
        FakeServer server;
        FakeDatabase &database = server.databases["db"];
        database = sampleDatabase();
        bool wasReached = false;
        server.onRequest = [&](size_t number, const couch::Request &) {
            if (number == at) {
                wasReached = true;
                database.write("updated", {"dcba", R"("n":2)"});
                database.write("plain", {"ba", "", true});
                database.write("files", {"ba", "", false, {{"note.txt", "new bytes", true}}});
                database.write("came meanwhile", {"a"});
            }
            return Hooked();
        };
        Snapper snapper(server, 1);
        const auto snapshot = snapper.take();
        VERIFY_GOOD(snapshot);
        QVERIFY2(snapshot->entry.omissions.empty(),
                 qPrintable(QStringLiteral("at request %1: ").arg(at)
                            + describe(snapshot->entry.omissions).join(QLatin1Char(';'))));
        const auto store = openStaged(*snapshot);
        for (const char *id : {"plain", "updated", "files", "conflict", "gone"})
            QVERIFY(!leavesIn(*store, id).empty());
        if (!wasReached)
            break;
    }
}

/// The server moves a changed document to the end of its list: it is listed twice.
void ChangeSourceTest::changedBetweenTwoPages()
{
    FakeServer server;
    FakeDatabase &database = server.databases["db"];
    fillPlain(database, 5100);
    server.onRequest = before("_changes", 2, [&] { database.write("plain0", {"ba"}); });
    Snapper snapper(server);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QCOMPARE(describe(snapshot->entry.omissions).join(QLatin1Char(';')), QString());
    QVERIFY(snapshot->entry.changedDuringRun);
    QCOMPARE(differenceBetween(database, *openStaged(*snapshot)), QString());
}

void ChangeSourceTest::attachmentReplacedMidFetch()
{
    FakeServer server;
    FakeDatabase &database = server.databases["db"];
    database.write("doc", {"a", "", false, {{"file", "old bytes"}, {"second", "more old bytes"}}});
    auto isDone = std::make_shared<bool>(false);
    server.onRequest = [&, isDone](size_t, const couch::Request &request) {
        if (testsupport::asksFor(request, "db", "doc") && !std::exchange(*isDone, true))
            database.write(
                "doc", {"ba", "", false, {{"file", "new bytes"}, {"second", "more new bytes"}}});
        return Hooked();
    };
    Snapper snapper(server, 1);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QCOMPARE(describe(snapshot->entry.omissions).join(QLatin1Char(';')), QString());
    QCOMPARE(differenceBetween(database, *openStaged(*snapshot)), QString());
}

void ChangeSourceTest::attachmentsChangeForEver()
{
    FakeServer server;
    FakeDatabase &database = server.databases["db"];
    fillPlain(database, 3);
    database.write("doc", {"a", "", false, {{"file", "bytes a"}}});
    auto letters = std::make_shared<std::string>("a");
    server.onRequest = [&, letters](size_t, const couch::Request &request) {
        if (testsupport::asksFor(request, "db", "doc")) {
            letters->insert(letters->begin(), static_cast<char>('a' + letters->size() % 26));
            database.write("doc", {*letters, "", false, {{"file", "bytes " + *letters}}});
        }
        return Hooked();
    };
    Snapper snapper(server, 1);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QCOMPARE(snapshot->entry.omissions.size(), size_t(1));
    QCOMPARE(snapshot->entry.omissions.front().code, std::string("attachment-unreadable"));
    QVERIFY(snapshot->entry.omissions.front().attachment == "file");
    QVERIFY(!leavesIn(*openStaged(*snapshot), "doc").empty());
}

void ChangeSourceTest::databaseDeleted_data()
{
    QTest::addColumn<std::string>("endpoint");
    QTest::newRow("before its numbers are read") << std::string();
    QTest::newRow("before its _security is read") << std::string("_security");
    QTest::newRow("before its changes are listed") << std::string("_changes");
    QTest::newRow("before its documents are fetched") << std::string("_bulk_get");
    QTest::newRow("while an attachment is fetched") << std::string("files");
    QTest::newRow("before its local documents are listed") << std::string("_local_docs");
}

void ChangeSourceTest::databaseDeleted()
{
    QFETCH(const std::string, endpoint);
    FakeServer server;
    server.databases["db"] = sampleDatabase();
    server.onRequest = before(endpoint.c_str(), 1, [&] { server.databases.erase("db"); });
    Snapper snapper(server);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QVERIFY(snapshot->vanished);
    QVERIFY(snapshot->files == nullptr);
    QCOMPARE(server.record().back().target, std::string("/db")); // confirmed by a second look
}

/// One 404 is no proof: a proxy gives them too.
void ChangeSourceTest::databaseIsThereAfterAll()
{
    FakeServer server;
    server.databases["db"] = sampleDatabase();
    server.onRequest = [](size_t, const couch::Request &request) -> Hooked {
        if (testsupport::asksFor(request, "db", "_changes"))
            return testsupport::jsonAnswer("no such page", 404);
        return std::nullopt;
    };
    Snapper snapper(server);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QVERIFY(!snapshot->vanished);
    QCOMPARE(describe(snapshot->entry.omissions).join(QLatin1Char(';')),
             QStringLiteral("not_found"));
}

void ChangeSourceTest::databaseRecreatedOnce_data()
{
    QTest::addColumn<std::string>("endpoint");
    QTest::addColumn<bool>("isSeenMissing");
    for (const char *endpoint : {"_security", "_changes", "_bulk_get", "files", "_local_docs"}) {
        QTest::addRow("at once, before %s", endpoint) << std::string(endpoint) << false;
        QTest::addRow("%s finds it missing", endpoint) << std::string(endpoint) << true;
    }
    QTest::addRow("its numbers find it missing") << std::string() << true;
}

void ChangeSourceTest::databaseRecreatedOnce()
{
    QFETCH(const std::string, endpoint);
    QFETCH(const bool, isSeenMissing);
    FakeServer server;
    server.databases["db"] = sampleDatabase();
    FakeDatabase second;
    second.instance = "1700000999";
    second.write("plain", {"a", R"("n":"of the second database")"});
    second.write("files", {"z", "", false, {{"note.txt", "second"}}});
    auto isDone = std::make_shared<bool>(false);
    server.onRequest = [&, isDone](size_t, const couch::Request &request) -> Hooked {
        if (!testsupport::asksFor(request, "db", endpoint) || std::exchange(*isDone, true))
            return std::nullopt;
        server.databases["db"] = second;
        if (isSeenMissing)
            return testsupport::jsonAnswer(
                R"({"error":"not_found","reason":"Database does not exist."})", 404);
        return std::nullopt;
    };
    Snapper snapper(server);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QCOMPARE(describe(snapshot->entry.omissions).join(QLatin1Char(';')), QString());
    QCOMPARE(snapshot->entry.instanceStartTime, second.instance);
    QCOMPARE(differenceBetween(second, *openStaged(*snapshot)), QString());
}

void ChangeSourceTest::databaseRecreatedForEver()
{
    FakeServer server;
    server.databases["db"] = sampleDatabase();
    server.onRequest = [&](size_t number, const couch::Request &request) {
        if (testsupport::asksFor(request, "db", "_changes"))
            server.databases["db"].instance = std::to_string(number);
        return Hooked();
    };
    Snapper snapper(server);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QVERIFY(snapshot->files == nullptr);
    QVERIFY(snapshot->failure.has_value());
    QCOMPARE(describe(snapshot->entry.omissions).join(QLatin1Char(';')),
             QStringLiteral("recreated"));
}

void ChangeSourceTest::changesListed_data()
{
    QTest::addColumn<bool>("reversed");
    QTest::addColumn<bool>("twice");
    QTest::newRow("in another order each time") << true << false;
    QTest::newRow("every row twice") << false << true;
    QTest::newRow("both") << true << true;
}

/// No assumption on the order of `_changes`, nor on rows being unique.
void ChangeSourceTest::changesListed()
{
    QFETCH(const bool, reversed);
    QFETCH(const bool, twice);
    FakeServer server;
    const FakeDatabase database = sampleDatabase();
    server.databases["db"] = database;
    auto listings = std::make_shared<int>(0);
    server.onRequest = [&, listings](size_t, const couch::Request &request) -> Hooked {
        if (!testsupport::asksFor(request, "db", "_changes")
            || request.target.find("since=") != std::string::npos)
            return std::nullopt;
        std::vector<std::string> ids = database.inOrder();
        if (reversed && (*listings)++ % 2 == 0)
            std::reverse(ids.begin(), ids.end());
        std::string rows;
        for (const std::string &id : ids) {
            for (int i = 0; i < (twice ? 2 : 1); ++i) {
                rows += rows.empty() ? "" : ",";
                rows += R"({"seq":"1-x","id":)" + base::json::quoted(id) + R"(,"changes":[)";
                const auto &leaves = database.documents.at(id).leaves;
                for (size_t leaf = 0; leaf < leaves.size(); ++leaf)
                    rows += (leaf == 0 ? "" : ",") + (R"({"rev":")" + leaves[leaf].rev() + R"("})");
                rows += database.documents.at(id).isDeleted() ? R"(],"deleted":true})" : "]}";
            }
        }
        return testsupport::jsonAnswer(R"({"results":[)" + rows + R"(],"last_seq":)"
                                       + testsupport::seqJson(database.seq, server.seqStyle)
                                       + R"(,"pending":0})");
    };
    Snapper snapper(server);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QCOMPARE(describe(snapshot->entry.omissions).join(QLatin1Char(';')), QString());
    QCOMPARE(differenceBetween(database, *openStaged(*snapshot)), QString());
}

/// A proxy that keeps copies answers every page with the first one.
void ChangeSourceTest::samePageForEver()
{
    FakeServer server;
    FakeDatabase &database = server.databases["db"];
    fillPlain(database, 5100);
    server.onRequest = [&](size_t, const couch::Request &request) -> Hooked {
        if (!testsupport::asksFor(request, "db", "_changes"))
            return std::nullopt;
        return testsupport::jsonAnswer(
            testsupport::changesAnswer(database, 0, 5000, server.seqStyle));
    };
    Snapper snapper(server);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QVERIFY(snapshot->files == nullptr);
    QCOMPARE(describe(snapshot->entry.omissions).join(QLatin1Char(';')),
             QStringLiteral("protocol"));
    QVERIFY(server.requests() < 10);
}

void ChangeSourceTest::listIsNotWhole_data()
{
    QTest::addColumn<bool>("onlyAtFirst");
    QTest::addColumn<QString>("code");
    QTest::newRow("every time: the server's own count tells")
        << false << QStringLiteral("counts-differ");
    QTest::newRow("only the first time: the second listing tells")
        << true << QStringLiteral("counts-differ");
}

/// A shard that is not available is missing from `_changes` without a word.
void ChangeSourceTest::listIsNotWhole()
{
    QFETCH(const bool, onlyAtFirst);
    QFETCH(const QString, code);
    FakeServer server;
    const FakeDatabase database = sampleDatabase();
    FakeDatabase partial = database;
    partial.documents.erase("plain");
    server.databases["db"] = database;
    auto listings = std::make_shared<int>(0);
    server.onRequest = [&, listings](size_t, const couch::Request &request) -> Hooked {
        if (!testsupport::asksFor(request, "db", "_changes") || (onlyAtFirst && (*listings)++ > 0))
            return std::nullopt;
        return testsupport::jsonAnswer(
            testsupport::changesAnswer(partial, 0, 5000, server.seqStyle));
    };
    Snapper snapper(server);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QVERIFY(describe(snapshot->entry.omissions).contains(code));
}

void ChangeSourceTest::sequenceGoesBack()
{
    FakeServer server;
    FakeDatabase &database = server.databases["db"];
    database = sampleDatabase();
    // Half of the list at first; when it is compared, the server has come to itself, with a lower
    // sequence.
    server.onRequest = [&](size_t, const couch::Request &request) -> Hooked {
        if (!testsupport::asksFor(request, "db", "_bulk_get") || database.seq == 3)
            return std::nullopt;
        database.documents["came back"] = {1, {{"a"}}};
        database.seq = 3;
        for (auto &[id, document] : database.documents)
            document.seq = std::min<std::uint64_t>(document.seq, 3);
        return std::nullopt;
    };
    Snapper snapper(server);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QCOMPARE(describe(snapshot->entry.omissions).join(QLatin1Char(';')),
             QStringLiteral("leaves-differ came back"));
}

QTEST_GUILESS_MAIN(ChangeSourceTest)
#include "changesource_test.moc"
