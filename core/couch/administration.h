#pragma once

#include "core/base/secret.h"
#include "core/couch/scheduler.h"
#include "core/couch/transport.h"
#include "core/couch/types.h"

#include <functional>

namespace couch {

/// What the mirror's keeper asks of a server beside reading databases: writes, the replicator's
/// state, sessions, configuration. Apart from Client so that a snapshot cannot write (D11).
/// Blocking and thread-safe, as its Transport; no policy. A write whose answer was lost is not
/// repeated unless that does no harm; whoever polls finds out. CouchDB manual: "API Reference".
class Administration
{
public:
    Administration(Transport &transport, std::stop_token stop);

    [[nodiscard]] std::string origin() const { return m_transport.origin(); }

    struct Greeting {
        ServerInfo server;
        std::string date; ///< the server's clock as its header says it; empty when absent
    };
    [[nodiscard]] base::Result<Greeting> greet();

    /// Who the server takes this transport's user for (`GET /_session`).
    struct Session {
        std::string name; ///< empty: nobody
        std::vector<std::string> roles;
        [[nodiscard]] bool isAdmin() const;
    };
    [[nodiscard]] base::Result<Session> session();
    /// Logs in as the replicator does (`POST /_session`, asked of the transport's root). The value
    /// says whether a session came; errors are those of the server (NotFound: it has no sessions).
    [[nodiscard]] base::Result<bool> logIn(const std::string &user, const base::Secret &password);

    [[nodiscard]] base::Result<DatabaseInfo> databaseInfo(const std::string &db);
    /// Conflict when it is there already.
    [[nodiscard]] base::Status createDatabase(const std::string &db);
    /// NotFound when it is not there.
    [[nodiscard]] base::Status deleteDatabase(const std::string &db);

    /// Raw JSON.
    [[nodiscard]] base::Result<std::string> document(const std::string &db, const std::string &id);
    /// `json` has the `_rev` it replaces; Conflict when that is not the newest. Returns the new
    /// one.
    [[nodiscard]] base::Result<std::string>
    putDocument(const std::string &db, const std::string &id, const std::string &json);
    /// `_local/` ids too. NotFound when it is not there any more.
    [[nodiscard]] base::Status deleteDocument(const std::string &db, const std::string &id,
                                              const std::string &rev);

    struct ChangedDocument {
        std::string_view id;  ///< raw JSON string, with quotes
        std::string_view doc; ///< raw JSON object
        bool deleted = false;
    };
    using DocumentVisitor = std::function<base::Status(const ChangedDocument &)>;
    /// The documents of `db` that changed behind `since` (raw JSON, "" = from the start), page by
    /// page; views live as long as the call. Returns the sequence at the end.
    [[nodiscard]] base::Result<std::string>
    documentsSince(const std::string &db, const std::string &since, const DocumentVisitor &visit);

    /// Every row of `_scheduler/docs`, paged; nothing where the server has no scheduler (CouchDB 1,
    /// PouchDB Server). Rows that move while the pages are read may be missing or come twice.
    [[nodiscard]] base::Result<std::optional<std::vector<SchedulerRow>>> schedulerRows();
    /// The row of one document of `_replicator`; nothing when there is none.
    [[nodiscard]] base::Result<std::optional<SchedulerRow>> schedulerRow(const std::string &id);
    /// Replications among `_active_tasks`; empty where the server has none to offer.
    [[nodiscard]] base::Result<std::vector<ActiveReplication>> activeReplications();

    struct Updates {
        std::vector<std::string> names; ///< databases that were made, deleted or written
        std::string lastSeq;            ///< raw JSON
    };
    /// `_db_updates`, waiting up to `patience` for the first. Forbidden without the right, NotFound
    /// without the database `_global_changes`.
    [[nodiscard]] base::Result<Updates> databaseUpdates(const std::string &since,
                                                        std::chrono::milliseconds patience);

    /// A value of this node's configuration; nothing when it is not set.
    [[nodiscard]] base::Result<std::optional<std::string>> setting(const std::string &section,
                                                                   const std::string &key);
    /// Nothing takes the value away, so that the default holds.
    [[nodiscard]] base::Status changeSetting(const std::string &section, const std::string &key,
                                             const std::optional<std::string> &value);

private:
    template <typename Decode>
    auto ask(const Request &request, Decode decode) -> decltype(decode(std::string_view()));
    [[nodiscard]] base::Status tell(const Request &request);

    Transport &m_transport;
    std::stop_token m_stop;
};

/// True for the 404 that CouchDB itself gives for a database that is not there; a proxy's page, a
/// wrong path or a missing document is something else. `error` is one of a transport's.
[[nodiscard]] bool saysDatabaseIsMissing(const base::Error &error);

} // namespace couch
