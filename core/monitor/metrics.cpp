#include "core/monitor/metrics.h"

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/version.h"

#include <algorithm>
#include <array>

namespace monitor {

namespace {

/// Builds the text, one metric after the other.
class Exposition
{
public:
    /// Begins a metric, all of which are gauges.
    void metric(const char *name, const char *help)
    {
        m_name = std::string("focus_monitor_") + name;
        m_head = "# HELP " + m_name + ' ' + help + "\n# TYPE " + m_name + " gauge\n";
    }
    void sample(const std::string &labels, double value)
    {
        m_text +=
            m_head + m_name + labels + ' ' + QString::number(value, 'g', 15).toStdString() + '\n';
        m_head.clear(); // once, and only where there is a sample
    }
    void sample(const std::string &labels, std::uint64_t value)
    {
        m_text += m_head + m_name + labels + ' ' + std::to_string(value) + '\n';
        m_head.clear();
    }
    void one(const char *name, const char *help, std::optional<std::uint64_t> value)
    {
        metric(name, help);
        if (value)
            sample({}, *value);
    }
    void time(const char *name, const char *help, const std::optional<TimePoint> &value)
    {
        metric(name, help);
        if (value)
            sample({}, std::chrono::duration<double>(value->time_since_epoch()).count());
    }
    [[nodiscard]] std::string take() { return std::move(m_text); }

private:
    std::string m_name;
    std::string m_head;
    std::string m_text;
};

/// The format escapes what JSON does, and knows fewer escapes: labels of ours need none but these.
std::string label(const char *name, std::string_view value)
{
    std::string escaped;
    for (const char c : value) {
        if (c == '\\' || c == '"')
            escaped += '\\';
        escaped += c == '\n' ? ' ' : c;
    }
    return std::string("{") + name + "=\"" + escaped + "\"}";
}

void addServers(Exposition &out, const Facts &facts)
{
    out.metric("server_up", "1 when the server answers.");
    const auto add = [&out](const char *name, const ServerFacts &server) {
        if (server.isUp)
            out.sample(label("server", name), std::uint64_t{*server.isUp ? 1u : 0u});
    };
    add("source", facts.source);
    if (facts.mirror)
        add("mirror", *facts.mirror);
    if (facts.middleware)
        add("middleware", *facts.middleware);
}

void addReplications(Exposition &out, const ReplicationFacts &replications)
{
    constexpr std::array states{ReplicationState::Running,         ReplicationState::CatchingUp,
                                ReplicationState::CaughtUp,        ReplicationState::Stalled,
                                ReplicationState::Retrying,        ReplicationState::Failed,
                                ReplicationState::LosingDocuments, ReplicationState::RefusedLogin,
                                ReplicationState::SourceGone,      ReplicationState::Paused,
                                ReplicationState::Unknown};
    out.metric("replications", "Replications by their state.");
    for (const ReplicationState state : states)
        out.sample(label("state", nameOf(state)), replications.count(state));
    out.one("refused_documents", "Documents that the mirror refused.",
            replications.refusedDocuments);
    out.one("databases_without_replication", "Databases of the source that nobody copies.",
            replications.withoutJob.count);
}

void addBackups(Exposition &out, const BackupFacts &backup)
{
    out.time("backup_last_good_timestamp_seconds",
             "When the newest verified and complete backup was taken.", backup.lastGood);
    out.time("backup_next_timestamp_seconds", "When the next backup is due.", backup.next);
    out.one("backup_archives", "Archives in the backup folder.", backup.archives);
    out.one("backup_damaged_archives", "Archives that are known to be damaged.",
            backup.damaged.count);
    out.one("backup_leftovers", "Unfinished files in the backup folder.", backup.leftovers.count);
    out.one("backup_disk_free_bytes", "Free space of the backup folder.", backup.diskFree);
    if (backup.runs.empty())
        return;
    const BackupRunFacts &last = backup.runs.back();
    out.one("backup_last_run_success", "1 when the last run succeeded.", last.succeeded ? 1 : 0);
    out.time("backup_last_run_timestamp_seconds", "When the last run began.", last.began);
    const auto good = std::find_if(backup.runs.rbegin(), backup.runs.rend(),
                                   [](const BackupRunFacts &run) { return run.succeeded; });
    if (good == backup.runs.rend())
        return;
    out.one("backup_size_bytes", "Of the last successful backup.", good->bytes);
    out.one("backup_documents", "Of the last successful backup.", good->documents);
    out.one("backup_databases", "Of the last successful backup.", good->databases);
    out.one("backup_omissions", "Of the last successful backup.", good->omissions);
}

void addMember(std::string &json, const char *name, std::string_view value)
{
    json += json.size() > 1 ? "," : "";
    base::json::appendQuoted(json, name);
    json += ':';
    base::json::appendQuoted(json, value);
}

} // namespace

std::string metricsText(const Facts &facts, const std::vector<Check> &checks,
                        const Verdict &verdict)
{
    Exposition out;
    out.metric("info", "The version of this program.");
    out.sample(label("version", base::versionText()), std::uint64_t{1});
    out.metric("verdict", "1 for the verdict that holds, 0 for the others.");
    for (const VerdictLevel level :
         {VerdictLevel::Good, VerdictLevel::Attention, VerdictLevel::Failed, VerdictLevel::Unknown})
        out.sample(label("verdict", nameOf(level)),
                   std::uint64_t{level == verdict.level ? 1u : 0u});
    out.metric("check_firing", "1 for a check that fires; one that is muted does not.");
    for (const Check &check : checks)
        out.sample(label("check", check.id),
                   std::uint64_t{check.state == CheckState::Firing ? 1u : 0u});
    out.metric("check_known", "0 for a check that has no data.");
    for (const Check &check : checks)
        out.sample(label("check", check.id),
                   std::uint64_t{check.state == CheckState::NoData ? 0u : 1u});
    out.time("facts_timestamp_seconds", "When this was looked at.", facts.now);
    addServers(out, facts);
    if (facts.databases)
        out.one("source_databases", "Databases at the source.", facts.databases->count);
    if (facts.replications)
        addReplications(out, *facts.replications);
    if (facts.backup)
        addBackups(out, *facts.backup);
    if (facts.audit)
        out.time("audit_timestamp_seconds", "When mirror and source were last compared.",
                 facts.audit->at);
    return out.take();
}

HealthAnswer healthAnswer(const Facts &facts, const std::vector<Check> &checks,
                          const Verdict &verdict, TimePoint now, std::chrono::seconds staleAfter)
{
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - facts.now);
    const bool isStale = age > staleAfter || age < -staleAfter;
    const VerdictLevel level = isStale ? VerdictLevel::Unknown : verdict.level;
    HealthAnswer answer;
    answer.status = level == VerdictLevel::Good || level == VerdictLevel::Attention ? 200 : 503;
    answer.json = "{";
    addMember(answer.json, "verdict", nameOf(level));
    addMember(answer.json, "sentence", verdict.sentence.toStdString());
    addMember(answer.json, "time", base::isoTime(facts.now));
    answer.json += ",\"age_seconds\":" + std::to_string(std::max<std::int64_t>(0, age.count()))
        + ",\"firing\":[";
    bool isFirst = true;
    for (const Check &check : checks) {
        if (check.state != CheckState::Firing)
            continue;
        answer.json += isFirst ? "" : ",";
        base::json::appendQuoted(answer.json, check.id);
        isFirst = false;
    }
    answer.json += "]}\n";
    return answer;
}

} // namespace monitor
