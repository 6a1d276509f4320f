#include "tests/backup/invariants.h"
#include "tests/backup/sampleserver.h"

using namespace backuptesting;
using base::ErrorKind;

/// Every file operation of a backup fails once (reliability.md D2, D3): there is no final archive
/// or a correct one, the old ones stay as they are, and the next run is clean.
class FaultsTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void cleanup() { base::clearFileFaults(); }

    void everyFileOperationMayFail_data();
    void everyFileOperationMayFail();
};

namespace {

/// The one sentence of each fault: which file, below the folder `%1`, what could not be done with
/// it, why, and for a full disk what to do.
QString sentenceOf(ErrorKind kind, bool syncOnly)
{
    const QString file = QStringLiteral(
        "%1(/[-0-9T_.]+Z(\\.tgz\\.partial|\\.staging(/[a-z0-9_%]+F?[0-9]*(/[0-9]{6}\\.ldb)?)?))?");
    const QString what = syncOnly
        ? QStringLiteral(" could not be made durable")
        : QStringLiteral(" could not be (created|written|made durable|renamed|removed)");
    if (kind == ErrorKind::NoSpace)
        return QStringLiteral("^The disk is full: ") + file + what
            + QStringLiteral("\\. Free some space, or choose another folder\\.$");
    return QLatin1Char('^') + file + what + QStringLiteral(": injected by a test\\.$");
}

} // namespace

void FaultsTest::everyFileOperationMayFail_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<bool>("syncOnly");
    QTest::addColumn<bool>("sticky");
    QTest::addColumn<bool>("full");
    for (const bool full : {true, false}) {
        const auto row = [full](const char *name, ErrorKind kind, bool syncOnly, bool sticky) {
            QTest::addRow("%s, %s", name, full ? "fetching" : "taking over")
                << int(kind) << syncOnly << sticky << full;
        };
        row("an input/output error", ErrorKind::Io, false, false);
        row("the disk is full for a moment", ErrorKind::NoSpace, false, false);
        row("the disk is full from then on", ErrorKind::NoSpace, false, true);
        row("a sync that fails", ErrorKind::Io, true, false);
        row("the disk is unplugged", ErrorKind::Io, false, true);
    }
}

void FaultsTest::everyFileOperationMayFail()
{
    QFETCH(const int, kind);
    QFETCH(const bool, syncOnly);
    QFETCH(const bool, sticky);
    QFETCH(const bool, full);
    FakeServer server;
    fillSample(server);
    // Large enough to leave the memory of the staging folder, so that it fails there as well.
    server.databases["org/1"].write(
        "large", {"a", "", false, {{"file", std::string(size_t(9) << 20, 'l')}}});
    Runner runner(server);
    runner.request.verifyAllBodies = false;
    VERIFY_GOOD(runner.run());
    runner.request.full = full;
    const QString folderName = QString::fromStdString(base::toUtf8(runner.folder()));

    for (std::uint64_t n = 1;; ++n) {
        runner.clock.time += std::chrono::hours(1);
        const Invariants invariants(runner, server);
        base::failNthFileOperation(n, ErrorKind(kind), syncOnly, sticky);
        const auto outcome = runner.run();
        const bool wasReached = base::fileOperationCount() >= n;
        base::clearFileFaults();
        const QString where = QStringLiteral("operation %1: ").arg(n);
        const QString broken = invariants.brokenBy(outcome);
        QVERIFY2(broken.isEmpty(), qPrintable(where + broken));
        if (!wasReached) {
            VERIFY_GOOD(outcome);
            QVERIFY(n > (syncOnly ? 2 : 10));
            break;
        }
        QVERIFY2(!outcome, qPrintable(where));
        QCOMPARE(outcome.error().kind, ErrorKind(kind));
        const QRegularExpression right(
            sentenceOf(ErrorKind(kind), syncOnly).arg(QRegularExpression::escape(folderName)));
        const QString sentence = outcome.error().message;
        QVERIFY2(right.match(sentence).hasMatch(), qPrintable(where + sentence));
    }
    runner.clock.time += std::chrono::hours(1);
    const auto next = runner.run();
    VERIFY_GOOD(next);
    QVERIFY(next->manifest.isComplete());
    QVERIFY(next->removedLeftovers.empty());
}

QTEST_GUILESS_MAIN(FaultsTest)
#include "faults_test.moc"
