#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>

namespace backup {

/// True for failures that no other request, document or database will be spared.
[[nodiscard]] bool stopsTheRun(base::ErrorKind kind);

/// For readers that report how many bytes they have read: Cancelled once a stop is asked for.
[[nodiscard]] std::function<base::Status(std::uint64_t)> unlessStopped(std::stop_token stop);

/// Lets tasks that still wait in a pool end at once after one of them met a failure that stops the
/// run: a refused password is not tried again by each of them. Any thread.
class TaskGroup
{
public:
    template <typename Task>
    [[nodiscard]] auto run(const Task &task) -> decltype(task())
    {
        if (const auto failure = firstFailure())
            return *failure; // not "cancelled": whoever is asked first must give the cause
        auto result = task();
        if (!result && stopsTheRun(result.error().kind))
            note(result.error());
        return result;
    }

private:
    [[nodiscard]] std::optional<base::Error> firstFailure() const
    {
        const std::lock_guard lock(m_mutex);
        return m_failure;
    }
    void note(const base::Error &failure)
    {
        const std::lock_guard lock(m_mutex);
        if (!m_failure)
            m_failure = failure;
    }

    mutable std::mutex m_mutex;
    std::optional<base::Error> m_failure;
};

} // namespace backup
