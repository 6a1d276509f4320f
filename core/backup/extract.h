#pragma once

#include "core/backup/archiveview.h"
#include "core/backup/extractindex.h"
#include "core/backup/progress.h"

#include <optional>
#include <stop_token>

namespace backup {

/// What is taken out of an archive, and where to.
struct ExtractRequest {
    const ArchiveView &archive;
    std::string archiveName;             ///< for the index
    std::optional<std::string> database; ///< all where there is none
    std::optional<std::string> document; ///< only with a database
    base::fs::path target;               ///< empty, or not there yet
    std::stop_token stop;
};

struct ExtractReport {
    std::uint64_t databases = 0;
    std::uint64_t documents = 0; ///< the meanings are those of store::Facts
    std::uint64_t deleted = 0;
    std::uint64_t leaves = 0;
    std::uint64_t attachments = 0;
    std::uint64_t bytes = 0;
    std::vector<ExtractProblem> problems; ///< the first thousand of each database
};

/// Writes bodies as JSON, attachments as files and `index.json` (docs/extract.md). Every leaf
/// revision comes out, those of conflicts and tombstones too. What is damaged is named in the
/// report and in the index, and all else comes out; when a database or document that was asked for
/// is not there, when writing fails or when it is stopped, that is the Error and nothing is left
/// behind. Bodies are read in the order in which they lie there and attachments in batches, so that
/// memory stays small: 24 bytes for each leaf of the largest database. Blocks; any thread.
[[nodiscard]] base::Result<ExtractReport> extract(const ExtractRequest &request,
                                                  Progress &progress);

} // namespace backup
