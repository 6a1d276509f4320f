#include "ui/format/times.h"

#include "ui/format/quantities.h"

#include <QCoreApplication>
#include <QDateTime>

#include <array>
#include <cstdlib>

namespace format {

namespace {

struct Unit {
    std::int64_t seconds;
    const char *text;
};
constexpr std::array kUnits{Unit{86'400, QT_TRANSLATE_NOOP("format", "%1 d")},
                            Unit{3'600, QT_TRANSLATE_NOOP("format", "%1 h")},
                            Unit{60, QT_TRANSLATE_NOOP("format", "%1 min")},
                            Unit{1, QT_TRANSLATE_NOOP("format", "%1 s")}};

QString translated(const char *text)
{
    return QCoreApplication::translate("format", text);
}

/// The largest unit that fits; the last one for less.
std::size_t unitOf(std::int64_t seconds)
{
    std::size_t unit = 0;
    while (unit + 1 < kUnits.size() && seconds < kUnits[unit].seconds)
        ++unit;
    return unit;
}

QString inUnit(std::int64_t seconds, std::size_t unit, const QLocale &locale)
{
    const auto count = static_cast<std::uint64_t>(seconds / kUnits[unit].seconds);
    return translated(kUnits[unit].text).arg(number(count, locale));
}

QDateTime dateTimeOf(TimePoint time, const QTimeZone &zone)
{
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
    return QDateTime::fromMSecsSinceEpoch(milliseconds, zone);
}

} // namespace

QString duration(std::chrono::seconds duration, const QLocale &locale)
{
    const std::int64_t seconds = std::abs(duration.count());
    return inUnit(seconds, unitOf(seconds), locale);
}

QString preciseDuration(std::chrono::seconds duration, const QLocale &locale)
{
    const std::int64_t seconds = std::abs(duration.count());
    const std::size_t unit = unitOf(seconds);
    const std::int64_t rest = seconds % kUnits[unit].seconds;
    if (unit + 1 == kUnits.size() || rest < kUnits[unit + 1].seconds)
        return inUnit(seconds, unit, locale);
    return inUnit(seconds, unit, locale) + u' ' + inUnit(rest, unit + 1, locale);
}

QString age(TimePoint time, TimePoint now, const QLocale &locale)
{
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - time);
    if (seconds.count() == 0)
        return translated("now");
    return seconds.count() > 0 ? translated("%1 ago").arg(duration(seconds, locale))
                               : translated("in %1").arg(duration(seconds, locale));
}

QString age(std::optional<TimePoint> time, TimePoint now, const QLocale &locale)
{
    return time ? age(*time, now, locale) : unknown();
}

QString moment(TimePoint time, TimePoint now, const QTimeZone &zone, const QLocale &locale)
{
    const QDateTime shown = dateTimeOf(time, zone);
    const qint64 days = dateTimeOf(now, zone).date().daysTo(shown.date());
    const QString clock = locale.toString(shown.time(), QLocale::ShortFormat);
    if (days == 0)
        return clock;
    if (std::abs(days) < 7)
        return locale.toString(shown.date(), QStringLiteral("ddd")) + u' ' + clock;
    return locale.toString(shown.date(), QLocale::ShortFormat) + u' ' + clock;
}

QString fullMoment(TimePoint time, const QTimeZone &zone, const QLocale &locale)
{
    const QDateTime shown = dateTimeOf(time, zone);
    return locale.toString(shown.date(), QLocale::LongFormat) + QStringLiteral(", ")
        + locale.toString(shown.time(), QStringLiteral("HH:mm:ss")) + u' '
        + zone.displayName(shown, QTimeZone::ShortName, locale);
}

} // namespace format
