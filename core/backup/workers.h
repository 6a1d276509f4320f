#pragma once

#include "core/base/result.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace backup {

/// Calls `work` for every item on up to `threads` threads, in the items' order; blocks until all
/// are done. The first error keeps further items from starting and is returned.
template <typename Item, typename Work>
[[nodiscard]] base::Status forEachInParallel(const std::vector<Item> &items, int threads,
                                             const Work &work)
{
    std::atomic<size_t> next{0};
    std::mutex mutex;
    std::optional<base::Error> firstError;
    const auto loop = [&] {
        while (true) {
            {
                const std::lock_guard lock(mutex);
                if (firstError)
                    return;
            }
            const size_t index = next++;
            if (index >= items.size())
                return;
            if (base::Status done = work(items[index]); !done) {
                const std::lock_guard lock(mutex);
                if (!firstError)
                    firstError = done.error();
            }
        }
    };
    {
        std::vector<std::jthread> workers;
        const size_t count = std::min(items.size(), static_cast<size_t>(std::max(1, threads)));
        for (size_t i = 1; i < count; ++i)
            workers.emplace_back(loop);
        loop();
    }
    return firstError ? base::Status(*firstError) : base::Status();
}

} // namespace backup
