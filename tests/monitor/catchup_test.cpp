#include "core/monitor/catchup.h"
#include "tests/support/fakeserver.h"
#include "tests/support/stepclock.h"

#include <QtTest>

using namespace monitor;
using namespace std::chrono_literals;
using testsupport::FakeServer;

namespace {

MirrorRow row(const std::string &db, ReplicationState state, const std::string &seq = "",
              std::optional<std::uint64_t> pending = 0)
{
    MirrorRow one;
    one.database = db;
    one.situation = Situation::Mirrored;
    one.documentId = "fm:" + db;
    one.replication.state = state;
    one.replication.rawState = "running";
    one.replication.throughSeq = seq;
    one.replication.pending = pending;
    one.replication.sentence = QStringLiteral("As the test says.");
    return one;
}

std::string seq(int number)
{
    return testsupport::seqJson(std::uint64_t(number), testsupport::SeqStyle::Text);
}

/// A source with databases of three documents, and a mirror whose view a test writes.
struct Waiting {
    FakeServer source;
    couch::Client client{source, {}};
    testsupport::StepClock clock;
    std::vector<MirrorView> views; ///< the last one stays
    std::size_t polls = 0;
    std::vector<CatchUpProgress> progress;
    std::chrono::milliseconds deadline = 1h;
    couch::Client *mirror = nullptr;
    std::stop_source stop;

    explicit Waiting(const std::vector<std::string> &databases)
    {
        for (const std::string &name : databases) {
            for (const char *id : {"a", "b", "c"})
                source.databases[name].write(id, {"a"});
        }
    }
    base::Result<CatchUpResult> run()
    {
        return waitUntilCaughtUp({client, mirror,
                                  [this] {
                                      const std::size_t at = std::min(polls++, views.size() - 1);
                                      return base::Result<MirrorView>(views[at]);
                                  },
                                  clock, deadline, 5s,
                                  [this](const CatchUpProgress &one) { progress.push_back(one); },
                                  stop.get_token(),
                                  [this](std::chrono::milliseconds time) {
                                      clock.time += time;
                                      return !stop.stop_requested();
                                  }});
    }
};

MirrorView view(std::vector<MirrorRow> rows)
{
    MirrorView one;
    one.rows = std::move(rows);
    return one;
}

using enum ReplicationState;

} // namespace

/// Waiting for a mirror: only what the source itself says afterwards counts.
class CatchUpTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void theSourceHasTheLastWord();
    void waitsWithProgress();
    void whatIsHopelessIsNotWaitedFor();
    void deadline();
    void writesDuringTheWaitDoNotHoldItUp();
    void withoutAScheduler();
    void stopped();
    void aSourceThatDoesNotAnswer();
};

void CatchUpTest::theSourceHasTheLastWord()
{
    Waiting w({"a", "b"});
    w.views = {view({row("a", CaughtUp, seq(3)), row("b", CaughtUp, seq(2))})};
    w.deadline = 0ms;
    const auto result = w.run();
    QVERIFY(result);
    QCOMPARE(result->caughtUp, std::vector<std::string>{"a"});
    QCOMPARE(result->behind.size(), size_t{1});
    QVERIFY(result->behind[0].reason.contains(QStringLiteral("Changes left to copy: 1")));
    QVERIFY(result->isTimedOut);
}

void CatchUpTest::waitsWithProgress()
{
    Waiting w({"a", "b"});
    w.views = {view({row("a", CatchingUp, seq(1), 2), row("b", Running, seq(3), std::nullopt)}),
               view({row("a", Running, "", std::nullopt), row("b", Running, seq(3))}),
               view({row("a", CaughtUp, seq(3)), row("b", Running, seq(3))})};
    const auto result = w.run();
    QVERIFY(result);
    QCOMPARE(result->caughtUp, (std::vector<std::string>{"a", "b"}));
    QVERIFY(result->behind.empty() && !result->isTimedOut);
    QCOMPARE(w.progress.size(), size_t{3});
    QCOMPARE(w.progress[0].caughtUp, size_t{1});
    QCOMPARE(w.progress[0].databases, size_t{2});
    QCOMPARE(w.progress[0].changesLeft, std::uint64_t{2});
    QCOMPARE(w.progress[1].changesUnknown, size_t{1});
    QVERIFY(w.progress[2].waited == 10s);
}

void CatchUpTest::whatIsHopelessIsNotWaitedFor()
{
    Waiting w({"a"});
    MirrorRow removed = row("removed", Paused);
    removed.situation = Situation::Removed;
    w.views = {view({row("a", CaughtUp, seq(3)), row("f", Failed), row("g", SourceGone),
                     row("l", LosingDocuments), row("p", ReplicationState::Paused), removed,
                     row("u", RefusedLogin)})};
    const auto result = w.run();
    QVERIFY(result);
    QCOMPARE(w.polls, size_t{1});
    QCOMPARE(result->behind.size(), size_t{5});
    QVERIFY(!result->isTimedOut);
    QCOMPARE(w.progress[0].hopeless, size_t{5});
}

void CatchUpTest::deadline()
{
    Waiting w({"a"});
    w.deadline = 12s;
    w.views = {view({row("a", Retrying, seq(3))})};
    const auto result = w.run();
    QVERIFY(result && result->isTimedOut);
    QCOMPARE(w.polls, size_t{4}); // 0, 5, 10, 15 s
}

void CatchUpTest::writesDuringTheWaitDoNotHoldItUp()
{
    Waiting w({"a", "b"});
    w.views = {view({row("a", CaughtUp, seq(3)), row("b", CatchingUp, seq(1), 2)}),
               view({row("a", CatchingUp, seq(3), 1), row("b", CaughtUp, seq(3))})};
    const auto result = w.run();
    QVERIFY(result);
    QCOMPARE(w.polls, size_t{2});
    QCOMPARE(result->caughtUp.size(), size_t{2});
}

void CatchUpTest::withoutAScheduler()
{
    Waiting w({"a", "b"});
    FakeServer mirror;
    mirror.databases = w.source.databases;
    mirror.databases["b"].write("d", {"a"});
    couch::Client client(mirror, {});
    MirrorView one = view({row("a", Running), row("b", Running)});
    one.hasScheduler = false;
    w.views = {one};
    w.deadline = 0ms;
    const auto without = w.run();
    QVERIFY(without && without->caughtUp.empty());
    w.mirror = &client;
    const auto result = w.run();
    QVERIFY(result);
    QCOMPARE(result->caughtUp, std::vector<std::string>{"a"});
    QVERIFY(result->behind[0].reason.contains(QStringLiteral("3 documents, the mirror 4")));
}

void CatchUpTest::stopped()
{
    Waiting w({"a"});
    w.views = {view({row("a", CatchingUp, seq(1), 2)})};
    w.stop.request_stop();
    const auto result = w.run();
    QVERIFY(!result);
    QCOMPARE(result.error().kind, base::ErrorKind::Cancelled);
}

void CatchUpTest::aSourceThatDoesNotAnswer()
{
    Waiting w({"a"});
    w.views = {view({row("a", CaughtUp, seq(3)), row("nosuch", CaughtUp, seq(3))})};
    w.deadline = 0ms;
    const auto result = w.run();
    QVERIFY(result);
    QCOMPARE(result->behind.size(), size_t{1});
    QVERIFY(result->behind[0].reason.contains(QStringLiteral("404")));
}

QTEST_GUILESS_MAIN(CatchUpTest)
#include "catchup_test.moc"
