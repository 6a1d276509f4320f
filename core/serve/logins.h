#pragma once

#include "core/base/clock.h"
#include "core/base/secret.h"

#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace serve {

/// Who may log in, and CouchDB's lockout ([chttpd_auth_lockout]: after five wrong passwords a name
/// is refused, with the right one too, until five minutes after the first of them; recorded).
/// Thread-safe.
class Logins
{
public:
    /// An empty user lets everybody in. `lockoutAfter` 0 never locks. `clock` outlives this.
    Logins(std::string user, base::Secret password, unsigned lockoutAfter,
           const base::Clock &clock);

    enum class Verdict { Right, Wrong, Locked };
    [[nodiscard]] Verdict check(std::string_view user, std::string_view password);
    void setPassword(base::Secret password);

    [[nodiscard]] const std::string &user() const { return m_user; }

private:
    const std::string m_user;
    const unsigned m_lockoutAfter;
    const base::Clock &m_clock;
    std::mutex m_mutex;
    base::Secret m_password;
    struct Attempts {
        unsigned wrong = 0;
        std::chrono::steady_clock::time_point first;
    };
    std::map<std::string, Attempts, std::less<>> m_attempts; ///< by the name that was given
};

} // namespace serve
