#include "core/settings/units.h"

#include <QRegularExpression>
#include <QTest>

using namespace settings;
using namespace std::chrono_literals;

class UnitsTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void durations_data();
    void durations();
    void sizes_data();
    void sizes();
    void schedules_data();
    void schedules();
};

void UnitsTest::durations_data()
{
    QTest::addColumn<qint64>("seconds"); // -1: none
    QTest::addColumn<QString>("again");
    QTest::newRow("0") << qint64{0} << "0 s";
    QTest::newRow("30 s") << qint64{30} << "30 s";
    QTest::newRow("30s") << qint64{30} << "30 s";
    QTest::newRow("120 s") << qint64{120} << "2 min";
    QTest::newRow("5 min") << qint64{300} << "5 min";
    QTest::newRow("36 h") << qint64{129'600} << "36 h";
    QTest::newRow("14 d") << qint64{1'209'600} << "2 w";
    QTest::newRow("1 w") << qint64{604'800} << "1 w";
    for (const char *wrong : {"", "5", "min", "-5 min", "5 minutes", "5  min", "5 min ", " 5 min",
                              "1.5 h", "5 H", "99999999999999999999 s", "40000 d", "0x5 s"})
        QTest::newRow(wrong) << qint64{-1} << QString();
}

void UnitsTest::durations()
{
    QFETCH(qint64, seconds);
    QFETCH(QString, again);
    const auto duration = durationOf(QTest::currentDataTag());
    QCOMPARE(duration ? qint64{duration->count()} : -1, seconds);
    if (!duration)
        return;
    QCOMPARE(QString::fromStdString(durationText(*duration)), again);
    QCOMPARE(durationOf(durationText(*duration)), duration);
}

void UnitsTest::sizes_data()
{
    QTest::addColumn<qint64>("bytes");
    QTest::addColumn<QString>("again");
    QTest::newRow("0") << qint64{0} << "0 B";
    QTest::newRow("500 MB") << qint64{500'000'000} << "500 MB";
    QTest::newRow("5GiB") << (qint64{5} << 30) << "5 GiB";
    QTest::newRow("2048 KiB") << (qint64{2} << 20) << "2 MiB";
    for (const char *wrong : {"", "5", "5 gb", "5 G", "-1 B", "2000000 TiB"})
        QTest::newRow(wrong) << qint64{-1} << QString();
}

void UnitsTest::sizes()
{
    QFETCH(qint64, bytes);
    QFETCH(QString, again);
    const auto size = sizeOf(QTest::currentDataTag());
    QCOMPARE(size ? static_cast<qint64>(*size) : -1, bytes);
    if (size)
        QCOMPARE(QString::fromStdString(sizeText(*size)), again);
}

namespace {

QString asText(const backup::ScheduleRule &rule)
{
    if (const auto *every = std::get_if<backup::EveryInterval>(&rule))
        return QStringLiteral("every %1 min").arg(every->interval.count());
    const auto &at = std::get<backup::AtTimes>(rule);
    QString text;
    for (const int day : at.weekdays)
        text += QString::number(day);
    for (const QTime &time : at.times)
        text += time.toString(QStringLiteral(" HH:mm"));
    return text;
}

} // namespace

void UnitsTest::schedules_data()
{
    QTest::addColumn<QString>("meant");
    QTest::newRow("every 6 h") << "every 360 min";
    QTest::newRow("every 5 min") << "every 5 min";
    QTest::newRow("every 366 d") << "every 527040 min";
    QTest::newRow("03:00") << " 03:00";
    QTest::newRow("03:00, 15:30") << " 03:00 15:30";
    QTest::newRow("mon-fri 03:00") << "12345 03:00";
    QTest::newRow("sat-mon 03:00") << "167 03:00";
    QTest::newRow("sat,sun 12:00 18:00") << "67 12:00 18:00";
    QTest::newRow("mon-sun 23:59") << "1234567 23:59";
    for (const char *wrong :
         {"", "every", "every 0 h", "every 4 min", "every 90 s", "every 367 d", "every", "24:00",
          "3:00", "03:60", "mon", "mon-", "-mon 03:00", "someday 03:00", "03:00 mon", "0300",
          "Mon 03:00", "mon-fri-sun 03:00", "every 6 h 03:00"})
        QTest::newRow(wrong) << QString();
}

void UnitsTest::schedules()
{
    QFETCH(QString, meant);
    const auto rule = scheduleOf(QTest::currentDataTag());
    QCOMPARE(rule ? asText(*rule) : QString(), meant);
}

QTEST_GUILESS_MAIN(UnitsTest)

#include "units_test.moc"
