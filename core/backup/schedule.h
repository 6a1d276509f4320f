#pragma once

#include <QTime>
#include <QTimeZone>

#include <chrono>
#include <optional>
#include <set>
#include <variant>
#include <vector>

/// When the next backup is due. Pure: nothing here waits or reads a clock.
namespace backup {

using TimePoint = std::chrono::system_clock::time_point;

/// Counted from the start of the run before.
struct EveryInterval {
    std::chrono::minutes interval{0}; ///< above 0
};

/// At these times of the local day, on these days of the week.
struct AtTimes {
    std::vector<QTime> times;
    std::set<int> weekdays; ///< 1 Monday to 7 Sunday; none means every day
};

using ScheduleRule = std::variant<EveryInterval, AtTimes>;

struct NextRun {
    TimePoint at;           ///< not before `now`
    bool isCatchUp = false; ///< its time passed while nothing ran: it is made up for once
    size_t rule = 0;        ///< index of the rule that asks for it
    bool operator==(const NextRun &) const = default;
};

/// The next run, the earliest that any rule asks for. `lastStart` is when the last run began that
/// succeeded, nothing when none ever did: then it is now. Times that passed since are one run, not
/// several. A `lastStart` after `now` (the clock was set back) counts as now, so that no backup
/// waits for the clock to get there again. A time that daylight saving skips is taken when the
/// clock has jumped; one that it repeats, the first time. Nothing without rules.
[[nodiscard]] std::optional<NextRun> nextRun(const std::vector<ScheduleRule> &rules,
                                             std::optional<TimePoint> lastStart, TimePoint now,
                                             const QTimeZone &zone);

/// The times from `now` on at which runs would start if each succeeded at once: a preview.
[[nodiscard]] std::vector<NextRun> upcomingRuns(const std::vector<ScheduleRule> &rules,
                                                std::optional<TimePoint> lastStart, TimePoint now,
                                                const QTimeZone &zone, size_t count);

} // namespace backup
