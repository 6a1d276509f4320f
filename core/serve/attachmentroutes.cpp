#include "core/serve/routes.h"

#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/serve/byterange.h"
#include "core/serve/openrevs.h"

#include <algorithm>

namespace serve {

using base::Status;

namespace {

/// The attachment to send and everything its headers say.
struct Found {
    store::StoredAttachment attachment;
    AttachmentInfo info;
};

OrRefusal<Found> findAttachment(const Call &call, const std::string &id, const std::string &name)
{
    const auto document = call.database->document(id);
    if (!document)
        return refusal::fromError(document.error());
    if (!*document)
        return refusal::missing();
    const store::Metadata &metadata = **document;
    std::int32_t node = metadata.tree.winner();
    if (const auto text = call.request.parameter("rev")) {
        const auto rev = store::RevId::parse(*text);
        if (!rev)
            return refusal::badRev();
        node = openRevs(metadata, {*rev}, false).front().node;
        if (node < 0)
            return refusal::missing();
    } else if (metadata.isDeleted()) {
        return refusal::deleted();
    }
    const auto revision = loadRevision(*call.database, metadata, node);
    if (!revision)
        return refusal::fromError(revision.error());
    const auto found =
        std::ranges::find_if(revision->attachments, [&](const store::StoredAttachment &it) {
            return base::json::unescape(it.nameJson) == name;
        });
    if (found == revision->attachments.end())
        return Refusal{404, "not_found", "Document is missing attachment"};
    const auto info = call.database->attachmentInfo(*found);
    if (!info)
        return refusal::fromError(info.error());
    return Found{*found, *info};
}

void stream(const Call &call, ResponseHead head, const Found &found, bool asStored,
            std::uint64_t from)
{
    head.sizing = Sizing::Known;
    std::uint64_t position = 0;
    const std::uint64_t end = from + head.length;
    Status sent = call.answer.begin(std::move(head));
    if (sent && !call.request.isHead() && end > from)
        sent = call.database->readAttachment(
            found.attachment.digest, asStored, [&](std::string_view bytes) -> Status {
                const std::uint64_t begin = std::max(position, from);
                const std::uint64_t stop = std::min(position + bytes.size(), end);
                Status written;
                if (begin < stop)
                    written = call.answer.write(bytes.substr(static_cast<size_t>(begin - position),
                                                             static_cast<size_t>(stop - begin)));
                position += bytes.size();
                return written;
            });
    if (sent)
        sent = call.answer.finish();
    if (!sent)
        call.answer.cut();
}

} // namespace

Outcome getAttachment(const Call &call, const std::string &id, const std::string &name)
{
    const auto searched = findAttachment(call, id, name);
    if (const auto *refusal = std::get_if<Refusal>(&searched)) {
        sendRefusal(call.answer, *refusal);
        return nullptr;
    }
    const Found &found = *std::get_if<Found>(&searched);
    const std::string_view digest = found.attachment.digest;
    const std::string etag =
        '"' + std::string(digest.starts_with("md5-") ? digest.substr(4) : digest) + '"';
    ResponseHead head;
    head.headers.add("ETag", etag);
    if (call.request.header("If-None-Match") == etag) {
        head.status = 304;
        stream(call, std::move(head), found, false, 0);
        return nullptr;
    }
    std::string type = base::json::unescape(found.attachment.contentTypeJson);
    if (type.empty() || type.find_first_of("\r\n") != std::string::npos)
        type = "application/octet-stream";
    head.headers.add("Cache-Control", "must-revalidate");
    head.headers.add("Content-Type", type);
    // What a backup holds may be a page with scripts; it must not run under this address.
    head.headers.add("Content-Security-Policy", "sandbox");
    head.headers.add("Accept-Ranges", found.info.isGzip ? "none" : "bytes");
    const bool asStored = !found.info.isGzip
        || call.request.header("Accept-Encoding").find("gzip") != std::string_view::npos;
    if (found.info.isGzip && asStored)
        head.headers.add("Content-Encoding", "gzip");
    head.length = asStored ? found.info.length : found.attachment.length;
    std::uint64_t from = 0;
    if (!found.info.isGzip) {
        const RangeAnswer range = byteRange(call.request.header("Range"), found.info.length);
        if (range.kind == RangeAnswer::Kind::Unsatisfiable) {
            sendRefusal(
                call.answer,
                {416, "requested_range_not_satisfiable", "Requested range not satisfiable"});
            return nullptr;
        }
        if (range.kind == RangeAnswer::Kind::Part) {
            head.status = 206;
            head.headers.add("Content-Range",
                             "bytes " + std::to_string(range.from) + '-' + std::to_string(range.to)
                                 + '/' + std::to_string(found.info.length));
            from = range.from;
            head.length = range.to - range.from + 1;
        }
    }
    stream(call, std::move(head), found, asStored, from);
    return nullptr;
}

} // namespace serve
