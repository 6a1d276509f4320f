#pragma once

#include "core/base/secret.h"
#include "core/couch/networktransport.h"
#include "core/settings/secrets.h"

#include <memory>

namespace engine {

/// The servers of a configuration, ready to be asked. Made and destroyed on one thread; each
/// transport may be used from any.
struct Servers {
    std::unique_ptr<couch::Transport> source;
    std::unique_ptr<couch::Transport> sourceHostRoot; ///< without login and path; null without user
    std::unique_ptr<couch::Transport> mirror;         ///< null: there is none
    std::unique_ptr<couch::Transport> middleware;     ///< null: it is not asked
    couch::ServerUrl sourceUrl, mirrorUrl;
    base::Secret sourcePassword, mirrorPassword;
};

/// How a password is found; settings::findSecret() with this process's places.
using FindSecret = std::function<base::Result<base::Secret>(const settings::SecretPlace &place)>;

[[nodiscard]] base::Result<Servers> openServers(const settings::Config &config,
                                                const FindSecret &findSecret,
                                                const couch::NetworkOptions &network = {});

} // namespace engine
