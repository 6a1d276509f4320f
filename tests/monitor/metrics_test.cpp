#include "core/base/json.h"
#include "core/monitor/metrics.h"

#include <QRegularExpression>
#include <QTest>

#include <set>

using namespace monitor;
using namespace std::chrono_literals;

class MetricsTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void theFormatIsKept();
    void whatIsKnownIsThere();
    void whatIsNotKnownIsNotThere();
    void healthz_data();
    void healthz();
};

namespace {

const TimePoint kNow{std::chrono::seconds(1'795'402'800)};

Facts someFacts()
{
    Facts facts;
    facts.now = kNow;
    facts.source.isUp = true;
    facts.mirror.emplace();
    facts.mirror->isUp = false;
    facts.databases = Some{3, {"org_secret_name"}};
    facts.replications.emplace();
    facts.replications->states[ReplicationState::CaughtUp].databases = {2, {"org_secret_name"}};
    facts.backup.emplace();
    facts.backup->lastGood = kNow - 3h;
    BackupRunFacts run;
    run.began = kNow - 3h;
    run.succeeded = true;
    run.bytes = 123'456'789'012;
    facts.backup->runs = {run};
    return facts;
}

std::string metricsOf(const Facts &facts)
{
    HealthMemory memory;
    const auto checks = judgeHealth(facts, {}, {}, memory);
    return metricsText(facts, checks, verdictOf(checks, facts));
}

} // namespace

void MetricsTest::theFormatIsKept()
{
    const QString text = QString::fromStdString(metricsOf(someFacts()));
    QVERIFY(text.endsWith(QLatin1Char('\n')));
    static const QRegularExpression line(
        QStringLiteral("^(# HELP [a-z_]+ [^\\n]+\\.|# TYPE [a-z_]+ gauge|"
                       "[a-z_]+(\\{[a-z_]+=\"[^\"\\n]*\"\\})? -?[0-9.]+(e[+-]?[0-9]+)?)$"));
    std::set<QString> samples;
    QString current;
    for (const QString &one : text.chopped(1).split(QLatin1Char('\n'))) {
        QVERIFY2(line.match(one).hasMatch(), qPrintable(one));
        if (one.startsWith(QStringLiteral("# TYPE ")))
            current = one.section(QLatin1Char(' '), 2, 2);
        if (one.startsWith(QLatin1Char('#')))
            continue;
        const QString name = one.section(QRegularExpression(QStringLiteral("[{ ]")), 0, 0);
        QCOMPARE(name, current); // samples of a metric stand together
        QVERIFY2(samples.insert(one.section(QLatin1Char(' '), 0, 0)).second, qPrintable(one));
    }
    QVERIFY(!text.contains(QStringLiteral("org_secret_name")));
}

void MetricsTest::whatIsKnownIsThere()
{
    const std::string text = metricsOf(someFacts());
    for (const char *line :
         {"focus_monitor_verdict{verdict=\"failed\"} 1\n",
          "focus_monitor_verdict{verdict=\"good\"} 0\n",
          "focus_monitor_check_firing{check=\"mirror-up\"} 1\n",
          "focus_monitor_check_known{check=\"login\"} 0\n",
          "focus_monitor_server_up{server=\"source\"} 1\n",
          "focus_monitor_server_up{server=\"mirror\"} 0\n", "focus_monitor_source_databases 3\n",
          "focus_monitor_replications{state=\"caught-up\"} 2\n",
          "focus_monitor_replications{state=\"failed\"} 0\n",
          "focus_monitor_backup_last_good_timestamp_seconds 1795392000\n",
          "focus_monitor_backup_size_bytes 123456789012\n",
          "focus_monitor_facts_timestamp_seconds 1795402800\n"})
        QVERIFY2(text.find(line) != std::string::npos, (line + ("in\n" + text)).c_str());
}

void MetricsTest::whatIsNotKnownIsNotThere()
{
    Facts facts;
    facts.now = kNow;
    const std::string text = metricsOf(facts);
    for (const char *name : {"server_up", "replications", "backup_", "source_databases", "audit_"})
        QVERIFY2(text.find(name) == std::string::npos, name);
    QVERIFY(text.find("focus_monitor_verdict{verdict=\"unknown\"} 1\n") != std::string::npos);
}

void MetricsTest::healthz_data()
{
    QTest::addColumn<int>("level");
    QTest::addColumn<int>("age");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("verdict");
    const auto row = [](const char *name, VerdictLevel level, int age, int status,
                        const char *verdict) {
        QTest::newRow(name) << static_cast<int>(level) << age << status << QByteArray(verdict);
    };
    row("good", VerdictLevel::Good, 10, 200, "good");
    row("attention", VerdictLevel::Attention, 10, 200, "attention");
    row("failed", VerdictLevel::Failed, 10, 503, "failed");
    row("unknown", VerdictLevel::Unknown, 10, 503, "unknown");
    row("stale", VerdictLevel::Good, 121, 503, "unknown");
    row("of the future", VerdictLevel::Good, -121, 503, "unknown");
    row("old, but not stale", VerdictLevel::Good, 120, 200, "good");
}

void MetricsTest::healthz()
{
    QFETCH(int, level);
    QFETCH(int, age);
    QFETCH(int, status);
    QFETCH(QByteArray, verdict);
    Facts facts;
    facts.now = kNow;
    Check firing;
    firing.id = "login";
    firing.state = CheckState::Firing;
    const HealthAnswer answer =
        healthAnswer(facts, {firing}, {static_cast<VerdictLevel>(level), QStringLiteral("So.")},
                     kNow + std::chrono::seconds(age), 2min);
    QCOMPARE(answer.status, status);
    const std::string expected = "{\"verdict\":\"" + verdict.toStdString()
        + "\",\"sentence\":\"So.\",\"time\":\"2026-11-23T03:00:00.000Z\",\"age_seconds\":"
        + std::to_string(std::max(0, age)) + ",\"firing\":[\"login\"]}\n";
    QCOMPARE(answer.json, expected);
}

QTEST_GUILESS_MAIN(MetricsTest)

#include "metrics_test.moc"
