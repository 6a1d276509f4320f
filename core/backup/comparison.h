#pragma once

#include "core/couch/client.h"
#include "core/store/reader.h"

#include <stop_token>

namespace backup {

/// Level L3: a stored database held against the source as it is now.
struct ComparisonRequest {
    couch::Client &source;
    std::string database;
    store::Reader &stored;
    store::LeafSet storedLeaves;
    std::string sinceSeq; ///< raw JSON: documents changed after it may differ
    std::string purgeSeq; ///< raw JSON, of that moment: what was purged after it may be gone there
    bool leavesAreKnownEqual = false; ///< the source has not moved and the frozen list was compared
    std::vector<couch::IdRev> sample; ///< leaves whose bodies are fetched again
    bool allBodies = false;           ///< instead of the sample
    std::stop_token stop;
};

struct Comparison {
    std::vector<store::Problem>
        problems; ///< differences seen twice; at most 100 and a last one that says how many more
    std::uint64_t bodiesCompared = 0;   ///< fetched again and found equal
    std::uint64_t changedDocuments = 0; ///< changed or purged at the source since, so not compared
};

/// Every document that did not change at the source since must have the same leaves there and here,
/// and the sampled bodies, histories and attachments must be equal. A difference is looked at once
/// more before it is reported, because the source may be written to meanwhile. A body that does not
/// come is a difference too. Errors are those of reading.
[[nodiscard]] base::Result<Comparison> compareWithSource(const ComparisonRequest &request);

} // namespace backup
