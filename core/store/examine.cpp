#include "core/store/reader.h"

#include "core/base/text.h"
#include "core/store/attachrecord.h"
#include "core/store/factssum.h"
#include "core/store/keyspace.h"

#include <algorithm>
#include <set>

namespace store {

using base::ErrorKind;
using base::Result;
using base::Status;
using base::text;

namespace {

/// A multiset of records, to be compared with another one.
class JoinSum
{
public:
    template <typename... Parts>
    void add(const Parts &...parts)
    {
        std::string term;
        ((term += parts, term += '\0'), ...);
        m_sum.add(base::sha256(term));
    }
    bool operator==(const JoinSum &) const = default;

private:
    base::HashSum m_sum;
};

std::string_view flag(bool deleted)
{
    return deleted ? "1" : "0";
}

/// The digests of a body, each once: PouchDB counts one reference for a revision.
std::map<std::string_view, std::uint64_t> digestsOf(const BodyInfo &body)
{
    std::map<std::string_view, std::uint64_t> digests;
    for (const StoredAttachment &attachment : body.attachments)
        digests[attachment.digest] = attachment.length;
    return digests;
}

bool isDeletedIn(const Metadata &metadata, const RevId &rev)
{
    const std::int32_t node = metadata.tree.find(rev);
    return node >= 0 && metadata.tree.nodes()[static_cast<size_t>(node)].deleted;
}

/// The first pass sums up both sides of every join; the others run only where sums differ.
class Examiner
{
public:
    Examiner(Reader &reader, size_t maxProblems)
        : m_reader(reader)
        , m_maxProblems(maxProblems)
    {
    }
    Result<Examination> run();

private:
    void report(const char *code, std::string_view document, const QString &message,
                bool isRemark = false);
    Status readDocument(std::string_view id, std::string_view value);
    void checkTree(const Metadata &metadata);
    Status takeBackInnerBodies(const Metadata &metadata);
    Status readBody(std::string_view key, std::string_view value);
    Status readAttachment(std::string_view digest, std::string_view value);
    Status readLocal(std::string_view id, std::string_view value);
    Status checkCounts();

    Status findMissingBodies();
    Status findMissingBody(const Metadata &metadata, const RevId &rev, std::uint64_t seq);
    Status findOrphanBodies();
    Status findAttachmentProblems();

    Reader &m_reader;
    size_t m_maxProblems;
    Examination m_result;
    FactsSum m_facts;
    JoinSum m_bodiesExpected, m_bodiesFound;
    JoinSum m_attachmentsExpected, m_attachmentsFound;
    std::uint64_t m_maxSeq = 0;
};

void Examiner::report(const char *code, std::string_view document, const QString &message,
                      bool isRemark)
{
    if (m_result.problems.size() < m_maxProblems)
        m_result.problems.push_back({code, std::string(document), message, isRemark});
}

Status Examiner::readDocument(std::string_view id, std::string_view value)
{
    const auto metadata = decodeMetadata(value);
    if (!metadata || metadata->id != id) {
        report("metadata-bad", id,
               text("The metadata of \"%1\" cannot be read: the document is lost.")
                   .arg(base::printable(id)));
        return {};
    }
    m_facts.addDocument(id, metadata->tree);
    checkTree(*metadata);
    for (const auto &[rev, seq] : metadata->seqOf) {
        m_bodiesExpected.add(sequenceKey(seq), id, rev.toString(),
                             flag(isDeletedIn(*metadata, rev)));
        m_maxSeq = std::max(m_maxSeq, seq);
    }
    return takeBackInnerBodies(*metadata);
}

/// Tree and rev_map must name the same bodies, and every leaf must have one.
void Examiner::checkTree(const Metadata &metadata)
{
    const auto reportRev = [&](const char *code, const RevId &rev, const QString &message) {
        report(code, metadata.id,
               message.arg(base::printable(rev.toString()), base::printable(metadata.id)));
    };
    for (const RevTree::Node &node : metadata.tree.nodes()) {
        const RevId rev{node.generation, node.hash};
        const bool mapped = metadata.seqOf.contains(rev);
        if (node.firstChild < 0 && !mapped)
            reportRev("missing-body", rev, text("The body of revision %1 of \"%2\" is missing."));
        else if (node.available && !mapped)
            reportRev("metadata-bad", rev,
                      text("The body of revision %1 of \"%2\" cannot be found."));
    }
    for (const auto &[rev, seq] : metadata.seqOf) {
        if (metadata.tree.find(rev) < 0)
            reportRev("metadata-bad", rev,
                      text("Revision %1 of \"%2\" has no place in the history."));
    }
}

/// The facts speak of leaves, but readBody() sees all bodies.
Status Examiner::takeBackInnerBodies(const Metadata &metadata)
{
    for (const RevId &rev : storedInnerRevisions(metadata)) {
        auto body = m_reader.body(metadata.seqOf.at(rev));
        if (!body && body.error().kind != ErrorKind::NotFound)
            return body.error();
        const auto info = body ? inspectBody(*body) : Result<BodyInfo>(body.error());
        if (info)
            m_facts.removeBody(base::sha256(*body), info->attachments.size());
    }
    return {};
}

Status Examiner::readBody(std::string_view key, std::string_view value)
{
    const auto info = inspectBody(value);
    if (!info || !parseSequenceKey(key)) {
        report("body-bad", {},
               text("The body with the sequence %1 cannot be read.").arg(base::printable(key)));
        return {};
    }
    m_bodiesFound.add(key, info->id, info->rev, flag(info->deleted));
    m_facts.addBody(base::sha256(value), info->attachments.size());
    for (const auto &[digest, length] : digestsOf(*info))
        m_attachmentsExpected.add(digest, info->id + '@' + info->rev, std::to_string(length));
    return {};
}

Status Examiner::readAttachment(std::string_view digest, std::string_view value)
{
    const auto references = decodeReferences(value);
    if (!references) {
        report("attachment-bad", {},
               text("The references of the attachment %1 cannot be read.")
                   .arg(base::printable(digest)));
        return {};
    }
    std::uint64_t length = 0;
    Status read = m_reader.readAttachment(digest, [&](std::string_view piece) {
        length += piece.size();
        return Status();
    });
    if (!read && read.error().kind != ErrorKind::NotFound) {
        if (read.error().kind != ErrorKind::Corrupt)
            return read;
        const std::string first = references->empty() ? std::string() : references->front();
        report("attachment-digest", std::string_view(first).substr(0, first.rfind('@')),
               read.error().message);
        return {};
    }
    if (read)
        m_facts.addDigest(digest, length);
    for (const std::string &reference : *references)
        m_attachmentsFound.add(digest, reference,
                               read ? std::to_string(length) : std::string("missing"));
    return {};
}

Status Examiner::readLocal(std::string_view id, std::string_view value)
{
    if (!base::json::validate(value))
        report("body-bad", id,
               text("The local document \"%1\" cannot be read.").arg(base::printable(id)));
    return {};
}

Status Examiner::checkCounts()
{
    const auto meta = m_reader.meta();
    if (!meta)
        return meta.error();
    const std::uint64_t documents = m_result.facts.documents;
    const std::uint64_t all = documents + m_result.facts.deleted;
    if (meta->docCount.value_or(0) != documents)
        report("counts-stale", {},
               text("The database counts %1 documents, but holds %2.")
                   .arg(meta->docCount.value_or(0))
                   .arg(documents),
               true);
    if (all > 0 && meta->lastSeq.value_or(0) < m_maxSeq)
        report("counts-stale", {},
               text("The database's last sequence is %1, but it holds %2.")
                   .arg(meta->lastSeq.value_or(0))
                   .arg(m_maxSeq),
               true);
    return {};
}

Status Examiner::findMissingBodies()
{
    return m_reader.forEachRecord(
        kDocumentStore, [&](std::string_view, std::string_view value) -> Status {
            const auto metadata = decodeMetadata(value);
            if (!metadata)
                return {};
            for (const auto &[rev, seq] : metadata->seqOf) {
                if (Status looked = findMissingBody(*metadata, rev, seq); !looked)
                    return looked;
            }
            return {};
        });
}

Status Examiner::findMissingBody(const Metadata &metadata, const RevId &rev, std::uint64_t seq)
{
    const auto body = m_reader.body(seq);
    if (!body && body.error().kind != ErrorKind::NotFound)
        return body.error();
    const auto describe = [&](const QString &message) {
        return message.arg(base::printable(rev.toString()), base::printable(metadata.id));
    };
    if (!body) {
        report("missing-body", metadata.id,
               describe(text("The body of revision %1 of \"%2\" is missing.")));
        return {};
    }
    const auto info = inspectBody(*body);
    if (!info)
        report("body-bad", metadata.id,
               describe(text("The body of revision %1 of \"%2\" cannot be read.")));
    else if (info->id != metadata.id || info->rev != rev.toString()
             || info->deleted != isDeletedIn(metadata, rev))
        report("wrong-doc", metadata.id,
               describe(text("In the place of revision %1 of \"%2\" lies another body.")));
    return {};
}

/// Bodies that no metadata leads to. They are no part of the facts.
Status Examiner::findOrphanBodies()
{
    return m_reader.forEachRecord(
        kBySequenceStore, [&](std::string_view key, std::string_view value) -> Status {
            const auto info = inspectBody(value);
            const auto seq = parseSequenceKey(key);
            if (!info || !seq)
                return {};
            const auto metadata = m_reader.document(info->id);
            if (!metadata && metadata.error().kind != ErrorKind::Corrupt)
                return metadata.error();
            const auto rev = RevId::parse(info->rev);
            if (metadata && *metadata && rev) {
                const auto known = (*metadata)->seqOf.find(*rev);
                if (known != (*metadata)->seqOf.end() && known->second == *seq)
                    return {};
            }
            m_facts.removeBody(base::sha256(value), info->attachments.size());
            report("orphan-body", info->id,
                   text("Sequence %1 holds a body of \"%2\" that its history does not know.")
                       .arg(*seq)
                       .arg(base::printable(info->id)),
                   true);
            return {};
        });
}

Status Examiner::findAttachmentProblems()
{
    return m_reader.forEachRecord(
        kBySequenceStore, [&](std::string_view, std::string_view value) -> Status {
            const auto info = inspectBody(value);
            if (!info)
                return {};
            for (const auto &[digest, expected] : digestsOf(*info)) {
                const auto length = m_reader.attachmentLength(digest);
                if (!length && length.error().kind == ErrorKind::NotFound)
                    report("missing-attachment", info->id,
                           text("The bytes of the attachment %1 of \"%2\" are missing.")
                               .arg(base::printable(digest), base::printable(info->id)));
                else if (!length && length.error().kind != ErrorKind::Corrupt)
                    return length.error();
                else if (length && *length != expected)
                    report("attachment-length", info->id,
                           text("The attachment %1 of \"%2\" should have %3 bytes, but has %4.")
                               .arg(base::printable(digest), base::printable(info->id),
                                    QString::number(expected), QString::number(*length)));
            }
            return {};
        });
}

Result<Examination> Examiner::run()
{
    m_result.problems = m_reader.openProblems();
    using Pass = Status (Examiner::*)(std::string_view, std::string_view);
    for (const auto &[store, pass] :
         {std::pair<std::string_view, Pass>{kDocumentStore, &Examiner::readDocument},
          {kBySequenceStore, &Examiner::readBody},
          {kAttachStore, &Examiner::readAttachment},
          {kLocalStore, &Examiner::readLocal}}) {
        const Status read = m_reader.forEachRecord(
            store, [&, pass = pass](std::string_view key, std::string_view value) {
                return (this->*pass)(key, value);
            });
        if (!read)
            return read.error();
    }
    if (!(m_bodiesExpected == m_bodiesFound)) {
        if (Status found = findMissingBodies(); !found)
            return found.error();
        if (Status found = findOrphanBodies(); !found)
            return found.error();
    }
    if (!(m_attachmentsExpected == m_attachmentsFound)) {
        if (Status found = findAttachmentProblems(); !found)
            return found.error();
    }
    m_result.facts = m_facts.facts();
    if (Status checked = checkCounts(); !checked)
        return checked.error();
    return std::move(m_result);
}

} // namespace

Result<Examination> examine(Reader &reader, size_t maxProblems)
{
    return Examiner(reader, maxProblems).run();
}

} // namespace store
