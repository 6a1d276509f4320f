#pragma once

#include "tests/support/fakeserver.h"

namespace testsupport {

/// The side of a CouchDB that a mirror's keeper talks to, in memory, behind couch::Transport:
/// databases and documents that can be written, `_scheduler/docs`, `_active_tasks`, sessions,
/// configuration. What the scheduler says a test writes into it. Thread-safe but for the members.
class FakeMirror : public couch::Transport
{
public:
    struct Document {
        std::string json; ///< without `_rev`
        std::string rev;
        std::uint64_t seq = 0;
        bool deleted = false;
    };
    struct Database {
        std::map<std::string, Document> documents;
        std::uint64_t seq = 0;
    };
    using Hook = std::function<std::optional<base::Result<FakeServer::Answer>>(
        const couch::Request &request)>;

    std::map<std::string, Database> databases{
        {"_replicator", {}}, {"_users", {}}, {"_global_changes", {}}};
    std::map<std::string, std::string> schedulerRows; ///< by document: the row's JSON
    bool hasScheduler = true;
    std::string activeTasks = "[]";
    std::string sessionAnswer = R"({"ok":true,"userCtx":{"name":"admin","roles":["_admin"]}})";
    std::string rootAnswer =
        R"({"couchdb":"Welcome","version":"3.5.0","uuid":"mirror","vendor":{"name":"test"}})";
    std::string date = "Mon, 23 Nov 2026 03:00:00 GMT";
    std::string updatesAnswer = R"({"results":[],"last_seq":"1-x"})";
    bool givesSession = true;                    ///< POST /_session
    std::map<std::string, std::string> settings; ///< "section/key"
    Hook onRequest;

    [[nodiscard]] base::Result<couch::Response> fetch(const couch::Request &request,
                                                      std::stop_token stop) override;
    [[nodiscard]] base::Result<couch::ResponseHead> stream(const couch::Request &request,
                                                           const base::ByteSink &sink,
                                                           std::stop_token stop) override;
    [[nodiscard]] Statistics statistics() const override { return {}; }
    [[nodiscard]] std::string origin() const override { return "http://mirror.example"; }

    /// Puts a document there as somebody else would; returns its revision.
    std::string put(const std::string &db, const std::string &id, const std::string &json);
    void drop(const std::string &db, const std::string &id);
    /// The document's text with `_rev`, empty when there is none.
    [[nodiscard]] std::string get(const std::string &db, const std::string &id) const;
    [[nodiscard]] std::vector<std::string> idsOf(const std::string &db) const;
    /// "PUT /_replicator/fm%3Aa"; the writes in their order.
    [[nodiscard]] std::vector<std::string> writes() const { return m_writes; }
    [[nodiscard]] std::size_t requestsFor(const std::string &part) const;

private:
    [[nodiscard]] FakeServer::Answer route(const couch::Request &request);
    [[nodiscard]] FakeServer::Answer document(const couch::Request &request, const std::string &db,
                                              const std::string &id, const std::string &query);
    [[nodiscard]] FakeServer::Answer setting(const couch::Request &request, const std::string &key);
    [[nodiscard]] FakeServer::Answer scheduler(const std::string &query) const;
    [[nodiscard]] FakeServer::Answer changes(const Database &db, const std::string &query) const;
    [[nodiscard]] FakeServer::Answer localDocuments(const Database &db) const;

    std::vector<std::string> m_writes;
    std::vector<std::string> m_requests;
};

} // namespace testsupport
