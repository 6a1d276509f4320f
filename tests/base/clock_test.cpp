#include "core/base/clock.h"
#include "core/base/version.h"

#include <QDateTime>
#include <QRegularExpression>
#include <QTest>

using namespace std::chrono;

class ClockTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void isoTime_data();
    void isoTime();
    void isoTimeIsQts();
    void timeOfIsoIsItsInverse();
    void timeOfIsoRefuses_data();
    void timeOfIsoRefuses();
    void systemClock();
    void version();
};

void ClockTest::isoTime_data()
{
    QTest::addColumn<qint64>("microseconds");
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char *name, qint64 us, const char *text) {
        QTest::newRow(name) << us << QByteArray(text);
    };
    row("the epoch", 0, "1970-01-01T00:00:00.000Z");
    row("a backup at three", 1795402800'000'000, "2026-11-23T03:00:00.000Z");
    row("milliseconds", 1795402800'007'000, "2026-11-23T03:00:00.007Z");
    row("microseconds are cut, not rounded", 1795402800'999'999, "2026-11-23T03:00:00.999Z");
    row("a leap day", 1709164799'999'000, "2024-02-28T23:59:59.999Z");
    row("the millisecond after it", 1709164800'000'000, "2024-02-29T00:00:00.000Z");
    row("2000 was a leap year", 951782400'000'000, "2000-02-29T00:00:00.000Z");
    row("2100 will be none", 4107542400'000'000, "2100-03-01T00:00:00.000Z");
    row("a microsecond before the epoch", -1, "1969-12-31T23:59:59.999Z");
    row("long before the epoch", -8520336000'000'000, "1700-01-01T00:00:00.000Z");
}

void ClockTest::isoTime()
{
    QFETCH(qint64, microseconds);
    QFETCH(QByteArray, text);
    const system_clock::time_point time{
        duration_cast<system_clock::duration>(std::chrono::microseconds(microseconds))};
    QCOMPARE(QByteArray::fromStdString(base::isoTime(time)), text);
}

void ClockTest::isoTimeIsQts()
{
    for (qint64 ms = -50'000'000'000; ms < 4'200'000'000'000; ms += 86'399'999'983) {
        const system_clock::time_point time{milliseconds(ms)};
        QCOMPARE(QString::fromStdString(base::isoTime(time)),
                 QDateTime::fromMSecsSinceEpoch(ms, Qt::UTC).toString(Qt::ISODateWithMs));
    }
}

void ClockTest::systemClock()
{
    const base::Clock &clock = base::systemClock();
    const auto before = system_clock::now();
    const auto now = clock.now();
    const auto after = system_clock::now();
    QVERIFY(before <= now && now <= after);
    const auto first = clock.steadyNow();
    QVERIFY(first <= clock.steadyNow());
    QCOMPARE(&clock, &base::systemClock());
}

void ClockTest::version()
{
    static const QRegularExpression form(QStringLiteral("^\\d+\\.\\d+\\.\\d+$"));
    QVERIFY(form.match(QString::fromUtf8(base::versionText())).hasMatch());
}

void ClockTest::timeOfIsoIsItsInverse()
{
    for (const char *text : {"2026-11-23T03:00:00.000Z", "1970-01-01T00:00:00.001Z",
                             "2024-02-29T23:59:59.999Z", "1969-12-31T23:59:59.000Z"}) {
        const auto time = base::timeOfIso(text);
        QVERIFY(time);
        QCOMPARE(base::isoTime(*time), std::string(text));
    }
    QCOMPARE(base::isoTime(*base::timeOfIso("2026-11-23T03:00:01Z")),
             std::string("2026-11-23T03:00:01.000Z"));
}

void ClockTest::timeOfIsoRefuses_data()
{
    QTest::addColumn<std::string>("text");
    for (const char *text :
         {"", "2026-11-23", "2026-11-23T03:00:00", "2026-11-23T03:00:00+01", "2026-11-23 03:00:00Z",
          "2026-13-23T03:00:00Z", "2026-02-29T03:00:00Z", "2026-11-23T24:00:00Z",
          "2026-11-23T03:60:00Z", "2026-11-23T03:00:60Z", "2026-11-23T03:00:00.00Z",
          "-026-11-23T03:00:00Z", "2026-11-23T03:00:00.0000Z"})
        QTest::newRow(text) << std::string(text);
}

void ClockTest::timeOfIsoRefuses()
{
    QFETCH(const std::string, text);
    QVERIFY(!base::timeOfIso(text));
}

QTEST_GUILESS_MAIN(ClockTest)

#include "clock_test.moc"
