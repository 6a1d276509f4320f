#pragma once

#include "core/base/clock.h"

#include <functional>
#include <memory>

namespace serve {

/// Simulated time, and what happens in it: a rehearsal's clock and its list of events. With a speed
/// it runs by itself in one thread of its own, so many times faster than the clock on the wall;
/// without one it stands still until advance(). Events run one after the other in the order of
/// their times (at equal times, in the order in which they were entered), never two at once.
/// Thread-safe; an event may enter further ones.
class Timeline final : public base::Clock
{
public:
    using TimePoint = std::chrono::system_clock::time_point;
    using Duration = std::chrono::system_clock::duration;
    using Event = std::function<void()>;

    /// `speed`: simulated seconds in a real one; 0 stands still.
    Timeline(TimePoint start, double speed);
    ~Timeline() override;
    Timeline(const Timeline &) = delete;
    Timeline &operator=(const Timeline &) = delete;

    [[nodiscard]] TimePoint now() const override;
    [[nodiscard]] std::chrono::steady_clock::time_point steadyNow() const override;
    [[nodiscard]] double speed() const;

    void at(TimePoint time, Event event);
    void after(Duration wait, Event event) { at(now() + wait, std::move(event)); }

    /// Time goes on by so much, and what is due on the way runs in this thread. Only without a
    /// speed.
    void advance(Duration by);
    /// Does this while no event runs; within an event at once.
    void between(const std::function<void()> &work);
    /// No event runs any more. Not from within an event.
    void stop();

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace serve
