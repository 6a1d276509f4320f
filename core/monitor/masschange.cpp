#include "core/monitor/masschange.h"

#include "core/base/text.h"

#include <algorithm>

namespace monitor {

using base::printable;
using base::text;

namespace {

constexpr std::uint64_t kHundred = 100;

bool isOver(std::uint64_t count, std::uint64_t of, int percent, std::uint64_t least)
{
    return count >= least && of > 0 && count * kHundred > of * static_cast<std::uint64_t>(percent);
}

/// By counts: documents that became tombstones, or went without leaving one.
std::uint64_t deletedByCounts(const DatabaseThenAndNow &one)
{
    const std::uint64_t tombstones =
        one.deletedNow > one.deletedBefore ? one.deletedNow - one.deletedBefore : 0;
    const std::uint64_t fewer =
        one.documentsBefore > one.documentsNow ? one.documentsBefore - one.documentsNow : 0;
    return std::min(std::max(tombstones, fewer), one.documentsBefore);
}

QString sentenceOf(const MassChange &change)
{
    const QString share = QString::number(change.of == 0 ? 0 : change.count * kHundred / change.of);
    const QString count = QString::number(change.count);
    const QString of = QString::number(change.of);
    if (change.kind == MassChangeKind::DatabasesGone)
        return text("%1 of %2 databases (%3 %) are not there any more since the last good backup.")
            .arg(count, of, share);
    const QString where =
        change.database.empty() ? text("all databases together") : printable(change.database);
    return change.kind == MassChangeKind::Deleted
        ? text("%1 of %2 documents (%3 %) of %4 were deleted since the last good backup.")
              .arg(count, of, share, where)
        : text("%1 of %2 documents (%3 %) of %4 were rewritten since the last good backup.")
              .arg(count, of, share, where);
}

struct Sum {
    std::uint64_t deleted = 0, rewritten = 0, documents = 0;
    bool isSure = true;
};

} // namespace

const char *nameOf(MassChangeKind kind)
{
    switch (kind) {
    case MassChangeKind::Deleted: break;
    case MassChangeKind::Rewritten: return "rewritten";
    case MassChangeKind::DatabasesGone: return "databases-gone";
    }
    return "deleted";
}

DatabaseThenAndNow::Tally tallyOf(const std::vector<backup::DocumentDifference> &differences)
{
    DatabaseThenAndNow::Tally tally;
    for (const backup::DocumentDifference &difference : differences) {
        if (!difference.before || difference.before->deleted)
            continue; // new, or an old tombstone
        const bool isDeleted = !difference.after || difference.after->deleted;
        const bool isRewritten = !isDeleted && difference.after->rev != difference.before->rev;
        if (!isDeleted && !isRewritten)
            continue;
        ++(isDeleted ? tally.deleted : tally.rewritten);
        if (tally.examples.size() < kMostExamples)
            tally.examples.push_back(difference.id);
    }
    return tally;
}

std::vector<MassChange> judgeMassChange(const std::vector<DatabaseThenAndNow> &databases,
                                        const MassChangeLimits &limits)
{
    std::vector<MassChange> found;
    const auto report = [&](MassChange change) {
        change.sentence = sentenceOf(change);
        found.push_back(std::move(change));
    };
    Sum sum;
    std::vector<std::string> gone;
    for (const DatabaseThenAndNow &one : databases) {
        if (one.isGone) {
            gone.push_back(one.database);
            continue;
        }
        const std::uint64_t deleted = one.tally ? one.tally->deleted : deletedByCounts(one);
        const std::uint64_t rewritten = one.tally ? one.tally->rewritten : 0;
        const auto examples = one.tally ? one.tally->examples : std::vector<std::string>();
        sum.deleted += deleted;
        sum.rewritten += rewritten;
        sum.documents += one.documentsBefore;
        sum.isSure = sum.isSure && one.tally.has_value();
        if (isOver(deleted, one.documentsBefore, limits.percent, limits.leastDocuments))
            report({MassChangeKind::Deleted,
                    one.database,
                    deleted,
                    one.documentsBefore,
                    examples,
                    {},
                    one.tally.has_value()});
        if (isOver(rewritten, one.documentsBefore, limits.rewrittenPercent, limits.leastDocuments))
            report({MassChangeKind::Rewritten,
                    one.database,
                    rewritten,
                    one.documentsBefore,
                    examples,
                    {},
                    true});
    }
    if (found.empty()) {
        if (isOver(sum.deleted, sum.documents, limits.percent, limits.leastDocuments))
            report({MassChangeKind::Deleted, {}, sum.deleted, sum.documents, {}, {}, sum.isSure});
        if (isOver(sum.rewritten, sum.documents, limits.rewrittenPercent, limits.leastDocuments))
            report({MassChangeKind::Rewritten, {}, sum.rewritten, sum.documents, {}, {}, true});
    }
    if (isOver(gone.size(), databases.size(), limits.percent, limits.leastDatabases)) {
        const std::size_t count = gone.size();
        gone.resize(std::min(count, kMostExamples));
        report({MassChangeKind::DatabasesGone,
                {},
                count,
                databases.size(),
                std::move(gone),
                {},
                true});
    }
    return found;
}

} // namespace monitor
