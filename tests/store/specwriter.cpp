#include "tests/store/specwriter.h"

#include "core/base/bytes.h"

#include <algorithm>

namespace teststore {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
using base::json::Member;
using base::json::members;
namespace json = base::json;

namespace {

using Members = std::vector<Member>;

Error malformed(const char *what)
{
    return {ErrorKind::Protocol,
            QStringLiteral("The specification is malformed: %1").arg(QLatin1String(what))};
}

Result<store::Writer::Attachment> generate(std::uint64_t length, store::Writer &writer)
{
    constexpr std::uint64_t kPieceBytes = std::uint64_t{1} << 20;
    auto large = writer.beginLargeAttachment(length);
    if (!large)
        return large.error();
    for (std::uint64_t at = 0; at < length; at += kPieceBytes) {
        const std::string piece =
            generatedBytes(at, static_cast<size_t>(std::min(kPieceBytes, length - at)));
        if (Status appended = (*large)->append(piece); !appended)
            return appended.error();
    }
    return (*large)->finish();
}

Result<store::Writer::Attachment> store(const Members &entry, const Members &known,
                                        store::Writer &writer)
{
    if (const auto length = json::find(entry, "generate"))
        return generate(json::toUnsigned(*length).value_or(0), writer);
    auto base64 = json::find(entry, "data");
    if (!base64) {
        const auto digest = json::find(entry, "digest");
        base64 = json::find(known, json::unescape(digest.value_or("")));
    }
    const auto bytes = base64 ? base::fromBase64(json::unescape(*base64)) : std::nullopt;
    if (!bytes)
        return malformed("the bytes of an attachment are missing");
    return writer.putAttachment(*bytes);
}

Result<std::vector<store::StoredAttachment>>
storeAttachments(std::string_view value, const Members &known, store::Writer &writer)
{
    std::vector<store::StoredAttachment> stored;
    const auto entries = members(value);
    if (!entries)
        return entries.error();
    for (const auto &[name, entryText] : *entries) {
        const auto entry = members(entryText);
        if (!entry)
            return entry.error();
        const auto attachment = store(*entry, known, writer);
        if (!attachment)
            return attachment.error();
        const auto revpos = json::find(*entry, "revpos");
        stored.push_back(
            {'"' + std::string(name) + '"',
             std::string(
                 json::find(*entry, "content_type").value_or("\"application/octet-stream\"")),
             revpos ? json::toUnsigned(*revpos).value_or(0) : 0, attachment->length,
             attachment->digest});
    }
    return stored;
}

Result<store::RevPath> pathOf(std::string_view rev, const Members &leaf)
{
    const auto parsed = store::RevId::parse(rev);
    if (!parsed)
        return malformed("a revision does not parse");
    const auto revisions = json::find(leaf, "_revisions");
    if (!revisions)
        return store::RevPath{parsed->generation, {parsed->hash}};
    const auto fields = members(*revisions);
    const auto start = fields ? json::find(*fields, "start") : std::nullopt;
    const auto ids = fields ? json::find(*fields, "ids") : std::nullopt;
    const auto hashes = json::elements(ids.value_or(""));
    if (!start || !hashes)
        return malformed("_revisions does not parse");
    store::RevPath path{json::toUnsigned(*start).value_or(0), {}};
    for (const std::string_view hash : *hashes)
        path.hashes.push_back(json::unescape(hash));
    return path;
}

Status writeLeaf(std::string_view text, const Members &known, store::Writer &writer)
{
    const auto leaf = members(text);
    if (!leaf)
        return leaf.error();
    const std::string rev = json::unescape(json::find(*leaf, "_rev").value_or(""));
    auto path = pathOf(rev, *leaf);
    if (!path)
        return path.error();
    Members user;
    std::ranges::copy_if(*leaf, std::back_inserter(user),
                         [](const Member &member) { return !member.key.starts_with('_'); });
    store::Writer::Leaf out;
    out.path = std::move(*path);
    out.deleted = json::find(*leaf, "_deleted") == "true";
    if (const auto attachments = json::find(*leaf, "_attachments")) {
        auto stored = storeAttachments(*attachments, known, writer);
        if (!stored)
            return stored.error();
        out.attachments = std::move(*stored);
    }
    out.body = store::composeBody(user, out.attachments, json::find(*leaf, "_id").value_or("\"\""),
                                  rev, out.deleted);
    return writer.addLeaf(out);
}

Status writeDocument(std::string_view id, std::string_view leaves, const Members &known,
                     store::Writer &writer)
{
    if (Status begun = writer.beginDocument(id); !begun)
        return begun;
    const auto entries = json::elements(leaves);
    if (!entries)
        return entries.error();
    for (const std::string_view entryText : *entries) {
        const auto entry = members(entryText);
        const auto leaf = entry ? json::find(*entry, "ok") : std::nullopt;
        if (!leaf)
            return malformed("a leaf is not {\"ok\": ...}");
        if (Status written = writeLeaf(*leaf, known, writer); !written)
            return written;
    }
    return writer.endDocument();
}

/// dump.js puts the leaves of a document into `open_revs`.
std::string_view leavesOf(std::string_view entry)
{
    if (json::kindOf(entry) != json::Kind::Object)
        return entry;
    const auto fields = members(entry);
    return fields ? json::find(*fields, "open_revs").value_or("") : "";
}

} // namespace

Status writeSpec(std::string_view spec, store::Writer &writer)
{
    const auto top = members(spec);
    if (!top)
        return top.error();
    const auto docs = members(json::find(*top, "docs").value_or("{}"));
    const auto known = members(json::find(*top, "attachments").value_or("{}"));
    if (!docs || !known)
        return malformed("docs or attachments is not an object");
    for (const auto &[id, entry] : *docs) {
        if (Status written = writeDocument(json::unescape(id), leavesOf(entry), *known, writer);
            !written)
            return written;
    }
    return {};
}

std::string generatedBytes(std::uint64_t offset, size_t length)
{
    // Eight bytes at a time from a counter, so that any place can be made without those before it.
    std::string bytes(length + 16, '\0');
    size_t filled = 0;
    for (std::uint64_t word = offset / 8; filled < length + 8; ++word, filled += 8) {
        std::uint64_t x = word + 0x9e3779b97f4a7c15U;
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
        x = (x ^ x >> 27) * 0x94d049bb133111ebU;
        x ^= x >> 31;
        for (size_t i = 0; i < 8; ++i)
            bytes.data()[filled + i] = static_cast<char>(x >> (8 * i) & 0xff);
    }
    return bytes.substr(static_cast<size_t>(offset % 8), length);
}

} // namespace teststore
