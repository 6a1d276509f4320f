#include "core/backup/diff.h"

#include <algorithm>

namespace backup {

namespace {

DatabaseChange changeOf(const DatabaseDifference &difference)
{
    const auto isUnknown = [](const std::optional<DatabaseState> &state) {
        return state && !state->problem.isEmpty();
    };
    if (isUnknown(difference.before) || isUnknown(difference.after))
        return DatabaseChange::Unknown;
    if (!difference.before)
        return DatabaseChange::Added;
    if (!difference.after)
        return DatabaseChange::Removed;
    return difference.before->leafSet == difference.after->leafSet ? DatabaseChange::Unchanged
                                                                   : DatabaseChange::Changed;
}

/// With whether each is deleted: a forged or damaged tree can have the same revision twice.
std::vector<std::pair<store::RevId, bool>> leavesOf(const store::Metadata &metadata)
{
    std::vector<std::pair<store::RevId, bool>> leaves;
    for (const std::int32_t leaf : metadata.tree.leaves())
        leaves.emplace_back(metadata.tree.revOf(leaf),
                            metadata.tree.nodes()[static_cast<size_t>(leaf)].deleted);
    std::sort(leaves.begin(), leaves.end());
    return leaves;
}

DocumentState stateOf(const store::Metadata &metadata)
{
    return {metadata.winner().toString(), metadata.isDeleted(), metadata.tree.leaves().size()};
}

} // namespace

std::vector<DatabaseDifference> diffDatabases(std::vector<DatabaseState> before,
                                              std::vector<DatabaseState> after)
{
    std::map<std::string, DatabaseDifference> byName;
    for (DatabaseState &state : before)
        byName[state.name].before = std::move(state);
    for (DatabaseState &state : after)
        byName[state.name].after = std::move(state);
    std::vector<DatabaseDifference> out;
    for (auto &[name, difference] : byName) {
        difference.name = name;
        difference.change = changeOf(difference);
        out.push_back(std::move(difference));
    }
    return out;
}

std::optional<DocumentDifference> diffDocument(const store::Metadata *before,
                                               const store::Metadata *after)
{
    if (before == nullptr && after == nullptr)
        return std::nullopt;
    DocumentDifference difference;
    difference.id = before != nullptr ? before->id : after->id;
    if (before != nullptr)
        difference.before = stateOf(*before);
    if (after != nullptr)
        difference.after = stateOf(*after);
    if (before == nullptr)
        difference.change = DocumentChange::Added;
    else if (after == nullptr)
        difference.change = DocumentChange::Removed;
    else if (leavesOf(*before) == leavesOf(*after))
        return std::nullopt;
    else
        difference.change = difference.before->rev == difference.after->rev
            ? DocumentChange::Leaves
            : DocumentChange::Winner;
    return difference;
}

BucketSet differingBuckets(const std::map<int, std::string> &before,
                           const std::map<int, std::string> &after)
{
    BucketSet differing;
    if (before.empty() || after.empty())
        return differing.set();
    const auto at = [](const std::map<int, std::string> &buckets, size_t bucket) {
        const auto found = buckets.find(static_cast<int>(bucket));
        return found == buckets.end() ? std::string(64, '0') : found->second;
    };
    for (size_t bucket = 0; bucket < differing.size(); ++bucket)
        differing[bucket] = at(before, bucket) != at(after, bucket);
    return differing;
}

} // namespace backup
