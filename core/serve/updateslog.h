#pragma once

#include "core/serve/changesignal.h"

#include <memory>
#include <string>
#include <vector>

namespace serve {

/// What `_db_updates` tells: the last moment at which each database was created, written and
/// deleted, in their order (CouchDB keeps one document for each in `_global_changes`). Thread-safe.
class UpdatesLog
{
public:
    enum class Type { Created, Updated, Deleted };
    struct Update {
        std::uint64_t seq = 0;
        std::string database;
        Type type = Type::Updated;
    };
    void note(const std::string &database, Type type);
    /// At most `limit` of those behind `since`.
    [[nodiscard]] std::vector<Update> after(std::uint64_t since, std::uint64_t limit) const;
    [[nodiscard]] std::uint64_t last() const;
    [[nodiscard]] const std::shared_ptr<ChangeSignal> &signal() const { return m_signal; }

private:
    mutable std::mutex m_mutex;
    std::uint64_t m_seq = 0;
    std::map<std::uint64_t, std::pair<std::string, Type>> m_updates;
    std::map<std::pair<std::string, Type>, std::uint64_t> m_seqOf;
    std::shared_ptr<ChangeSignal> m_signal = std::make_shared<ChangeSignal>();
};

/// "created"
[[nodiscard]] const char *nameOf(UpdatesLog::Type type);

} // namespace serve
