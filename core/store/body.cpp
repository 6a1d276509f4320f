#include "core/store/document.h"

#include "core/base/text.h"

namespace store {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::text;
namespace json = base::json;

namespace {

void appendAttachment(std::string &out, const StoredAttachment &attachment)
{
    out += attachment.nameJson;
    out += R"(:{"digest":)";
    json::appendQuoted(out, attachment.digest);
    if (!attachment.contentTypeJson.empty()) {
        out += R"(,"content_type":)";
        out += attachment.contentTypeJson;
    }
    out += R"(,"revpos":)";
    out += std::to_string(attachment.revpos);
    out += R"(,"length":)";
    out += std::to_string(attachment.length);
    out += '}';
}

Error malformed(const char *what)
{
    return {ErrorKind::Corrupt, text("The body of a revision is damaged."),
            QString::fromLatin1(what)};
}

std::uint64_t numberOr0(const std::vector<json::Member> &members, std::string_view key)
{
    const auto value = json::find(members, key);
    return value ? json::toUnsigned(*value).value_or(0) : 0;
}

Result<std::vector<StoredAttachment>> readAttachments(std::string_view value)
{
    const auto entries = json::members(value);
    if (!entries)
        return malformed("_attachments is not an object");
    std::vector<StoredAttachment> attachments;
    for (const auto &[name, entryText] : *entries) {
        const auto entry = json::members(entryText);
        if (!entry)
            return malformed("an attachment is not an object");
        const auto digest = json::find(*entry, "digest");
        if (!digest || json::kindOf(*digest) != json::Kind::String)
            return malformed("an attachment has no digest");
        const auto type = json::find(*entry, "content_type");
        attachments.push_back({'"' + std::string(name) + '"', std::string(type.value_or("")),
                               numberOr0(*entry, "revpos"), numberOr0(*entry, "length"),
                               json::unescape(*digest)});
    }
    return attachments;
}

} // namespace

std::string composeBody(const std::vector<json::Member> &userMembers,
                        const std::vector<StoredAttachment> &attachments, std::string_view idJson,
                        std::string_view rev, bool deleted)
{
    std::string out = "{";
    const auto addMember = [&](std::string_view rawKey) {
        if (out.size() > 1)
            out += ',';
        out += '"';
        out += rawKey;
        out += "\":";
    };
    for (const auto &[key, value] : userMembers) {
        addMember(key);
        out += value;
    }
    if (!attachments.empty()) {
        addMember("_attachments");
        for (size_t i = 0; i < attachments.size(); ++i) {
            out += i == 0 ? '{' : ',';
            appendAttachment(out, attachments[i]);
        }
        out += '}';
    }
    addMember("_id");
    out += idJson;
    addMember("_rev");
    json::appendQuoted(out, rev);
    if (deleted) {
        addMember("_deleted");
        out += "true";
    }
    out += '}';
    return out;
}

Result<BodyInfo> inspectBody(std::string_view text)
{
    const auto members = json::members(text);
    if (!members)
        return malformed("it is not a JSON object");
    BodyInfo info;
    for (const auto &[field, key] : {std::pair{&info.id, "_id"}, std::pair{&info.rev, "_rev"}}) {
        const auto value = json::find(*members, key);
        if (!value || json::kindOf(*value) != json::Kind::String)
            return malformed("_id or _rev is missing");
        *field = json::unescape(*value);
    }
    info.deleted = json::find(*members, "_deleted") == "true";
    if (const auto attachments = json::find(*members, "_attachments")) {
        auto read = readAttachments(*attachments);
        if (!read)
            return read.error();
        info.attachments = std::move(*read);
    }
    return info;
}

} // namespace store
