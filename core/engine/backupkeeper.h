#pragma once

#include "core/backup/run.h"
#include "core/engine/servers.h"
#include "core/engine/state.h"
#include "core/settings/config.h"

#include <QTimeZone>

#include <functional>
#include <thread>

namespace engine {

/// Takes the backups that are due, one at a time, in a thread of their own, keeps the journal and
/// the catalogue, and removes what the rules let go. The calls below come from one thread.
class BackupKeeper
{
public:
    struct Setup {
        const settings::Config &config;
        Servers &servers;
        const base::Clock &clock;
        QTimeZone zone;
        std::stop_token stop;
        std::function<void()> finished; ///< a run has ended; any thread
    };
    /// Corrupt when the pins cannot be read.
    [[nodiscard]] static base::Result<std::unique_ptr<BackupKeeper>> open(Setup setup);
    ~BackupKeeper(); ///< stops what runs, and waits for it

    /// What a run may find of the mirror.
    enum class Mirror { None, CaughtUp, Behind };
    /// Notes what has ended, begins what is due. With `holdAll` nothing is removed.
    void poll(Mirror mirror, bool holdAll);
    /// Begins a run now, whatever the schedule says. Locked when one is under way.
    [[nodiscard]] base::Status start(backup::RunTrigger trigger);
    [[nodiscard]] bool isRunning() const { return m_job != nullptr; }
    /// Ends the run under way; the journal will say that it was stopped.
    void stopRun();

    [[nodiscard]] BackupState state() const;
    [[nodiscard]] const backup::Journal &journal() const { return m_journal; }
    /// What the last run removed, or why nothing could be; for the checks.
    [[nodiscard]] const QString &retentionProblem() const { return m_retentionProblem; }

private:
    struct Job;
    BackupKeeper(Setup setup, backup::Catalogue catalogue, backup::Journal journal);
    void collect(bool holdAll);
    void refreshCatalogue();
    void removeOld(bool holdAll);
    void record(backup::JournalEntry entry);
    [[nodiscard]] std::optional<backup::NextRun> due(TimePoint now) const;
    [[nodiscard]] backup::RunRequest request() const;

    Setup m_setup;
    backup::Catalogue m_catalogue;
    backup::Journal m_journal;
    std::unique_ptr<Job> m_job;
    std::optional<TimePoint> m_waitingSince; ///< for the mirror
    QString m_waitingFor, m_folderProblem, m_retentionProblem, m_journalProblem;
    std::optional<TimePoint> m_retryAfter; ///< after a run that failed
    int m_failures = 0;                    ///< in a row
};

} // namespace engine
