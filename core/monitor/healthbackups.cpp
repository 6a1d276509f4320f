#include "core/base/text.h"
#include "core/monitor/healthrule.h"

#include <algorithm>
#include <array>

namespace monitor {

using base::text;
using std::chrono::seconds;

namespace {

using enum Reading::Kind;

/// Runs before the last, whose sizes say what is usual.
constexpr size_t kUsualRuns = 3;

Reading backupAge(const Facts &facts, const Thresholds &thresholds)
{
    if (!facts.backup)
        return noData(text("The backups were not looked at yet."));
    const BackupFacts &backup = *facts.backup;
    if (!backup.isScheduled)
        return notApplicable();
    const seconds limit = backup.longestInterval * thresholds.backupOverdueIntervals;
    const auto since = backup.lastGood ? backup.lastGood : facts.watchingSince;
    if (!since)
        return noData(text("There is no verified backup yet."));
    const seconds age = ageOf(*since, facts.now);
    const QString value = backup.lastGood ? lengthOf(age) : text("none");
    if (age > limit)
        return {Bad,
                backup.lastGood ? text("The last good backup is %1 old.").arg(lengthOf(age))
                                : text("There is no good backup."),
                text("See why the runs since did not end well, or back up now."), value,
                lengthOf(limit)};
    if (!backup.lastGood)
        return noData(text("The first backup is on its way."));
    return {Good,
            text("The last good backup is %1 old.").arg(lengthOf(age)),
            {},
            value,
            lengthOf(limit)};
}

const BackupRunFacts *lastRun(const Facts &facts)
{
    return facts.backup && !facts.backup->runs.empty() ? &facts.backup->runs.back() : nullptr;
}

/// For rules about the last run: there is no answer, but nothing wrong, before the first.
Reading withoutRun(const Facts &facts)
{
    if (!facts.backup)
        return noData(text("The backups were not looked at yet."));
    return {Good, text("There was no backup yet.")};
}

Reading backupRun(const Facts &facts, const Thresholds & /*thresholds*/)
{
    const BackupRunFacts *run = lastRun(facts);
    if (run == nullptr)
        return withoutRun(facts);
    if (run->succeeded)
        return {Good, text("The last backup succeeded.")};
    return {Bad, text("The last backup failed: %1").arg(run->error),
            text("It is tried again when it is due; nothing of earlier backups was touched.")};
}

Reading backupComplete(const Facts &facts, const Thresholds & /*thresholds*/)
{
    if (!facts.backup)
        return withoutRun(facts);
    const auto &runs = facts.backup->runs;
    const auto run = std::find_if(runs.rbegin(), runs.rend(),
                                  [](const BackupRunFacts &one) { return one.succeeded; });
    if (run == runs.rend())
        return withoutRun(facts);
    const QString value = QString::number(run->omissions);
    if (run->omissions == 0)
        return {Good, text("The last backup is complete."), {}, value, QStringLiteral("0")};
    return {Bad,
            countOf(run->omissions, QT_TRANSLATE_NOOP("core", "The last backup lacks %1 thing."),
                    QT_TRANSLATE_NOOP("core", "The last backup lacks %1 things.")),
            text("`focus-monitorctl list` names its omissions."), value, QStringLiteral("0")};
}

/// The middle of the sizes of the runs before the last.
std::optional<std::uint64_t> usualSize(const std::vector<std::uint64_t> &sizes)
{
    if (sizes.size() < kUsualRuns + 1)
        return std::nullopt;
    std::vector<std::uint64_t> before(sizes.end() - static_cast<std::ptrdiff_t>(kUsualRuns) - 1,
                                      sizes.end() - 1);
    std::sort(before.begin(), before.end());
    return before[before.size() / 2];
}

Reading backupSize(const Facts &facts, const Thresholds &thresholds)
{
    if (!facts.backup)
        return withoutRun(facts);
    std::vector<std::uint64_t> sizes;
    for (const BackupRunFacts &run : facts.backup->runs) {
        if (run.succeeded)
            sizes.push_back(run.bytes);
    }
    const auto usual = usualSize(sizes);
    if (!usual || *usual == 0)
        return {Good, text("There are too few backups to know what is usual.")};
    const double change =
        (static_cast<double>(sizes.back()) / static_cast<double>(*usual) - 1) * 100;
    const QString value = text("%1 %").arg(qRound64(change));
    const QString limit = text("-%1 % to +%2 %")
                              .arg(QString::number(thresholds.shrinkPercent),
                                   QString::number(thresholds.growPercent));
    if (change < -thresholds.shrinkPercent)
        return {Bad,
                text("The last backup has %1, where %2 were usual.")
                    .arg(bytesOf(sizes.back()), bytesOf(*usual)),
                text("See what is missing: `focus-monitorctl diff` compares two backups."), value,
                limit};
    if (change > thresholds.growPercent)
        return {Bad,
                text("The last backup has %1, where %2 were usual.")
                    .arg(bytesOf(sizes.back()), bytesOf(*usual)),
                text("See what was added: `focus-monitorctl diff` compares two backups."), value,
                limit};
    return {Good, text("The last backup has about the usual size."), {}, value, limit};
}

Reading archivesIntact(const Facts &facts, const Thresholds & /*thresholds*/)
{
    if (!facts.backup)
        return noData(text("The backups were not looked at yet."));
    const Some &damaged = facts.backup->damaged;
    const QString value = QString::number(damaged.count);
    if (damaged.count == 0)
        return {Good, text("No archive is known to be damaged."), {}, value, QStringLiteral("0")};
    return {Bad,
            countOf(damaged.count, QT_TRANSLATE_NOOP("core", "%1 archive is damaged"),
                    QT_TRANSLATE_NOOP("core", "%1 archives are damaged"))
                + text(" (%1).").arg(namesOf(damaged)),
            text("Back up now, and look after the disk. `focus-monitorctl verify` says what of the "
                 "archive is left."),
            value, QStringLiteral("0")};
}

Reading archivesVerified(const Facts &facts, const Thresholds &thresholds)
{
    if (!facts.backup)
        return noData(text("The backups were not looked at yet."));
    if (facts.backup->archives == 0)
        return notApplicable();
    const QString limit = lengthOf(thresholds.verifiedWithin);
    const auto since = facts.backup->oldestVerified;
    if (!since)
        return noData(text("It is not known when the archives were last read."));
    const seconds age = ageOf(*since, facts.now);
    if (age > thresholds.verifiedWithin)
        return {Bad, text("An archive was last read %1 ago.").arg(lengthOf(age)),
                text("See whether the machine runs long enough for the archives to be read again."),
                lengthOf(age), limit};
    return {Good,
            text("Every archive was read again within %1.").arg(lengthOf(age)),
            {},
            lengthOf(age),
            limit};
}

Reading restoreDrill(const Facts &facts, const Thresholds &thresholds)
{
    if (!facts.backup || !facts.backup->lastDrill)
        return notApplicable();
    const seconds age = ageOf(*facts.backup->lastDrill, facts.now);
    const QString limit = lengthOf(thresholds.drillWithin);
    if (age > thresholds.drillWithin)
        return {Bad, text("A restore was last tried %1 ago.").arg(lengthOf(age)),
                text("Restore a database to a server of its own, and compare."), lengthOf(age),
                limit};
    return {Good, text("A restore was tried %1 ago.").arg(lengthOf(age)), {}, lengthOf(age), limit};
}

Reading secondCopy(const Facts &facts, const Thresholds &thresholds)
{
    if (!facts.backup || !facts.backup->secondCopy || !facts.backup->lastGood)
        return notApplicable();
    const seconds behind = ageOf(*facts.backup->secondCopy, *facts.backup->lastGood);
    const seconds limit = facts.backup->longestInterval * thresholds.backupOverdueIntervals;
    if (behind > limit)
        return {Bad, text("The second copy is %1 behind.").arg(lengthOf(behind)),
                text("See whether its place can be reached and has room."), lengthOf(behind),
                lengthOf(limit)};
    return {Good, text("There is a second copy."), {}, lengthOf(behind), lengthOf(limit)};
}

Reading diskFree(const Facts &facts, const Thresholds &thresholds)
{
    if (!facts.backup || !facts.backup->diskFree)
        return noData(text("The free space of the backup folder is not known."));
    const std::uint64_t free = *facts.backup->diskFree;
    const QString limit = bytesOf(thresholds.diskFreeLeast);
    if (free < thresholds.diskFreeLeast)
        return {Bad, text("Only %1 are free in the backup folder.").arg(bytesOf(free)),
                text("Make room, or keep fewer backups (retention)."), bytesOf(free), limit};
    return {Good,
            text("%1 are free in the backup folder.").arg(bytesOf(free)),
            {},
            bytesOf(free),
            limit};
}

Reading diskLasts(const Facts &facts, const Thresholds &thresholds)
{
    if (!facts.backup || !facts.backup->diskFree || !facts.backup->growthPerDay)
        return notApplicable(); // too young to have a growth
    const std::uint64_t growth = *facts.backup->growthPerDay;
    const QString limit = lengthOf(thresholds.diskLasts);
    if (growth == 0)
        return {Good, text("The backups do not grow."), {}, {}, limit};
    constexpr std::uint64_t mostDays = 36'500;
    const seconds lasts =
        std::chrono::hours(24) * std::min(mostDays, *facts.backup->diskFree / growth);
    if (lasts < thresholds.diskLasts)
        return {Bad, text("At the growth of late the disk is full in %1.").arg(lengthOf(lasts)),
                text("Make room, or keep fewer backups (retention)."), lengthOf(lasts), limit};
    return {Good, text("The disk lasts."), {}, lengthOf(lasts), limit};
}

Reading leftovers(const Facts &facts, const Thresholds &thresholds)
{
    if (!facts.backup)
        return noData(text("The backup folder was not looked at yet."));
    const BackupFacts &backup = *facts.backup;
    const QString limit = lengthOf(thresholds.leftoverAge);
    const seconds age =
        backup.oldestLeftover ? ageOf(*backup.oldestLeftover, facts.now) : seconds(0);
    if (backup.leftovers.count == 0 || age <= thresholds.leftoverAge)
        return {Good,
                text("Nothing unfinished lies in the backup folder."),
                {},
                QString::number(backup.leftovers.count),
                limit};
    return {Bad,
            text("Unfinished files lie in the backup folder: %1 (%2).")
                .arg(namesOf(backup.leftovers), bytesOf(backup.leftoverBytes)),
            text("A run was cut off, or another program writes there. When nothing runs, they can "
                 "be deleted."),
            lengthOf(age), limit};
}

Reading retention(const Facts &facts, const Thresholds & /*thresholds*/)
{
    if (!facts.backup)
        return noData(text("The backups were not looked at yet."));
    if (!facts.backup->retentionError.isEmpty())
        return {Bad, facts.backup->retentionError,
                text("Old backups are not deleted until that is put right.")};
    if (!facts.backup->retentionHeld.isEmpty())
        return {Bad, facts.backup->retentionHeld,
                text("No backup is deleted until that is settled.")};
    return {Good, text("The rules of retention are kept.")};
}

} // namespace

std::span<const HealthRule> backupRules()
{
    using enum Severity;
    static constexpr std::array<HealthRule, 12> rules{{
        {"backup-age", QT_TRANSLATE_NOOP("core", "Backups come on schedule"), Failed, true,
         backupAge},
        {"archives-intact", QT_TRANSLATE_NOOP("core", "Archives are intact"), Failed, true,
         archivesIntact},
        {"disk-free", QT_TRANSLATE_NOOP("core", "Room for backups"), Failed, false, diskFree},
        {"backup-run", QT_TRANSLATE_NOOP("core", "Last backup succeeded"), Attention, true,
         backupRun},
        {"backup-complete", QT_TRANSLATE_NOOP("core", "Last backup is complete"), Attention, true,
         backupComplete},
        {"backup-size", QT_TRANSLATE_NOOP("core", "Backups grow as usual"), Attention, true,
         backupSize},
        {"archives-verified", QT_TRANSLATE_NOOP("core", "Archives are read again"), Attention, true,
         archivesVerified},
        {"restore-drill", QT_TRANSLATE_NOOP("core", "Restores are tried"), Attention, true,
         restoreDrill},
        {"second-copy", QT_TRANSLATE_NOOP("core", "Second copy"), Attention, true, secondCopy},
        {"disk-lasts", QT_TRANSLATE_NOOP("core", "Disk lasts"), Attention, false, diskLasts},
        {"leftovers", QT_TRANSLATE_NOOP("core", "No unfinished backups"), Attention, true,
         leftovers},
        {"retention", QT_TRANSLATE_NOOP("core", "Retention"), Attention, true, retention},
    }};
    return rules;
}

} // namespace monitor
