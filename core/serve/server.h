#pragma once

#include "core/serve/faults.h"
#include "core/serve/guard.h"

namespace serve {

class Scheduler;
class WriteRules;

struct ServerOptions {
    std::string bind = "127.0.0.1"; ///< an address
    std::uint16_t port = 0;         ///< 0: a free one
    Access access;
    unsigned workers = 8;
    std::uint64_t mostBodyBytes = std::uint64_t{64} << 20; ///< of a request; beyond it: 413
    unsigned mostConnections = 512;
    /// Wrong passwords until a user is locked out for five minutes; 0: never.
    unsigned lockoutAfter = 0;
    // What a rehearsal adds; all of it outlives the server.
    const base::Clock *clock = nullptr; ///< of the lockout; null: the system's
    Faults *faults = nullptr;           ///< null: the server's own
    Scheduler *scheduler = nullptr;     ///< null: no replicator
    WriteRules *rules = nullptr;        ///< null: none
};

/// A CouchDB over a backend: listens from start() until it is destroyed. Any thread; its own are
/// one for the network and a few workers that answer.
class Server
{
public:
    /// Usage when the address is none, or lies beyond this machine and there is no password; Io
    /// when it cannot be bound.
    [[nodiscard]] static base::Result<std::unique_ptr<Server>>
    start(std::shared_ptr<Backend> backend, ServerOptions options);
    virtual ~Server() = default;

    [[nodiscard]] virtual std::uint16_t port() const = 0;
    /// "http://127.0.0.1:15984", without user.
    [[nodiscard]] virtual std::string url() const = 0;
    /// What goes wrong on purpose (tests and rehearsals).
    [[nodiscard]] virtual Faults &faults() = 0;
    [[nodiscard]] virtual std::uint64_t requestCount() const = 0;
    /// Answers requests of this process as if they had come over the network.
    [[nodiscard]] virtual Handler &handler() = 0;
    /// From now on the user has this password; whoever is logged in has to do it again.
    virtual void setPassword(base::Secret password) = 0;
};

} // namespace serve
