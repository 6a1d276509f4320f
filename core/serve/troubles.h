#pragma once

#include "core/serve/faults.h"
#include "core/serve/rehearsal.h"

#include <random>

namespace serve {

/// Lets one thing after the other go wrong at the two places of a rehearsal, each for a while, and
/// everything go well in between: refused requests of every kind, stalls, cut bodies, servers that
/// stop, a mirror that restarts. The same seed does the same at the same simulated moments.
/// Everything happens in events of the Timeline.
class Troubles final : public std::enable_shared_from_this<Troubles>
{
public:
    /// All outlive this.
    Troubles(Timeline &timeline, Rehearsal::Place &source, Rehearsal::Place &mirror,
             TroubleOptions options);
    ~Troubles();
    Troubles(const Troubles &) = delete;
    Troubles &operator=(const Troubles &) = delete;

    void begin();
    /// What goes wrong now: "the source answers 500"; empty when nothing does.
    [[nodiscard]] std::string now() const;

private:
    void schedule();
    void start();
    void end();
    [[nodiscard]] std::uint64_t pick(std::uint64_t below);

    Timeline &m_timeline;
    Rehearsal::Place &m_source;
    Rehearsal::Place &m_mirror;
    const TroubleOptions m_options;
    std::mt19937_64 m_random;
    Rehearsal::Place *m_stopped = nullptr;
    mutable std::mutex m_mutex;
    std::string m_now;
};

} // namespace serve
