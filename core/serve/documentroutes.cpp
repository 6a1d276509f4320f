#include "core/serve/routes.h"

#include "core/base/json.h"
#include "core/serve/arguments.h"
#include "core/serve/openrevs.h"
#include "core/serve/relatedparts.h"

#include <algorithm>

namespace serve {

using base::Status;
namespace json = base::json;

namespace {

Outcome refuse(const Call &call, const Refusal &refusal)
{
    sendRefusal(call.answer, refusal);
    return nullptr;
}

/// A pieced body with its length, from begin to finish.
void sendPieces(const Call &call, ResponseHead head, const Pieces &pieces)
{
    head.sizing = Sizing::Known;
    head.length = pieces.length();
    Status sent = call.answer.begin(std::move(head));
    if (sent && !call.request.isHead())
        sent = pieces.send(*call.database, call.answer);
    if (sent)
        sent = call.answer.finish();
    if (!sent)
        call.answer.cut();
}

void sendDocument(const Call &call, const store::Metadata &metadata, std::int32_t node,
                  const DocumentOptions &options)
{
    const auto revision = loadRevision(*call.database, metadata, node);
    if (!revision)
        return sendRefusal(call.answer, refusal::fromError(revision.error()));
    const bool hasMeta = options.revsInfo || options.conflicts || options.deletedConflicts;
    const std::string etag = '"' + revision->rev() + '"';
    ResponseHead head;
    if (!hasMeta) {
        head.headers.add("ETag", etag);
        if (call.request.header("If-None-Match") == etag) {
            head.status = 304;
            return sendPieces(call, std::move(head), {});
        }
    }
    if (options.attachments && !revision->attachments.empty()
        && accepts(call.request, "multipart/related")) {
        const std::string boundary = randomBoundary();
        auto body = relatedBody(*call.database, metadata.tree, *revision, options, boundary);
        if (!body)
            return sendRefusal(call.answer, refusal::fromError(body.error()));
        if (body->isMultipart) {
            head.headers.add("Content-Type", "multipart/related; boundary=\"" + boundary + '"');
            return sendPieces(call, std::move(head), body->pieces);
        }
    }
    Pieces pieces;
    if (Status added =
            addDocument(pieces, *call.database, metadata.tree, *revision, options,
                        options.attachments ? AttachmentForm::Data : AttachmentForm::Stub);
        !added)
        return sendRefusal(call.answer, refusal::fromError(added.error()));
    pieces.text("\n");
    head.headers.add("Cache-Control", "must-revalidate");
    head.headers.add("Content-Type", "application/json");
    sendPieces(call, std::move(head), pieces);
}

/// The list of `open_revs` as JSON or as multipart/mixed.
void sendOpenRevs(const Call &call, const store::Metadata &metadata,
                  const std::vector<OpenRev> &wanted, const DocumentOptions &options)
{
    const bool isMultipart = accepts(call.request, "multipart/mixed");
    const std::string outer = randomBoundary();
    ResponseHead head;
    if (isMultipart)
        head.headers.add("Content-Type", "multipart/mixed; boundary=\"" + outer + '"');
    else
        head = jsonHead(Sizing::Chunked);
    Status sent = call.answer.begin(std::move(head));
    const auto write = [&](const std::string &text) {
        if (sent)
            sent = call.answer.write(text);
    };
    write(isMultipart ? "--" + outer : "[");
    for (size_t i = 0; sent && i < wanted.size(); ++i) {
        const OpenRev &one = wanted[i];
        if (one.node < 0) {
            const std::string text = R"({"missing":)" + json::quoted(one.rev) + '}';
            if (isMultipart)
                write("\r\nContent-Type: application/json; error=\"true\"\r\n\r\n");
            else
                write(i > 0 ? "," : "");
            write(text);
            if (isMultipart)
                write("\r\n--" + outer);
            continue;
        }
        const auto revision = loadRevision(*call.database, metadata, one.node);
        if (!revision) {
            sent = revision.error();
            break;
        }
        if (!isMultipart) {
            Pieces pieces;
            pieces.text(i > 0 ? ",{\"ok\":" : "{\"ok\":");
            sent = addDocument(pieces, *call.database, metadata.tree, *revision, options,
                               options.attachments ? AttachmentForm::Data : AttachmentForm::Stub);
            pieces.text("}");
            if (sent)
                sent = pieces.send(*call.database, call.answer);
            continue;
        }
        const std::string inner = randomBoundary();
        auto body = relatedBody(*call.database, metadata.tree, *revision, options, inner);
        if (!body) {
            sent = body.error();
            break;
        }
        write("\r\nContent-Type: "
              + (body->isMultipart ? "multipart/related; boundary=\"" + inner + '"'
                                   : std::string("application/json"))
              + "\r\n\r\n");
        if (sent)
            sent = body->pieces.send(*call.database, call.answer);
        write("\r\n--" + outer);
    }
    write(isMultipart ? "--" : "]\n");
    if (sent)
        sent = call.answer.finish();
    if (!sent)
        call.answer.cut();
}

} // namespace

std::vector<OpenRev> openRevs(const store::Metadata &metadata,
                              const std::vector<store::RevId> &wanted, bool latest)
{
    std::vector<OpenRev> found;
    for (const store::RevId &rev : wanted) {
        const std::int32_t node = metadata.tree.find(rev);
        if (node >= 0 && latest) {
            for (const std::int32_t leaf : leavesBelow(metadata.tree, node))
                found.push_back({metadata.tree.revOf(leaf).toString(), leaf});
            continue;
        }
        const bool isHere = node >= 0 && metadata.tree.nodes()[static_cast<size_t>(node)].available;
        found.push_back({rev.toString(), isHere ? node : -1});
    }
    return found;
}

std::vector<OpenRev> allOpenRevs(const store::Metadata &metadata)
{
    std::vector<OpenRev> found;
    auto leaves = metadata.tree.leaves();
    std::ranges::sort(leaves, [&](std::int32_t a, std::int32_t b) {
        return metadata.tree.revOf(a) < metadata.tree.revOf(b);
    });
    found.reserve(leaves.size());
    for (const std::int32_t leaf : leaves)
        found.push_back({metadata.tree.revOf(leaf).toString(), leaf});
    return found;
}

Outcome getDocument(const Call &call, const std::string &id)
{
    const auto options = documentOptions(call.request);
    if (const Refusal *refusal = refusalIn(options))
        return refuse(call, *refusal);
    const auto document = call.database->document(id);
    if (!document)
        return refuse(call, refusal::fromError(document.error()));
    if (const auto asked = call.request.parameter("open_revs")) {
        std::vector<OpenRev> wanted;
        const store::Metadata none{id, {}, {}, 0};
        const store::Metadata &metadata = *document ? **document : none;
        if (*asked != "all") {
            const auto revs = revisionList(*asked);
            if (const Refusal *refusal = refusalIn(revs))
                return refuse(call, *refusal);
            wanted = openRevs(metadata, valueIn(revs), valueIn(options).latest);
        } else if (*document) {
            wanted = allOpenRevs(metadata);
        } else {
            return refuse(call, refusal::missing());
        }
        sendOpenRevs(call, metadata, wanted, valueIn(options));
        return nullptr;
    }
    std::optional<store::RevId> rev;
    if (const auto text = call.request.parameter("rev")) {
        rev = store::RevId::parse(*text);
        if (!rev)
            return refuse(call, refusal::badRev());
    }
    if (!*document)
        return refuse(call, refusal::missing());
    const store::Metadata &metadata = **document;
    if (!rev) {
        if (metadata.isDeleted())
            return refuse(call, refusal::deleted());
        sendDocument(call, metadata, metadata.tree.winner(), valueIn(options));
        return nullptr;
    }
    const auto found = openRevs(metadata, {*rev}, valueIn(options).latest);
    if (found.empty() || found.front().node < 0)
        return refuse(call, refusal::missing());
    // Of several that it led to, the one that wins.
    std::int32_t node = found.front().node;
    for (const std::int32_t leaf : leavesWinnerFirst(metadata.tree)) {
        const auto isIt = [leaf](const OpenRev &it) { return it.node == leaf; };
        if (found.size() > 1 && std::ranges::any_of(found, isIt)) {
            node = leaf;
            break;
        }
    }
    sendDocument(call, metadata, node, valueIn(options));
    return nullptr;
}

} // namespace serve
