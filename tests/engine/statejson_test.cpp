#include "core/engine/statejson.h"

#include "core/base/clock.h"

#include <QTest>

using namespace engine;
using base::ErrorKind;

/// What others read of a monitor is what it showed.
class StateJsonTest : public QObject
{
    Q_OBJECT
private slots:
    void comesBackAsItWas();
    void whatIsNoStateIsRefused_data();
    void whatIsNoStateIsRefused();
};

namespace {

State someState()
{
    const TimePoint now = *base::timeOfIso("2026-11-23T03:00:00.123Z");
    State state;
    state.at = now;
    state.startedAt = now - std::chrono::hours(5);
    state.version = "0.1.0";
    state.source = "https://focus.example/db";
    state.sourceDatabases = {{"a", "b"}};
    state.verdict = {monitor::VerdictLevel::Attention, QStringLiteral("\u00c4 sentence.")};
    monitor::Check check;
    check.id = "login";
    check.title = QStringLiteral("Logins");
    check.state = monitor::CheckState::Firing;
    check.severity = monitor::Severity::Failed;
    check.since = now;
    check.value = QStringLiteral("1");
    check.threshold = QStringLiteral("0");
    check.sentence = QStringLiteral("It is wrong.");
    check.remedy = QStringLiteral("Mend it.");
    state.checks = {check};
    state.mirror.isConfigured = true;
    state.mirror.problem = QStringLiteral("It is down.");
    state.mirror.readAt = now;
    monitor::MirrorRow row;
    row.database = "org/1";
    row.situation = monitor::Situation::DeletedByOthers;
    row.replication.state = monitor::ReplicationState::Retrying;
    row.replication.sentence = QStringLiteral("It crashed.");
    row.replication.nextTry = now + std::chrono::minutes(1);
    row.replication.pending = 7;
    row.replication.refusedDocuments = 2;
    row.replication.rawState = "crashing";
    row.replication.rawError = "{nxdomain, \"x\"}";
    row.since = now;
    row.documentId = "fm:org/1";
    row.isOurs = true;
    row.source = "http://a/org%2F1";
    row.mirror = "http://b/org%2F1";
    state.mirror.view.rows = {row};
    state.backup.lastPublished = now;
    state.backup.nextRun = now + std::chrono::hours(1);
    state.backup.waitingFor = QStringLiteral("The mirror.");
    state.backup.diskFree = std::uint64_t{1} << 45;
    state.backup.job = JobState{
        backup::RunTrigger::CatchUp, now, backup::Phase::Verifying, 5, 4, 100, 50, "org/1"};
    backup::JournalEntry run;
    run.started = run.finished = now;
    run.trigger = backup::RunTrigger::Operator;
    run.result = backup::RunResult::Incomplete;
    run.reason = QStringLiteral("Something is missing.");
    run.archive = "a.tgz";
    run.size = 1000;
    run.databases = 3;
    run.documents = 9;
    state.backup.lastRun = run;
    return state;
}

} // namespace

void StateJsonTest::comesBackAsItWas()
{
    const State state = someState();
    const std::string json = encodeState(state);
    const auto decoded = decodeState(json);
    QVERIFY2(decoded, decoded ? "" : qPrintable(decoded.error().message));
    // Equal when it makes the same text, but for the count of the source's databases.
    State again = *decoded;
    again.sourceDatabases = state.sourceDatabases;
    QCOMPARE(encodeState(again), json);
    QCOMPARE(std::string(decoded->checks.front().id), std::string("login"));
    QCOMPARE(decoded->mirror.view.totals.in(monitor::ReplicationState::Retrying), size_t(1));
    QVERIFY(decoded->mirror.view.rows.front().replication.nextTry
            == state.mirror.view.rows.front().replication.nextTry);
    QVERIFY(decoded->backup.lastRun == state.backup.lastRun);
    // What is not known stays so.
    const auto bare = decodeState(encodeState(State()));
    QVERIFY(bare);
    QVERIFY(!bare->backup.job && !bare->backup.lastRun && !bare->backup.diskFree);
}

void StateJsonTest::whatIsNoStateIsRefused_data()
{
    QTest::addColumn<std::string>("text");
    const std::string good = encodeState(someState());
    QTest::newRow("empty") << std::string();
    QTest::newRow("cut") << good.substr(0, good.size() / 2);
    QTest::newRow("list") << std::string("[]");
    QTest::newRow("another version") << std::string(R"({"version":2,"at":"2026-11-23T03:00:00Z"})");
    QTest::newRow("no time") << std::string(R"({"version":1})");
}

void StateJsonTest::whatIsNoStateIsRefused()
{
    QFETCH(const std::string, text);
    const auto decoded = decodeState(text);
    QVERIFY(!decoded);
    QCOMPARE(decoded.error().kind, ErrorKind::Corrupt);
}

QTEST_GUILESS_MAIN(StateJsonTest)
#include "statejson_test.moc"
