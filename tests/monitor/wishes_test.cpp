#include "core/monitor/wishes.h"
#include "tests/support/temporaryfolder.h"

#include <QtTest>

using namespace monitor;
using namespace std::chrono_literals;

namespace {

const TimePoint kNow{std::chrono::seconds(1'795'402'800)};

base::Status write(const base::fs::path &file, const std::string &text)
{
    return base::writeFileAtomically(file, text);
}

} // namespace

/// What the operator decided survives: written whole, read whole or not at all.
class WishesTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void comesBackAsItWas();
    void noFileIsNoWish();
    void damaged_data();
    void damaged();
    void everyCutIsNoticed();
    void aFailingDiskLeavesTheOldFile();
    void documentsAreForgotten();
};

void WishesTest::comesBackAsItWas()
{
    const testsupport::TemporaryFolder folder;
    const base::fs::path file = folder.path("wishes.json");
    Wishes wishes;
    wishes.set("a/\"b", Wish::Sync, kNow);
    wishes.set("gone", Wish::KeptThoughGone, kNow);
    wishes.set("p", Wish::Paused, kNow, KeptDocument{"fm:p", "3-c", R"({"n":1.50})"});
    wishes.set("r", Wish::Removed, kNow, KeptDocument{"x", "1-a", "{}"});
    wishes.pauseOfAll = Wishes::PauseOfAll{kNow, "500"};
    QVERIFY(wishes.save(file));
    const auto read = Wishes::load(file);
    QVERIFY(read);
    QCOMPARE(read->entries().size(), size_t{4});
    for (const auto &[name, entry] : wishes.entries()) {
        const WishEntry *other = read->find(name);
        QVERIFY(other != nullptr);
        QCOMPARE(other->wish, entry.wish);
        QVERIFY(other->since == entry.since);
        QCOMPARE(other->document.has_value(), entry.document.has_value());
    }
    QCOMPARE(read->find("p")->document->json, R"({"n":1.50})");
    QCOMPARE(read->find("p")->document->rev, "3-c");
    QVERIFY(read->pauseOfAll && read->pauseOfAll->maxJobs == "500");
    QVERIFY(read->find("nosuch") == nullptr);
}

void WishesTest::noFileIsNoWish()
{
    const testsupport::TemporaryFolder folder;
    const auto read = Wishes::load(folder.path("wishes.json"));
    QVERIFY(read && read->entries().empty() && !read->pauseOfAll);
}

void WishesTest::damaged_data()
{
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char *name, const char *text) {
        QTest::newRow(name) << QByteArray(text);
    };
    row("empty", "");
    row("zeros", "\\0\\0");
    row("another format", R"({"format":2,"databases":{}})");
    row("no databases", R"({"format":1})");
    row("an unknown wish",
        R"({"format":1,"databases":{"a":{"wish":"x","since":"2026-11-23T03:00:00.000Z"}}})");
    row("no time", R"({"format":1,"databases":{"a":{"wish":"sync"}}})");
    row("half a document",
        R"({"format":1,"databases":{"a":{"wish":"paused","since":"2026-11-23T03:00:00.000Z","document":{"id":"x"}}}})");
    row("a pause without time", R"({"format":1,"paused_all":{},"databases":{}})");
}

void WishesTest::damaged()
{
    QFETCH(QByteArray, text);
    const testsupport::TemporaryFolder folder;
    const base::fs::path file = folder.path("wishes.json");
    QVERIFY(write(file, text.toStdString()));
    const auto read = Wishes::load(file);
    QVERIFY(!read);
    QCOMPARE(read.error().kind, base::ErrorKind::Corrupt);
    QVERIFY(read.error().message.contains(QStringLiteral("wishes.json")));
    QVERIFY(read.error().message.contains(QStringLiteral("No replication is made")));
}

void WishesTest::everyCutIsNoticed()
{
    const testsupport::TemporaryFolder folder;
    const base::fs::path file = folder.path("wishes.json");
    Wishes wishes;
    wishes.set("a", Wish::Removed, kNow, KeptDocument{"x", "1-a", "{}"});
    wishes.set("b", Wish::Sync, kNow);
    QVERIFY(wishes.save(file));
    const auto whole = base::readFile(file, 1 << 20);
    QVERIFY(whole);
    for (size_t size = 0; size + 1 < whole->size(); ++size) { // the last byte is a line end
        QVERIFY(write(file, whole->substr(0, size)));
        QVERIFY2(!Wishes::load(file), std::to_string(size).c_str());
    }
}

void WishesTest::aFailingDiskLeavesTheOldFile()
{
    const testsupport::TemporaryFolder folder;
    const base::fs::path file = folder.path("wishes.json");
    Wishes wishes;
    wishes.set("a", Wish::Removed, kNow);
    QVERIFY(wishes.save(file));
    wishes.set("b", Wish::Sync, kNow);
    base::clearFileFaults();
    const std::uint64_t before = base::fileOperationCount();
    QVERIFY(wishes.save(file));
    const std::uint64_t operations = base::fileOperationCount() - before;
    QVERIFY(operations > 2);
    for (std::uint64_t n = 1; n <= operations; ++n) {
        wishes.set("c" + std::to_string(n), Wish::Sync, kNow);
        base::failNthFileOperation(n, base::ErrorKind::NoSpace);
        const base::Status saved = wishes.save(file);
        base::clearFileFaults();
        const auto read = Wishes::load(file);
        QVERIFY(read);
        QVERIFY(read->find("a") != nullptr && read->find("b") != nullptr);
        if (saved)
            QCOMPARE(read->entries().size(), wishes.entries().size());
    }
}

void WishesTest::documentsAreForgotten()
{
    Wishes wishes;
    wishes.set("old", Wish::Removed, kNow - kUndoFor, KeptDocument{"x", "1-a", "{}"});
    wishes.set("new", Wish::Removed, kNow - kUndoFor + 1s, KeptDocument{"y", "1-a", "{}"});
    wishes.set("paused", Wish::Paused, kNow - 2 * kUndoFor, KeptDocument{"z", "1-a", "{}"});
    QCOMPARE(wishes.dropOldDocuments(kNow), size_t{1});
    QVERIFY(!wishes.find("old")->document);
    QCOMPARE(wishes.find("old")->wish, Wish::Removed);
    QVERIFY(wishes.find("new")->document && wishes.find("paused")->document);
}

QTEST_GUILESS_MAIN(WishesTest)
#include "wishes_test.moc"
