#include "core/serve/guard.h"

#include "core/base/bytes.h"

#include <algorithm>
#include <array>

namespace serve {

namespace {

constexpr std::array<std::string_view, 3> kPublic{"_up", "_session", "_uuids"};

std::string lowerCase(std::string_view text)
{
    std::string out(text);
    for (char &c : out)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
}

/// The name or address of a Host value, without its port.
std::string hostOf(std::string_view value)
{
    value = trimmed(value);
    const size_t bracket = value.rfind(']');
    const size_t colon = value.rfind(':');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket))
        value = value.substr(0, colon);
    return lowerCase(value);
}

bool isShownToEverybody(const Request &request)
{
    return request.path.empty()
        || (request.path.size() == 1
            && std::ranges::find(kPublic, request.path.front()) != kPublic.end());
}

/// CouchDB says it differently for the server and for a database.
Refusal notAuthorized(const Request &request)
{
    const bool isOfServer = request.path.empty() || request.path.front().starts_with('_')
        || (request.path.size() == 1 && request.method == "PUT");
    return {401, "unauthorized",
            isOfServer ? "You are not a server admin."
                       : "You are not authorized to access this db."};
}

} // namespace

bool isAddressLiteral(std::string_view host)
{
    if (host.starts_with('[') && host.ends_with(']'))
        return std::ranges::all_of(host.substr(1, host.size() - 2), [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')
                || c == ':' || c == '.';
        });
    return !host.empty() && std::ranges::count(host, '.') == 3
        && std::ranges::all_of(host, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

Refusal refusalFor(Logins::Verdict verdict)
{
    if (verdict == Logins::Verdict::Locked)
        return {403, "forbidden",
                "Account is temporarily locked due to multiple authentication failures"};
    return {401, "unauthorized", "Name or password is incorrect."};
}

Guard::Guard(std::shared_ptr<const Access> access, Logins &logins, Sessions &sessions,
             std::unique_ptr<Handler> next)
    : m_access(std::move(access))
    , m_logins(logins)
    , m_sessions(sessions)
    , m_next(std::move(next))
{
}

bool Guard::isOurHost(std::string_view value) const
{
    const std::string host = hostOf(value);
    return host == "localhost" || isAddressLiteral(host)
        || std::ranges::find(m_access->hostNames, host) != m_access->hostNames.end();
}

std::optional<Refusal> Guard::refusalFor(const Request &request, std::string &user) const
{
    if (request.headers.find("Origin"))
        return Refusal{403, "forbidden", "This server does not talk to web pages."};
    const auto host = request.headers.find("Host");
    if (host ? !isOurHost(*host) : !request.isHttp10)
        return Refusal{403, "forbidden", "The Host header does not name this server."};
    if (m_access->user.empty())
        return std::nullopt;
    const std::string_view authorization = request.header("Authorization");
    if (authorization.size() > 6 && equalsIgnoringCase(authorization.substr(0, 6), "Basic ")) {
        const std::string pair =
            base::fromBase64(trimmed(authorization.substr(6))).value_or(std::string());
        const size_t colon = std::min(pair.find(':'), pair.size());
        const std::string_view view = pair;
        if (colon == pair.size())
            return serve::refusalFor(Logins::Verdict::Wrong);
        const auto verdict = m_logins.check(view.substr(0, colon), view.substr(colon + 1));
        if (verdict != Logins::Verdict::Right)
            return serve::refusalFor(verdict);
        user = m_access->user;
        return std::nullopt;
    }
    const std::string_view cookie = sessionCookie(request.header("Cookie"));
    if (!cookie.empty()) {
        if (auto known = m_sessions.userOf(cookie, Sessions::Clock::now())) {
            user = std::move(*known);
            return std::nullopt;
        }
    }
    if (m_access->showsGreeting && isShownToEverybody(request))
        return std::nullopt;
    return notAuthorized(request);
}

Outcome Guard::handle(Request &request, Answer &answer)
{
    std::string user;
    if (const auto refusal = refusalFor(request, user)) {
        sendRefusal(answer, *refusal);
        return nullptr;
    }
    request.user = std::move(user);
    return m_next->handle(request, answer);
}

} // namespace serve
