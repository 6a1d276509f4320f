#pragma once

#include "app/ctl/command.h"
#include "core/serve/server.h"

namespace ctl {

/// The options of the commands that listen.
struct ListenOptions {
    std::uint16_t port = 5985;
    std::string bind = "127.0.0.1";
    std::string user;
    std::string passwordFile;

    void addTo(CLI::App &app);
    /// Usage when there is a user without a password or the other way round.
    [[nodiscard]] base::Result<serve::ServerOptions> serverOptions() const;
};

/// Returns when the operator wants to stop.
void waitForStop(std::stop_token stop);

} // namespace ctl
