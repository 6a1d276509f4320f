#include "core/backup/comparison.h"

#include "core/backup/attachmentfetcher.h"
#include "core/backup/documentwriter.h"
#include "core/backup/leafcomparer.h"
#include "core/backup/leaffetcher.h"
#include "core/base/text.h"
#include "core/couch/decode.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace backup {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

constexpr size_t kFirstBatch = 20;
constexpr size_t kWalkedLeaves = 1000;
constexpr size_t kMostSuspects = 1000;
constexpr std::uint64_t kAttachmentBudgetBytes = std::uint64_t{8} << 20;

class Comparer
{
public:
    explicit Comparer(const ComparisonRequest &request)
        : m_request(request)
        , m_leaves(request, m_problems)
    {
    }

    Result<Comparison> run()
    {
        if (!m_request.leavesAreKnownEqual) {
            if (Status compared = m_leaves.compare(); !compared)
                return compared.error();
        }
        if (Status bodies =
                m_request.allBodies ? compareAllBodies() : compareBodies(m_request.sample);
            !bodies)
            return bodies.error();
        if (Status settled = lookAgain(); !settled)
            return settled.error();
        m_result.problems = m_problems.take();
        m_result.changedDocuments = m_leaves.changedDocuments();
        return std::move(m_result);
    }

private:
    /// A leaf whose body is not here as it is there, or did not come.
    struct Suspect {
        couch::IdRev leaf;
        QString message;
        bool hasCome = true;
    };

    Status compareAllBodies()
    {
        std::vector<couch::IdRev> leaves;
        Status walked =
            m_request.stored.forEachDocument([&](const store::Metadata &metadata) -> Result<bool> {
                for (const std::int32_t leaf : metadata.tree.leaves())
                    leaves.push_back({metadata.id, metadata.tree.revOf(leaf).toString()});
                if (leaves.size() >= kWalkedLeaves) {
                    if (Status compared = compareBodies(std::exchange(leaves, {})); !compared)
                        return compared.error();
                }
                return true;
            });
        return walked ? compareBodies(std::move(leaves)) : walked;
    }

    Status compareBodies(std::vector<couch::IdRev> leaves)
    {
        std::sort(leaves.begin(), leaves.end(), [](const couch::IdRev &a, const couch::IdRev &b) {
            return std::tie(a.id, a.rev) < std::tie(b.id, b.rev);
        });
        for (size_t first = 0; first < leaves.size();) {
            if (m_request.stop.stop_requested())
                return Error{ErrorKind::Cancelled, base::text("Stopped.")};
            const size_t last = std::min(leaves.size(), first + m_batchSize.leaves());
            const std::vector<couch::IdRev> part(
                leaves.begin() + static_cast<std::ptrdiff_t>(first),
                leaves.begin() + static_cast<std::ptrdiff_t>(last));
            if (Status compared = comparePart(part); !compared)
                return compared;
            first = last;
        }
        return {};
    }

    /// Every leaf asked for ends as compared or as a suspect, whatever the source answers.
    Status comparePart(const std::vector<couch::IdRev> &part)
    {
        const auto rows = fetchLeaves(m_request.source, m_request.database, part);
        if (!rows)
            return rows.error();
        m_batchSize.learn(part.size(), *rows);
        std::map<std::pair<std::string, std::string>, QString> open;
        for (const couch::IdRev &leaf : part)
            open.emplace(std::pair(leaf.id, leaf.rev),
                         base::text("The source did not send it again."));
        for (const couch::BulkRow &row : *rows) {
            const auto asked = open.find({row.id, row.rev});
            if (asked == open.end())
                continue; // a successor
            const auto leaf = row.error.empty() ? couch::dissectLeaf(row.document)
                                                : Result<couch::FetchedLeaf>(refusal(row));
            if (!leaf) {
                asked->second = leaf.error().message;
                continue;
            }
            open.erase(asked);
            if (Status compared = compareLeaf(*leaf); !compared)
                return compared;
        }
        for (const auto &[leaf, message] : open) {
            if (Status noted = suspect({{leaf.first, leaf.second}, message, false}); !noted)
                return noted;
        }
        return {};
    }

    static Error refusal(const couch::BulkRow &row)
    {
        return {ErrorKind::NotFound,
                base::text("The source did not send it again: %1 (%2).")
                    .arg(base::printable(row.error), base::printable(row.reason))};
    }

    Status compareLeaf(const couch::FetchedLeaf &leaf)
    {
        const auto difference = differenceOf(leaf);
        if (!difference)
            return difference.error();
        if (!difference->isEmpty())
            return suspect({{leaf.id, leaf.rev}, *difference, true});
        ++m_result.bodiesCompared;
        return {};
    }

    Status suspect(Suspect one)
    {
        if (m_hasMoreSuspects || m_leaves.hasChanged(one.leaf.id))
            return {};
        m_suspects.push_back(std::move(one));
        if (m_suspects.size() <= kMostSuspects)
            return {};
        if (Status settled = dropExplained(m_suspects); !settled)
            return settled;
        m_hasMoreSuspects = m_suspects.size() > kMostSuspects / 2; // too many to go on asking
        return {};
    }

    /// What differed is fetched once more, unless the source has changed it; what differs again is
    /// reported.
    Status lookAgain()
    {
        if (m_suspects.empty())
            return {};
        std::vector<Suspect> first = std::exchange(m_suspects, {});
        m_attachmentBytes = 0;
        if (Status settled = dropExplained(first); !settled)
            return settled;
        std::vector<couch::IdRev> leaves;
        for (Suspect &suspect : first)
            leaves.push_back(std::move(suspect.leaf));
        if (Status compared = compareBodies(std::move(leaves)); !compared)
            return compared;
        if (Status settled = dropExplained(m_suspects); !settled)
            return settled;
        for (const Suspect &one : m_suspects)
            m_problems.add(
                {one.hasCome ? "body-differs" : "body-missing", one.leaf.id,
                 base::text("Revision %1: %2").arg(base::printable(one.leaf.rev), one.message)});
        if (m_hasMoreSuspects)
            m_problems.add(
                {"more-differences", {}, base::text("More bodies differ, which are not listed.")});
        return {};
    }

    /// Drops those whose documents have changed or were purged at the source.
    Status dropExplained(std::vector<Suspect> &suspects)
    {
        if (const auto noted = m_leaves.noteChanged(); !noted)
            return noted.error();
        std::erase_if(suspects, [this](const Suspect &suspect) {
            return m_leaves.hasChanged(suspect.leaf.id);
        });
        if (std::all_of(suspects.begin(), suspects.end(),
                        [](const Suspect &suspect) { return suspect.hasCome; }))
            return {};
        const auto purged = m_leaves.hasPurged();
        if (!purged)
            return purged.error();
        std::erase_if(suspects, [&](const Suspect &suspect) {
            const bool isExplained = *purged && !suspect.hasCome;
            if (isExplained)
                m_leaves.countPurged();
            return isExplained;
        });
        return {};
    }

    /// What differs, as a sentence; empty when nothing does.
    Result<QString> differenceOf(const couch::FetchedLeaf &leaf)
    {
        const auto document = m_request.stored.document(leaf.id);
        if (!document)
            return document.error();
        const auto rev = store::RevId::parse(leaf.rev);
        if (!document->has_value() || !rev || !(*document)->seqOf.contains(*rev))
            return base::text("It is not here.");
        const auto storedText = m_request.stored.body((*document)->seqOf.at(*rev));
        if (!storedText)
            return storedText.error();
        const store::RevPath path = (*document)->tree.pathOf((*document)->tree.find(*rev));
        const bool samePath = path.hashes.size() >= leaf.revisionsIds.size()
            && std::equal(leaf.revisionsIds.begin(), leaf.revisionsIds.end(), path.hashes.begin());
        if (!samePath)
            return base::text("Its history here is not the one at the source.");
        const auto info = store::inspectBody(*storedText);
        if (!info)
            return info.error();
        const auto attachments = attachmentDifference(leaf, info->attachments);
        if (!attachments || !attachments->isEmpty())
            return attachments;
        if (composeStoredBody(leaf, info->attachments) != *storedText)
            return base::text("Its body is another one at the source.");
        return QString();
    }

    Result<QString> attachmentDifference(const couch::FetchedLeaf &leaf,
                                         const std::vector<store::StoredAttachment> &stored)
    {
        if (stored.size() != leaf.attachments.size())
            return base::text("It has other attachments at the source.");
        for (const couch::AttachmentStub &there : leaf.attachments) {
            const auto here = std::find_if(stored.begin(), stored.end(),
                                           [&](const store::StoredAttachment &attachment) {
                                               return attachment.nameJson == there.nameJson;
                                           });
            const auto same =
                here == stored.end() ? Result<bool>(false) : isSameAttachment(leaf, there, *here);
            if (!same)
                return same.error();
            if (!*same)
                return base::text("Its attachment %1 is another one at the source.")
                    .arg(base::printable(there.nameJson));
        }
        return QString();
    }

    Result<bool> isSameAttachment(const couch::FetchedLeaf &leaf,
                                  const couch::AttachmentStub &there,
                                  const store::StoredAttachment &here)
    {
        if (there.contentTypeJson != here.contentTypeJson || there.revpos != here.revpos
            || there.length != here.length)
            return false;
        if (there.encoding.empty() && there.digest.starts_with("md5-"))
            return there.digest == here.digest;
        // The source's digest is that of its compressed bytes: fetch again what is small enough.
        if (there.length
            > kAttachmentBudgetBytes - std::min(m_attachmentBytes, kAttachmentBudgetBytes))
            return true;
        m_attachmentBytes += there.length;
        base::Hasher identity(base::Hasher::Algorithm::Md5Digest);
        const auto fetched =
            fetchAttachment(m_request.source, m_request.database,
                            {leaf.id, leaf.rev, base::json::unescape(there.nameJson), there},
                            [&identity]() -> Result<base::ByteSink> {
                                identity = base::Hasher(base::Hasher::Algorithm::Md5Digest);
                                return base::ByteSink([&identity](std::string_view bytes) {
                                    identity.add(bytes);
                                    return Status();
                                });
                            });
        if (fetched)
            return "md5-" + base::toBase64(identity.finish()) == here.digest;
        const ErrorKind kind = fetched.error().kind;
        if (kind == ErrorKind::NotFound || kind == ErrorKind::Protocol)
            return false; // if its document has changed meanwhile, that explains it
        return fetched.error();
    }

    const ComparisonRequest &m_request;
    Comparison m_result;
    ProblemList m_problems;
    LeafComparer m_leaves;
    BatchSize m_batchSize{kFirstBatch};
    std::vector<Suspect> m_suspects;
    bool m_hasMoreSuspects = false;
    std::uint64_t m_attachmentBytes = 0;
};

} // namespace

Result<Comparison> compareWithSource(const ComparisonRequest &request)
{
    return Comparer(request).run();
}

} // namespace backup
