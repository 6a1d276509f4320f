#include "core/base/text.h"
#include "core/monitor/healthrule.h"

#include <array>

namespace monitor {

using base::text;
using std::chrono::seconds;

namespace {

using enum Reading::Kind;

Reading canary(const Facts &facts, const Thresholds & /*thresholds*/)
{
    if (!facts.canary)
        return notApplicable();
    const CanaryFacts &canary = *facts.canary;
    const QString remedy =
        text("Look at the test organisation: what does not happen to it may not happen to others.");
    if (canary.notDiscovered.count > 0)
        return {Bad, text("The canary was not discovered: %1.").arg(namesOf(canary.notDiscovered)),
                remedy};
    if (canary.notMirrored.count > 0)
        return {Bad, text("The canary is not mirrored: %1.").arg(namesOf(canary.notMirrored)),
                remedy};
    if (!canary.isBackupNewer)
        return {Good, text("The canary is discovered; the next backup must have it.")};
    if (canary.notInBackup.count > 0)
        return {Bad,
                text("The canary is not in the last backup: %1.").arg(namesOf(canary.notInBackup)),
                remedy};
    if (canary.usersNotInBackup.count > 0)
        return {Bad,
                text("The canary's users are not in the last backup: %1.")
                    .arg(namesOf(canary.usersNotInBackup)),
                remedy};
    return {Good, text("The canary is discovered, mirrored and in the last backup.")};
}

Reading alerts(const Facts &facts, const Thresholds & /*thresholds*/)
{
    if (!facts.alerts.isConfigured)
        return notApplicable();
    if (!facts.alerts.error.isEmpty())
        return {Bad, text("An alert could not be delivered: %1").arg(facts.alerts.error),
                text("Put it right and try it with a test message: nobody is told of anything.")};
    if (!facts.alerts.lastDelivered)
        return {Good, text("No alert was sent yet; send a test message to be sure.")};
    const seconds age = ageOf(*facts.alerts.lastDelivered, facts.now);
    return {
        Good, text("The last alert was delivered %1 ago.").arg(lengthOf(age)), {}, lengthOf(age)};
}

Reading orphans(const Facts &facts, const Thresholds &thresholds)
{
    if (!facts.orphanCheckpoints)
        return notApplicable();
    const QString value = QString::number(*facts.orphanCheckpoints);
    const QString limit = QString::number(thresholds.orphanCheckpoints);
    if (*facts.orphanCheckpoints <= static_cast<std::uint64_t>(thresholds.orphanCheckpoints))
        return {Good, text("No checkpoints of the predecessor are left."), {}, value, limit};
    return {Bad, text("The predecessor left %1 checkpoints.").arg(value),
            text("`focus-monitorctl cleanup --orphan-checkpoints` removes them."), value, limit};
}

Reading wasOff(const Facts &facts, const Thresholds &thresholds)
{
    if (!facts.lastGap || !facts.startedAt)
        return notApplicable();
    const QString value = lengthOf(*facts.lastGap);
    const QString limit = lengthOf(thresholds.offFor);
    const bool isMadeUpFor =
        facts.backup && facts.backup->lastGood && *facts.backup->lastGood > *facts.startedAt;
    if (*facts.lastGap <= thresholds.offFor || isMadeUpFor)
        return {Good, text("The monitor runs."), {}, value, limit};
    return {Bad, text("The monitor did not run for %1.").arg(value),
            text("This ends with the next good backup."), value, limit};
}

Reading newerVersion(const Facts &facts, const Thresholds & /*thresholds*/)
{
    if (facts.newerVersion.empty())
        return notApplicable();
    return {Bad,
            text("There is a newer version of this program, %1.")
                .arg(base::printable(facts.newerVersion, 40)),
            text("Install it.")};
}

} // namespace

std::span<const HealthRule> otherRules()
{
    using enum Severity;
    static constexpr std::array<HealthRule, 5> rules{{
        {"canary", QT_TRANSLATE_NOOP("core", "Canary"), Failed, false, canary},
        {"alerts", QT_TRANSLATE_NOOP("core", "Alerts arrive"), Attention, true, alerts},
        {"orphan-checkpoints", QT_TRANSLATE_NOOP("core", "No litter at the source"), Attention,
         true, orphans},
        {"monitor-off", QT_TRANSLATE_NOOP("core", "Monitor runs"), Attention, true, wasOff},
        {"version", QT_TRANSLATE_NOOP("core", "Program is current"), Attention, true, newerVersion},
    }};
    return rules;
}

} // namespace monitor
