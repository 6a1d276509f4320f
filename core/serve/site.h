#pragma once

#include "core/serve/backend.h"

#include <mutex>

namespace serve {

class Sessions;
struct Access;

/// What all requests of one server share. Thread-safe.
struct Site {
    std::shared_ptr<Backend> backend;
    std::shared_ptr<const Access> access;
    Sessions *sessions = nullptr; ///< outlives the site
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
