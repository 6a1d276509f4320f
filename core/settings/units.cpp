#include "core/settings/units.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace settings {

using std::chrono::seconds;

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::array kTimeUnits{Unit{"s", 1}, Unit{"min", 60}, Unit{"h", 3600}, Unit{"d", 86'400},
                                Unit{"w", 604'800}};
constexpr std::array kSizeUnits{Unit{"B", 1},
                                Unit{"KB", 1000},
                                Unit{"KiB", 1ull << 10},
                                Unit{"MB", 1'000'000},
                                Unit{"MiB", 1ull << 20},
                                Unit{"GB", 1'000'000'000},
                                Unit{"GiB", 1ull << 30},
                                Unit{"TB", 1'000'000'000'000},
                                Unit{"TiB", 1ull << 40}};

constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr seconds kShortestInterval = std::chrono::minutes(5);
constexpr seconds kLongestInterval = std::chrono::hours(24 * 366);

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

/// Digits, then perhaps one space, then a unit.
template <size_t Size>
std::optional<std::uint64_t> amountOf(std::string_view text, const std::array<Unit, Size> &units)
{
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || number > 1'000'000'000'000'000)
        return std::nullopt;
    text.remove_prefix(static_cast<size_t>(parsed.ptr - text.data()));
    if (text.empty() && number == 0)
        return 0;
    if (text.starts_with(' '))
        text.remove_prefix(1);
    const auto unit = std::find_if(units.begin(), units.end(),
                                   [text](const Unit &one) { return one.name == text; });
    constexpr std::uint64_t most = std::uint64_t{1} << 60;
    if (unit == units.end() || number > most / unit->factor)
        return std::nullopt;
    return number * unit->factor;
}

/// With the largest unit that gives a whole number.
template <size_t Size>
std::string amountText(std::uint64_t amount, const std::array<Unit, Size> &units)
{
    Unit best = units.front();
    for (const Unit &unit : units) {
        if (amount != 0 && amount % unit.factor == 0 && unit.factor > best.factor)
            best = unit;
    }
    return std::to_string(amount / best.factor) + ' ' + std::string(best.name);
}

std::vector<std::string_view> wordsOf(std::string_view text, std::string_view separators)
{
    std::vector<std::string_view> words;
    while (true) {
        const size_t begin = text.find_first_not_of(separators);
        if (begin == std::string_view::npos)
            return words;
        text.remove_prefix(begin);
        const size_t end = std::min(text.find_first_of(separators), text.size());
        words.push_back(text.substr(0, end));
        text.remove_prefix(end);
    }
}

/// 1 to 7; 0 for no day.
int dayOf(std::string_view name)
{
    const auto found = std::find(kDays.begin(), kDays.end(), name);
    return found == kDays.end() ? 0 : static_cast<int>(found - kDays.begin()) + 1;
}

/// "mon" or "fri-mon" into the set.
bool addDays(std::string_view word, std::set<int> &days)
{
    const size_t dash = word.find('-');
    const int first = dayOf(word.substr(0, dash));
    const int last = dash == std::string_view::npos ? first : dayOf(word.substr(dash + 1));
    if (first == 0 || last == 0)
        return false;
    for (int day = first;; day = day % 7 + 1) {
        days.insert(day);
        if (day == last)
            return true;
    }
}

std::optional<QTime> timeOf(std::string_view word)
{
    const bool isTime = word.size() == 5 && word[2] == ':' && isDigit(word[0]) && isDigit(word[1])
        && isDigit(word[3]) && isDigit(word[4]);
    if (!isTime)
        return std::nullopt;
    const QTime time((word[0] - '0') * 10 + word[1] - '0', (word[3] - '0') * 10 + word[4] - '0');
    return time.isValid() ? std::optional(time) : std::nullopt;
}

} // namespace

std::optional<seconds> durationOf(std::string_view text)
{
    const auto amount = amountOf(text, kTimeUnits);
    constexpr std::uint64_t century = 36'525ull * 86'400;
    if (!amount || *amount > century)
        return std::nullopt;
    return seconds(*amount);
}

std::string durationText(seconds duration)
{
    return amountText(static_cast<std::uint64_t>(duration.count()), kTimeUnits);
}

std::optional<std::uint64_t> sizeOf(std::string_view text)
{
    return amountOf(text, kSizeUnits);
}

std::string sizeText(std::uint64_t bytes)
{
    return amountText(bytes, kSizeUnits);
}

std::optional<backup::ScheduleRule> scheduleOf(std::string_view text)
{
    constexpr std::string_view every = "every ";
    if (text.starts_with(every)) {
        const auto interval = durationOf(text.substr(every.size()));
        const bool isPossible = interval && *interval >= kShortestInterval
            && *interval <= kLongestInterval && interval->count() % 60 == 0;
        if (!isPossible)
            return std::nullopt;
        return backup::EveryInterval{std::chrono::duration_cast<std::chrono::minutes>(*interval)};
    }
    backup::AtTimes rule;
    for (const std::string_view word : wordsOf(text, " ,")) {
        const auto time = timeOf(word);
        if (time)
            rule.times.push_back(*time);
        else if (!rule.times.empty() || !addDays(word, rule.weekdays)) // days stand first
            return std::nullopt;
    }
    if (rule.times.empty())
        return std::nullopt;
    return rule;
}

} // namespace settings
