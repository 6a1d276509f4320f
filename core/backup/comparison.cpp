#include "core/backup/comparison.h"

#include "core/backup/attachmentfetcher.h"
#include "core/backup/documentwriter.h"
#include "core/backup/leaffetcher.h"
#include "core/base/text.h"
#include "core/couch/decode.h"

#include <algorithm>
#include <unordered_set>

namespace backup {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
using store::LeafSet;
using store::Problem;

constexpr std::uint64_t kPageRows = 5000;
constexpr int kTries = 3;
constexpr size_t kMostProblems = 100;
constexpr size_t kBatch = 100;
constexpr std::uint64_t kAttachmentBudgetBytes = std::uint64_t{8} << 20;

class Comparer
{
public:
    explicit Comparer(const ComparisonRequest &request)
        : m_request(request)
    {
    }

    Result<Comparison> run()
    {
        if (!m_request.leavesAreKnownEqual) {
            if (Status compared = compareLeaves(); !compared)
                return compared.error();
        }
        Status bodies = m_request.allBodies ? compareAllBodies() : compareBodies(m_request.sample);
        if (!bodies)
            return bodies.error();
        m_result.changedDocuments = m_changed.size();
        return std::move(m_result);
    }

private:
    using RowVisitor = std::function<Status(const couch::ChangesRow &)>;

    /// All rows after `since`; `last` becomes the sequence behind them.
    Status forEachChange(const std::string &since, std::string &last, const RowVisitor &visit)
    {
        last = since;
        while (true) {
            if (m_request.stop.stop_requested())
                return Error{ErrorKind::Cancelled, base::text("Stopped.")};
            const auto page = m_request.source.changes(m_request.database, last, kPageRows);
            if (!page)
                return page.error();
            for (const couch::ChangesRow &row : page->rows) {
                if (Status visited = visit(row); !visited)
                    return visited;
            }
            last = page->lastSeq;
            if (page->rows.size() < kPageRows && page->pending.value_or(0) == 0)
                return {};
            if (page->rows.empty())
                return {};
        }
    }

    /// Documents changed after `since` join m_changed; says how many were new there.
    Result<size_t> noteChanged(std::string &since)
    {
        const size_t before = m_changed.size();
        std::string last;
        Status listed = forEachChange(since, last, [this](const couch::ChangesRow &row) {
            m_changed.insert(row.id);
            return Status();
        });
        if (!listed)
            return listed.error();
        since = last;
        return m_changed.size() - before;
    }

    /// Leaves at the source of all documents but the changed ones.
    Result<LeafSet> leavesAtSource()
    {
        LeafSet leaves;
        std::string last;
        Status listed = forEachChange({}, last, [&](const couch::ChangesRow &row) {
            if (!m_changed.contains(row.id)) {
                for (const std::string &rev : row.revs)
                    leaves.add(row.id, rev);
            }
            return Status();
        });
        if (!listed)
            return listed.error();
        return leaves;
    }

    /// Leaves stored here of all documents but the changed ones.
    Result<LeafSet> leavesHere()
    {
        LeafSet leaves = m_request.storedLeaves;
        for (const std::string &id : m_changed) {
            const auto document = m_request.stored.document(id);
            if (!document)
                return document.error();
            if (!document->has_value())
                continue;
            for (const std::int32_t leaf : (*document)->tree.leaves())
                leaves.subtract(id, (*document)->tree.revOf(leaf).toString());
        }
        return leaves;
    }

    Status compareLeaves()
    {
        std::string since = m_request.sinceSeq;
        if (const auto noted = noteChanged(since); !noted)
            return noted.error();
        bool seenBefore = false;
        for (int attempt = 0; attempt < kTries; ++attempt) {
            const auto there = leavesAtSource();
            if (!there)
                return there.error();
            const auto meanwhile = noteChanged(since);
            if (!meanwhile)
                return meanwhile.error();
            if (*meanwhile > 0)
                continue; // the listing mixes two moments
            const auto here = leavesHere();
            if (!here)
                return here.error();
            if (*there == *here)
                return {};
            if (seenBefore)
                break;
            seenBefore = true;
        }
        return nameDifferences(since);
    }

    /// Compares document by document. Slow, and only when the sums differ or the source would not keep still.
    Status nameDifferences(std::string &since)
    {
        std::vector<Problem> found;
        std::unordered_set<std::string> atSource;
        std::string last;
        Status listed = forEachChange({}, last, [&](const couch::ChangesRow &row) -> Status {
            atSource.insert(row.id);
            if (m_changed.contains(row.id) || found.size() >= kMostProblems)
                return {};
            const auto document = m_request.stored.document(row.id);
            if (!document)
                return document.error();
            std::vector<std::string> here;
            if (document->has_value()) {
                for (const std::int32_t leaf : (*document)->tree.leaves())
                    here.push_back((*document)->tree.revOf(leaf).toString());
            }
            std::vector<std::string> there = row.revs;
            std::sort(here.begin(), here.end());
            std::sort(there.begin(), there.end());
            if (here != there)
                found.push_back({"leaves-differ", row.id, base::text("The leaf revisions here are not those at the source.")});
            return {};
        });
        if (!listed)
            return listed;
        Status extra = m_request.stored.forEachDocument([&](const store::Metadata &metadata) -> Result<bool> {
            if (!atSource.contains(metadata.id) && !m_changed.contains(metadata.id))
                found.push_back({"not-at-source", metadata.id, base::text("The document is here but not at the source.")});
            return found.size() < kMostProblems;
        });
        if (!extra)
            return extra;
        if (const auto meanwhile = noteChanged(since); !meanwhile)
            return meanwhile.error();
        for (Problem &problem : found) {
            if (!m_changed.contains(problem.document))
                m_result.problems.push_back(std::move(problem));
        }
        return {};
    }

    Status compareAllBodies()
    {
        std::vector<couch::IdRev> batch;
        Status walked = m_request.stored.forEachDocument([&](const store::Metadata &metadata) -> Result<bool> {
            for (const std::int32_t leaf : metadata.tree.leaves())
                batch.push_back({metadata.id, metadata.tree.revOf(leaf).toString()});
            if (batch.size() >= kBatch) {
                if (Status compared = compareBodies(std::exchange(batch, {})); !compared)
                    return compared.error();
            }
            return true;
        });
        return walked ? compareBodies(batch) : walked;
    }

    Status compareBodies(std::vector<couch::IdRev> leaves)
    {
        std::sort(leaves.begin(), leaves.end(),
                  [](const couch::IdRev &a, const couch::IdRev &b) { return std::tie(a.id, a.rev) < std::tie(b.id, b.rev); });
        for (size_t first = 0; first < leaves.size(); first += kBatch) {
            if (m_request.stop.stop_requested())
                return Error{ErrorKind::Cancelled, base::text("Stopped.")};
            const size_t last = std::min(leaves.size(), first + kBatch);
            const std::vector<couch::IdRev> part(leaves.begin() + static_cast<std::ptrdiff_t>(first),
                                                 leaves.begin() + static_cast<std::ptrdiff_t>(last));
            const auto rows = fetchLeaves(m_request.source, m_request.database, part);
            if (!rows)
                return rows.error();
            for (const couch::BulkRow &row : *rows) {
                if (Status compared = compareRow(row); !compared)
                    return compared;
            }
        }
        return {};
    }

    Status compareRow(const couch::BulkRow &row)
    {
        if (!row.error.empty())
            return {}; // gone meanwhile; that it was there is what the leaf comparison says
        const auto leaf = couch::dissectLeaf(row.document);
        if (!leaf)
            return leaf.error();
        const auto document = m_request.stored.document(leaf->id);
        if (!document)
            return document.error();
        const auto rev = store::RevId::parse(leaf->rev);
        if (!document->has_value() || !rev || !(*document)->seqOf.contains(*rev))
            return {}; // a successor; its document changed
        const auto stored = m_request.stored.body((*document)->seqOf.at(*rev));
        if (!stored)
            return stored.error();
        ++m_result.bodiesCompared;
        if (const auto difference = differenceOf(*leaf, **document, *rev, *stored); !difference)
            return difference.error();
        else if (!difference->isEmpty() && m_result.problems.size() < kMostProblems)
            m_result.problems.push_back({"body-differs", leaf->id, *difference});
        return {};
    }

    /// What differs, as a sentence; empty when nothing does.
    Result<QString> differenceOf(const couch::FetchedLeaf &leaf, const store::Metadata &metadata, const store::RevId &rev,
                                 const std::string &storedText)
    {
        const store::RevPath path = metadata.tree.pathOf(metadata.tree.find(rev));
        const bool samePath = path.hashes.size() >= leaf.revisionsIds.size()
            && std::equal(leaf.revisionsIds.begin(), leaf.revisionsIds.end(), path.hashes.begin());
        if (!samePath)
            return base::text("The history of revision %1 here is not the one at the source.").arg(base::printable(leaf.rev));
        const auto info = store::inspectBody(storedText);
        if (!info)
            return info.error();
        if (info->attachments.size() != leaf.attachments.size())
            return base::text("Revision %1 has other attachments at the source.").arg(base::printable(leaf.rev));
        for (size_t i = 0; i < leaf.attachments.size(); ++i) {
            const auto same = isSameAttachment(leaf, leaf.attachments[i], info->attachments[i]);
            if (!same)
                return same.error();
            if (!*same)
                return base::text("Attachment %1 of revision %2 is another one at the source.")
                    .arg(base::printable(leaf.attachments[i].nameJson), base::printable(leaf.rev));
        }
        if (composeStoredBody(leaf, info->attachments) != storedText)
            return base::text("The body of revision %1 is another one at the source.").arg(base::printable(leaf.rev));
        return QString();
    }

    Result<bool> isSameAttachment(const couch::FetchedLeaf &leaf, const couch::AttachmentStub &there,
                                  const store::StoredAttachment &here)
    {
        if (there.nameJson != here.nameJson || there.contentTypeJson != here.contentTypeJson || there.revpos != here.revpos
            || there.length != here.length)
            return false;
        if (there.encoding.empty() && there.digest.starts_with("md5-"))
            return there.digest == here.digest;
        // The source's digest is that of its compressed bytes: fetch again what is small enough.
        if (there.length > kAttachmentBudgetBytes - std::min(m_attachmentBytes, kAttachmentBudgetBytes))
            return true;
        m_attachmentBytes += there.length;
        base::Hasher identity(base::Hasher::Algorithm::Md5Digest);
        const Status fetched = fetchAttachment(m_request.source, m_request.database,
                                               {leaf.id, leaf.rev, base::json::unescape(there.nameJson), there},
                                               [&identity](std::string_view bytes) {
                                                   identity.add(bytes);
                                                   return Status();
                                               });
        if (!fetched) {
            const ErrorKind kind = fetched.error().kind;
            if (kind == ErrorKind::NotFound)
                return true; // its document changed meanwhile
            return kind == ErrorKind::Protocol ? Result<bool>(false) : Result<bool>(fetched.error());
        }
        return "md5-" + base::toBase64(identity.finish()) == here.digest;
    }

    const ComparisonRequest &m_request;
    Comparison m_result;
    std::unordered_set<std::string> m_changed;
    std::uint64_t m_attachmentBytes = 0;
};

} // namespace

Result<Comparison> compareWithSource(const ComparisonRequest &request)
{
    return Comparer(request).run();
}

} // namespace backup
