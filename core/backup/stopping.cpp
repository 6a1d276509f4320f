#include "core/backup/stopping.h"

#include "core/base/text.h"

namespace backup {

using base::ErrorKind;

bool stopsTheRun(ErrorKind kind)
{
    switch (kind) {
    case ErrorKind::Unreachable:
    case ErrorKind::Tls:
    case ErrorKind::Unauthorized:
    case ErrorKind::Redirected:
    case ErrorKind::Io:
    case ErrorKind::NoSpace:
    case ErrorKind::Locked:
    case ErrorKind::Cancelled:
    case ErrorKind::Internal: return true;
    default: return false;
    }
}

std::function<base::Status(std::uint64_t)> unlessStopped(std::stop_token stop)
{
    return [stop = std::move(stop)](std::uint64_t) -> base::Status {
        if (stop.stop_requested())
            return base::Error{ErrorKind::Cancelled, base::text("Stopped.")};
        return {};
    };
}

} // namespace backup
