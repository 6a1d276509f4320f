#pragma once

#include "core/base/result.h"

#include <atomic>

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
        if (m_isStopped)
            return base::Error{base::ErrorKind::Cancelled,
                               QStringLiteral("Not begun after a failure.")};
        auto result = task();
        if (!result && stopsTheRun(result.error().kind))
            m_isStopped = true;
        return result;
    }

private:
    std::atomic<bool> m_isStopped{false};
};

} // namespace backup
