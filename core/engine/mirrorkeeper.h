#pragma once

#include "core/engine/servers.h"
#include "core/engine/state.h"
#include "core/monitor/actions.h"
#include "core/monitor/mirrorreader.h"
#include "core/monitor/plan.h"
#include "core/settings/config.h"

namespace engine {

/// What an operator does to one replication.
enum class ReplicationAction { Retry, Pause, Resume, Remove };

/// Keeps the mirror as it should be: looks at both servers before it writes, finds databases, makes
/// the documents that are missing, and reads how the replications are. Blocks; one thread. What the
/// operator wants is read from the disk each time, under a lock that is held while something is
/// written: a command beside a running monitor does the same.
class MirrorKeeper
{
public:
    struct Setup {
        const settings::Config &config;
        Servers &servers; ///< with a mirror
        const base::Clock &clock;
        std::stop_token stop;
    };
    explicit MirrorKeeper(Setup setup);

    /// One look. `databases` is the source's list, where it is known; without it nothing is made.
    /// With `mayWrite` the plan is carried out.
    void poll(const std::optional<std::vector<std::string>> &databases, bool mayWrite);
    [[nodiscard]] const MirrorState &state() const { return m_state; }

    /// By database or by document id. NotFound when there is no such replication; Locked when
    /// somebody else is at it. poll() must have read the mirror before.
    [[nodiscard]] base::Status act(ReplicationAction action, const std::string &name);

    /// Every database that is to be mirrored holds what the source had when it was last looked at.
    [[nodiscard]] bool hasCaughtUp() const;

private:
    [[nodiscard]] base::Status preflight(const std::vector<std::string> &databases);
    [[nodiscard]] base::Status readAndJudge(const std::vector<std::string> &databases,
                                            bool mayWrite);
    [[nodiscard]] monitor::Plan planFor(const std::vector<std::string> &databases,
                                        const monitor::Wishes &wishes) const;
    [[nodiscard]] base::Result<std::unique_ptr<base::FolderLock>> lockWishes() const;
    [[nodiscard]] monitor::MirrorActions actionsFor(monitor::Wishes &wishes);
    [[nodiscard]] base::fs::path wishesFile() const;

    Setup m_setup;
    couch::Administration m_source, m_mirror;
    std::unique_ptr<couch::Administration> m_sourceHostRoot;
    monitor::MirrorReader m_reader;
    monitor::MirrorMemory m_memory;
    monitor::MirrorAddresses m_addresses;
    MirrorState m_state;
    std::vector<std::string> m_databases; ///< of the last list
    bool m_isProven = false;              ///< the preflight was good
};

} // namespace engine
