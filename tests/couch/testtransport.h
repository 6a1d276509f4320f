#pragma once

#include "core/couch/networktransport.h"

/// Deadlines and pauses so short that a test need not wait for them.
[[nodiscard]] inline couch::NetworkOptions shortOptions()
{
    using std::chrono::milliseconds;
    couch::NetworkOptions options;
    options.connectAndHeaderDeadline = milliseconds(5'000);
    options.idleDeadline = milliseconds(5'000);
    options.rateWindow = milliseconds(60'000);
    options.firstBackoff = milliseconds(2);
    options.maxBackoff = milliseconds(10);
    options.retryAfterUnit = milliseconds(10);
    return options;
}

[[nodiscard]] inline std::unique_ptr<couch::Transport>
makeTestTransport(const std::string &url, couch::NetworkOptions options = shortOptions(),
                  const std::string &password = "secret")
{
    const auto server = couch::ServerUrl::parse(url);
    if (!server)
        qFatal("the test's address is wrong");
    auto transport = couch::makeNetworkTransport(*server, base::Secret(password), options);
    if (!transport)
        qFatal("the test's transport cannot be made: %s", qPrintable(transport.error().message));
    return std::move(*transport);
}
