#pragma once

#include "core/monitor/health.h"

/// What the rules of the checks are made of; only for health*.cpp.
namespace monitor {

/// What a rule finds.
struct Reading {
    enum class Kind { NotApplicable, NoData, Good, Bad };
    Kind kind = Kind::NotApplicable;
    QString sentence = {};
    QString remedy = {};
    QString value = {};
    QString threshold = {};
};

struct HealthRule {
    const char *id;
    const char *title;
    Severity severity;
    bool firesAtOnce; ///< it is a finding, not a state that may pass
    Reading (*read)(const Facts &facts, const Thresholds &thresholds);
};

[[nodiscard]] std::span<const HealthRule> serverRules();
[[nodiscard]] std::span<const HealthRule> replicationRules();
[[nodiscard]] std::span<const HealthRule> backupRules();
[[nodiscard]] std::span<const HealthRule> otherRules();

[[nodiscard]] Reading notApplicable();
[[nodiscard]] Reading noData(const QString &sentence);

/// "org_a, org_b and 3 more"
[[nodiscard]] QString namesOf(const Some &some);
/// "1 database", "3 databases": `one` and `many` with %1
[[nodiscard]] QString countOf(std::uint64_t count, const char *one, const char *many);
/// "45 s", "3 h", "12 d"
[[nodiscard]] QString lengthOf(std::chrono::seconds length);
[[nodiscard]] QString bytesOf(std::uint64_t bytes);
/// How long ago; 0 for what lies ahead.
[[nodiscard]] std::chrono::seconds ageOf(TimePoint time, TimePoint now);

} // namespace monitor
