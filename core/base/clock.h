#pragma once

#include <chrono>
#include <string>

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

} // namespace base
