#include "core/serve/localdocuments.h"

#include "core/base/json.h"

namespace serve {

namespace json = base::json;

namespace {

constexpr size_t kMostBytes = size_t{64} << 20;

std::string nextRev(const std::string &rev)
{
    const size_t dash = rev.find('-');
    const auto count =
        dash == std::string::npos ? std::nullopt : json::toUnsigned(rev.substr(dash + 1));
    return "0-" + std::to_string(count.value_or(0) + 1);
}

} // namespace

std::string localText(const std::string &id, const LocalDocuments::Entry &entry)
{
    std::string text = R"({"_id":)" + json::quoted(id) + R"(,"_rev":)" + json::quoted(entry.rev);
    if (!entry.members.empty())
        text += ',' + entry.members;
    return text + '}';
}

std::optional<LocalDocuments::Entry> LocalDocuments::find(const std::string &id) const
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_entries.find(id);
    return found == m_entries.end() ? std::nullopt : std::optional(found->second);
}

std::map<std::string, LocalDocuments::Entry> LocalDocuments::all() const
{
    const std::lock_guard lock(m_mutex);
    return m_entries;
}

OrRefusal<std::string> LocalDocuments::put(const std::string &id, std::string_view text)
{
    const auto members = json::members(text);
    if (!members)
        return json::validate(text) ? refusal::badRequest("Document must be a JSON object")
                                    : refusal::invalidJson();
    std::string kept;
    std::string rev = "0-0";
    for (const auto &[key, value] : *members) {
        if (key == "_rev" && json::kindOf(value) == json::Kind::String)
            rev = json::unescape(value);
        if (key == "_id" || key == "_rev" || key == "_revisions")
            continue;
        if (!kept.empty())
            kept += ',';
        kept.append("\"").append(key).append("\":").append(value);
    }
    const std::lock_guard lock(m_mutex);
    // CouchDB looks at no revision here: the last writer wins, and the number goes on from the one
    // that came.
    Entry &entry = m_entries[id];
    const size_t bytes = m_bytes - entry.members.size() + kept.size();
    if (bytes > kMostBytes)
        return Refusal{413, "document_too_large", "There is no room for more _local documents."};
    m_bytes = bytes;
    entry.members = std::move(kept);
    entry.rev = nextRev(rev);
    return entry.rev;
}

std::optional<Refusal> LocalDocuments::remove(const std::string &id)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_entries.find(id);
    if (found == m_entries.end())
        return refusal::missing();
    m_bytes -= found->second.members.size();
    m_entries.erase(found);
    return std::nullopt;
}

} // namespace serve
