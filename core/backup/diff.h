#pragma once

#include "core/store/document.h"
#include "core/store/leafset.h"

#include <QString>

#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// What changed between two backups: values and pure functions.
namespace backup {

enum class DatabaseChange {
    Unchanged, ///< the same leaf revisions
    Changed,
    Added,
    Removed,
    Unknown ///< it cannot be read in one of them, or that one holds nothing of it
};

/// A database as one of the archives has it.
struct DatabaseState {
    std::string name;
    std::uint64_t documents = 0;
    std::uint64_t deleted = 0;
    std::uint64_t leaves = 0;
    std::string leafSet; ///< 64 hex digits
    QString problem;     ///< why nothing is known; empty when all is
};

struct DatabaseDifference {
    std::string name;
    DatabaseChange change = DatabaseChange::Unchanged;
    std::optional<DatabaseState> before;
    std::optional<DatabaseState> after;
};

/// Every database of either archive, sorted by name.
[[nodiscard]] std::vector<DatabaseDifference> diffDatabases(std::vector<DatabaseState> before,
                                                            std::vector<DatabaseState> after);

enum class DocumentChange {
    Added,
    Removed,
    Winner, ///< another winning revision
    Leaves  ///< the same winner, but other leaves: a conflict came or went
};

struct DocumentState {
    std::string rev; ///< of the winner
    bool deleted = false;
    std::uint64_t leaves = 0;
    bool operator==(const DocumentState &) const = default;
};

struct DocumentDifference {
    std::string id;
    DocumentChange change = DocumentChange::Winner;
    std::optional<DocumentState> before;
    std::optional<DocumentState> after;
};

/// Nothing when both have the same leaves. One of them may be null, and both have the same id.
[[nodiscard]] std::optional<DocumentDifference> diffDocument(const store::Metadata *before,
                                                             const store::Metadata *after);

using BucketSet = std::bitset<256>;

/// The buckets of a manifest that differ; all where one of them has none (small databases).
[[nodiscard]] BucketSet differingBuckets(const std::map<int, std::string> &before,
                                         const std::map<int, std::string> &after);

} // namespace backup
