#pragma once

#include "core/base/clock.h"
#include "core/couch/client.h"
#include "core/monitor/mirrorview.h"

#include <functional>
#include <stop_token>

namespace monitor {

struct CatchUpProgress {
    std::size_t databases = 0; ///< that are waited for
    std::size_t caughtUp = 0;
    std::size_t hopeless = 0;       ///< will not catch up by themselves; not waited for
    std::uint64_t changesLeft = 0;  ///< of those that say it
    std::size_t changesUnknown = 0; ///< that do not say it
    std::chrono::milliseconds waited{0};
};

struct CatchUpResult {
    std::vector<std::string> caughtUp;
    struct Behind {
        std::string database;
        std::optional<std::uint64_t> pending;
        QString reason; ///< a sentence
    };
    std::vector<Behind> behind;
    bool isTimedOut = false; ///< the deadline passed while some were still on their way
};

struct CatchUpRequest {
    couch::Client &source;
    /// The mirror's databases, for servers without a scheduler: there counts have to do. Null: such
    /// databases stay behind.
    couch::Client *mirror = nullptr;
    std::function<base::Result<MirrorView>()> poll;
    const base::Clock &clock;
    std::chrono::milliseconds deadline{0}; ///< from now on; 0: one look, no waiting
    std::chrono::milliseconds between{5'000};
    std::function<void(const CatchUpProgress &)> onProgress;
    std::stop_token stop;
    /// False when it was stopped; couch::waitUnlessStopped() unless a test has another.
    std::function<bool(std::chrono::milliseconds)> wait;
};

/// Waits until the mirror holds what the source held when this began: the job runs, no document was
/// refused, and the source, asked afterwards, has nothing behind the sequence the job has come to
/// (couchdb-and-ux 3.4; CouchDB's own number may be half a minute old). What cannot catch up by
/// itself is not waited for. Blocks. Errors are those of polling, and Cancelled.
[[nodiscard]] base::Result<CatchUpResult> waitUntilCaughtUp(const CatchUpRequest &request);

} // namespace monitor
