#pragma once

#include "core/backup/catalogue.h"
#include "core/backup/journal.h"
#include "core/backup/progress.h"
#include "core/monitor/health.h"
#include "core/monitor/mirrorview.h"
#include "core/monitor/preflight.h"

/// What the engine shows of itself: values, of one moment.
namespace engine {

using TimePoint = std::chrono::system_clock::time_point;

/// The mirror as a whole.
struct MirrorState {
    bool isConfigured = false;
    QString problem; ///< why it cannot be kept at the moment; empty when it can
    std::optional<monitor::PreflightReport> preflight; ///< the last one
    monitor::MirrorView view;                          ///< of the last time that all could be read
    std::optional<TimePoint> readAt;
};

/// A backup under way.
struct JobState {
    backup::RunTrigger trigger = backup::RunTrigger::Schedule;
    TimePoint started;
    backup::Phase phase = backup::Phase::Preparing;
    std::uint64_t databases = 0, databasesDone = 0;
    std::uint64_t documents = 0, documentsDone = 0;
    std::string current; ///< the database at hand
};

struct BackupState {
    QString folderProblem; ///< why the folder cannot be read; empty when it can
    std::vector<backup::CatalogueEntry> archives; ///< newest first
    std::vector<backup::Leftover> leftovers;
    std::optional<backup::JournalEntry> lastRun;
    std::optional<TimePoint> lastPublished;
    std::optional<TimePoint> nextRun;
    std::optional<JobState> job;
    QString waitingFor; ///< why a run that is due has not begun; empty otherwise
    std::optional<std::uint64_t> diskFree;
};

struct State {
    TimePoint at;
    TimePoint startedAt;
    std::string version;
    std::string source; ///< origin, without login
    monitor::Verdict verdict;
    std::vector<monitor::Check> checks;
    std::optional<std::vector<std::string>> sourceDatabases;
    MirrorState mirror;
    BackupState backup;
};

} // namespace engine
