#pragma once

#include "tests/backup/backuptesting.h"
#include "tests/couch/scriptedserver.h"
#include "tests/couch/testtransport.h"

namespace backuptesting {

/// What a server, or what stands between, can do wrong with one request (reliability.md 2.2).
enum class Way {
    Fail, ///< the connection is reset
    Stall,
    Cut,
    Garbage,
    Unauthorized,
    Forbidden,
    NotFound,
    TooLarge,
    TooMany, ///< 429 with Retry-After
    Broken,  ///< 500
    Redirect
};
inline constexpr std::array kWays{Way::Fail,         Way::Stall,     Way::Cut,      Way::Garbage,
                                  Way::Unauthorized, Way::Forbidden, Way::NotFound, Way::TooLarge,
                                  Way::TooMany,      Way::Broken,    Way::Redirect};
[[nodiscard]] const char *nameOf(Way way);

/// What is asked, without names of databases and documents: "_changes", "document's attachment".
[[nodiscard]] std::string classOf(const QByteArray &target);

/// Nobody may read this anywhere: not in messages, files, archives.
inline constexpr const char *kCanary = "canary-51c2-Zitronenkuchen";

/// A fake server behind real sockets and the real transport, doing wrong what a test wants.
class FaultyServer
{
public:
    /// Asked for every request; the way in which it is answered, if wrongly.
    using Wrong = std::function<std::optional<Way>(const ScriptedServer::Received &request)>;

    explicit FaultyServer(const FakeServer &server, Wrong wrong = {});

    [[nodiscard]] couch::Transport &transport() { return *m_transport; }
    [[nodiscard]] std::vector<ScriptedServer::Received> received() const
    {
        return m_sockets.received();
    }
    /// Connections to where the redirection points.
    [[nodiscard]] int strayConnections() const { return m_elsewhere.connections(); }

private:
    [[nodiscard]] ScriptedServer::Reply reply(const ScriptedServer::Received &request) const;
    [[nodiscard]] ScriptedServer::Reply wrongReply(Way way, QByteArray right) const;

    const FakeServer &m_server;
    Wrong m_wrong;
    ScriptedServer m_elsewhere;
    ScriptedServer m_sockets;
    std::unique_ptr<couch::Transport> m_transport;
};

} // namespace backuptesting
