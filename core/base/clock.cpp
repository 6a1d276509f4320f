#include "core/base/clock.h"

#include <array>
#include <cstdio>

namespace base {

namespace {

class SystemClock final : public Clock
{
public:
    [[nodiscard]] std::chrono::system_clock::time_point now() const override
    {
        return std::chrono::system_clock::now();
    }
    [[nodiscard]] std::chrono::steady_clock::time_point steadyNow() const override
    {
        return std::chrono::steady_clock::now();
    }
};

/// Digits at `from`; nothing when there is something else.
std::optional<unsigned> numberAt(std::string_view text, size_t from, size_t digits)
{
    unsigned value = 0;
    for (const char c : text.substr(from, digits)) {
        if (c < '0' || c > '9')
            return std::nullopt;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value;
}

} // namespace

const Clock &systemClock()
{
    static const SystemClock clock;
    return clock;
}

std::string isoTime(std::chrono::system_clock::time_point time)
{
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clockTime(floor<milliseconds>(time - day));
    std::array<char, 64> out{};
    const int length = std::snprintf(
        out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
        static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()), static_cast<int>(clockTime.hours().count()),
        static_cast<int>(clockTime.minutes().count()),
        static_cast<int>(clockTime.seconds().count()),
        static_cast<int>(clockTime.subseconds().count()));
    return {out.data(), static_cast<size_t>(length)};
}

std::optional<std::chrono::system_clock::time_point> timeOfIso(std::string_view text)
{
    using namespace std::chrono;
    constexpr std::string_view seconds = "dddd-dd-ddTdd:dd:ddZ";
    constexpr std::string_view withMilliseconds = "dddd-dd-ddTdd:dd:dd.dddZ";
    const std::string_view pattern = text.size() == seconds.size() ? seconds : withMilliseconds;
    if (text.size() != pattern.size())
        return std::nullopt;
    for (size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == 'd' ? !numberAt(text, i, 1) : text[i] != pattern[i])
            return std::nullopt;
    }
    const auto part = [text](size_t from, size_t digits) { return *numberAt(text, from, digits); };
    const year_month_day date{year(static_cast<int>(part(0, 4))), month(part(5, 2)),
                              day(part(8, 2))};
    if (!date.ok() || part(11, 2) > 23 || part(14, 2) > 59 || part(17, 2) > 59)
        return std::nullopt;
    const unsigned subseconds = text.size() > seconds.size() ? part(20, 3) : 0;
    return system_clock::time_point(sys_days(date) + hours(part(11, 2)) + minutes(part(14, 2))
                                    + std::chrono::seconds(part(17, 2)) + milliseconds(subseconds));
}

} // namespace base
