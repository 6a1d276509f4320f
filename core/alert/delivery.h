#pragma once

#include "core/base/redact.h"
#include "core/base/result.h"
#include "core/base/secret.h"

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

/// How messages leave: e-mail by SMTP, webhook and ping by HTTP, all through libcurl. Calls block,
/// at most for their deadline; redirects are not followed, the environment's proxies not used. An
/// error is a value that names the server and holds neither password nor path of a hook.
namespace alert {

struct MailServer {
    enum class Security { Tls, StartTls, None };
    std::string host;
    int port = 465;
    Security security = Security::Tls;
    std::string user; ///< empty: nobody logs in
    base::Secret password;
    std::string caFile; ///< more certificates to trust (PEM)
    std::string from;
    std::vector<std::string> to;
};

struct Hook {
    std::string url;    ///< http or https
    base::Secret token; ///< empty: none; sent as Authorization: Bearer
    std::string caFile;
};

/// The deadline of one delivery.
inline constexpr std::chrono::seconds kDeliveryDeadline{30};

/// `mail` is what asMail() makes.
[[nodiscard]] base::Status sendMail(const MailServer &server, const std::string &mail,
                                    std::stop_token stop,
                                    std::chrono::milliseconds deadline = kDeliveryDeadline);
/// POST of JSON; 2xx is success.
[[nodiscard]] base::Status postHook(const Hook &hook, const std::string &json, std::stop_token stop,
                                    std::chrono::milliseconds deadline = kDeliveryDeadline);
/// GET; 2xx is success.
[[nodiscard]] base::Status ping(const Hook &hook, std::stop_token stop,
                                std::chrono::milliseconds deadline = kDeliveryDeadline);

} // namespace alert
