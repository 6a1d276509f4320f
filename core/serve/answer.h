#pragma once

#include "core/base/result.h"
#include "core/serve/message.h"

#include <chrono>
#include <cstdint>
#include <memory>

namespace serve {

class ChangeSignal;

/// How the end of a body is told.
enum class Sizing {
    Known,    ///< ResponseHead::length
    Measured, ///< small ones with their length, as CouchDB sends them; others in chunks
    Chunked
};

struct ResponseHead {
    int status = 200;
    Headers headers;
    Sizing sizing = Sizing::Chunked;
    std::uint64_t length = 0; ///< bytes
};

/// Where a handler puts its answer: begin, write any number of times, finish. Calls block while the
/// client is slow; an error means that the client has gone, and the handler returns. Used by one
/// thread at a time. For HEAD the bytes go nowhere. Implemented by WireAnswer.
class Answer
{
public:
    virtual ~Answer() = default;
    [[nodiscard]] virtual base::Status begin(ResponseHead head) = 0;
    [[nodiscard]] virtual base::Status write(std::string_view bytes) = 0;
    [[nodiscard]] virtual base::Status finish() = 0;
    /// Sends what was written so far, for a feed that now waits.
    [[nodiscard]] virtual base::Status flush() = 0;
    /// Ends the connection without an end of the body: the client must see that something is
    /// missing.
    virtual void cut() = 0;
    [[nodiscard]] virtual bool hasBegun() const = 0;
    /// Bytes as they are instead of an HTTP message, then the end of the connection (faults).
    virtual void sendRaw(std::string_view bytes) = 0;
};

/// An answer that waits for a change or a moment without holding a thread.
class Pending
{
public:
    virtual ~Pending() = default;
    /// resume() is called then at the latest.
    [[nodiscard]] virtual std::chrono::steady_clock::time_point until() const = 0;
    /// What wakes it before; null for nothing. `seen` is the count of changes it knows of.
    [[nodiscard]] virtual std::shared_ptr<ChangeSignal> signal(std::uint64_t &seen) const = 0;
    /// On a worker. True when the answer is complete (or cut).
    [[nodiscard]] virtual bool resume() = 0;
};

/// Null: the answer is complete or cut.
using Outcome = std::unique_ptr<Pending>;

/// What answers requests. Called on several workers at once; `request` (the guard puts the user in)
/// and `answer` outlive the Outcome.
class Handler
{
public:
    virtual ~Handler() = default;
    [[nodiscard]] virtual Outcome handle(Request &request, Answer &answer) = 0;
};

} // namespace serve
