#include "core/couch/discovery.h"

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/couch/decode.h"
#include "core/couch/decodetools.h"

#include <algorithm>

namespace couch {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

constexpr const char *kUsers = "_users";

// System databases are no customer's; of them only _users is backed up, and on its own terms.
Discovery sorted(std::vector<std::string> names, const base::GlobFilter &filter)
{
    Discovery discovery;
    for (std::string &name : names) {
        if (!filter.keeps(name))
            continue;
        if (name == kUsers)
            discovery.hasUsersDatabase = true;
        else if (!name.empty() && name.front() != '_')
            discovery.databases.push_back(std::move(name));
    }
    std::sort(discovery.databases.begin(), discovery.databases.end());
    discovery.databases.erase(std::unique(discovery.databases.begin(), discovery.databases.end()),
                              discovery.databases.end());
    return discovery;
}

Result<Discovery> askMiddleware(Transport &middleware, const base::GlobFilter &filter,
                                const std::stop_token &stop)
{
    Request request;
    request.target = "/monitor/all_dbs";
    const auto names = middleware.fetch(request, stop);
    if (!names)
        return names.error();
    auto list = stringList(names->body);
    if (!list)
        return badAnswer("/monitor/all_dbs", base::text("It is not a complete list of names."));
    Discovery discovery = sorted(std::move(*list), filter);
    if (!filter.keeps(kUsers))
        return discovery;

    request.target = "/monitor/all_users";
    auto users = middleware.fetch(request, stop);
    if (!users && users.error().kind == ErrorKind::NotFound) // an older middleware
        return discovery;
    if (!users)
        return users.error();
    if (auto status = base::json::validate(users->body); !status)
        return badAnswer("/monitor/all_users", status.error().message);
    discovery.usersJson = std::move(users->body);
    return discovery;
}

} // namespace

Result<Discovery> discover(Client &source, Transport *middleware, const DiscoveryOptions &options,
                           std::stop_token stop)
{
    switch (options.method) {
    case DiscoveryMethod::AllDbs: {
        auto names = source.allDbs();
        return names ? Result<Discovery>(sorted(std::move(*names), options.filter)) : names.error();
    }
    case DiscoveryMethod::Middleware:
        if (middleware == nullptr)
            return Error{ErrorKind::Usage,
                         base::text("The databases are to be asked from the middleware, "
                                    "but no middleware is configured.")};
        return askMiddleware(*middleware, options.filter, stop);
    case DiscoveryMethod::List: return sorted(options.list, options.filter);
    }
    return Error{ErrorKind::Internal, QStringLiteral("unknown discovery method")};
}

} // namespace couch
