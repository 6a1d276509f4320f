#include "core/serve/relatedparts.h"

#include "core/base/bytes.h"

#include <QRandomGenerator>

namespace serve {

using base::Result;

std::string randomBoundary()
{
    std::string bytes;
    for (int i = 0; i < 4; ++i) {
        const quint32 word = QRandomGenerator::global()->generate();
        for (int shift = 0; shift < 32; shift += 8)
            bytes += static_cast<char>(word >> shift & 0xffU);
    }
    return base::toHex(bytes);
}

Result<RelatedBody> relatedBody(Database &database, const store::RevTree &tree,
                                const Revision &revision, const DocumentOptions &options,
                                const std::string &boundary)
{
    std::vector<const store::StoredAttachment *> sent;
    for (const store::StoredAttachment &attachment : revision.attachments) {
        if (isWanted(attachment, revision, options))
            sent.push_back(&attachment);
    }
    RelatedBody body;
    body.isMultipart = !sent.empty();
    if (body.isMultipart)
        body.pieces.text("--" + boundary + "\r\nContent-Type: application/json\r\n\r\n");
    if (auto added =
            addDocument(body.pieces, database, tree, revision, options, AttachmentForm::Follows);
        !added)
        return added.error();
    for (const store::StoredAttachment *attachment : sent) {
        const auto info = database.attachmentInfo(*attachment);
        if (!info)
            return info.error();
        std::string type = base::json::unescape(attachment->contentTypeJson);
        // What would end the header line early is no content type.
        if (type.empty() || type.find_first_of("\r\n") != std::string::npos)
            type = "application/octet-stream";
        std::string name = base::json::unescape(attachment->nameJson);
        for (const char c : {'\r', '\n'})
            std::erase(name, c);
        body.pieces.text("\r\n--").text(boundary);
        body.pieces.text("\r\nContent-Disposition: attachment; filename=\"").text(name);
        body.pieces.text("\"\r\nContent-Type: ").text(type);
        body.pieces.text("\r\nContent-Length: ").text(std::to_string(info->length));
        body.pieces.text(info->isGzip ? "\r\nContent-Encoding: gzip\r\n\r\n" : "\r\n\r\n");
        body.pieces.stored(attachment->digest, info->length);
    }
    if (body.isMultipart)
        body.pieces.text("\r\n--" + boundary + "--");
    return body;
}

} // namespace serve
