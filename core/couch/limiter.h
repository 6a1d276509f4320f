#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>

namespace couch {

/// How many requests are under way at once: halved when the server says it is too much (429, 503, a
/// timeout), one more after every full round of good answers. Thread-safe.
class Limiter
{
public:
    enum class Load { Fine, TooMuch, Unknown };

    explicit Limiter(int most);

    /// What acquire() gave; a sign of overload from before the last cut does not cut again.
    struct Permit {
        bool granted = false;
        std::uint64_t epoch = 0;
    };
    /// Blocks; not granted only when stopped.
    [[nodiscard]] Permit acquire(const std::stop_token &stop);
    void release(const Permit &permit, Load load);
    [[nodiscard]] int limit() const;

private:
    mutable std::mutex m_mutex;
    std::condition_variable_any m_changed;
    const int m_most;
    int m_limit;
    int m_underWay = 0;
    int m_goodInARow = 0;
    std::uint64_t m_epoch = 0;
};

} // namespace couch
