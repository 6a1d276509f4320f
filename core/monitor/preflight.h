#pragma once

#include "core/base/clock.h"
#include "core/couch/administration.h"
#include "core/monitor/replication.h"

#include <QString>

#include <functional>
#include <string>
#include <vector>

namespace monitor {

enum class PreflightState {
    Good,
    Attention, ///< works, but the operator should know
    Failed,    ///< nothing may be written
    Skipped    ///< not asked, because of a failure before it
};
[[nodiscard]] const char *nameOf(PreflightState state);

struct PreflightCheck {
    const char *code; ///< stable: "source-login"
    PreflightState state = PreflightState::Skipped;
    QString sentence; ///< one, for the operator
};

struct PreflightReport {
    std::vector<PreflightCheck> checks; ///< always all of them, in the order they are made
    std::string sourceVersion, mirrorVersion;
    bool mirrorTakesAuthObjects = true;             ///< of couch::LoginForm
    std::vector<std::string> created;               ///< system databases made on the mirror
    std::optional<std::chrono::seconds> mirrorSkew; ///< its clock minus ours
    [[nodiscard]] bool isGood() const;              ///< nothing failed
    /// True when that check came to this.
    [[nodiscard]] bool found(std::string_view code, PreflightState state) const;
};

/// What is looked at before anything is written (couchdb-and-ux 0.5 to 0.8). Blocks; stops at the
/// first login that is rejected, because the fifth locks the account. Only when nothing failed are
/// the system databases made that the mirror lacks.
struct PreflightRequest {
    couch::Administration &source;
    couch::Administration &mirror;
    /// The source's host without the path in front of databases, without login: where the
    /// replicator logs in. Null where the source is used without login.
    couch::Administration *sourceHostRoot = nullptr;
    std::string sourceUser;
    const base::Secret *sourcePassword = nullptr;
    /// The databases, however they are found. The first of them is read.
    std::function<base::Result<std::vector<std::string>>()> discover;
    const base::Clock &clock;
    bool createSystemDatabases = true;
};
[[nodiscard]] PreflightReport runPreflight(const PreflightRequest &request);

/// What the Date header of an answer ("Mon, 23 Nov 2026 16:09:45 GMT") says minus `now`; nothing
/// for what is no such header.
[[nodiscard]] std::optional<std::chrono::seconds> clockSkewOf(const std::string &dateHeader,
                                                              TimePoint now);

/// A server's clock may differ by so much before it is worth a word.
inline constexpr std::chrono::seconds kClockTolerance{60};

} // namespace monitor
