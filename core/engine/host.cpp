#include "core/engine/host.h"

#include "core/base/text.h"
#include "core/engine/statejson.h"

#include <QPromise>

namespace engine {

using base::Error;
using base::ErrorKind;
using base::Status;

namespace {

constexpr std::uint64_t kStateLimitBytes = std::uint64_t{256} << 20;

} // namespace

Host::Host(Setup setup)
    : m_setup(std::move(setup))
    , m_thread([this](const std::stop_token &stop) { work(stop); })
{
}

Host::~Host()
{
    stop();
    m_thread.join();
}

void Host::stop()
{
    m_thread.request_stop();
}

void Host::work(const std::stop_token &stop)
{
    while (!stop.stop_requested()) {
        const auto config = m_setup.config();
        if (!config) {
            say(config.error().kind == ErrorKind::NotFound ? Standing::NotSetUp : Standing::Failed,
                config.error().message);
            wait(m_setup.retryAfter, stop);
            continue;
        }
        watch(*config, stop);
    }
    QMetaObject::invokeMethod(this, &Host::ended, Qt::QueuedConnection);
}

void Host::watch(const settings::Config &config, const std::stop_token &stop)
{
    auto opened = Engine::open({
        .config = config,
        .clock = m_setup.clock,
        .findSecret = m_setup.findSecret,
        .network = m_setup.network,
        .tick = m_setup.tick,
        .changed = [this](const State &state) { hand(state); },
    });
    if (!opened && opened.error().kind == ErrorKind::Locked) {
        watchBeside(config, stop);
        return;
    }
    if (!opened) {
        say(Standing::Failed, opened.error().message);
        wait(m_setup.retryAfter, stop);
        return;
    }
    {
        const std::lock_guard lock(m_mutex);
        m_engine = opened->get();
    }
    say(Standing::Watching);
    (*opened)->run(stop);
    const std::lock_guard lock(m_mutex);
    m_engine = nullptr;
}

void Host::watchBeside(const settings::Config &config, const std::stop_token &stop)
{
    say(Standing::Beside,
        base::text("Another monitor runs on this data, and this window shows what it says. To "
                   "change something here, end the other one."));
    TimePoint shown;
    while (!stop.stop_requested() && isEngineRunning(config.dataFolder)) {
        if (const auto text = base::readFile(stateFileIn(config.dataFolder), kStateLimitBytes)) {
            auto state = decodeState(*text);
            if (state && state->at != shown) {
                shown = state->at;
                hand(std::move(*state));
            }
        }
        wait(m_setup.tick, stop);
    }
}

void Host::wait(std::chrono::milliseconds time, const std::stop_token &stop)
{
    std::unique_lock lock(m_mutex);
    m_wake.wait_for(lock, stop, time, [this] { return m_isWoken; });
    m_isWoken = false;
}

void Host::say(Standing standing, const QString &sentence)
{
    {
        const std::lock_guard lock(m_mutex);
        m_newPresence = {standing, sentence};
    }
    deliver();
}

void Host::hand(State state)
{
    {
        const std::lock_guard lock(m_mutex);
        m_newState = std::make_shared<const State>(std::move(state));
    }
    deliver();
}

void Host::deliver()
{
    {
        const std::lock_guard lock(m_mutex);
        if (std::exchange(m_isDelivering, true))
            return;
    }
    QMetaObject::invokeMethod(
        this,
        [this] {
            Presence presence;
            std::shared_ptr<const State> state;
            {
                const std::lock_guard lock(m_mutex);
                m_isDelivering = false;
                presence = m_newPresence;
                state = m_newState;
            }
            const bool isOtherState = std::exchange(m_state, state) != state;
            if (std::exchange(m_presence, presence) != presence)
                emit presenceChanged();
            if (isOtherState)
                emit stateChanged();
        },
        Qt::QueuedConnection);
}

void Host::lookNow()
{
    {
        const std::lock_guard lock(m_mutex);
        m_isWoken = true;
        if (m_engine)
            m_engine->lookNow();
    }
    m_wake.notify_all();
}

/// Why nothing can be done; call with the mutex held.
Status Host::refusal() const
{
    if (m_engine)
        return {};
    if (m_newPresence.standing == Standing::Beside)
        return Error{ErrorKind::Locked,
                     base::text("Nothing was done: another monitor runs on this data.")};
    return Error{ErrorKind::Locked, base::text("Nothing was done: the monitor is not running.")};
}

QFuture<ActionOutcomes> Host::act(ReplicationAction action, std::vector<std::string> databases)
{
    auto promise = std::make_shared<QPromise<ActionOutcomes>>();
    promise->start();
    const auto answer = [promise, databases](const std::vector<Status> &done) {
        ActionOutcomes outcomes;
        for (std::size_t i = 0; i < databases.size(); ++i)
            outcomes.push_back({databases[i], done[i]});
        promise->addResult(std::move(outcomes));
        promise->finish();
    };
    const std::lock_guard lock(m_mutex);
    if (const Status refused = refusal(); !refused)
        answer(std::vector<Status>(databases.size(), refused));
    else
        m_engine->act(action, std::move(databases), answer);
    return promise->future();
}

Status Host::backUpNow()
{
    const std::lock_guard lock(m_mutex);
    Status refused = refusal();
    if (refused)
        m_engine->backUpNow();
    return refused;
}

Status Host::stopBackup()
{
    const std::lock_guard lock(m_mutex);
    Status refused = refusal();
    if (refused)
        m_engine->stopBackup();
    return refused;
}

} // namespace engine
