#pragma once

#include "core/couch/transport.h"
#include "core/couch/types.h"

#include <map>
#include <memory>
#include <mutex>
#include <set>

namespace couch {

/// CouchDB's endpoints as typed calls. Knows paths, answers and what older or other servers lack;
/// no policy. Blocking and thread-safe, as its Transport. Reads only: nothing here writes to a
/// server. CouchDB manual: "API Reference".
class Client
{
public:
    Client(Transport &transport, std::stop_token stop);

    [[nodiscard]] base::Result<ServerInfo> serverInfo();
    [[nodiscard]] base::Result<std::vector<std::string>> allDbs();
    [[nodiscard]] base::Result<DatabaseInfo> databaseInfo(const std::string &db);
    /// In hundreds; names that do not exist, or that this user may not read, are absent:
    /// databaseInfo() says which. Falls back to databaseInfo() one by one.
    [[nodiscard]] base::Result<std::map<std::string, DatabaseInfo>>
    databaseInfos(const std::vector<std::string> &dbs);
    /// Raw JSON object.
    [[nodiscard]] base::Result<std::string> security(const std::string &db);
    [[nodiscard]] base::Result<std::optional<std::uint64_t>> revsLimit(const std::string &db);
    /// `since` is raw JSON ("" = from the start). style=all_docs, feed=normal, large seq_interval.
    [[nodiscard]] base::Result<ChangesPage> changes(const std::string &db, const std::string &since,
                                                    std::uint64_t limit);
    /// How many changes there are behind `since` (raw JSON): what a replicator asks to see whether
    /// it is done. Nothing where the server does not say.
    [[nodiscard]] base::Result<std::optional<std::uint64_t>> changesAfter(const std::string &db,
                                                                          const std::string &since);
    struct BulkOptions {
        bool latest = false;
        bool attachments = false; ///< base64 inline
    };
    /// revs=true and att_encoding_info=true always. Exactly one or more rows for every entry asked,
    /// matched by id; a row that was not asked for or one that is missing is a Protocol error.
    [[nodiscard]] base::Result<std::vector<BulkRow>>
    bulkGet(const std::string &db, const std::vector<IdRev> &wanted, BulkOptions options);
    /// The stored (perhaps gzip) bytes; the head says which coding came. Where id or name cannot be
    /// a path (dots, over 8,000 bytes) the document is fetched with its attachments in it and the
    /// identity bytes are delivered. `attempts` as in Request: for a caller that asks again.
    [[nodiscard]] base::Result<ResponseHead>
    attachment(const std::string &db, const std::string &id, const std::string &name,
               const std::string &rev, const base::ByteSink &sink, bool storedCoding = true,
               std::shared_ptr<int> attempts = {});
    /// True where attachment() has to deliver identity bytes whatever the coding at the server.
    [[nodiscard]] static bool comesInline(const std::string &db, const std::string &id,
                                          const std::string &name, const std::string &rev);
    /// Missing revisions by id.
    [[nodiscard]] base::Result<std::map<std::string, std::vector<std::string>>>
    revsDiff(const std::string &db, const std::map<std::string, std::vector<std::string>> &revs);
    struct LocalDocument {
        std::string id;
        std::string json;
    };
    /// `_local_docs?include_docs=true`; empty where the server cannot list them.
    [[nodiscard]] base::Result<std::vector<LocalDocument>> localDocuments(const std::string &db);

    /// What this server lacked and how it was done instead; for the manifest.
    [[nodiscard]] std::vector<std::string> fallbacks() const;

private:
    template <typename Decode>
    auto ask(const Request &request, Decode decode) -> decltype(decode(std::string_view()));
    base::Result<std::map<std::string, DatabaseInfo>>
    infosTogether(const std::vector<std::string> &dbs);
    base::Result<std::map<std::string, DatabaseInfo>>
    infosOneByOne(const std::vector<std::string> &dbs);
    base::Result<ResponseHead> inlineAttachment(const std::string &db, const IdRev &leaf,
                                                const std::string &name,
                                                const base::ByteSink &sink);
    /// For an endpoint that answered with `error`: nothing when only the endpoint is missing, else
    /// why.
    base::Status onlyEndpointIsMissing(const std::string &db, const base::Error &error);
    void noteFallback(const std::string &text);
    [[nodiscard]] bool lacks(const std::string &fallback) const;

    Transport &m_transport;
    std::stop_token m_stop;
    mutable std::mutex m_mutex;
    std::set<std::string> m_fallbacks;
};

/// "/a%2Fb" for the database "a/b".
[[nodiscard]] std::string databasePath(const std::string &db);
/// "/a%2Fb/_design/x" for the design document x of the database "a/b".
[[nodiscard]] std::string documentPath(const std::string &db, const std::string &id);

} // namespace couch
