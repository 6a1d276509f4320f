#include "core/backup/earlierarchive.h"
#include "tests/backup/invariants.h"
#include "tests/backup/sampleserver.h"

#include <QFile>

using namespace backuptesting;
using base::ErrorKind;
using Hooked = std::optional<base::Result<FakeServer::Answer>>;

/// What happens around a backup: clocks, other runs, disks that go away, things in its folder that
/// somebody put there (reliability.md C1, C4, C5, D6, D7, D9). The invariants of 2.0 hold after
/// each.
class SurroundingsTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void clockSteps_data();
    void clockSteps();
    void clockStepsDuringTheRun();
    void secondInstanceAtEveryRequest();
    void diskIsNotThere_data();
    void diskIsNotThere();
    void diskGoesAwayAtEveryRequest_data();
    void diskGoesAwayAtEveryRequest();
    void strangeThingsInTheFolder_data();
    void strangeThingsInTheFolder();
    void archivesThatChangeUnderTheRun();
};

namespace {

std::map<std::string, FakeDatabase> expectedOf(const FakeServer &server)
{
    std::map<std::string, FakeDatabase> expected = server.databases;
    expected.erase("_replicator");
    return expected;
}

/// I4: all that was there is there, byte for byte.
bool areUntouched(const std::map<std::string, std::string> &before,
                  const std::map<std::string, std::string> &now)
{
    return std::all_of(before.begin(), before.end(), [&](const auto &archive) {
        const auto found = now.find(archive.first);
        return found != now.end() && found->second == archive.second;
    });
}

} // namespace

void SurroundingsTest::clockSteps_data()
{
    QTest::addColumn<std::int64_t>("hours");
    constexpr std::int64_t year = 24 * 365;
    QTest::newRow("an hour back") << std::int64_t(-1);
    QTest::newRow("not at all: the same time twice") << std::int64_t(0);
    QTest::newRow("ten years back") << -10 * year;
    QTest::newRow("to 1970") << -std::int64_t(1'795'402'800 / 3600);
    QTest::newRow("ten years on, and back with the next run") << 10 * year;
}

/// Nothing is replaced or lost, and what the newest archive by its name holds is never taken for
/// what the source holds now.
void SurroundingsTest::clockSteps()
{
    QFETCH(const std::int64_t, hours);
    FakeServer server;
    fillSample(server);
    Runner runner(server);
    runner.request.verifyAllBodies = false;
    VERIFY_GOOD(runner.run());
    const auto start = runner.clock.time;
    for (int run = 1; run <= 4; ++run) {
        const Invariants invariants(runner, server);
        server.databases["org/1"].write("run " + std::to_string(run), {"a"});
        if (run == 3) // as it was two runs ago, with the sequence moved
            server.databases["asmt_1"].write("plain", {"ba"});
        runner.clock.time =
            run % 2 == 1 ? start + std::chrono::hours(hours) : start + std::chrono::hours(run);
        const auto outcome = runner.run();
        VERIFY_GOOD(outcome);
        QVERIFY(outcome->manifest.isComplete());
        QCOMPARE(invariants.brokenBy(outcome), QString());
    }
}

/// Back and forth at every request.
void SurroundingsTest::clockStepsDuringTheRun()
{
    FakeServer server;
    fillSample(server);
    Runner runner(server);
    const auto start = runner.clock.time;
    server.onRequest = [&](size_t number, const couch::Request &) {
        runner.clock.time = start + std::chrono::hours(24 * 400) * (number % 3 == 0 ? -1 : 1);
        return Hooked();
    };
    const Invariants invariants(runner, server);
    const auto outcome = runner.run();
    VERIFY_GOOD(outcome);
    QVERIFY(outcome->manifest.isComplete());
    QCOMPARE(invariants.brokenBy(outcome), QString());
}

void SurroundingsTest::secondInstanceAtEveryRequest()
{
    FakeServer server;
    fillSample(server);
    Runner runner(server);
    bool isFolderOpen = false;
    int refused = 0;
    QStringList wrong;
    server.onRequest = [&](size_t, const couch::Request &request) {
        // The folder is locked from the survey on.
        isFolderOpen = isFolderOpen || request.target == "/_dbs_info";
        if (!isFolderOpen)
            return Hooked();
        FakeServer other;
        fillSample(other);
        backup::RunRequest second = runner.request;
        second.source = &other;
        backup::Progress progress;
        const auto outcome = backup::runBackup(second, progress, runner.clock, {});
        if (outcome || outcome.error().kind != ErrorKind::Locked)
            wrong.append(QString::fromStdString(request.target));
        else if (!outcome.error().message.contains(QStringLiteral("in use by")))
            wrong.append(outcome.error().message);
        ++refused;
        return Hooked();
    };
    const Invariants invariants(runner, server);
    const auto outcome = runner.run();
    VERIFY_GOOD(outcome);
    QCOMPARE(wrong, QStringList());
    QVERIFY(refused > 20);
    QCOMPARE(invariants.brokenBy(outcome), QString());
}

void SurroundingsTest::diskIsNotThere_data()
{
    QTest::addColumn<bool>("hasMountPoint");
    QTest::newRow("the folder is gone") << false;
    QTest::newRow("the mount point is there, and empty") << true;
}

/// Nothing is written into the place where the disk should be.
void SurroundingsTest::diskIsNotThere()
{
    QFETCH(const bool, hasMountPoint);
    FakeServer server;
    fillSample(server);
    Runner runner(server);
    VERIFY_GOOD(runner.run());
    const auto before = testsupport::contentsOf(runner.folder());
    const base::fs::path away = runner.folder().string() + " away";
    base::fs::rename(runner.folder(), away);
    if (hasMountPoint)
        base::fs::create_directory(runner.folder());
    runner.clock.time += std::chrono::hours(1);
    const auto outcome = runner.run();
    QVERIFY(!outcome);
    QCOMPARE(outcome.error().kind, ErrorKind::Io);
    QVERIFY2(outcome.error().message.startsWith(QStringLiteral("The backup disk is not there: ")),
             qPrintable(outcome.error().message));
    QCOMPARE(base::fs::exists(runner.folder()), hasMountPoint);
    QVERIFY(!hasMountPoint || base::fs::is_empty(runner.folder()));
    base::fs::remove(runner.folder());
    base::fs::rename(away, runner.folder());
    const auto next = runner.run();
    VERIFY_GOOD(next);
    QVERIFY(areUntouched(before, testsupport::contentsOf(runner.folder())));
}

void SurroundingsTest::diskGoesAwayAtEveryRequest_data()
{
    QTest::addColumn<bool>("hasMountPoint");
    QTest::addColumn<bool>("isFull");
    QTest::newRow("nothing is left in its place") << false << true;
    QTest::newRow("an empty folder is left in its place") << true << true;
    QTest::newRow("nothing is left, nothing has changed") << false << false;
    QTest::newRow("an empty folder is left, nothing has changed") << true << false;
}

/// Unplugged while the run reads the source; plugged in again for the next run.
void SurroundingsTest::diskGoesAwayAtEveryRequest()
{
    QFETCH(const bool, hasMountPoint);
    QFETCH(const bool, isFull);
    FakeServer server;
    fillSample(server);
    Runner runner(server);
    runner.request.verifyAllBodies = false;
    runner.request.full = isFull;
    VERIFY_GOOD(runner.run());
    const base::fs::path away = runner.folder().string() + " away";
    int goneIn = 0;
    for (size_t at = 1;; ++at) {
        runner.clock.time += std::chrono::hours(1);
        const Invariants invariants(runner, server);
        const size_t already = server.requests();
        server.onRequest = [&](size_t number, const couch::Request &) {
            if (number == already + at) {
                base::fs::rename(runner.folder(), away);
                if (hasMountPoint) {
                    base::fs::create_directory(runner.folder());
                    base::fs::create_directory(runner.folder() / ".staging");
                }
            }
            return Hooked();
        };
        const auto outcome = runner.run();
        if (server.requests() < already + at) {
            VERIFY_GOOD(outcome);
            break;
        }
        server.onRequest = {};
        ++goneIn;
        QVERIFY2(!outcome, qPrintable(QString::number(at)));
        QCOMPARE(outcome.error().kind, ErrorKind::Io);
        if (hasMountPoint) { // what a run could not take with it may be there, but no archive
            for (const std::string &name : testsupport::namesIn(runner.folder()))
                QVERIFY2(!name.ends_with(".tgz"), name.c_str());
            QVERIFY(base::fs::exists(runner.folder() / ".staging")); // somebody's
            base::fs::remove_all(runner.folder());
        }
        base::fs::rename(away, runner.folder());
        // What was being written went away with the disk; the next run removes it.
        const QString broken = invariants.brokenBy(outcome, 2);
        QVERIFY2(broken.isEmpty(), qPrintable(QStringLiteral("request %1: ").arg(at) + broken));
        QVERIFY(invariants.newArchives().empty());
    }
    QVERIFY2(goneIn > (isFull ? 20 : 5), qPrintable(QString::number(goneIn)));
    QCOMPARE(runner.names().size(), testsupport::contentsOf(runner.folder()).size());
}

void SurroundingsTest::strangeThingsInTheFolder_data()
{
    using Prepare = std::function<void(const base::fs::path &name)>;
    QTest::addColumn<Prepare>("prepare");
    const auto row = [](const char *name, Prepare prepare) {
        QTest::newRow(name) << std::move(prepare);
    };
    const auto bytes = [](const std::string &content) {
        return [content](const base::fs::path &path) {
            QFile file(QString::fromStdString(path.string()));
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(QByteArray::fromStdString(content));
        };
    };
    row("an empty file", bytes({}));
    row("a folder", [](const base::fs::path &path) { base::fs::create_directory(path); });
    row("a link to nowhere",
        [](const base::fs::path &path) { base::fs::create_symlink("/nowhere/at/all", path); });
    row("a link to itself",
        [](const base::fs::path &path) { base::fs::create_symlink(path.filename(), path); });
    row("a link to what never ends",
        [](const base::fs::path &path) { base::fs::create_symlink("/dev/zero", path); });
    row("a terabyte of nothing", [bytes](const base::fs::path &path) {
        bytes({})(path);
        base::fs::resize_file(path, std::uintmax_t(1) << 40);
    });
    row("a footer that points behind itself",
        bytes(std::string(200, 'x')
              + std::string("\x1f\x8b\x08\x04\0\0\0\0\0\xff\x1a\0SG\x16\0", 16)
              + "ffffffffffffffffSTARGZ" + std::string("\x01\0\0\xff\xff\0\0\0\0\0\0\0\0", 13)));
    row("a footer that points to itself",
        bytes(std::string(200, 'x')
              + std::string("\x1f\x8b\x08\x04\0\0\0\0\0\xff\x1a\0SG\x16\0", 16)
              + "00000000000000c8STARGZ" + std::string("\x01\0\0\xff\xff\0\0\0\0\0\0\0\0", 13)));
    row("random bytes", [bytes](const base::fs::path &path) {
        std::string noise;
        for (unsigned i = 0; i < 100'000; ++i)
            noise += static_cast<char>(i * 2654435761U >> 13);
        bytes(noise)(path);
    });
    row("nobody may read it", [bytes](const base::fs::path &path) {
        bytes("secret")(path);
        base::fs::permissions(path, base::fs::perms::none);
    });
}

/// They lie there under a name like an archive's, newer than ours: the run is neither stopped nor
/// misled, and takes over from ours.
void SurroundingsTest::strangeThingsInTheFolder()
{
    using Prepare = std::function<void(const base::fs::path &name)>;
    QFETCH(const Prepare, prepare);
    FakeServer server;
    server.databases["db"] = sampleDatabase();
    Runner runner(server);
    const auto first = runner.run();
    VERIFY_GOOD(first);
    const base::fs::path strange = runner.folder() / "2026-11-23T03_30_00.000Z.tgz";
    prepare(strange);
    runner.clock.time += std::chrono::hours(1);
    const auto second = runner.run();
    VERIFY_GOOD(second);
    QCOMPARE(second->reused(), std::uint64_t(1));
    QVERIFY(second->remarks.size() <= 1);
    QCOMPARE(runner.faultOf(second->archive, expectedOf(server)), QString());
    QVERIFY(base::fs::symlink_status(strange).type() != base::fs::file_type::not_found);
}

/// The archive that is taken over from is removed, or written over, while the run reads it: it was
/// opened once, and what is copied is checked.
void SurroundingsTest::archivesThatChangeUnderTheRun()
{
    for (const bool isRemoved : {true, false}) {
        FakeServer server;
        fillSample(server);
        Runner runner(server);
        const auto first = runner.run();
        VERIFY_GOOD(first);
        runner.clock.time += std::chrono::hours(1);
        bool isDone = false;
        server.onRequest = [&](size_t, const couch::Request &request) {
            if (isDone || request.target.find("_revs_limit") == std::string::npos)
                return Hooked();
            isDone = true;
            if (isRemoved) {
                base::fs::remove(first->archive);
            } else {
                QFile file(QString::fromStdString(first->archive.string()));
                if (file.open(QIODevice::ReadWrite))
                    file.write(QByteArray(static_cast<qsizetype>(first->size / 2), 'x'));
            }
            return Hooked();
        };
        const auto second = runner.run();
        VERIFY_GOOD(second);
        QVERIFY(isDone);
        QVERIFY(second->manifest.isComplete());
        QCOMPARE(second->reused() > 0, isRemoved);
        QCOMPARE(second->remarks.empty(), isRemoved);
        QCOMPARE(runner.faultOf(second->archive, expectedOf(server)), QString());
    }
}

QTEST_GUILESS_MAIN(SurroundingsTest)
#include "surroundings_test.moc"
