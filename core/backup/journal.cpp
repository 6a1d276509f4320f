#include "core/backup/journal.h"

#include "core/base/clock.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <array>
#include <system_error>

namespace backup {

namespace {

using base::Result;
using base::Status;
namespace fs = base::fs;

constexpr std::uint64_t kFileLimitBytes = std::uint64_t{64} << 20;

template <typename Value>
struct Named {
    Value value;
    const char *name;
};
constexpr std::array kTriggers{
    Named<RunTrigger>{RunTrigger::Schedule, "schedule"},
    Named<RunTrigger>{RunTrigger::CatchUp, "catch-up"},
    Named<RunTrigger>{RunTrigger::Operator, "operator"},
};
constexpr std::array kResults{
    Named<RunResult>{RunResult::Good, "good"},
    Named<RunResult>{RunResult::Incomplete, "incomplete"},
    Named<RunResult>{RunResult::Failed, "failed"},
    Named<RunResult>{RunResult::Skipped, "skipped"},
    Named<RunResult>{RunResult::Stopped, "stopped"},
};

template <typename Table, typename Value>
const char *nameIn(const Table &table, Value value)
{
    return std::find_if(table.begin(), table.end(),
                        [value](const auto &row) { return row.value == value; })
        ->name;
}

template <typename Value, typename Table>
std::optional<Value> valueIn(const Table &table, const QString &name)
{
    const auto found = std::find_if(table.begin(), table.end(), [&](const auto &row) {
        return name == QLatin1String(row.name);
    });
    return found == table.end() ? std::nullopt : std::optional<Value>(found->value);
}

QString isoText(TimePoint time)
{
    return QString::fromStdString(base::isoTime(time));
}

QByteArray lineOf(const JournalEntry &entry)
{
    QJsonObject object{
        {QStringLiteral("started"), isoText(entry.started)},
        {QStringLiteral("finished"), isoText(entry.finished)},
        {QStringLiteral("trigger"), QString::fromLatin1(nameOf(entry.trigger))},
        {QStringLiteral("result"), QString::fromLatin1(nameOf(entry.result))},
    };
    if (!entry.reason.isEmpty())
        object.insert(QStringLiteral("reason"), entry.reason);
    if (!entry.archive.empty()) {
        object.insert(QStringLiteral("archive"), QString::fromStdString(entry.archive));
        object.insert(QStringLiteral("size"), static_cast<qint64>(entry.size));
        object.insert(QStringLiteral("databases"), static_cast<qint64>(entry.databases));
        object.insert(QStringLiteral("reused"), static_cast<qint64>(entry.reused));
        object.insert(QStringLiteral("documents"), static_cast<qint64>(entry.documents));
    }
    return QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n';
}

std::optional<JournalEntry> entryOf(const QByteArray &line)
{
    const QJsonObject object = QJsonDocument::fromJson(line).object();
    const auto text = [&object](const char *key) {
        return object.value(QLatin1String(key)).toString();
    };
    const auto number = [&object](const char *key) {
        return static_cast<std::uint64_t>(object.value(QLatin1String(key)).toInteger());
    };
    const auto started = base::timeOfIso(text("started").toStdString());
    const auto finished = base::timeOfIso(text("finished").toStdString());
    const auto trigger = valueIn<RunTrigger>(kTriggers, text("trigger"));
    const auto result = valueIn<RunResult>(kResults, text("result"));
    if (!started || !finished || !trigger || !result)
        return std::nullopt;
    return JournalEntry{*started,         *finished,
                        *trigger,         *result,
                        text("reason"),   text("archive").toStdString(),
                        number("size"),   number("databases"),
                        number("reused"), number("documents")};
}

} // namespace

const char *nameOf(RunTrigger trigger)
{
    return nameIn(kTriggers, trigger);
}

const char *nameOf(RunResult result)
{
    return nameIn(kResults, result);
}

Result<Journal> Journal::open(fs::path file)
{
    Journal journal(std::move(file));
    std::error_code code;
    if (!fs::exists(journal.m_file, code) && !code)
        return journal;
    const auto text = base::readFile(journal.m_file, kFileLimitBytes);
    if (!text)
        return text.error();
    for (const QByteArray &line : QByteArray::fromStdString(*text).split('\n')) {
        if (line.isEmpty())
            continue;
        if (auto entry = entryOf(line))
            journal.m_entries.push_back(std::move(*entry));
        else
            ++journal.m_unreadable;
    }
    return journal;
}

Status Journal::append(JournalEntry entry)
{
    // The same precision in memory as in the file.
    for (TimePoint *time : {&entry.started, &entry.finished})
        *time = std::chrono::floor<std::chrono::milliseconds>(*time);
    std::vector<JournalEntry> entries = m_entries;
    entries.push_back(std::move(entry));
    if (entries.size() > kMost)
        entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(kMost));
    QByteArray text;
    for (const JournalEntry &one : entries)
        text += lineOf(one);
    if (Status made = base::makeFolder(m_file.parent_path()); !made)
        return made;
    if (Status written = base::writeFileAtomically(m_file, text.toStdString()); !written)
        return written;
    m_entries = std::move(entries);
    return {};
}

std::optional<TimePoint> Journal::lastPublished() const
{
    const auto found =
        std::find_if(m_entries.rbegin(), m_entries.rend(), [](const JournalEntry &entry) {
            return entry.result == RunResult::Good || entry.result == RunResult::Incomplete;
        });
    return found == m_entries.rend() ? std::nullopt : std::optional(found->started);
}

const JournalEntry *Journal::lastRun() const
{
    const auto found =
        std::find_if(m_entries.rbegin(), m_entries.rend(),
                     [](const JournalEntry &entry) { return entry.result != RunResult::Skipped; });
    return found == m_entries.rend() ? nullptr : &*found;
}

} // namespace backup
