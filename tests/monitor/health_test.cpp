#include "core/monitor/health.h"

#include <QRegularExpression>
#include <QTest>

#include <functional>
#include <set>

using namespace monitor;
using namespace std::chrono_literals;

using Change = std::function<void(Facts &)>;

class HealthTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void allIsWell();
    void oneThing_data();
    void oneThing();
    void everyCheckHasARow();
    void everySentenceIsOne();
    void nothingIsKnown();
    void aFreshInstallation();
    void withoutAMirror();
    void pendingFiringAndBack();
    void flappingIsOneEvent();
    void unknownIsNotRight();
    void mutes();
    void theClockIsSetBack();
    void verdicts();

private:
    std::set<std::string> m_idsOfRows; ///< of oneThing()
};

namespace {

const TimePoint kNow{std::chrono::seconds(1'795'402'800)};

Thresholds thresholds()
{
    Thresholds limits;
    limits.pendingFor = 5min;
    limits.clearAfter = 2min;
    limits.backupOverdueIntervals = 2;
    limits.shrinkPercent = 20;
    limits.growPercent = 100;
    limits.diskFreeLeast = 1000;
    limits.diskLasts = 24h * 14;
    limits.leftoverAge = 24h;
    limits.clockSkew = 1min;
    limits.behindFor = 2h;
    limits.auditWithin = 24h * 7;
    limits.verifiedWithin = 24h * 35;
    limits.drillWithin = 24h * 90;
    limits.offFor = 24h;
    limits.massChangePercent = 10;
    return limits;
}

void setState(Facts &facts, ReplicationState state, TimePoint since = kNow - 1min)
{
    facts.replications->states[state] = {
        {1, {"org_x"}}, since, QStringLiteral("It is so."), QStringLiteral("Do something.")};
}

BackupRunFacts goodRun(TimePoint began)
{
    BackupRunFacts run;
    run.began = began;
    run.succeeded = true;
    run.bytes = 1000;
    return run;
}

Facts goodFacts()
{
    Facts facts;
    facts.now = kNow;
    facts.watchingSince = kNow - 24h * 100;
    facts.source.isUp = true;
    facts.source.isLoginAccepted = true;
    facts.source.clockSkew = 2s;
    facts.mirror.emplace();
    facts.mirror->isUp = true;
    facts.mirror->isLoginAccepted = true;
    facts.mirror->version = "3.5.0";
    facts.mirror->isVersionSupported = true;
    facts.mirror->isAdminParty = false;
    facts.mirror->isReachableFromOutside = false;
    facts.mirror->missingSystemDatabases = Some{};
    facts.middleware.emplace();
    facts.middleware->isUp = true;
    facts.middleware->isLoginAccepted = true;
    facts.databases = Some{3, {"org_a", "org_b", "org_c"}};
    facts.replications.emplace();
    facts.replications->states[ReplicationState::CaughtUp] = {{3, {}}, kNow - 24h, {}, {}};
    facts.backup.emplace();
    facts.backup->isScheduled = true;
    facts.backup->longestInterval = 6h;
    for (int i = 5; i > 0; --i)
        facts.backup->runs.push_back(goodRun(kNow - 6h * i));
    facts.backup->lastGood = kNow - 3h;
    facts.backup->archives = 5;
    facts.backup->oldestVerified = kNow - 24h * 20;
    facts.backup->lastDrill = kNow - 24h * 10;
    facts.backup->secondCopy = kNow - 9h;
    facts.backup->diskFree = 1'000'000;
    facts.backup->growthPerDay = 1000;
    facts.audit = AuditFacts{kNow - 24h, {}};
    facts.canary = CanaryFacts{{}, {}, {}, {}, true};
    facts.orphanCheckpoints = 0;
    facts.alerts = {true, kNow - 1h, {}};
    facts.lastGap = 10min;
    facts.startedAt = kNow - 24h;
    return facts;
}

/// After it has lasted.
std::vector<Check> judgeLasting(Facts facts, const Mutes &mutes = {})
{
    HealthMemory memory;
    static_cast<void>(judgeHealth(facts, thresholds(), mutes, memory));
    facts.now += 10min;
    return judgeHealth(facts, thresholds(), mutes, memory);
}

const Check *find(const std::vector<Check> &checks, const std::string &id)
{
    for (const Check &check : checks) {
        if (id == check.id)
            return &check;
    }
    return nullptr;
}

QString notOk(const std::vector<Check> &checks)
{
    QString text;
    for (const Check &check : checks) {
        if (check.state != CheckState::Ok)
            text += QLatin1String(check.id) + QLatin1Char(' ') + QLatin1String(nameOf(check.state))
                + QStringLiteral("; ");
    }
    return text;
}

} // namespace

void HealthTest::allIsWell()
{
    const Facts facts = goodFacts();
    const auto checks = judgeLasting(facts);
    QCOMPARE(notOk(checks), QString());
    const Verdict verdict = verdictOf(checks, facts);
    QCOMPARE(verdict.level, VerdictLevel::Good);
    QCOMPARE(verdict.sentence,
             QStringLiteral("Everything is protected: the last good backup is 3 h "
                            "old, 3 of 3 databases are in sync."));
}

void HealthTest::oneThing_data()
{
    QTest::addColumn<QString>("id"); // the one check that is not ok
    QTest::addColumn<Change>("change");
    QTest::addColumn<QString>("sentence");
    const auto row = [this](const char *name, const char *id, const Change &change,
                            const char *sentence) {
        m_idsOfRows.insert(id);
        QTest::newRow(name) << QString::fromUtf8(id) << change << QString::fromUtf8(sentence);
    };
    row(
        "the source is down", "source-up",
        [](Facts &facts) {
            facts.source.isUp = false;
            facts.source.error = QStringLiteral("It refuses the connection.");
        },
        "It refuses the connection.");
    row(
        "the mirror is down", "mirror-up", [](Facts &facts) { facts.mirror->isUp = false; },
        "The mirror does not answer.");
    row(
        "the middleware is down", "middleware-up",
        [](Facts &facts) { facts.middleware->isUp = false; }, "The middleware does not answer.");
    row(
        "passwords are refused", "login",
        [](Facts &facts) {
            facts.source.isLoginAccepted = false;
            facts.mirror->isLoginAccepted = false;
        },
        "The password was refused by the source and the mirror.");
    row(
        "the clock is wrong", "clock", [](Facts &facts) { facts.source.clockSkew = -3h; },
        "The clocks of the servers and of this machine differ by 3 h.");
    row(
        "the mirror is old", "mirror-version",
        [](Facts &facts) { facts.mirror->isVersionSupported = false; },
        "The mirror is a CouchDB 3.5.0, which is not supported any more.");
    row(
        "the mirror is open", "mirror-safe",
        [](Facts &facts) { facts.mirror->isReachableFromOutside = true; },
        "The mirror listens beyond its own machine.");
    row(
        "the mirror has no administrator", "mirror-safe",
        [](Facts &facts) { facts.mirror->isAdminParty = true; },
        "Everybody is an administrator of the mirror.");
    row(
        "no _users", "system-databases",
        [](Facts &facts) {
            facts.mirror->missingSystemDatabases = Some{1, {"_users"}};
        },
        "The mirror lacks _users.");
    row(
        "databases without a job", "databases-covered",
        [](Facts &facts) {
            facts.replications->withoutJob = {5, {"a", "b", "c", "d"}};
        },
        "5 databases of the source are not copied (a, b, c and 2 more).");
    row(
        "refused login", "replications-failed",
        [](Facts &facts) { setState(facts, ReplicationState::RefusedLogin); },
        "1 replication failed (org_x). It is so.");
    row(
        "failed", "replications-failed",
        [](Facts &facts) { setState(facts, ReplicationState::Failed); },
        "1 replication failed (org_x). It is so.");
    row(
        "retrying", "replications-run",
        [](Facts &facts) { setState(facts, ReplicationState::Retrying); },
        "1 replication does not run (org_x). It is so.");
    row(
        "unknown", "replications-run",
        [](Facts &facts) { setState(facts, ReplicationState::Unknown); },
        "1 replication does not run (org_x). It is so.");
    row(
        "stalled", "replications-stalled",
        [](Facts &facts) { setState(facts, ReplicationState::Stalled); },
        "1 replication stands still (org_x). It is so.");
    row(
        "losing documents", "losing-documents",
        [](Facts &facts) { setState(facts, ReplicationState::LosingDocuments); },
        "The mirror refuses documents of 1 database (org_x). It is so.");
    row(
        "behind", "mirror-behind",
        [](Facts &facts) { setState(facts, ReplicationState::CatchingUp, kNow - 5h); },
        "The mirror has not caught up for 5 h (org_x).");
    row(
        "gone at the source", "source-gone",
        [](Facts &facts) {
            facts.replications->goneAtSource = {1, {"org_old"}};
        },
        "1 database is gone at the source (org_old).");
    row(
        "the audit found something", "audit",
        [](Facts &facts) {
            facts.audit->differing = {1, {"org_a"}};
        },
        "Mirror and source differ in org_a.");
    row(
        "no audit for long", "audit", [](Facts &facts) { facts.audit->at = kNow - 24h * 8; },
        "Mirror and source were last compared 8 d ago.");
    row(
        "never an audit", "audit", [](Facts &facts) { facts.audit.reset(); },
        "Mirror and source were never compared.");
    row(
        "mass change", "mass-change",
        [](Facts &facts) {
            facts.massChange = MassChange{{1, {"org_a"}}, 31, kNow};
        },
        "31 % of the documents were deleted or rewritten in a short time (org_a).");
    row(
        "overdue", "backup-age", [](Facts &facts) { facts.backup->lastGood = kNow - 13h; },
        "The last good backup is 13 h old.");
    row(
        "no good backup", "backup-age",
        [](Facts &facts) {
            facts.backup->lastGood.reset();
            facts.backup->secondCopy.reset();
        },
        "There is no good backup.");
    row(
        "a run failed", "backup-run",
        [](Facts &facts) {
            facts.backup->runs.back().succeeded = false;
            facts.backup->runs.back().error = QStringLiteral("The disk is full.");
        },
        "The last backup failed: The disk is full.");
    row(
        "omissions", "backup-complete",
        [](Facts &facts) { facts.backup->runs.back().omissions = 2; },
        "The last backup lacks 2 things.");
    row(
        "it shrinks", "backup-size", [](Facts &facts) { facts.backup->runs.back().bytes = 790; },
        "The last backup has 790 bytes, where 1000 bytes were usual.");
    row(
        "it grows", "backup-size", [](Facts &facts) { facts.backup->runs.back().bytes = 2100; },
        "The last backup has 2.1 KiB, where 1000 bytes were usual.");
    row(
        "damaged", "archives-intact",
        [](Facts &facts) {
            facts.backup->damaged = {1, {"2026.tgz"}};
        },
        "1 archive is damaged (2026.tgz).");
    row(
        "not read again", "archives-verified",
        [](Facts &facts) { facts.backup->oldestVerified = kNow - 24h * 40; },
        "An archive was last read 40 d ago.");
    row(
        "no drill", "restore-drill",
        [](Facts &facts) { facts.backup->lastDrill = kNow - 24h * 100; },
        "A restore was last tried 100 d ago.");
    row(
        "the second copy", "second-copy",
        [](Facts &facts) { facts.backup->secondCopy = kNow - 48h; },
        "The second copy is 45 h behind.");
    row(
        "the disk is nearly full", "disk-free",
        [](Facts &facts) {
            facts.backup->diskFree = 999;
            facts.backup->growthPerDay = 0;
        },
        "Only 999 bytes are free in the backup folder.");
    row(
        "the disk will be full", "disk-lasts",
        [](Facts &facts) { facts.backup->growthPerDay = 100'000; },
        "At the growth of late the disk is full in 10 d.");
    row(
        "leftovers", "leftovers",
        [](Facts &facts) {
            facts.backup->leftovers = {2, {"a.partial", "b.partial"}};
            facts.backup->leftoverBytes = 2048;
            facts.backup->oldestLeftover = kNow - 48h;
        },
        "Unfinished files lie in the backup folder: a.partial, b.partial (2.0 KiB).");
    row(
        "retention is held", "retention",
        [](Facts &facts) {
            facts.backup->retentionHeld =
                QStringLiteral("Nothing is deleted while the tripwire is on.");
        },
        "Nothing is deleted while the tripwire is on.");
    row(
        "no canary", "canary",
        [](Facts &facts) {
            facts.canary->notDiscovered = {1, {"org_k"}};
        },
        "The canary was not discovered: org_k.");
    row(
        "the canary is not mirrored", "canary",
        [](Facts &facts) {
            facts.canary->notMirrored = {1, {"org_k"}};
        },
        "The canary is not mirrored: org_k.");
    row(
        "the canary is not in the backup", "canary",
        [](Facts &facts) {
            facts.canary->notInBackup = {1, {"org_k"}};
        },
        "The canary is not in the last backup: org_k.");
    row(
        "its users are not in the backup", "canary",
        [](Facts &facts) {
            facts.canary->usersNotInBackup = {1, {"kim"}};
        },
        "The canary's users are not in the last backup: kim.");
    row(
        "alerts do not arrive", "alerts",
        [](Facts &facts) { facts.alerts.error = QStringLiteral("The mail server refused it."); },
        "An alert could not be delivered: The mail server refused it.");
    row(
        "litter", "orphan-checkpoints", [](Facts &facts) { facts.orphanCheckpoints = 41; },
        "The predecessor left 41 checkpoints.");
    row(
        "it was off", "monitor-off",
        [](Facts &facts) {
            facts.lastGap = 24h * 4;
            facts.startedAt = kNow - 1h;
        },
        "The monitor did not run for 4 d.");
    row(
        "a newer version", "version", [](Facts &facts) { facts.newerVersion = "2.0"; },
        "There is a newer version of this program, 2.0.");
}

void HealthTest::oneThing()
{
    QFETCH(QString, id);
    QFETCH(Change, change);
    QFETCH(QString, sentence);
    Facts facts = goodFacts();
    change(facts);
    const auto checks = judgeLasting(facts);
    QCOMPARE(notOk(checks), id + QStringLiteral(" firing; "));
    const Check *check = find(checks, id.toStdString());
    QCOMPARE(check->sentence, sentence);
    QVERIFY(!check->remedy.isEmpty());
    const Verdict verdict = verdictOf(checks, facts);
    QCOMPARE(verdict.level,
             check->severity == Severity::Failed ? VerdictLevel::Failed : VerdictLevel::Attention);
    QVERIFY(verdict.sentence.endsWith(sentence));
}

void HealthTest::everyCheckHasARow()
{
    const auto ids = checkIds();
    QCOMPARE(std::set<std::string>(ids.begin(), ids.end()), m_idsOfRows);
    QCOMPARE(ids.size(), m_idsOfRows.size());
}

void HealthTest::everySentenceIsOne()
{
    Facts empty;
    empty.now = kNow;
    for (const Facts &facts : {goodFacts(), empty}) {
        for (const Check &check : judgeLasting(facts)) {
            QVERIFY2(check.sentence.endsWith(QLatin1Char('.')), qPrintable(check.sentence));
            QVERIFY2(!check.sentence.contains(QStringLiteral("%")) || check.value.contains(u'%'),
                     qPrintable(check.sentence));
        }
    }
}

void HealthTest::nothingIsKnown()
{
    Facts facts;
    facts.now = kNow;
    facts.mirror.emplace();
    const auto checks = judgeLasting(facts);
    const Verdict verdict = verdictOf(checks, facts);
    QCOMPARE(verdict.level, VerdictLevel::Unknown);
    QCOMPARE(verdict.sentence.section(u'.', 0, 0),
             QStringLiteral("Not known: The source was not asked yet"));
    QCOMPARE(verdictOf({}, facts).level, VerdictLevel::Unknown);
}

void HealthTest::aFreshInstallation()
{
    Facts facts = goodFacts();
    facts.watchingSince = kNow - 1h;
    facts.backup = BackupFacts();
    facts.backup->isScheduled = true;
    facts.backup->longestInterval = 6h;
    facts.backup->diskFree = 1'000'000;
    facts.audit.reset();
    facts.canary->isBackupNewer = false;
    facts.orphanCheckpoints.reset();
    facts.lastGap.reset();
    facts.alerts.lastDelivered.reset();
    // Nothing is wrong, but what is not backed up yet is not protected.
    QCOMPARE(notOk(judgeLasting(facts)), QStringLiteral("backup-age no-data; "));
    facts.watchingSince = kNow - 13h; // and still no backup
    QCOMPARE(notOk(judgeLasting(facts)), QStringLiteral("backup-age firing; "));
}

void HealthTest::withoutAMirror()
{
    Facts facts = goodFacts();
    facts.mirror.reset();
    facts.replications.reset();
    facts.audit.reset();
    facts.middleware.reset();
    const auto checks = judgeLasting(facts);
    QCOMPARE(notOk(checks), QString());
    QVERIFY(find(checks, "mirror-up") == nullptr);
    QVERIFY(find(checks, "audit") == nullptr);
    QVERIFY(find(checks, "source-up") != nullptr);
}

void HealthTest::pendingFiringAndBack()
{
    HealthMemory memory;
    Facts facts = goodFacts();
    const auto stateAt = [&](std::chrono::seconds after, bool isUp) -> QString {
        facts.now = kNow + after;
        facts.source.isUp = isUp;
        const auto checks = judgeHealth(facts, thresholds(), {}, memory);
        const Check *check = find(checks, "source-up");
        return QLatin1String(nameOf(check->state)) + QLatin1Char(' ')
            + QString::number((check->since - kNow).count() / 1'000'000'000) + QLatin1Char(' ')
            + check->sentence;
    };
    const QString up = QStringLiteral("The source answers.");
    const QString down = QStringLiteral("The source does not answer.");
    QCOMPARE(stateAt(0s, true), QStringLiteral("ok 0 ") + up);
    QCOMPARE(stateAt(60s, false), QStringLiteral("pending 60 ") + down);
    QCOMPARE(stateAt(359s, false), QStringLiteral("pending 60 ") + down);
    QCOMPARE(stateAt(360s, false), QStringLiteral("firing 360 ") + down);
    QCOMPARE(stateAt(400s, false), QStringLiteral("firing 360 ") + down);
    QCOMPARE(stateAt(430s, true), QStringLiteral("firing 360 ") + down); // not yet taken back
    QCOMPARE(stateAt(540s, true), QStringLiteral("firing 360 ") + down);
    QCOMPARE(stateAt(550s, true), QStringLiteral("ok 550 ") + up);
    QCOMPARE(stateAt(560s, false), QStringLiteral("pending 560 ") + down);
    QCOMPARE(stateAt(570s, true), QStringLiteral("ok 570 ") + up);
}

void HealthTest::flappingIsOneEvent()
{
    HealthMemory memory;
    Facts facts = goodFacts();
    int changes = 0;
    CheckState before = CheckState::Ok;
    for (int minute = 0; minute < 120; ++minute) {
        facts.now = kNow + std::chrono::minutes(minute);
        facts.source.isUp = minute > 10 && minute % 7 == 0; // up for a minute now and then
        const CheckState state =
            find(judgeHealth(facts, thresholds(), {}, memory), "source-up")->state;
        changes += state != before && state == CheckState::Firing ? 1 : 0;
        before = state;
    }
    QCOMPARE(changes, 1);
    QCOMPARE(before, CheckState::Firing);
}

void HealthTest::unknownIsNotRight()
{
    HealthMemory memory;
    Facts facts = goodFacts();
    const auto stateAt = [&](std::chrono::seconds after, std::optional<bool> isUp) {
        facts.now = kNow + after;
        facts.source.isUp = isUp;
        return find(judgeHealth(facts, thresholds(), {}, memory), "source-up")->state;
    };
    static_cast<void>(stateAt(0s, false));
    QCOMPARE(stateAt(300s, false), CheckState::Firing);
    QCOMPARE(stateAt(400s, std::nullopt), CheckState::NoData);
    QCOMPARE(stateAt(410s, false), CheckState::Firing); // it was never said to be right
    QCOMPARE(stateAt(420s, std::nullopt), CheckState::NoData);
    QCOMPARE(stateAt(430s, true), CheckState::Firing);
    QCOMPARE(stateAt(560s, true), CheckState::Ok);
}

void HealthTest::mutes()
{
    Facts facts = goodFacts();
    facts.source.isUp = false;
    const auto checks =
        judgeLasting(facts, {{"source-up", kNow + 1h}, {"mirror-up", std::nullopt}});
    QCOMPARE(notOk(checks), QStringLiteral("source-up muted; "));
    QCOMPARE(find(checks, "mirror-up")->state, CheckState::Ok);
    QCOMPARE(verdictOf(checks, facts).level, VerdictLevel::Good);
    QCOMPARE(notOk(judgeLasting(facts, {{"source-up", kNow + 1min}})),
             QStringLiteral("source-up firing; "));
}

void HealthTest::theClockIsSetBack()
{
    HealthMemory memory;
    Facts facts = goodFacts();
    facts.source.isUp = false;
    static_cast<void>(judgeHealth(facts, thresholds(), {}, memory));
    facts.now = kNow - 24h * 365;
    facts.watchingSince.reset();
    static_cast<void>(judgeHealth(facts, thresholds(), {}, memory));
    facts.now += 6min;
    const auto checks = judgeHealth(facts, thresholds(), {}, memory);
    QCOMPARE(find(checks, "source-up")->state, CheckState::Firing);
    QVERIFY(find(checks, "source-up")->since <= facts.now);
    QCOMPARE(find(checks, "backup-age")->state,
             CheckState::Ok); // a backup of the future is no old one
}

void HealthTest::verdicts()
{
    Facts facts = goodFacts();
    facts.orphanCheckpoints = 3;
    facts.backup->diskFree.reset();
    auto checks = judgeLasting(facts);
    QCOMPARE(verdictOf(checks, facts).level, VerdictLevel::Attention);
    QCOMPARE(verdictOf(checks, facts).sentence,
             QStringLiteral("Attention: The predecessor left 3 checkpoints. 1 more check is not "
                            "good."));
    facts.mirror->isUp = false;
    checks = judgeLasting(facts);
    QCOMPARE(verdictOf(checks, facts).level, VerdictLevel::Failed);
    QCOMPARE(
        verdictOf(checks, facts).sentence,
        QStringLiteral("Not protected: The mirror does not answer. 2 more checks are not good."));
    // What is wrong for a minute is not said yet.
    HealthMemory memory;
    facts = goodFacts();
    facts.source.isUp = false;
    checks = judgeHealth(facts, thresholds(), {}, memory);
    QCOMPARE(notOk(checks), QStringLiteral("source-up pending; "));
    QCOMPARE(verdictOf(checks, facts).level, VerdictLevel::Good);
}

QTEST_GUILESS_MAIN(HealthTest)

#include "health_test.moc"
