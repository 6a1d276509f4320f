#include "core/serve/revision.h"

#include "core/base/text.h"
#include "core/serve/incoming.h"

#include <algorithm>

namespace serve {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
namespace json = base::json;

namespace {

const store::RevTree::Node &nodeAt(const store::RevTree &tree, std::int32_t node)
{
    return tree.nodes()[static_cast<size_t>(node)];
}

bool comesFirst(const store::RevTree &tree, std::int32_t a, std::int32_t b)
{
    const auto &nodeA = nodeAt(tree, a);
    const auto &nodeB = nodeAt(tree, b);
    if (nodeA.deleted != nodeB.deleted)
        return nodeB.deleted;
    if (nodeA.generation != nodeB.generation)
        return nodeA.generation > nodeB.generation;
    return store::compareHashes(nodeA.hash, nodeB.hash) > 0;
}

std::string revisionsText(const store::RevPath &path)
{
    std::string text = R"({"start":)" + std::to_string(path.start) + R"(,"ids":[)";
    for (size_t i = 0; i < path.hashes.size(); ++i) {
        if (i > 0)
            text += ',';
        json::appendQuoted(text, path.hashes[i]);
    }
    return text + "]}";
}

std::string revsInfoText(const store::RevTree &tree, const store::RevPath &path)
{
    std::string text = "[";
    for (std::int32_t node = tree.find(path.leaf()); node >= 0; node = nodeAt(tree, node).parent) {
        const auto &it = nodeAt(tree, node);
        if (text.size() > 1)
            text += ',';
        text += R"({"rev":)" + json::quoted(tree.revOf(node).toString()) + R"(,"status":")"
            + (!it.available    ? "missing"
                   : it.deleted ? "deleted"
                                : "available")
            + "\"}";
    }
    return text + ']';
}

/// `,"_conflicts":[...]` of the leaves besides this one; nothing when there are none.
std::string conflictsText(const store::RevTree &tree, const Revision &revision, bool deleted)
{
    std::string list;
    for (const std::int32_t leaf : leavesWinnerFirst(tree)) {
        if (nodeAt(tree, leaf).deleted != deleted || tree.revOf(leaf) == revision.path.leaf())
            continue;
        list += list.empty() ? "" : ",";
        json::appendQuoted(list, tree.revOf(leaf).toString());
    }
    if (list.empty())
        return {};
    return (deleted ? R"(,"_deleted_conflicts":[)" : R"(,"_conflicts":[)") + list + ']';
}

Status addAttachment(Pieces &pieces, Database &database, const store::StoredAttachment &attachment,
                     AttachmentForm form, bool encodingInfo)
{
    std::string entry = attachment.nameJson + R"(:{"content_type":)"
        + (attachment.contentTypeJson.empty() ? R"("application/octet-stream")"
                                              : attachment.contentTypeJson)
        + R"(,"revpos":)" + std::to_string(attachment.revpos) + R"(,"digest":)"
        + json::quoted(attachment.digest);
    AttachmentInfo info;
    if (form != AttachmentForm::Stub || encodingInfo) {
        auto found = database.attachmentInfo(attachment);
        if (!found)
            return found.error();
        info = *found;
    }
    // A length that is told and not kept would break the answer: the stored bytes decide.
    const std::uint64_t length =
        form == AttachmentForm::Stub || info.isGzip ? attachment.length : info.length;
    if (form == AttachmentForm::Data) {
        pieces.text(entry + R"(,"data":")");
        pieces.base64(attachment.digest, length);
        pieces.text("\"}");
        return {};
    }
    entry += R"(,"length":)" + std::to_string(length)
        + (form == AttachmentForm::Follows ? R"(,"follows":true)" : R"(,"stub":true)");
    if (info.isGzip && encodingInfo)
        entry += R"(,"encoding":"gzip","encoded_length":)" + std::to_string(info.length);
    pieces.text(entry + '}');
    return {};
}

} // namespace

std::vector<std::int32_t> leavesWinnerFirst(const store::RevTree &tree)
{
    auto leaves = tree.leaves();
    std::ranges::sort(leaves,
                      [&](std::int32_t a, std::int32_t b) { return comesFirst(tree, a, b); });
    return leaves;
}

std::vector<std::int32_t> leavesBelow(const store::RevTree &tree, std::int32_t node)
{
    std::vector<std::int32_t> found;
    for (const std::int32_t leaf : tree.leaves()) {
        std::int32_t it = leaf;
        while (it >= 0 && it != node)
            it = nodeAt(tree, it).parent;
        if (it == node)
            found.push_back(leaf);
    }
    std::ranges::sort(
        found, [&](std::int32_t a, std::int32_t b) { return tree.revOf(a) < tree.revOf(b); });
    return found;
}

Result<Revision> loadRevision(Database &database, const store::Metadata &metadata,
                              std::int32_t node)
{
    Revision revision;
    revision.id = metadata.id;
    revision.path = metadata.tree.pathOf(node);
    revision.deleted = nodeAt(metadata.tree, node).deleted;
    const auto seq = metadata.seqOf.find(revision.path.leaf());
    if (seq == metadata.seqOf.end())
        return Error{ErrorKind::NotFound,
                     base::text("The body of revision %1 of document %2 was not kept.")
                         .arg(base::printable(revision.rev()), base::printable(metadata.id))};
    auto body = database.body(seq->second);
    if (!body)
        return body.error();
    revision.text = std::make_shared<const std::string>(std::move(*body));
    auto members = json::members(*revision.text);
    if (!members)
        return members.error();
    bool hasAttachments = false;
    for (const json::Member &member : *members) {
        if (member.key == "_attachments")
            hasAttachments = true;
        else if (isBodyMember(member.key))
            revision.userMembers.push_back(member);
    }
    if (hasAttachments) {
        auto info = store::inspectBody(*revision.text);
        if (!info)
            return info.error();
        revision.attachments = std::move(info->attachments);
    }
    return revision;
}

bool isWanted(const store::StoredAttachment &attachment, const Revision &revision,
              const DocumentOptions &options)
{
    std::uint64_t known = 0;
    for (const store::RevId &rev : options.attsSince) {
        const bool isOnPath = rev.generation <= revision.path.start
            && revision.path.start - rev.generation < revision.path.hashes.size()
            && revision.path.hashes[static_cast<size_t>(revision.path.start - rev.generation)]
                == rev.hash;
        if (isOnPath)
            known = std::max(known, rev.generation);
    }
    return known == 0 || attachment.revpos > known;
}

Status addDocument(Pieces &pieces, Database &database, const store::RevTree &tree,
                   const Revision &revision, const DocumentOptions &options, AttachmentForm form)
{
    std::string text =
        R"({"_id":)" + json::quoted(revision.id) + R"(,"_rev":)" + json::quoted(revision.rev());
    for (const auto &[key, value] : revision.userMembers)
        text.append(",\"").append(key).append("\":").append(value);
    if (revision.deleted)
        text += R"(,"_deleted":true)";
    if (options.revs)
        text += R"(,"_revisions":)" + revisionsText(revision.path);
    if (options.revsInfo)
        text += R"(,"_revs_info":)" + revsInfoText(tree, revision.path);
    if (options.conflicts)
        text += conflictsText(tree, revision, false);
    if (options.deletedConflicts)
        text += conflictsText(tree, revision, true);
    pieces.text(text);
    if (!revision.attachments.empty()) {
        pieces.text(R"(,"_attachments":{)");
        for (size_t i = 0; i < revision.attachments.size(); ++i) {
            const auto &attachment = revision.attachments[i];
            pieces.text(i > 0 ? "," : "");
            const bool wanted =
                form != AttachmentForm::Stub && isWanted(attachment, revision, options);
            Status added =
                addAttachment(pieces, database, attachment, wanted ? form : AttachmentForm::Stub,
                              options.attEncodingInfo || form == AttachmentForm::Follows);
            if (!added)
                return added;
        }
        pieces.text("}");
    }
    pieces.text("}");
    return {};
}

} // namespace serve
