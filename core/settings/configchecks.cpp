#include "core/settings/configchecks.h"

#include "core/base/text.h"
#include "core/couch/serverurl.h"

#include <algorithm>

namespace settings {

using base::text;

namespace {

using Misfits = std::vector<Misfit>;

struct ServerKeys {
    const char *url;
    const char *proxy;
    const char *allowPlainHttp;
};

void checkServer(const Server &server, const ServerKeys &keys, Misfits &misfits)
{
    const auto url = couch::ServerUrl::parse(server.url);
    if (!server.url.empty() && url && !url->tls && !url->isLoopback() && !url->user.empty()
        && !server.allowPlainHttp)
        misfits.push_back(
            {keys.url,
             text("%1 would send the password without encryption to another machine: use https, or "
                  "set %2 = true.")
                 .arg(QLatin1String(keys.url), QLatin1String(keys.allowPlainHttp))});
    const size_t colon = server.proxy.rfind(':');
    const bool isHostAndPort = colon != std::string::npos && colon > 0
        && server.proxy.find('/') == std::string::npos
        && server.proxy.find('@') == std::string::npos
        && QByteArray::fromStdString(server.proxy.substr(colon + 1)).toUShort() > 0;
    if (!server.proxy.empty() && !isHostAndPort)
        misfits.push_back({keys.proxy,
                           text("%1 must be HOST:PORT, such as \"proxy.example:3128\".")
                               .arg(QLatin1String(keys.proxy))});
}

void checkDiscovery(const Discovery &discovery, Misfits &misfits)
{
    using couch::DiscoveryMethod;
    if (discovery.method == DiscoveryMethod::List && discovery.list.empty())
        misfits.push_back(
            {"discovery.method", text("discovery.list is missing: discovery.method is \"list\".")});
    if (discovery.method == DiscoveryMethod::Middleware && discovery.middleware.url.empty())
        misfits.push_back(
            {"discovery.method",
             text("discovery.middleware.url is missing: discovery.method is \"middleware\".")});
}

void checkBackup(const Backup &backup, Misfits &misfits)
{
    if (!backup.schedule.empty() && backup.folder.empty())
        misfits.push_back(
            {"backup.schedule",
             text(
                 "backup.folder is missing: there is a schedule, and no place for the archives.")});
}

/// One address and nothing else: what could begin another header line or name another recipient is
/// refused here already.
bool isMailAddress(const std::string &address)
{
    const size_t at = address.find('@');
    const bool hasPlainCharacters = std::all_of(address.begin(), address.end(), [](char c) {
        return static_cast<unsigned char>(c) > 0x20 && c != 0x7f
            && std::string_view("<>,;:\"()[]\\").find(c) == std::string_view::npos;
    });
    return hasPlainCharacters && at != std::string::npos && at > 0 && at + 1 < address.size()
        && address.find('@', at + 1) == std::string::npos;
}

void checkEmail(const Email &email, Misfits &misfits)
{
    const auto requireAddress = [&misfits](const char *key, const std::string &address) {
        if (!isMailAddress(address))
            misfits.push_back(
                {key,
                 text("%1: \"%2\" is no e-mail address such as \"ops@focus.example\".")
                     .arg(QLatin1String(key), base::printable(address))});
    };
    if (email.host.empty()) {
        if (!email.to.empty())
            misfits.push_back(
                {"alerts.email.to", text("alerts.email.host is missing: nobody would be told.")});
        return;
    }
    if (email.from.empty())
        misfits.push_back(
            {"alerts.email.host", text("alerts.email.from is missing: an e-mail needs a sender.")});
    else
        requireAddress("alerts.email.from", email.from);
    if (email.to.empty())
        misfits.push_back(
            {"alerts.email.host", text("alerts.email.to is missing: nobody would be told.")});
    for (const std::string &address : email.to)
        requireAddress("alerts.email.to", address);
    const bool isHere =
        email.host == "localhost" || email.host == "::1" || email.host.starts_with("127.");
    if (email.security == MailSecurity::None && !isHere)
        misfits.push_back({"alerts.email.security",
                           text("alerts.email.security = \"none\" is only for a mail server on "
                                "this machine: use \"tls\" or \"starttls\".")});
}

} // namespace

std::vector<Misfit> misfitsOf(const Config &config)
{
    Misfits misfits;
    if (config.source.url.empty())
        misfits.push_back(
            {"source.url", text("source.url is missing: say which CouchDB is to be copied.")});
    checkServer(config.source, {"source.url", "source.proxy", "source.allow_plain_http"}, misfits);
    checkServer(config.mirror, {"mirror.url", "mirror.proxy", "mirror.allow_plain_http"}, misfits);
    checkServer(config.discovery.middleware,
                {"discovery.middleware.url", "discovery.middleware.proxy",
                 "discovery.middleware.allow_plain_http"},
                misfits);
    checkDiscovery(config.discovery, misfits);
    checkBackup(config.backup, misfits);
    checkEmail(config.alerts.email, misfits);
    return misfits;
}

} // namespace settings
