#include "core/serve/timeline.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace serve {

using SteadyClock = std::chrono::steady_clock;

struct Timeline::State {
    State(TimePoint startTime, double factor)
        : start(startTime)
        , began(SteadyClock::now())
        , speed(factor)
        , stoodAt(startTime)
    {
    }

    // Under the mutex.
    [[nodiscard]] TimePoint nowLocked() const
    {
        if (speed <= 0)
            return stoodAt;
        const std::chrono::duration<double> real = SteadyClock::now() - began;
        return start + std::chrono::duration_cast<Duration>(real * speed);
    }

    void run()
    {
        std::unique_lock lock(mutex);
        while (!isStopped) {
            if (events.empty()) {
                changed.wait(lock);
                continue;
            }
            const TimePoint due = events.begin()->first;
            const TimePoint time = nowLocked();
            if (due > time) {
                const std::chrono::duration<double> real =
                    std::chrono::duration<double>(due - time) / speed;
                changed.wait_for(lock,
                                 std::min(std::chrono::duration_cast<std::chrono::microseconds>(
                                              real + std::chrono::duration<double>(1e-4)),
                                          std::chrono::microseconds(1'000'000)));
                continue;
            }
            runFirst(lock);
        }
    }

    /// Takes the first event and runs it without the mutex.
    void runFirst(std::unique_lock<std::mutex> &lock)
    {
        lock.unlock();
        {
            const std::lock_guard running(runMutex);
            Event event;
            {
                const std::lock_guard relock(mutex);
                if (events.empty() || isStopped || events.begin()->first > nowLocked()) {
                    // Another thread was faster.
                } else {
                    event = std::move(events.begin()->second);
                    events.erase(events.begin());
                }
            }
            if (event)
                event();
        }
        lock.lock();
    }

    const TimePoint start;
    const SteadyClock::time_point began;
    const double speed;
    mutable std::mutex mutex;
    std::recursive_mutex runMutex; ///< held while an event runs; taken before the other one
    std::condition_variable changed;
    std::multimap<TimePoint, Event> events; ///< equal times stay in the order of their entry
    TimePoint stoodAt;
    bool isStopped = false;
    std::thread thread;
};

Timeline::Timeline(TimePoint start, double speed)
    : m_state(std::make_unique<State>(start, speed))
{
    if (speed > 0)
        m_state->thread = std::thread([state = m_state.get()] { state->run(); });
}

Timeline::~Timeline()
{
    stop();
}

Timeline::TimePoint Timeline::now() const
{
    const std::lock_guard lock(m_state->mutex);
    return m_state->nowLocked();
}

SteadyClock::time_point Timeline::steadyNow() const
{
    return m_state->began
        + std::chrono::duration_cast<SteadyClock::duration>(now() - m_state->start);
}

double Timeline::speed() const
{
    return m_state->speed;
}

void Timeline::at(TimePoint time, Event event)
{
    {
        const std::lock_guard lock(m_state->mutex);
        m_state->events.emplace(time, std::move(event));
    }
    m_state->changed.notify_all();
}

void Timeline::advance(Duration by)
{
    State &state = *m_state;
    if (state.speed > 0)
        return;
    std::unique_lock lock(state.mutex);
    const TimePoint end = state.stoodAt + by;
    while (!state.isStopped && !state.events.empty() && state.events.begin()->first <= end) {
        state.stoodAt = std::max(state.stoodAt, state.events.begin()->first);
        state.runFirst(lock);
    }
    state.stoodAt = std::max(state.stoodAt, end);
}

void Timeline::between(const std::function<void()> &work)
{
    const std::lock_guard running(m_state->runMutex);
    work();
}

void Timeline::stop()
{
    {
        const std::lock_guard running(m_state->runMutex);
        const std::lock_guard lock(m_state->mutex);
        m_state->isStopped = true;
        m_state->events.clear();
    }
    m_state->changed.notify_all();
    if (m_state->thread.joinable())
        m_state->thread.join();
}

} // namespace serve
