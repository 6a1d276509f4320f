#include "app/ctl/serving.h"

#include "app/ctl/connection.h"
#include "core/base/text.h"

#include <QSysInfo>

#include <condition_variable>
#include <mutex>

namespace ctl {

using base::Error;
using base::ErrorKind;
using base::Result;

void ListenOptions::addTo(CLI::App &app)
{
    app.add_option("--port", port, "The port to listen on; 0 is a free one")
        ->type_name("N")
        ->capture_default_str();
    app.add_option("--bind", bind, "The address to listen on; beyond this machine only with --user")
        ->type_name("ADDR")
        ->capture_default_str();
    app.add_option("--user", user, "Who may use it, with the password of --password-file")
        ->type_name("NAME");
    app.add_option("--password-file", passwordFile,
                   "File with the password on its first line; - is standard input")
        ->type_name("FILE");
}

Result<serve::ServerOptions> ListenOptions::serverOptions() const
{
    if (user.empty() != passwordFile.empty())
        return Error{ErrorKind::Usage,
                     user.empty()
                         ? base::text("--password-file needs --user NAME: whose password is it?")
                         : base::text("--user needs --password-file FILE.")};
    if (user.find(':') != std::string::npos)
        return Error{ErrorKind::Usage, base::text("A user name cannot hold a colon.")};
    serve::ServerOptions options;
    options.bind = bind;
    options.port = port;
    options.access.user = user;
    if (!passwordFile.empty()) {
        auto password = readPasswordFile(passwordFile);
        if (!password)
            return password.error();
        options.access.password = std::move(*password);
    }
    const std::string host = QSysInfo::machineHostName().toLower().toStdString();
    options.access.hostNames = {host, host + ".local"};
    return options;
}

void waitForStop(std::stop_token stop)
{
    std::mutex mutex;
    std::condition_variable stopped;
    const std::stop_callback callback(stop, [&] {
        const std::lock_guard lock(mutex);
        stopped.notify_all();
    });
    std::unique_lock lock(mutex);
    stopped.wait(lock, [&] { return stop.stop_requested(); });
}

} // namespace ctl
