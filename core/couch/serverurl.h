#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace couch {

/// Where a server is: scheme, host, port and an optional path in front (a reverse proxy). A value.
struct ServerUrl {
    bool tls = false;
    std::string host; ///< without brackets
    std::uint16_t port = 5984;
    std::string basePath; ///< "" or "/db": no slash at the end
    std::string user;     ///< from the URL; never a password

    /// Usage error for another scheme, a password, a query, or no host. Without a port: 5984 for
    /// http without a path, else what the scheme says (80, 443).
    [[nodiscard]] static base::Result<ServerUrl> parse(std::string_view text);
    /// "http://127.0.0.1:5984/db", without user.
    [[nodiscard]] std::string toString() const;
    [[nodiscard]] bool isLoopback() const;
};

} // namespace couch
