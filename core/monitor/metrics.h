#pragma once

#include "core/monitor/health.h"

/// What /metrics and /healthz answer. Pure; holds no secret and no names of databases.
namespace monitor {

/// Prometheus' text format (version 0.0.4). What is not known has no line, so that no alarm of
/// theirs takes it for 0.
[[nodiscard]] std::string metricsText(const Facts &facts, const std::vector<Check> &checks,
                                      const Verdict &verdict);
inline constexpr const char *kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

/// 200 while the verdict is good or wants attention; 503 when it is failed or unknown, or when the
/// facts are older than `staleAfter`: whoever asks must not take a monitor that stopped looking for
/// one that finds nothing.
struct HealthAnswer {
    int status = 503;
    std::string json; ///< verdict, sentence, time, age_seconds, firing (ids)
};
[[nodiscard]] HealthAnswer healthAnswer(const Facts &facts, const std::vector<Check> &checks,
                                        const Verdict &verdict, TimePoint now,
                                        std::chrono::seconds staleAfter);

} // namespace monitor
