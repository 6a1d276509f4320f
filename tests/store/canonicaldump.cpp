#include "tests/store/canonicaldump.h"

#include <algorithm>
#include <map>

namespace teststore {

using base::Result;
using base::Status;
using base::json::appendQuoted;
using base::json::quoted;
using store::Metadata;
using store::RevId;
namespace json = base::json;

namespace {

constexpr std::uint64_t kWholeAttachmentLimit = std::uint64_t{1} << 20; // as in dump.js

class Dumper
{
public:
    explicit Dumper(store::Reader &reader)
        : m_reader(reader)
    {
    }
    Result<std::string> run();

private:
    Status dumpDocument(const Metadata &metadata);
    Result<std::string> leafDocument(const Metadata &metadata, std::int32_t leaf,
                                     const std::string &extra);
    Result<std::string> storedDocument(const Metadata &metadata, const RevId &rev,
                                       const std::string &extra);
    Result<std::string> attachmentList(const std::vector<RevId> &revs, const Metadata &metadata);
    Result<std::string> attachmentEntry(const std::string &rev,
                                        const store::StoredAttachment &attachment);

    store::Reader &m_reader;
    std::string m_docs;
    std::map<std::uint64_t, std::string> m_changes; ///< by sequence
    std::map<std::uint64_t, std::string> m_ids;
    std::map<std::string, std::string> m_whole; ///< base64 by digest
};

/// `{...}` with more members at its end.
std::string withMembers(std::string_view object, const std::string &extra)
{
    std::string out(object.substr(0, object.rfind('}')));
    if (!extra.empty()) {
        if (out.size() > 1)
            out += ',';
        out += extra;
    }
    return out + '}';
}

std::string revisionsMember(const store::RevPath &path)
{
    std::string out = R"("_revisions":{"start":)" + std::to_string(path.start) + R"(,"ids":[)";
    for (size_t i = 0; i < path.hashes.size(); ++i)
        out += (i == 0 ? "" : ",") + quoted(path.hashes[i]);
    return out + "]}";
}

std::string revsInfoMember(const Metadata &metadata, std::int32_t leaf)
{
    std::string out = R"("_revs_info":[)";
    const auto &nodes = metadata.tree.nodes();
    for (std::int32_t node = leaf; node >= 0; node = nodes[static_cast<size_t>(node)].parent) {
        out += node == leaf ? "" : ",";
        out += R"({"rev":)" + quoted(metadata.tree.revOf(node).toString()) + R"(,"status":)"
            + (nodes[static_cast<size_t>(node)].available ? R"("available"})" : R"("missing"})");
    }
    return out + ']';
}

std::string conflictsMember(const Metadata &metadata, std::int32_t winner)
{
    std::string out;
    for (const std::int32_t leaf : metadata.tree.leaves()) {
        if (leaf != winner && !metadata.tree.nodes()[static_cast<size_t>(leaf)].deleted)
            out += (out.empty() ? "" : ",") + quoted(metadata.tree.revOf(leaf).toString());
    }
    return out.empty() ? out : R"("_conflicts":[)" + out + "],";
}

std::vector<RevId> availableRevisions(const Metadata &metadata)
{
    std::vector<RevId> revs;
    for (const auto &[rev, seq] : metadata.seqOf)
        revs.push_back(rev);
    return revs; // sorted by the map
}

} // namespace

/// The stored body as PouchDB's API returns it: attachments are marked as stubs.
Result<std::string> Dumper::storedDocument(const Metadata &metadata, const RevId &rev,
                                           const std::string &extra)
{
    const auto seq = metadata.seqOf.find(rev);
    if (seq == metadata.seqOf.end())
        return base::Error{base::ErrorKind::NotFound, QStringLiteral("A leaf has no body.")};
    const auto body = m_reader.body(seq->second);
    if (!body)
        return body.error();
    const auto members = json::members(*body);
    if (!members)
        return members.error();
    std::string out = "{";
    for (const auto &[key, value] : *members) {
        out += out.size() > 1 ? ",\"" : "\"";
        out += key;
        out += "\":";
        if (key != "_attachments") {
            out += value;
            continue;
        }
        const auto attachments = json::members(value);
        if (!attachments)
            return attachments.error();
        std::string stubs;
        for (const auto &[name, entry] : *attachments) {
            const bool marked = entry.find(R"("stub":true)") != std::string_view::npos;
            stubs += stubs.empty() ? "\"" : ",\"";
            stubs += name;
            stubs += "\":" + withMembers(entry, marked ? "" : R"("stub":true)");
        }
        out += '{' + stubs + '}';
    }
    return withMembers(out + '}', extra);
}

Result<std::string> Dumper::leafDocument(const Metadata &metadata, std::int32_t leaf,
                                         const std::string &extra)
{
    return storedDocument(metadata, metadata.tree.revOf(leaf), extra);
}

Result<std::string> Dumper::attachmentEntry(const std::string &rev,
                                            const store::StoredAttachment &attachment)
{
    base::Hasher md5(base::Hasher::Algorithm::Md5Digest);
    std::uint64_t length = 0;
    std::string whole;
    const Status read = m_reader.readAttachment(attachment.digest, [&](std::string_view piece) {
        md5.add(piece);
        length += piece.size();
        if (length <= kWholeAttachmentLimit)
            whole += piece;
        return Status();
    });
    if (!read)
        return read.error();
    if (length <= kWholeAttachmentLimit)
        m_whole[attachment.digest] = base::toBase64(whole);
    return R"({"rev":)" + quoted(rev) + R"(,"name":)" + attachment.nameJson + R"(,"digest":)"
        + quoted(attachment.digest) + R"(,"length":)" + std::to_string(attachment.length)
        + R"(,"content_type":)" + attachment.contentTypeJson + R"(,"revpos":)"
        + std::to_string(attachment.revpos) + R"(,"got_length":)" + std::to_string(length)
        + R"(,"md5":)" + quoted(base::toBase64(md5.finish())) + '}';
}

Result<std::string> Dumper::attachmentList(const std::vector<RevId> &revs, const Metadata &metadata)
{
    std::string out = "[";
    for (const RevId &rev : revs) {
        const auto body = m_reader.body(metadata.seqOf.at(rev));
        if (!body)
            return body.error();
        auto info = store::inspectBody(*body);
        if (!info)
            return info.error();
        std::ranges::sort(info->attachments, {},
                          [](const auto &a) { return json::unescape(a.nameJson); });
        for (const store::StoredAttachment &attachment : info->attachments) {
            auto entry = attachmentEntry(rev.toString(), attachment);
            if (!entry)
                return entry;
            out += (out.size() > 1 ? "," : "") + *entry;
        }
    }
    return out + ']';
}

Status Dumper::dumpDocument(const Metadata &metadata)
{
    const std::int32_t winner = metadata.tree.winner();
    const bool deleted = metadata.isDeleted();
    std::vector<std::int32_t> leaves = metadata.tree.leaves();
    std::ranges::sort(leaves, {}, [&](std::int32_t leaf) { return metadata.tree.revOf(leaf); });

    std::string openRevs, changes;
    for (const std::int32_t leaf : leaves) {
        auto document = leafDocument(metadata, leaf, revisionsMember(metadata.tree.pathOf(leaf)));
        if (!document)
            return document.error();
        openRevs += (openRevs.empty() ? R"({"ok":)" : R"(,{"ok":)") + *document + '}';
        changes = R"({"rev":)" + quoted(metadata.tree.revOf(leaf).toString()) + '}'
            + (changes.empty() ? "" : ",") + changes;
    }
    std::string winnerMember =
        R"("winner_error":{"status":404,"name":"not_found","reason":"deleted"})";
    if (!deleted) {
        auto document = leafDocument(
            metadata, winner, conflictsMember(metadata, winner) + revsInfoMember(metadata, winner));
        if (!document)
            return document.error();
        winnerMember = R"("winner":)" + *document;
    }
    const std::vector<RevId> revs = availableRevisions(metadata);
    std::string available;
    for (const RevId &rev : revs) {
        auto document = storedDocument(metadata, rev, {});
        if (!document)
            return document.error();
        available += (available.empty() ? "" : ",") + quoted(rev.toString()) + ':' + *document;
    }
    const auto attachments = attachmentList(revs, metadata);
    if (!attachments)
        return attachments.error();
    const std::string id = quoted(metadata.id);
    m_docs += (m_docs.empty() ? "" : ",") + id + R"(:{"rev":)"
        + quoted(metadata.winner().toString()) + R"(,"deleted":)" + (deleted ? "true" : "false")
        + R"(,"open_revs":[)" + openRevs + "]," + winnerMember + R"(,"available_revs":{)"
        + available + R"(},"attachments":)" + *attachments + '}';
    m_changes[metadata.seq] = R"({"id":)" + id + R"(,"changes":[)" + changes + ']'
        + (deleted ? R"(,"deleted":true)" : "") + R"(,"seq":)" + std::to_string(metadata.seq) + '}';
    m_ids[metadata.seq] = id;
    return {};
}

Result<std::string> Dumper::run()
{
    const auto meta = m_reader.meta();
    if (!meta)
        return meta.error();
    const Status read = m_reader.forEachDocument([this](const Metadata &metadata) -> Result<bool> {
        if (Status dumped = dumpDocument(metadata); !dumped)
            return dumped.error();
        return true;
    });
    if (!read)
        return read.error();
    const auto join = [](const std::map<std::uint64_t, std::string> &parts) {
        std::string out;
        for (const auto &[seq, part] : parts)
            out += (out.empty() ? "" : ",") + part;
        return out;
    };
    std::string whole;
    for (const auto &[digest, base64] : m_whole)
        whole += (whole.empty() ? "" : ",") + quoted(digest) + ":\"" + base64 + '"';
    const std::string lastSeq = std::to_string(meta->lastSeq.value_or(0));
    return R"({"info":{"doc_count":)" + std::to_string(meta->docCount.value_or(0))
        + R"(,"update_seq":)" + lastSeq + R"(},"uuid":)" + quoted(meta->uuid.value_or(""))
        + R"(,"changes":{"results":[)" + join(m_changes) + R"(],"last_seq":)" + lastSeq
        + R"(},"ids":[)" + join(m_ids) + R"(],"docs":{)" + m_docs + R"(},"attachments":{)" + whole
        + "}}";
}

Result<std::string> canonicalDump(store::Reader &reader)
{
    return Dumper(reader).run();
}

} // namespace teststore
