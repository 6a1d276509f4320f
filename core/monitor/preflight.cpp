#include "core/monitor/preflight.h"

#include "core/base/text.h"
#include "core/couch/retry.h"
#include "core/monitor/replication.h"

#include <QDateTime>
#include <QLocale>
#include <QVersionNumber>

#include <algorithm>
#include <array>

namespace monitor {

using base::Error;
using base::ErrorKind;
using base::printable;
using base::text;

namespace {

constexpr std::array kSystemDatabases{"_users", "_replicator", "_global_changes"};

QVersionNumber versionOf(const couch::ServerInfo &server)
{
    return QVersionNumber::fromString(QString::fromStdString(server.version));
}

class Preflight
{
public:
    explicit Preflight(const PreflightRequest &request)
        : m_request(request)
    {
        for (const char *code :
             {"mirror-answers", "mirror-version", "mirror-rights", "source-answers", "source-login",
              "source-host-login", "two-servers", "source-databases", "source-reads", "clocks",
              "mirror-system-databases"})
            m_report.checks.push_back({code, PreflightState::Skipped, {}});
    }

    PreflightReport run()
    {
        if (mirror() && source()) {
            clocks();
            if (m_report.isGood())
                systemDatabases();
        }
        return std::move(m_report);
    }

private:
    bool say(const char *code, PreflightState state, const QString &sentence)
    {
        for (PreflightCheck &check : m_report.checks) {
            if (std::string_view(check.code) == code) {
                check.state = state;
                check.sentence = sentence;
            }
        }
        return state != PreflightState::Failed;
    }
    bool fail(const char *code, const Error &error)
    {
        return say(code, PreflightState::Failed, error.message);
    }

    bool mirror()
    {
        const auto greeting = m_request.mirror.greet();
        if (!greeting)
            return fail("mirror-answers", greeting.error());
        m_mirror = *greeting;
        m_report.mirrorVersion = greeting->server.version;
        say("mirror-answers", PreflightState::Good,
            text("The mirror answers: %1.").arg(nameOfServer(greeting->server)));
        mirrorVersion(greeting->server);
        return mirrorRights();
    }

    void mirrorVersion(const couch::ServerInfo &server)
    {
        const QVersionNumber version = versionOf(server);
        m_report.mirrorTakesAuthObjects =
            !server.isPouchDbServer && version >= QVersionNumber(3, 2);
        if (server.isPouchDbServer || version < QVersionNumber(2, 1))
            say("mirror-version", PreflightState::Attention,
                text("The mirror has no scheduler: less can be seen of its replications."));
        else if (version < QVersionNumber(3, 3, 3))
            say("mirror-version", PreflightState::Attention,
                text(
                    "CouchDB %1 may leave out documents with attachments when it copies. Use 3.3.3 "
                    "or later for the mirror.")
                    .arg(printable(server.version)));
        else
            say("mirror-version", PreflightState::Good,
                text("CouchDB %1 is fit to be the mirror.").arg(printable(server.version)));
    }

    bool mirrorRights()
    {
        const auto session = m_request.mirror.session();
        if (!session)
            return fail("mirror-rights", session.error());
        if (session->isAdmin())
            return say("mirror-rights", PreflightState::Good,
                       text("The user \"%1\" is an administrator of the mirror.")
                           .arg(printable(session->name)));
        return say("mirror-rights", PreflightState::Failed,
                   text("The user \"%1\" is no administrator of the mirror. Give an administrator: "
                        "only one may write replications.")
                       .arg(printable(session->name)));
    }

    bool source()
    {
        const auto greeting = m_request.source.greet();
        if (!greeting)
            return fail("source-answers", greeting.error());
        m_source = *greeting;
        m_report.sourceVersion = greeting->server.version;
        say("source-answers", PreflightState::Good,
            text("The source answers: %1.").arg(nameOfServer(greeting->server)));
        if (!sourceLogin() || !hostLogin() || !twoServers())
            return false;
        return sourceDatabases();
    }

    bool sourceLogin()
    {
        if (m_request.sourceUser.empty())
            return say("source-login", PreflightState::Good,
                       text("The source is read without a login."));
        const auto session = m_request.source.session();
        // Behind a path in front of the databases there may be no _session; the list then shows.
        const bool isMissing = !session
            && (session.error().kind == ErrorKind::NotFound
                || session.error().kind == ErrorKind::Unsupported
                || session.error().kind == ErrorKind::Protocol);
        if (!session && !isMissing)
            return fail("source-login", session.error());
        if (session && session->name.empty())
            return say("source-login", PreflightState::Failed,
                       text("The source does not take the login of user \"%1\". Set its password "
                            "again.")
                           .arg(printable(m_request.sourceUser)));
        return say("source-login", PreflightState::Good,
                   session ? text("The source knows the user \"%1\".").arg(printable(session->name))
                           : text("The source does not say who is logged in."));
    }

    /// The replicator posts the login to /_session of the host, whatever path the databases are
    /// under. 404 makes it send the login with each request; anything else stops every job.
    bool hostLogin()
    {
        constexpr const char *kCode = "source-host-login";
        if (m_request.sourceHostRoot == nullptr || m_request.sourcePassword == nullptr
            || m_request.sourceUser.empty())
            return say(kCode, PreflightState::Good,
                       text("No login at the source's host is needed."));
        const auto session =
            m_request.sourceHostRoot->logIn(m_request.sourceUser, *m_request.sourcePassword);
        if (session && *session)
            return say(kCode, PreflightState::Good,
                       text("The source's host opens a session for the replicator."));
        if (!session && session.error().kind == ErrorKind::NotFound)
            return say(kCode, PreflightState::Good,
                       text("The source's host has no sessions; the replicator logs in with each "
                            "request."));
        if (!session
            && (session.error().kind == ErrorKind::Unreachable
                || session.error().kind == ErrorKind::Timeout
                || session.error().kind == ErrorKind::Cancelled))
            return fail(kCode, session.error());
        return say(
            kCode, PreflightState::Failed,
            text(
                "%1/_session is not CouchDB's, but the replicator logs in there, so that every job "
                "would fail. Set auth_plugins = couch_replicator_auth_noop under [replicator] on "
                "the mirror, or let the source's proxy answer it with 404.%2")
                .arg(printable(m_request.sourceHostRoot->origin()),
                     session ? QString() : text(" It said: %1").arg(session.error().message)));
    }

    bool twoServers()
    {
        const std::string &uuid = m_source.server.uuid;
        if (!uuid.empty() && uuid == m_mirror.server.uuid)
            return say(
                "two-servers", PreflightState::Failed,
                text("Source and mirror are the same server. Give another address for one of "
                     "them."));
        return say("two-servers", PreflightState::Good, text("Source and mirror are two servers."));
    }

    bool sourceDatabases()
    {
        const auto names = m_request.discover();
        if (!names)
            return fail("source-databases", names.error());
        say("source-databases", names->empty() ? PreflightState::Attention : PreflightState::Good,
            names->empty() ? text("The source has no database that is to be mirrored.")
                           : text("Databases found at the source: %1.").arg(names->size()));
        if (names->empty())
            return say("source-reads", PreflightState::Good,
                       text("There is no database to read yet."));
        const auto info = m_request.source.databaseInfo(names->front());
        if (!info)
            return fail("source-reads", info.error());
        return say("source-reads", PreflightState::Good,
                   text("The database %1 can be read.").arg(printable(names->front())));
    }

    void clocks()
    {
        QStringList wrong;
        const auto look = [&](const QString &server, const std::string &date) {
            const auto apart = clockSkewOf(date, m_request.clock.now());
            if (!apart || std::chrono::abs(*apart) <= kClockTolerance)
                return apart;
            wrong.append(apart->count() > 0
                             ? text("the clock of %1 is %2 s ahead of this machine's")
                                   .arg(server, QString::number(apart->count()))
                             : text("the clock of %1 is %2 s behind this machine's")
                                   .arg(server, QString::number(-apart->count())));
            return apart;
        };
        look(text("the source"), m_source.date);
        m_report.mirrorSkew = look(text("the mirror"), m_mirror.date);
        if (wrong.isEmpty())
            say("clocks", PreflightState::Good, text("The clocks agree."));
        else
            say("clocks", PreflightState::Attention,
                text("Set the clocks right: %1.").arg(wrong.join(QStringLiteral(", "))));
    }

    void systemDatabases()
    {
        constexpr const char *kCode = "mirror-system-databases";
        QStringList missing;
        for (const char *name : kSystemDatabases) {
            const auto info = m_request.mirror.databaseInfo(name);
            if (info)
                continue;
            if (info.error().kind != ErrorKind::NotFound) {
                fail(kCode, info.error());
                return;
            }
            if (!m_request.createSystemDatabases) {
                missing.append(QLatin1String(name));
                continue;
            }
            const base::Status made = m_request.mirror.createDatabase(name);
            if (!made && made.error().kind != ErrorKind::Conflict) {
                fail(kCode, made.error());
                return;
            }
            m_report.created.emplace_back(name);
            missing.append(QLatin1String(name));
        }
        const QString list = missing.join(QStringLiteral(", "));
        if (missing.isEmpty())
            say(kCode, PreflightState::Good, text("The mirror has its system databases."));
        else if (m_request.createSystemDatabases)
            say(kCode, PreflightState::Good, text("Made on the mirror: %1.").arg(list));
        else
            say(kCode, PreflightState::Attention, text("The mirror lacks %1.").arg(list));
    }

    static QString nameOfServer(const couch::ServerInfo &server)
    {
        const QString name =
            server.isPouchDbServer ? QStringLiteral("PouchDB Server") : QStringLiteral("CouchDB");
        return server.version.empty() ? name : name + QLatin1Char(' ') + printable(server.version);
    }

    const PreflightRequest &m_request;
    PreflightReport m_report;
    couch::Administration::Greeting m_source, m_mirror;
};

} // namespace

std::optional<std::chrono::seconds> clockSkewOf(const std::string &dateHeader, TimePoint now)
{
    QDateTime time = QLocale::c().toDateTime(QString::fromStdString(dateHeader),
                                             QStringLiteral("ddd, dd MMM yyyy hh:mm:ss 'GMT'"));
    if (!time.isValid())
        return std::nullopt;
    time.setTimeSpec(Qt::UTC);
    const TimePoint theirs(std::chrono::milliseconds(time.toMSecsSinceEpoch()));
    return std::chrono::duration_cast<std::chrono::seconds>(theirs - now);
}

bool PreflightReport::found(std::string_view code, PreflightState state) const
{
    return std::any_of(checks.begin(), checks.end(), [&](const PreflightCheck &check) {
        return check.code == code && check.state == state;
    });
}

const char *nameOf(PreflightState state)
{
    switch (state) {
    case PreflightState::Good: return "good";
    case PreflightState::Attention: return "attention";
    case PreflightState::Failed: return "failed";
    case PreflightState::Skipped: break;
    }
    return "skipped";
}

bool PreflightReport::isGood() const
{
    return std::none_of(checks.begin(), checks.end(), [](const PreflightCheck &check) {
        return check.state == PreflightState::Failed;
    });
}

PreflightReport runPreflight(const PreflightRequest &request)
{
    return Preflight(request).run();
}

} // namespace monitor
