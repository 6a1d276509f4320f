// The writing half of memorydatabase.h.
#include "core/serve/memorydatabase.h"

#include "core/base/bytes.h"
#include "core/serve/arguments.h"
#include "core/serve/gzipbytes.h"
#include "core/serve/revisionhash.h"

#include <algorithm>
#include <array>
#include <limits>

namespace serve {

using base::Status;
namespace json = base::json;

namespace {

constexpr std::size_t kMostUnpackedBytes = std::size_t{1} << 30;

/// CouchDB's setting compressible_types.
bool isCompressible(const std::string &contentTypeJson)
{
    constexpr std::array<std::string_view, 3> kTypes{"application/javascript", "application/json",
                                                     "application/xml"};
    const std::string type = json::unescape(contentTypeJson);
    const std::string_view plain = trimmed(std::string_view(type).substr(0, type.find(';')));
    return plain.starts_with("text/") || std::ranges::find(kTypes, plain) != kTypes.end();
}

const store::RevTree::Node &nodeAt(const store::RevTree &tree, std::int32_t node)
{
    return tree.nodes()[static_cast<size_t>(node)];
}

/// The leaf that an edit goes on from; -1 for a new document.
OrRefusal<std::int32_t> parentOf(const IncomingDocument &document, const store::Metadata *metadata)
{
    if (!metadata)
        return std::int32_t{-1};
    if (document.rev) {
        const std::int32_t node = metadata->tree.find(*document.rev);
        if (node < 0 || nodeAt(metadata->tree, node).firstChild >= 0)
            return refusal::conflict();
        return node;
    }
    // What was deleted may be made again without a revision.
    if (!metadata->isDeleted())
        return refusal::conflict();
    return metadata->tree.winner();
}

} // namespace

Status MemoryDatabase::readAttachment(const std::string &digest, bool asStored,
                                      const base::ByteSink &sink)
{
    StoredBytes stored;
    {
        const std::lock_guard lock(m_mutex);
        stored = m_attachments[digest];
    }
    if (!stored.bytes)
        return base::Error{base::ErrorKind::NotFound,
                           QStringLiteral("The attachment is not there any more.")};
    if (asStored || !stored.isGzip)
        return sink(*stored.bytes);
    const auto unpacked = gunzipped(*stored.bytes, kMostUnpackedBytes);
    return unpacked ? sink(*unpacked) : Status(unpacked.error());
}

OrRefusal<store::StoredAttachment> MemoryDatabase::keepBytes(const IncomingAttachment &attachment)
{
    StoredBytes stored;
    std::uint64_t length = attachment.bytes->size();
    if (attachment.isGzip) {
        const auto unpacked = gunzipped(*attachment.bytes, kMostUnpackedBytes);
        if (!unpacked)
            return refusal::badRequest(unpacked.error().message.toStdString());
        length = unpacked->size();
        stored = {std::make_shared<const std::string>(*attachment.bytes), true};
    } else if (isCompressible(attachment.contentTypeJson)) {
        stored = {std::make_shared<const std::string>(gzipped(*attachment.bytes)), true};
    } else {
        stored = {std::make_shared<const std::string>(*attachment.bytes), false};
    }
    const std::string digest = "md5-" + base::toBase64(base::md5(*stored.bytes));
    if (m_attachments.emplace(digest, stored).second)
        m_bytes += stored.bytes->size();
    return store::StoredAttachment{attachment.nameJson, attachment.contentTypeJson,
                                   attachment.revpos.value_or(0), length, digest};
}

/// What a stub stands for: the attachment of the nearest older revision that has a body.
const store::StoredAttachment *
MemoryDatabase::attachmentOfAncestor(const store::Metadata &metadata, const store::RevPath &path,
                                     const std::string &nameJson,
                                     store::StoredAttachment &found) const
{
    for (size_t i = 0; i < path.hashes.size(); ++i) {
        const auto seq = metadata.seqOf.find({path.start - i, path.hashes[i]});
        if (seq == metadata.seqOf.end())
            continue;
        const auto info = store::inspectBody(m_bodies.at(seq->second));
        if (!info)
            return nullptr;
        for (const store::StoredAttachment &attachment : info->attachments) {
            if (json::unescape(attachment.nameJson) == json::unescape(nameJson)) {
                found = attachment;
                return &found;
            }
        }
        return nullptr;
    }
    return nullptr;
}

OrRefusal<std::vector<store::StoredAttachment>>
MemoryDatabase::keepAttachments(const IncomingDocument &document, const store::Metadata *metadata,
                                const store::RevPath &path, bool isEdit)
{
    std::vector<store::StoredAttachment> kept;
    for (const IncomingAttachment &attachment : document.attachments) {
        if (attachment.bytes) {
            auto stored = keepBytes(attachment);
            if (const Refusal *refusal = refusalIn(stored))
                return *refusal;
            kept.push_back(valueIn(stored));
            if (isEdit)
                kept.back().revpos = path.start;
            continue;
        }
        store::StoredAttachment found;
        if (!metadata || !attachmentOfAncestor(*metadata, path, attachment.nameJson, found))
            return Refusal{412, "missing_stub",
                           "Invalid attachment stub in " + document.id + " for "
                               + json::unescape(attachment.nameJson)};
        found.nameJson = attachment.nameJson;
        kept.push_back(std::move(found));
    }
    return kept;
}

/// A change gets the next sequence.
void MemoryDatabase::touch(store::Metadata &metadata)
{
    m_bySeq.erase(metadata.seq);
    metadata.seq = ++m_seq;
    m_bySeq[metadata.seq] = metadata.id;
}

/// Bodies of revisions that are not in the tree any more.
void MemoryDatabase::forgetBodies(store::Metadata &metadata)
{
    std::erase_if(metadata.seqOf, [&](const auto &entry) {
        if (metadata.tree.find(entry.first) >= 0)
            return false;
        m_bytes -= m_bodies[entry.second].size();
        m_bodies.erase(entry.second);
        return true;
    });
}

void MemoryDatabase::write(const IncomingDocument &document, const store::RevPath &path,
                           const std::vector<store::StoredAttachment> &attachments)
{
    store::Metadata &metadata = m_documents[document.id];
    metadata.id = document.id;
    metadata.tree.merge(path, document.deleted);
    const std::uint64_t bodySeq = m_nextBody++;
    std::string text =
        store::composeBody(document.userMembers, attachments, json::quoted(document.id),
                           path.leaf().toString(), document.deleted);
    m_bytes += text.size();
    m_bodies[bodySeq] = std::move(text);
    metadata.seqOf[path.leaf()] = bodySeq;
    metadata.tree.stem(m_revsLimit);
    forgetBodies(metadata);
}

OrRefusal<std::string> MemoryDatabase::edit(const IncomingDocument &document)
{
    std::string rev;
    {
        const std::lock_guard lock(m_mutex);
        const auto known = m_documents.find(document.id);
        const store::Metadata *metadata = known == m_documents.end() ? nullptr : &known->second;
        const auto parent = parentOf(document, metadata);
        if (const Refusal *refusal = refusalIn(parent))
            return *refusal;
        store::RevPath path;
        std::optional<store::RevId> parentRev;
        if (valueIn(parent) >= 0) {
            path = metadata->tree.pathOf(valueIn(parent));
            parentRev = path.leaf();
        } else if (document.rev) {
            // CouchDB takes a revision of a document that it never saw for its parent.
            path = {document.rev->generation, {document.rev->hash}};
            parentRev = document.rev;
        }
        ++path.start;
        // The attachments are looked for under the parent: its hash is not known yet.
        path.hashes.insert(path.hashes.begin(), std::string());
        auto attachments = keepAttachments(document, metadata, path, true);
        if (const Refusal *refusal = refusalIn(attachments))
            return *refusal;
        path.hashes.front() =
            revisionHash(document.deleted, parentRev, document.userMembers, valueIn(attachments));
        rev = path.leaf().toString();
        if (metadata && metadata->tree.find(path.leaf()) >= 0)
            return refusal::conflict();
        write(document, path, valueIn(attachments));
        touch(m_documents[document.id]);
    }
    tell();
    return rev;
}

std::optional<Refusal> MemoryDatabase::insertOne(const IncomingDocument &document,
                                                 std::vector<std::string> &changed)
{
    const auto path = document.path();
    if (!path)
        return refusal::badRev();
    const auto known = m_documents.find(document.id);
    const store::Metadata *metadata = known == m_documents.end() ? nullptr : &known->second;
    if (metadata && metadata->tree.find(path->leaf()) >= 0)
        return std::nullopt; // known, also when its body has gone
    auto attachments = keepAttachments(document, metadata, *path, false);
    if (const Refusal *refusal = refusalIn(attachments))
        return *refusal;
    write(document, *path, valueIn(attachments));
    if (std::ranges::find(changed, document.id) == changed.end())
        changed.push_back(document.id);
    return std::nullopt;
}

std::vector<std::optional<Refusal>>
MemoryDatabase::insert(const std::vector<IncomingDocument> &documents)
{
    std::vector<std::optional<Refusal>> results;
    std::vector<std::string> changed;
    {
        const std::lock_guard lock(m_mutex);
        for (const IncomingDocument &document : documents)
            results.push_back(insertOne(document, changed));
        for (const std::string &id : changed)
            touch(m_documents[id]);
    }
    if (!changed.empty())
        tell();
    return results;
}

std::vector<store::RevId> MemoryDatabase::purge(const std::string &id,
                                                const std::vector<store::RevId> &revs)
{
    std::vector<store::RevId> purged;
    {
        const std::lock_guard lock(m_mutex);
        const auto known = m_documents.find(id);
        if (known == m_documents.end())
            return purged;
        store::Metadata &metadata = known->second;
        store::RevTree kept;
        for (const std::int32_t leaf : metadata.tree.leaves()) {
            const store::RevId rev = metadata.tree.revOf(leaf);
            if (std::ranges::find(revs, rev) != revs.end())
                purged.push_back(rev);
            else
                kept.merge(metadata.tree.pathOf(leaf), nodeAt(metadata.tree, leaf).deleted);
        }
        if (purged.empty())
            return purged;
        metadata.tree = std::move(kept);
        forgetBodies(metadata);
        ++m_purgeSeq;
        touch(metadata);
        if (metadata.tree.nodes().empty()) {
            m_bySeq.erase(metadata.seq);
            m_documents.erase(known);
        }
    }
    tell();
    return purged;
}

} // namespace serve
