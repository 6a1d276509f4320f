#pragma once

#include "core/backup/archiveview.h"
#include "core/backup/diff.h"

#include <functional>
#include <stop_token>

namespace backup {

/// The databases of two archives against each other. Archives of ours answer from their manifests;
/// of others the metadata is read once. An Error only when it is stopped. Blocks; one thread.
[[nodiscard]] base::Result<std::vector<DatabaseDifference>>
diffArchives(const ArchiveView &before, const ArchiveView &after, const std::stop_token &stop);

/// Returns an error to stop.
using DifferenceVisitor = std::function<base::Status(const DocumentDifference &difference)>;

/// The documents of one database that differ, in the order of their ids; of a database that one of
/// the archives has not got, all. Constant memory. Where both manifests have the buckets of its
/// leaf set, only documents of buckets that differ are looked at. NotFound when neither archive has
/// the database, or one of them holds nothing of it.
[[nodiscard]] base::Status diffDocuments(const ArchiveView &before, const ArchiveView &after,
                                         const std::string &database,
                                         const DifferenceVisitor &visit,
                                         const std::stop_token &stop);

} // namespace backup
