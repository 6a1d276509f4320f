#pragma once

#include "core/archive/manifest.h"
#include "core/couch/types.h"

#include <optional>
#include <string>

/// D8: which databases need not be fetched again. Pure; any thread.
namespace backup {

/// Whether an earlier snapshot of a database still is what the source holds. Every value but
/// Unchanged means: fetch it.
enum class ReuseVerdict {
    Unchanged,
    NoEarlierCopy,    ///< the earlier archive does not hold it
    OtherServer,      ///< another address, another UUID, or a server that has none
    Incomplete,       ///< something of it is missing there
    ChangedMeanwhile, ///< it was written to while it was read then: its sequence is not its content
    PlainSequence,    ///< numbers, which a database that is made again counts anew
    Unidentified,     ///< neither an instance_start_time nor shard ids tell it from a new one
    Recreated,        ///< deleted and made again
    Changed,          ///< another update_seq
    Purged,
    CountsDiffer,
    SecurityChanged, ///< moves no sequence; a database whose rights changed is read as a new one
    RevsLimitChanged ///< moves no sequence, and may have cut histories
};

/// The source as it is now.
struct Present {
    std::string server; ///< origin, as the manifest has it
    std::string serverUuid;
    couch::DatabaseInfo info;
    /// `_security` and `_revs_limit`, once they were asked for: they cost two requests, and so are
    /// read only for those databases that everything else says are unchanged.
    struct Properties {
        std::string security;
        std::optional<std::uint64_t> revsLimit;
    };
    std::optional<Properties> properties = {};
};

/// `earlier` is the entry of the database in `archive`, a verified archive (only those have a final
/// name), or null. Unchanged without properties means: so far.
[[nodiscard]] ReuseVerdict judgeReuse(const archive::Manifest &archive,
                                      const archive::ManifestDatabase *earlier,
                                      const Present &present);

/// Every reused database is fetched afresh once in this many runs: a bad capture must not be copied
/// for ever.
inline constexpr unsigned kReuseRounds = 14;

/// The round of the run after one with this round; each database has its turn in one of them.
[[nodiscard]] unsigned nextRound(std::optional<std::uint64_t> earlierRound);
[[nodiscard]] bool isItsTurn(const std::string &database, unsigned round);

} // namespace backup
