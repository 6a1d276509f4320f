#include "core/monitor/audit.h"
#include "core/monitor/masschange.h"
#include "tests/support/fakeserver.h"

#include <QtTest>

using namespace monitor;
using testsupport::fakeRev;
using testsupport::FakeServer;

namespace {

/// A source and a mirror with the same three hundred documents.
struct Pair {
    FakeServer source, mirror;
    couch::Client atSource{source, {}}, atMirror{mirror, {}};
    AuditOptions options;

    Pair()
    {
        for (int i = 0; i < 300; ++i)
            source.databases["db"].write("doc" + std::to_string(i), {"a"});
        mirror.databases = source.databases;
    }
    base::Result<AuditResult> run()
    {
        const auto one = leavesOf(atSource, "db");
        const auto other = leavesOf(atMirror, "db");
        return auditLeaves(*one, *other, options);
    }
};

DatabaseThenAndNow counts(std::uint64_t before, std::uint64_t now, std::uint64_t deleted,
                          const std::string &name = "db")
{
    DatabaseThenAndNow one;
    one.database = name;
    one.documentsBefore = before;
    one.documentsNow = now;
    one.deletedNow = deleted;
    return one;
}

} // namespace

/// Two places compared to the last revision, and changes that are too many.
class AuditTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void equalCostsTwoListings();
    void everyDifferenceExactly();
    void whatArrivesIsNoDifference();
    void whatMovesIsNoDifference();
    void whatIsExplainedIsNoDifference();
    void tooManyAreCounted();
    void stoppedAndFailing();
    void massChanges_data();
    void massChanges();
    void manySmallLosses();
    void databasesThatVanish();
    void tallies();
};

void AuditTest::equalCostsTwoListings()
{
    Pair p;
    const auto result = p.run();
    QVERIFY(result && result->isEqual());
    QCOMPARE(result->leavesAtSource, std::uint64_t{300});
    QCOMPARE(p.source.requestsFor("_changes"), size_t{1});
    QCOMPARE(p.mirror.requestsFor("_changes"), size_t{1});
}

void AuditTest::everyDifferenceExactly()
{
    Pair p;
    p.mirror.databases["db"].documents.erase("doc7");          // the mirror refused it
    p.source.databases["db"].write("doc8", {"ba"});            // an edit that is missing
    p.mirror.databases["db"].write("only-here", {"c"});        // written at the mirror
    p.source.databases["db"].write("doc9", {"z"});             // a conflict that is missing
    p.source.databases["db"].write("doc10", {"da", "", true}); // a deletion that is missing
    const auto result = p.run();
    QVERIFY(result);
    const std::vector<LeafDifference> expected{{"doc10", {fakeRev(2, 'd')}, {fakeRev(1, 'a')}},
                                               {"doc7", {fakeRev(1, 'a')}, {}},
                                               {"doc8", {fakeRev(2, 'b')}, {fakeRev(1, 'a')}},
                                               {"doc9", {fakeRev(1, 'z')}, {}},
                                               {"only-here", {}, {fakeRev(1, 'c')}}};
    QCOMPARE(result->differences.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i)
        QVERIFY2(result->differences[i] == expected[i], expected[i].id.c_str());
    QCOMPARE(result->changedMeanwhile, std::uint64_t{0});
    QCOMPARE(result->moreDifferences, std::uint64_t{0});
}

void AuditTest::whatArrivesIsNoDifference()
{
    Pair p;
    p.source.databases["db"].write("doc8", {"ba"});
    p.options.beforeSecondLook = [&] {
        p.mirror.databases["db"].write("doc8", {"ba"});
        return base::Status();
    };
    const auto result = p.run();
    QVERIFY(result && result->isEqual());
}

void AuditTest::whatMovesIsNoDifference()
{
    Pair p;
    p.source.databases["db"].write("doc8", {"ba"});
    p.options.beforeSecondLook = [&] {
        p.source.databases["db"].write("doc8", {"cba"});
        return base::Status();
    };
    const auto result = p.run();
    QVERIFY(result && result->isEqual());
    QCOMPARE(result->changedMeanwhile, std::uint64_t{1});
}

void AuditTest::whatIsExplainedIsNoDifference()
{
    Pair p;
    const std::string since =
        testsupport::seqJson(p.source.databases["db"].seq, testsupport::SeqStyle::Text);
    p.source.databases["db"].write("doc8", {"ba"});
    p.mirror.databases["db"].documents.erase("doc7");
    const auto explained = changedSince(p.atSource, "db", since);
    QVERIFY(explained);
    p.options.isExplained = *explained;
    const auto result = p.run();
    QVERIFY(result);
    QCOMPARE(result->differences.size(), size_t{1});
    QCOMPARE(result->differences[0].id, "doc7");
}

void AuditTest::tooManyAreCounted()
{
    Pair p;
    p.mirror.databases["db"].documents.clear();
    p.options.mostListed = 100;
    const auto result = p.run();
    QVERIFY(result && !result->isEqual());
    QCOMPARE(result->differences.size(), size_t{100});
    QCOMPARE(result->moreDifferences, std::uint64_t{200});
}

void AuditTest::stoppedAndFailing()
{
    Pair p;
    p.mirror.databases.clear();
    const auto missing = p.run();
    QVERIFY(!missing && missing.error().kind == base::ErrorKind::NotFound);
    Pair q;
    std::stop_source stop;
    stop.request_stop();
    q.options.stop = stop.get_token();
    const auto stopped = q.run();
    QVERIFY(!stopped && stopped.error().kind == base::ErrorKind::Cancelled);
    Pair r;
    r.source.databases["db"].write("doc8", {"ba"});
    r.options.beforeSecondLook = [] {
        return base::Status(testsupport::fakeError(base::ErrorKind::Timeout));
    };
    QVERIFY(!r.run());
}

void AuditTest::massChanges_data()
{
    QTest::addColumn<int>("before");
    QTest::addColumn<int>("now");
    QTest::addColumn<int>("deletedNow");
    QTest::addColumn<int>("deleted"); ///< by a comparison; -1: none was made
    QTest::addColumn<int>("rewritten");
    QTest::addColumn<QByteArray>("kind");
    const auto row = [](const char *name, int before, int now, int deletedNow, int deleted,
                        int rewritten, const char *kind) {
        QTest::newRow(name) << before << now << deletedNow << deleted << rewritten
                            << QByteArray(kind);
    };
    row("nothing", 100, 100, 0, -1, 0, "");
    row("growth", 100, 500, 0, -1, 0, "");
    row("a tenth deleted", 100, 90, 10, -1, 0, "");
    row("more than a tenth", 100, 89, 11, -1, 0, "deleted");
    row("a fifth deleted", 1000, 800, 200, -1, 0, "deleted");
    row("deleted and as many made", 100, 100, 20, -1, 0, "deleted");
    row("gone without tombstones", 100, 70, 0, -1, 0, "deleted");
    row("nine of ten: too few to say", 10, 1, 9, -1, 0, "");
    row("short-lived documents, compared", 100, 100, 50, 0, 0, "");
    row("deleted, compared", 100, 100, 50, 50, 0, "deleted");
    row("half rewritten", 100, 100, 0, 0, 50, "");
    row("more than half rewritten", 100, 100, 0, 0, 51, "rewritten");
    row("a new database", 0, 100, 100, -1, 0, "");
}

void AuditTest::massChanges()
{
    QFETCH(int, before);
    QFETCH(int, now);
    QFETCH(int, deletedNow);
    QFETCH(int, deleted);
    QFETCH(int, rewritten);
    QFETCH(QByteArray, kind);
    DatabaseThenAndNow one =
        counts(std::uint64_t(before), std::uint64_t(now), std::uint64_t(deletedNow));
    if (deleted >= 0)
        one.tally =
            DatabaseThenAndNow::Tally{std::uint64_t(deleted), std::uint64_t(rewritten), {"x"}};
    const auto found = judgeMassChange({one}, {});
    QCOMPARE(found.size(), size_t(kind.isEmpty() ? 0 : 1));
    if (found.empty())
        return;
    QCOMPARE(QByteArray(nameOf(found[0].kind)), kind);
    QCOMPARE(found[0].database, "db");
    QCOMPARE(found[0].isSure, deleted >= 0);
    QVERIFY(found[0].sentence.contains(QStringLiteral(" of db were ")));
    QCOMPARE(found[0].examples.size(), size_t(deleted >= 0 ? 1 : 0));
}

void AuditTest::manySmallLosses()
{
    std::vector<DatabaseThenAndNow> all;
    for (int i = 0; i < 20; ++i)
        all.push_back(counts(8, 6, 2, "d" + std::to_string(i)));
    const auto found = judgeMassChange(all, {});
    QCOMPARE(found.size(), size_t{1});
    QCOMPARE(found[0].database, "");
    QCOMPARE(found[0].count, std::uint64_t{40});
    QVERIFY(found[0].sentence.contains(QStringLiteral("40 of 160 documents (25 %)")));
}

void AuditTest::databasesThatVanish()
{
    std::vector<DatabaseThenAndNow> all;
    for (int i = 0; i < 20; ++i) {
        all.push_back(counts(5, 5, 0, "d" + std::to_string(i)));
        all.back().isGone = i < 2;
    }
    QVERIFY(judgeMassChange(all, {}).empty());
    all[2].isGone = true;
    const auto found = judgeMassChange(all, {});
    QCOMPARE(found.size(), size_t{1});
    QCOMPARE(found[0].kind, MassChangeKind::DatabasesGone);
    QCOMPARE(found[0].examples, (std::vector<std::string>{"d0", "d1", "d2"}));
}

void AuditTest::tallies()
{
    using backup::DocumentChange;
    using State = backup::DocumentState;
    const State live{"1-a", false, 1}, edited{"2-b", false, 1}, dead{"2-c", true, 1};
    const auto tally = tallyOf({{"added", DocumentChange::Added, {}, live},
                                {"removed", DocumentChange::Removed, live, {}},
                                {"deleted", DocumentChange::Winner, live, dead},
                                {"edited", DocumentChange::Winner, live, edited},
                                {"undeleted", DocumentChange::Winner, dead, live},
                                {"conflict", DocumentChange::Leaves, live, live}});
    QCOMPARE(tally.deleted, std::uint64_t{2});
    QCOMPARE(tally.rewritten, std::uint64_t{1});
    QCOMPARE(tally.examples, (std::vector<std::string>{"removed", "deleted", "edited"}));
}

QTEST_GUILESS_MAIN(AuditTest)
#include "audit_test.moc"
