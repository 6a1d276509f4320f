#pragma once

#include <QLocale>
#include <QString>
#include <QTimeZone>

#include <chrono>
#include <optional>

namespace format {

using TimePoint = std::chrono::system_clock::time_point;

/// "8 s", "4 min", "3 h", "12 d": the largest unit that fits, rounded down.
[[nodiscard]] QString duration(std::chrono::seconds duration, const QLocale &locale = {});
/// "4 min 12 s": two units, for how long something took.
[[nodiscard]] QString preciseDuration(std::chrono::seconds duration, const QLocale &locale = {});

/// "8 s ago", "in 2 h", "now".
[[nodiscard]] QString age(TimePoint time, TimePoint now, const QLocale &locale = {});
[[nodiscard]] QString age(std::optional<TimePoint> time, TimePoint now, const QLocale &locale = {});

/// "03:00" on the day of `now`, else "Mon 03:00" within a week, else the date and time.
[[nodiscard]] QString moment(TimePoint time, TimePoint now, const QTimeZone &zone,
                             const QLocale &locale = {});
/// The whole date and time with its zone, for tool tips.
[[nodiscard]] QString fullMoment(TimePoint time, const QTimeZone &zone, const QLocale &locale = {});

} // namespace format
