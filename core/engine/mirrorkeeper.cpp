#include "core/engine/mirrorkeeper.h"

#include "core/base/text.h"

#include <algorithm>

namespace engine {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
using monitor::ReplicationState;

constexpr const char *kWishesName = "wishes.json";
constexpr const char *kWishesLockName = "wishes.lock";

std::string orElse(const std::string &first, const std::string &second)
{
    return first.empty() ? second : first;
}

QString firstFailure(const monitor::PreflightReport &report)
{
    const auto failed =
        std::find_if(report.checks.begin(), report.checks.end(), [](const auto &check) {
            return check.state == monitor::PreflightState::Failed;
        });
    return failed == report.checks.end() ? QString() : failed->sentence;
}

} // namespace

MirrorKeeper::MirrorKeeper(Setup setup)
    : m_setup(std::move(setup))
    , m_source(*m_setup.servers.source, m_setup.stop)
    , m_mirror(*m_setup.servers.mirror, m_setup.stop)
    , m_reader(m_mirror)
{
    if (m_setup.servers.sourceHostRoot)
        m_sourceHostRoot =
            std::make_unique<couch::Administration>(*m_setup.servers.sourceHostRoot, m_setup.stop);
    const settings::Mirror &mirror = m_setup.config.mirror;
    m_addresses.source = orElse(mirror.sourceUrl, m_setup.servers.sourceUrl.toString());
    m_addresses.mirror = m_setup.servers.mirrorUrl.toString();
    m_addresses.mirrorAsItself = mirror.ownUrl;
    m_state.isConfigured = true;
}

base::fs::path MirrorKeeper::wishesFile() const
{
    return base::fromUtf8(m_setup.config.dataFolder) / kWishesName;
}

Result<std::unique_ptr<base::FolderLock>> MirrorKeeper::lockWishes() const
{
    const base::fs::path folder = base::fromUtf8(m_setup.config.dataFolder);
    if (Status made = base::makeFolder(folder); !made)
        return made.error();
    return base::FolderLock::take(folder / kWishesLockName);
}

monitor::MirrorActions MirrorKeeper::actionsFor(monitor::Wishes &wishes)
{
    const Servers &servers = m_setup.servers;
    const bool takesAuth = !m_state.preflight || m_state.preflight->mirrorTakesAuthObjects;
    return monitor::MirrorActions({
        m_mirror,
        wishes,
        wishesFile(),
        m_setup.clock,
        {m_addresses.source, servers.sourceUrl.user, &servers.sourcePassword},
        {orElse(m_addresses.mirrorAsItself, m_addresses.mirror), servers.mirrorUrl.user,
         &servers.mirrorPassword},
        takesAuth ? couch::LoginForm::AuthObject : couch::LoginForm::Header,
    });
}

monitor::Plan MirrorKeeper::planFor(const std::vector<std::string> &databases,
                                    const monitor::Wishes &wishes) const
{
    const base::GlobFilter filter = m_setup.config.discovery.options().filter;
    return monitor::makePlan(
        {databases, m_reader.reading().documents, wishes, filter, m_addresses, {}});
}

Status MirrorKeeper::preflight(const std::vector<std::string> &databases)
{
    if (m_isProven)
        return {};
    monitor::PreflightReport report = monitor::runPreflight({
        m_source,
        m_mirror,
        m_sourceHostRoot.get(),
        m_setup.servers.sourceUrl.user,
        &m_setup.servers.sourcePassword,
        [&databases]() -> Result<std::vector<std::string>> { return databases; },
        m_setup.clock,
    });
    m_isProven = report.isGood();
    m_state.preflight = std::move(report);
    if (!m_isProven)
        return Error{ErrorKind::Unsupported, firstFailure(*m_state.preflight)};
    return {};
}

Status MirrorKeeper::readAndJudge(const std::vector<std::string> &databases, bool mayWrite)
{
    const auto now = m_setup.clock.now();
    if (Status read = m_reader.read(now); !read)
        return read;
    auto wishes = monitor::Wishes::load(wishesFile());
    if (!wishes)
        return wishes.error();
    monitor::Plan plan = planFor(databases, *wishes);
    Status applied;
    const bool hasWork =
        std::any_of(plan.rows.begin(), plan.rows.end(), [](const monitor::PlanRow &row) {
            return row.action != monitor::PlanAction::None;
        });
    if (mayWrite && hasWork) {
        const auto lock = lockWishes();
        if (!lock && lock.error().kind != ErrorKind::Locked)
            return lock.error();
        if (lock) { // else an operator is at it, and the next poll finds what is left
            wishes = monitor::Wishes::load(wishesFile());
            if (!wishes)
                return wishes.error();
            plan = planFor(databases, *wishes);
            const auto outcome = actionsFor(*wishes).apply(plan);
            if (!outcome)
                applied = outcome.error();
            else if (!outcome->failures.empty())
                applied = outcome->failures.front().error.withContext(
                    base::printable(outcome->failures.front().database));
            if (Status read = m_reader.read(now); !read)
                return read;
            plan = planFor(databases, *wishes);
        }
    }
    m_state.view = monitor::judgeMirror(
        {m_reader.reading(), plan, wishes->pauseOfAll.has_value(), now, nullptr, nullptr},
        m_memory);
    m_state.readAt = now;
    return applied;
}

void MirrorKeeper::poll(const std::optional<std::vector<std::string>> &databases, bool mayWrite)
{
    if (databases)
        m_databases = *databases;
    Status done;
    if (mayWrite && databases)
        done = preflight(*databases);
    if (done)
        done = readAndJudge(m_databases, mayWrite && databases.has_value());
    if (!done && done.error().kind == ErrorKind::Cancelled)
        return;
    m_state.problem = done ? QString() : done.error().message;
    if (!done && done.error().kind == ErrorKind::Unauthorized)
        m_isProven = false; // looked at again before anything is written
}

Status MirrorKeeper::act(ReplicationAction action, const std::string &name)
{
    const auto lock = lockWishes();
    if (!lock)
        return lock.error();
    auto wishes = monitor::Wishes::load(wishesFile());
    if (!wishes)
        return wishes.error();
    const monitor::Plan plan = planFor(m_databases, *wishes);
    const auto row = std::find_if(plan.rows.begin(), plan.rows.end(), [&](const auto &it) {
        return it.database == name || (!it.documentId.empty() && it.documentId == name);
    });
    if (row == plan.rows.end())
        return Error{
            ErrorKind::NotFound,
            base::text("There is no replication of a database %1.").arg(base::printable(name))};
    monitor::MirrorActions actions = actionsFor(*wishes);
    switch (action) {
    case ReplicationAction::Pause: return actions.pause(*row);
    case ReplicationAction::Remove: return actions.remove(*row);
    case ReplicationAction::Resume: return actions.resume(row->database);
    case ReplicationAction::Retry: break;
    }
    if (row->documentId.empty())
        return Error{ErrorKind::NotFound,
                     base::text("The database %1 has no replication to be tried again; resume it.")
                         .arg(base::printable(row->database))};
    return actions.retryNow(row->documentId);
}

bool MirrorKeeper::hasCaughtUp() const
{
    return m_state.problem.isEmpty() && m_state.readAt
        && std::all_of(m_state.view.rows.begin(), m_state.view.rows.end(),
                       [](const monitor::MirrorRow &row) {
                           return !monitor::isExpectedToCopy(row)
                               || row.replication.state == ReplicationState::CaughtUp;
                       });
}

} // namespace engine
