#pragma once

#include "core/base/file.h"
#include "core/couch/types.h"
#include "core/monitor/replication.h"

#include <QString>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace monitor {

/// What `GET` of a database said.
enum class DatabaseAnswer {
    There,
    Missing, ///< CouchDB's own 404 (couch::saysDatabaseIsMissing)
    Unclear  ///< anything else: a proxy's page, no connection, no right
};

/// One look at the source. The list came whole; a poll whose list failed is no look.
struct SourceLook {
    TimePoint at;
    std::vector<std::string> listed; ///< of databases, sorted
    /// What those answered that are mirrored and not listed.
    struct Answer {
        DatabaseAnswer answer = DatabaseAnswer::Unclear;
        std::string text; ///< as the server said it, for the evidence
    };
    std::map<std::string, Answer> answers;
};

enum class GoneVerdict {
    Suspected, ///< seen to be missing, not for long enough
    Gone,      ///< missing from the list and by its own answer, twice, ten minutes apart
    Outage     ///< too many are missing together: nothing is believed
};
[[nodiscard]] const char *nameOf(GoneVerdict verdict);

struct Evidence {
    TimePoint at;
    QString what; ///< one sentence
};
struct GoneDatabase {
    std::string database;
    GoneVerdict verdict = GoneVerdict::Suspected;
    TimePoint since; ///< first seen to be missing
    std::vector<Evidence> evidence;
    QString sentence;
};

struct RecreatedDatabase {
    std::string database;
    TimePoint at;
    QString sentence; ///< what shows it
};

/// Both looks lie at least so far apart.
inline constexpr std::chrono::minutes kGoneAfter{10};

/// Decides whether databases were deleted at the source: never because a replication says
/// db_not_found. A value that remembers; pure but for load() and save(). One thread.
class GoneMemory
{
public:
    /// Nothing remembered where there is no file. Corrupt: the caller may begin anew, which only
    /// makes verdicts later.
    [[nodiscard]] static base::Result<GoneMemory> load(const base::fs::path &file);
    [[nodiscard]] base::Status save(const base::fs::path &file) const;

    /// Those of `mirrored` that are not in the sorted `listed`: they are to be asked.
    [[nodiscard]] static std::vector<std::string>
    missingFrom(const std::vector<std::string> &listed, const std::vector<std::string> &mirrored);

    /// `mirrored`: the databases that ought to be there.
    void observe(const SourceLook &look, const std::vector<std::string> &mirrored);
    /// Sorted by database; empty while all are there.
    [[nodiscard]] std::vector<GoneDatabase> verdicts() const;
    [[nodiscard]] bool isOutage() const { return m_outageSince.has_value(); }

    /// What a database says of itself, now and then.
    void observeInfo(const std::string &database, const couch::DatabaseInfo &info, TimePoint at);
    [[nodiscard]] std::vector<RecreatedDatabase> recreated() const;
    /// The operator knows.
    void acknowledgeRecreated(const std::string &database);
    void forget(const std::string &database);

private:
    struct Look {
        TimePoint at;
        std::uint64_t listed = 0; ///< how many the list had
        std::string answer;
    };
    struct Missing {
        Look first, last;
        bool isConfirmed = false;
    };
    struct Known {
        std::string instanceStartTime;
        std::uint64_t sequence = 0;
        std::optional<TimePoint> recreatedAt;
        std::string before, after; ///< what changed
    };
    [[nodiscard]] static bool read(std::string_view text, GoneMemory &memory);

    std::map<std::string, Missing> m_missing;
    std::map<std::string, Known> m_known;
    std::optional<TimePoint> m_outageSince;
    std::uint64_t m_outageCount = 0;
};

/// More missing together than this is an outage: three, or a fifth of all.
[[nodiscard]] std::size_t mostVanishingTogether(std::size_t databases);

} // namespace monitor
