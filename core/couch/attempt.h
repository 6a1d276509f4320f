#pragma once

#include "core/base/filesource.h"
#include "core/couch/limiter.h"
#include "core/couch/logingate.h"
#include "core/couch/transport.h"

#include <chrono>
#include <optional>

namespace couch {

/// How one try of a request ended, and what follows from it.
struct Attempt {
    std::optional<base::Error> error;
    ResponseHead head;
    bool isTransient = false; ///< another try may help
    bool delivered = false;   ///< a byte went into the sink
    std::optional<std::chrono::milliseconds> retryAfter;
};

/// What an answer says about the credentials. CouchDB answers 401 as well to a good login that
/// lacks a right; only its words tell the two apart.
[[nodiscard]] LoginGate::Verdict loginVerdict(int status, std::string_view body);

/// True for the 403 of an account that CouchDB locked.
[[nodiscard]] bool isLockout(int status, std::string_view body);

[[nodiscard]] bool isTransientStatus(int status);
[[nodiscard]] bool isTransientKind(base::ErrorKind kind);
[[nodiscard]] Limiter::Load loadOf(const Attempt &attempt);

} // namespace couch
