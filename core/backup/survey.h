#pragma once

#include "core/backup/earlierarchive.h"
#include "core/base/clock.h"
#include "core/couch/client.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace backup {

/// What a run asks a source before it begins.
struct SurveyRequest {
    couch::Client &source;
    std::vector<std::string> databases;
    const EarlierArchive *earlier = nullptr; ///< null: nothing is to be reused
    std::string server;                      ///< origin, as the manifest has it
    std::string serverUuid;
    unsigned round = 0; ///< of isItsTurn()
    int parallelRequests = 8;
    const base::Clock &clock;
};

struct Survey {
    /// Of the databases that have to be fetched, as they lie in the server's files.
    std::uint64_t bytes = 0;
    std::uint64_t largestBytes = 0; ///< of the largest of them
    std::uint64_t documents = 0;
    struct Unchanged {
        std::string seenAt; ///< ISO time
        std::uint64_t documents = 0;
    };
    /// Those that provably are as the earlier archive has them (judgeReuse), but for those whose
    /// turn it is.
    std::map<std::string, Unchanged> unchanged;
};

/// A hundred databases at a time: their information in one request, and `_security` and
/// `_revs_limit` of those that seem unchanged right behind it, while the server still has their
/// shards open (it keeps 500; opening one costs more than the answer). Blocks; any thread. A
/// database that cannot be read is no error here, the snapshot says why.
[[nodiscard]] base::Result<Survey> surveyDatabases(const SurveyRequest &request);

} // namespace backup
