#include "core/backup/schedule.h"

#include <QDateTime>

#include <algorithm>

namespace backup {

namespace {

constexpr int kDaysInAWeek = 7;

QDateTime inZone(TimePoint time, const QTimeZone &zone)
{
    const auto milliseconds =
        std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
    return QDateTime::fromMSecsSinceEpoch(milliseconds, zone);
}

TimePoint toTimePoint(const QDateTime &time)
{
    return TimePoint(std::chrono::milliseconds(time.toMSecsSinceEpoch()));
}

/// What a clock on the wall shows, as one moment: a skipped time is the moment of the jump, a
/// repeated one the first of the two. Qt's own answer for these differs from version to version.
TimePoint momentOf(QDate date, QTime time, const QTimeZone &zone)
{
    constexpr int kDaySeconds = 24 * 3600;
    const QDateTime wall(date, time, Qt::UTC);
    const QDateTime dayBefore = wall.addSecs(-kDaySeconds);
    const int offsetBefore = zone.offsetFromUtc(dayBefore);
    const int offsetAfter = zone.offsetFromUtc(wall.addSecs(kDaySeconds));
    const QDateTime asBefore = wall.addSecs(-offsetBefore);
    if (offsetBefore == offsetAfter)
        return toTimePoint(asBefore);
    const QDateTime change = zone.nextTransition(dayBefore).atUtc;
    if (asBefore < change)
        return toTimePoint(asBefore);
    return toTimePoint(std::max(wall.addSecs(-offsetAfter), change));
}

bool isOn(const AtTimes &rule, QDate date)
{
    return rule.weekdays.empty() || rule.weekdays.contains(date.dayOfWeek());
}

/// The first time of the rule after a moment.
std::optional<TimePoint> firstAfter(const AtTimes &rule, TimePoint moment, const QTimeZone &zone)
{
    std::optional<TimePoint> first;
    const QDate today = inZone(moment, zone).date();
    // A week on comes the same weekday again; the day before is for zones that skip or repeat
    // midnight.
    for (int day = -1; day <= kDaysInAWeek + 1 && !first; ++day) {
        const QDate date = today.addDays(day);
        if (!isOn(rule, date))
            continue;
        for (const QTime time : rule.times) {
            const TimePoint at = momentOf(date, time, zone);
            if (at > moment && (!first || at < *first))
                first = at;
        }
    }
    return first;
}

std::optional<TimePoint> due(const ScheduleRule &rule, TimePoint last, const QTimeZone &zone)
{
    if (const auto *every = std::get_if<EveryInterval>(&rule)) {
        if (every->interval.count() <= 0)
            return std::nullopt;
        return last + every->interval;
    }
    return firstAfter(std::get<AtTimes>(rule), last, zone);
}

} // namespace

std::optional<NextRun> nextRun(const std::vector<ScheduleRule> &rules,
                               std::optional<TimePoint> lastStart, TimePoint now,
                               const QTimeZone &zone)
{
    std::optional<NextRun> next;
    for (size_t i = 0; i < rules.size(); ++i) {
        const auto at = due(rules[i], std::min(lastStart.value_or(now), now), zone);
        if (!at)
            continue;
        const NextRun run =
            lastStart ? NextRun{std::max(*at, now), *at < now, i} : NextRun{now, false, i};
        if (!next || run.at < next->at)
            next = run;
    }
    return next;
}

std::vector<NextRun> upcomingRuns(const std::vector<ScheduleRule> &rules,
                                  std::optional<TimePoint> lastStart, TimePoint now,
                                  const QTimeZone &zone, size_t count)
{
    std::vector<NextRun> runs;
    while (runs.size() < count) {
        const auto next = nextRun(rules, lastStart, now, zone);
        if (!next)
            break;
        runs.push_back(*next);
        lastStart = next->at;
        now = next->at;
    }
    return runs;
}

} // namespace backup
