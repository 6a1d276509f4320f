#include "core/backup/documentwriter.h"

#include "core/backup/stopping.h"
#include "core/base/text.h"
#include "core/couch/decode.h"
#include "core/store/document.h"

#include <algorithm>

namespace backup {

namespace {

using base::ErrorKind;
using base::Result;
using base::Status;

store::RevPath pathOf(const couch::FetchedLeaf &leaf)
{
    return {leaf.revisionsStart, leaf.revisionsIds};
}

constexpr const char *kNotFound = "not_found";
constexpr const char *kMalformed = "malformed-document";
constexpr int kTries = 3; // a document may change again while it is fetched again

constexpr size_t kMaxReasonBytes = 600;

/// `reason` is a word of the server, or a sentence of ours.
QString unfetched(const std::string &code, const std::string &reason)
{
    const bool isSentence = reason.ends_with('.') || reason.ends_with('?');
    return (isSentence ? base::text("This revision could not be fetched (%1). %2")
                       : base::text("This revision could not be fetched: %1 (%2)."))
        .arg(base::printable(code), base::printable(reason, kMaxReasonBytes));
}

} // namespace

std::string composeStoredBody(const couch::FetchedLeaf &leaf,
                              const std::vector<store::StoredAttachment> &attachments)
{
    std::vector<base::json::Member> members;
    members.reserve(leaf.userMembers.size());
    for (const auto &[key, value] : leaf.userMembers)
        members.push_back({key, value});
    return store::composeBody(members, attachments, leaf.idJson, leaf.rev, leaf.deleted);
}

std::vector<DocumentWriter::Row>
DocumentWriter::dissect(const std::vector<couch::BulkRow> &rows) const
{
    std::vector<Row> out;
    out.reserve(rows.size());
    for (const couch::BulkRow &row : rows) {
        Row taken;
        taken.asked = row.rev;
        if (!row.error.empty()) {
            taken.error = row.error;
            taken.reason = row.reason;
        } else if (auto leaf = couch::dissectLeaf(row.document)) {
            taken.leaf = std::move(*leaf);
        } else {
            taken.error = kMalformed;
            taken.reason = leaf.error().message.toStdString();
        }
        out.push_back(std::move(taken));
    }
    return out;
}

std::vector<AttachmentFetcher::Wanted> DocumentWriter::wantedBy(const std::vector<Row> &rows) const
{
    std::vector<AttachmentFetcher::Wanted> wanted;
    for (const Row &row : rows) {
        if (!row.leaf)
            continue;
        for (const couch::AttachmentStub &stub : row.leaf->attachments)
            wanted.push_back(
                {row.leaf->id, row.leaf->rev, base::json::unescape(stub.nameJson), stub});
    }
    return wanted;
}

Status DocumentWriter::addBatch(const LeafFetcher::Batch &batch)
{
    std::vector<std::vector<Row>> rows;
    rows.reserve(batch.size());
    for (const LeafFetcher::Slice &slice : batch) {
        rows.push_back(dissect(slice.rows));
        m_parts.attachments.announce(wantedBy(rows.back()));
    }
    for (size_t i = 0; i < batch.size(); ++i) {
        if (Status added = addSlice(batch[i], rows[i]); !added)
            return added;
    }
    m_parts.attachments.settle();
    return {};
}

Status DocumentWriter::addSlice(const LeafFetcher::Slice &slice, const std::vector<Row> &rows)
{
    if (slice.begins) {
        m_isOpen = false;
        m_stored.clear();
        m_frozen.clear();
        m_covered.clear();
        m_oldestKept = 0;
        m_refusals.clear();
    }
    m_frozen.insert(slice.revs.begin(), slice.revs.end());
    bool isOutdated = false;
    for (const Row &row : rows) {
        if (!row.leaf) {
            m_refusals[row.asked] = {row.error, row.reason};
            isOutdated = isOutdated || row.error == kNotFound;
            continue;
        }
        const auto added = addLeaf(*row.leaf, true);
        if (!added)
            return added.error();
        isOutdated = isOutdated || !*added;
    }
    if (isOutdated) {
        if (Status again = addAgain(slice.id); !again)
            return again;
    }
    return slice.ends ? endDocument(slice.id) : Status();
}

Status DocumentWriter::addAgain(const std::string &id)
{
    bool isOutdated = true;
    for (int tries = 1; isOutdated && tries <= kTries; ++tries) {
        isOutdated = false;
        // Without a revision the server sends all leaves.
        const auto rows = fetchLeaves(m_parts.source, m_parts.database, {{id, {}}});
        if (!rows)
            return rows.error();
        const std::vector<Row> taken = dissect(*rows);
        for (const Row &row : taken) {
            if (!row.leaf)
                continue; // what is missing in the end is named when the document ends
            const auto added = addLeaf(*row.leaf, tries < kTries);
            if (!added)
                return added.error();
            isOutdated = isOutdated || !*added;
        }
    }
    return {};
}

Result<bool> DocumentWriter::addLeaf(const couch::FetchedLeaf &leaf, bool mayBeOutdated)
{
    if (m_stored.contains(leaf.rev)) {
        noteCovered(leaf);
        return true;
    }
    std::vector<store::StoredAttachment> attachments;
    for (const couch::AttachmentStub &stub : leaf.attachments) {
        const std::string name = base::json::unescape(stub.nameJson);
        const auto stored = m_parts.attachments.take({leaf.id, leaf.rev, name, stub});
        if (stored) {
            attachments.push_back(
                {stub.nameJson, stub.contentTypeJson, stub.revpos, stored->length, stored->digest});
            m_parts.progress.bytesDone += stored->length;
            if (stored->isOversize)
                omit("pouch-unreadable", leaf.id, leaf.rev,
                     base::text("It is in the backup, but larger than PouchDB can read (2 GiB)."),
                     name);
            continue;
        }
        const ErrorKind kind = stored.error().kind;
        if (stopsTheRun(kind))
            return stored.error();
        if (mayBeOutdated && kind == ErrorKind::NotFound)
            return false;
        omit("attachment-unreadable", leaf.id, leaf.rev, stored.error().message, name);
    }
    if (!m_isOpen) {
        if (Status begun = m_parts.writer.beginDocument(leaf.id); !begun)
            return begun.error();
        m_isOpen = true;
    }
    const std::string body = composeStoredBody(leaf, attachments);
    if (Status added =
            m_parts.writer.addLeaf({pathOf(leaf), leaf.deleted, body, std::move(attachments)});
        !added)
        return added.error();
    m_parts.progress.bytesDone += body.size();
    m_parts.sample.offer(leaf.id, leaf.rev);
    m_stored.insert(leaf.rev);
    noteCovered(leaf);
    return true;
}

void DocumentWriter::noteCovered(const couch::FetchedLeaf &leaf)
{
    if (!m_frozen.contains(leaf.rev))
        m_oldestKept = std::max(m_oldestKept, leaf.revisionsStart - leaf.revisionsIds.size() + 1);
    else if (m_frozen.size() == 1)
        return; // it is in m_stored
    for (size_t back = 0; back < leaf.revisionsIds.size(); ++back) {
        const std::string rev =
            std::to_string(leaf.revisionsStart - back) + '-' + leaf.revisionsIds[back];
        if (m_frozen.contains(rev))
            m_covered.insert(rev);
    }
}

bool DocumentWriter::isCovered(const std::string &frozenRev) const
{
    if (m_stored.contains(frozenRev) || m_covered.contains(frozenRev))
        return true;
    // The history may be stemmed: then it is older than all that a successor keeps. Where the
    // server does not know it any more, all leaves there are were fetched.
    const auto rev = store::RevId::parse(frozenRev);
    const auto refusal = m_refusals.find(frozenRev);
    const bool isGone = refusal == m_refusals.end() || refusal->second.code == kNotFound;
    return rev && isGone && rev->generation < m_oldestKept;
}

Status DocumentWriter::endDocument(const std::string &id)
{
    for (const std::string &rev : m_frozen) {
        if (isCovered(rev))
            continue;
        const auto said = m_refusals.find(rev);
        const Refusal refusal = said == m_refusals.end() ? Refusal{kNotFound, {}} : said->second;
        const char *code = refusal.code == kMalformed ? kMalformed
            : refusal.code == kNotFound               ? "revision-missing"
                                                      : "revision-unreadable";
        omit(code, id, rev, unfetched(refusal.code, refusal.reason));
    }
    ++m_parts.progress.documentsDone;
    if (!m_isOpen)
        return {};
    m_isOpen = false;
    return m_parts.writer.endDocument();
}

void DocumentWriter::omit(std::string code, const std::string &id, const std::string &rev,
                          const QString &message, const std::string &attachment)
{
    archive::Omission omission;
    omission.code = std::move(code);
    omission.id = id;
    omission.rev = rev;
    if (!attachment.empty())
        omission.attachment = attachment;
    omission.message = message.toStdString();
    m_parts.omissions.add(std::move(omission));
}

} // namespace backup
