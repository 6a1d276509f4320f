#include "core/backup/schedule.h"

#include <QDateTime>
#include <QTest>

using namespace std::chrono_literals;
using backup::AtTimes;
using backup::EveryInterval;
using backup::NextRun;
using backup::nextRun;
using backup::ScheduleRule;
using backup::TimePoint;

namespace {

/// "2026-03-29 02:30" as the wall shows it there, or with an offset ("2026-03-29T02:30+01:00").
TimePoint at(const char *text, const QTimeZone &zone)
{
    const QString string = QString::fromLatin1(text);
    QDateTime time = QDateTime::fromString(string, Qt::ISODate);
    if (time.timeSpec() == Qt::LocalTime)
        time = QDateTime(time.date(), time.time(), zone);
    return TimePoint(std::chrono::milliseconds(time.toMSecsSinceEpoch()));
}

QString text(TimePoint time)
{
    const auto milliseconds =
        std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
    return QDateTime::fromMSecsSinceEpoch(milliseconds, Qt::UTC).toString(Qt::ISODate);
}

const QTimeZone kBerlin("Europe/Berlin");
constexpr const char *kNever = "";

ScheduleRule nightly(QTime time)
{
    return AtTimes{{time}, {}};
}

} // namespace

class ScheduleTest : public QObject
{
    Q_OBJECT
private slots:
    void nextRuns_data();
    void nextRuns();
    void theEarliestRuleCounts();
    void withoutRulesThereIsNothing();
    void aYearOfNightsHasOneRunEach_data();
    void aYearOfNightsHasOneRunEach();
};

void ScheduleTest::nextRuns_data()
{
    QTest::addColumn<ScheduleRule>("rule");
    QTest::addColumn<QByteArray>("last");
    QTest::addColumn<QByteArray>("now");
    QTest::addColumn<QByteArray>("expected");
    QTest::addColumn<bool>("isCatchUp");
    const auto row = [](const char *name, const ScheduleRule &rule, const char *last,
                        const char *now, const char *expected, bool isCatchUp = false) {
        QTest::newRow(name) << rule << QByteArray(last) << QByteArray(now) << QByteArray(expected)
                            << isCatchUp;
    };
    const ScheduleRule sixHours = EveryInterval{6h};
    row("every 6 hours, never ran: now", sixHours, kNever, "2026-11-23T10:00:00",
        "2026-11-23T10:00:00");
    row("every 6 hours, ran 2 hours ago", sixHours, "2026-11-23T08:00:00", "2026-11-23T10:00:00",
        "2026-11-23T14:00:00");
    row("every 6 hours, exactly due", sixHours, "2026-11-23T04:00:00", "2026-11-23T10:00:00",
        "2026-11-23T10:00:00");
    row("every 6 hours, the machine slept three days: once, now", sixHours, "2026-11-20T08:00:00",
        "2026-11-23T10:00:00", "2026-11-23T10:00:00", true);
    row("every 6 hours, the clock was set back a year", sixHours, "2027-11-23T08:00:00",
        "2026-11-23T10:00:00", "2026-11-23T16:00:00");
    row("every 6 hours over the lost hour", sixHours, "2026-03-29T00:00:00", "2026-03-29T01:00:00",
        "2026-03-29T07:00:00");
    row("an interval of nothing never runs", EveryInterval{0min}, "2026-11-23T08:00:00",
        "2026-11-23T10:00:00", kNever);

    const ScheduleRule three = nightly({3, 0});
    row("at three, never ran: now", three, kNever, "2026-11-23T10:00:00", "2026-11-23T10:00:00");
    row("at three, ran today: tomorrow", three, "2026-11-23T03:00:00", "2026-11-23T10:00:00",
        "2026-11-24T03:00:00");
    row("at three, by hand at noon: tonight all the same", three, "2026-11-23T12:00:00",
        "2026-11-23T12:30:00", "2026-11-24T03:00:00");
    row("at three, off for a week: once, now", three, "2026-11-16T03:00:00", "2026-11-23T10:00:00",
        "2026-11-23T10:00:00", true);
    row("at three, the clock was set back a day", three, "2026-11-24T03:00:00",
        "2026-11-23T10:00:00", "2026-11-24T03:00:00");
    row("at half past two, which daylight saving skips: at the jump", nightly({2, 30}),
        "2026-03-28T02:30:00", "2026-03-28T12:00:00", "2026-03-29T03:00:00+02:00");
    row("the day after the skipped one is as ever", nightly({2, 30}), "2026-03-29T03:00:00+02:00",
        "2026-03-29T12:00:00", "2026-03-30T02:30:00");
    row("at half past two, which comes twice: the first time", nightly({2, 30}),
        "2026-10-24T02:30:00", "2026-10-24T12:00:00", "2026-10-25T02:30:00+02:00");
    row("between the two: not again", nightly({2, 30}), "2026-10-25T02:30:00+02:00",
        "2026-10-25T02:10:00+01:00", "2026-10-26T02:30:00");
    row("at one on the day of the jump", nightly({1, 0}), "2026-03-28T01:00:00",
        "2026-03-28T12:00:00", "2026-03-29T01:00:00");
    row("at four on the day of the jump", nightly({4, 0}), "2026-03-28T04:00:00",
        "2026-03-28T12:00:00", "2026-03-29T04:00:00");
    row("at four on the day that is longer", nightly({4, 0}), "2026-10-24T04:00:00",
        "2026-10-24T12:00:00", "2026-10-25T04:00:00+01:00");

    const ScheduleRule workdays = AtTimes{{{8, 0}, {18, 0}}, {1, 2, 3, 4, 5}};
    row("twice on workdays: this evening", workdays, "2026-11-23T08:00:00", "2026-11-23T10:00:00",
        "2026-11-23T18:00:00");
    row("twice on workdays: Friday evening to Monday", workdays, "2026-11-27T18:00:00",
        "2026-11-27T19:00:00", "2026-11-30T08:00:00");
    row("on Mondays, just after one: a week on", AtTimes{{{8, 0}}, {1}}, "2026-11-23T08:00:00",
        "2026-11-23T08:00:01", "2026-11-30T08:00:00");
    row("a rule without a time never runs", AtTimes{}, "2026-11-23T08:00:00", "2026-11-23T10:00:00",
        kNever);
}

void ScheduleTest::nextRuns()
{
    QFETCH(const ScheduleRule, rule);
    QFETCH(const QByteArray, last);
    QFETCH(const QByteArray, now);
    QFETCH(const QByteArray, expected);
    QFETCH(const bool, isCatchUp);
    const auto lastStart =
        last.isEmpty() ? std::nullopt : std::optional(at(last.constData(), kBerlin));
    const auto next = nextRun({rule}, lastStart, at(now.constData(), kBerlin), kBerlin);
    QCOMPARE(next.has_value(), !expected.isEmpty());
    if (!next)
        return;
    QCOMPARE(text(next->at), text(at(expected.constData(), kBerlin)));
    QCOMPARE(next->isCatchUp, isCatchUp);
}

void ScheduleTest::theEarliestRuleCounts()
{
    const TimePoint last = at("2026-11-23T08:00:00", kBerlin);
    const auto next =
        nextRun({EveryInterval{24h}, nightly({3, 0}), EveryInterval{20h}}, last, last, kBerlin);
    QVERIFY(next);
    QCOMPARE(next->rule, size_t{1});
    QCOMPARE(text(next->at), text(at("2026-11-24T03:00:00", kBerlin)));
}

void ScheduleTest::withoutRulesThereIsNothing()
{
    const TimePoint now = at("2026-11-23T08:00:00", kBerlin);
    QVERIFY(!nextRun({}, std::nullopt, now, kBerlin));
    QVERIFY(backup::upcomingRuns({}, std::nullopt, now, kBerlin, 5).empty());
}

void ScheduleTest::aYearOfNightsHasOneRunEach_data()
{
    QTest::addColumn<QByteArray>("zone");
    QTest::addColumn<QTime>("time");
    // Half an hour of daylight saving, a jump at midnight, none at all, the far side of the date
    // line.
    for (const char *zone : {"Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "UTC",
                             "Pacific/Apia", "America/New_York"}) {
        for (const QTime time :
             {QTime(0, 0), QTime(0, 30), QTime(1, 45), QTime(2, 30), QTime(3, 0), QTime(23, 59)})
            QTest::addRow("%s %s", zone, qPrintable(time.toString(QStringLiteral("HH:mm"))))
                << QByteArray(zone) << time;
    }
}

void ScheduleTest::aYearOfNightsHasOneRunEach()
{
    QFETCH(const QByteArray, zone);
    QFETCH(const QTime, time);
    const QTimeZone there(zone);
    QVERIFY(there.isValid());
    const TimePoint start = at("2026-01-01T12:00:00", there);
    const auto runs = backup::upcomingRuns({nightly(time)}, start, start, there, 365);
    QCOMPARE(runs.size(), size_t{365});
    std::set<QDate> days;
    for (const NextRun &run : runs) {
        QVERIFY(!run.isCatchUp);
        const auto seconds =
            std::chrono::floor<std::chrono::seconds>(run.at.time_since_epoch()).count();
        days.insert(QDateTime::fromSecsSinceEpoch(seconds, there).date());
    }
    QCOMPARE(days.size(), size_t{365});
}

QTEST_GUILESS_MAIN(ScheduleTest)
#include "schedule_test.moc"
