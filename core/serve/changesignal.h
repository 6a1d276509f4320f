#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>

namespace serve {

/// Tells those who wait that a database changed. Thread-safe.
class ChangeSignal
{
public:
    using Wake = std::function<void()>;
    /// How often notify() was called.
    [[nodiscard]] std::uint64_t count() const;
    /// Calls `wake` once, from the thread that notifies; at once when the count is not `seen` any
    /// more. Returns a ticket for unsubscribe().
    [[nodiscard]] std::uint64_t subscribe(std::uint64_t seen, Wake wake);
    void unsubscribe(std::uint64_t ticket);
    void notify();

private:
    mutable std::mutex m_mutex;
    std::uint64_t m_count = 0;
    std::uint64_t m_nextTicket = 1;
    std::map<std::uint64_t, Wake> m_waiting;
};

} // namespace serve
