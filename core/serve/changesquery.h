#pragma once

#include "core/serve/arguments.h"

#include <chrono>
#include <unordered_set>

namespace serve {

enum class Feed { Normal, Longpoll, Continuous, EventSource };

/// What a request for `_changes` asks.
struct ChangesQuery {
    Feed feed = Feed::Normal;
    bool allDocs = false; ///< style=all_docs
    bool descending = false;
    bool includeDocs = false;
    DocumentOptions documents;
    std::string since = "0";
    std::optional<std::uint64_t> limit;
    std::uint64_t seqInterval = 0; ///< 0: every row has its sequence
    std::optional<std::chrono::milliseconds> heartbeat;
    std::chrono::milliseconds timeout{60000};
    std::optional<std::unordered_set<std::string>> docIds;
    bool onlyDesign = false;
};

[[nodiscard]] OrRefusal<ChangesQuery> changesQuery(const Request &request);

} // namespace serve
