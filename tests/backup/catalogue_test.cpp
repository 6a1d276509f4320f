#include "core/backup/catalogue.h"
#include "core/backup/journal.h"
#include "core/backup/keeper.h"
#include "core/base/failpoint.h"
#include "core/base/filefaults.h"
#include "tests/backup/backuptesting.h"
#include "tests/backup/sampleserver.h"

#include <QFile>

using namespace backuptesting;
using archive::Origin;
using backup::Catalogue;
using backup::CatalogueEntry;
using backup::Journal;
using backup::JournalEntry;
using backup::RunResult;
using backup::RunTrigger;
using base::ErrorKind;
namespace fs = base::fs;

/// The list of backups, the history of runs, and what goes by the rules.
class CatalogueTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void archivesAreListed();
    void onlyNewOnesAreOpened();
    void theCacheMayBeLost_data();
    void theCacheMayBeLost();
    void pinsOutliveTheCache();
    void damagedPinsAreAnError();
    void leftoversAreNamed();
    void aFolderThatIsGoneChangesNothing();
    void theJournalComesBack();
    void aTornJournalKeepsTheRest();
    void aFullDiskCostsNoHistory();
    void rulesRemoveWhatIsOld();
    void onlyProvenBackupsGo();
};

namespace {

void writeBytes(const fs::path &path, const std::string &bytes)
{
    QFile file(QString::fromStdString(path.string()));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray::fromStdString(bytes));
}

/// A folder with some backups of a small server, an hour between them.
struct Shelf {
    FakeServer server;
    Runner runner{server};
    testsupport::TemporaryFolder state;
    explicit Shelf(int backups)
    {
        fillSample(server);
        for (int i = 0; i < backups; ++i) {
            runner.clock.time += std::chrono::hours(1);
            const auto outcome = runner.run();
            if (!outcome)
                qFatal("%s", qPrintable(outcome.error().message));
        }
    }
    [[nodiscard]] fs::path folder() const { return runner.folder(); }
    [[nodiscard]] base::Result<Catalogue> catalogue() const
    {
        auto opened = Catalogue::open(state.path("state"));
        if (!opened)
            return opened;
        if (base::Status refreshed = opened->refresh(folder(), {}); !refreshed)
            return refreshed.error();
        return opened;
    }
};

JournalEntry someEntry(int number)
{
    const auto time = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)
        + std::chrono::hours(number) + std::chrono::milliseconds(7);
    JournalEntry entry;
    entry.started = time;
    entry.finished = time + std::chrono::minutes(3);
    entry.trigger = RunTrigger::CatchUp;
    entry.result = RunResult::Incomplete;
    entry.reason = QStringLiteral("A \"sentence\"\nwith \u00e9.");
    entry.archive = "a.tgz";
    entry.size = std::uint64_t{1} << 40;
    entry.databases = 3;
    entry.reused = 2;
    entry.documents = 100;
    return entry;
}

} // namespace

void CatalogueTest::archivesAreListed()
{
    const Shelf shelf(2);
    const auto catalogue = shelf.catalogue();
    VERIFY_GOOD(catalogue);
    QCOMPARE(catalogue->entries().size(), size_t(2));
    const CatalogueEntry &newest = catalogue->entries().front();
    QCOMPARE(newest.name, std::string("2026-11-23T05_00_00.000Z.tgz"));
    QCOMPARE(newest.origin, Origin::Ours);
    QVERIFY(newest.isGood());
    QCOMPARE(newest.databases, std::uint64_t(4));
    QVERIFY(newest.reused > 0);
    QVERIFY(newest.documents > 0);
    QCOMPARE(newest.size, std::uint64_t(fs::file_size(shelf.folder() / newest.name)));
    QCOMPARE(base::isoTime(newest.taken), std::string("2026-11-23T05:00:00.000Z"));
    QCOMPARE(newest.server, std::string("http://fake.example"));
    QVERIFY(catalogue->leftovers().empty());
}

void CatalogueTest::onlyNewOnesAreOpened()
{
    const Shelf shelf(2);
    VERIFY_GOOD(shelf.catalogue());
    // Same size, same time, other bytes: only one that was opened again would show it.
    const fs::path path = shelf.folder() / "2026-11-23T04_00_00.000Z.tgz";
    const auto time = fs::last_write_time(path);
    const auto size = fs::file_size(path);
    writeBytes(path, std::string(size, 'x'));
    fs::last_write_time(path, time);
    auto catalogue = shelf.catalogue();
    VERIFY_GOOD(catalogue);
    QVERIFY(catalogue->entries().back().isGood());
    fs::last_write_time(path, time + std::chrono::seconds(1));
    catalogue = shelf.catalogue();
    VERIFY_GOOD(catalogue);
    QVERIFY(!catalogue->entries().back().isGood());
    QVERIFY(catalogue->entries().back().problem.endsWith(QLatin1Char('.')));
    QVERIFY(catalogue->entries().front().isGood());
}

void CatalogueTest::theCacheMayBeLost_data()
{
    QTest::addColumn<std::string>("content");
    QTest::newRow("empty") << std::string();
    QTest::newRow("cut") << std::string(R"({"version":1,"archives":[{"name":"2026-11-23T04)");
    QTest::newRow("another version") << std::string(R"({"version":99,"archives":[{}]})");
    QTest::newRow("nonsense in it")
        << std::string(R"({"version":1,"archives":[1,{"name":""},{"name":"x","origin":"y"}]})");
}

void CatalogueTest::theCacheMayBeLost()
{
    QFETCH(const std::string, content);
    const Shelf shelf(2);
    const auto before = shelf.catalogue();
    VERIFY_GOOD(before);
    writeBytes(shelf.state.path("state") / "catalogue.json", content);
    const auto after = shelf.catalogue();
    VERIFY_GOOD(after);
    QVERIFY(before->entries() == after->entries());
}

void CatalogueTest::pinsOutliveTheCache()
{
    const Shelf shelf(2);
    const std::string name = "2026-11-23T04_00_00.000Z.tgz";
    {
        auto catalogue = shelf.catalogue();
        VERIFY_GOOD(catalogue);
        VERIFY_GOOD(catalogue->setPinned(name, true));
        VERIFY_GOOD(catalogue->setNote(name, QStringLiteral("before the move")));
        QCOMPARE(catalogue->setPinned("other.tgz", true).error().kind, ErrorKind::NotFound);
    }
    fs::remove(shelf.state.path("state") / "catalogue.json");
    const auto catalogue = shelf.catalogue();
    VERIFY_GOOD(catalogue);
    QVERIFY(catalogue->find(name)->isPinned);
    QCOMPARE(catalogue->find(name)->note, QStringLiteral("before the move"));
    QVERIFY(!catalogue->entries().front().isPinned);
}

void CatalogueTest::damagedPinsAreAnError()
{
    const Shelf shelf(1);
    VERIFY_GOOD(shelf.catalogue());
    for (const char *content : {"", "{", "[]", R"({"a":1})"}) {
        writeBytes(shelf.state.path("state") / "pinned.json", content);
        const auto catalogue = shelf.catalogue();
        QVERIFY(!catalogue);
        QCOMPARE(catalogue.error().kind, ErrorKind::Corrupt);
    }
}

void CatalogueTest::leftoversAreNamed()
{
    const Shelf shelf(1);
    const fs::path folder = shelf.folder();
    writeBytes(folder / "2026-11-20T03_00_00.000Z.tgz.partial", std::string(100, 'x'));
    fs::create_directories(folder / "2022-03-04T01_00_00.000Z" / "org_1");
    writeBytes(folder / "2022-03-04T01_00_00.000Z" / "org_1" / "000003.log", std::string(50, 'x'));
    fs::create_directories(folder / "somebody's");
    writeBytes(folder / "notes.txt", "hello");
    const auto catalogue = shelf.catalogue();
    VERIFY_GOOD(catalogue);
    QCOMPARE(catalogue->entries().size(), size_t(1));
    QCOMPARE(catalogue->leftovers().size(), size_t(2));
    const auto &predecessors = catalogue->leftovers().front();
    QCOMPARE(predecessors.name, std::string("2022-03-04T01_00_00.000Z"));
    QCOMPARE(predecessors.bytes, std::uint64_t(50));
    QVERIFY(!predecessors.isOurs);
    QVERIFY(catalogue->leftovers().back().isOurs);
    QCOMPARE(catalogue->leftovers().back().bytes, std::uint64_t(100));
}

void CatalogueTest::aFolderThatIsGoneChangesNothing()
{
    const Shelf shelf(1);
    auto catalogue = shelf.catalogue();
    VERIFY_GOOD(catalogue);
    fs::rename(shelf.folder(), shelf.folder().string() + " away");
    const base::Status refreshed = catalogue->refresh(shelf.folder(), {});
    QVERIFY(!refreshed);
    QCOMPARE(refreshed.error().kind, ErrorKind::Io);
    QCOMPARE(catalogue->entries().size(), size_t(1));
    const auto again = Catalogue::open(shelf.state.path("state"));
    VERIFY_GOOD(again);
    QCOMPARE(again->entries().size(), size_t(1));
}

void CatalogueTest::theJournalComesBack()
{
    const testsupport::TemporaryFolder folder;
    const fs::path file = folder.path("data/journal.jsonl");
    {
        auto journal = Journal::open(file);
        VERIFY_GOOD(journal);
        QVERIFY(!journal->lastPublished());
        QVERIFY(journal->lastRun() == nullptr);
        VERIFY_GOOD(journal->append(someEntry(1)));
        JournalEntry skipped = someEntry(2);
        skipped.result = RunResult::Skipped;
        VERIFY_GOOD(journal->append(skipped));
    }
    const auto journal = Journal::open(file);
    VERIFY_GOOD(journal);
    QCOMPARE(journal->entries().size(), size_t(2));
    QCOMPARE(journal->unreadable(), size_t(0));
    QVERIFY(journal->entries().front() == someEntry(1));
    QVERIFY(*journal->lastPublished() == someEntry(1).started);
    QVERIFY(*journal->lastRun() == someEntry(1));
}

void CatalogueTest::aTornJournalKeepsTheRest()
{
    const testsupport::TemporaryFolder folder;
    const fs::path file = folder.path("journal.jsonl");
    auto journal = Journal::open(file);
    VERIFY_GOOD(journal);
    VERIFY_GOOD(journal->append(someEntry(1)));
    VERIFY_GOOD(journal->append(someEntry(2)));
    const auto text = base::readFile(file, 1'000'000);
    VERIFY_GOOD(text);
    for (size_t length = 0; length < text->size(); ++length) {
        writeBytes(file, text->substr(0, length));
        const auto cut = Journal::open(file);
        VERIFY_GOOD(cut);
        // A line is whole without its end of line, too.
        const size_t whole = length + 1 >= text->size() ? 2 : length >= text->find('\n') ? 1 : 0;
        QCOMPARE(cut->entries().size(), whole);
    }
}

void CatalogueTest::aFullDiskCostsNoHistory()
{
    const testsupport::TemporaryFolder folder;
    const fs::path file = folder.path("journal.jsonl");
    auto journal = Journal::open(file);
    VERIFY_GOOD(journal);
    VERIFY_GOOD(journal->append(someEntry(1)));
    for (std::uint64_t n = 1;; ++n) {
        base::failNthFileOperation(n, ErrorKind::NoSpace, false);
        const base::Status appended = journal->append(someEntry(2));
        base::clearFileFaults();
        const auto again = Journal::open(file);
        VERIFY_GOOD(again);
        QVERIFY(again->entries().front() == someEntry(1));
        if (appended) {
            QVERIFY(n > 3);
            QCOMPARE(again->entries().size(), size_t(2));
            break;
        }
        QCOMPARE(appended.error().kind, ErrorKind::NoSpace);
        QCOMPARE(journal->entries().size(), size_t(1));
    }
}

void CatalogueTest::rulesRemoveWhatIsOld()
{
    Shelf shelf(6);
    auto catalogue = shelf.catalogue();
    VERIFY_GOOD(catalogue);
    VERIFY_GOOD(catalogue->setPinned("2026-11-23T05_00_00.000Z.tgz", true));
    backup::RetentionRules rules;
    rules.last = 4;
    const auto now = shelf.runner.clock.time;
    const auto held =
        backup::removeByRetention(shelf.folder(), *catalogue, rules, now, QTimeZone::utc(), true);
    VERIFY_GOOD(held);
    QVERIFY(held->removed.empty());
    const auto outcome =
        backup::removeByRetention(shelf.folder(), *catalogue, rules, now, QTimeZone::utc(), false);
    VERIFY_GOOD(outcome);
    QCOMPARE(outcome->removed, std::vector<std::string>{"2026-11-23T04_00_00.000Z.tgz"});
    QVERIFY(outcome->freedBytes > 0);
    VERIFY_GOOD(catalogue->refresh(shelf.folder(), {}));
    QCOMPARE(catalogue->entries().size(), size_t(5));
    QVERIFY(catalogue->find("2026-11-23T05_00_00.000Z.tgz") != nullptr);
}

/// A file that took the name of a backup since it was catalogued stays, and so does a copy of the
/// predecessor's.
void CatalogueTest::onlyProvenBackupsGo()
{
    Shelf shelf(6);
    const fs::path oldest = shelf.folder() / "2026-11-23T04_00_00.000Z.tgz";
    const fs::path foreign = shelf.folder() / "2020-01-01T00_00_00.000Z.tgz";
    writeBytes(foreign, "no archive at all");
    const auto catalogue = shelf.catalogue();
    VERIFY_GOOD(catalogue);
    const auto time = fs::last_write_time(oldest);
    const auto size = fs::file_size(oldest);
    writeBytes(oldest, std::string(size, 'x'));
    fs::last_write_time(oldest, time);
    backup::RetentionRules rules;
    rules.last = 4;
    const auto outcome = backup::removeByRetention(
        shelf.folder(), *catalogue, rules, shelf.runner.clock.time, QTimeZone::utc(), false);
    VERIFY_GOOD(outcome);
    QCOMPARE(outcome->removed, std::vector<std::string>{"2026-11-23T05_00_00.000Z.tgz"});
    QVERIFY(fs::exists(oldest));
    QVERIFY(fs::exists(foreign));
}

QTEST_GUILESS_MAIN(CatalogueTest)
#include "catalogue_test.moc"
