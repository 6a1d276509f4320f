#include "core/monitor/gone.h"
#include "tests/support/temporaryfolder.h"

#include <QtTest>

#include <algorithm>

using namespace monitor;
using namespace std::chrono_literals;

namespace {

const TimePoint kStart{std::chrono::seconds(1'795'402'800)};
const std::string kBody = R"({"error":"not_found","reason":"Database does not exist."})";

std::vector<std::string> names(int count)
{
    std::vector<std::string> list;
    for (int i = 0; i < count; ++i)
        list.push_back("d" + std::to_string(100 + i));
    std::sort(list.begin(), list.end());
    return list;
}

/// A source that loses databases.
struct Source {
    std::vector<std::string> all = names(20);
    GoneMemory memory;
    TimePoint now = kStart;

    void look(int missing, DatabaseAnswer answer = DatabaseAnswer::Missing)
    {
        SourceLook look{now, {all.begin() + missing, all.end()}, {}};
        for (const std::string &name : GoneMemory::missingFrom(look.listed, all))
            look.answers[name] = {answer, kBody};
        memory.observe(look, all);
    }
    std::string verdicts() const
    {
        std::string out;
        for (const GoneDatabase &one : memory.verdicts())
            out += one.database + " " + nameOf(one.verdict) + ";";
        return out;
    }
};

couch::DatabaseInfo info(const QByteArray &started, const QByteArray &seq)
{
    couch::DatabaseInfo info;
    info.instanceStartTime = started.toStdString();
    info.updateSeq = seq.toStdString();
    return info;
}

} // namespace

/// Deleted at the source, or only not there just now.
class GoneTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void twoLooksTenMinutesApart();
    void whatIsNoProof_data();
    void whatIsNoProof();
    void itComesBack();
    void outage_data();
    void outage();
    void afterAnOutageItBeginsAnew();
    void confirmedOnesAreNoNews();
    void clockSetBack();
    void survivesARestart();
    void damagedMemory();
    void recreated_data();
    void recreated();
};

void GoneTest::twoLooksTenMinutesApart()
{
    Source s;
    s.look(1);
    QCOMPARE(s.verdicts(), "d100 suspected;");
    s.now += 9min + 59s;
    s.look(1);
    QCOMPARE(s.verdicts(), "d100 suspected;");
    s.now += 1s;
    s.look(1);
    QCOMPARE(s.verdicts(), "d100 gone;");
    const auto verdict = s.memory.verdicts().front();
    QCOMPARE(verdict.evidence.size(), size_t{4});
    QVERIFY(verdict.since == kStart);
    QVERIFY(verdict.evidence.back().what.contains(QStringLiteral("Database does not exist.")));
    QVERIFY(verdict.evidence.front().what.contains(QStringLiteral("list of 19 databases")));
}

void GoneTest::whatIsNoProof_data()
{
    QTest::addColumn<int>("first");
    QTest::addColumn<int>("second");
    QTest::addColumn<QByteArray>("verdict");
    const int missing = int(DatabaseAnswer::Missing);
    const int unclear = int(DatabaseAnswer::Unclear);
    const int there = int(DatabaseAnswer::There);
    QTest::newRow("both") << missing << missing << QByteArray("d100 gone;");
    QTest::newRow("a proxy's page first") << unclear << missing << QByteArray("d100 suspected;");
    QTest::newRow("no connection then") << missing << unclear << QByteArray("d100 suspected;");
    QTest::newRow("never clear") << unclear << unclear << QByteArray("");
    QTest::newRow("not listed, but it answers") << missing << there << QByteArray("");
}

void GoneTest::whatIsNoProof()
{
    QFETCH(int, first);
    QFETCH(int, second);
    QFETCH(QByteArray, verdict);
    Source s;
    s.look(1, DatabaseAnswer(first));
    s.now += 1h;
    s.look(1, DatabaseAnswer(second));
    QCOMPARE(QByteArray::fromStdString(s.verdicts()), verdict);
}

void GoneTest::itComesBack()
{
    Source s;
    s.look(1);
    s.now += 10min;
    s.look(0);
    QCOMPARE(s.verdicts(), "");
    s.now += 1min;
    s.look(1);
    QCOMPARE(s.verdicts(), "d100 suspected;");
    s.now += 10min;
    s.look(1);
    s.look(0);
    QCOMPARE(s.verdicts(), ""); // even what was found to be gone
}

void GoneTest::outage_data()
{
    QTest::addColumn<int>("databases");
    QTest::addColumn<int>("missing");
    QTest::addColumn<bool>("outage");
    QTest::newRow("three of five") << 5 << 3 << false;
    QTest::newRow("four of five") << 5 << 4 << true;
    QTest::newRow("a fifth") << 20 << 4 << false;
    QTest::newRow("more than a fifth") << 20 << 5 << true;
    QTest::newRow("a fifth of many") << 1000 << 200 << false;
    QTest::newRow("more than a fifth of many") << 1000 << 201 << true;
    QTest::newRow("an empty list, few databases") << 2 << 2 << true;
}

void GoneTest::outage()
{
    QFETCH(int, databases);
    QFETCH(int, missing);
    QFETCH(bool, outage);
    Source s;
    s.all = names(databases);
    for (int i = 0; i < 4; ++i) {
        s.look(missing);
        s.now += 10min;
    }
    QCOMPARE(s.memory.isOutage(), outage);
    const auto verdicts = s.memory.verdicts();
    QCOMPARE(verdicts.size(), size_t(outage ? 0 : missing));
    for (const GoneDatabase &one : verdicts)
        QCOMPARE(one.verdict, GoneVerdict::Gone);
}

void GoneTest::afterAnOutageItBeginsAnew()
{
    Source s;
    s.look(1);
    s.now += 5min;
    s.look(20); // the list is empty
    QVERIFY(s.memory.isOutage());
    s.now += 5min;
    s.look(1);
    QVERIFY(!s.memory.isOutage());
    QCOMPARE(s.verdicts(), "d100 suspected;");
}

void GoneTest::confirmedOnesAreNoNews()
{
    Source s;
    s.look(4);
    s.now += 10min;
    s.look(4);
    s.now += 10min;
    s.look(8); // four more: as many as may vanish together
    QVERIFY(!s.memory.isOutage());
    s.now += 1min;
    s.look(19);
    QVERIFY(s.memory.isOutage());
    for (const GoneDatabase &one : s.memory.verdicts())
        QCOMPARE(one.verdict, GoneVerdict::Outage); // nothing is offered, not even those
    QCOMPARE(s.memory.verdicts().size(), size_t{4});
}

void GoneTest::clockSetBack()
{
    Source s;
    s.look(1);
    s.now -= 1h;
    s.look(1);
    s.now += 9min;
    s.look(1);
    QCOMPARE(s.verdicts(), "d100 suspected;");
    s.now += 1min;
    s.look(1);
    QCOMPARE(s.verdicts(), "d100 gone;");
}

void GoneTest::survivesARestart()
{
    const testsupport::TemporaryFolder folder;
    const base::fs::path file = folder.path("gone.json");
    Source s;
    const auto none = GoneMemory::load(file);
    QVERIFY(none && none->verdicts().empty());
    s.look(2);
    s.memory.observeInfo("d105", info("5", R"("9-x")"), s.now);
    s.memory.observeInfo("d105", info("6", R"("2-x")"), s.now);
    QVERIFY(s.memory.save(file));
    s.memory = *GoneMemory::load(file);
    s.now += 10min;
    s.look(2);
    QCOMPARE(s.verdicts(), "d100 gone;d101 gone;");
    QVERIFY(s.memory.save(file));
    const auto read = GoneMemory::load(file);
    QVERIFY(read);
    QCOMPARE(read->verdicts().front().sentence, s.memory.verdicts().front().sentence);
    QCOMPARE(read->recreated().size(), size_t{1});
    QCOMPARE(read->recreated().front().sentence, s.memory.recreated().front().sentence);
    s.look(20);
    QVERIFY(s.memory.save(file));
    QVERIFY(GoneMemory::load(file)->isOutage());
}

void GoneTest::damagedMemory()
{
    const testsupport::TemporaryFolder folder;
    const base::fs::path file = folder.path("gone.json");
    for (const char *text :
         {"", "{", R"({"format":1})", R"({"format":1,"missing":{"a":{}},"known":{}})"}) {
        QVERIFY(base::writeFileAtomically(file, text));
        const auto read = GoneMemory::load(file);
        QVERIFY(!read);
        QCOMPARE(read.error().kind, base::ErrorKind::Corrupt);
    }
}

void GoneTest::recreated_data()
{
    QTest::addColumn<QByteArray>("started");
    QTest::addColumn<QByteArray>("seq");
    QTest::addColumn<QByteArray>("startedNow");
    QTest::addColumn<QByteArray>("seqNow");
    QTest::addColumn<bool>("again");
    const auto row = [](const char *name, const char *a, const char *b, const char *c,
                        const char *d, bool again) {
        QTest::newRow(name) << QByteArray(a) << QByteArray(b) << QByteArray(c) << QByteArray(d)
                            << again;
    };
    row("it went on", "5", R"("9-x")", "5", R"("12-x")", false);
    row("another start", "5", R"("9-x")", "7", R"("12-x")", true);
    row("another shard's sequence", "5", R"("9-x")", "5", R"("8-x")", false);
    row("an old server that goes back", "0", R"("9-x")", "0", R"("3-x")", true);
    row("an old server that goes on", "0", "9", "0", "10", false);
    row("a server that was brought up to date", "0", R"("9-x")", "5", R"("9-x")", false);
    row("numbers in a list", "0", R"([9,"g"])", "0", R"([2,"g"])", true);
}

void GoneTest::recreated()
{
    QFETCH(QByteArray, started);
    QFETCH(QByteArray, seq);
    QFETCH(QByteArray, startedNow);
    QFETCH(QByteArray, seqNow);
    QFETCH(bool, again);
    GoneMemory memory;
    memory.observeInfo("a", info(started, seq), kStart);
    memory.observeInfo("a", info(startedNow, seqNow), kStart + 1min);
    QCOMPARE(memory.recreated().size(), size_t(again ? 1 : 0));
    memory.observeInfo("a", info(startedNow, seqNow), kStart + 2min);
    QCOMPARE(memory.recreated().size(), size_t(again ? 1 : 0));
    if (again)
        QVERIFY(memory.recreated().front().at == kStart + 1min);
    memory.acknowledgeRecreated("a");
    QVERIFY(memory.recreated().empty());
}

QTEST_GUILESS_MAIN(GoneTest)
#include "gone_test.moc"
