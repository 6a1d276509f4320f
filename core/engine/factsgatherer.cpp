#include "core/engine/factsgatherer.h"

#include "core/backup/foldername.h"
#include "core/backup/schedule.h"

#include <algorithm>

namespace engine {

namespace {

using backup::RunResult;
using monitor::Facts;
using monitor::Some;

constexpr size_t kNamed = 10;
constexpr size_t kRunsShown = 30;
constexpr size_t kUpcoming = 15; // two weeks of a daily schedule with its weekends

void addName(Some &some, const std::string &name)
{
    ++some.count;
    if (some.names.size() < kNamed)
        some.names.push_back(name);
}

monitor::ServerFacts sourceFacts(const SourceReading &source)
{
    monitor::ServerFacts facts;
    facts.isUp = source.isUp;
    facts.error = source.error;
    facts.isLoginAccepted = source.isLoginAccepted;
    facts.version = source.version;
    facts.clockSkew = source.clockSkew;
    return facts;
}

monitor::MirrorFacts mirrorFacts(const MirrorState &mirror)
{
    monitor::MirrorFacts facts;
    if (!mirror.readAt && mirror.problem.isEmpty())
        return facts; // not looked at yet
    facts.isUp = mirror.problem.isEmpty();
    facts.error = mirror.problem;
    if (mirror.problem.isEmpty())
        facts.isLoginAccepted = true;
    if (!mirror.preflight)
        return facts;
    using monitor::PreflightState;
    facts.version = mirror.preflight->mirrorVersion;
    facts.clockSkew = mirror.preflight->mirrorSkew;
    if (!mirror.preflight->found("mirror-version", PreflightState::Skipped))
        facts.isVersionSupported = mirror.preflight->found("mirror-version", PreflightState::Good);
    if (mirror.preflight->found("mirror-system-databases", PreflightState::Good))
        facts.missingSystemDatabases = Some();
    return facts;
}

monitor::ReplicationFacts replicationFacts(const MirrorState &mirror)
{
    monitor::ReplicationFacts facts;
    facts.refusedDocuments = mirror.view.totals.refusedDocuments;
    for (const monitor::MirrorRow &row : mirror.view.rows) {
        if (row.situation == monitor::Situation::Removed)
            continue;
        if (row.documentId.empty()) {
            if (monitor::isExpectedToCopy(row))
                addName(facts.withoutJob, row.database);
            continue;
        }
        monitor::StateFacts &state = facts.states[row.replication.state];
        addName(state.databases, row.database);
        if (!state.oldestSince || row.since < *state.oldestSince) {
            state.oldestSince = row.since;
            state.sentence = row.replication.sentence;
            state.remedy = row.replication.remedy;
        }
    }
    return facts;
}

std::chrono::seconds longestIntervalOf(const FactsInput &input)
{
    const auto runs = backup::upcomingRuns(input.config.backup.schedule, input.now, input.now,
                                           input.zone, kUpcoming);
    std::chrono::seconds longest{0};
    for (size_t i = 1; i < runs.size(); ++i)
        longest = std::max(
            longest, std::chrono::duration_cast<std::chrono::seconds>(runs[i].at - runs[i - 1].at));
    return longest;
}

void addRuns(monitor::BackupFacts &facts, const FactsInput &input)
{
    for (const backup::JournalEntry &entry : input.runs) {
        if (entry.result == RunResult::Skipped || entry.result == RunResult::Stopped)
            continue;
        monitor::BackupRunFacts run;
        run.began = entry.started;
        run.succeeded = entry.result == RunResult::Good || entry.result == RunResult::Incomplete;
        run.error = run.succeeded ? QString() : entry.reason;
        run.bytes = entry.size;
        run.documents = entry.documents;
        run.databases = entry.databases;
        run.omissions = entry.result == RunResult::Incomplete ? 1 : 0;
        facts.runs.push_back(std::move(run));
    }
    if (facts.runs.size() > kRunsShown)
        facts.runs.erase(facts.runs.begin(),
                         facts.runs.end() - static_cast<std::ptrdiff_t>(kRunsShown));
}

/// What the archives of the last month took, by the day.
std::optional<std::uint64_t> growthOf(const std::vector<backup::CatalogueEntry> &archives,
                                      TimePoint now)
{
    constexpr std::chrono::hours month{30 * 24};
    constexpr std::chrono::hours day{24};
    std::uint64_t bytes = 0;
    std::optional<TimePoint> oldest;
    for (const backup::CatalogueEntry &entry : archives) {
        if (now - entry.taken > month || entry.taken > now)
            continue;
        bytes += entry.size;
        oldest = oldest ? std::min(*oldest, entry.taken) : entry.taken;
    }
    if (!oldest || now - *oldest < day)
        return std::nullopt;
    return bytes / static_cast<std::uint64_t>((now - *oldest) / day);
}

monitor::BackupFacts backupFacts(const FactsInput &input)
{
    monitor::BackupFacts facts;
    facts.isScheduled = !input.config.backup.schedule.empty();
    facts.longestInterval = longestIntervalOf(input);
    addRuns(facts, input);
    facts.next = input.backup.nextRun;
    for (const backup::CatalogueEntry &entry : input.backup.archives) {
        if (entry.origin != archive::Origin::Ours)
            continue;
        ++facts.archives;
        if (!entry.problem.isEmpty())
            addName(facts.damaged, entry.name);
        if (entry.isGood()) {
            facts.lastGood = facts.lastGood ? std::max(*facts.lastGood, entry.taken) : entry.taken;
            // The run that published it has read all of it.
            const TimePoint verified = entry.verified.value_or(entry.taken);
            facts.oldestVerified =
                facts.oldestVerified ? std::min(*facts.oldestVerified, verified) : verified;
        }
    }
    for (const backup::Leftover &leftover : input.backup.leftovers) {
        if (leftover.isOurs && input.backup.job)
            continue; // of the run under way
        addName(facts.leftovers, leftover.name);
        facts.leftoverBytes += leftover.bytes;
        const auto time = backup::timeInName(leftover.name);
        if (time)
            facts.oldestLeftover =
                facts.oldestLeftover ? std::min(*facts.oldestLeftover, *time) : *time;
    }
    facts.diskFree = input.backup.diskFree;
    facts.growthPerDay = growthOf(input.backup.archives, input.now);
    facts.retentionError = input.retentionProblem;
    return facts;
}

/// Organisations that the operator named: whether they are where everything should be.
monitor::CanaryFacts canaryFacts(const FactsInput &input)
{
    monitor::CanaryFacts facts;
    for (const std::string &database : input.config.checks.canary.databases) {
        const auto &listed = input.source.databases;
        if (listed && std::find(listed->begin(), listed->end(), database) == listed->end())
            addName(facts.notDiscovered, database);
        if (!input.mirror.isConfigured)
            continue;
        const bool isMirrored =
            std::any_of(input.mirror.view.rows.begin(), input.mirror.view.rows.end(),
                        [&](const monitor::MirrorRow &row) {
                            return row.database == database && !row.documentId.empty();
                        });
        if (!isMirrored)
            addName(facts.notMirrored, database);
    }
    return facts;
}

} // namespace

Facts gatherFacts(const FactsInput &input)
{
    Facts facts;
    facts.now = input.now;
    facts.watchingSince = input.startedAt;
    facts.startedAt = input.startedAt;
    facts.source = sourceFacts(input.source);
    if (input.source.databases) {
        facts.databases.emplace();
        for (const std::string &name : *input.source.databases)
            addName(*facts.databases, name);
    }
    if (input.mirror.isConfigured) {
        facts.mirror = mirrorFacts(input.mirror);
        if (input.mirror.readAt)
            facts.replications = replicationFacts(input.mirror);
    }
    facts.backup = backupFacts(input);
    if (!input.config.checks.canary.databases.empty())
        facts.canary = canaryFacts(input);
    return facts;
}

} // namespace engine
