#pragma once

#include "core/couch/types.h"
#include "core/monitor/mirrorreader.h"
#include "core/monitor/plan.h"
#include "core/monitor/replication.h"

#include <array>
#include <unordered_map>

/// How the mirror is, as an operator sees it: one row for each database. Values and pure functions.
namespace monitor {

struct DatabaseCounts {
    std::uint64_t documents = 0;
    std::uint64_t deleted = 0;
};

struct MirrorRow {
    std::string database;
    Situation situation = Situation::New;
    Replication replication; ///< its sentence is the one to show
    TimePoint since;         ///< when it came into this state, as far as was seen
    std::string documentId;  ///< empty where there is none
    std::vector<std::string> duplicates;
    std::string source, mirror; ///< the document's addresses, without passwords
    bool isOurs = false;        ///< the document was written by this program
    std::optional<DatabaseCounts> atSource, atMirror;
};

/// True for rows that ought to be copied: not paused, removed or kept as they are.
[[nodiscard]] bool isExpectedToCopy(const MirrorRow &row);

inline constexpr std::size_t kReplicationStates =
    static_cast<std::size_t>(ReplicationState::Unknown) + 1;

struct MirrorTotals {
    std::size_t databases = 0; ///< all but the removed ones
    std::array<std::size_t, kReplicationStates> byState{};
    std::uint64_t pending = 0;      ///< of those that say it
    std::size_t pendingUnknown = 0; ///< that copy and do not say it
    std::uint64_t refusedDocuments = 0;
    [[nodiscard]] std::size_t in(ReplicationState state) const
    {
        return byState[static_cast<std::size_t>(state)];
    }
};

struct MirrorView {
    TimePoint at;
    std::vector<MirrorRow> rows; ///< sorted by database
    MirrorTotals totals;
    std::vector<std::string> foreign; ///< documents that copy something else
    bool hasScheduler = true;
    bool isPausedAsAWhole = false;
};

/// What was seen before, for each document that is there: nothing grows beyond that.
class MirrorMemory
{
public:
    struct Seen {
        TimePoint documentSince; ///< first seen, or taken up last
        std::size_t progress = 0;
        TimePoint lastProgress;
        std::uint64_t refused = 0; ///< the most the job ever said; a restart begins at 0 again
        std::string state;
        TimePoint stateSince;
    };
    [[nodiscard]] std::size_t size() const { return m_seen.size(); }
    /// An audit found the database whole: what was refused before is there now.
    void forgetRefused(const std::string &documentId);

private:
    friend class MirrorJudge;
    std::unordered_map<std::string, Seen> m_seen;
};

struct MirrorInput {
    const MirrorReading &reading;
    const Plan &plan;
    bool isPausedAsAWhole = false;
    TimePoint now;
    /// Where they are known; asked for less often than the rest.
    const std::map<std::string, DatabaseCounts> *atSource = nullptr;
    const std::map<std::string, DatabaseCounts> *atMirror = nullptr;
};
[[nodiscard]] MirrorView judgeMirror(const MirrorInput &input, MirrorMemory &memory);

} // namespace monitor
