#include "core/serve/logins.h"

#include "core/base/bytes.h"

namespace serve {

namespace {

constexpr std::chrono::minutes kLockedFor{5};
constexpr size_t kMostNames = 10'000;

/// Every wrong password takes the same time: hashes of equal length tell nothing by how long their
/// comparison takes.
bool isEqual(std::string_view user, std::string_view password, std::string_view rightUser,
             std::string_view rightPassword)
{
    const auto digest = [](std::string_view name, std::string_view secret) {
        return base::sha256(base::sha256Hex(name) + base::sha256Hex(secret));
    };
    const auto given = digest(user, password);
    const auto right = digest(rightUser, rightPassword);
    unsigned difference = 0;
    for (size_t i = 0; i < given.size(); ++i)
        difference |= static_cast<unsigned>(given.at(i) ^ right.at(i));
    return difference == 0;
}

} // namespace

Logins::Logins(std::string user, base::Secret password, unsigned lockoutAfter,
               const base::Clock &clock)
    : m_user(std::move(user))
    , m_lockoutAfter(lockoutAfter)
    , m_clock(clock)
    , m_password(std::move(password))
{
}

Logins::Verdict Logins::check(std::string_view user, std::string_view password)
{
    if (m_user.empty())
        return Verdict::Right;
    const auto now = m_clock.steadyNow();
    const std::lock_guard lock(m_mutex);
    std::erase_if(m_attempts,
                  [now](const auto &entry) { return now - entry.second.first >= kLockedFor; });
    const auto known = m_attempts.find(user);
    if (m_lockoutAfter > 0 && known != m_attempts.end() && known->second.wrong >= m_lockoutAfter)
        return Verdict::Locked;
    if (isEqual(user, password, m_user, m_password.reveal()))
        return Verdict::Right;
    if (known != m_attempts.end())
        ++known->second.wrong;
    else if (m_attempts.size() < kMostNames)
        m_attempts.emplace(std::string(user), Attempts{1, now});
    return Verdict::Wrong;
}

void Logins::setPassword(base::Secret password)
{
    const std::lock_guard lock(m_mutex);
    m_password = std::move(password);
}

} // namespace serve
