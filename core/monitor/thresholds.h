#pragma once

#include <chrono>
#include <cstdint>

namespace monitor {

/// Beyond what the checks fire. The defaults are those of the table of settings, which fills this.
struct Thresholds {
    std::chrono::seconds pendingFor{0}; ///< so long something must be wrong before it is said
    std::chrono::seconds clearAfter{0}; ///< so long it must be right before it is taken back
    int backupOverdueIntervals = 0;     ///< a backup older than so many intervals of the schedule
    int shrinkPercent = 0;              ///< smaller than before by more than this
    int growPercent = 0;
    std::uint64_t diskFreeLeast = 0;     ///< bytes
    std::chrono::seconds diskLasts{0};   ///< at the growth of late
    std::chrono::seconds leftoverAge{0}; ///< of unfinished files
    std::chrono::seconds clockSkew{0};
    std::chrono::seconds behindFor{0};      ///< a replication that does not catch up
    std::chrono::seconds auditWithin{0};    ///< mirror and source compared
    std::chrono::seconds verifiedWithin{0}; ///< every archive read again
    std::chrono::seconds drillWithin{0};    ///< a restore tried
    std::chrono::seconds offFor{0};         ///< the monitor did not run
    int orphanCheckpoints = 0;
    int massChangePercent = 0; ///< of documents or databases between two backups
};

} // namespace monitor
