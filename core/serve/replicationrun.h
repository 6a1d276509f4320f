#pragma once

#include "core/serve/inprocess.h"
#include "core/serve/neighbours.h"
#include "core/serve/replicationerrors.h"
#include "core/serve/replicatordocument.h"

#include <chrono>

namespace serve {

/// The numbers of a replication; those of earlier runs are in them (its checkpoint has them).
struct ReplicationStatistics {
    std::uint64_t revisionsChecked = 0, missingFound = 0, docsRead = 0, docsWritten = 0,
                  writeFailures = 0, bulkGetDocs = 0;
    std::uint64_t pending = 0; ///< when it last asked
    // Sequences as raw JSON.
    std::string checkpointed = "\"0\"", sourceSeq = "\"0\"", throughSeq = "\"0\"";
};

/// One run of a replication, from its start to its crash or end, in steps: logging in, opening both
/// ends, and then a batch of changes at a time with the requests of the replication protocol
/// (`_changes`, `_revs_diff`, `_bulk_get`, `_bulk_docs`, `_local` checkpoints). A step never waits:
/// it says when the next one is due. One thread at a time, between the events of a Timeline.
class ReplicationRun
{
public:
    using Duration = std::chrono::milliseconds;
    /// `neighbours` outlives this. `known` are the statistics of earlier runs, if there are any.
    ReplicationRun(const ReplicatorDocument &document, const std::string &replicationId,
                   const Neighbours &neighbours, const std::optional<ReplicationStatistics> &known);

    struct Next {
        enum class Kind { Again, Wait, Completed, Crashed } kind = Kind::Again;
        Duration after{0};       ///< Again, Crashed; Wait: a checkpoint is due then, 0 for none
        std::string reason = {}; ///< of a crash
    };
    /// `now` counts from any moment.
    [[nodiscard]] Next step(std::chrono::system_clock::time_point now);

    /// Wakes a run that waits; null when there is nothing to wait for.
    [[nodiscard]] std::shared_ptr<ChangeSignal> signal(std::uint64_t &seen) const;
    /// True once both ends are open: from then on there are statistics.
    [[nodiscard]] bool isOpen() const { return m_isOpen; }
    [[nodiscard]] const ReplicationStatistics &statistics() const { return m_statistics; }

private:
    using Trouble = replicationerror::Trouble;
    /// An answer, or why there is none.
    struct Reply {
        int status = 0;
        std::optional<Trouble> trouble;
        std::string body, cookie;
        std::string method, url;
    };
    struct Side {
        ReplicationEnd end;
        std::string cookie;
        std::string checkpointRev;
    };

    [[nodiscard]] Reply ask(const Side &side, std::string_view method, const std::string &path,
                            std::string body = {}) const;
    [[nodiscard]] Reply askDatabase(const Side &side, std::string_view method,
                                    const std::string &below, std::string body = {}) const;
    /// Nothing when it worked.
    [[nodiscard]] std::optional<Next> logIn(Side &side);
    [[nodiscard]] std::optional<Next> open(Side &side, bool creates);
    [[nodiscard]] std::optional<Next> readCheckpoints();
    [[nodiscard]] std::optional<Next> writeCheckpoint(std::chrono::system_clock::time_point now);
    [[nodiscard]] std::optional<Next> writeCheckpointAt(Side &side, std::string_view name,
                                                        const std::string &text);
    [[nodiscard]] Next copyBatch(std::chrono::system_clock::time_point now);
    [[nodiscard]] std::optional<Next> write(const std::vector<std::string_view> &documents);
    /// Handles what any request can meet: no answer, 401 of an old session, 429, 5xx, no JSON.
    [[nodiscard]] std::optional<Next> common(Side &side, const Reply &reply);
    [[nodiscard]] Next again(const Reply &reply);
    [[nodiscard]] static Next crashed(std::string reason, Duration after = Duration{0});
    void watchSource();
    void addCheckpointStatistics(std::string_view history);

    const Neighbours &m_neighbours;
    Side m_source, m_target;
    std::string m_checkpointId; ///< "_local/..."
    bool m_isContinuous;
    bool m_createsTarget;
    std::string m_changesBody; ///< for _doc_ids; empty for all documents
    std::chrono::seconds m_checkpointInterval;
    bool m_isOpen = false;
    bool m_isDirty = false; ///< something was copied since the last checkpoint
    std::chrono::system_clock::time_point m_checkpointDue;
    int m_attempts = 0;
    bool m_hasStatistics;
    ReplicationStatistics m_statistics;
    std::string m_since = "0"; ///< as sent
    std::shared_ptr<Database> m_watched;
    std::uint64_t m_seen = 0;
    std::uint64_t m_serverStart = 0;
};

} // namespace serve
