#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace base {

/// The only source of now. Thread-safe.
class Clock
{
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual std::chrono::system_clock::time_point now() const = 0;
    /// For durations; never steps back.
    [[nodiscard]] virtual std::chrono::steady_clock::time_point steadyNow() const = 0;
};

[[nodiscard]] const Clock &systemClock();

/// "2026-11-23T03:00:00.000Z"
[[nodiscard]] std::string isoTime(std::chrono::system_clock::time_point time);
/// The time of such a text, with or without milliseconds; nothing for anything else.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> timeOfIso(std::string_view text);

} // namespace base
