#include "ui/models/replicationmodel.h"
#include "ui/models/sortproxy.h"

#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTest>

using namespace Qt::StringLiterals;
using models::ReplicationModel;
using models::ReplicationRow;
using models::Standing;

/// The table of replications keeps up with snapshots, whatever changes between them.
class ReplicationModelTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }
    void randomSnapshotsArriveWhole_data();
    void randomSnapshotsArriveWhole();
    void selectionStaysWithItsRow();
    void whatDidNotChangeIsNotAnnounced();
    void wishDecidesBeforeTheJob();
    void filterTakesWordsAndConditions();
    void sortIsByValue();
};

namespace {

constexpr models::TimePoint kNow{std::chrono::hours(500'000)};

std::vector<ReplicationRow> randomRows(QRandomGenerator &random, int most)
{
    std::vector<ReplicationRow> rows;
    for (int i = 0; i < most; ++i) {
        if (random.bounded(3) == 0)
            continue;
        ReplicationRow row;
        row.database = u"org_%1"_s.arg(i, 4, 10, QChar(u'0')).toStdString();
        row.standing = static_cast<Standing>(random.bounded(models::kStandings));
        row.pending = random.bounded(4);
        rows.push_back(row);
    }
    return rows;
}

ReplicationRow rowOf(const std::string &database, Standing standing, std::uint64_t pending = 0)
{
    ReplicationRow row;
    row.database = database;
    row.standing = standing;
    row.pending = pending;
    return row;
}

QStringList shown(const QAbstractItemModel &model)
{
    QStringList names;
    for (int row = 0; row < model.rowCount(); ++row)
        names += model.index(row, ReplicationModel::DatabaseColumn).data().toString();
    return names;
}

} // namespace

void ReplicationModelTest::randomSnapshotsArriveWhole_data()
{
    QTest::addColumn<int>("most");
    QTest::newRow("few") << 12;
    QTest::newRow("more changes than are announced one by one") << 500;
}

void ReplicationModelTest::randomSnapshotsArriveWhole()
{
    QFETCH(int, most);
    QRandomGenerator random(7);
    ReplicationModel model;
    models::SortProxy proxy;
    proxy.setSourceModel(&model);
    proxy.sort(ReplicationModel::PendingColumn, Qt::DescendingOrder);
    proxy.setCondition([&](int row) { return model.row(row).standing != Standing::Removed; });
    const QAbstractItemModelTester ofModel(&model,
                                           QAbstractItemModelTester::FailureReportingMode::QtTest);
    const QAbstractItemModelTester ofProxy(&proxy,
                                           QAbstractItemModelTester::FailureReportingMode::QtTest);
    for (int round = 0; round < (most > 100 ? 3 : 100); ++round) {
        const std::vector<ReplicationRow> rows = randomRows(random, most);
        model.setRows(rows, kNow);
        QVERIFY(model.rows() == rows);
        for (int row = 1; row < proxy.rowCount(); ++row)
            QVERIFY(proxy.index(row - 1, 2).data(models::kSortRole).toULongLong()
                    >= proxy.index(row, 2).data(models::kSortRole).toULongLong());
        const auto removed = std::count_if(rows.begin(), rows.end(), [](const auto &row) {
            return row.standing == Standing::Removed;
        });
        QCOMPARE(proxy.rowCount(), static_cast<int>(rows.size()) - static_cast<int>(removed));
    }
}

void ReplicationModelTest::selectionStaysWithItsRow()
{
    ReplicationModel model;
    model.setRows({rowOf("b", Standing::InSync), rowOf("d", Standing::InSync)}, kNow);
    const QPersistentModelIndex d = model.index(1, 0);
    model.setRows(
        {rowOf("a", Standing::InSync), rowOf("c", Standing::InSync), rowOf("d", Standing::Failed)},
        kNow);
    QCOMPARE(d.row(), 2);
}

void ReplicationModelTest::whatDidNotChangeIsNotAnnounced()
{
    ReplicationModel model;
    const std::vector<ReplicationRow> rows{rowOf("a", Standing::InSync),
                                           rowOf("b", Standing::InSync)};
    model.setRows(rows, kNow);
    const QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    model.setRows(rows, kNow);
    for (const auto &change : changes) // ages only
        QCOMPARE(change.at(2).value<QList<int>>(), QList<int>{Qt::DisplayRole});
}

void ReplicationModelTest::wishDecidesBeforeTheJob()
{
    monitor::MirrorRow row;
    row.replication.state = monitor::ReplicationState::Failed;
    row.situation = monitor::Situation::Mirrored;
    QCOMPARE(models::standingOf(row), Standing::Failed);
    row.situation = monitor::Situation::Paused;
    QCOMPARE(models::standingOf(row), Standing::Paused);
    row.situation = monitor::Situation::Removed;
    QCOMPARE(models::standingOf(row), Standing::Removed);
    for (int standing = 0; standing < models::kStandings; ++standing)
        QCOMPARE(static_cast<int>(models::lookOf(static_cast<Standing>(standing)).standing),
                 standing);
}

void ReplicationModelTest::filterTakesWordsAndConditions()
{
    ReplicationModel model;
    models::SortProxy proxy;
    proxy.setSourceModel(&model);
    model.setRows({rowOf("asmt_acme", Standing::InSync), rowOf("org_acme", Standing::Failed),
                   rowOf("org_zeta", Standing::InSync)},
                  kNow);
    proxy.setText(u"ACME org"_s, {ReplicationModel::DatabaseColumn});
    QCOMPARE(shown(proxy), QStringList{u"org_acme"_s});
    proxy.setText({}, {ReplicationModel::DatabaseColumn});
    proxy.setCondition([&](int row) { return model.row(row).standing == Standing::InSync; });
    QCOMPARE(shown(proxy), (QStringList{u"asmt_acme"_s, u"org_zeta"_s}));
}

void ReplicationModelTest::sortIsByValue()
{
    ReplicationModel model;
    models::SortProxy proxy;
    proxy.setSourceModel(&model);
    ReplicationRow unknown = rowOf("d", Standing::InSync);
    unknown.pending.reset();
    model.setRows({rowOf("a", Standing::InSync, 9), rowOf("b", Standing::InSync, 1'000),
                   rowOf("c", Standing::InSync, 80), unknown},
                  kNow);
    proxy.sort(ReplicationModel::PendingColumn, Qt::DescendingOrder);
    QCOMPARE(shown(proxy), (QStringList{u"b"_s, u"c"_s, u"a"_s, u"d"_s}));
}

QTEST_MAIN(ReplicationModelTest)

#include "replicationmodel_test.moc"
