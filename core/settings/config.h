#pragma once

#include "core/backup/mirrorcontent.h"
#include "core/backup/retention.h"
#include "core/backup/schedule.h"
#include "core/base/glob.h"
#include "core/base/log.h"
#include "core/couch/discovery.h"
#include "core/monitor/thresholds.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// Everything the operator can set, as values of its types. Filled by loadConfig(), only ever
/// complete and checked; holds no secret (settings/secrets.h finds those). Paths are absolute.
/// docs/configuration.md describes every member under the name it has in the table of settings.
namespace settings {

/// How a server is reached. An empty `url` means that there is none.
struct Server {
    std::string url; ///< fit for couch::ServerUrl::parse; may name a user
    std::string passwordFile;
    std::string caFile;
    std::string proxy; ///< "host:port"
    bool allowPlainHttp = false;
};

using backup::WhenBehind;

struct Mirror : Server {
    std::string ownUrl;    ///< the mirror as it sees itself; empty: as this program sees it
    std::string sourceUrl; ///< the source as the mirror sees it; empty: as this program sees it
    std::chrono::seconds pollInterval{0};
    WhenBehind whenBehind = WhenBehind::Source;
};

struct Discovery {
    couch::DiscoveryMethod method = couch::DiscoveryMethod::AllDbs;
    std::vector<std::string> list;
    std::vector<std::string> include, exclude;
    Server middleware;
    std::chrono::seconds pollInterval{0};

    [[nodiscard]] couch::DiscoveryOptions options() const
    {
        return {method, list, {include, exclude}};
    }
};

enum class CatchUp {
    Once, ///< a run whose time passed is made up for, once
    Never
};

enum class VerifyBodies { Sample, Full };

struct Backup {
    std::string folder;
    std::vector<backup::ScheduleRule> schedule;
    CatchUp catchUp = CatchUp::Once;
    std::chrono::seconds waitForMirror{0}; ///< until it has caught up; then a run begins anyway
    VerifyBodies verify = VerifyBodies::Sample;
    backup::RetentionRules retention;
};

/// Organisations that exist to be seen in every backup.
struct Canary {
    std::vector<std::string> databases;
    std::vector<std::string> users;
};

struct Checks {
    monitor::Thresholds thresholds;
    Canary canary;
};

enum class MailSecurity { Tls, StartTls, None };

struct Email {
    std::string host; ///< empty: no e-mail
    int port = 0;
    MailSecurity security = MailSecurity::Tls;
    std::string user, passwordFile, caFile;
    std::string from;
    std::vector<std::string> to;
};

struct Webhook {
    std::string url;       ///< empty: none. Often a secret itself: never shown whole.
    std::string tokenFile; ///< sent as Authorization: Bearer
};

struct Ping {
    std::string url; ///< empty: none
    std::chrono::seconds interval{0};
};

struct Alerts {
    std::chrono::seconds repeatAfter{0}; ///< what stays wrong is said again
    Email email;
    Webhook webhook;
    Ping ping;
};

struct Log {
    base::LogLevel level = base::LogLevel::Info;
    std::string folder; ///< empty: `log` in the data folder
    std::uint64_t fileSize = 0;
    int files = 0;
};

struct Config {
    std::string name; ///< of this monitor, in alerts; empty: the machine's
    std::string dataFolder;
    std::string listen; ///< "ADDR:PORT" of /healthz and /metrics; empty: off
    Server source;
    Mirror mirror;
    Discovery discovery;
    Backup backup;
    Checks checks;
    Alerts alerts;
    Log log;
};

} // namespace settings
