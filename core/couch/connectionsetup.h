#pragma once

#include "core/couch/networktransport.h"

#include <QNetworkProxy>
#include <QNetworkRequest>
#include <QSslConfiguration>

namespace couch {

/// Usage error where the password would go over the network in clear text.
[[nodiscard]] base::Status checkPasswordIsSafe(const ServerUrl &server,
                                               const NetworkOptions &options);

/// "" is no proxy, whatever the environment says.
[[nodiscard]] base::Result<QNetworkProxy> proxyOf(const std::string &address);

/// TLS 1.2 or newer, verified against the system's certificates and those of `caFile`.
[[nodiscard]] base::Result<QSslConfiguration> tlsOf(const std::string &caFile);

/// "Basic ...", nothing without a user.
[[nodiscard]] QByteArray basicAuthorization(const std::string &user, const base::Secret &password);

/// Everything that Qt would decide by itself is decided here.
[[nodiscard]] QNetworkRequest networkRequest(const Request &request, const QUrl &url,
                                             const QByteArray &authorization,
                                             const QSslConfiguration &tls);

} // namespace couch
