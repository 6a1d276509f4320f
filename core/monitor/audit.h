#pragma once

#include "core/couch/client.h"
#include "core/store/reader.h"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace monitor {

/// A place that can list the leaf revisions of a database: a server or a stored database. One
/// thread.
class LeafPlace
{
public:
    /// A document may come twice; the last word counts.
    using Visitor =
        std::function<base::Status(const std::string &id, const std::vector<std::string> &revs)>;
    virtual ~LeafPlace() = default;
    [[nodiscard]] virtual base::Status forEach(const Visitor &visit) = 0;
};
/// Client and reader outlive it.
[[nodiscard]] std::unique_ptr<LeafPlace> leavesOf(couch::Client &server, std::string database);
[[nodiscard]] std::unique_ptr<LeafPlace> leavesOf(store::Reader &stored);

struct LeafDifference {
    std::string id;
    std::vector<std::string> missing; ///< at the source, not there
    std::vector<std::string> extra;   ///< there, not at the source
    bool operator==(const LeafDifference &) const = default;
};

struct AuditResult {
    std::uint64_t leavesAtSource = 0, leavesThere = 0; ///< when they were first listed
    std::vector<LeafDifference> differences;           ///< sorted by id; seen twice
    std::uint64_t moreDifferences = 0; ///< suspected beyond AuditOptions::mostListed, not looked at
    std::uint64_t changedMeanwhile = 0; ///< differed, but moved while it was looked at
    [[nodiscard]] bool isEqual() const { return differences.empty() && moreDifferences == 0; }
};

struct AuditOptions {
    std::size_t mostListed = 10'000;
    /// Called between the two looks, so that what is on its way can arrive: waits until the mirror
    /// has caught up. An error ends the audit.
    std::function<base::Status()> beforeSecondLook;
    /// True for a document whose difference is explained: changed at the source since the backup.
    std::function<bool(const std::string &id)> isExplained;
    std::stop_token stop;
};

/// Compares two places by the sums of their leaf sets; only where those differ are documents looked
/// at, of the buckets that do, and what differs is looked at once more, so that writes under way
/// give no false alarm. Memory: 16 bytes a document of differing buckets, and the differences.
/// Errors are those of listing, and Cancelled.
[[nodiscard]] base::Result<AuditResult> auditLeaves(LeafPlace &source, LeafPlace &other,
                                                    const AuditOptions &options);

/// The documents that changed at the source behind `since` (raw JSON), for
/// AuditOptions::isExplained.
[[nodiscard]] base::Result<std::function<bool(const std::string &)>>
changedSince(couch::Client &source, const std::string &database, const std::string &since);

} // namespace monitor
