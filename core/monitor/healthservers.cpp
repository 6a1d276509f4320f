#include "core/base/text.h"
#include "core/monitor/healthrule.h"

#include <array>

namespace monitor {

using base::text;
using std::chrono::seconds;

namespace {

using enum Reading::Kind;

Reading isUp(const ServerFacts &server, const QString &name, const QString &remedy)
{
    if (!server.isUp)
        return noData(text("%1 was not asked yet.").arg(name));
    if (*server.isUp)
        return {Good, text("%1 answers.").arg(name)};
    return {Bad, server.error.isEmpty() ? text("%1 does not answer.").arg(name) : server.error,
            remedy};
}

Reading sourceUp(const Facts &facts, const Thresholds & /*thresholds*/)
{
    return isUp(facts.source, text("The source"),
                text("See whether its server runs and this machine reaches it."));
}

Reading mirrorUp(const Facts &facts, const Thresholds & /*thresholds*/)
{
    if (!facts.mirror)
        return notApplicable();
    return isUp(*facts.mirror, text("The mirror"), text("Start its CouchDB."));
}

Reading middlewareUp(const Facts &facts, const Thresholds & /*thresholds*/)
{
    if (!facts.middleware)
        return notApplicable();
    return isUp(*facts.middleware, text("The middleware"),
                text("Until it answers, new databases are not found."));
}

Reading login(const Facts &facts, const Thresholds & /*thresholds*/)
{
    struct Named {
        const ServerFacts *server;
        QString name;
    };
    const std::array<Named, 3> servers{
        Named{&facts.source, text("the source")},
        Named{facts.mirror ? &*facts.mirror : nullptr, text("the mirror")},
        Named{facts.middleware ? &*facts.middleware : nullptr, text("the middleware")}};
    QStringList refused;
    bool isKnown = true;
    for (const Named &one : servers) {
        if (one.server == nullptr)
            continue;
        isKnown = isKnown && one.server->isLoginAccepted.has_value();
        if (one.server->isLoginAccepted == false)
            refused.append(one.name);
    }
    if (!refused.isEmpty())
        return {Bad, text("The password was refused by %1.").arg(refused.join(text(" and "))),
                text("Set it again; until then it is not tried, so that nobody is locked out.")};
    if (!isKnown)
        return noData(text("Not every server was logged in to yet."));
    return {Good, text("The passwords are accepted.")};
}

Reading clockSkew(const Facts &facts, const Thresholds &thresholds)
{
    std::optional<seconds> largest;
    for (const ServerFacts *server :
         {&facts.source,
          facts.mirror ? static_cast<const ServerFacts *>(&*facts.mirror) : nullptr}) {
        if (server == nullptr || !server->clockSkew)
            continue;
        const seconds skew(std::abs(server->clockSkew->count()));
        largest = std::max(largest.value_or(seconds(0)), skew);
    }
    if (!largest)
        return noData(text("No server told its time yet."));
    const QString value = lengthOf(*largest);
    const QString limit = lengthOf(thresholds.clockSkew);
    if (*largest > thresholds.clockSkew)
        return {Bad, text("The clocks of the servers and of this machine differ by %1.").arg(value),
                text("Let the machines keep time by NTP."), value, limit};
    return {Good, text("The clocks agree."), {}, value, limit};
}

Reading mirrorVersion(const Facts &facts, const Thresholds & /*thresholds*/)
{
    if (!facts.mirror)
        return notApplicable();
    if (!facts.mirror->isVersionSupported)
        return noData(text("The mirror did not say its version yet."));
    const QString version = base::printable(facts.mirror->version, 40);
    if (*facts.mirror->isVersionSupported)
        return {Good, text("The mirror's version is supported."), {}, version};
    return {Bad, text("The mirror is a CouchDB %1, which is not supported any more.").arg(version),
            text("Upgrade it; replications go on where they were."), version};
}

Reading mirrorSafe(const Facts &facts, const Thresholds & /*thresholds*/)
{
    if (!facts.mirror || (!facts.mirror->isAdminParty && !facts.mirror->isReachableFromOutside))
        return notApplicable(); // not to be found out without an administrator's rights
    if (facts.mirror->isAdminParty == true)
        return {Bad, text("Everybody is an administrator of the mirror."),
                text("Set an administrator in its configuration.")};
    if (facts.mirror->isReachableFromOutside == true)
        return {Bad, text("The mirror listens beyond its own machine."),
                text("Set bind_address to 127.0.0.1, or publish the container's port there only.")};
    return {Good, text("The mirror is reached from its own machine only.")};
}

Reading systemDatabases(const Facts &facts, const Thresholds & /*thresholds*/)
{
    if (!facts.mirror)
        return notApplicable();
    if (!facts.mirror->missingSystemDatabases)
        return noData(text("The mirror's system databases were not looked at yet."));
    const Some &missing = *facts.mirror->missingSystemDatabases;
    if (missing.count == 0)
        return {Good, text("The mirror has its system databases.")};
    return {Bad, text("The mirror lacks %1.").arg(namesOf(missing)),
            text("Create them: CouchDB's replicator does not work without.")};
}

} // namespace

std::span<const HealthRule> serverRules()
{
    using enum Severity;
    static constexpr std::array<HealthRule, 8> rules{{
        {"source-up", QT_TRANSLATE_NOOP("core", "Source answers"), Failed, false, sourceUp},
        {"mirror-up", QT_TRANSLATE_NOOP("core", "Mirror answers"), Failed, false, mirrorUp},
        {"middleware-up", QT_TRANSLATE_NOOP("core", "Middleware answers"), Attention, false,
         middlewareUp},
        {"login", QT_TRANSLATE_NOOP("core", "Passwords are accepted"), Failed, true, login},
        {"clock", QT_TRANSLATE_NOOP("core", "Clocks agree"), Attention, false, clockSkew},
        {"mirror-version", QT_TRANSLATE_NOOP("core", "Mirror's version"), Attention, false,
         mirrorVersion},
        {"mirror-safe", QT_TRANSLATE_NOOP("core", "Mirror is not open"), Attention, false,
         mirrorSafe},
        {"system-databases", QT_TRANSLATE_NOOP("core", "Mirror's system databases"), Attention,
         false, systemDatabases},
    }};
    return rules;
}

} // namespace monitor
