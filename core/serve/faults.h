#pragma once

#include "core/serve/answer.h"

#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace serve {

/// How a request goes wrong.
enum class FaultKind {
    Refuse,      ///< `status` with CouchDB's words: 401, 403, 404, 413, 429, 500, 503
    Redirect,    ///< 301 to `text`
    Stall,       ///< no answer, ever; the connection stays open
    CloseAtOnce, ///< the connection ends without an answer
    Cut,         ///< the true answer, cut behind `bytes` of its body
    StallInBody, ///< the true answer up to `bytes` of its body, then nothing
    Garbage,     ///< 200 and a body that is no JSON
    NoHttp       ///< bytes that are no HTTP
};

struct Fault {
    FaultKind kind = FaultKind::Refuse;
    int status = 500;
    std::uint64_t bytes = 0;
    std::string text = {};       ///< of a Redirect: where to
    std::string retryAfter = {}; ///< seconds, with 429 and 503
};

/// The faults that wait for their request. Thread-safe.
class Faults
{
public:
    /// Decides for every request; nothing means that all goes well. Called on several workers.
    using Plan = std::function<std::optional<Fault>(const Request &request)>;

    /// The n-th request from now on (1: the next one) goes wrong, once.
    void onRequest(std::size_t n, Fault fault);
    /// Every request goes wrong that this says so of. Replaces the plan before.
    void setPlan(Plan plan);
    /// Nothing goes wrong any more.
    void clear();

    /// Counts the request and says what goes wrong with it.
    [[nodiscard]] std::optional<Fault> take(const Request &request);
    /// How many requests there were.
    [[nodiscard]] std::size_t count() const;

private:
    mutable std::mutex m_mutex;
    std::size_t m_count = 0;
    std::vector<std::pair<std::size_t, Fault>> m_numbered;
    Plan m_plan;
};

/// Stands in front of a handler and lets requests go wrong. Thread-safe.
class FaultyHandler final : public Handler
{
public:
    /// `faults` outlives this.
    FaultyHandler(Faults &faults, std::unique_ptr<Handler> next)
        : m_faults(faults)
        , m_next(std::move(next))
    {
    }
    [[nodiscard]] Outcome handle(Request &request, Answer &answer) override;

private:
    Faults &m_faults;
    std::unique_ptr<Handler> m_next;
};

} // namespace serve
