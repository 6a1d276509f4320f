#include "core/settings/setting.h"

#include <type_traits>

namespace settings {

namespace {

template <typename Target>
void assignTo(Target &target, const Value &value)
{
    if constexpr (std::is_same_v<Target, bool>)
        target = std::get<bool>(value);
    else if constexpr (std::is_enum_v<Target> || std::is_integral_v<Target>)
        target = static_cast<Target>(std::get<std::int64_t>(value));
    else if constexpr (requires(Target duration) { duration.count(); })
        target =
            std::chrono::duration_cast<Target>(std::chrono::seconds(std::get<std::int64_t>(value)));
    else
        target = std::get<Target>(value);
}

/// The member that a path of members leads to: into<&Config::log, &Log::files>.
template <auto... kPath>
constexpr auto into =
    [](Config &config, const Value &value) { assignTo((config.*....*kPath), value); };

using Limits = monitor::Thresholds;
using Rules = backup::RetentionRules;

template <auto kMember>
constexpr auto threshold = into<&Config::checks, &Checks::thresholds, kMember>;
template <auto kMember>
constexpr auto retention = into<&Config::backup, &Backup::retention, kMember>;

constexpr std::int64_t kMinute = 60, kHour = 3600, kDay = 86'400;
constexpr std::int64_t kMiB = 1 << 20;
constexpr std::int64_t kMostKept = 100'000;

// clang-format off: rows, to be read as a table
// NOLINTNEXTLINE(readability-function-size)
std::vector<Setting> makeTable()
{
    using enum Kind;
    constexpr auto source = &Config::source;
    constexpr auto mirror = &Config::mirror;
    constexpr auto discovery = &Config::discovery;
    constexpr auto middleware = &Discovery::middleware;
    constexpr auto alerts = &Config::alerts;
    constexpr auto email = &Alerts::email;
    return {
        {"name", Text, R"("")",
         "what this monitor is called in alerts; empty: the name of the machine",
         into<&Config::name>},
        {"data_folder", Path, R"("")",
         "where the monitor keeps its state; empty: $STATE_DIRECTORY, else focus-monitor in the user's data folder",
         into<&Config::dataFolder>},
        {"listen", Listen, R"("")", "address and port of /healthz and /metrics; empty: off",
         into<&Config::listen>},

        {"source.url", ServerUrl, R"("")",
         "the CouchDB that is copied; may name a user, never a password",
         into<source, &Server::url>},
        {"source.password_file", Path, R"("")",
         "file of mode 0600 with the password on its first line; empty: credential, then keychain",
         into<source, &Server::passwordFile>},
        {"source.ca_file", Path, R"("")", "more certificates to trust (PEM)",
         into<source, &Server::caFile>},
        {"source.proxy", Text, R"("")", "HTTP proxy as HOST:PORT; the environment's is not used",
         into<source, &Server::proxy>},
        {"source.allow_plain_http", Flag, "false",
         "send the password without encryption to another machine",
         into<source, &Server::allowPlainHttp>},

        {"mirror.url", ServerUrl, R"("")",
         "the CouchDB beside you that holds the copies; empty: no mirror, backups come from the source",
         into<mirror, &Server::url>},
        {"mirror.own_url", ServerUrl, R"("")",
         "the mirror as it sees itself, where that differs (containers)",
         into<mirror, &Mirror::ownUrl>},
        {"mirror.source_url", ServerUrl, R"("")",
         "the source as the mirror sees it, where that differs", into<mirror, &Mirror::sourceUrl>},
        {"mirror.password_file", Path, R"("")", "as source.password_file",
         into<mirror, &Server::passwordFile>},
        {"mirror.ca_file", Path, R"("")", "as source.ca_file", into<mirror, &Server::caFile>},
        {"mirror.proxy", Text, R"("")", "as source.proxy", into<mirror, &Server::proxy>},
        {"mirror.allow_plain_http", Flag, "false", "as source.allow_plain_http",
         into<mirror, &Server::allowPlainHttp>},
        {"mirror.poll_interval", Duration, R"("30 s")", "how often the replications are looked at",
         into<mirror, &Mirror::pollInterval>, 5, kHour},
        {"mirror.when_behind",
         Choice,
         R"("source")",
         "a database whose mirror has not caught up is fetched from the source, or left out and named",
         into<mirror, &Mirror::whenBehind>,
         0,
         0,
         {"source", "omit"}},

        {"discovery.method",
         Choice,
         R"("all_dbs")",
         "who says which databases there are: the source, the middleware, or the list",
         into<discovery, &Discovery::method>,
         0,
         0,
         {"all_dbs", "middleware", "list"}},
        {"discovery.list", List, "[]", "the databases, for method \"list\"",
         into<discovery, &Discovery::list>},
        {"discovery.include", List, "[]", "patterns (* and ?) of the databases to take; none: all",
         into<discovery, &Discovery::include>},
        {"discovery.exclude", List, "[]", "patterns of the databases to leave out",
         into<discovery, &Discovery::exclude>},
        {"discovery.poll_interval", Duration, R"("5 min")",
         "how often new databases are looked for", into<discovery, &Discovery::pollInterval>, 5,
         kDay},
        {"discovery.middleware.url", ServerUrl, R"("")",
         "the middleware, for method \"middleware\"", into<discovery, middleware, &Server::url>},
        {"discovery.middleware.password_file", Path, R"("")", "as source.password_file",
         into<discovery, middleware, &Server::passwordFile>},
        {"discovery.middleware.ca_file", Path, R"("")", "as source.ca_file",
         into<discovery, middleware, &Server::caFile>},
        {"discovery.middleware.proxy", Text, R"("")", "as source.proxy",
         into<discovery, middleware, &Server::proxy>},
        {"discovery.middleware.allow_plain_http", Flag, "false", "as source.allow_plain_http",
         into<discovery, middleware, &Server::allowPlainHttp>},

        {"backup.folder", Path, R"("")", "where the archives go",
         into<&Config::backup, &Backup::folder>},
        {"backup.schedule", Schedule, "[]", "when backups are made; none: only by hand",
         into<&Config::backup, &Backup::schedule>},
        {"backup.catch_up",
         Choice,
         R"("once")",
         "a run that was missed (the machine was off) is made up for once, or never",
         into<&Config::backup, &Backup::catchUp>,
         0,
         0,
         {"once", "never"}},
        {"backup.wait_for_mirror", Duration, R"("1 h")",
         "how long a run waits for the mirror to catch up before it begins anyway",
         into<&Config::backup, &Backup::waitForMirror>, 0, kDay},
        {"backup.verify",
         Choice,
         R"("sample")",
         "bodies compared with the source after each backup: a sample, or all",
         into<&Config::backup, &Backup::verify>,
         0,
         0,
         {"sample", "full"}},

        {"backup.retention.keep_last", Count, "0",
         "the newest so many; all of these 0: every backup is kept", retention<&Rules::last>, 0,
         kMostKept},
        {"backup.retention.keep_hourly", Count, "0",
         "the newest of each of so many hours that have one", retention<&Rules::hourly>, 0,
         kMostKept},
        {"backup.retention.keep_daily", Count, "0", "the newest of each of so many days",
         retention<&Rules::daily>, 0, kMostKept},
        {"backup.retention.keep_weekly", Count, "0", "the newest of each of so many weeks",
         retention<&Rules::weekly>, 0, kMostKept},
        {"backup.retention.keep_monthly", Count, "0", "the newest of each of so many months",
         retention<&Rules::monthly>, 0, kMostKept},
        {"backup.retention.keep_yearly", Count, "0", "the newest of each of so many years",
         retention<&Rules::yearly>, 0, kMostKept},
        {"backup.retention.keep_within", Duration, R"("0")",
         "everything younger than this, in whole hours", retention<&Rules::within>, 0,
         36'525 * kDay},

        {"checks.pending_for", Duration, R"("5 min")",
         "how long something must be wrong before it is said", threshold<&Limits::pendingFor>, 0,
         kDay},
        {"checks.clear_after", Duration, R"("2 min")",
         "how long it must be right before that is taken back", threshold<&Limits::clearAfter>, 0,
         kDay},
        {"checks.backup_overdue_intervals", Count, "2",
         "the last good backup is older than so many intervals of the schedule",
         threshold<&Limits::backupOverdueIntervals>, 1, 1000},
        {"checks.shrink_percent", Count, "20",
         "a backup is smaller than those before it by more than this",
         threshold<&Limits::shrinkPercent>, 1, 100},
        {"checks.grow_percent", Count, "100",
         "a backup is larger than those before it by more than this",
         threshold<&Limits::growPercent>, 1, 100'000},
        {"checks.mass_change_percent", Count, "10",
         "share of documents or databases that were deleted or rewritten since the backup before",
         threshold<&Limits::massChangePercent>, 1, 100},
        {"checks.disk_free_least", Size, R"("5 GiB")",
         "less than this is free in the backup folder", threshold<&Limits::diskFreeLeast>, 0},
        {"checks.disk_lasts", Duration, R"("14 d")",
         "the disk will be full within this, at the growth of late", threshold<&Limits::diskLasts>,
         0, 3660 * kDay},
        {"checks.leftover_age", Duration, R"("1 d")",
         "unfinished files in the backup folder are older than this",
         threshold<&Limits::leftoverAge>, kHour, 366 * kDay},
        {"checks.clock_skew", Duration, R"("1 min")",
         "the clocks of source, mirror and this machine differ by more",
         threshold<&Limits::clockSkew>, 2, kDay},
        {"checks.behind_for", Duration, R"("2 h")", "a replication has not caught up for so long",
         threshold<&Limits::behindFor>, kMinute, 366 * kDay},
        {"checks.audit_within", Duration, R"("7 d")", "mirror and source were compared within this",
         threshold<&Limits::auditWithin>, kHour, 3660 * kDay},
        {"checks.verified_within", Duration, R"("35 d")",
         "every archive was read again within this", threshold<&Limits::verifiedWithin>, kDay,
         3660 * kDay},
        {"checks.drill_within", Duration, R"("90 d")", "a restore was tried within this",
         threshold<&Limits::drillWithin>, kDay, 3660 * kDay},
        {"checks.off_for", Duration, R"("1 d")", "the monitor did not run for so long",
         threshold<&Limits::offFor>, kMinute, 366 * kDay},
        {"checks.orphan_checkpoints", Count, "0",
         "more than so many checkpoints that the predecessor left at the source",
         threshold<&Limits::orphanCheckpoints>, 0, 1'000'000'000},
        {"checks.canary.databases", List, "[]",
         "databases that must be discovered, mirrored and in the next backup",
         into<&Config::checks, &Checks::canary, &Canary::databases>},
        {"checks.canary.users", List, "[]", "users that must be in the _users of the next backup",
         into<&Config::checks, &Checks::canary, &Canary::users>},

        {"alerts.repeat_after", Duration, R"("1 d")",
         "what stays wrong is said again after so long", into<alerts, &Alerts::repeatAfter>, kHour,
         366 * kDay},
        {"alerts.email.host", Text, R"("")", "the mail server; empty: no e-mail",
         into<alerts, email, &Email::host>},
        {"alerts.email.port", Count, "465",
         "its port, usually 465 for \"tls\" and 587 for \"starttls\"",
         into<alerts, email, &Email::port>, 1, 65'535},
        {"alerts.email.security",
         Choice,
         R"("tls")",
         "encryption from the start, after STARTTLS, or none (only on this machine)",
         into<alerts, email, &Email::security>,
         0,
         0,
         {"tls", "starttls", "none"}},
        {"alerts.email.user", Text, R"("")", "who logs in there; empty: nobody",
         into<alerts, email, &Email::user>},
        {"alerts.email.password_file", Path, R"("")", "as source.password_file",
         into<alerts, email, &Email::passwordFile>},
        {"alerts.email.ca_file", Path, R"("")", "as source.ca_file",
         into<alerts, email, &Email::caFile>},
        {"alerts.email.from", Text, R"("")", "the sender's address",
         into<alerts, email, &Email::from>},
        {"alerts.email.to", List, "[]", "the addresses of those who are told",
         into<alerts, email, &Email::to>},
        {"alerts.webhook.url", WebUrl, R"("")", "gets each message as JSON by POST; empty: none",
         into<alerts, &Alerts::webhook, &Webhook::url>},
        {"alerts.webhook.token_file", Path, R"("")",
         "file of mode 0600 with a token, sent as Authorization: Bearer",
         into<alerts, &Alerts::webhook, &Webhook::tokenFile>},
        {"alerts.ping.url", WebUrl, R"("")",
         "is asked for (GET) regularly while the verdict is not \"failed\"; its silence is the alarm",
         into<alerts, &Alerts::ping, &Ping::url>},
        {"alerts.ping.interval", Duration, R"("5 min")", "how often",
         into<alerts, &Alerts::ping, &Ping::interval>, 10, kDay},

        {"log.level",
         Choice,
         R"("info")",
         "the least that is written down",
         into<&Config::log, &Log::level>,
         0,
         0,
         {"debug", "info", "warning", "error"}},
        {"log.folder", Path, R"("")", "where the log goes; empty: log in the data folder",
         into<&Config::log, &Log::folder>},
        {"log.file_size", Size, R"("5 MiB")", "a file of the log is at most so large",
         into<&Config::log, &Log::fileSize>, 64 << 10, 1024 * kMiB},
        {"log.files", Count, "5", "so many files are kept", into<&Config::log, &Log::files>, 1,
         1000},
    };
}
// clang-format on

} // namespace

std::span<const Setting> settingTable()
{
    static const std::vector<Setting> table = makeTable();
    return table;
}

} // namespace settings
