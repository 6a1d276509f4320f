#pragma once

#include "core/base/clock.h"
#include "core/base/file.h"
#include "core/base/redact.h"

#include <QtGlobal>

#include <memory>
#include <mutex>

namespace base {

enum class LogLevel { Debug, Info, Warning, Error };

/// Stable, for the log: "warning".
[[nodiscard]] const char *nameOf(LogLevel level);

struct LogOptions {
    fs::path folder;
    LogLevel least = LogLevel::Info;
    std::uint64_t fileBytes = 5 << 20;
    int files = 5; ///< the one that is written and those before it
};

/// What a line says besides its time.
struct LogLine {
    LogLevel level = LogLevel::Info;
    std::string_view category; ///< "backup", "mirror"
    std::string_view message;
    std::string_view database = {}; ///< where it speaks of one
    std::string_view job = {};
};

/// The log of a program: one JSON object a line (`time`, `level`, `category`, `message`,
/// `database`, `job`) in `focus-monitor.log`, older ones in `focus-monitor.1.log` and so on.
/// Passwords are taken out. Whatever happens to the disk, write() returns: lines that could not be
/// written are counted, and said when it works again. Thread-safe.
class Log
{
public:
    /// The folder is made. `clock` outlives the log.
    [[nodiscard]] static Result<std::unique_ptr<Log>> open(LogOptions options, const Clock &clock);
    ~Log();
    Log(const Log &) = delete;
    Log &operator=(const Log &) = delete;

    void write(const LogLine &line) noexcept;
    [[nodiscard]] Redactor &redactor() { return m_redactor; }
    /// Lines that were lost since the last that was written.
    [[nodiscard]] std::uint64_t lostLines() const;

    /// Qt's messages (qCInfo() and the like) come here from now on until the log is gone; one log
    /// at a time.
    void install();

private:
    Log(LogOptions options, const Clock &clock);
    [[nodiscard]] Status openFile();
    [[nodiscard]] Status rotate();
    [[nodiscard]] Status append(const std::string &text);
    [[nodiscard]] fs::path pathOf(int number) const;
    [[nodiscard]] std::string textOf(const LogLine &line) const;

    LogOptions m_options;
    const Clock &m_clock;
    Redactor m_redactor;
    mutable std::mutex m_mutex;
    std::unique_ptr<File> m_file;
    std::uint64_t m_lost = 0;
    bool m_isInstalled = false;
};

} // namespace base
