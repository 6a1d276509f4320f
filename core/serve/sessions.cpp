#include "core/serve/sessions.h"

#include "core/serve/message.h"

#include "core/base/bytes.h"

#include <QRandomGenerator>

#include <algorithm>
#include <array>

namespace serve {

namespace {
constexpr size_t kMostSessions = 20'000; // a replicator has two for each job
constexpr std::string_view kCookieName = "AuthSession=";
} // namespace

std::string Sessions::begin(const std::string &user, Clock::time_point now)
{
    std::array<quint32, 8> words{};
    QRandomGenerator::system()->fillRange(words.data(), static_cast<qsizetype>(words.size()));
    std::string bytes;
    for (const quint32 word : words) {
        for (int shift = 0; shift < 32; shift += 8)
            bytes += static_cast<char>(word >> shift & 0xffU);
    }
    std::string cookie = base::toHex(bytes);
    const std::lock_guard lock(m_mutex);
    std::erase_if(m_entries, [now](const auto &entry) { return entry.second.expires <= now; });
    if (m_entries.size() >= kMostSessions)
        m_entries.clear();
    m_entries[cookie] = {user, now + kLifetime};
    return cookie;
}

std::optional<std::string> Sessions::userOf(std::string_view cookie, Clock::time_point now)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_entries.find(cookie);
    if (found == m_entries.end() || found->second.expires <= now)
        return std::nullopt;
    found->second.expires = now + kLifetime;
    return found->second.user;
}

void Sessions::end(std::string_view cookie)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_entries.find(cookie);
    if (found != m_entries.end())
        m_entries.erase(found);
}

void Sessions::endAll()
{
    const std::lock_guard lock(m_mutex);
    m_entries.clear();
}

std::string_view sessionCookie(std::string_view header)
{
    while (!header.empty()) {
        const size_t end = std::min(header.find(';'), header.size());
        const std::string_view part = trimmed(header.substr(0, end));
        if (part.starts_with(kCookieName))
            return part.substr(kCookieName.size());
        header.remove_prefix(std::min(end + 1, header.size()));
    }
    return {};
}

} // namespace serve
