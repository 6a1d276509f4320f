#pragma once

#include "core/base/filesource.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

/// What lies in a database's write-ahead logs and not yet in tables. A PouchDB database below 4 MiB
/// that was opened once is nothing but such a log.
namespace store {

struct LogEntry {
    std::uint64_t sequence = 0;
    std::optional<std::string> value; ///< nothing for a deletion
};

/// The newest entry of every user key.
using LogEntries = std::map<std::string, LogEntry, std::less<>>;

/// Adds the entries of one log. Returns whether the log is cut short.
[[nodiscard]] base::Result<bool> replayLog(std::shared_ptr<const base::RandomReader> file,
                                           const std::string &name, LogEntries &entries);

} // namespace store
