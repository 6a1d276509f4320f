#include "core/backup/stopping.h"

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

} // namespace backup
