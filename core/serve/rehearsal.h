#pragma once

#include "core/serve/life.h"
#include "core/serve/server.h"
#include "core/serve/timeline.h"

namespace serve {

/// How things go wrong by themselves (troubles.h).
struct TroubleOptions {
    std::uint64_t seed = 1;
    std::chrono::seconds every{600};   ///< of good time between two troubles, on average
    std::chrono::seconds longest{300}; ///< how long one lasts
};

struct RehearsalOptions {
    ServerOptions source, mirror; ///< port 0: a free one
    /// Simulated seconds in a real one; 0: time stands still until advance().
    double speed = 0;
    std::chrono::system_clock::time_point start =
        std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);
    bool hasSamples = true;          ///< addSampleOrganisations() at the source
    bool hasSystemDatabases = true;  ///< _users, _replicator, _global_changes at the mirror
    std::optional<LifeOptions> life; ///< nothing happens at the source by itself
    unsigned mostJobs = 500;         ///< CouchDB's [replicator] max_jobs
    /// After so many wrong passwords CouchDB locks a user out for five minutes; 0: never.
    unsigned lockoutAfter = 5;
};

/// A source and a mirror in one process, where everything can be tried and go wrong: two servers of
/// this layer on two ports of this machine, over databases in memory, and at the mirror a
/// replicator like CouchDB 3.5's. A document put into the mirror's `_replicator` becomes a job that
/// logs in at the other server, copies revisions, conflicts, tombstones and attachments with the
/// requests of the protocol, meets the faults that were put there, crashes, backs off and is shown
/// by `_scheduler/docs` as recorded.
///
/// What a test does: start(), write its `_replicator` documents over HTTP, advance() the time, look
/// at the answers; all that happens in simulated time happens within advance(), in this thread, in
/// the same order every time. With a speed it happens by itself. Requests over HTTP are answered at
/// any time; feeds and their timeouts go by the clock on the wall.
///
/// Any thread, one at a time. It owns all; the references it gives live as long as it.
class Rehearsal
{
public:
    /// Usage or Io as Server::start().
    [[nodiscard]] static base::Result<std::unique_ptr<Rehearsal>> start(RehearsalOptions options);
    ~Rehearsal();
    Rehearsal(const Rehearsal &) = delete;
    Rehearsal &operator=(const Rehearsal &) = delete;

    /// One of the two servers.
    class Place
    {
    public:
        virtual ~Place() = default;
        /// "http://127.0.0.1:15984"; the same after a restart.
        [[nodiscard]] virtual std::string url() const = 0;
        [[nodiscard]] virtual std::uint16_t port() const = 0;
        /// The databases, to be read and written without HTTP. They outlive restarts.
        [[nodiscard]] virtual Backend &backend() = 0;
        /// What goes wrong with requests, those of the replicator included. Outlives restarts.
        [[nodiscard]] virtual Faults &faults() = 0;
        /// From now on the user has this password; who is logged in is no more.
        virtual void setPassword(const std::string &password) = 0;
        /// Refuses documents as a validate_doc_update does: a reason, or nothing. Replaces the rule
        /// before; an empty function takes it away.
        using Rule = std::function<std::optional<std::string>(const std::string &database,
                                                              const std::string &id)>;
        virtual void setRule(Rule rule) = 0;
        /// The server goes: connections are refused, feeds end. Nothing when it has gone.
        virtual void stop() = 0;
        /// It comes again on its port, with its databases; at the mirror the scheduler has
        /// forgotten everything and needs five seconds to find its documents again.
        [[nodiscard]] virtual base::Status restart() = 0;
        /// An edit at the place itself, without HTTP: the next revision of the document's winner
        /// (or a new document). `members` is the inside of a JSON object; `_deleted` may be there.
        [[nodiscard]] virtual base::Status edit(const std::string &database, const std::string &id,
                                                const std::string &members) = 0;
    };
    [[nodiscard]] Place &source();
    [[nodiscard]] Place &mirror();

    /// The simulated time, for whoever takes part in it.
    [[nodiscard]] const base::Clock &clock() const;
    void advance(Timeline::Duration by);
    /// In steps of a simulated second until `isSo` or `atMost` has passed; returns whether it is
    /// so. With a speed it waits on the clock on the wall.
    [[nodiscard]] bool advanceUntil(const std::function<bool()> &isSo, Timeline::Duration atMost);
    /// Something happens at a moment of simulated time.
    void at(Timeline::TimePoint time, Timeline::Event event);

    /// Life at the source begins (again), or pauses.
    void setLife(std::optional<LifeOptions> life);
    /// From now on one thing after the other goes wrong, or nothing any more. Meanwhile the fault
    /// plans of both places are theirs.
    void setTroubles(std::optional<TroubleOptions> troubles);
    /// What goes wrong by itself at the moment, in words; empty when nothing does.
    [[nodiscard]] std::string trouble() const;

private:
    struct State;
    explicit Rehearsal(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

} // namespace serve
