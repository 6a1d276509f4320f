#include "core/base/text.h"
#include "core/monitor/healthrule.h"

#include <algorithm>
#include <array>

namespace monitor {

using base::text;

namespace {

using enum Reading::Kind;
using State = ReplicationState;

/// Replications in one of these states are wrong; the first that there is gives the sentence.
Reading inStates(const Facts &facts, std::initializer_list<State> states, const char *one,
                 const char *many, const QString &good)
{
    if (!facts.mirror)
        return notApplicable();
    if (!facts.replications)
        return noData(text("The replications were not looked at yet."));
    Some all;
    const StateFacts *worst = nullptr;
    for (const State state : states) {
        const auto found = facts.replications->states.find(state);
        if (found == facts.replications->states.end() || found->second.databases.count == 0)
            continue;
        const Some &some = found->second.databases;
        all.count += some.count;
        all.names.insert(all.names.end(), some.names.begin(), some.names.end());
        if (worst == nullptr)
            worst = &found->second;
    }
    const QString value = QString::number(all.count);
    if (worst == nullptr)
        return {Good, good, {}, value, QStringLiteral("0")};
    QString sentence =
        countOf(all.count, one, many) + QLatin1Char(' ') + text("(%1).").arg(namesOf(all));
    if (!worst->sentence.isEmpty())
        sentence += QLatin1Char(' ') + worst->sentence;
    return {Bad, sentence, worst->remedy, value, QStringLiteral("0")};
}

Reading covered(const Facts &facts, const Thresholds & /*thresholds*/)
{
    if (!facts.mirror)
        return notApplicable();
    if (!facts.replications || !facts.databases)
        return noData(text("The databases of the source are not known yet."));
    const Some &missing = facts.replications->withoutJob;
    const QString value = QString::number(missing.count);
    if (missing.count == 0)
        return {Good, text("Every database of the source has its replication."), {}, value};
    return {
        Bad,
        countOf(missing.count, QT_TRANSLATE_NOOP("core", "%1 database of the source is not copied"),
                QT_TRANSLATE_NOOP("core", "%1 databases of the source are not copied"))
            + text(" (%1).").arg(namesOf(missing)),
        text("See why no replication could be made, or exclude them in the configuration."), value};
}

Reading failed(const Facts &facts, const Thresholds & /*thresholds*/)
{
    return inStates(facts, {State::RefusedLogin, State::Failed},
                    QT_TRANSLATE_NOOP("core", "%1 replication failed"),
                    QT_TRANSLATE_NOOP("core", "%1 replications failed"),
                    text("No replication failed."));
}

Reading retrying(const Facts &facts, const Thresholds & /*thresholds*/)
{
    return inStates(facts, {State::Retrying, State::Unknown},
                    QT_TRANSLATE_NOOP("core", "%1 replication does not run"),
                    QT_TRANSLATE_NOOP("core", "%1 replications do not run"),
                    text("The replications run."));
}

Reading stalled(const Facts &facts, const Thresholds & /*thresholds*/)
{
    return inStates(facts, {State::Stalled},
                    QT_TRANSLATE_NOOP("core", "%1 replication stands still"),
                    QT_TRANSLATE_NOOP("core", "%1 replications stand still"),
                    text("No replication stands still."));
}

Reading losing(const Facts &facts, const Thresholds & /*thresholds*/)
{
    Reading reading =
        inStates(facts, {State::LosingDocuments},
                 QT_TRANSLATE_NOOP("core", "The mirror refuses documents of %1 database"),
                 QT_TRANSLATE_NOOP("core", "The mirror refuses documents of %1 databases"),
                 text("The mirror takes every document."));
    if (reading.kind == Bad)
        reading.value = QString::number(facts.replications->refusedDocuments);
    return reading;
}

Reading behind(const Facts &facts, const Thresholds &thresholds)
{
    if (!facts.mirror)
        return notApplicable();
    if (!facts.replications)
        return noData(text("The replications were not looked at yet."));
    std::chrono::seconds longest{0};
    Some databases;
    for (const State state : {State::CatchingUp, State::Running}) {
        const auto found = facts.replications->states.find(state);
        if (found == facts.replications->states.end() || !found->second.oldestSince)
            continue;
        const auto age = ageOf(*found->second.oldestSince, facts.now);
        if (age > longest) {
            longest = age;
            databases = found->second.databases;
        }
    }
    const QString value = lengthOf(longest);
    const QString limit = lengthOf(thresholds.behindFor);
    if (longest <= thresholds.behindFor)
        return {Good, text("The mirror is up to date, or nearly so."), {}, value, limit};
    return {Bad, text("The mirror has not caught up for %1 (%2).").arg(value, namesOf(databases)),
            text("See whether the line or the mirror is too slow; backups wait for it."), value,
            limit};
}

Reading gone(const Facts &facts, const Thresholds & /*thresholds*/)
{
    if (!facts.mirror)
        return notApplicable();
    if (!facts.replications)
        return noData(text("The replications were not looked at yet."));
    Some all = facts.replications->goneAtSource;
    const QString value = QString::number(all.count);
    if (all.count == 0)
        return {Good, text("Every database that is copied is at the source."), {}, value};
    return {Bad,
            countOf(all.count, QT_TRANSLATE_NOOP("core", "%1 database is gone at the source"),
                    QT_TRANSLATE_NOOP("core", "%1 databases are gone at the source"))
                + text(" (%1).").arg(namesOf(all)),
            text("Clean up (`focus-monitorctl cleanup --dry-run` shows what), or keep the copy."),
            value};
}

Reading audit(const Facts &facts, const Thresholds &thresholds)
{
    if (!facts.mirror)
        return notApplicable();
    const QString limit = lengthOf(thresholds.auditWithin);
    const QString remedy = text("`focus-monitorctl audit` compares them.");
    if (facts.audit && facts.audit->differing.count > 0)
        return {Bad, text("Mirror and source differ in %1.").arg(namesOf(facts.audit->differing)),
                text("`focus-monitorctl audit` says in which documents."),
                QString::number(facts.audit->differing.count), QStringLiteral("0")};
    const auto since = facts.audit ? std::optional(facts.audit->at) : facts.watchingSince;
    if (!since)
        return noData(text("Mirror and source were never compared."));
    const auto age = ageOf(*since, facts.now);
    if (age > thresholds.auditWithin)
        return {Bad,
                facts.audit
                    ? text("Mirror and source were last compared %1 ago.").arg(lengthOf(age))
                    : text("Mirror and source were never compared."),
                remedy, lengthOf(age), limit};
    return {Good,
            facts.audit ? text("Mirror and source were equal %1 ago.").arg(lengthOf(age))
                        : text("Mirror and source are going to be compared."),
            {},
            lengthOf(age),
            limit};
}

Reading massChange(const Facts &facts, const Thresholds &thresholds)
{
    const QString limit = text("%1 %").arg(thresholds.massChangePercent);
    if (!facts.massChange)
        return {
            Good, text("No abnormal share of documents was deleted or rewritten."), {}, {}, limit};
    const MassChange &change = *facts.massChange;
    const QString value = text("%1 %").arg(change.percent);
    return {
        Bad,
        text("%1 of the documents were deleted or rewritten in a short time (%2).")
            .arg(value, namesOf(change.databases)),
        text("Find out who did that. The last good backup is kept, and nothing is deleted until "
             "you say that all is well."),
        value, limit};
}

} // namespace

std::uint64_t ReplicationFacts::total() const
{
    std::uint64_t total = 0;
    for (const auto &[state, facts] : states)
        total += facts.databases.count;
    return total;
}

std::uint64_t ReplicationFacts::count(ReplicationState state) const
{
    const auto found = states.find(state);
    return found == states.end() ? 0 : found->second.databases.count;
}

std::span<const HealthRule> replicationRules()
{
    using enum Severity;
    static constexpr std::array<HealthRule, 9> rules{{
        {"mass-change", QT_TRANSLATE_NOOP("core", "No mass change"), Failed, true, massChange},
        {"losing-documents", QT_TRANSLATE_NOOP("core", "Mirror takes every document"), Failed, true,
         losing},
        {"databases-covered", QT_TRANSLATE_NOOP("core", "Every database is copied"), Failed, false,
         covered},
        {"replications-failed", QT_TRANSLATE_NOOP("core", "No replication failed"), Failed, false,
         failed},
        {"replications-run", QT_TRANSLATE_NOOP("core", "Replications run"), Attention, false,
         retrying},
        {"replications-stalled", QT_TRANSLATE_NOOP("core", "No replication stands still"),
         Attention, false, stalled},
        {"mirror-behind", QT_TRANSLATE_NOOP("core", "Mirror has caught up"), Attention, false,
         behind},
        {"source-gone", QT_TRANSLATE_NOOP("core", "Copied databases exist"), Attention, false,
         gone},
        {"audit", QT_TRANSLATE_NOOP("core", "Mirror equals source"), Attention, false, audit},
    }};
    return rules;
}

} // namespace monitor
