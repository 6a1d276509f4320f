#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace serve {

/// Cookies of those who gave the password to /_session. They are valid for ten minutes and live in
/// memory. Thread-safe.
class Sessions
{
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::seconds kLifetime{600};

    /// A new cookie for this user.
    [[nodiscard]] std::string begin(const std::string &user, Clock::time_point now);
    [[nodiscard]] std::optional<std::string> userOf(std::string_view cookie, Clock::time_point now);
    void end(std::string_view cookie);
    /// Nobody is logged in any more.
    void endAll();

private:
    struct Entry {
        std::string user;
        Clock::time_point expires;
    };
    std::mutex m_mutex;
    std::map<std::string, Entry, std::less<>> m_entries;
};

/// The value of AuthSession in a Cookie header; empty when there is none.
[[nodiscard]] std::string_view sessionCookie(std::string_view header);

} // namespace serve
