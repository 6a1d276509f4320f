#include "core/backup/leafcomparer.h"

#include "core/backup/changesfeed.h"
#include "core/base/text.h"

#include <algorithm>
#include <iterator>

namespace backup {

namespace {

using base::Result;
using base::Status;

constexpr int kTries = 3;
constexpr size_t kMostRevsNamed = 3;

QString listOf(const std::vector<std::string> &revs)
{
    QStringList names;
    for (size_t i = 0; i < std::min(revs.size(), kMostRevsNamed); ++i)
        names.append(base::printable(revs[i]));
    if (revs.size() > kMostRevsNamed)
        names.append(QStringLiteral("..."));
    return names.join(QStringLiteral(", "));
}

std::vector<std::string> without(const std::vector<std::string> &sorted,
                                 const std::vector<std::string> &others)
{
    std::vector<std::string> left;
    std::set_difference(sorted.begin(), sorted.end(), others.begin(), others.end(),
                        std::back_inserter(left));
    return left;
}

} // namespace

std::vector<store::Problem> ProblemList::take()
{
    if (m_more > 0)
        m_list.push_back(
            {"more-differences",
             {},
             base::text("And %1 more differences, which are not listed.").arg(m_more)});
    m_more = 0;
    return std::move(m_list);
}

LeafComparer::LeafComparer(const ComparisonRequest &request, ProblemList &problems)
    : m_request(request)
    , m_problems(problems)
    , m_since(request.sinceSeq)
    , m_unchangedHere(request.storedLeaves)
{
}

Result<size_t> LeafComparer::noteChanged()
{
    const size_t before = m_changed.size();
    const auto last = forEachChange(m_request.source, m_request.database, m_since,
                                    [this](const couch::ChangesRow &row) -> Status {
                                        if (!m_changed.insert(row.id))
                                            return {};
                                        const auto here = leavesHere(row.id);
                                        if (!here)
                                            return here.error();
                                        for (const std::string &rev : *here)
                                            m_unchangedHere.subtract(row.id, rev);
                                        return {};
                                    });
    if (!last)
        return last.error();
    m_since = *last;
    return m_changed.size() - before;
}

Result<bool> LeafComparer::hasPurged()
{
    const auto now = m_request.source.databaseInfo(m_request.database);
    if (!now)
        return now.error();
    return !m_request.purgeSeq.empty() && now->purgeSeq != m_request.purgeSeq;
}

Result<store::LeafSet> LeafComparer::leavesAtSource()
{
    store::LeafSet leaves;
    const auto last = forEachChange(m_request.source, m_request.database, {},
                                    [&](const couch::ChangesRow &row) -> Status {
                                        if (!m_changed.contains(row.id)) {
                                            for (const std::string &rev : row.revs)
                                                leaves.add(row.id, rev);
                                        }
                                        return {};
                                    });
    return last ? Result<store::LeafSet>(leaves) : Result<store::LeafSet>(last.error());
}

Result<std::vector<std::string>> LeafComparer::leavesHere(const std::string &id)
{
    const auto document = m_request.stored.document(id);
    if (!document)
        return document.error();
    std::vector<std::string> revs;
    if (document->has_value()) {
        for (const std::int32_t leaf : (*document)->tree.leaves())
            revs.push_back((*document)->tree.revOf(leaf).toString());
    }
    std::sort(revs.begin(), revs.end());
    return revs;
}

Status LeafComparer::compare()
{
    if (const auto noted = noteChanged(); !noted)
        return noted.error();
    bool seenBefore = false;
    for (int attempt = 0; attempt < kTries; ++attempt) {
        const auto there = leavesAtSource();
        if (!there)
            return there.error();
        const auto meanwhile = noteChanged();
        if (!meanwhile)
            return meanwhile.error();
        if (*meanwhile > 0)
            continue; // the listing mixes two moments
        if (*there == m_unchangedHere)
            return {};
        if (seenBefore)
            break;
        seenBefore = true;
    }
    return nameDifferences();
}

/// Document by document. Slow, and only when the sums differ or the source would not keep still.
Status LeafComparer::nameDifferences()
{
    for (int attempt = 1;; ++attempt) {
        bool isCut = false;
        const auto differences = findDifferences(isCut);
        if (!differences)
            return differences.error();
        const auto meanwhile = noteChanged();
        if (!meanwhile)
            return meanwhile.error();
        // A list that is not whole may consist of nothing but changed documents.
        if (isCut && *meanwhile > 0 && attempt < kTries)
            continue;
        return report(*differences, isCut);
    }
}

Result<std::vector<LeafComparer::Difference>> LeafComparer::findDifferences(bool &isCut)
{
    std::vector<Difference> found;
    const auto add = [&](Difference difference) {
        isCut = found.size() >= ProblemList::kMost;
        if (!isCut)
            found.push_back(std::move(difference));
        return !isCut;
    };
    IdSet atSource;
    const auto listed = forEachChange(
        m_request.source, m_request.database, {}, [&](const couch::ChangesRow &row) -> Status {
            atSource.insert(row.id);
            if (isCut || m_changed.contains(row.id))
                return {};
            const auto here = leavesHere(row.id);
            if (!here)
                return here.error();
            std::vector<std::string> there = row.revs;
            std::sort(there.begin(), there.end());
            if (*here != there)
                add({row.id, without(there, *here), without(*here, there)});
            return {};
        });
    if (!listed)
        return listed.error();
    const Status walked =
        m_request.stored.forEachDocument([&](const store::Metadata &metadata) -> Result<bool> {
            if (isCut || atSource.contains(metadata.id) || m_changed.contains(metadata.id))
                return !isCut;
            Difference difference{metadata.id, {}, {}};
            for (const std::int32_t leaf : metadata.tree.leaves())
                difference.extra.push_back(metadata.tree.revOf(leaf).toString());
            return add(std::move(difference));
        });
    return walked ? Result<std::vector<Difference>>(std::move(found))
                  : Result<std::vector<Difference>>(walked.error());
}

Status LeafComparer::report(const std::vector<Difference> &differences, bool isCut)
{
    if (differences.empty())
        return {};
    const auto purged = hasPurged();
    if (!purged)
        return purged.error();
    for (const Difference &difference : differences) {
        if (m_changed.contains(difference.id))
            continue;
        if (!difference.missing.empty())
            m_problems.add({"leaves-differ", difference.id,
                            base::text("The source has leaf revisions that are not here: %1.")
                                .arg(listOf(difference.missing))});
        else if (*purged)
            ++m_purged;
        else
            m_problems.add({"not-at-source", difference.id,
                            base::text("These leaf revisions are here, but not at the source: %1.")
                                .arg(listOf(difference.extra))});
    }
    if (isCut)
        m_problems.add(
            {"more-differences", {}, base::text("More documents differ, which are not listed.")});
    return {};
}

} // namespace backup
