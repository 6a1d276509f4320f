#pragma once

#include "core/serve/backend.h"

#include <mutex>

namespace serve {

class Logins;
class Scheduler;
class Sessions;
class WriteRules;
struct Access;

/// What all requests of one server share. Thread-safe.
struct Site {
    std::shared_ptr<Backend> backend;
    std::shared_ptr<const Access> access;
    // They outlive the site.
    Logins *logins = nullptr;
    Sessions *sessions = nullptr;
    /// Null where no replicator runs, and where documents are written without further rules.
    Scheduler *scheduler = nullptr;
    WriteRules *rules = nullptr;
};

/// One request on its way through the routes: what it needs and where the answer goes.
struct Call {
    const Request &request;
    Answer &answer;
    const Site &site;
    std::shared_ptr<Database> database = nullptr; ///< of routes below /db
};

using Route = Outcome (*)(const Call &call);

} // namespace serve
