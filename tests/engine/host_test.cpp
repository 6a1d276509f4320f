#include "core/engine/host.h"

#include "core/serve/rehearsal.h"
#include "tests/support/temporaryfolder.h"

#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>

using namespace engine;
using base::ErrorKind;
using namespace std::chrono_literals;

/// What a front end gets of the engine: states, refusals and outcomes, on its own thread.
class HostTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void statesArriveOnThisThread();
    void actionsAreAnsweredAndShown();
    void backupIsTakenAndItsProgressShown();
    void besideAnotherItOnlyShows();
    void withoutConfigurationItSaysSo();
    void whatIsUnderWayIsAnsweredAtTheEnd();
};

namespace {

constexpr int kPatience = 120'000; // milliseconds, under the sanitizers

class Stage
{
public:
    Stage()
    {
        serve::RehearsalOptions options;
        options.speed = 60;
        options.start = std::chrono::system_clock::now();
        auto started = serve::Rehearsal::start(std::move(options));
        if (!started)
            qFatal("%s", qPrintable(started.error().message));
        m_rehearsal = std::move(*started);
        config.dataFolder = m_folder.path("data").string();
        config.source.url = m_rehearsal->source().url();
        config.mirror.url = m_rehearsal->mirror().url();
        config.mirror.pollInterval = 30s;
        config.discovery.pollInterval = 60s;
        config.backup.folder = m_folder.path("backups").string();
    }
    [[nodiscard]] Host::Setup setup()
    {
        return {.config = [this] { return base::Result<settings::Config>(config); },
                .clock = m_rehearsal->clock(),
                .findSecret = [](const settings::SecretPlace &) { return base::Secret(); },
                .tick = 1ms,
                .retryAfter = 1ms};
    }
    settings::Config config;

private:
    testsupport::TemporaryFolder m_folder;
    std::unique_ptr<serve::Rehearsal> m_rehearsal;
};

const monitor::MirrorRow *rowOf(const Api &api, const std::string &database)
{
    if (!api.state())
        return nullptr;
    for (const monitor::MirrorRow &row : api.state()->mirror.view.rows) {
        if (row.database == database)
            return &row;
    }
    return nullptr;
}

bool isCaughtUp(const Api &api, const std::string &database)
{
    const auto *row = rowOf(api, database);
    return row && row->replication.state == monitor::ReplicationState::CaughtUp;
}

} // namespace

void HostTest::statesArriveOnThisThread()
{
    Stage stage;
    Host host(stage.setup());
    QCOMPARE(host.presence().standing, Standing::Starting);
    QVERIFY(!host.state());
    bool isElsewhere = false;
    connect(
        &host, &Api::stateChanged, this,
        [&] { isElsewhere |= QThread::currentThread() != thread(); }, Qt::DirectConnection);
    QTRY_VERIFY_WITH_TIMEOUT(isCaughtUp(host, "org_riverside"), kPatience);
    QCOMPARE(host.presence().standing, Standing::Watching);
    QVERIFY(!isElsewhere);
}

void HostTest::actionsAreAnsweredAndShown()
{
    Stage stage;
    Host host(stage.setup());
    QTRY_VERIFY_WITH_TIMEOUT(isCaughtUp(host, "org_riverside"), kPatience);
    auto removed = host.act(ReplicationAction::Remove, {"org_riverside", "no_such"});
    QTRY_VERIFY_WITH_TIMEOUT(removed.isFinished(), kPatience);
    QCOMPARE(removed.result().size(), size_t(2));
    QVERIFY(removed.result()[0].done);
    QCOMPARE(removed.result()[1].database, std::string("no_such"));
    QCOMPARE(removed.result()[1].done.error().kind, ErrorKind::NotFound);
    QTRY_COMPARE_WITH_TIMEOUT(rowOf(host, "org_riverside")->situation, monitor::Situation::Removed,
                              kPatience);
    auto resumed = host.act(ReplicationAction::Resume, {"org_riverside"});
    QTRY_VERIFY_WITH_TIMEOUT(resumed.isFinished() && resumed.result()[0].done, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(isCaughtUp(host, "org_riverside"), kPatience);
}

void HostTest::backupIsTakenAndItsProgressShown()
{
    Stage stage;
    Host host(stage.setup());
    QTRY_VERIFY_WITH_TIMEOUT(isCaughtUp(host, "org_riverside"), kPatience);
    bool hasJob = false;
    connect(&host, &Api::stateChanged, this,
            [&] { hasJob |= host.state()->backup.job.has_value(); });
    QVERIFY(host.backUpNow());
    QTRY_COMPARE_WITH_TIMEOUT(host.state()->backup.archives.size(), size_t(1), kPatience);
    QVERIFY(hasJob);
    QVERIFY(!host.state()->backup.job);
}

void HostTest::besideAnotherItOnlyShows()
{
    Stage stage;
    auto first = std::make_unique<Host>(stage.setup());
    QTRY_VERIFY_WITH_TIMEOUT(isCaughtUp(*first, "org_riverside"), kPatience);
    Host second(stage.setup());
    QTRY_VERIFY_WITH_TIMEOUT(isCaughtUp(second, "org_riverside"), kPatience);
    QCOMPARE(second.presence().standing, Standing::Beside);
    QVERIFY(!second.presence().sentence.isEmpty());
    QCOMPARE(second.backUpNow().error().kind, ErrorKind::Locked);
    auto paused = second.act(ReplicationAction::Pause, {"org_riverside"});
    QVERIFY(paused.isFinished());
    QCOMPARE(paused.result()[0].done.error().kind, ErrorKind::Locked);
    first.reset();
    QTRY_COMPARE_WITH_TIMEOUT(second.presence().standing, Standing::Watching, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(second.backUpNow(), kPatience);
}

void HostTest::withoutConfigurationItSaysSo()
{
    Stage stage;
    std::atomic<bool> isThere = false;
    Host::Setup setup = stage.setup();
    setup.config = [&]() -> base::Result<settings::Config> {
        if (!isThere)
            return base::Error{ErrorKind::NotFound, QStringLiteral("Nothing is set up.")};
        return stage.config;
    };
    Host host(std::move(setup));
    QTRY_COMPARE_WITH_TIMEOUT(host.presence().standing, Standing::NotSetUp, kPatience);
    QCOMPARE(host.presence().sentence, QStringLiteral("Nothing is set up."));
    isThere = true;
    QTRY_COMPARE_WITH_TIMEOUT(host.presence().standing, Standing::Watching, kPatience);
}

void HostTest::whatIsUnderWayIsAnsweredAtTheEnd()
{
    Stage stage;
    auto host = std::make_unique<Host>(stage.setup());
    QTRY_VERIFY_WITH_TIMEOUT(isCaughtUp(*host, "org_riverside"), kPatience);
    const QSignalSpy ended(host.get(), &Host::ended);
    auto retried = host->act(ReplicationAction::Retry, {"org_riverside"});
    host->stop();
    QTRY_VERIFY_WITH_TIMEOUT(!ended.isEmpty(), kPatience);
    QVERIFY(retried.isFinished());
    QCOMPARE(retried.result().size(), size_t(1));
}

QTEST_GUILESS_MAIN(HostTest)

#include "host_test.moc"
