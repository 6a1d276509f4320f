#include "core/couch/serverurl.h"

#include "core/base/text.h"

#include <QHostAddress>
#include <QUrl>

namespace couch {

using base::Error;
using base::ErrorKind;
using base::text;

namespace {

constexpr std::uint16_t kCouchPort = 5984;
constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

/// The port an address means when it names none.
std::uint16_t impliedPort(bool tls, const std::string &basePath)
{
    if (tls)
        return kHttpsPort;
    return basePath.empty() ? kCouchPort : kHttpPort;
}

// None of these texts repeats the address: it may hold a password.
Error refuse(const char *sentence)
{
    return {ErrorKind::Usage, text(sentence)};
}

} // namespace

base::Result<ServerUrl> ServerUrl::parse(std::string_view address)
{
    const QByteArray bytes(address.data(), static_cast<qsizetype>(address.size()));
    const QUrl url = QUrl::fromEncoded(bytes, QUrl::StrictMode);
    const QString scheme = url.scheme();
    if (!url.isValid() || (scheme != QLatin1String("http") && scheme != QLatin1String("https")))
        return refuse(
            "The server's address must look like https://couch.example or http://127.0.0.1:5984.");
    if (url.userInfo(QUrl::FullyEncoded).contains(QLatin1Char(':')))
        return refuse(
            "The server's address must not hold a password: anybody on this machine could read it. "
            "Give the password with --password-file, or keep it in the keychain.");
    if (url.hasQuery() || url.hasFragment())
        return refuse("The server's address must not have a part behind ? or #.");
    if (url.host().isEmpty())
        return refuse("The server's address names no host.");
    if (url.port(1) == 0)
        return refuse("The server's address names port 0, which does not exist.");

    ServerUrl server;
    server.tls = scheme == QLatin1String("https");
    server.host = url.host(QUrl::FullyEncoded).toStdString();
    if (server.host.size() > 2 && server.host.front() == '[')
        server.host = server.host.substr(1, server.host.size() - 2);
    server.basePath = url.path(QUrl::FullyEncoded).toStdString();
    while (!server.basePath.empty() && server.basePath.back() == '/')
        server.basePath.pop_back();
    server.user = url.userName(QUrl::FullyDecoded).toStdString();
    server.port = static_cast<std::uint16_t>(url.port(impliedPort(server.tls, server.basePath)));
    return server;
}

std::string ServerUrl::toString() const
{
    const bool bracketed = host.find(':') != std::string::npos;
    std::string out = tls ? "https://" : "http://";
    out += bracketed ? "[" + host + "]" : host;
    const bool schemesOwn = port == (tls ? kHttpsPort : kHttpPort);
    if (!schemesOwn || port != impliedPort(tls, basePath))
        out += ":" + std::to_string(port);
    return out + basePath;
}

bool ServerUrl::isLoopback() const
{
    if (host == "localhost")
        return true;
    return QHostAddress(QString::fromStdString(host)).isLoopback();
}

} // namespace couch
