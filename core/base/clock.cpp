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

} // namespace base
