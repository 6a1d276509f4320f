#pragma once

#include "core/engine/state.h"
#include "core/monitor/facts.h"
#include "core/settings/config.h"

#include <QTimeZone>

namespace engine {

/// What was learned of the source at the last look.
struct SourceReading {
    std::optional<bool> isUp, isLoginAccepted;
    QString error;
    std::string version;
    std::optional<std::chrono::seconds> clockSkew;     ///< its clock minus ours
    std::optional<std::vector<std::string>> databases; ///< the last list that could be had
};

struct FactsInput {
    const settings::Config &config;
    const SourceReading &source;
    const MirrorState &mirror;
    const BackupState &backup;
    const std::vector<backup::JournalEntry> &runs;
    const QString &retentionProblem;
    TimePoint startedAt;
    TimePoint now;
    QTimeZone zone;
};

/// The one value that the checks look at. Pure.
[[nodiscard]] monitor::Facts gatherFacts(const FactsInput &input);

} // namespace engine
