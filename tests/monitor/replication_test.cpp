#include "core/monitor/replication.h"

#include <QFile>
#include <QTest>

#include <algorithm>
#include <array>
#include <functional>

using namespace std::chrono_literals;
using monitor::judgeReplication;
using monitor::Replication;
using monitor::ReplicationInput;
using monitor::ReplicationState;
using monitor::TimePoint;

namespace {

couch::SchedulerPage recorded(const char *moment)
{
    QFile file(QStringLiteral(FM_SOURCE_DIR "/tests/data/couchdb/%1.scheduler_docs.json")
                   .arg(QLatin1String(moment)));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const auto page = couch::decodeSchedulerDocs(file.readAll().toStdString());
    return page ? *page : couch::SchedulerPage{};
}

TimePoint at(const char *time)
{
    return *monitor::timeOf(std::string("2026-11-23T") + time + "Z");
}

ReplicationInput inputOf(const couch::SchedulerRow &row, TimePoint now)
{
    ReplicationInput input;
    input.row = row;
    input.now = now;
    input.source = row.source;
    input.mirror = row.target;
    input.documentSeenSince = at("16:06:56");
    return input;
}

struct Moment {
    const char *name;
    const char *time;
};
/// The moments of the experiment; its first document was written at 16:06:56.
constexpr Moment kMoments[] = {{"sched.t1_4s", "16:07:00"},    {"sched.t2_25s", "16:07:21"},
                               {"sched.t3_60s", "16:07:56"},   {"sched.t4_6min", "16:12:56"},
                               {"sched.t5_12min", "16:18:56"}, {"sched.t6_25min", "16:31:56"}};

/// Of each job, what the operator is shown at the six moments ("-": the job is not there), and a
/// part of the sentence at the last.
struct Story {
    const char *job;
    std::array<const char *, 6> states;
    const char *sentence;
};
constexpr Story kStories[] = {
#include "tests/monitor/stories.inc"
};

couch::SchedulerRow runningRow()
{
    couch::SchedulerRow row;
    row.docId = "fm:db";
    row.state = "running";
    row.startTime = row.lastUpdated = "2026-11-23T10:00:00Z";
    row.statistics.emplace();
    row.statistics->docWriteFailures = 0;
    row.statistics->changesPending = 5;
    return row;
}

} // namespace

class ReplicationTest : public QObject
{
    Q_OBJECT
private slots:
    void stories_data();
    void stories();
    void everyRecordedJobHasAStory();
    void afterARestartNothingIsClaimed();
    void aLockedAccountIsARefusedLogin();
    void running_data();
    void running();
    void pausedIsNotMissing();
    void nextTries_data();
    void nextTries();
    void badPages_data();
    void badPages();
    void emptyListsOfBothNames();
    void errorsOfOldServersAreStrings();
};

void ReplicationTest::stories_data()
{
    QTest::addColumn<int>("story");
    for (int i = 0; i < int(std::size(kStories)); ++i)
        QTest::newRow(kStories[i].job) << i;
}

void ReplicationTest::stories()
{
    QFETCH(const int, story);
    const Story &expected = kStories[story];
    Replication last;
    for (size_t moment = 0; moment < std::size(kMoments); ++moment) {
        QString state = QStringLiteral("-");
        for (const couch::SchedulerRow &row : recorded(kMoments[moment].name).rows) {
            if (row.docId != expected.job)
                continue;
            last = judgeReplication(inputOf(row, at(kMoments[moment].time)));
            state = QString::fromLatin1(nameOf(last.state));
            QCOMPARE(last.rawState, row.state);
            QCOMPARE(last.rawError, row.error);
            QVERIFY(!last.sentence.isEmpty());
        }
        QCOMPARE(state, QString::fromLatin1(expected.states[moment]));
    }
    QVERIFY2(last.sentence.contains(QString::fromLatin1(expected.sentence)),
             qPrintable(last.sentence));
}

void ReplicationTest::everyRecordedJobHasAStory()
{
    for (const Moment &moment : kMoments) {
        const couch::SchedulerPage page = recorded(moment.name);
        QVERIFY(page.rows.size() >= 33);
        for (const couch::SchedulerRow &row : page.rows)
            QVERIFY2(std::any_of(std::begin(kStories), std::end(kStories),
                                 [&](const Story &story) { return row.docId == story.job; }),
                     row.docId.c_str());
    }
}

/// CouchDB lists three of thirty-four jobs then, and knows nothing of their progress.
void ReplicationTest::afterARestartNothingIsClaimed()
{
    const couch::SchedulerPage page = recorded("restart.s1");
    QVERIFY(!page.rows.empty() && page.rows.size() < 10);
    ReplicationInput missing;
    missing.now = at("17:00:00");
    missing.documentSeenSince = missing.now - 24h;
    const Replication unknown = judgeReplication(missing);
    QCOMPARE(int(unknown.state), int(ReplicationState::Unknown));
    QVERIFY(!unknown.pending);
    missing.documentSeenSince = missing.now - 30s;
    QCOMPARE(int(judgeReplication(missing).state), int(ReplicationState::Running));
}

void ReplicationTest::aLockedAccountIsARefusedLogin()
{
    int locked = 0;
    for (const couch::SchedulerRow &row : recorded("lockout.b_2min").rows) {
        const Replication replication = judgeReplication(inputOf(row, at("16:28:09")));
        if (replication.cause != monitor::Cause::LoginLocked)
            continue;
        ++locked;
        QCOMPARE(int(replication.state), int(ReplicationState::RefusedLogin));
        QVERIFY(replication.remedy.contains(QStringLiteral("five minutes")));
        QVERIFY(replication.nextTry);
    }
    QCOMPARE(locked, 7);
}

void ReplicationTest::running_data()
{
    using Change = std::function<void(ReplicationInput &)>;
    QTest::addColumn<Change>("change");
    QTest::addColumn<QString>("state");
    QTest::addColumn<QString>("sentence");
    const auto row = [](const char *name, const Change &change, const char *state,
                        const char *sentence) {
        QTest::newRow(name) << change << QString::fromLatin1(state)
                            << QString::fromLatin1(sentence);
    };
    row(
        "changes left", [](ReplicationInput &) {}, "catching-up", "5 changes are left");
    row(
        "one left", [](ReplicationInput &input) { input.row->statistics->changesPending = 1; },
        "catching-up", "one change is left");
    row(
        "none left", [](ReplicationInput &input) { input.row->statistics->changesPending = 0; },
        "caught-up", "Nothing was left");
    row(
        "null is not none",
        [](ReplicationInput &input) { input.row->statistics->changesPending.reset(); }, "running",
        "does not say yet");
    row(
        "no numbers at all", [](ReplicationInput &input) { input.row->statistics.reset(); },
        "running", "does not say yet");
    row(
        "moved a minute ago",
        [](ReplicationInput &input) { input.lastProgress = input.now - 1min; }, "catching-up", "");
    row(
        "did not move for long",
        [](ReplicationInput &input) { input.lastProgress = input.now - 47min; }, "stalled",
        "nothing was copied for 47 minutes; 5 changes are left");
    row(
        "nothing left is not stalled",
        [](ReplicationInput &input) {
            input.lastProgress = input.now - 47min;
            input.row->statistics->changesPending = 0;
        },
        "caught-up", "");
    row(
        "refused documents outweigh being caught up",
        [](ReplicationInput &input) {
            input.row->statistics->changesPending = 0;
            input.row->statistics->docWriteFailures = 2;
        },
        "losing-documents", "refused 2 documents");
    row(
        "the five seconds between crashes",
        [](ReplicationInput &input) {
            input.row->errorCount = 4;
            input.now = at("10:00:05");
        },
        "retrying", "4 crashes");
    row(
        "the count stays when it has recovered",
        [](ReplicationInput &input) {
            input.row->errorCount = 4;
            input.now = at("10:02:01");
        },
        "catching-up", "");
    row(
        "nobody took it up", [](ReplicationInput &input) { input.row->state.clear(); }, "unknown",
        "says nothing");
    row(
        "just begun",
        [](ReplicationInput &input) {
            input.row->state = "initializing";
            input.documentSeenSince = input.now - 10s;
        },
        "running", "about to start");
    row(
        "beginning for too long",
        [](ReplicationInput &input) {
            input.row->state = "initializing";
            input.documentSeenSince = input.now - 10min;
        },
        "unknown", "says nothing");
    row(
        "waits for its turn", [](ReplicationInput &input) { input.row->state = "pending"; },
        "running", "waits for its turn");
    row(
        "a state of the future", [](ReplicationInput &input) { input.row->state = "dreaming"; },
        "unknown", "\"dreaming\"");
}

void ReplicationTest::running()
{
    QFETCH(const std::function<void(ReplicationInput &)>, change);
    QFETCH(const QString, state);
    QFETCH(const QString, sentence);
    ReplicationInput input = inputOf(runningRow(), at("12:00:00"));
    input.documentSeenSince = at("09:00:00");
    change(input);
    const Replication replication = judgeReplication(input);
    QCOMPARE(QString::fromLatin1(nameOf(replication.state)), state);
    QVERIFY2(replication.sentence.contains(sentence), qPrintable(replication.sentence));
}

void ReplicationTest::pausedIsNotMissing()
{
    ReplicationInput input;
    input.now = at("12:00:00");
    input.isPaused = true;
    QCOMPARE(int(judgeReplication(input).state), int(ReplicationState::Paused));
    // Still there: it was not stopped yet, and that is what is shown.
    input.row = runningRow();
    QCOMPARE(int(judgeReplication(input).state), int(ReplicationState::CatchingUp));
}

void ReplicationTest::nextTries_data()
{
    QTest::addColumn<int>("errors");
    QTest::addColumn<int>("seconds");
    QTest::newRow("no error counts as one") << 0 << 30;
    QTest::newRow("1") << 1 << 30;
    QTest::newRow("2") << 2 << 60;
    QTest::newRow("6") << 6 << 960;
    QTest::newRow("11") << 11 << 30720;
    QTest::newRow("never more than that") << 500 << 30720;
}

void ReplicationTest::nextTries()
{
    QFETCH(const int, errors);
    QFETCH(const int, seconds);
    const TimePoint crashed = at("10:00:00");
    QCOMPARE(monitor::nextTryAfter(crashed, std::uint64_t(errors)) - crashed,
             TimePoint::duration(std::chrono::seconds(seconds)));
}

void ReplicationTest::badPages_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("cut") << QByteArray(R"({"total_rows":1,"docs":[{"doc_id":"a")");
    QTest::newRow("no list") << QByteArray(R"({"total_rows":1})");
    QTest::newRow("a row that is no object") << QByteArray(R"({"docs":[1]})");
    QTest::newRow("a row without a document") << QByteArray(R"({"docs":[{"state":"running"}]})");
    QTest::newRow("an error") << QByteArray(R"({"error":"x","reason":"y"})");
}

void ReplicationTest::badPages()
{
    QFETCH(const QByteArray, body);
    QVERIFY(!couch::decodeSchedulerDocs(body.toStdString()));
}

void ReplicationTest::emptyListsOfBothNames()
{
    for (const char *body : {R"({"total_rows":0,"offset":0,"docs":[]})", R"({"rows":[]})"}) {
        const auto page = couch::decodeSchedulerDocs(body);
        QVERIFY(page && page->rows.empty());
    }
}

void ReplicationTest::errorsOfOldServersAreStrings()
{
    const auto page = couch::decodeSchedulerDocs(
        R"({"docs":[{"doc_id":"a","state":null,"info":"db_not_found"},{"doc_id":"b","info":null}]})");
    QVERIFY(page && page->rows.size() == 2);
    QCOMPARE(page->rows[0].error, std::string("db_not_found"));
    QCOMPARE(page->rows[0].state, std::string());
    QVERIFY(!page->rows[1].statistics);
}

QTEST_GUILESS_MAIN(ReplicationTest)
#include "replication_test.moc"
