#include "core/backup/documentwriter.h"
#include "core/couch/decode.h"
#include "core/couch/decodetools.h"
#include "core/store/document.h"
#include "tests/fuzz/targets.h"

namespace {

/// A leaf that was taken apart can be stored, and says of itself there what the server said.
std::string stored(std::string_view document)
{
    const auto leaf = couch::dissectLeaf(document);
    if (!leaf)
        return {};
    std::vector<store::StoredAttachment> attachments;
    for (const couch::AttachmentStub &stub : leaf->attachments)
        attachments.push_back({stub.nameJson, stub.contentTypeJson, stub.revpos, stub.length,
                               "md5-1B2M2Y8AsgTpgAmY7PhCfg=="});
    const std::string body = backup::composeStoredBody(*leaf, attachments);
    if (!base::json::validate(body))
        return "the stored body is no JSON: " + body;
    const auto info = store::inspectBody(body);
    if (!info)
        return "the stored body cannot be read: " + info.error().message.toStdString() + ' ' + body;
    if (info->id != leaf->id || info->rev != leaf->rev || info->deleted != leaf->deleted
        || info->attachments.size() != leaf->attachments.size())
        return "the stored body is of another document: " + body;
    return {};
}

} // namespace

std::string fuzz::bulkget(std::string_view input)
{
    if (std::string wrong = stored(input); !wrong.empty())
        return wrong;
    const auto rows = couch::decodeBulkGet(input);
    if (!rows)
        return rows.error().message.isEmpty() ? "an error without a sentence" : std::string();
    for (const couch::BulkRow &row : *rows) {
        if (!row.error.empty())
            continue;
        if (!base::json::validate(row.document))
            return "a document that is no JSON was taken";
        if (std::string wrong = stored(row.document); !wrong.empty())
            return wrong;
    }
    const std::string_view trimmed = couch::trimmed(input);
    for (const size_t cut : {size_t{1}, size_t{2}, trimmed.size() / 2, trimmed.size()}) {
        if (couch::decodeBulkGet(trimmed.substr(0, trimmed.size() - cut)))
            return "cut by " + std::to_string(cut) + " bytes it is taken as well";
    }
    return {};
}
