#include "core/engine/servers.h"

namespace engine {

namespace {

using base::Result;
using base::Secret;
using base::Status;

couch::NetworkOptions optionsFor(const settings::Server &server, couch::NetworkOptions network)
{
    network.allowPlainHttp = server.allowPlainHttp;
    network.caFile = server.caFile;
    network.proxy = server.proxy;
    return network;
}

Result<Secret> passwordOf(const std::string &name, const settings::Config &config,
                          const FindSecret &findSecret)
{
    for (const settings::SecretPlace &place : settings::secretPlaces(config)) {
        if (place.name == name)
            return findSecret(place);
    }
    return Secret(); // no user, no password
}

} // namespace

Result<Servers> openServers(const settings::Config &config, const FindSecret &findSecret,
                            const couch::NetworkOptions &network)
{
    Servers servers;
    const auto open = [&](const std::string &name, const settings::Server &server,
                          couch::ServerUrl &url, Secret &password,
                          std::unique_ptr<couch::Transport> &transport) -> Status {
        auto parsed = couch::ServerUrl::parse(server.url);
        if (!parsed)
            return parsed.error();
        auto found = passwordOf(name, config, findSecret);
        if (!found)
            return found.error();
        auto made = couch::makeNetworkTransport(*parsed, *found, optionsFor(server, network));
        if (!made)
            return made.error();
        url = std::move(*parsed);
        password = std::move(*found);
        transport = std::move(*made);
        return {};
    };
    if (Status opened = open("source", config.source, servers.sourceUrl, servers.sourcePassword,
                             servers.source);
        !opened)
        return opened.error();
    if (!servers.sourceUrl.user.empty()) {
        couch::ServerUrl root = servers.sourceUrl;
        root.user.clear();
        root.basePath.clear();
        auto made = couch::makeNetworkTransport(root, Secret(), optionsFor(config.source, network));
        if (!made)
            return made.error();
        servers.sourceHostRoot = std::move(*made);
    }
    if (!config.mirror.url.empty()) {
        if (Status opened = open("mirror", config.mirror, servers.mirrorUrl, servers.mirrorPassword,
                                 servers.mirror);
            !opened)
            return opened.error();
    }
    if (!config.discovery.middleware.url.empty()) {
        couch::ServerUrl url;
        Secret password;
        if (Status opened =
                open("middleware", config.discovery.middleware, url, password, servers.middleware);
            !opened)
            return opened.error();
    }
    return servers;
}

} // namespace engine
