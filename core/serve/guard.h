#pragma once

#include "core/base/secret.h"
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
    Guard(std::shared_ptr<const Access> access, Sessions &sessions, std::unique_ptr<Handler> next);
    [[nodiscard]] Outcome handle(Request &request, Answer &answer) override;

private:
    [[nodiscard]] std::optional<Refusal> refusalFor(const Request &request,
                                                    std::string &user) const;
    [[nodiscard]] bool isOurHost(std::string_view host) const;

    std::shared_ptr<const Access> m_access;
    Sessions &m_sessions;
    std::unique_ptr<Handler> m_next;
};

/// True for the user with the password; every wrong one takes the same time.
[[nodiscard]] bool isCorrect(const Access &access, std::string_view user,
                             std::string_view password);

/// True for 127.0.0.1, [::1], 192.168.1.7 and the like: no name that could be pointed elsewhere.
[[nodiscard]] bool isAddressLiteral(std::string_view host);

} // namespace serve
