#include "core/monitor/mirrorreader.h"
#include "core/monitor/mirrorview.h"
#include "tests/support/fakemirror.h"

#include <QFile>
#include <QtTest>

#include <ctime>

using namespace monitor;
using namespace std::chrono_literals;
using testsupport::FakeMirror;

namespace {

const MirrorAddresses kAddresses{"http://source:5984", "http://mirror:5984", ""};
const TimePoint kStart = *timeOf("2026-11-23T16:06:56Z");

std::string job(const std::string &db, const std::string &more = "")
{
    return R"({"source":"http://u:canary@source:5984/)" + db + R"(","target":"http://mirror:5984/)"
        + db + R"(","continuous":true)" + more + "}";
}

std::string row(const std::string &id, const std::string &state, const std::string &info = "null",
                int errors = 0)
{
    return R"({"database":"_replicator","doc_id":")" + id + R"(","id":null,"state":)"
        + (state.empty() ? std::string("null") : "\"" + state + "\"") + R"(,"info":)" + info
        + R"(,"error_count":)" + std::to_string(errors)
        + R"(,"last_updated":"2026-11-23T16:06:56Z","start_time":"2026-11-23T16:06:56Z"})";
}

std::string statistics(const std::string &pending, int refused = 0, int seq = 5)
{
    return R"({"docs_read":)" + std::to_string(seq) + R"(,"docs_written":5,"changes_pending":)"
        + pending + R"(,"doc_write_failures":)" + std::to_string(refused) + R"(,"through_seq":")"
        + std::to_string(seq) + R"(-g1AA"})";
}

/// A mirror watched from poll to poll.
struct Watched {
    FakeMirror mirror;
    couch::Administration administration{mirror, {}};
    MirrorReader reader{administration};
    MirrorMemory memory;
    Wishes wishes;
    std::vector<std::string> listed;
    TimePoint now = kStart;
    base::Status status;

    MirrorView poll(bool isPausedAsAWhole = false)
    {
        status = reader.read(now);
        const Plan plan =
            makePlan({listed, reader.reading().documents, wishes, {}, kAddresses, {}});
        return judgeMirror({reader.reading(), plan, isPausedAsAWhole, now}, memory);
    }
    void add(const std::string &db, const std::string &schedulerRow)
    {
        listed.push_back(db);
        mirror.put("_replicator", "fm:" + db, job(db));
        mirror.schedulerRows["fm:" + db] = schedulerRow;
        wishes.set(db, Wish::Sync, kStart);
    }
};

} // namespace

/// The whole watch: documents, scheduler and tasks of a mirror to rows and totals.
class MirrorViewTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void statesAndTotals();
    void recordedMoments();
    void rowsThatMoveBetweenPages();
    void afterARestart();
    void stalledAndGoingOn();
    void refusedDocumentsAreRemembered();
    void pendingFromTheTasks();
    void serversWithoutScheduler();
    void onlyChangedDocumentsAreRead();
    void aReplicatorThatWasMadeAnew();
    void pausedAsAWhole();
    void anErrorLeavesTheReading();
    void memoryFollowsTheDocuments();
    void fiveThousandDatabases();
};

void MirrorViewTest::statesAndTotals()
{
    Watched w;
    w.add("caught", row("fm:caught", "running", statistics("0")));
    w.add("catching", row("fm:catching", "running", statistics("7")));
    w.add("silent", row("fm:silent", "running", statistics("null")));
    w.add("losing", row("fm:losing", "running", statistics("0", 2)));
    w.add("login",
          row("fm:login", "crashing",
              R"({"error":"{replication_auth_error,{session_request_unauthorized,x,y}}"})", 3));
    w.add("gone",
          row("fm:gone", "crashing",
              R"({"error":"db_not_found: could not open http://source:5984/gone/"})", 1));
    w.add("nobody", row("fm:nobody", ""));
    w.listed.push_back("new");
    w.wishes.set("removed", Wish::Removed, kStart);
    w.wishes.set("paused", Wish::Paused, kStart);
    w.wishes.set("lost", Wish::Sync, kStart);
    w.mirror.put("_replicator", "other", R"({"source":"http://a/b","target":"http://c/d"})");
    const MirrorView view = w.poll();
    QVERIFY(w.status);
    std::map<std::string, std::string> shown;
    for (const MirrorRow &one : view.rows) {
        shown[one.database] =
            std::string(nameOf(one.replication.state)) + " " + nameOf(one.situation);
        QVERIFY2(!one.replication.sentence.isEmpty(), one.database.c_str());
        QVERIFY(one.source.find("canary") == std::string::npos);
    }
    const std::map<std::string, std::string> expected{
        {"caught", "caught-up mirrored"},     {"catching", "catching-up mirrored"},
        {"silent", "running mirrored"},       {"losing", "losing-documents mirrored"},
        {"login", "refused-login mirrored"},  {"gone", "source-gone mirrored"},
        {"nobody", "running mirrored"},       {"new", "unknown new"},
        {"removed", "paused removed"},        {"paused", "paused paused"},
        {"lost", "unknown deleted-by-others"}};
    QCOMPARE(shown, expected);
    QCOMPARE(view.foreign, std::vector<std::string>{"other"});
    QCOMPARE(view.totals.databases, size_t{10});
    QCOMPARE(view.totals.in(ReplicationState::CaughtUp), size_t{1});
    QCOMPARE(view.totals.pending, std::uint64_t{7});
    QCOMPARE(view.totals.refusedDocuments, std::uint64_t{2});
    QCOMPARE(view.totals.pendingUnknown, size_t{6});
}

/// The recorded scheduler goes through the reader as it does through the decoder: a job for a row.
void MirrorViewTest::recordedMoments()
{
    Watched w;
    const auto addresses = MirrorAddresses{"http://127.0.0.1:15984", "http://127.0.0.1:15985", ""};
    for (const char *moment : {"sched.t1_4s", "sched.t6_25min"}) {
        QFile file(QStringLiteral(FM_SOURCE_DIR "/tests/data/couchdb/%1.scheduler_docs.json")
                       .arg(QLatin1String(moment)));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const std::string body = file.readAll().toStdString();
        w.mirror.onRequest = [&](const couch::Request &request)
            -> std::optional<base::Result<testsupport::FakeServer::Answer>> {
            if (request.target.starts_with("/_scheduler/docs?"))
                return testsupport::jsonAnswer(body);
            return std::nullopt;
        };
        const auto page = couch::decodeSchedulerDocs(body);
        QVERIFY(page);
        for (const couch::SchedulerRow &one : page->rows)
            w.mirror.put("_replicator", one.docId,
                         R"({"source":"http://127.0.0.1:15984/)" + one.docId
                             + R"(","target":"http://127.0.0.1:15985/)" + one.docId + "\"}");
        QVERIFY(w.reader.read(w.now));
        const Plan plan = makePlan({{}, w.reader.reading().documents, w.wishes, {}, addresses, {}});
        const MirrorView view = judgeMirror({w.reader.reading(), plan, false, w.now}, w.memory);
        std::size_t withState = 0;
        for (const MirrorRow &one : view.rows)
            withState += one.replication.rawState.empty() ? 0 : 1;
        const auto nulls = std::count_if(page->rows.begin(), page->rows.end(),
                                         [](const auto &one) { return one.state.empty(); });
        QCOMPARE(withState + static_cast<std::size_t>(nulls), page->rows.size());
        w.now += 25min;
    }
}

void MirrorViewTest::rowsThatMoveBetweenPages()
{
    Watched w;
    w.add("a", row("fm:a", "running", statistics("0")));
    w.add("b", row("fm:b", "running", statistics("0")));
    w.mirror.onRequest = [&](const couch::Request &request)
        -> std::optional<base::Result<testsupport::FakeServer::Answer>> {
        if (request.target.starts_with("/_scheduler/docs?"))
            return testsupport::jsonAnswer(R"({"total_rows":2,"offset":0,"docs":[)"
                                           + w.mirror.schedulerRows["fm:a"] + "]}");
        return std::nullopt;
    };
    const MirrorView view = w.poll();
    QVERIFY(w.status);
    QCOMPARE(view.totals.in(ReplicationState::CaughtUp), size_t{2});
}

/// Three rows of thirty-four: nothing is claimed of the others, and nothing is alarming either.
void MirrorViewTest::afterARestart()
{
    Watched w;
    for (int i = 0; i < 34; ++i) {
        const std::string db = "d" + std::to_string(i);
        w.add(db, row("fm:" + db, "running", statistics("0")));
    }
    QCOMPARE(w.poll().totals.in(ReplicationState::CaughtUp), size_t{34});
    const auto all = w.mirror.schedulerRows;
    while (w.mirror.schedulerRows.size() > 3)
        w.mirror.schedulerRows.erase(std::prev(w.mirror.schedulerRows.end()));
    w.now += 1min;
    MirrorView view = w.poll();
    QCOMPARE(view.totals.in(ReplicationState::CaughtUp), size_t{3});
    QCOMPARE(view.totals.in(ReplicationState::Running), size_t{31});
    w.now += 3min;
    QCOMPARE(w.poll().totals.in(ReplicationState::Unknown), size_t{31});
    w.mirror.schedulerRows = all;
    QCOMPARE(w.poll().totals.in(ReplicationState::CaughtUp), size_t{34});
}

void MirrorViewTest::stalledAndGoingOn()
{
    Watched w;
    w.add("a", row("fm:a", "running", statistics("7")));
    QCOMPARE(w.poll().rows[0].replication.state, ReplicationState::CatchingUp);
    w.now += kStalledAfter;
    const MirrorView stalled = w.poll();
    QCOMPARE(stalled.rows[0].replication.state, ReplicationState::Stalled);
    QVERIFY(stalled.rows[0].since == w.now);
    w.mirror.schedulerRows["fm:a"] = row("fm:a", "running", statistics("6", 0, 6));
    w.now += 1min;
    QCOMPARE(w.poll().rows[0].replication.state, ReplicationState::CatchingUp);
    // What was caught up for long and gets work is not stalled at once.
    w.mirror.schedulerRows["fm:a"] = row("fm:a", "running", statistics("0", 0, 9));
    (void)w.poll();
    w.now += 3h;
    (void)w.poll();
    w.mirror.schedulerRows["fm:a"] = row("fm:a", "running", statistics("2", 0, 9));
    w.now += 1min;
    QCOMPARE(w.poll().rows[0].replication.state, ReplicationState::CatchingUp);
}

void MirrorViewTest::refusedDocumentsAreRemembered()
{
    Watched w;
    w.add("a", row("fm:a", "running", statistics("0", 2)));
    QCOMPARE(w.poll().rows[0].replication.state, ReplicationState::LosingDocuments);
    w.mirror.schedulerRows["fm:a"] = row("fm:a", "running", statistics("0", 0));
    const MirrorView view = w.poll(); // restarted: it counts from 0 again
    QCOMPARE(view.rows[0].replication.state, ReplicationState::LosingDocuments);
    QCOMPARE(view.totals.refusedDocuments, std::uint64_t{2});
    w.memory.forgetRefused("fm:a");
    QCOMPARE(w.poll().rows[0].replication.state, ReplicationState::CaughtUp);
}

void MirrorViewTest::pendingFromTheTasks()
{
    Watched w;
    w.add("a", row("fm:a", "running", statistics("null")));
    w.mirror.activeTasks =
        R"([{"type":"indexer"},{"type":"replication","doc_id":"fm:a","changes_pending":4}])";
    QCOMPARE(w.poll().rows[0].replication.pending, std::optional<std::uint64_t>(4));
}

void MirrorViewTest::serversWithoutScheduler()
{
    Watched w;
    w.mirror.hasScheduler = false;
    w.listed = {"a", "b", "c", "d"};
    w.mirror.put("_replicator", "1", job("a", R"(,"_replication_state":"triggered")"));
    w.mirror.put(
        "_replicator", "2",
        job("b", R"(,"_replication_state":"error","_replication_state_reason":"nxdomain: x")"));
    w.mirror.put("_replicator", "3", job("c", R"(,"_replication_state":"completed")"));
    w.mirror.put("_replicator", "4", job("d"));
    const MirrorView view = w.poll();
    QVERIFY(w.status);
    QVERIFY(!view.hasScheduler);
    QCOMPARE(view.rows[0].replication.state, ReplicationState::Running);
    QCOMPARE(view.rows[1].replication.state, ReplicationState::Retrying);
    QCOMPARE(view.rows[1].replication.cause, Cause::NameNotFound);
    QCOMPARE(view.rows[2].replication.state, ReplicationState::CaughtUp);
    QCOMPARE(view.rows[3].replication.state, ReplicationState::Running);
}

void MirrorViewTest::onlyChangedDocumentsAreRead()
{
    Watched w;
    w.add("a", row("fm:a", "running", statistics("0")));
    w.add("b", row("fm:b", "running", statistics("0")));
    (void)w.poll();
    QCOMPARE(w.mirror.requestsFor("_changes"), size_t{1});
    w.mirror.drop("_replicator", "fm:a");
    w.mirror.put("_replicator", "fm:c", job("c"));
    w.mirror.put("_replicator", "_design/x", "{}");
    const MirrorView view = w.poll();
    QVERIFY(w.status);
    QCOMPARE(w.mirror.requestsFor("_changes"), size_t{2});
    QCOMPARE(w.reader.reading().documents.size(), size_t{2});
    QCOMPARE(view.rows.size(), size_t{3});
    QCOMPARE(view.rows[0].situation, Situation::DeletedByOthers);
    w.now += 1h;
    (void)w.poll();
    QCOMPARE(w.mirror.requestsFor("since"), size_t{1}); // everything afresh
}

void MirrorViewTest::aReplicatorThatWasMadeAnew()
{
    Watched w;
    w.add("a", row("fm:a", "running", statistics("0")));
    w.add("b", row("fm:b", "running", statistics("0")));
    (void)w.poll();
    w.mirror.databases["_replicator"] = {};
    w.mirror.schedulerRows.clear();
    w.now += 1min;
    const MirrorView view = w.poll();
    QVERIFY(w.status);
    QCOMPARE(view.rows[0].situation, Situation::DeletedByOthers);
    QCOMPARE(view.rows[1].situation, Situation::DeletedByOthers);
}

void MirrorViewTest::pausedAsAWhole()
{
    Watched w;
    w.add("a", row("fm:a", "pending", statistics("3")));
    const MirrorView view = w.poll(true);
    QCOMPARE(view.rows[0].replication.state, ReplicationState::Paused);
    QVERIFY(view.isPausedAsAWhole);
    QCOMPARE(view.totals.pendingUnknown, size_t{0});
}

void MirrorViewTest::anErrorLeavesTheReading()
{
    Watched w;
    w.add("a", row("fm:a", "running", statistics("0")));
    (void)w.poll();
    w.mirror.onRequest = [](const couch::Request &request)
        -> std::optional<base::Result<testsupport::FakeServer::Answer>> {
        if (request.target.starts_with("/_scheduler"))
            return base::Result<testsupport::FakeServer::Answer>(
                testsupport::fakeError(base::ErrorKind::Server));
        return std::nullopt;
    };
    const MirrorView view = w.poll();
    QVERIFY(!w.status);
    QCOMPARE(view.rows[0].replication.state, ReplicationState::CaughtUp);
}

void MirrorViewTest::memoryFollowsTheDocuments()
{
    Watched w;
    for (int i = 0; i < 50; ++i) {
        w.add("a", row("fm:a", "running", statistics("0")));
        w.mirror.put("_replicator", "x" + std::to_string(i), job("a"));
        if (i > 0)
            w.mirror.drop("_replicator", "x" + std::to_string(i - 1));
        (void)w.poll();
    }
    QVERIFY(w.memory.size() <= 2);
    QVERIFY(w.reader.reading().documents.size() == 2);
}

void MirrorViewTest::fiveThousandDatabases()
{
    constexpr int kDatabases = 5000;
    Watched w;
    const std::string seq =
        "1042-g1AAAAC3eJzLYWBgYMpgTmGQSM4vTc5ISYovzi8tSk51MDQy1zMAQsMckIpEhqT6____Z2UwJ_LkAgXYTU3N"
        "kw0TTfHoI2xoHguQZGgAUv-hZguBzba0TExJTDHAoz0LAJzeNHc";
    for (int i = 0; i < kDatabases; ++i) {
        const std::string db = "org_customer_" + std::to_string(i);
        const std::string info = i % 4 == 0
            ? R"({"error":"{worker_died,<0.2.0>,{process_died,<0.3.0>,{http_request_failed,\"GET\",\"http://source:5984/x/\",{error,{conn_failed,{error,econnrefused}}}}}}"})"
            : R"({"revisions_checked":1042,"missing_revisions_found":1042,"docs_read":1042,"docs_written":1042,"changes_pending":0,"doc_write_failures":0,"bulk_get_docs":60,"bulk_get_attempts":60,"checkpointed_source_seq":")"
                + seq + R"(","source_seq":")" + seq + R"(","through_seq":")" + seq + "\"}";
        std::string one =
            row("fm:" + db, i % 4 == 0 ? "crashing" : "running", info, i % 4 == 0 ? 3 : 0);
        one.insert(1,
                   R"("source":"http://source:5984/)" + db + R"(/","target":"http://mirror:5984/)"
                       + db + R"(/","node":"couchdb_local@127.0.0.1","source_proxy":null,)");
        w.add(db, one);
    }
    (void)w.poll();
    QVERIFY(w.status);
    w.now += 1min;
    const std::clock_t begin = std::clock();
    const MirrorView view = w.poll();
    const double ms = 1000.0 * double(std::clock() - begin) / CLOCKS_PER_SEC;
    QVERIFY(w.status);
    QCOMPARE(view.rows.size(), size_t{kDatabases});
    QCOMPARE(view.totals.in(ReplicationState::CaughtUp), size_t{kDatabases * 3 / 4});
    qInfo("one poll of %d databases: %.0f ms of CPU", kDatabases, ms);
}

QTEST_GUILESS_MAIN(MirrorViewTest)
#include "mirrorview_test.moc"
