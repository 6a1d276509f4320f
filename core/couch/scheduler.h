#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// `_scheduler/docs`: what CouchDB says of the replications that `_replicator` documents ask for
/// (CouchDB manual, "/_scheduler/docs"; since 2.1). Pure, any thread.
namespace couch {

struct SchedulerRow {
    std::string docId;
    std::string database; ///< "_replicator", or another that ends in "/_replicator"
    std::string
        state; ///< as sent; empty where the server sent null: nobody took the document up yet
    std::string error; ///< of `info`, when that is an error
    std::uint64_t errorCount =
        0; ///< crashes in a row; stays while a job runs again (never falls to 0)

    /// The numbers of `info`. What is not said is not known: `changes_pending` is null for the
    /// first half minute, and after a restart all are.
    struct Statistics {
        std::optional<std::uint64_t> docsRead, docsWritten, docWriteFailures, changesPending;
        std::string throughSeq; ///< raw JSON, empty when absent
    };
    std::optional<Statistics> statistics;

    /// Without credentials, with a slash at the end; absent in `initializing` and `error`.
    std::string source, target;
    std::string startTime, lastUpdated; ///< "2026-11-23T16:06:56Z", of the last change of state
};

struct SchedulerPage {
    std::vector<SchedulerRow> rows;
    std::optional<std::uint64_t> totalRows; ///< counts design documents too
};

/// A row without a `doc_id` makes the whole answer a Protocol error; all else may be missing.
[[nodiscard]] base::Result<SchedulerPage> decodeSchedulerDocs(std::string_view body);

/// A replication of `_active_tasks`.
struct ActiveReplication {
    std::string docId; ///< empty where nothing but the job is known (PouchDB Server)
    std::string source, target;
    SchedulerRow::Statistics statistics;
};
[[nodiscard]] base::Result<std::vector<ActiveReplication>>
decodeActiveReplications(std::string_view body);

/// The answer of `_scheduler/docs/_replicator/ID`.
[[nodiscard]] base::Result<SchedulerRow> decodeSchedulerDoc(std::string_view body);

} // namespace couch
