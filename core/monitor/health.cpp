#include "core/monitor/health.h"

#include "core/base/text.h"
#include "core/monitor/healthrule.h"

#include <algorithm>
#include <array>

namespace monitor {

using base::text;

namespace {

std::array<std::span<const HealthRule>, 4> allRules()
{
    return {serverRules(), replicationRules(), backupRules(), otherRules()};
}

/// What lies ahead (the clock was set back) counts as now.
void notAhead(std::optional<TimePoint> &time, TimePoint now)
{
    if (time && *time > now)
        time = now;
}

/// The state that the reading makes of what is remembered.
CheckState nextState(const HealthRule &rule, Reading::Kind kind, const Thresholds &thresholds,
                     TimePoint now, CheckMemory &memory)
{
    notAhead(memory.badSince, now);
    notAhead(memory.goodSince, now);
    switch (kind) {
    case Reading::Kind::Bad:
        memory.goodSince.reset();
        if (!memory.badSince)
            memory.badSince = now;
        memory.isFiring =
            memory.isFiring || rule.firesAtOnce || now - *memory.badSince >= thresholds.pendingFor;
        return memory.isFiring ? CheckState::Firing : CheckState::Pending;
    case Reading::Kind::Good:
        memory.badSince.reset();
        if (!memory.goodSince)
            memory.goodSince = now;
        if (memory.isFiring && !rule.firesAtOnce && now - *memory.goodSince < thresholds.clearAfter)
            return CheckState::Firing;
        memory.isFiring = false;
        return CheckState::Ok;
    default: // unknown is neither
        memory.goodSince.reset();
        return CheckState::NoData;
    }
}

bool isMuted(const Mutes &mutes, const char *id, TimePoint now)
{
    const auto mute = mutes.find(id);
    return mute != mutes.end() && (!mute->second || now < *mute->second);
}

Check judgeOne(const HealthRule &rule, const Reading &reading, const Facts &facts,
               const Thresholds &thresholds, const Mutes &mutes, CheckMemory &memory)
{
    CheckState state = nextState(rule, reading.kind, thresholds, facts.now, memory);
    if (state != CheckState::Ok && isMuted(mutes, rule.id, facts.now))
        state = CheckState::Muted;
    if (memory.since == TimePoint() || memory.state != state || memory.since > facts.now)
        memory.since = facts.now;
    memory.state = state;
    if (reading.kind == Reading::Kind::Bad) {
        memory.sentence = reading.sentence;
        memory.remedy = reading.remedy;
    }
    const bool isClearing = reading.kind == Reading::Kind::Good && memory.isFiring;
    Check check;
    check.id = rule.id;
    check.title = text(rule.title);
    check.state = state;
    check.severity = rule.severity;
    check.since = memory.since;
    check.value = reading.value;
    check.threshold = reading.threshold;
    check.sentence = isClearing ? memory.sentence : reading.sentence;
    check.remedy = isClearing ? memory.remedy : reading.remedy;
    return check;
}

QString goodSentence(const Facts &facts)
{
    QStringList parts;
    if (facts.backup && facts.backup->lastGood)
        parts.append(text("the last good backup is %1 old")
                         .arg(lengthOf(ageOf(*facts.backup->lastGood, facts.now))));
    if (facts.mirror && facts.replications)
        parts.append(
            text("%1 of %2 databases are in sync")
                .arg(QString::number(facts.replications->count(ReplicationState::CaughtUp)),
                     QString::number(facts.replications->total())));
    if (parts.isEmpty())
        return text("Nothing is wrong.");
    return text("Everything is protected: %1.").arg(parts.join(QLatin1String(", ")));
}

/// "Not protected: the source does not answer. 2 more things are wrong."
QString badSentence(const char *begin, const std::vector<const Check *> &checks)
{
    QString sentence = text(begin).arg(checks.front()->sentence);
    const auto more = static_cast<std::uint64_t>(checks.size() - 1);
    if (more > 0)
        sentence += QLatin1Char(' ')
            + countOf(more, QT_TRANSLATE_NOOP("core", "%1 more check is not good."),
                      QT_TRANSLATE_NOOP("core", "%1 more checks are not good."));
    return sentence;
}

} // namespace

const char *nameOf(CheckState state)
{
    switch (state) {
    case CheckState::Ok: return "ok";
    case CheckState::Pending: return "pending";
    case CheckState::Firing: return "firing";
    case CheckState::NoData: return "no-data";
    case CheckState::Muted: return "muted";
    }
    return "";
}

const char *nameOf(VerdictLevel level)
{
    switch (level) {
    case VerdictLevel::Good: return "good";
    case VerdictLevel::Unknown: return "unknown";
    case VerdictLevel::Attention: return "attention";
    case VerdictLevel::Failed: return "failed";
    }
    return "";
}

std::vector<Check> judgeHealth(const Facts &facts, const Thresholds &thresholds, const Mutes &mutes,
                               HealthMemory &memory)
{
    std::vector<Check> checks;
    for (const auto rules : allRules()) {
        for (const HealthRule &rule : rules) {
            const Reading reading = rule.read(facts, thresholds);
            if (reading.kind == Reading::Kind::NotApplicable)
                memory.erase(rule.id);
            else
                checks.push_back(
                    judgeOne(rule, reading, facts, thresholds, mutes, memory[rule.id]));
        }
    }
    return checks;
}

Verdict verdictOf(const std::vector<Check> &checks, const Facts &facts)
{
    std::vector<const Check *> bad; // worst first
    const auto collect = [&](CheckState state, std::optional<Severity> severity) {
        for (const Check &check : checks) {
            if (check.state == state && (!severity || check.severity == *severity))
                bad.push_back(&check);
        }
    };
    collect(CheckState::Firing, Severity::Failed);
    const bool isFailed = !bad.empty();
    collect(CheckState::Firing, Severity::Attention);
    const bool isAttention = !bad.empty();
    collect(CheckState::NoData, std::nullopt);
    if (isFailed)
        return {VerdictLevel::Failed,
                badSentence(QT_TRANSLATE_NOOP("core", "Not protected: %1"), bad)};
    if (isAttention)
        return {VerdictLevel::Attention,
                badSentence(QT_TRANSLATE_NOOP("core", "Attention: %1"), bad)};
    if (!bad.empty() || checks.empty())
        return {VerdictLevel::Unknown,
                bad.empty() ? text("Not known: nothing was looked at yet.")
                            : badSentence(QT_TRANSLATE_NOOP("core", "Not known: %1"), bad)};
    return {VerdictLevel::Good, goodSentence(facts)};
}

std::vector<std::string> checkIds()
{
    std::vector<std::string> ids;
    for (const auto rules : allRules()) {
        for (const HealthRule &rule : rules)
            ids.emplace_back(rule.id);
    }
    return ids;
}

} // namespace monitor
