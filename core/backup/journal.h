#pragma once

#include "core/base/file.h"

#include <QString>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

/// What became of every backup that was due or asked for, skipped ones too.
namespace backup {

using TimePoint = std::chrono::system_clock::time_point;

enum class RunTrigger {
    Schedule,
    CatchUp, ///< its time had passed while nothing ran
    Operator
};
enum class RunResult {
    Good,
    Incomplete, ///< published, with omissions
    Failed,
    Skipped, ///< not begun; the reason says why
    Stopped
};
[[nodiscard]] const char *nameOf(RunTrigger trigger);
[[nodiscard]] const char *nameOf(RunResult result);

struct JournalEntry {
    TimePoint started, finished;
    RunTrigger trigger = RunTrigger::Schedule;
    RunResult result = RunResult::Failed;
    QString reason;      ///< a sentence; empty for a good one
    std::string archive; ///< its file name; empty when there is none
    std::uint64_t size = 0;
    std::uint64_t databases = 0, reused = 0, documents = 0;
    bool operator==(const JournalEntry &) const = default;
};

/// A file of JSON lines, oldest first; a value. One thread.
class Journal
{
public:
    static constexpr size_t kMost = 10'000; ///< older ones are dropped

    /// Lines that cannot be understood are left out and counted: what is lost is history, and the
    /// next schedule is made up for.
    [[nodiscard]] static base::Result<Journal> open(base::fs::path file);
    /// On the disk when it returns; with an error nothing has changed.
    [[nodiscard]] base::Status append(JournalEntry entry);

    [[nodiscard]] const std::vector<JournalEntry> &entries() const { return m_entries; }
    [[nodiscard]] size_t unreadable() const { return m_unreadable; }
    /// When the last run began that published an archive: what the schedule counts from.
    [[nodiscard]] std::optional<TimePoint> lastPublished() const;
    /// The newest entry that was no skipped one; null when there is none.
    [[nodiscard]] const JournalEntry *lastRun() const;

private:
    explicit Journal(base::fs::path file)
        : m_file(std::move(file))
    {
    }
    base::fs::path m_file;
    std::vector<JournalEntry> m_entries;
    size_t m_unreadable = 0;
};

} // namespace backup
