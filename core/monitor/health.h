#pragma once

#include "core/monitor/facts.h"
#include "core/monitor/thresholds.h"

#include <span>

/// The checks, the verdict, and what keeps them from flapping. Pure.
namespace monitor {

enum class CheckState {
    Ok,
    Pending, ///< wrong, but not for long enough to be said
    Firing,
    NoData, ///< not known; never good
    Muted   ///< would not be ok, and the operator does not want to hear of it
};
[[nodiscard]] const char *nameOf(CheckState state); ///< stable: "no-data"

/// What a check that fires makes of the verdict.
enum class Severity { Attention, Failed };

struct Check {
    const char *id = ""; ///< stable: "backup-age"
    QString title;
    CheckState state = CheckState::NoData;
    Severity severity = Severity::Attention;
    TimePoint since; ///< in this state
    QString value;
    QString threshold; ///< empty where there is none
    QString sentence;  ///< how it is
    QString remedy;    ///< what to do; empty when nothing
};

/// What has to be remembered of a check between two looks.
struct CheckMemory {
    CheckState state = CheckState::NoData;
    TimePoint since;
    bool isFiring = false; ///< also while there is no data
    std::optional<TimePoint> badSince, goodSince;
    QString sentence, remedy; ///< of the last bad reading
};
using HealthMemory = std::map<std::string, CheckMemory>;

/// Until when a check is not to be heard of; nothing: for ever.
using Mutes = std::map<std::string, std::optional<TimePoint>>;

/// All checks that apply, in the order of the table. What is wrong fires when it was wrong for
/// `pendingFor` (some at once), and is taken back when it was right for `clearAfter`.
[[nodiscard]] std::vector<Check> judgeHealth(const Facts &facts, const Thresholds &thresholds,
                                             const Mutes &mutes, HealthMemory &memory);

enum class VerdictLevel { Good, Unknown, Attention, Failed };
[[nodiscard]] const char *nameOf(VerdictLevel level);

/// The one sentence that says how things are.
struct Verdict {
    VerdictLevel level = VerdictLevel::Unknown;
    QString sentence;
};

/// The worst of all.
[[nodiscard]] Verdict verdictOf(const std::vector<Check> &checks, const Facts &facts);

/// Of all checks there are, for configuration and documentation.
[[nodiscard]] std::vector<std::string> checkIds();

} // namespace monitor
