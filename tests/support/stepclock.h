#pragma once

#include "core/base/clock.h"

namespace testsupport {

/// A clock that a test sets.
class StepClock : public base::Clock
{
public:
    [[nodiscard]] std::chrono::system_clock::time_point now() const override { return time; }
    [[nodiscard]] std::chrono::steady_clock::time_point steadyNow() const override
    {
        return std::chrono::steady_clock::time_point(time.time_since_epoch());
    }

    std::chrono::system_clock::time_point time{
        std::chrono::seconds(1'795'402'800)}; ///< 2026-11-23T03:00:00Z
};

} // namespace testsupport
