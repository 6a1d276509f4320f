#pragma once

#include "core/serve/reply.h"

#include <map>
#include <mutex>
#include <string>

namespace serve {

/// The `_local` documents of one database, where replicators keep their checkpoints: in memory,
/// also over a backup, which is never written to. Thread-safe; limited in number and bytes.
class LocalDocuments
{
public:
    struct Entry {
        std::string rev;     ///< "0-1"
        std::string members; ///< the JSON text of its members without _id and _rev; may be empty
    };
    [[nodiscard]] std::optional<Entry> find(const std::string &id) const;
    [[nodiscard]] std::map<std::string, Entry> all() const;

    /// `id` with its "_local/", `json` is the document as sent. Returns the new revision.
    [[nodiscard]] OrRefusal<std::string> put(const std::string &id, std::string_view json);
    [[nodiscard]] std::optional<Refusal> remove(const std::string &id);

private:
    mutable std::mutex m_mutex;
    std::map<std::string, Entry> m_entries;
    size_t m_bytes = 0;
};

/// The document as it is sent.
[[nodiscard]] std::string localText(const std::string &id, const LocalDocuments::Entry &entry);

} // namespace serve
