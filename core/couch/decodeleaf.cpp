// One document with its ancestry, taken apart.
#include "core/couch/decode.h"

#include "core/base/bytes.h"
#include "core/base/text.h"
#include "core/couch/decodetools.h"

namespace couch {

using base::Error;
using base::ErrorKind;
using base::printable;
using base::Result;
using base::Status;
using base::text;

namespace json = base::json;

namespace {

Error damaged(const char *sentence)
{
    return {ErrorKind::Protocol, text(sentence)};
}

Status readRevisions(std::string_view raw, FetchedLeaf &leaf)
{
    if (!leaf.revisionsIds.empty())
        return damaged(QT_TRANSLATE_NOOP("core", "Its _revisions are there twice."));
    const auto object = ObjectView::parse(raw);
    const auto start = object ? object->number("start") : std::nullopt;
    const auto list = object ? object->raw("ids") : std::nullopt;
    auto ids = list ? stringList(*list) : std::nullopt;
    if (!start || !ids || ids->empty() || *start < ids->size())
        return damaged(QT_TRANSLATE_NOOP("core", "Its _revisions are not a list of ancestors."));
    leaf.revisionsStart = *start;
    leaf.revisionsIds = std::move(*ids);
    return {};
}

// What a stub says of the bytes as they are stored, or the bytes themselves.
Status readPayload(const ObjectView &entry, AttachmentStub &stub)
{
    if (const auto data = entry.raw("data")) {
        if (!isString(*data))
            return damaged(QT_TRANSLATE_NOOP("core", "An attachment's data are not text."));
        stub.dataBase64 = json::unescape(*data);
        const auto bytes = base::fromBase64(stub.dataBase64);
        if (!bytes)
            return damaged(QT_TRANSLATE_NOOP("core", "An attachment's data are not base64."));
        stub.length = entry.number("length").value_or(bytes->size());
        return stub.length == bytes->size()
            ? Status()
            : damaged(QT_TRANSLATE_NOOP(
                "core", "An attachment's data are shorter or longer than it says."));
    }
    const auto length = entry.number("length");
    if (!length || !entry.isTrue("stub"))
        return damaged(QT_TRANSLATE_NOOP("core", "An attachment has neither a length nor data."));
    stub.length = *length;
    return {};
}

Status readEncoding(const ObjectView &entry, AttachmentStub &stub)
{
    stub.encoding = entry.string("encoding").value_or(std::string());
    if (stub.encoding == "identity")
        stub.encoding.clear();
    if (stub.encoding.empty())
        return {};
    const auto encodedLength = entry.number("encoded_length");
    if (stub.encoding != "gzip" || !encodedLength)
        return damaged(QT_TRANSLATE_NOOP("core", "An attachment is encoded in an unknown way."));
    stub.encodedLength = *encodedLength;
    return {};
}

Status readAttachments(std::string_view raw, FetchedLeaf &leaf)
{
    const auto object = ObjectView::parse(raw);
    if (!object || !leaf.attachments.empty())
        return damaged(QT_TRANSLATE_NOOP("core", "Its _attachments are not one object."));
    for (const json::Member &member : object->members()) {
        const auto entry = ObjectView::parse(member.value);
        const auto digest = entry ? entry->string("digest") : std::nullopt;
        if (!digest)
            return damaged(QT_TRANSLATE_NOOP("core", "An attachment has no digest."));
        AttachmentStub stub;
        stub.nameJson = "\"" + std::string(member.key) + "\"";
        const auto type = entry->raw("content_type");
        stub.contentTypeJson = type && isString(*type) ? *type : R"("application/octet-stream")";
        stub.revpos = entry->number("revpos").value_or(0);
        stub.digest = *digest;
        auto status = readPayload(*entry, stub);
        if (status)
            status = readEncoding(*entry, stub);
        if (!status)
            return status;
        leaf.attachments.push_back(std::move(stub));
    }
    return {};
}

Status readReserved(std::string_view key, std::string_view value, FetchedLeaf &leaf)
{
    if (key == "_id") {
        if (!leaf.idJson.empty() || !isString(value))
            return damaged(QT_TRANSLATE_NOOP("core", "Its _id is not one text."));
        leaf.idJson = value;
        leaf.id = json::unescape(value);
    } else if (key == "_rev") {
        if (!leaf.rev.empty() || !isString(value))
            return damaged(QT_TRANSLATE_NOOP("core", "Its _rev is not one text."));
        leaf.rev = json::unescape(value);
    } else if (key == "_deleted") {
        leaf.deleted = json::kindOf(value) == json::Kind::True;
    } else if (key == "_revisions") {
        return readRevisions(value, leaf);
    } else if (key == "_attachments") {
        return readAttachments(value, leaf);
    }
    return {}; // _conflicts, _local_seq and the like are not part of the document
}

} // namespace

Result<FetchedLeaf> dissectLeaf(std::string_view text)
{
    const auto members = json::members(text);
    if (!members)
        return members.error();
    FetchedLeaf leaf;
    for (const json::Member &member : *members) {
        const bool escaped = member.key.find('\\') != std::string_view::npos;
        const std::string unescaped = escaped ? json::unescape(member.key) : std::string();
        const std::string_view key = escaped ? std::string_view(unescaped) : member.key;
        if (key.empty() || key.front() != '_') {
            leaf.userMembers.emplace_back(member.key, member.value);
        } else if (auto status = readReserved(key, member.value, leaf); !status) {
            return status.error();
        }
    }
    if (leaf.idJson.empty() || leaf.revisionsIds.empty())
        return damaged(QT_TRANSLATE_NOOP("core", "A document lacks _id or _revisions."));
    if (leaf.rev != std::to_string(leaf.revisionsStart) + "-" + leaf.revisionsIds.front())
        return damaged(
            QT_TRANSLATE_NOOP("core", "A document's _rev is not the first of its _revisions."));
    return leaf;
}

} // namespace couch
