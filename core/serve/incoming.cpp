#include "core/serve/incoming.h"

#include "core/base/bytes.h"

#include <algorithm>
#include <array>

namespace serve {

namespace json = base::json;

namespace {

/// Members that a reader gets and a writer may send back; they say nothing new.
constexpr std::array<std::string_view, 4> kEchoed{"_revs_info", "_conflicts", "_deleted_conflicts",
                                                  "_local_seq"};

/// Members that CouchDB keeps in the body: what a replicator writes into its documents.
constexpr std::array<std::string_view, 5> kOfReplicator{
    "_replication_id", "_replication_state", "_replication_state_time", "_replication_state_reason",
    "_replication_stats"};

std::optional<Refusal> readRevisions(std::string_view value, IncomingDocument &document)
{
    const auto fields = json::members(value);
    const auto start = fields ? json::find(*fields, "start") : std::nullopt;
    const auto ids = fields ? json::find(*fields, "ids") : std::nullopt;
    const auto number = start ? json::toUnsigned(*start) : std::nullopt;
    const auto list = json::elements(ids.value_or("null"));
    if (!number || !list || list->empty() || list->size() > *number)
        return Refusal{400, "doc_validation", "_revisions is not what it should be"};
    store::RevPath path{*number, {}};
    for (const std::string_view id : *list) {
        if (json::kindOf(id) != json::Kind::String || json::unescape(id).empty())
            return Refusal{400, "doc_validation", "RevId isn't a string"};
        path.hashes.push_back(json::unescape(id));
    }
    document.revisions = std::move(path);
    return std::nullopt;
}

std::optional<Refusal> readAttachment(const json::Member &member,
                                      const std::vector<BodyPart> &parts, size_t &nextPart,
                                      IncomingDocument &document)
{
    IncomingAttachment attachment;
    attachment.nameJson = '"' + std::string(member.key) + '"';
    const auto fields = json::members(member.value);
    if (!fields)
        return refusal::badRequest("Attachment must be a JSON object");
    const auto type = json::find(*fields, "content_type");
    attachment.contentTypeJson = type.value_or(R"("application/octet-stream")");
    if (const auto revpos = json::find(*fields, "revpos"))
        attachment.revpos = json::toUnsigned(*revpos);
    attachment.isGzip = json::find(*fields, "encoding") == R"("gzip")";
    const auto data = json::find(*fields, "data");
    if (json::find(*fields, "follows") == "true") {
        if (nextPart >= parts.size())
            return refusal::badRequest("An attachment that should follow is missing.");
        const BodyPart &part = parts[nextPart++];
        attachment.bytes = std::string(part.bytes);
        attachment.isGzip = attachment.isGzip || part.headers.find("Content-Encoding") == "gzip";
    } else if (data && json::kindOf(*data) == json::Kind::String) {
        attachment.bytes = base::fromBase64(json::unescape(*data));
        if (!attachment.bytes)
            return Refusal{400, "bad_request", "Attachment data is not valid base64"};
    }
    document.attachments.push_back(std::move(attachment));
    return std::nullopt;
}

std::optional<Refusal> readSpecial(const json::Member &member, const std::vector<BodyPart> &parts,
                                   IncomingDocument &document)
{
    const auto &[key, value] = member;
    const bool isString = json::kindOf(value) == json::Kind::String;
    if (key == "_id") {
        if (!isString)
            return Refusal{400, "illegal_docid", "Document id must be a string"};
        document.id = json::unescape(value);
        return checkDocumentId(document.id);
    }
    if (key == "_rev") {
        if (isString && json::unescape(value).empty())
            return std::nullopt;
        document.rev =
            isString ? store::RevId::parse(json::unescape(value)) : std::optional<store::RevId>();
        return document.rev ? std::nullopt : std::optional(refusal::badRev());
    }
    if (key == "_deleted") {
        document.deleted = value == "true";
        return std::nullopt;
    }
    if (key == "_revisions")
        return readRevisions(value, document);
    if (key == "_attachments") {
        const auto entries = json::members(value);
        if (!entries)
            return refusal::badRequest("Attachments must be a JSON object");
        size_t nextPart = 0;
        for (const json::Member &entry : *entries) {
            if (auto refusal = readAttachment(entry, parts, nextPart, document))
                return refusal;
        }
        return std::nullopt;
    }
    if (std::ranges::find(kEchoed, key) != kEchoed.end())
        return std::nullopt;
    return Refusal{400, "doc_validation", "Bad special document member: " + json::unescape(key)};
}

} // namespace

bool isBodyMember(std::string_view key)
{
    return !key.starts_with('_') || std::ranges::find(kOfReplicator, key) != kOfReplicator.end();
}

std::optional<store::RevPath> IncomingDocument::path() const
{
    if (revisions)
        return revisions;
    if (!rev)
        return std::nullopt;
    return store::RevPath{rev->generation, {rev->hash}};
}

OrRefusal<IncomingDocument> parseIncoming(std::string_view text, const std::vector<BodyPart> &parts)
{
    const auto members = json::members(text);
    if (!members)
        return json::validate(text) ? refusal::badRequest("Document must be a JSON object")
                                    : refusal::invalidJson();
    IncomingDocument document;
    for (const json::Member &member : *members) {
        if (isBodyMember(member.key))
            document.userMembers.push_back(member);
        else if (auto refusal = readSpecial(member, parts, document))
            return *std::move(refusal);
    }
    return document;
}

std::optional<Refusal> checkDocumentId(std::string_view id)
{
    if (id.empty())
        return Refusal{400, "illegal_docid", "Document id must not be empty"};
    if (!base::isValidUtf8(id))
        return Refusal{400, "illegal_docid", "Document id must be valid UTF-8"};
    if (id.starts_with('_') && !id.starts_with("_design/") && !id.starts_with("_local/"))
        return Refusal{400, "illegal_docid",
                       "Only reserved document ids may start with underscore."};
    if (id == "_design/" || id == "_local/")
        return Refusal{400, "illegal_docid", "Illegal document id `" + std::string(id) + '`'};
    return std::nullopt;
}

} // namespace serve
