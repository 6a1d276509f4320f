#pragma once

#include "core/couch/transport.h"
#include "tests/support/fakeanswers.h"

#include <functional>
#include <mutex>

namespace testsupport {

/// A CouchDB in memory behind couch::Transport: it answers what couch::Client asks and keeps a
/// record. A test reads and changes its databases before a run, or in `onRequest` while one is
/// under way. Thread-safe.
class FakeServer : public couch::Transport
{
public:
    struct Answer {
        couch::Response response;
        std::optional<base::Error> cutBy = {}; ///< comes after the body's bytes
    };
    /// Called before a request is answered, one at a time; `number` begins with 1. May change the
    /// databases; what it returns is the answer.
    using Hook = std::function<std::optional<base::Result<Answer>>(size_t number,
                                                                   const couch::Request &request)>;

    std::map<std::string, FakeDatabase> databases;
    std::map<std::string, std::string>
        files; ///< other targets and their answers, e.g. "/monitor/all_dbs"
    Hook onRequest;
    SeqStyle seqStyle = SeqStyle::Text;
    size_t pieceBytes = size_t{64} << 10; ///< of what is streamed

    [[nodiscard]] base::Result<couch::Response> fetch(const couch::Request &request,
                                                      std::stop_token stop) override;
    [[nodiscard]] base::Result<couch::ResponseHead> stream(const couch::Request &request,
                                                           const base::ByteSink &sink,
                                                           std::stop_token stop) override;
    [[nodiscard]] Statistics statistics() const override;
    [[nodiscard]] std::string origin() const override { return "http://fake.example"; }

    /// The answer as it would go over the wire, refusals too; not recorded, without the hook.
    [[nodiscard]] Answer rawAnswer(const couch::Request &request) const;

    [[nodiscard]] std::vector<couch::Request> record() const;
    [[nodiscard]] size_t requests() const { return record().size(); }
    /// Those whose target holds this text.
    [[nodiscard]] size_t requestsFor(const std::string &part) const;

private:
    [[nodiscard]] base::Result<Answer> answer(const couch::Request &request,
                                              const std::stop_token &stop);
    [[nodiscard]] Answer route(const couch::Request &request) const;
    [[nodiscard]] Answer routeInDatabase(const std::vector<std::string> &path,
                                         const std::string &query,
                                         const couch::Request &request) const;
    [[nodiscard]] static Answer attachment(const FakeDatabase &database, const std::string &id,
                                           const std::string &name, const std::string &rev);

    mutable std::mutex m_mutex;
    std::vector<couch::Request> m_record;
};

/// Ready answers for hooks.
[[nodiscard]] FakeServer::Answer jsonAnswer(std::string body, int status = 200);
[[nodiscard]] base::Error fakeError(base::ErrorKind kind);

/// True when the request is about this database's endpoint, e.g. "_bulk_get", or "" for the
/// database itself.
[[nodiscard]] bool asksFor(const couch::Request &request, const std::string &database,
                           const std::string &endpoint);

} // namespace testsupport
