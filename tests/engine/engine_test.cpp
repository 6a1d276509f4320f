#include "core/engine/engine.h"

#include "core/engine/statejson.h"
#include "core/serve/rehearsal.h"
#include "tests/support/temporaryfolder.h"

#include <QRegularExpression>
#include <QTest>

#include <atomic>
#include <thread>

using namespace engine;
using base::ErrorKind;
using monitor::ReplicationState;
using monitor::VerdictLevel;
using namespace std::chrono_literals;

/// The whole monitor against a source and a mirror whose time can be moved.
class EngineTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void everythingIsProtected();
    void newDatabasesAreMirroredAndBackedUp();
    void removedStaysRemoved();
    void troubleIsSaidAndTakenBack_data();
    void troubleIsSaidAndTakenBack();
    void alertsAreSaidOnce();
    void withoutAMirrorTheSourceIsBackedUp();
    void aSecondOneIsRefused();
    void oldBackupsGoByTheRules();
};

namespace {

couch::NetworkOptions shortNetwork()
{
    couch::NetworkOptions network;
    network.attempts = 1;
    network.firstBackoff = network.maxBackoff = 1ms;
    return network;
}

/// A rehearsal, and an engine in a thread of its own that watches it.
class Stage
{
public:
    explicit Stage(bool hasMirror = true)
    {
        auto started = serve::Rehearsal::start({});
        if (!started)
            qFatal("%s", qPrintable(started.error().message));
        m_rehearsal = std::move(*started);
        config.dataFolder = m_folder.path("data").string();
        config.source.url = m_rehearsal->source().url();
        if (hasMirror)
            config.mirror.url = m_rehearsal->mirror().url();
        config.mirror.pollInterval = 30s;
        config.discovery.pollInterval = 60s;
        config.backup.folder = m_folder.path("backups").string();
        config.backup.schedule = {backup::EveryInterval{6h}};
        config.backup.waitForMirror = 1h;
        config.checks.thresholds = thresholds();
    }
    ~Stage() { stop(); }

    void start()
    {
        m_engine = std::jthread([this](const std::stop_token &stop) {
            auto opened = Engine::open({
                .config = config,
                .clock = m_rehearsal->clock(),
                .findSecret = [](const settings::SecretPlace &) { return base::Secret(); },
                .zone = QTimeZone::utc(),
                .network = shortNetwork(),
                .tick = 1ms,
                .changed =
                    [this](const State &state) {
                        const std::lock_guard lock(m_mutex);
                        m_state = state;
                        ++m_looks;
                        m_changed.notify_all();
                    },
            });
            if (!opened) {
                const std::lock_guard lock(m_mutex);
                m_error = opened.error();
                m_changed.notify_all();
                return;
            }
            (*opened)->run(stop);
        });
    }
    void stop()
    {
        if (m_engine.joinable()) {
            m_engine.request_stop();
            m_engine.join();
        }
    }

    /// Moves the time until it is so, at most so much of it. The engine has every chance to look in
    /// between: time waits for it.
    [[nodiscard]] bool until(const std::function<bool(const State &)> &isSo,
                             std::chrono::system_clock::duration atMost)
    {
        const auto end = m_rehearsal->clock().now() + atMost;
        const auto patience = std::chrono::steady_clock::now() + 240s; // under the sanitizers
        std::unique_lock lock(m_mutex);
        while (!(m_looks > 0 && isSo(m_state))) {
            if (m_error || m_rehearsal->clock().now() > end
                || std::chrono::steady_clock::now() > patience)
                return false;
            const auto looks = m_looks;
            lock.unlock();
            m_rehearsal->advance(30s); // as long as the engine waits
            lock.lock();
            if (!m_state.backup.job) // a run takes real time
                m_changed.wait_for(lock, 20ms, [&] { return m_looks != looks; });
            else
                m_changed.wait_for(lock, 200ms, [&] { return m_looks != looks; });
        }
        return true;
    }
    [[nodiscard]] bool untilGood()
    {
        return until([](const State &state) { return state.verdict.level == VerdictLevel::Good; },
                     6h);
    }
    [[nodiscard]] State state() const
    {
        const std::lock_guard lock(m_mutex);
        return m_state;
    }
    [[nodiscard]] int looks() const
    {
        const std::lock_guard lock(m_mutex);
        return m_looks;
    }
    [[nodiscard]] std::optional<base::Error> waitForError()
    {
        std::unique_lock lock(m_mutex);
        m_changed.wait_for(lock, 30s, [this] { return m_error.has_value(); });
        return m_error;
    }
    [[nodiscard]] serve::Rehearsal &rehearsal() { return *m_rehearsal; }
    [[nodiscard]] size_t jobsAtTheMirror()
    {
        const auto opened = m_rehearsal->mirror().backend().open("_replicator");
        return opened && *opened ? (*opened)->info()->documents : 0;
    }

    settings::Config config;

private:
    static monitor::Thresholds thresholds()
    {
        monitor::Thresholds thresholds;
        thresholds.pendingFor = 5min;
        thresholds.clearAfter = 2min;
        thresholds.backupOverdueIntervals = 2;
        thresholds.shrinkPercent = 90;
        thresholds.growPercent = 1000;
        thresholds.diskFreeLeast = 1;
        thresholds.diskLasts = 1s;
        thresholds.leftoverAge = 24h;
        thresholds.clockSkew = std::chrono::hours(24 * 365 * 100); // this time is made up
        thresholds.behindFor = 2h;
        thresholds.auditWithin = thresholds.verifiedWithin = thresholds.drillWithin = 24h * 365;
        thresholds.offFor = 24h;
        thresholds.massChangePercent = 50;
        return thresholds;
    }

    testsupport::TemporaryFolder m_folder;
    std::unique_ptr<serve::Rehearsal> m_rehearsal;
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    State m_state;
    int m_looks = 0;
    std::optional<base::Error> m_error;
    std::jthread m_engine; ///< last: it uses all the rest
};

} // namespace

void EngineTest::everythingIsProtected()
{
    Stage stage;
    stage.start();
    QVERIFY2(stage.untilGood(), qPrintable(stage.state().verdict.sentence));
    const State state = stage.state();
    QCOMPARE(state.mirror.view.totals.in(ReplicationState::CaughtUp), size_t(4));
    QCOMPARE(state.backup.archives.size(), size_t(1));
    QVERIFY(state.backup.archives.front().isGood());
    QVERIFY(state.backup.lastRun->result == backup::RunResult::Good);
    QVERIFY(*state.backup.nextRun > state.at);
    // What others read is the same.
    const auto text = base::readFile(stateFileIn(stage.config.dataFolder), 10'000'000);
    QVERIFY(text);
    const auto read = decodeState(*text);
    QVERIFY(read);
    QCOMPARE(read->mirror.view.rows.size(), size_t(4));
    QVERIFY(isEngineRunning(stage.config.dataFolder));
    stage.stop();
    QVERIFY(!isEngineRunning(stage.config.dataFolder));
}

void EngineTest::newDatabasesAreMirroredAndBackedUp()
{
    Stage stage;
    stage.start();
    QVERIFY(stage.untilGood());
    QVERIFY(!stage.rehearsal().source().backend().create("org_new"));
    QVERIFY(stage.rehearsal().source().edit("org_new", "first", R"("a":1)"));
    QVERIFY(stage.until(
        [](const State &state) {
            return state.mirror.view.totals.in(ReplicationState::CaughtUp) == 5;
        },
        10min));
    QVERIFY(stage.until([](const State &state) { return state.backup.archives.size() == 2; }, 7h));
    const State state = stage.state();
    QCOMPARE(state.backup.archives.front().databases, state.backup.archives.back().databases + 1);
    QVERIFY(state.backup.archives.front().reused > 0);
}

/// Remove, and it is still gone after three looks (D17).
void EngineTest::removedStaysRemoved()
{
    Stage stage;
    stage.start();
    QVERIFY(stage.untilGood());
    QCOMPARE(stage.jobsAtTheMirror(), size_t(4));
    {
        auto servers =
            openServers(stage.config, [](const settings::SecretPlace &) { return base::Secret(); });
        QVERIFY(servers);
        MirrorKeeper keeper({stage.config, *servers, stage.rehearsal().clock(), {}});
        couch::Client source(*servers->source, {});
        keeper.poll(source.allDbs() ? std::optional(*source.allDbs()) : std::nullopt, false);
        QCOMPARE(keeper.state().problem, QString());
        QCOMPARE(keeper.act(ReplicationAction::Remove, "nothing").error().kind,
                 ErrorKind::NotFound);
        const base::Status removed = keeper.act(ReplicationAction::Remove, "org_riverside");
        QVERIFY2(removed, removed ? "" : qPrintable(removed.error().message));
    }
    QCOMPARE(stage.jobsAtTheMirror(), size_t(3));
    const int looks = stage.looks();
    for (int more = 1; more <= 4; ++more) {
        const auto from = stage.state().at;
        QVERIFY(stage.until([&](const State &state) { return state.at > from; }, 1h));
    }
    QVERIFY(stage.looks() >= looks + 3);
    QCOMPARE(stage.jobsAtTheMirror(), size_t(3));
}

void EngineTest::troubleIsSaidAndTakenBack_data()
{
    QTest::addColumn<bool>("isAtSource");
    QTest::addColumn<int>("status");
    QTest::newRow("the source refuses the login") << true << 401;
    QTest::newRow("the source fails") << true << 500;
    QTest::newRow("the mirror fails") << false << 500;
}

void EngineTest::troubleIsSaidAndTakenBack()
{
    QFETCH(const bool, isAtSource);
    QFETCH(const int, status);
    Stage stage;
    stage.start();
    QVERIFY(stage.untilGood());
    serve::Rehearsal &rehearsal = stage.rehearsal();
    serve::Faults &faults = isAtSource ? rehearsal.source().faults() : rehearsal.mirror().faults();
    faults.setPlan([status](const serve::Request &) {
        return std::optional(serve::Fault{.kind = serve::FaultKind::Refuse, .status = status});
    });
    QVERIFY(stage.until(
        [](const State &state) {
            return state.verdict.level == VerdictLevel::Attention
                || state.verdict.level == VerdictLevel::Failed;
        },
        2h));
    QVERIFY(stage.state().verdict.sentence.size() > 10);
    faults.clear();
    QVERIFY2(stage.until(
                 [](const State &state) { return state.verdict.level == VerdictLevel::Good; }, 24h),
             qPrintable(stage.state().verdict.sentence));
}

/// One message when it goes wrong, one when it is right again. They are posted into a database,
/// which counts them.
void EngineTest::alertsAreSaidOnce()
{
    Stage stage;
    serve::Rehearsal &rehearsal = stage.rehearsal();
    QVERIFY(!rehearsal.mirror().backend().create("messages"));
    const auto messages = [&rehearsal]() -> std::uint64_t {
        const auto opened = rehearsal.mirror().backend().open("messages");
        return opened && *opened ? (*opened)->info()->documents : 0;
    };
    stage.config.alerts.webhook.url = rehearsal.mirror().url() + "/messages";
    stage.config.alerts.repeatAfter = 24h;
    stage.start();
    QVERIFY(stage.untilGood());
    QCOMPARE(messages(), std::uint64_t(0));
    rehearsal.source().faults().setPlan([](const serve::Request &) {
        return std::optional(serve::Fault{.kind = serve::FaultKind::Refuse, .status = 500});
    });
    QVERIFY(stage.until([&](const State &) { return messages() > 0; }, 2h));
    const auto from = stage.state().at;
    QVERIFY(stage.until([&](const State &state) { return state.at > from + 5min; }, 1h));
    const std::uint64_t said = messages();
    QVERIFY2(said >= 1 && said <= 2, qPrintable(QString::number(said))); // two causes at most
    rehearsal.source().faults().clear();
    QVERIFY(stage.untilGood());
    QVERIFY(stage.until([&](const State &) { return messages() == said + 1; }, 1h));
}

void EngineTest::withoutAMirrorTheSourceIsBackedUp()
{
    Stage stage(false);
    stage.start();
    QVERIFY2(stage.untilGood(), qPrintable(stage.state().verdict.sentence));
    const State state = stage.state();
    QVERIFY(!state.mirror.isConfigured);
    QCOMPARE(state.backup.archives.size(), size_t(1));
    QCOMPARE(stage.jobsAtTheMirror(), size_t(0));
}

void EngineTest::aSecondOneIsRefused()
{
    Stage stage;
    stage.start();
    QVERIFY(stage.until([](const State &) { return true; }, 1h));
    Stage second;
    second.config.dataFolder = stage.config.dataFolder;
    second.start();
    const auto error = second.waitForError();
    QVERIFY(error);
    QCOMPARE(error->kind, ErrorKind::Locked);
}

void EngineTest::oldBackupsGoByTheRules()
{
    Stage stage;
    stage.config.backup.retention.last = 3;
    stage.start();
    QVERIFY(stage.until(
        [](const State &state) {
            return state.backup.archives.size() == 3 && state.backup.lastRun
                && state.backup.archives.front().reused > 0 && !state.backup.job;
        },
        20h));
    const std::string oldest = stage.state().backup.archives.back().name;
    QVERIFY(stage.until(
        [&](const State &state) {
            return state.backup.archives.size() == 3 && state.backup.archives.back().name != oldest;
        },
        8h));
}

QTEST_GUILESS_MAIN(EngineTest)
#include "engine_test.moc"
