#include "core/serve/routes.h"

#include "core/base/json.h"
#include "core/serve/arguments.h"

namespace serve {

using base::Result;
using base::Status;
namespace json = base::json;

namespace {

struct Range {
    std::optional<std::string> start;
    std::optional<std::string> end;
    bool inclusiveEnd = true;
    bool descending = false;
    std::uint64_t skip = 0;
    std::uint64_t limit = ~std::uint64_t{0};
    bool includeDocs = false;
    bool conflicts = false;
};

constexpr std::string_view kDesign = "_design/";
constexpr std::string_view kBehindDesign = "_design0"; // '0' follows '/'

std::optional<std::string_view> either(const Request &request, std::string_view a,
                                       std::string_view b)
{
    const auto first = request.parameter(a);
    return first ? first : request.parameter(b);
}

OrRefusal<Range> rangeOf(const Request &request)
{
    Range range;
    const auto string = [&](std::optional<std::string_view> text,
                            std::optional<std::string> &into) {
        if (!text)
            return true;
        if (!json::validate(*text))
            return false;
        if (json::kindOf(*text) == json::Kind::String)
            into = json::unescape(*text);
        return true;
    };
    if (!string(either(request, "startkey", "start_key"), range.start)
        || !string(either(request, "endkey", "end_key"), range.end))
        return refusal::invalidJson();
    if (const auto key = request.parameter("key")) {
        if (!string(key, range.start))
            return refusal::invalidJson();
        range.end = range.start;
    }
    range.inclusiveEnd = request.parameter("inclusive_end") != "false";
    range.descending = request.flag("descending");
    range.includeDocs = request.flag("include_docs");
    range.conflicts = request.flag("conflicts");
    for (const auto &[name, into] :
         {std::pair{"skip", &range.skip}, std::pair{"limit", &range.limit}}) {
        const auto text = request.parameter(name);
        if (!text)
            continue;
        const auto number = json::toUnsigned(*text);
        if (!number)
            return Refusal{400, "query_parse_error",
                           "Invalid value for integer: \"" + std::string(*text) + '"'};
        *into = *number;
    }
    return range;
}

class Rows
{
public:
    Rows(const Call &call, Range range, bool onlyDesign)
        : m_call(call)
        , m_range(std::move(range))
        , m_onlyDesign(onlyDesign)
    {
    }

    Status sendKeys(const std::vector<std::string> &keys)
    {
        Status sent = begin("null");
        for (const std::string &key : keys) {
            if (!sent)
                return sent;
            const auto document = m_call.database->document(key);
            if (!document)
                return document.error();
            sent = *document ? sendRow(**document)
                             : write(R"({"key":)" + json::quoted(key) + R"(,"error":"not_found"})");
        }
        return sent ? finish() : sent;
    }

    Status sendRange()
    {
        narrowToDesign();
        const auto offset = offsetOfFirst();
        if (!offset)
            return offset.error();
        if (Status begun = begin(std::to_string(*offset)); !begun)
            return begun;
        std::uint64_t skip = m_range.skip;
        std::uint64_t left = m_range.limit;
        const auto visit = [&](std::uint64_t, const store::Metadata &metadata) -> Result<bool> {
            if (left == 0 || isBehindEnd(metadata.id))
                return false;
            if (metadata.isDeleted())
                return true;
            if (skip > 0) {
                --skip;
                return true;
            }
            --left;
            if (Status sent = sendRow(metadata); !sent)
                return sent.error();
            return left > 0;
        };
        if (Status walked = m_call.database->forEachDocument(m_range.start.value_or(""),
                                                             m_range.descending, visit);
            !walked)
            return walked;
        return finish();
    }

private:
    void narrowToDesign()
    {
        if (!m_onlyDesign)
            return;
        auto &low = m_range.descending ? m_range.end : m_range.start;
        auto &high = m_range.descending ? m_range.start : m_range.end;
        low = std::max(low.value_or(""), std::string(kDesign));
        if (!high || *high > kBehindDesign)
            high = kBehindDesign;
    }

    Result<std::uint64_t> offsetOfFirst()
    {
        const auto info = m_call.database->info();
        if (!info)
            return info.error();
        m_total = info->documents;
        if (m_onlyDesign) {
            const auto below = m_call.database->documentsBefore(kDesign);
            const auto behind = m_call.database->documentsBefore(kBehindDesign);
            if (!below || !behind)
                return below ? behind.error() : below.error();
            m_total = *behind - *below;
            return m_total == 0 ? std::uint64_t{0} : *below;
        }
        if (!m_range.start)
            return std::min(m_range.skip, m_total);
        auto before = m_call.database->documentsBefore(
            *m_range.start + (m_range.descending ? std::string(1, '\0') : std::string()));
        if (!before)
            return before.error();
        const std::uint64_t first = m_range.descending ? m_total - *before : *before;
        return std::min(first + m_range.skip, m_total);
    }

    bool isBehindEnd(const std::string &id) const
    {
        if (!m_range.end)
            return false;
        if (id == *m_range.end)
            return !m_range.inclusiveEnd;
        return m_range.descending ? id < *m_range.end : id > *m_range.end;
    }

    Status begin(const std::string &offset)
    {
        if (offset == "null") {
            const auto info = m_call.database->info();
            if (!info)
                return info.error();
            m_total = info->documents;
        }
        if (Status begun = m_call.answer.begin(jsonHead(Sizing::Chunked)); !begun)
            return begun;
        return m_call.answer.write(R"({"total_rows":)" + std::to_string(m_total) + R"(,"offset":)"
                                   + offset + ",\"rows\":[\r\n");
    }

    Status write(const std::string &row)
    {
        const char *separator = m_isFirst ? "" : ",\r\n";
        m_isFirst = false;
        return m_call.answer.write(separator + row);
    }

    Status sendRow(const store::Metadata &metadata)
    {
        const std::string id = json::quoted(metadata.id);
        const bool isDeleted = metadata.isDeleted();
        std::string row = R"({"id":)" + id + R"(,"key":)" + id + R"(,"value":{"rev":)"
            + json::quoted(metadata.winner().toString()) + (isDeleted ? ",\"deleted\":true}" : "}");
        if (!m_range.includeDocs)
            return write(row + '}');
        if (isDeleted)
            return write(row + ",\"doc\":null}");
        const auto revision = loadRevision(*m_call.database, metadata, metadata.tree.winner());
        if (!revision)
            return revision.error();
        DocumentOptions options;
        options.conflicts = m_range.conflicts;
        Pieces pieces;
        if (Status added = addDocument(pieces, *m_call.database, metadata.tree, *revision, options,
                                       AttachmentForm::Stub);
            !added)
            return added;
        if (Status sent = write(row + ",\"doc\":"); !sent)
            return sent;
        pieces.text("}");
        return pieces.send(*m_call.database, m_call.answer);
    }

    Status finish()
    {
        Status sent = m_call.answer.write("\r\n]}\n");
        return sent ? m_call.answer.finish() : sent;
    }

    const Call &m_call;
    Range m_range;
    bool m_onlyDesign;
    bool m_isFirst = true;
    std::uint64_t m_total = 0;
};

Outcome listDocuments(const Call &call, bool onlyDesign)
{
    const auto range = rangeOf(call.request);
    if (const Refusal *refusal = refusalIn(range)) {
        sendRefusal(call.answer, *refusal);
        return nullptr;
    }
    std::optional<std::string_view> keysText = call.request.parameter("keys");
    if (call.request.method == "POST") {
        const auto body = bodyObject(call.request);
        if (const Refusal *refusal = refusalIn(body)) {
            sendRefusal(call.answer, *refusal);
            return nullptr;
        }
        keysText = json::find(valueIn(body), "keys");
    }
    Rows rows(call, valueIn(range), onlyDesign);
    Status sent;
    if (keysText) {
        const auto keys = stringList(*keysText);
        if (const Refusal *refusal = refusalIn(keys)) {
            sendRefusal(call.answer, *refusal);
            return nullptr;
        }
        sent = rows.sendKeys(valueIn(keys));
    } else {
        sent = rows.sendRange();
    }
    if (!sent)
        sendRefusal(call.answer, refusal::fromError(sent.error()));
    return nullptr;
}

} // namespace

Outcome allDocs(const Call &call)
{
    return listDocuments(call, false);
}

Outcome designDocs(const Call &call)
{
    return listDocuments(call, true);
}

} // namespace serve
