#pragma once

#include "core/serve/incoming.h"

namespace serve {

inline constexpr const char *kReplicatorDatabase = "_replicator";

/// One end of a replication, as a `_replicator` document names it.
struct ReplicationEnd {
    std::string url;  ///< without credentials, with a slash at the end: "http://host:5984/db/"
    std::string host; ///< "127.0.0.1", "[::1]"
    std::uint16_t port = 0;
    std::string path; ///< "/db", percent-encoded as it was
    std::string user, password;

    /// "http://host:5984"
    [[nodiscard]] std::string origin() const;
};

/// A `_replicator` document, taken apart. A value.
struct ReplicatorDocument {
    std::optional<ReplicationEnd> source, target;
    bool isContinuous = false;
    bool createsTarget = false;
    std::string filter;   ///< "design/function"; empty for none
    std::string selector; ///< raw JSON; empty for none
    std::vector<std::string> docIds;
    bool hasDocIds = false;
    int checkpointSeconds = 30;
    /// What CouchDB wrote at the end, or somebody by hand: "failed", "completed"; empty before.
    std::string state, stateTime, stateReason;
    std::string stats; ///< raw JSON object; empty for none
    /// All that makes a job another job when it changes: the ends with their passwords, the
    /// options. Of other members nothing.
    std::string fingerprint;

    /// True for a document that asks for nothing any more.
    [[nodiscard]] bool isOver() const { return state == "failed" || state == "completed"; }
    /// "…32 hex digits…+continuous+create_target": the same for documents that ask for the same,
    /// whatever their passwords, on the server with this uuid.
    [[nodiscard]] std::string replicationId(const std::string &uuid) const;
};

/// What CouchDB 3.5.0 says to a malformed one (recorded: all 403); null when it is good.
[[nodiscard]] std::optional<Refusal>
checkReplicatorDocument(const std::vector<base::json::Member> &members);

/// Of one that was let in.
[[nodiscard]] ReplicatorDocument replicatorDocument(const std::vector<base::json::Member> &members);

} // namespace serve
