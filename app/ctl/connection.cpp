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

Result<Secret> passwordFor(const couch::ServerUrl &server, const std::string &file)
{
    if (!file.empty())
        return readPasswordFile(file);
    if (server.user.empty())
        return Secret();
    const QString origin = QString::fromStdString(server.toString());
    const QString user = QString::fromStdString(server.user);
    auto stored = settings::readPassword(origin, user);
    if (stored)
        return stored;
    return Error{
        ErrorKind::Usage,
        base::text(
            "There is no password for user \"%1\" at %2. Give it with --password-file FILE, or --password-file - "
            "for standard input.")
            .arg(base::printable(server.user), origin),
        stored.error().message};
}

} // namespace

Result<Secret> readPasswordFile(const std::string &file)
{
    const QString name = file == "-" ? base::text("Standard input") : base::printable(file, 1000);
    std::string line;
    if (file == "-") {
        std::getline(std::cin, line);
    } else {
        auto content = base::readFile(base::fromUtf8(file), kPasswordLimitBytes);
        if (!content && content.error().kind == ErrorKind::TooLarge)
            return Error{ErrorKind::Usage,
                         base::text("%1 is too large for a file with a password.").arg(name)};
        if (!content)
            return content.error();
        const Secret whole(std::move(*content));
        line = whole.reveal().substr(0, whole.reveal().find('\n'));
    }
    stripLineEnd(line);
    if (line.empty())
        return Error{ErrorKind::Usage,
                     base::text("%1 holds no password on its first line.").arg(name)};
    return Secret(std::move(line));
}

void ConnectionOptions::addTo(CLI::App &app)
{
    app.add_option("--password-file", passwordFile,
                   "File with the password on its first line; - is standard input")
        ->type_name("FILE");
    app.add_option("--ca-file", caFile, "More certificates to trust (PEM)")->type_name("FILE");
    app.add_option("--proxy", proxy, "HTTP proxy; the environment's is not used")
        ->type_name("HOST:PORT");
    app.add_flag("--allow-plain-http", allowPlainHttp,
                 "Send a password without encryption to another machine");
}

Result<std::unique_ptr<couch::Transport>>
connect(const std::string &url, const ConnectionOptions &options, std::string &origin)
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
