#pragma once

#include "core/base/result.h"

#include <mutex>
#include <optional>

namespace backup {

/// True for failures that no other request, document or database will be spared.
[[nodiscard]] bool stopsTheRun(base::ErrorKind kind);

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
