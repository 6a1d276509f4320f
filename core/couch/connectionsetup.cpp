#include "core/couch/connectionsetup.h"

#include "core/base/text.h"
#include "core/base/version.h"

#include <QFile>
#include <QSslSocket>
#include <QUrl>

namespace couch {

using base::Error;
using base::ErrorKind;
using base::printable;
using base::Result;
using base::Status;
using base::text;

Status checkPasswordIsSafe(const ServerUrl &server, const NetworkOptions &options)
{
    if (server.tls || server.user.empty() || server.isLoopback() || options.allowPlainHttp)
        return {};
    return Error{
        ErrorKind::Usage,
        text(
            "%1 would get the password of user \"%2\" in clear text, readable for everybody on the way. "
            "Use https://, or allow plain http for this server explicitly.")
            .arg(QString::fromStdString(server.toString()), printable(server.user))};
}

Result<QNetworkProxy> proxyOf(const std::string &address)
{
    if (address.empty())
        return QNetworkProxy(QNetworkProxy::NoProxy);
    const QUrl url = QUrl::fromEncoded(QByteArray::fromStdString(address), QUrl::StrictMode);
    const QString scheme = url.scheme();
    const bool socks = scheme == QLatin1String("socks5");
    const int port = url.port(-1);
    if (!url.isValid() || (!socks && scheme != QLatin1String("http")) || url.host().isEmpty()
        || port <= 0 || !url.userInfo().isEmpty())
        return Error{ErrorKind::Usage,
                     text("The proxy's address must look like "
                          "http://proxy.example:3128 or socks5://127.0.0.1:1080, "
                          "without a user.")};
    return QNetworkProxy(socks ? QNetworkProxy::Socks5Proxy : QNetworkProxy::HttpProxy, url.host(),
                         static_cast<quint16>(port));
}

Result<QSslConfiguration> tlsOf(const std::string &caFile)
{
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    tls.setProtocol(QSsl::TlsV1_2OrLater);
    tls.setPeerVerifyMode(QSslSocket::VerifyPeer);
    if (caFile.empty())
        return tls;
    QFile file(QString::fromStdString(caFile));
    const bool isOpen = file.open(QIODevice::ReadOnly);
    const QList<QSslCertificate> added =
        isOpen ? QSslCertificate::fromDevice(&file, QSsl::Pem) : QList<QSslCertificate>();
    if (added.isEmpty())
        return Error{ErrorKind::Io,
                     text("The CA file %1 cannot be read, or holds no PEM certificate.")
                         .arg(printable(caFile)),
                     file.errorString()};
    tls.setCaCertificates(QSslConfiguration::systemCaCertificates() + added);
    return tls;
}

QByteArray basicAuthorization(const std::string &user, const base::Secret &password)
{
    if (user.empty())
        return {};
    std::string plain;
    plain.reserve(user.size() + 1 + password.reveal().size()); // so that no copy stays behind
    plain.append(user).append(":").append(password.reveal());
    const base::Secret login(std::move(plain));
    return "Basic "
        + QByteArray::fromRawData(login.reveal().data(),
                                  static_cast<qsizetype>(login.reveal().size()))
              .toBase64();
}

QNetworkRequest networkRequest(const Request &request, const QUrl &url,
                               const QByteArray &authorization, const QSslConfiguration &tls)
{
    QNetworkRequest out(url);
    out.setSslConfiguration(tls);
    out.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);
    out.setAttribute(QNetworkRequest::RedirectPolicyAttribute,
                     QNetworkRequest::ManualRedirectPolicy);
    out.setAttribute(QNetworkRequest::AuthenticationReuseAttribute, QNetworkRequest::Manual);
    out.setAttribute(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
    out.setAttribute(QNetworkRequest::CookieSaveControlAttribute, QNetworkRequest::Manual);
    out.setAttribute(QNetworkRequest::CacheLoadControlAttribute, QNetworkRequest::AlwaysNetwork);
    out.setAttribute(QNetworkRequest::CacheSaveControlAttribute, false);
    out.setRawHeader("Accept", QByteArray::fromStdString(request.accept));
    // Set explicitly in both cases: otherwise Qt would ask for gzip and unpack it by itself.
    out.setRawHeader("Accept-Encoding", request.acceptGzip ? "gzip" : "identity");
    out.setRawHeader("User-Agent", QByteArray("focus-monitor/") + base::versionText());
    if (!authorization.isEmpty())
        out.setRawHeader("Authorization", authorization);
    if (!request.body.empty())
        out.setRawHeader("Content-Type", "application/json");
    return out;
}

} // namespace couch
