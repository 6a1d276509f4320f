#include "tests/support/fakeanswers.h"

#include "core/base/bytes.h"
#include "core/base/json.h"

#include <algorithm>

namespace testsupport {

namespace json = base::json;

namespace {

template <typename Items, typename Text>
std::string joined(const Items &items, const Text &text)
{
    std::string out;
    for (const auto &item : items) {
        if (!out.empty())
            out += ',';
        out += text(item);
    }
    return out;
}

std::string attachmentText(const FakeAttachment &attachment, bool withData)
{
    const std::string stored = attachment.gzip ? gzipped(attachment.bytes) : attachment.bytes;
    const std::string digest =
        attachment.digest.value_or("md5-" + base::toBase64(base::md5(stored)));
    std::string text = json::quoted(attachment.name) + R"(:{"content_type":)"
        + json::quoted(attachment.contentType) + R"(,"revpos":)" + std::to_string(attachment.revpos)
        + R"(,"digest":)" + json::quoted(digest);
    if (withData)
        return text + R"(,"data":")" + base::toBase64(attachment.bytes) + R"("})";
    text += R"(,"length":)" + std::to_string(attachment.length.value_or(attachment.bytes.size()))
        + R"(,"stub":true)";
    if (attachment.gzip)
        text += R"(,"encoding":"gzip","encoded_length":)"
            + std::to_string(storedBytes(attachment).size());
    return text + '}';
}

std::string errorRow(const FakeWanted &wanted)
{
    return R"({"error":{"id":)" + json::quoted(wanted.id) + R"(,"rev":)"
        + json::quoted(wanted.rev.empty() ? "undefined" : wanted.rev)
        + R"(,"error":"not_found","reason":"missing"}})";
}

std::string okRow(const std::string &id, const FakeLeaf &leaf, bool withData)
{
    return R"({"ok":)" + (leaf.raw.empty() ? documentText(id, leaf, withData) : leaf.raw) + '}';
}

std::string docsOf(const FakeDatabase &database, const FakeWanted &wanted, bool latest,
                   bool withData)
{
    const auto found = database.documents.find(wanted.id);
    if (found == database.documents.end())
        return errorRow(wanted);
    std::vector<const FakeLeaf *> leaves;
    for (const FakeLeaf &leaf : found->second.leaves) {
        if (wanted.rev.empty() || leaf.rev() == wanted.rev)
            leaves.push_back(&leaf);
    }
    if (leaves.empty() && latest) {
        for (const FakeLeaf &leaf : found->second.leaves) {
            if (leaf.descendsFrom(wanted.rev))
                leaves.push_back(&leaf);
        }
    }
    if (leaves.empty())
        return errorRow(wanted);
    return joined(leaves, [&](const FakeLeaf *leaf) { return okRow(wanted.id, *leaf, withData); });
}

} // namespace

std::string seqJson(std::uint64_t seq, SeqStyle style)
{
    const std::string number = std::to_string(seq);
    switch (style) {
    case SeqStyle::Text: return '"' + number + "-g1AAAA\"";
    case SeqStyle::Number: return number;
    case SeqStyle::List: return '[' + number + ",\"g1AAAA\"]";
    }
    return number;
}

std::uint64_t seqNumber(const std::string &text)
{
    const size_t digit = text.find_first_of("0123456789");
    return digit == std::string::npos ? 0 : std::stoull(text.substr(digit));
}

std::string infoAnswer(const std::string &name, const FakeDatabase &database, SeqStyle style)
{
    return R"({"instance_start_time":")" + database.instance + R"(","db_name":)"
        + json::quoted(name) + R"(,"purge_seq":)" + seqJson(database.purgeSeq, style)
        + R"(,"update_seq":)" + seqJson(database.seq, style)
        + R"(,"sizes":{"file":5000,"external":)" + std::to_string(database.externalBytes)
        + R"(,"active":)" + std::to_string(database.activeBytes)
        + R"(},"props":{},"doc_del_count":)" + std::to_string(database.deletedDocuments())
        + R"(,"doc_count":)" + std::to_string(database.liveDocuments())
        + R"(,"disk_format_version":8,"compact_running":false})";
}

std::string changesAnswer(const FakeDatabase &database, std::uint64_t since, std::uint64_t limit,
                          SeqStyle style)
{
    std::vector<std::string> ids = database.inOrder();
    std::erase_if(ids,
                  [&](const std::string &id) { return database.documents.at(id).seq <= since; });
    const size_t pending = ids.size() > limit ? ids.size() - limit : 0;
    ids.resize(ids.size() - pending);
    std::uint64_t last = std::max(since, database.seq);
    if (pending > 0)
        last = ids.empty() ? since : database.documents.at(ids.back()).seq;
    const std::string rows = joined(ids, [&](const std::string &id) {
        const FakeDocument &document = database.documents.at(id);
        return R"({"seq":)" + seqJson(document.seq, style) + R"(,"id":)" + json::quoted(id)
            + R"(,"changes":[)"
            + joined(document.leaves,
                     [](const FakeLeaf &leaf) { return R"({"rev":")" + leaf.rev() + R"("})"; })
            + ']' + (document.isDeleted() ? R"(,"deleted":true})" : "}");
    });
    return R"({"results":[)" + rows + R"(],"last_seq":)" + seqJson(last, style) + R"(,"pending":)"
        + std::to_string(pending) + '}';
}

std::string documentText(const std::string &id, const FakeLeaf &leaf, bool withData)
{
    std::string text = R"({"_id":)" + json::quoted(id) + R"(,"_rev":")" + leaf.rev() + '"';
    if (!leaf.members.empty())
        text += ',' + leaf.members;
    if (leaf.deleted)
        text += R"(,"_deleted":true)";
    text += R"(,"_revisions":{"start":)" + std::to_string(leaf.generation()) + R"(,"ids":[)"
        + joined(leaf.hashes(), [](const std::string &hash) { return '"' + hash + '"'; }) + "]}";
    if (!leaf.attachments.empty())
        text += R"(,"_attachments":{)"
            + joined(leaf.attachments,
                     [&](const FakeAttachment &one) { return attachmentText(one, withData); })
            + '}';
    return text + '}';
}

std::vector<FakeWanted> wantedOf(const std::string &body)
{
    std::vector<FakeWanted> wanted;
    const auto members = json::members(body);
    const auto docs = members ? json::find(*members, "docs") : std::nullopt;
    const auto list =
        docs ? json::elements(*docs) : base::Result<std::vector<std::string_view>>(base::Error{});
    if (!list)
        return wanted;
    for (const std::string_view entry : *list) {
        const auto fields = json::members(entry);
        const auto rev = json::find(*fields, "rev");
        wanted.push_back({json::unescape(*json::find(*fields, "id")),
                          rev ? json::unescape(*rev) : std::string()});
    }
    return wanted;
}

std::string bulkAnswer(const FakeDatabase &database, const std::vector<FakeWanted> &wanted,
                       bool latest, bool withData)
{
    return R"({"results":[)"
        + joined(wanted,
                 [&](const FakeWanted &one) {
                     return R"({"id":)" + json::quoted(one.id) + R"(,"docs":[)"
                         + docsOf(database, one, latest, withData) + "]}";
                 })
        + "]}";
}

std::string localsAnswer(const FakeDatabase &database)
{
    return R"({"total_rows":null,"offset":null,"rows":[)"
        + joined(database.locals,
                 [](const auto &entry) {
                     return R"({"id":)" + json::quoted(entry.first)
                         + R"(,"value":{"rev":"0-1"},"doc":)" + entry.second + '}';
                 })
        + "]}";
}

} // namespace testsupport
