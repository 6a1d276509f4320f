#include "core/base/log.h"

#include "core/base/json.h"
#include "core/base/text.h"

#include <QString>

#include <atomic>
#include <system_error>

namespace base {

namespace {

constexpr size_t kMostMessageBytes = 8192;

std::atomic<Log *> &installedLog()
{
    static std::atomic<Log *> log{nullptr};
    return log;
}

LogLevel levelOf(QtMsgType type)
{
    switch (type) {
    case QtDebugMsg: return LogLevel::Debug;
    case QtInfoMsg: return LogLevel::Info;
    case QtWarningMsg: return LogLevel::Warning;
    default: return LogLevel::Error;
    }
}

void handleMessage(QtMsgType type, const QMessageLogContext &context, const QString &message)
{
    // A message that writing the log causes would come back here with the log's lock held.
    thread_local bool isBusy = false;
    Log *log = installedLog();
    if (log == nullptr || isBusy)
        return;
    isBusy = true;
    const std::string text = message.toStdString();
    log->write({levelOf(type), context.category == nullptr ? "default" : context.category, text});
    isBusy = false;
}

void addMember(std::string &text, const char *name, std::string_view value)
{
    text += text.empty() ? '{' : ',';
    json::appendQuoted(text, name);
    text += ':';
    json::appendQuoted(text, value);
}

} // namespace

const char *nameOf(LogLevel level)
{
    switch (level) {
    case LogLevel::Debug: return "debug";
    case LogLevel::Info: return "info";
    case LogLevel::Warning: return "warning";
    case LogLevel::Error: return "error";
    }
    return "";
}

Log::Log(LogOptions options, const Clock &clock)
    : m_options(std::move(options))
    , m_clock(clock)
{
}

Log::~Log()
{
    if (m_isInstalled) {
        installedLog() = nullptr;
        qInstallMessageHandler(nullptr);
    }
}

Result<std::unique_ptr<Log>> Log::open(LogOptions options, const Clock &clock)
{
    if (Status made = makeFolder(options.folder); !made)
        return made.error();
    std::unique_ptr<Log> log(new Log(std::move(options), clock));
    if (Status opened = log->openFile(); !opened)
        return opened.error();
    return log;
}

void Log::install()
{
    m_isInstalled = true;
    installedLog() = this;
    qInstallMessageHandler(handleMessage);
}

fs::path Log::pathOf(int number) const
{
    const std::string name =
        number == 0 ? "focus-monitor.log" : "focus-monitor." + std::to_string(number) + ".log";
    return m_options.folder / name;
}

Status Log::openFile()
{
    auto file = File::openAppend(pathOf(0));
    if (!file)
        return file.error();
    m_file = std::move(*file);
    char last = '\n';
    if (m_file->size() > 0) {
        if (const auto read = m_file->readAt(m_file->size() - 1, &last, 1); !read)
            return read.error();
    }
    if (last != '\n') // the line before was cut off by a kill or a full disk
        return m_file->append("\n");
    return {};
}

Status Log::rotate()
{
    m_file.reset();
    if (Status removed = removeFile(pathOf(m_options.files - 1)); !removed)
        return removed;
    for (int number = m_options.files - 2; number >= 0; --number) {
        const Status renamed = renameReplace(pathOf(number), pathOf(number + 1));
        if (!renamed && renamed.error().kind != ErrorKind::NotFound)
            return renamed;
    }
    return {};
}

Status Log::append(const std::string &text)
{
    const bool isFull =
        m_file && m_file->size() > 0 && m_file->size() + text.size() > m_options.fileBytes;
    if (isFull) {
        if (Status rotated = rotate(); !rotated)
            return rotated;
    }
    if (!m_file) {
        if (Status opened = openFile(); !opened) {
            m_file.reset();
            return opened;
        }
    }
    Status written = m_file->append(text);
    if (!written)
        m_file.reset(); // opened again for the next line, which then begins a line of its own
    return written;
}

std::string Log::textOf(const LogLine &line) const
{
    std::string text;
    addMember(text, "time", isoTime(m_clock.now()));
    addMember(text, "level", nameOf(line.level));
    addMember(text, "category", line.category);
    const std::string message = m_redactor.redact(line.message);
    addMember(text, "message", printable(message, kMostMessageBytes).toStdString());
    if (!line.database.empty())
        addMember(text, "database", printable(line.database).toStdString());
    if (!line.job.empty())
        addMember(text, "job", printable(line.job).toStdString());
    return text + "}\n";
}

void Log::write(const LogLine &line) noexcept
{
    if (line.level < m_options.least)
        return;
    try {
        std::string text = textOf(line);
        const std::lock_guard lock(m_mutex);
        if (m_lost > 0)
            text += textOf({LogLevel::Warning, "log",
                            base::text("%1 lines before this could not be written.")
                                .arg(m_lost)
                                .toStdString()});
        if (append(text))
            m_lost = 0;
        else
            ++m_lost;
    } catch (const std::exception &) { // out of memory; the program goes on
        const std::lock_guard lock(m_mutex);
        ++m_lost;
    }
}

std::uint64_t Log::lostLines() const
{
    const std::lock_guard lock(m_mutex);
    return m_lost;
}

} // namespace base
