#include "core/engine/engine.h"

#include "core/base/text.h"
#include "core/base/version.h"
#include "core/engine/statejson.h"

#include <algorithm>

namespace engine {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

constexpr const char *kLockName = "monitor.lock";
constexpr const char *kStateName = "state.json";
constexpr std::chrono::seconds kLeastInterval{1};
constexpr std::chrono::seconds kProgressInterval{1};

} // namespace

base::fs::path stateFileIn(const std::string &dataFolder)
{
    return base::fromUtf8(dataFolder) / kStateName;
}

bool isEngineRunning(const std::string &dataFolder)
{
    std::error_code code;
    const base::fs::path lock = base::fromUtf8(dataFolder) / kLockName;
    if (!base::fs::exists(lock, code))
        return false;
    const auto taken = base::FolderLock::take(lock);
    return !taken && taken.error().kind == ErrorKind::Locked;
}

Engine::Engine(Options options)
    : m_options(std::move(options))
    , m_startedAt(m_options.clock.now())
{
}

Engine::~Engine()
{
    m_stopping.request_stop();
    std::vector<Request> unanswered = takeRequests();
    answer(unanswered);
}

Result<std::unique_ptr<Engine>> Engine::open(Options options)
{
    std::unique_ptr<Engine> engine(new Engine(std::move(options)));
    if (Status prepared = engine->prepare(); !prepared)
        return prepared.error();
    return engine;
}

Status Engine::prepare()
{
    const settings::Config &config = m_options.config;
    const base::fs::path data = base::fromUtf8(config.dataFolder);
    if (Status made = base::makeFolder(data); !made)
        return made;
    auto lock = base::FolderLock::take(data / kLockName);
    if (!lock)
        return lock.error();
    m_lock = std::move(*lock);
    auto servers = openServers(config, m_options.findSecret, m_options.network);
    if (!servers)
        return servers.error();
    m_servers = std::move(*servers);
    const std::stop_token stop = m_stopping.get_token();
    m_source = std::make_unique<couch::Client>(*m_servers.source, stop);
    m_greeter = std::make_unique<couch::Administration>(*m_servers.source, stop);
    if (m_servers.mirror)
        m_mirror = std::make_unique<MirrorKeeper>(
            MirrorKeeper::Setup{config, m_servers, m_options.clock, stop});
    auto backups = BackupKeeper::open(
        {config, m_servers, m_options.clock, m_options.zone, stop, [this] { wake(); }});
    if (!backups)
        return backups.error();
    m_backups = std::move(*backups);
    auto messenger =
        Messenger::open({config, m_options.clock, stop, [this] { wake(); }}, m_options.findSecret);
    if (!messenger)
        return messenger.error();
    m_messenger = std::move(*messenger);
    return {};
}

void Engine::wake()
{
    {
        const std::lock_guard lock(m_mutex);
        m_isWoken = true;
    }
    m_wake.notify_all();
}

void Engine::backUpNow()
{
    {
        const std::lock_guard lock(m_mutex);
        m_wantsBackup = true;
    }
    wake();
}

void Engine::stopBackup()
{
    {
        const std::lock_guard lock(m_mutex);
        m_wantsNoBackup = true;
    }
    wake();
}

void Engine::lookNow()
{
    {
        const std::lock_guard lock(m_mutex);
        m_wantsList = true;
    }
    wake();
}

void Engine::act(ReplicationAction action, std::vector<std::string> names, Acted acted)
{
    {
        const std::lock_guard lock(m_mutex);
        m_requests.push_back({action, std::move(names), std::move(acted), {}});
    }
    wake();
}

std::vector<Engine::Request> Engine::takeRequests()
{
    const std::lock_guard lock(m_mutex);
    return std::exchange(m_requests, {});
}

void Engine::carryOut(std::vector<Request> &requests)
{
    for (Request &request : requests) {
        for (const std::string &name : request.names) {
            if (m_mirror)
                request.outcomes.push_back(m_mirror->act(request.action, name));
            else
                request.outcomes.push_back(
                    Error{ErrorKind::Usage, base::text("There is no mirror.")});
        }
    }
}

void Engine::answer(std::vector<Request> &requests)
{
    for (Request &request : requests) {
        while (request.outcomes.size() < request.names.size())
            request.outcomes.push_back(
                Error{ErrorKind::Cancelled, base::text("The monitor was stopped before.")});
        request.acted(std::move(request.outcomes));
    }
    requests.clear();
}

State Engine::state() const
{
    const std::lock_guard lock(m_mutex);
    return m_state;
}

void Engine::run(const std::stop_token &stop)
{
    const std::stop_callback stopRequests(stop, [this] {
        m_stopping.request_stop();
        wake();
    });
    while (!stop.stop_requested()) {
        look(stop);
        const std::chrono::seconds interval =
            std::max(kLeastInterval,
                     m_mirror ? m_options.config.mirror.pollInterval
                              : std::chrono::seconds(m_options.config.discovery.pollInterval));
        const TimePoint next = m_options.clock.now() + interval;
        // How far a run is, is shown in between.
        while (!waitUntil(m_backups->isRunning()
                              ? std::min(next, m_options.clock.now() + kProgressInterval)
                              : next,
                          stop)
               && m_options.clock.now() < next && m_backups->isRunning())
            showProgress();
    }
    m_messenger.reset();
    m_backups.reset(); // ends what runs and records it
    m_mirror.reset();
}

/// One round: the source, the mirror, the backups, the checks.
void Engine::look(const std::stop_token &stop)
{
    const auto databases = readSource();
    if (stop.stop_requested())
        return;
    std::vector<Request> requests = takeRequests();
    const bool canActAtOnce = !requests.empty() && m_mirror && m_mirror->state().readAt;
    if (canActAtOnce)
        carryOut(requests);
    if (m_mirror)
        m_mirror->poll(databases, true);
    if (!requests.empty() && !canActAtOnce) {
        carryOut(requests); // now that the mirror was read
        if (m_mirror)
            m_mirror->poll(databases, true);
    }
    bool wantsBackup = false, wantsNoBackup = false;
    {
        const std::lock_guard lock(m_mutex);
        wantsBackup = std::exchange(m_wantsBackup, false);
        wantsNoBackup = std::exchange(m_wantsNoBackup, false);
    }
    if (wantsNoBackup)
        m_backups->stopRun();
    m_backups->poll(mirrorForBackups(), false);
    if (wantsBackup)
        static_cast<void>(m_backups->start(backup::RunTrigger::Operator));
    if (!stop.stop_requested())
        publish();
    answer(requests);
}

/// The last state, with the run as it is now.
void Engine::showProgress()
{
    State state = this->state();
    state.at = m_options.clock.now();
    state.backup.job = m_backups->state().job;
    {
        const std::lock_guard lock(m_mutex);
        m_state = state;
    }
    if (m_options.changed)
        m_options.changed(state);
}

/// The list of databases, afresh when its time has come; nothing when it could not be had.
std::optional<std::vector<std::string>> Engine::readSource()
{
    const auto now = m_options.clock.now();
    {
        const std::lock_guard lock(m_mutex);
        if (std::exchange(m_wantsList, false))
            m_listedAt.reset();
    }
    if (m_listedAt && m_reading.isUp.value_or(false)
        && now - *m_listedAt < m_options.config.discovery.pollInterval && now >= *m_listedAt)
        return m_reading.databases;
    couch::DiscoveryOptions options = m_options.config.discovery.options();
    if (const auto greeting = m_greeter->greet()) {
        m_reading.version = greeting->server.version;
        m_reading.clockSkew = monitor::clockSkewOf(greeting->date, m_options.clock.now());
    }
    const auto found =
        couch::discover(*m_source, m_servers.middleware.get(), options, m_stopping.get_token());
    if (!found) {
        if (found.error().kind == ErrorKind::Cancelled)
            return std::nullopt;
        const bool isLogin = found.error().kind == ErrorKind::Unauthorized
            || found.error().kind == ErrorKind::Forbidden;
        m_reading.isUp = isLogin;
        m_reading.isLoginAccepted = isLogin ? std::optional(false) : std::nullopt;
        m_reading.error = found.error().message;
        return std::nullopt;
    }
    m_reading.isUp = true;
    m_reading.isLoginAccepted = true;
    m_reading.error.clear();
    m_reading.databases = found->databases;
    m_listedAt = now;
    return m_reading.databases;
}

BackupKeeper::Mirror Engine::mirrorForBackups() const
{
    if (!m_mirror)
        return BackupKeeper::Mirror::None;
    return m_mirror->hasCaughtUp() ? BackupKeeper::Mirror::CaughtUp : BackupKeeper::Mirror::Behind;
}

void Engine::publish()
{
    State state;
    state.at = m_options.clock.now();
    state.startedAt = m_startedAt;
    state.version = base::versionText();
    state.source = m_servers.sourceUrl.toString();
    state.sourceDatabases = m_reading.databases;
    if (m_mirror)
        state.mirror = m_mirror->state();
    state.backup = m_backups->state();
    monitor::Facts facts = gatherFacts(
        {m_options.config, m_reading, state.mirror, state.backup, m_backups->journal().entries(),
         m_backups->retentionProblem(), m_startedAt, state.at, m_options.zone});
    facts.alerts = m_messenger->facts();
    state.checks = monitor::judgeHealth(facts, m_options.config.checks.thresholds, {}, m_health);
    state.verdict = monitor::verdictOf(state.checks, facts);
    m_messenger->tell(state.checks, state.verdict);
    const Status written =
        base::writeFileAtomically(stateFileIn(m_options.config.dataFolder), encodeState(state));
    if (!written) // others see that the state is old
        qWarning("%s", qUtf8Printable(written.error().message));
    {
        const std::lock_guard lock(m_mutex);
        m_state = state;
    }
    if (m_options.changed)
        m_options.changed(state);
}

/// Until then, a stop, or a wake, which is true. The clock may be another than that of the system,
/// or be set.
bool Engine::waitUntil(TimePoint time, const std::stop_token &stop)
{
    std::unique_lock lock(m_mutex);
    const TimePoint began = m_options.clock.now();
    while (!m_isWoken && !stop.stop_requested()) {
        const TimePoint now = m_options.clock.now();
        if (now >= time || now < began)
            break;
        m_wake.wait_for(lock, m_options.tick);
    }
    return std::exchange(m_isWoken, false) || stop.stop_requested();
}

} // namespace engine
