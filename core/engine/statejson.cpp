#include "core/engine/statejson.h"

#include "core/base/clock.h"
#include "core/base/text.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <array>

namespace engine {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using monitor::MirrorRow;
using monitor::ReplicationState;

constexpr int kVersion = 1;

QString textOf(const std::string &text)
{
    return QString::fromStdString(text);
}

QJsonValue timeOf(const std::optional<TimePoint> &time)
{
    return time ? QJsonValue(textOf(base::isoTime(*time))) : QJsonValue();
}

QJsonValue numberOf(const std::optional<std::uint64_t> &number)
{
    return number ? QJsonValue(static_cast<qint64>(*number)) : QJsonValue();
}

/// Reads members of one object; what is missing is empty.
class Members
{
public:
    explicit Members(const QJsonValue &value)
        : m_object(value.toObject())
    {
    }
    [[nodiscard]] QJsonValue value(const char *key) const
    {
        return m_object.value(QLatin1String(key));
    }
    [[nodiscard]] QString text(const char *key) const { return value(key).toString(); }
    [[nodiscard]] std::string string(const char *key) const { return text(key).toStdString(); }
    [[nodiscard]] bool flag(const char *key) const { return value(key).toBool(); }
    [[nodiscard]] std::optional<std::uint64_t> number(const char *key) const
    {
        const QJsonValue found = value(key);
        return found.isDouble() ? std::optional(static_cast<std::uint64_t>(found.toInteger()))
                                : std::nullopt;
    }
    [[nodiscard]] std::optional<TimePoint> time(const char *key) const
    {
        return base::timeOfIso(string(key));
    }

private:
    QJsonObject m_object;
};

/// The enumerator of this name, of those that nameOf() knows.
template <typename Enum>
std::optional<Enum> named(const QString &name, int count)
{
    for (int i = 0; i < count; ++i) {
        if (name == QLatin1String(nameOf(static_cast<Enum>(i))))
            return static_cast<Enum>(i);
    }
    return std::nullopt;
}

QJsonObject encode(const monitor::Check &check)
{
    return {{QStringLiteral("id"), QString::fromLatin1(check.id)},
            {QStringLiteral("title"), check.title},
            {QStringLiteral("state"), QString::fromLatin1(nameOf(check.state))},
            {QStringLiteral("severity"),
             check.severity == monitor::Severity::Failed ? QStringLiteral("failed")
                                                         : QStringLiteral("attention")},
            {QStringLiteral("since"), timeOf(check.since)},
            {QStringLiteral("value"), check.value},
            {QStringLiteral("threshold"), check.threshold},
            {QStringLiteral("sentence"), check.sentence},
            {QStringLiteral("remedy"), check.remedy}};
}

/// Ids live as long as the program.
const char *knownCheckId(const QString &id)
{
    static const std::vector<std::string> ids = monitor::checkIds();
    for (const std::string &known : ids) {
        if (textOf(known) == id)
            return known.c_str();
    }
    return "";
}

monitor::Check checkFrom(const QJsonValue &value)
{
    const Members members(value);
    monitor::Check check;
    check.id = knownCheckId(members.text("id"));
    check.title = members.text("title");
    check.state =
        named<monitor::CheckState>(members.text("state"), 5).value_or(monitor::CheckState::NoData);
    check.severity = members.text("severity") == QLatin1String("failed")
        ? monitor::Severity::Failed
        : monitor::Severity::Attention;
    check.since = members.time("since").value_or(TimePoint());
    check.value = members.text("value");
    check.threshold = members.text("threshold");
    check.sentence = members.text("sentence");
    check.remedy = members.text("remedy");
    return check;
}

QJsonObject encode(const MirrorRow &row)
{
    const monitor::Replication &replication = row.replication;
    return {{QStringLiteral("database"), textOf(row.database)},
            {QStringLiteral("situation"), QString::fromLatin1(nameOf(row.situation))},
            {QStringLiteral("state"), QString::fromLatin1(nameOf(replication.state))},
            {QStringLiteral("since"), timeOf(row.since)},
            {QStringLiteral("sentence"), replication.sentence},
            {QStringLiteral("remedy"), replication.remedy},
            {QStringLiteral("next_try"), timeOf(replication.nextTry)},
            {QStringLiteral("pending"), numberOf(replication.pending)},
            {QStringLiteral("refused"), static_cast<qint64>(replication.refusedDocuments)},
            {QStringLiteral("raw_state"), textOf(replication.rawState)},
            {QStringLiteral("raw_error"), textOf(replication.rawError)},
            {QStringLiteral("document"), textOf(row.documentId)},
            {QStringLiteral("ours"), row.isOurs},
            {QStringLiteral("source"), textOf(row.source)},
            {QStringLiteral("mirror"), textOf(row.mirror)}};
}

MirrorRow rowFrom(const QJsonValue &value)
{
    const Members members(value);
    MirrorRow row;
    row.database = members.string("database");
    row.situation = named<monitor::Situation>(members.text("situation"),
                                              static_cast<int>(monitor::Situation::LeftOut) + 1)
                        .value_or(monitor::Situation::New);
    row.replication.state = named<ReplicationState>(members.text("state"),
                                                    static_cast<int>(monitor::kReplicationStates))
                                .value_or(ReplicationState::Unknown);
    row.since = members.time("since").value_or(TimePoint());
    row.replication.sentence = members.text("sentence");
    row.replication.remedy = members.text("remedy");
    row.replication.nextTry = members.time("next_try");
    row.replication.pending = members.number("pending");
    row.replication.refusedDocuments = members.number("refused").value_or(0);
    row.replication.rawState = members.string("raw_state");
    row.replication.rawError = members.string("raw_error");
    row.documentId = members.string("document");
    row.isOurs = members.flag("ours");
    row.source = members.string("source");
    row.mirror = members.string("mirror");
    return row;
}

QJsonObject encode(const MirrorState &mirror)
{
    QJsonArray rows;
    for (const MirrorRow &row : mirror.view.rows)
        rows.append(encode(row));
    QJsonArray preflight;
    const auto checks =
        mirror.preflight ? mirror.preflight->checks : std::vector<monitor::PreflightCheck>();
    for (const monitor::PreflightCheck &check : checks)
        preflight.append(
            QJsonObject{{QStringLiteral("code"), QString::fromLatin1(check.code)},
                        {QStringLiteral("state"), QString::fromLatin1(nameOf(check.state))},
                        {QStringLiteral("sentence"), check.sentence}});
    return {{QStringLiteral("configured"), mirror.isConfigured},
            {QStringLiteral("problem"), mirror.problem},
            {QStringLiteral("read_at"), timeOf(mirror.readAt)},
            {QStringLiteral("paused_as_a_whole"), mirror.view.isPausedAsAWhole},
            {QStringLiteral("preflight"), preflight},
            {QStringLiteral("replications"), rows}};
}

MirrorState mirrorFrom(const QJsonValue &value)
{
    const Members members(value);
    MirrorState mirror;
    mirror.isConfigured = members.flag("configured");
    mirror.problem = members.text("problem");
    mirror.readAt = members.time("read_at");
    mirror.view.isPausedAsAWhole = members.flag("paused_as_a_whole");
    for (const QJsonValue &row : members.value("replications").toArray()) {
        mirror.view.rows.push_back(rowFrom(row));
        const MirrorRow &added = mirror.view.rows.back();
        if (added.situation == monitor::Situation::Removed)
            continue;
        monitor::MirrorTotals &totals = mirror.view.totals;
        ++totals.databases;
        ++totals.byState[static_cast<std::size_t>(added.replication.state)];
        totals.pending += added.replication.pending.value_or(0);
        totals.refusedDocuments += added.replication.refusedDocuments;
    }
    return mirror;
}

constexpr std::array kPhases{"preparing", "fetching", "verifying", "publishing", "done"};

QJsonObject encode(const JobState &job)
{
    return {{QStringLiteral("trigger"), QString::fromLatin1(backup::nameOf(job.trigger))},
            {QStringLiteral("started"), timeOf(job.started)},
            {QStringLiteral("phase"),
             QString::fromLatin1(kPhases.at(static_cast<std::size_t>(job.phase)))},
            {QStringLiteral("databases"), static_cast<qint64>(job.databases)},
            {QStringLiteral("databases_done"), static_cast<qint64>(job.databasesDone)},
            {QStringLiteral("documents"), static_cast<qint64>(job.documents)},
            {QStringLiteral("documents_done"), static_cast<qint64>(job.documentsDone)},
            {QStringLiteral("current"), textOf(job.current)}};
}

JobState jobFrom(const QJsonValue &value)
{
    const Members members(value);
    JobState job;
    job.trigger = named<backup::RunTrigger>(members.text("trigger"), 3)
                      .value_or(backup::RunTrigger::Schedule);
    job.started = members.time("started").value_or(TimePoint());
    for (std::size_t i = 0; i < kPhases.size(); ++i) {
        if (members.text("phase") == QLatin1String(kPhases.at(i)))
            job.phase = static_cast<backup::Phase>(i);
    }
    job.databases = members.number("databases").value_or(0);
    job.databasesDone = members.number("databases_done").value_or(0);
    job.documents = members.number("documents").value_or(0);
    job.documentsDone = members.number("documents_done").value_or(0);
    job.current = members.string("current");
    return job;
}

QJsonObject encode(const BackupState &backup)
{
    QJsonObject object{
        {QStringLiteral("folder_problem"), backup.folderProblem},
        {QStringLiteral("archives"), static_cast<qint64>(backup.archives.size())},
        {QStringLiteral("leftovers"), static_cast<qint64>(backup.leftovers.size())},
        {QStringLiteral("last_published"), timeOf(backup.lastPublished)},
        {QStringLiteral("next_run"), timeOf(backup.nextRun)},
        {QStringLiteral("waiting_for"), backup.waitingFor},
        {QStringLiteral("disk_free"), numberOf(backup.diskFree)},
    };
    if (backup.lastRun)
        object.insert(
            QStringLiteral("last_run"),
            QJsonObject{
                {QStringLiteral("started"), timeOf(backup.lastRun->started)},
                {QStringLiteral("finished"), timeOf(backup.lastRun->finished)},
                {QStringLiteral("trigger"),
                 QString::fromLatin1(backup::nameOf(backup.lastRun->trigger))},
                {QStringLiteral("result"),
                 QString::fromLatin1(backup::nameOf(backup.lastRun->result))},
                {QStringLiteral("reason"), backup.lastRun->reason},
                {QStringLiteral("archive"), textOf(backup.lastRun->archive)},
                {QStringLiteral("size"), static_cast<qint64>(backup.lastRun->size)},
                {QStringLiteral("databases"), static_cast<qint64>(backup.lastRun->databases)},
                {QStringLiteral("documents"), static_cast<qint64>(backup.lastRun->documents)}});
    if (backup.job)
        object.insert(QStringLiteral("job"), encode(*backup.job));
    return object;
}

BackupState backupFrom(const QJsonValue &value)
{
    const Members members(value);
    BackupState backup;
    backup.folderProblem = members.text("folder_problem");
    backup.lastPublished = members.time("last_published");
    backup.nextRun = members.time("next_run");
    backup.waitingFor = members.text("waiting_for");
    backup.diskFree = members.number("disk_free");
    if (members.value("last_run").isObject()) {
        const Members run(members.value("last_run"));
        backup::JournalEntry entry;
        entry.started = run.time("started").value_or(TimePoint());
        entry.finished = run.time("finished").value_or(TimePoint());
        entry.trigger = named<backup::RunTrigger>(run.text("trigger"), 3)
                            .value_or(backup::RunTrigger::Schedule);
        entry.result =
            named<backup::RunResult>(run.text("result"), 5).value_or(backup::RunResult::Failed);
        entry.reason = run.text("reason");
        entry.archive = run.string("archive");
        entry.size = run.number("size").value_or(0);
        entry.databases = run.number("databases").value_or(0);
        entry.documents = run.number("documents").value_or(0);
        backup.lastRun = std::move(entry);
    }
    if (members.value("job").isObject())
        backup.job = jobFrom(members.value("job"));
    return backup;
}

} // namespace

std::string encodeState(const State &state)
{
    QJsonArray checks;
    for (const monitor::Check &check : state.checks)
        checks.append(encode(check));
    const QJsonObject root{
        {QStringLiteral("version"), kVersion},
        {QStringLiteral("at"), timeOf(state.at)},
        {QStringLiteral("started"), timeOf(state.startedAt)},
        {QStringLiteral("program"), textOf(state.version)},
        {QStringLiteral("source"), textOf(state.source)},
        {QStringLiteral("source_databases"),
         state.sourceDatabases ? QJsonValue(static_cast<qint64>(state.sourceDatabases->size()))
                               : QJsonValue()},
        {QStringLiteral("verdict"), QString::fromLatin1(nameOf(state.verdict.level))},
        {QStringLiteral("sentence"), state.verdict.sentence},
        {QStringLiteral("checks"), checks},
        {QStringLiteral("mirror"), encode(state.mirror)},
        {QStringLiteral("backup"), encode(state.backup)},
    };
    return QJsonDocument(root).toJson(QJsonDocument::Compact).toStdString() + '\n';
}

Result<State> decodeState(std::string_view json)
{
    QJsonParseError fault{};
    const QJsonDocument document = QJsonDocument::fromJson(
        QByteArray(json.data(), static_cast<qsizetype>(json.size())), &fault);
    const Members members(document.object());
    const auto at = members.time("at");
    if (fault.error != QJsonParseError::NoError || !at
        || members.number("version").value_or(0) != kVersion)
        return Error{ErrorKind::Corrupt,
                     base::text("The state that the monitor left cannot be understood; another "
                                "version may have written it.")};
    State state;
    state.at = *at;
    state.startedAt = members.time("started").value_or(*at);
    state.version = members.string("program");
    state.source = members.string("source");
    state.verdict.level = named<monitor::VerdictLevel>(members.text("verdict"), 4)
                              .value_or(monitor::VerdictLevel::Unknown);
    state.verdict.sentence = members.text("sentence");
    for (const QJsonValue &check : members.value("checks").toArray())
        state.checks.push_back(checkFrom(check));
    state.mirror = mirrorFrom(members.value("mirror"));
    state.backup = backupFrom(members.value("backup"));
    return state;
}

} // namespace engine
