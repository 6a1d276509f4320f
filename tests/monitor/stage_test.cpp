#include "core/base/bytes.h"
#include "core/couch/networktransport.h"
#include "core/monitor/actions.h"
#include "core/monitor/audit.h"
#include "core/monitor/catchup.h"
#include "core/monitor/cleanup.h"
#include "core/monitor/preflight.h"
#include "core/serve/rehearsal.h"
#include "tests/couch/testtransport.h"
#include "tests/support/temporaryfolder.h"

#include <QtTest>

using namespace monitor;
using namespace std::chrono_literals;

namespace {

/// A pair of servers with a replicator, and everything this program does to it.
class Stage
{
public:
    Stage()
        : m_rehearsal(start())
        , m_sourceTransport(connect(m_rehearsal->source(), "admin"))
        , m_mirrorTransport(connect(m_rehearsal->mirror(), "admin"))
        , m_hostTransport(connect(m_rehearsal->source(), ""))
        , source(*m_sourceTransport, {})
        , mirrorDatabases(*m_mirrorTransport, {})
        , sourceKeeper(*m_sourceTransport, {})
        , mirror(*m_mirrorTransport, {})
        , host(*m_hostTransport, {})
        , reader(mirror)
        , addresses{m_rehearsal->source().url(), m_rehearsal->mirror().url(), ""}
    {
    }

    serve::Rehearsal &rehearsal() { return *m_rehearsal; }
    MirrorActions actions()
    {
        return MirrorActions({mirror,
                              wishes,
                              folder.path("wishes.json"),
                              m_rehearsal->clock(),
                              {addresses.source, "admin", &sourcePassword},
                              {addresses.mirror, "admin", &mirrorPassword}});
    }
    Plan plan()
    {
        auto names = source.allDbs();
        listed = names ? *names : std::vector<std::string>();
        return makePlan({listed, reader.reading().documents, wishes, {}, addresses, {}});
    }
    base::Result<MirrorView> poll()
    {
        const TimePoint now = m_rehearsal->clock().now();
        if (base::Status read = reader.read(now); !read)
            return read.error();
        return judgeMirror({reader.reading(), plan(), wishes.pauseOfAll.has_value(), now}, memory);
    }
    MirrorRow rowOf(const std::string &db)
    {
        const auto view = poll();
        if (view) {
            for (const MirrorRow &row : view->rows) {
                if (row.database == db)
                    return row;
            }
        }
        return {};
    }
    PlanRow planOf(const std::string &db)
    {
        (void)reader.read(m_rehearsal->clock().now());
        for (const PlanRow &row : plan().rows) {
            if (row.database == db)
                return row;
        }
        return {};
    }
    bool becomes(const std::string &db, ReplicationState state, std::chrono::seconds within)
    {
        return m_rehearsal->advanceUntil([&] { return rowOf(db).replication.state == state; },
                                         within);
    }
    base::Result<CatchUpResult> catchUp()
    {
        return waitUntilCaughtUp({source,
                                  nullptr,
                                  [this] { return poll(); },
                                  m_rehearsal->clock(),
                                  10min,
                                  5s,
                                  {},
                                  {},
                                  [this](std::chrono::milliseconds time) {
                                      m_rehearsal->advance(time);
                                      return true;
                                  }});
    }
    base::Result<AuditResult> audit(const std::string &db)
    {
        const auto one = leavesOf(source, db);
        const auto other = leavesOf(mirrorDatabases, db);
        return auditLeaves(*one, *other, {});
    }
    /// Everything mirrored and caught up.
    bool settle()
    {
        if (!poll() || !actions().apply(plan()))
            return false;
        const auto result = catchUp();
        return result && result->behind.empty();
    }

    base::Secret sourcePassword{std::string("canary-source")};
    base::Secret mirrorPassword{std::string("canary-mirror")};

private:
    std::unique_ptr<serve::Rehearsal> start()
    {
        serve::RehearsalOptions options;
        options.source.access.user = options.mirror.access.user = "admin";
        options.source.access.password = sourcePassword.clone();
        options.mirror.access.password = mirrorPassword.clone();
        auto started = serve::Rehearsal::start(std::move(options));
        if (!started)
            qFatal("%s", qPrintable(started.error().message));
        return std::move(*started);
    }
    std::unique_ptr<couch::Transport> connect(serve::Rehearsal::Place &place,
                                              const std::string &user)
    {
        const bool isSource = &place == &m_rehearsal->source();
        return makeTestTransport(
            "http://" + (user.empty() ? "" : user + "@") + place.url().substr(7), shortOptions(),
            std::string((isSource ? sourcePassword : mirrorPassword).reveal()));
    }

    std::unique_ptr<serve::Rehearsal> m_rehearsal;
    std::unique_ptr<couch::Transport> m_sourceTransport, m_mirrorTransport, m_hostTransport;

public:
    couch::Client source, mirrorDatabases;
    couch::Administration sourceKeeper, mirror, host;
    MirrorReader reader;
    const MirrorAddresses addresses;
    MirrorMemory memory;
    Wishes wishes;
    testsupport::TemporaryFolder folder;
    std::vector<std::string> listed;
};

} // namespace

/// The mirror from end to end, over sockets, against a replicator that behaves as recorded.
class StageTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void fromNothingToAWholeCopy();
    void newDatabasesAreFound();
    void passwordChange();
    void refusedDocuments();
    void pausing();
    void retryNow();
    void restartOfTheMirror();
    void goneAndCleanedUp();
    void realMirror();
};

void StageTest::fromNothingToAWholeCopy()
{
    Stage stage;
    const PreflightReport report =
        runPreflight({stage.sourceKeeper, stage.mirror, &stage.host, "admin", &stage.sourcePassword,
                      [&] { return stage.source.allDbs(); }, stage.rehearsal().clock(), true});
    for (const PreflightCheck &check : report.checks) {
        // The rehearsal's servers have the wall's clock in their headers.
        if (std::string_view(check.code) != "clocks")
            QVERIFY2(check.state == PreflightState::Good,
                     qPrintable(QLatin1String(check.code) + QStringLiteral(": ") + check.sentence));
    }
    QVERIFY(stage.settle());
    const auto view = stage.poll();
    QVERIFY(view);
    QVERIFY(view->totals.databases >= 2);
    for (const MirrorRow &row : view->rows) {
        const auto result = stage.audit(row.database);
        QVERIFY(result);
        QVERIFY2(result->isEqual() && result->leavesAtSource > 0, row.database.c_str());
    }
    const auto again = stage.actions().apply(stage.plan());
    QVERIFY(again && again->created.empty() && again->adopted.empty());
}

void StageTest::newDatabasesAreFound()
{
    Stage stage;
    QVERIFY(stage.settle());
    QVERIFY(stage.sourceKeeper.createDatabase("org_new/one"));
    QVERIFY(stage.rehearsal().source().edit("org_new/one", "x", R"("n":1)"));
    QVERIFY(stage.poll());
    const auto applied = stage.actions().apply(stage.plan());
    QVERIFY(applied);
    QCOMPARE(applied->created, std::vector<std::string>{"org_new/one"});
    QVERIFY(stage.becomes("org_new/one", ReplicationState::CaughtUp, 2min));
    QVERIFY(stage.audit("org_new/one")->isEqual());
}

void StageTest::passwordChange()
{
    Stage stage;
    QVERIFY(stage.settle());
    const std::string db = stage.poll()->rows.front().database;
    const auto stateOf = [&] {
        const auto row = stage.mirror.schedulerRow("fm:" + db);
        return row && *row ? (*row)->state : std::string();
    };
    stage.rehearsal().source().setPassword("canary-new");
    QVERIFY(stage.rehearsal().source().edit(db, "after-the-change", R"("n":1)"));
    // This program's own login at the source is the old one; at the mirror it is right.
    MirrorView view;
    QVERIFY(stage.rehearsal().advanceUntil(
        [&] {
            const TimePoint now = stage.rehearsal().clock().now();
            (void)stage.reader.read(now);
            const Plan plan = makePlan({stage.listed,
                                        stage.reader.reading().documents,
                                        stage.wishes,
                                        {},
                                        stage.addresses,
                                        {}});
            view = judgeMirror({stage.reader.reading(), plan, false, now}, stage.memory);
            return view.rows.front().replication.state == ReplicationState::RefusedLogin;
        },
        30min));
    const base::Secret next(std::string("canary-new"));
    const auto changed = stage.actions().changePassword(couch::ReplicationSide::Source, "admin",
                                                        next, stage.addresses);
    QVERIFY(changed && changed->failures.empty());
    QCOMPARE(changed->changed.size(), view.rows.size());
    QVERIFY(stage.rehearsal().advanceUntil([&] { return stateOf() == "running"; }, 20min));
}

void StageTest::refusedDocuments()
{
    Stage stage;
    QVERIFY(stage.settle());
    const std::string db = stage.poll()->rows.front().database;
    stage.rehearsal().mirror().setRule(
        [](const std::string &, const std::string &id) -> std::optional<std::string> {
            return id == "unwelcome" ? std::optional<std::string>("no") : std::nullopt;
        });
    QVERIFY(stage.rehearsal().source().edit(db, "unwelcome", R"("n":1)"));
    QVERIFY(stage.rehearsal().source().edit(db, "welcome", R"("n":1)"));
    QVERIFY(stage.becomes(db, ReplicationState::LosingDocuments, 5min));
    const auto result = stage.audit(db);
    QVERIFY(result);
    QCOMPARE(result->differences.size(), size_t{1});
    QCOMPARE(result->differences[0].id, "unwelcome");
    const auto waited = stage.catchUp();
    QVERIFY(waited);
    QCOMPARE(waited->behind.size(), size_t{1});
    QCOMPARE(waited->behind[0].database, db);
}

void StageTest::pausing()
{
    Stage stage;
    QVERIFY(stage.settle());
    const std::string db = stage.poll()->rows.front().database;
    QVERIFY(stage.actions().pause(stage.planOf(db)));
    stage.rehearsal().advance(10s); // CouchDB stops the job when it sees that the document is gone
    QVERIFY(stage.rehearsal().source().edit(db, "while-paused", R"("n":1)"));
    stage.rehearsal().advance(2min);
    QCOMPARE(stage.rowOf(db).replication.state, ReplicationState::Paused);
    QCOMPARE(stage.audit(db)->differences.size(), size_t{1});
    QVERIFY(stage.actions().resume(db));
    const auto caughtUp = stage.catchUp();
    QVERIFY(caughtUp && caughtUp->behind.empty());
    QVERIFY(stage.audit(db)->isEqual());
}

void StageTest::retryNow()
{
    Stage stage;
    QVERIFY(stage.settle());
    const std::string db = stage.poll()->rows.front().database;
    stage.rehearsal().source().stop();
    const auto errors = [&] {
        const auto row = stage.mirror.schedulerRow("fm:" + db);
        return row && *row && (*row)->state == "crashing" ? (*row)->errorCount : 0;
    };
    QVERIFY(stage.rehearsal().advanceUntil([&] { return errors() >= 3; }, 1h));
    QVERIFY(stage.rehearsal().source().restart());
    QVERIFY(stage.actions().retryNow("fm:" + db));
    QVERIFY(stage.becomes(db, ReplicationState::CaughtUp, 2min));
    QCOMPARE(stage.mirror.schedulerRow("fm:" + db)->value().errorCount, std::uint64_t{0});
}

void StageTest::restartOfTheMirror()
{
    Stage stage;
    QVERIFY(stage.settle());
    stage.rehearsal().mirror().stop();
    QVERIFY(!stage.poll());
    QVERIFY(stage.rehearsal().mirror().restart());
    const auto view = stage.poll();
    QVERIFY(view);
    QCOMPARE(view->totals.in(ReplicationState::Running), view->totals.databases);
    QVERIFY(stage.rehearsal().advanceUntil(
        [&] {
            const auto now = stage.poll();
            return now && now->totals.in(ReplicationState::CaughtUp) == now->totals.databases;
        },
        5min));
}

void StageTest::goneAndCleanedUp()
{
    Stage stage;
    QVERIFY(stage.settle());
    const auto view = stage.poll();
    std::vector<std::string> mirrored;
    for (const MirrorRow &row : view->rows)
        mirrored.push_back(row.database);
    const std::string db = mirrored.front();
    QVERIFY(stage.sourceKeeper.deleteDatabase(db));
    QVERIFY(stage.becomes(db, ReplicationState::SourceGone, 10min));
    GoneMemory memory;
    const auto look = [&] {
        SourceLook one{stage.rehearsal().clock().now(), *stage.source.allDbs(), {}};
        for (const std::string &name : GoneMemory::missingFrom(one.listed, mirrored)) {
            const auto info = stage.source.databaseInfo(name);
            const bool isMissing = !info && couch::saysDatabaseIsMissing(info.error());
            one.answers[name] = {isMissing ? DatabaseAnswer::Missing : DatabaseAnswer::Unclear,
                                 info ? "" : info.error().detail.toStdString()};
        }
        memory.observe(one, mirrored);
        return memory.verdicts();
    };
    QCOMPARE(look().front().verdict, GoneVerdict::Suspected);
    stage.rehearsal().advance(10min);
    const auto verdicts = look();
    QCOMPARE(verdicts.size(), size_t{1});
    QCOMPARE(verdicts.front().verdict, GoneVerdict::Gone);
    auto actions = stage.actions();
    const CleanupOutcome outcome = cleanUp(
        {verdicts.front(), stage.planOf(db), stage.source, stage.mirror, stage.addresses, actions,
         [](const std::string &) { return base::Result<std::string>(std::string("last.tgz")); },
         true});
    QVERIFY2(!outcome.error, outcome.error ? qPrintable(outcome.error->message) : "");
    QVERIFY(!stage.mirrorDatabases.databaseInfo(db));
    stage.rehearsal().advance(5min);
    QVERIFY(!stage.mirrorDatabases.databaseInfo(db)); // nobody makes it again
    QVERIFY(stage.poll());
    const auto applied = stage.actions().apply(stage.plan());
    QVERIFY(applied && applied->created.empty());
}

/// A real CouchDB copies from the rehearsal's source: what is written into its `_replicator` is
/// what it understands, and a changed password leaves it the same replication.
void StageTest::realMirror()
{
    const QString named = qEnvironmentVariable("FOCUS_MONITOR_TEST_COUCHDB");
    if (named.isEmpty()) {
        qInfo("FOCUS_MONITOR_TEST_COUCHDB is not set: no CouchDB to be the mirror.");
        return;
    }
    const QUrl url(named);
    const std::string user = url.userName().toStdString();
    const base::Secret password(url.password().toStdString());
    const std::string place = url.toString(QUrl::RemoveUserInfo | QUrl::RemovePath).toStdString();
    Stage stage;
    const auto transport = makeTestTransport("http://" + user + "@" + place.substr(7),
                                             shortOptions(), std::string(password.reveal()));
    couch::Administration mirror(*transport, {});
    couch::Client copies(*transport, {});
    const std::string db =
        "fm_test_" + std::to_string(QDateTime::currentMSecsSinceEpoch()) + "/x+y";
    const std::string id = couch::replicatorIdFor(db);
    QVERIFY(stage.sourceKeeper.createDatabase(db));
    for (int i = 0; i < 20; ++i)
        QVERIFY(stage.rehearsal().source().edit(db, "doc" + std::to_string(i), R"("n":1.50)"));

    const MirrorAddresses addresses{stage.addresses.source, place, ""};
    MirrorReader reader(mirror);
    MirrorMemory memory;
    Wishes wishes;
    const base::GlobFilter filter{{"fm_test_*"}, {}};
    const auto actions = [&] {
        return MirrorActions({mirror,
                              wishes,
                              stage.folder.path("real.json"),
                              base::systemClock(),
                              {addresses.source, "admin", &stage.sourcePassword},
                              {place, user, &password}});
    };
    const auto plan = [&] {
        return makePlan({{db}, reader.reading().documents, wishes, filter, addresses, {}});
    };
    const auto poll = [&]() -> base::Result<MirrorView> {
        const TimePoint now = base::systemClock().now();
        if (base::Status read = reader.read(now); !read)
            return read.error();
        return judgeMirror({reader.reading(), plan(), false, now}, memory);
    };
    const auto catchUp = [&] {
        return waitUntilCaughtUp(
            {stage.source, nullptr, poll, base::systemClock(), 60s, 200ms, {}, {}, {}});
    };
    const auto jobId = [&] {
        const auto document = mirror.schedulerRow(id);
        return document && *document ? (*document)->state : std::string("none");
    };
    QVERIFY(poll());
    const auto applied = actions().apply(plan());
    QVERIFY(applied);
    QCOMPARE(applied->created, std::vector<std::string>{db});
    auto waited = catchUp();
    QVERIFY(waited && waited->behind.empty());
    const auto isWhole = [&] {
        const auto one = leavesOf(stage.source, db);
        const auto other = leavesOf(copies, db);
        const auto result = auditLeaves(*one, *other, {});
        return result && result->isEqual() && result->leavesAtSource >= 20;
    };
    QVERIFY(isWhole());
    const auto checkpoints = [&] {
        const auto locals = copies.localDocuments(db);
        std::set<std::string> ids;
        if (locals) {
            for (const auto &local : *locals)
                ids.insert(local.id);
        }
        return ids;
    };

    QVERIFY(actions().retryNow(id));
    QVERIFY(stage.rehearsal().source().edit(db, "more", R"("n":2)"));
    QTRY_VERIFY_WITH_TIMEOUT(jobId() == "running", 30'000);
    waited = catchUp();
    QVERIFY(waited && waited->behind.empty() && isWhole());

    QVERIFY(actions().pause(plan().rows.front()));
    QTRY_VERIFY_WITH_TIMEOUT(jobId() == "none", 30'000);
    QTRY_VERIFY_WITH_TIMEOUT(!checkpoints().empty(), 60'000);
    const auto before = checkpoints();
    QCOMPARE(poll()->rows.front().replication.state, ReplicationState::Paused);
    QVERIFY(actions().resume(db));
    QTRY_VERIFY_WITH_TIMEOUT(jobId() == "running", 30'000);

    stage.rehearsal().source().setPassword("canary-new");
    const base::Secret next(std::string("canary-new"));
    const auto changed =
        actions().changePassword(couch::ReplicationSide::Source, "admin", next, addresses);
    QVERIFY(changed && changed->failures.empty());
    QCOMPARE(changed->changed, std::vector<std::string>{id});
    QVERIFY(stage.rehearsal().source().edit(db, "after", R"("n":3)"));
    QTRY_VERIFY_WITH_TIMEOUT(poll()->rows.front().replication.state == ReplicationState::CaughtUp,
                             60'000);
    QTRY_VERIFY_WITH_TIMEOUT(copies.databaseInfo(db)->docCount >= 22, 30'000);

    const auto jobs = mirror.setting("replicator", "max_jobs");
    QVERIFY(jobs);
    QVERIFY(actions().pauseAll());
    QCOMPARE(mirror.setting("replicator", "max_jobs").operator*(), std::optional<std::string>("0"));
    QVERIFY(actions().resumeAll());
    QCOMPARE(mirror.setting("replicator", "max_jobs").operator*(), *jobs);

    QVERIFY(poll());
    QVERIFY(actions().remove(plan().rows.front()));
    QTRY_VERIFY_WITH_TIMEOUT(jobId() == "none", 30'000);
    QCOMPARE(checkpoints(), before); // one replication all the time
    QVERIFY(mirror.deleteDatabase(db));
}

QTEST_GUILESS_MAIN(StageTest)
#include "stage_test.moc"
