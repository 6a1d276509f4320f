#include "core/backup/idset.h"
#include "core/backup/leafcomparer.h"
#include "core/backup/omissionlist.h"
#include "core/backup/sample.h"
#include "core/backup/workers.h"
#include "tests/backup/backuptesting.h"

/// The small parts: sets, lists with a limit, samples, threads.
class PartsTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void idSetHoldsWhatWasInserted();
    void omissionsBeyondTheLimitAreCounted();
    void omissionsAreExplained();
    void problemsBeyondTheLimitAreCounted();
    void sampleIsFair();
    void sampleShares_data();
    void sampleShares();
    void workersTakeEveryItemOnce();
    void workersStopAtTheFirstError();
};

void PartsTest::idSetHoldsWhatWasInserted()
{
    backup::IdSet ids;
    const auto name = [](int i) { return "document " + std::to_string(i); };
    for (int i = 0; i < 20'000; ++i)
        QVERIFY(ids.insert(name(i)));
    for (int i = 0; i < 20'000; ++i) {
        QVERIFY(!ids.insert(name(i)));
        QVERIFY(ids.contains(name(i)));
    }
    QVERIFY(!ids.contains("another"));
    QCOMPARE(ids.size(), size_t(20'000));
}

void PartsTest::omissionsBeyondTheLimitAreCounted()
{
    backup::OmissionList list;
    for (size_t i = 0; i < backup::OmissionList::kMost + 7; ++i)
        list.add({"revision-missing", std::to_string(i), {}, {}, "gone"});
    QVERIFY(list.names("9999"));
    QVERIFY(!list.names("10000"));
    const auto omissions = list.take();
    QCOMPARE(omissions.size(), backup::OmissionList::kMost + 1);
    QCOMPARE(omissions.back().code, std::string("more-omissions"));
    QVERIFY(omissions.back().message.find('7') != std::string::npos);
}

void PartsTest::omissionsAreExplained()
{
    backup::OmissionList list;
    list.add({"revision-missing", "a", {}, {}, "gone"});
    list.add({"malformed-document", "b", {}, {}, "odd"});
    list.explain("revision-missing", "purged", "It was purged.");
    const auto omissions = list.take();
    QCOMPARE(omissions[0].code, std::string("purged"));
    QCOMPARE(omissions[0].message, std::string("It was purged."));
    QCOMPARE(omissions[1].code, std::string("malformed-document"));
}

void PartsTest::problemsBeyondTheLimitAreCounted()
{
    backup::ProblemList list;
    QVERIFY(list.isEmpty());
    for (size_t i = 0; i < backup::ProblemList::kMost + 3; ++i)
        list.add({"leaves-differ", std::to_string(i), {}});
    const auto problems = list.take();
    QCOMPARE(problems.size(), backup::ProblemList::kMost + 1);
    QCOMPARE(problems.back().code, std::string("more-differences"));
    QVERIFY(problems.back().message.contains(QLatin1Char('3')));
}

void PartsTest::sampleIsFair()
{
    backup::LeafSample sample(1);
    constexpr int offered = 100'000;
    for (int i = 0; i < offered; ++i)
        sample.offer(std::to_string(i), "1-a");
    std::array<int, 10> tenths{};
    for (const couch::IdRev &leaf : sample.take())
        ++tenths[static_cast<size_t>(std::stoi(leaf.id) * 10 / offered)];
    for (const int count : tenths)
        QVERIFY2(count > 50 && count < 150, qPrintable(QString::number(count)));
}

void PartsTest::sampleShares_data()
{
    QTest::addColumn<int>("offered");
    QTest::addColumn<int>("taken");
    QTest::newRow("nothing of nothing") << 0 << 0;
    QTest::newRow("one of one") << 1 << 1;
    QTest::newRow("one of twenty") << 20 << 1;
    QTest::newRow("two of twenty-one") << 21 << 2;
    QTest::newRow("five in a hundred") << 10'000 << 500;
    QTest::newRow("never more than a thousand") << 50'000 << 1000;
}

void PartsTest::sampleShares()
{
    QFETCH(const int, offered);
    QFETCH(const int, taken);
    backup::LeafSample sample(7);
    for (int i = 0; i < offered; ++i)
        sample.offer(std::to_string(i), "1-a");
    const auto leaves = sample.take();
    QCOMPARE(leaves.size(), size_t(taken));
    std::set<std::string> ids;
    for (const couch::IdRev &leaf : leaves)
        ids.insert(leaf.id);
    QCOMPARE(ids.size(), leaves.size());
}

void PartsTest::workersTakeEveryItemOnce()
{
    std::vector<int> items(1000);
    std::vector<std::atomic<int>> seen(items.size());
    for (size_t i = 0; i < items.size(); ++i)
        items[i] = static_cast<int>(i);
    VERIFY_GOOD(backup::forEachInParallel(items, 4, [&](int item) {
        ++seen[static_cast<size_t>(item)];
        return base::Status();
    }));
    QVERIFY(std::all_of(seen.begin(), seen.end(),
                        [](const std::atomic<int> &count) { return count == 1; }));
    VERIFY_GOOD(
        backup::forEachInParallel(std::vector<int>(), 4, [](int) { return base::Status(); }));
}

void PartsTest::workersStopAtTheFirstError()
{
    const std::vector<int> items(100);
    std::atomic<int> calls{0};
    const base::Status done = backup::forEachInParallel(items, 1, [&](int) -> base::Status {
        if (++calls == 3)
            return testsupport::fakeError(base::ErrorKind::NoSpace);
        return {};
    });
    QVERIFY(!done);
    QCOMPARE(done.error().kind, base::ErrorKind::NoSpace);
    QCOMPARE(calls.load(), 3);
}

QTEST_GUILESS_MAIN(PartsTest)
#include "parts_test.moc"
