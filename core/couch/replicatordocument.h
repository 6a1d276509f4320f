#pragma once

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/couch/databaseaddress.h"

#include <optional>
#include <string>
#include <string_view>

/// Documents of `_replicator`, which tell a CouchDB what to copy (CouchDB manual, "Replicator
/// Database"): those this program writes, and those it finds. Pure; any thread.
namespace couch {

/// One end of a replication as a document names it: a text, or {url, headers, auth}.
struct ReplicationEnd {
    std::string url;                        ///< without user info, as written otherwise
    std::optional<DatabaseAddress> address; ///< nothing where it cannot be understood
    std::string user;                       ///< wherever it stands: address, auth or header
};

/// What a document asks for. Holds no secret.
struct ReplicatorDocument {
    std::string id;
    std::string rev;
    ReplicationEnd source;
    ReplicationEnd target;
    bool continuous = false;
    bool createTarget = false;
    bool isPartial = false; ///< doc_ids, filter, selector: not the whole database is copied
    bool isOurs = false;    ///< written by this program
    /// What CouchDB wrote into it: always with CouchDB 1 and PouchDB Server, at the end of a job
    /// (or when it cannot be one) with later ones.
    std::string state, stateReason, stateTime;
};

/// Protocol where it is no object with an `_id`; ends that cannot be understood are left empty.
[[nodiscard]] base::Result<ReplicatorDocument> parseReplicatorDocument(std::string_view json);

/// The id of this program's document for a database: the same in every run, so that no second one
/// can come to be.
[[nodiscard]] std::string replicatorIdFor(std::string_view database);

struct ReplicationLogin {
    std::string server; ///< as the mirror's CouchDB reaches it: "https://focus.example/db"
    std::string user;   ///< empty: without login
    const base::Secret *password = nullptr; ///< null without login; outlives the call
};
/// CouchDB 3.2 and later take logins as `auth` objects, others as an Authorization header.
enum class LoginForm { AuthObject, Header };

/// The document that keeps `database` of `source` copied to the database of the same name of
/// `target`: continuous, the target made when missing. `createdAt` is an ISO time. CouchDB adds the
/// owner itself.
[[nodiscard]] std::string buildReplicatorDocument(const std::string &database,
                                                  const ReplicationLogin &source,
                                                  const ReplicationLogin &target, LoginForm form,
                                                  const std::string &createdAt);

/// A copy with the member set to `rawValue`, or taken out where that is empty; order is kept. The
/// text must be an object.
[[nodiscard]] base::Result<std::string> withMember(std::string_view objectJson,
                                                   std::string_view key, std::string_view rawValue);

/// A copy that makes CouchDB drop the job and its back-off and start anew with its checkpoints: the
/// checkpoint interval moves by a millisecond, and what CouchDB wrote into it is taken out.
[[nodiscard]] base::Result<std::string> nudged(std::string_view json);
/// Without `_rev` and what CouchDB wrote into it: fit to be written again.
[[nodiscard]] base::Result<std::string> withoutHistory(std::string_view json);

} // namespace couch
