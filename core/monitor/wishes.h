#pragma once

#include "core/base/file.h"
#include "core/base/result.h"
#include "core/monitor/replication.h"

#include <map>
#include <optional>
#include <string>

namespace monitor {

/// What the operator wants of one database; it decides, whatever is found (D17).
enum class Wish {
    Sync,          ///< mirrored: its document was made or adopted
    Paused,        ///< not for the time being
    Removed,       ///< not any more; discovery leaves it alone
    KeptThoughGone ///< the source has deleted it, and the copy stays as it is
};
[[nodiscard]] const char *nameOf(Wish wish);

/// The `_replicator` document of a database that was paused or removed, so that it can be written
/// again. Without secrets.
struct KeptDocument {
    std::string id;
    std::string rev;  ///< when it was taken away: the same one found again means a cut-off removal
    std::string json; ///< of couch::stripSecrets()
};

struct WishEntry {
    Wish wish = Wish::Sync;
    TimePoint since;
    std::optional<KeptDocument> document;
};

/// A document of a removed database can be had back for so long.
inline constexpr std::chrono::hours kUndoFor{30 * 24};

/// The wishes for all databases, as one small file. A value; the file is written whole.
class Wishes
{
public:
    /// None where there is no file yet. Corrupt where it cannot be understood in every part: then
    /// nothing may be created, because a database that was removed would come back.
    [[nodiscard]] static base::Result<Wishes> load(const base::fs::path &file);
    [[nodiscard]] base::Status save(const base::fs::path &file) const;

    /// Null where nothing is recorded.
    [[nodiscard]] const WishEntry *find(const std::string &database) const;
    void set(const std::string &database, Wish wish, TimePoint now,
             std::optional<KeptDocument> document = std::nullopt);
    void forget(const std::string &database) { m_entries.erase(database); }
    /// Forgets the documents of what was removed longer than kUndoFor ago; says of how many.
    std::size_t dropOldDocuments(TimePoint now);
    [[nodiscard]] const std::map<std::string, WishEntry> &entries() const { return m_entries; }

    /// All are paused at once by the mirror's setting max_jobs: what it was before, empty where it
    /// was not set.
    struct PauseOfAll {
        TimePoint since;
        std::optional<std::string> maxJobs;
    };
    std::optional<PauseOfAll> pauseOfAll;

private:
    std::map<std::string, WishEntry> m_entries;
};

} // namespace monitor
