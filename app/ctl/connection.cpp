#include "app/ctl/connection.h"

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/settings/keychain.h"

#include <iostream>

namespace ctl {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Secret;

constexpr std::uint64_t kPasswordLimitBytes = 4096;

void stripLineEnd(std::string &text)
{
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
        text.pop_back();
}

Result<Secret> passwordFromFile(const std::string &file)
{
    std::string text;
    if (file == "-") {
        std::getline(std::cin, text);
    } else {
        auto content = base::readFile(base::fromUtf8(file), kPasswordLimitBytes);
        if (!content)
            return content.error();
        text = std::move(*content);
    }
    stripLineEnd(text);
    if (text.empty())
        return Error{ErrorKind::Usage, base::text("%1 holds no password.").arg(base::printable(file))};
    return Secret(std::move(text));
}

Result<Secret> passwordFor(const couch::ServerUrl &server, const std::string &file)
{
    if (!file.empty())
        return passwordFromFile(file);
    if (server.user.empty())
        return Secret();
    const QString origin = QString::fromStdString(server.toString());
    const QString user = QString::fromStdString(server.user);
    auto stored = settings::readPassword(origin, user);
    if (stored)
        return stored;
    return Error{ErrorKind::Usage,
                 base::text("There is no password for user \"%1\" at %2. Give it with --password-file FILE, or --password-file - "
                            "for standard input.")
                     .arg(base::printable(server.user), origin),
                 stored.error().message};
}

} // namespace

void ConnectionOptions::addTo(CLI::App &app)
{
    app.add_option("--password-file", passwordFile, "File with the password on its first line; - is standard input");
    app.add_option("--ca-file", caFile, "More certificates to trust (PEM)");
    app.add_option("--proxy", proxy, "HTTP proxy HOST:PORT; the environment's is not used");
    app.add_flag("--allow-plain-http", allowPlainHttp, "Send a password without encryption to another machine");
}

Result<std::unique_ptr<couch::Transport>> connect(const std::string &url, const ConnectionOptions &options, std::string &origin)
{
    auto server = couch::ServerUrl::parse(url);
    if (!server)
        return server.error();
    origin = server->toString();
    auto password = passwordFor(*server, options.passwordFile);
    if (!password)
        return password.error();
    couch::NetworkOptions network;
    network.allowPlainHttp = options.allowPlainHttp;
    network.caFile = options.caFile;
    network.proxy = options.proxy;
    return couch::makeNetworkTransport(*server, *password, network);
}

} // namespace ctl
