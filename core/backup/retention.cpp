#include "core/backup/retention.h"

#include <QDateTime>

#include <algorithm>
#include <array>
#include <optional>

namespace backup {

namespace {

using TimePoint = std::chrono::system_clock::time_point;

constexpr size_t kAlwaysKept = 3;
/// Clocks of machines that share a folder may differ by so much.
constexpr std::chrono::minutes kClockTolerance{10};
/// So many times the gap before it.
constexpr int kUnlike = 4;
/// How long something that is not good is kept when good ones are newer.
constexpr std::chrono::hours kDoubtfulFor{7 * 24};

/// Names the period a moment lies in; equal numbers, same period.
using PeriodOf = qint64 (*)(const QDateTime &);

struct PeriodRule {
    const char *name;
    int RetentionRules::*count;
    PeriodOf periodOf;
};

/// The offset is in it: the hour that daylight saving repeats is two hours.
qint64 hourOf(const QDateTime &time)
{
    return time.toSecsSinceEpoch() / 3600;
}

qint64 dayOf(const QDateTime &time)
{
    return time.date().toJulianDay();
}

qint64 weekOf(const QDateTime &time)
{
    return time.date().toJulianDay() - time.date().dayOfWeek();
}

qint64 monthOf(const QDateTime &time)
{
    return qint64{time.date().year()} * 12 + time.date().month();
}

qint64 yearOf(const QDateTime &time)
{
    return time.date().year();
}

constexpr std::array kPeriodRules{
    PeriodRule{"hourly", &RetentionRules::hourly, hourOf},
    PeriodRule{"daily", &RetentionRules::daily, dayOf},
    PeriodRule{"weekly", &RetentionRules::weekly, weekOf},
    PeriodRule{"monthly", &RetentionRules::monthly, monthOf},
    PeriodRule{"yearly", &RetentionRules::yearly, yearOf},
};

bool isGood(const RetentionItem &item)
{
    return item.isVerified && item.isComplete;
}

/// Gives the newest good one of each of the first `count` periods the rule as a reason. Periods
/// between them that have no good one keep their newest incomplete one, which is not counted.
void keepPeriods(const PeriodRule &rule, int count, const std::vector<RetentionItem> &items,
                 const QTimeZone &zone, std::vector<RetentionDecision> &decisions)
{
    const auto periodOf = [&](size_t i) {
        const auto seconds =
            std::chrono::floor<std::chrono::seconds>(items[i].taken.time_since_epoch()).count();
        return rule.periodOf(QDateTime::fromSecsSinceEpoch(seconds, zone));
    };
    for (size_t first = 0, next = 0; first < items.size() && count > 0; first = next) {
        const qint64 period = periodOf(first);
        std::optional<size_t> good, incomplete;
        for (next = first; next < items.size() && periodOf(next) == period; ++next) {
            if (isGood(items[next]))
                good = good.value_or(next);
            else if (items[next].isVerified)
                incomplete = incomplete.value_or(next);
        }
        if (const auto kept = good ? good : incomplete)
            decisions[*kept].reasons.emplace_back(rule.name);
        count -= good ? 1 : 0;
    }
}

void keepNewest(const char *reason, size_t count, const std::vector<RetentionItem> &items,
                std::vector<RetentionDecision> &decisions)
{
    for (size_t i = 0; i < items.size() && count > 0; ++i) {
        if (!isGood(items[i]))
            continue;
        decisions[i].reasons.emplace_back(reason);
        --count;
    }
}

/// What is not good stays while there is little that is better.
bool isStillWanted(const RetentionItem &item, const std::vector<RetentionItem> &items,
                   TimePoint now)
{
    const auto newer = std::count_if(items.begin(), items.end(), [&](const RetentionItem &other) {
        return isGood(other) && other.taken > item.taken;
    });
    return newer < std::ptrdiff_t{kAlwaysKept} || now - item.taken < kDoubtfulFor;
}

/// A clock that was set wrong shows as a gap: one jump must not make everything seem old. After a
/// long time without power it is the same, until two more backups have been made.
bool seemsToJump(const std::vector<RetentionItem> &items)
{
    constexpr std::chrono::hours usual{48};
    for (size_t i = 0; i + 2 < items.size() && i < 2; ++i) {
        const auto gap = items[i].taken - items[i + 1].taken;
        if (gap > usual && gap > kUnlike * (items[i + 1].taken - items[i + 2].taken))
            return true;
    }
    return false;
}

void keepAll(const char *reason, std::vector<RetentionDecision> &decisions)
{
    for (RetentionDecision &decision : decisions)
        decision.reasons.emplace_back(reason);
}

} // namespace

bool RetentionRules::keepsEverything() const
{
    return last <= 0 && hourly <= 0 && daily <= 0 && weekly <= 0 && monthly <= 0 && yearly <= 0
        && within.count() <= 0;
}

std::vector<RetentionDecision> applyRetention(std::vector<RetentionItem> items,
                                              const RetentionRules &rules, TimePoint now,
                                              const QTimeZone &zone, bool holdAll)
{
    std::sort(items.begin(), items.end(), [](const RetentionItem &a, const RetentionItem &b) {
        return a.taken != b.taken ? a.taken > b.taken : a.name > b.name;
    });
    std::vector<RetentionDecision> decisions;
    decisions.reserve(items.size());
    for (const RetentionItem &item : items)
        decisions.push_back({item.name, true, {}});

    if (rules.keepsEverything())
        keepAll("no rule", decisions);
    if (holdAll)
        keepAll("alarm", decisions);
    if ((!items.empty() && items.front().taken > now + kClockTolerance) || seemsToJump(items))
        keepAll("clock", decisions);
    keepNewest("newest three", kAlwaysKept, items, decisions);
    keepNewest("last", static_cast<size_t>(std::max(0, rules.last)), items, decisions);
    for (const PeriodRule &rule : kPeriodRules)
        keepPeriods(rule, rules.*rule.count, items, zone, decisions);
    for (size_t i = 0; i < items.size(); ++i) {
        auto &reasons = decisions[i].reasons;
        if (items[i].isPinned)
            reasons.emplace_back("pinned");
        if (!items[i].isOurs)
            reasons.emplace_back("not ours");
        if (isGood(items[i]) && rules.within.count() > 0 && now - items[i].taken < rules.within)
            reasons.emplace_back("within");
        if (!isGood(items[i]) && isStillWanted(items[i], items, now))
            reasons.emplace_back("recent");
        decisions[i].keep = !reasons.empty();
    }
    return decisions;
}

} // namespace backup
