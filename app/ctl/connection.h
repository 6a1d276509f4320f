#pragma once

#include "app/ctl/command.h"
#include "core/base/secret.h"
#include "core/couch/networktransport.h"

#include <memory>
#include <string>

namespace ctl {

/// The options that name a server and how to log in there, shared by the commands that talk to one.
struct ConnectionOptions {
    std::string passwordFile;
    std::string caFile;
    std::string proxy;
    bool allowPlainHttp = false;

    void addTo(CLI::App &app);
};

/// The first line of the file; "-" is standard input. Usage when it holds none.
[[nodiscard]] base::Result<base::Secret> readPasswordFile(const std::string &file);

/// Ready to use. The password comes from the password file ("-" is standard input), else from the
/// keychain when the URL names a user. `origin` becomes the address without user.
[[nodiscard]] base::Result<std::unique_ptr<couch::Transport>>
connect(const std::string &url, const ConnectionOptions &options, std::string &origin);

} // namespace ctl
