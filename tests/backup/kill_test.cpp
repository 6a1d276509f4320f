#include "tests/backup/invariants.h"
#include "tests/backup/sampleserver.h"

#include <QProcess>

using namespace backuptesting;

/// A backup is killed at every fail point (reliability.md P1): what has a final name is whole, what
/// was there before is untouched, and the next run cleans up by itself.
class KillTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void killedAtEveryPoint_data();
    void killedAtEveryPoint();
    void cleanupTestCase() { QVERIFY2(m_killed >= 100, qPrintable(QString::number(m_killed))); }

private:
    int m_killed = 0;
};

namespace {

struct Ended {
    bool wasKilled = false;
    int code = -1;
    QString out;
    QString err;
};

Ended runBackup(const testsupport::TemporaryFolder &folder, bool full, int killAt,
                const QString &log = {})
{
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    if (killAt > 0)
        environment.insert(QStringLiteral("FM_KILL_AT"), QString::number(killAt));
    if (!log.isEmpty())
        environment.insert(QStringLiteral("FM_POINT_LOG"), log);
    process.setProcessEnvironment(environment);
    QStringList arguments{QString::fromStdString(folder.path("backups").string()),
                          QString::fromStdString(folder.path("state").string())};
    if (full)
        arguments.append(QStringLiteral("full"));
    process.start(QStringLiteral(KILLABLE_BACKUP), arguments);
    process.waitForFinished(-1);
    return {process.exitStatus() == QProcess::CrashExit, process.exitCode(),
            QString::fromLocal8Bit(process.readAllStandardOutput()),
            QString::fromLocal8Bit(process.readAllStandardError())};
}

} // namespace

void KillTest::killedAtEveryPoint_data()
{
    QTest::addColumn<bool>("full");
    QTest::newRow("every database is fetched") << true;
    QTest::newRow("unchanged databases are taken over") << false;
}

void KillTest::killedAtEveryPoint()
{
    QFETCH(const bool, full);
    FakeServer server;
    fillSample(server);
    server.databases["org/1"].write(
        "large", {"a", "", false, {{"file", std::string(size_t(9) << 20, 'l')}}});
    const testsupport::TemporaryFolder folder;
    const base::fs::path log = folder.path("points");
    if (!full) // something to take over
        QCOMPARE(runBackup(folder, true, 0).code, 0);
    const Ended first = runBackup(folder, full, 0, QString::fromStdString(log.string()));
    QVERIFY2(first.code == 0, qPrintable(first.err));
    const auto points = base::readFile(log, 1 << 20);
    VERIFY_GOOD(points);
    const auto hits = std::count(points->begin(), points->end(), '\n');
    for (const char *point : {full ? "snapshot.frozen" : "run.database-reused", "archive.append",
                              "archive.sync", "publish.before-rename", "publish.after-rename"})
        QVERIFY2(points->find(point) != std::string::npos, point);
    auto archives = testsupport::contentsOf(folder.path("backups"));
    const std::set<std::string> beside{"backups", "points", "state"};
    const auto state = testsupport::treeOf(folder.path("state"));

    int killed = 0;
    for (int at = 1;; ++at) {
        const Ended ended = runBackup(folder, full, at);
        const auto now = testsupport::contentsOf(folder.path("backups"));
        for (const auto &[name, bytes] : archives)
            QVERIFY2(now.contains(name) && now.at(name) == bytes, ("I4: " + name).c_str());
        for (const auto &[name, bytes] : now) {
            if (!archives.contains(name)) // I1 to I3
                QCOMPARE(faultOfArchive(folder.path("backups") / name, server.databases),
                         QString());
        }
        QCOMPARE(testsupport::namesIn(folder.path()), beside); // I12
        if (!ended.wasKilled) {
            QVERIFY2(ended.code == 0, qPrintable(ended.err));
            break;
        }
        ++killed;
        const auto leftovers = testsupport::namesIn(folder.path("backups")).size() - now.size();
        QVERIFY2(leftovers <= 2, "I5");   // the unfinished archive and its staging folder
        if (leftovers > 0 && at % 4 == 0) // killed while it cleans up
            QVERIFY(runBackup(folder, full, 1).wasKilled);
        const Ended next = runBackup(folder, full, 0);
        QVERIFY2(next.code == 0, qPrintable(next.err));
        QVERIFY(next.out.count(QStringLiteral("removed ")) <= int(leftovers));
        archives = testsupport::contentsOf(folder.path("backups"));
        // I5, hidden names and what lies deeper included
        QCOMPARE(testsupport::treeOf(folder.path("state")), state);
        std::set<std::string> all{".focus-monitor-folder", ".focus-monitor-lock"};
        for (const auto &archive : archives)
            all.insert(archive.first);
        QCOMPARE(testsupport::treeOf(folder.path("backups")), all);
        // The archives of the past runs are not needed to see what the next one does.
        while (archives.size() > 2) {
            base::fs::remove(folder.path("backups") / archives.begin()->first);
            archives.erase(archives.begin());
        }
    }
    m_killed += killed;
    QVERIFY2(killed >= hits - (full ? 0 : 20),
             qPrintable(QStringLiteral("%1 of %2").arg(killed).arg(hits)));
}

QTEST_GUILESS_MAIN(KillTest)
#include "kill_test.moc"
