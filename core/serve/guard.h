#pragma once

#include "core/base/secret.h"
#include "core/serve/logins.h"
#include "core/serve/sessions.h"
#include "core/serve/site.h"

namespace serve {

/// Who may talk to the server.
struct Access {
    std::string user; ///< empty: everybody who reaches the address
    base::Secret password;
    /// Host values that are ours besides addresses and localhost: without a port, lower case.
    std::vector<std::string> hostNames;
    /// What a CouchDB shows to everybody (/, /_up, /_session, /_uuids) is shown without a password.
    bool showsGreeting = true;
};

/// Stands in front of a handler and refuses what is not for it: requests that a web page makes (any
/// Origin header; a Host that names another machine, which is how a page reaches a loopback server
/// under a name of its own), and those without the password. Thread-safe.
class Guard final : public Handler
{
public:
    /// `logins` and `sessions` outlive this.
    Guard(std::shared_ptr<const Access> access, Logins &logins, Sessions &sessions,
          std::unique_ptr<Handler> next);
    [[nodiscard]] Outcome handle(Request &request, Answer &answer) override;

private:
    [[nodiscard]] std::optional<Refusal> refusalFor(const Request &request,
                                                    std::string &user) const;
    [[nodiscard]] bool isOurHost(std::string_view host) const;

    std::shared_ptr<const Access> m_access;
    Logins &m_logins;
    Sessions &m_sessions;
    std::unique_ptr<Handler> m_next;
};

/// What is said to somebody who may not log in.
[[nodiscard]] Refusal refusalFor(Logins::Verdict verdict);

/// True for 127.0.0.1, [::1], 192.168.1.7 and the like: no name that could be pointed elsewhere.
[[nodiscard]] bool isAddressLiteral(std::string_view host);

} // namespace serve
