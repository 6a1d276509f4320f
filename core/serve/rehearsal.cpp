#include "core/serve/rehearsal.h"

#include "core/base/text.h"
#include "core/serve/incoming.h"
#include "core/serve/memorybackend.h"
#include "core/serve/neighbours.h"
#include "core/serve/scheduler.h"
#include "core/serve/troubles.h"
#include "core/serve/writerules.h"

#include <thread>

namespace serve {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

namespace {

constexpr std::chrono::seconds kDocumentsFoundAfter{5}; // after a restart (recorded)

ServerOptions copyOf(const ServerOptions &options, const base::Secret &password)
{
    ServerOptions copy;
    copy.bind = options.bind;
    copy.port = options.port;
    copy.access.user = options.access.user;
    copy.access.password = password.clone();
    copy.access.hostNames = options.access.hostNames;
    copy.access.showsGreeting = options.access.showsGreeting;
    copy.workers = options.workers;
    copy.mostBodyBytes = options.mostBodyBytes;
    copy.mostConnections = options.mostConnections;
    copy.lockoutAfter = options.lockoutAfter;
    copy.clock = options.clock;
    copy.faults = options.faults;
    copy.scheduler = options.scheduler;
    copy.rules = options.rules;
    return copy;
}

/// A server that can stop and come again.
class ServedPlace final : public Rehearsal::Place
{
public:
    ServedPlace(Timeline &timeline, Neighbours &neighbours, ServerOptions options,
                std::shared_ptr<Backend> backend)
        : m_timeline(timeline)
        , m_neighbours(neighbours)
        , m_options(std::move(options))
        , m_backend(std::move(backend))
    {
        m_options.clock = &timeline;
        m_options.faults = &m_faults;
        m_options.rules = &m_rules;
    }
    ~ServedPlace() override { m_server.reset(); }
    ServedPlace(const ServedPlace &) = delete;
    ServedPlace &operator=(const ServedPlace &) = delete;

    /// The replicator of this place.
    void setScheduler(std::shared_ptr<Scheduler> scheduler)
    {
        m_scheduler = std::move(scheduler);
        m_options.scheduler = m_scheduler.get();
    }
    /// Whose jobs notice that this place comes and goes.
    void setWatcher(std::shared_ptr<Scheduler> scheduler) { m_watcher = std::move(scheduler); }

    [[nodiscard]] Status listen()
    {
        auto server = Server::start(m_backend, copyOf(m_options, m_options.access.password));
        if (!server)
            return server.error();
        m_server = std::move(*server);
        m_options.port = m_server->port();
        if (m_url.empty()) // it is the same ever after, and may be read meanwhile
            m_url = m_server->url();
        m_neighbours.add(m_options.port, m_server->handler(), *m_backend);
        return {};
    }

    [[nodiscard]] std::string url() const override { return m_url; }
    [[nodiscard]] std::uint16_t port() const override { return m_options.port; }
    [[nodiscard]] Backend &backend() override { return *m_backend; }
    [[nodiscard]] Faults &faults() override { return m_faults; }

    void setPassword(const std::string &password) override
    {
        m_timeline.between([&] {
            m_options.access.password = base::Secret(password);
            if (m_server)
                m_server->setPassword(base::Secret(password));
        });
    }

    void setRule(Rule rule) override { m_rules.setRule(std::move(rule)); }

    void stop() override
    {
        m_timeline.between([&] {
            if (!m_server)
                return;
            m_neighbours.remove(m_options.port);
            m_server.reset();
            if (m_scheduler)
                m_scheduler->forget();
            m_watcher->connectionsChanged();
        });
    }

    [[nodiscard]] Status restart() override
    {
        stop();
        Status begun;
        m_timeline.between([&] {
            begun = listen();
            if (!begun)
                return;
            if (m_scheduler)
                m_scheduler->start(kDocumentsFoundAfter);
            m_watcher->connectionsChanged();
        });
        return begun;
    }

    [[nodiscard]] Status edit(const std::string &database, const std::string &id,
                              const std::string &members) override
    {
        const auto opened = m_backend->open(database);
        if (!opened)
            return opened.error();
        const auto refused =
            *opened ? editInPlace(**opened, id, members) : std::optional(refusal::noDatabase());
        if (!refused)
            return {};
        return Error{ErrorKind::Internal,
                     base::text("The document %1 of %2 cannot be written: %3")
                         .arg(base::printable(id), base::printable(database),
                              base::printable(refused->reason))};
    }

private:
    Timeline &m_timeline;
    Neighbours &m_neighbours;
    ServerOptions m_options;
    const std::shared_ptr<Backend> m_backend;
    Faults m_faults;
    WriteRules m_rules;
    std::shared_ptr<Scheduler> m_scheduler;
    std::shared_ptr<Scheduler> m_watcher;
    std::string m_url;
    std::unique_ptr<Server> m_server;
};

std::uint64_t secondsOf(std::chrono::system_clock::time_point time)
{
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

} // namespace

struct Rehearsal::State {
    explicit State(RehearsalOptions &&options)
        : timeline(options.start, options.speed)
        , source(timeline, neighbours, std::move(options.source),
                 makeMemoryBackend(secondsOf(options.start)))
        , mirrorBackend(makeMemoryBackend(secondsOf(options.start) + 1'000'000))
        , mirror(timeline, neighbours, std::move(options.mirror), mirrorBackend)
        , scheduler(std::make_shared<Scheduler>(timeline, neighbours, mirrorBackend,
                                                SchedulerOptions{options.mostJobs, 20}))
    {
        mirror.setScheduler(scheduler);
        mirror.setWatcher(scheduler);
        source.setWatcher(scheduler);
    }
    ~State()
    {
        timeline.stop();
        troubles.reset();
    }
    State(const State &) = delete;
    State &operator=(const State &) = delete;

    Neighbours neighbours;
    Timeline timeline;
    ServedPlace source;
    std::shared_ptr<Backend> mirrorBackend;
    ServedPlace mirror;
    std::shared_ptr<Scheduler> scheduler;
    std::shared_ptr<Troubles> troubles; ///< null: nothing goes wrong by itself
    std::shared_ptr<Life> life;         ///< null: nothing happens at the source by itself
};

Rehearsal::Rehearsal(std::unique_ptr<State> state)
    : m_state(std::move(state))
{
}

Rehearsal::~Rehearsal() = default;

Result<std::unique_ptr<Rehearsal>> Rehearsal::start(RehearsalOptions options)
{
    const bool hasSamples = options.hasSamples;
    const bool hasSystemDatabases = options.hasSystemDatabases;
    const auto life = options.life;
    options.source.lockoutAfter = options.mirror.lockoutAfter = options.lockoutAfter;
    auto state = std::make_unique<State>(std::move(options));
    if (hasSamples) {
        if (Status filled = addSampleOrganisations(state->source.backend()); !filled)
            return filled.error();
    }
    if (hasSystemDatabases) {
        for (const char *name : {"_users", "_replicator", "_global_changes"})
            (void)state->mirror.backend().create(name);
    }
    for (ServedPlace *place : {&state->source, &state->mirror}) {
        if (Status listens = place->listen(); !listens)
            return listens.error();
    }
    state->timeline.between([&] { state->scheduler->start({}); });
    auto rehearsal = std::unique_ptr<Rehearsal>(new Rehearsal(std::move(state)));
    rehearsal->setLife(life);
    return rehearsal;
}

Rehearsal::Place &Rehearsal::source()
{
    return m_state->source;
}

Rehearsal::Place &Rehearsal::mirror()
{
    return m_state->mirror;
}

const base::Clock &Rehearsal::clock() const
{
    return m_state->timeline;
}

void Rehearsal::advance(Timeline::Duration by)
{
    m_state->timeline.advance(by);
}

bool Rehearsal::advanceUntil(const std::function<bool()> &isSo, Timeline::Duration atMost)
{
    const auto end = m_state->timeline.now() + atMost;
    while (!isSo()) {
        if (m_state->timeline.now() >= end)
            return false;
        if (m_state->timeline.speed() > 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        else
            m_state->timeline.advance(std::chrono::seconds(1));
    }
    return true;
}

void Rehearsal::at(Timeline::TimePoint time, Timeline::Event event)
{
    m_state->timeline.at(time, std::move(event));
}

void Rehearsal::setLife(std::optional<LifeOptions> life)
{
    m_state->timeline.between([&] {
        m_state->life.reset();
        if (!life)
            return;
        m_state->life = std::make_shared<Life>(m_state->timeline, m_state->source.backend(), *life);
        m_state->life->begin();
    });
}

void Rehearsal::setTroubles(std::optional<TroubleOptions> troubles)
{
    State &state = *m_state;
    state.timeline.between([&] {
        state.troubles.reset();
        if (!troubles)
            return;
        state.troubles =
            std::make_shared<Troubles>(state.timeline, state.source, state.mirror, *troubles);
        state.troubles->begin();
    });
}

std::string Rehearsal::trouble() const
{
    return m_state->troubles ? m_state->troubles->now() : std::string();
}

} // namespace serve
