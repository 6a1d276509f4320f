#pragma once

#include "core/base/glob.h"
#include "core/couch/client.h"

namespace couch {

/// Which databases there are, in one of three ways.
enum class DiscoveryMethod { AllDbs, Middleware, List };

struct DiscoveryOptions {
    DiscoveryMethod method = DiscoveryMethod::AllDbs;
    std::vector<std::string> list;
    base::GlobFilter filter;
};

struct Discovery {
    std::vector<std::string> databases; ///< sorted, unique; none begins with `_`
    bool hasUsersDatabase = false;      ///< `_users` is there and kept by the filter
    std::string usersJson;              ///< the middleware's list of users, as sent
};

/// `middleware` is asked for `/monitor/all_dbs` and `/monitor/all_users` when that is the method.
[[nodiscard]] base::Result<Discovery> discover(Client &source, Transport *middleware,
                                               const DiscoveryOptions &options,
                                               std::stop_token stop);

} // namespace couch
