#include "ui/format/quantities.h"
#include "ui/format/times.h"

#include <QTest>

using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

/// Values as people read them.
class FormatTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(u".*"_s)); }
    void sizeHasThreeDigits_data();
    void sizeHasThreeDigits();
    void numberIsGroupedByLocale();
    void percentIsFullOnlyWhenAllIsDone();
    void differenceHasASign();
    void durationTakesTheLargestUnit_data();
    void durationTakesTheLargestUnit();
    void ageSaysWhichWay();
    void momentSaysWhatIsNeeded();
};

namespace {
const QLocale kEnglish(QLocale::English, QLocale::UnitedStates);
const QLocale kGerman(QLocale::German, QLocale::Germany);
} // namespace

void FormatTest::sizeHasThreeDigits_data()
{
    QTest::addColumn<quint64>("bytes");
    QTest::addColumn<QString>("text");
    QTest::newRow("none") << quint64{0} << u"0 B"_s;
    QTest::newRow("bytes") << quint64{999} << u"999 B"_s;
    QTest::newRow("a kilobyte") << quint64{1000} << u"1.00 kB"_s;
    QTest::newRow("rounded up") << quint64{999'600} << u"1.00 MB"_s;
    QTest::newRow("nearly ten") << quint64{9'994'999} << u"9.99 MB"_s;
    QTest::newRow("ten") << quint64{9'996'000} << u"10.0 MB"_s;
    QTest::newRow("hundreds") << quint64{812'000'000} << u"812 MB"_s;
    QTest::newRow("largest") << std::numeric_limits<quint64>::max() << u"18,447 PB"_s;
}

void FormatTest::sizeHasThreeDigits()
{
    QFETCH(quint64, bytes);
    QFETCH(QString, text);
    QCOMPARE(format::size(bytes, kEnglish), text);
}

void FormatTest::numberIsGroupedByLocale()
{
    QCOMPARE(format::number(std::uint64_t{12'004}, kEnglish), u"12,004"_s);
    QCOMPARE(format::number(std::uint64_t{12'004}, kGerman), u"12.004"_s);
    QCOMPARE(format::size(std::uint64_t{1'230'000}, kGerman), u"1,23 MB"_s);
    QCOMPARE(format::number(std::optional<std::uint64_t>(), kEnglish), format::unknown());
}

void FormatTest::percentIsFullOnlyWhenAllIsDone()
{
    QCOMPARE(format::percent(999'999, 1'000'000, kEnglish), u"99 %"_s);
    QCOMPARE(format::percent(5, 5, kEnglish), u"100 %"_s);
    QCOMPARE(format::percent(7, 5, kEnglish), u"100 %"_s);
    QCOMPARE(format::percent(0, 0, kEnglish), u"100 %"_s);
    QCOMPARE(format::percent(1, 3, kEnglish), u"33 %"_s);
}

void FormatTest::differenceHasASign()
{
    QCOMPARE(format::difference(5, 5, kEnglish), u"0"_s);
    QCOMPARE(format::difference(5, 1'005, kEnglish), u"+1,000"_s);
    QCOMPARE(format::difference(8, 5, kEnglish), u"−3"_s);
}

void FormatTest::durationTakesTheLargestUnit_data()
{
    QTest::addColumn<qint64>("seconds");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("precise");
    QTest::newRow("none") << qint64{0} << u"0 s"_s << u"0 s"_s;
    QTest::newRow("seconds") << qint64{59} << u"59 s"_s << u"59 s"_s;
    QTest::newRow("minutes") << qint64{252} << u"4 min"_s << u"4 min 12 s"_s;
    QTest::newRow("an hour") << qint64{3'600} << u"1 h"_s << u"1 h"_s;
    QTest::newRow("hours") << qint64{3'600 * 23 + 65} << u"23 h"_s << u"23 h 1 min"_s;
    QTest::newRow("days") << qint64{86'400 * 400} << u"400 d"_s << u"400 d"_s;
}

void FormatTest::durationTakesTheLargestUnit()
{
    QFETCH(qint64, seconds);
    QFETCH(QString, text);
    QFETCH(QString, precise);
    QCOMPARE(format::duration(std::chrono::seconds(seconds), kEnglish), text);
    QCOMPARE(format::preciseDuration(std::chrono::seconds(seconds), kEnglish), precise);
}

void FormatTest::ageSaysWhichWay()
{
    const format::TimePoint now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);
    QCOMPARE(format::age(now - 8s, now, kEnglish), u"8 s ago"_s);
    QCOMPARE(format::age(now + 2h, now, kEnglish), u"in 2 h"_s);
    QCOMPARE(format::age(now - 400ms, now, kEnglish), u"now"_s);
    QCOMPARE(format::age(std::nullopt, now, kEnglish), format::unknown());
}

void FormatTest::momentSaysWhatIsNeeded()
{
    const QTimeZone zone("Europe/Berlin");
    // Monday, 13:00 in Berlin.
    const format::TimePoint now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 12h;
    QCOMPARE(format::moment(now - 10h, now, zone, kGerman), u"03:00"_s);
    QCOMPARE(format::moment(now - 34h, now, zone, kGerman), u"So. 03:00"_s);
    QCOMPARE(format::moment(now - 24h * 30, now, zone, kGerman), u"24.10.26 14:00"_s);
    QVERIFY(format::fullMoment(now, zone, kGerman).contains(u"23. November 2026, 13:00:00"_s));
}

QTEST_GUILESS_MAIN(FormatTest)

#include "format_test.moc"
