#include "core/engine/backupkeeper.h"

#include "core/backup/keeper.h"
#include "core/backup/schedule.h"
#include "core/base/text.h"

#include <algorithm>
#include <atomic>
#include <mutex>

namespace engine {

namespace {

using backup::JournalEntry;
using backup::RunResult;
using backup::RunTrigger;
using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

constexpr const char *kJournalName = "journal.jsonl";
// A run that failed is tried again soon, then less and less often, until the schedule asks anyway.
constexpr std::chrono::minutes kFirstRetry{5};
constexpr int kMostDoublings = 4;

RunResult resultOf(const Result<backup::RunOutcome> &outcome)
{
    if (!outcome)
        return outcome.error().kind == ErrorKind::Cancelled ? RunResult::Stopped
                                                            : RunResult::Failed;
    return outcome->manifest.isComplete() ? RunResult::Good : RunResult::Incomplete;
}

QString reasonOf(const Result<backup::RunOutcome> &outcome)
{
    if (!outcome)
        return outcome.error().message;
    for (const archive::Omission &omission : outcome->manifest.omissions) {
        if (omission.isLoss())
            return QString::fromStdString(omission.message);
    }
    for (const archive::ManifestDatabase &entry : outcome->manifest.databases) {
        for (const archive::Omission &omission : entry.omissions) {
            if (omission.isLoss())
                return base::text("%1: %2").arg(base::printable(entry.name),
                                                QString::fromStdString(omission.message));
        }
    }
    return {};
}

} // namespace

/// One run. Made and destroyed by the keeper's thread.
struct BackupKeeper::Job {
    RunTrigger trigger = RunTrigger::Schedule;
    TimePoint started;
    backup::RunRequest request;
    backup::Progress progress;
    std::stop_source stopping;
    std::mutex mutex;
    std::optional<Result<backup::RunOutcome>> outcome; ///< once it has ended
    std::jthread thread;

    [[nodiscard]] bool hasEnded()
    {
        const std::lock_guard lock(mutex);
        return outcome.has_value();
    }
};

BackupKeeper::BackupKeeper(Setup setup, backup::Catalogue catalogue, backup::Journal journal)
    : m_setup(std::move(setup))
    , m_catalogue(std::move(catalogue))
    , m_journal(std::move(journal))
{
}

BackupKeeper::~BackupKeeper()
{
    if (!m_job)
        return;
    m_job->stopping.request_stop();
    m_job->thread.join();
    collect(true);
}

Result<std::unique_ptr<BackupKeeper>> BackupKeeper::open(Setup setup)
{
    const base::fs::path data = base::fromUtf8(setup.config.dataFolder);
    auto catalogue = backup::Catalogue::open(data);
    if (!catalogue)
        return catalogue.error();
    auto journal = backup::Journal::open(data / kJournalName);
    if (!journal)
        return journal.error();
    std::unique_ptr<BackupKeeper> keeper(
        new BackupKeeper(std::move(setup), std::move(*catalogue), std::move(*journal)));
    keeper->refreshCatalogue();
    return keeper;
}

backup::RunRequest BackupKeeper::request() const
{
    const settings::Config &config = m_setup.config;
    backup::RunRequest request;
    request.source = m_setup.servers.source.get();
    request.sourceName = m_setup.servers.sourceUrl.toString();
    request.middleware = m_setup.servers.middleware.get();
    request.mirror = m_setup.servers.mirror.get();
    request.whenBehind = config.mirror.whenBehind;
    request.discovery = config.discovery.options();
    request.folder.path = base::fromUtf8(config.backup.folder);
    request.folder.stateFolder = base::fromUtf8(config.dataFolder);
    request.verifyAllBodies = config.backup.verify == settings::VerifyBodies::Full;
    return request;
}

Status BackupKeeper::start(RunTrigger trigger)
{
    if (m_job)
        return Error{ErrorKind::Locked, base::text("A backup is under way already.")};
    m_waitingSince.reset();
    m_waitingFor.clear();
    m_job = std::make_unique<Job>();
    m_job->trigger = trigger;
    m_job->started = m_setup.clock.now();
    m_job->request = request();
    m_job->thread = std::jthread([this, job = m_job.get()] {
        const std::stop_callback stopToo(m_setup.stop, [job] { job->stopping.request_stop(); });
        auto outcome = backup::runBackup(job->request, job->progress, m_setup.clock,
                                         job->stopping.get_token());
        {
            const std::lock_guard lock(job->mutex);
            job->outcome = std::move(outcome);
        }
        if (m_setup.finished)
            m_setup.finished();
    });
    return {};
}

void BackupKeeper::stopRun()
{
    if (m_job)
        m_job->stopping.request_stop();
}

void BackupKeeper::collect(bool holdAll)
{
    if (!m_job || !m_job->hasEnded())
        return;
    if (m_job->thread.joinable())
        m_job->thread.join();
    const auto &outcome = *m_job->outcome;
    JournalEntry entry;
    entry.started = m_job->started;
    entry.finished = m_setup.clock.now();
    entry.trigger = m_job->trigger;
    entry.result = resultOf(outcome);
    entry.reason = reasonOf(outcome);
    if (outcome) {
        entry.archive = base::toUtf8(outcome->archive.filename());
        entry.size = outcome->size;
        entry.databases = outcome->manifest.databases.size();
        entry.reused = outcome->reused();
        for (const archive::ManifestDatabase &database : outcome->manifest.databases)
            entry.documents += database.documents;
    }
    const bool hasPublished = static_cast<bool>(outcome);
    m_job.reset();
    m_failures = hasPublished ? 0 : m_failures + 1;
    m_retryAfter = hasPublished
        ? std::nullopt
        : std::optional(entry.finished
                        + kFirstRetry * (1 << std::min(m_failures - 1, kMostDoublings)));
    record(std::move(entry));
    refreshCatalogue();
    if (hasPublished)
        removeOld(holdAll);
}

void BackupKeeper::record(JournalEntry entry)
{
    Status appended = m_journal.append(std::move(entry));
    m_journalProblem = appended ? QString() : appended.error().message;
}

void BackupKeeper::refreshCatalogue()
{
    std::error_code code;
    const base::fs::path folder = base::fromUtf8(m_setup.config.backup.folder);
    if (!base::fs::exists(folder, code) && !code && m_catalogue.entries().empty()) {
        m_folderProblem.clear(); // the first run makes it
        return;
    }
    Status refreshed = m_catalogue.refresh(folder, m_setup.stop);
    if (refreshed || refreshed.error().kind != ErrorKind::Cancelled)
        m_folderProblem = refreshed ? QString() : refreshed.error().message;
}

void BackupKeeper::removeOld(bool holdAll)
{
    const backup::RetentionRules &rules = m_setup.config.backup.retention;
    if (rules.keepsEverything())
        return;
    const base::fs::path folder = base::fromUtf8(m_setup.config.backup.folder);
    const auto removed = backup::removeByRetention(folder, m_catalogue, rules, m_setup.clock.now(),
                                                   m_setup.zone, holdAll);
    m_retentionProblem = removed ? QString() : removed.error().message;
    refreshCatalogue();
}

std::optional<backup::NextRun> BackupKeeper::due(TimePoint now) const
{
    // What was skipped on purpose is done with.
    std::optional<TimePoint> last = m_journal.lastPublished();
    for (const JournalEntry &entry : m_journal.entries()) {
        if (entry.result == RunResult::Skipped && (!last || entry.started > *last))
            last = entry.started;
    }
    return backup::nextRun(m_setup.config.backup.schedule, last, now, m_setup.zone);
}

void BackupKeeper::poll(Mirror mirror, bool holdAll)
{
    collect(holdAll);
    if (m_job)
        return;
    const auto now = m_setup.clock.now();
    const auto next = due(now);
    const bool isDue = next && next->at <= now && (!m_retryAfter || now >= *m_retryAfter);
    if (!isDue) {
        m_waitingFor.clear();
        m_waitingSince.reset();
        return;
    }
    if (next->isCatchUp && m_journal.lastPublished()
        && m_setup.config.backup.catchUp == settings::CatchUp::Never) {
        record({now,
                now,
                RunTrigger::CatchUp,
                RunResult::Skipped,
                base::text("Its time passed while the monitor did not run, and the configuration "
                           "says not to make up for that."),
                {}});
        return;
    }
    if (!m_waitingSince)
        m_waitingSince = now;
    const bool mayWait = now - *m_waitingSince < m_setup.config.backup.waitForMirror;
    if (mirror == Mirror::Behind && mayWait) {
        m_waitingFor = base::text("The mirror has not caught up yet.");
        return;
    }
    static_cast<void>(start(next->isCatchUp ? RunTrigger::CatchUp : RunTrigger::Schedule));
}

BackupState BackupKeeper::state() const
{
    BackupState state;
    state.folderProblem = m_folderProblem.isEmpty() ? m_journalProblem : m_folderProblem;
    state.archives = m_catalogue.entries();
    state.leftovers = m_catalogue.leftovers();
    if (const JournalEntry *last = m_journal.lastRun())
        state.lastRun = *last;
    state.lastPublished = m_journal.lastPublished();
    if (const auto next = due(m_setup.clock.now()))
        state.nextRun = m_retryAfter ? std::max(next->at, *m_retryAfter) : next->at;
    state.waitingFor = m_waitingFor;
    const auto free = base::freeBytes(base::fromUtf8(m_setup.config.backup.folder));
    if (free)
        state.diskFree = *free;
    if (m_job)
        state.job = JobState{m_job->trigger,
                             m_job->started,
                             m_job->progress.phase,
                             m_job->progress.databases,
                             m_job->progress.databasesDone,
                             m_job->progress.documents,
                             m_job->progress.documentsDone,
                             m_job->progress.current()};
    return state;
}

} // namespace engine
