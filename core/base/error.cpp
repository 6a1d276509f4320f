#include "core/base/error.h"

#include "core/base/text.h"

#include <array>

namespace base {

namespace {

struct Traits {
    ErrorKind kind;
    const char *code;
    int exitCode;
    const char *remedy;
};

constexpr int kFailed = 2;
constexpr int kUsage = 64;
constexpr int kInterrupted = 130;

constexpr std::array kTraits = {
    Traits{ErrorKind::Unreachable, "unreachable", kFailed,
           "Check that the server runs and that the address is right."},
    Traits{ErrorKind::Timeout, "timeout", kFailed,
           "Try again; if it stays so, look at the server and the network."},
    Traits{ErrorKind::Tls, "tls", kFailed,
           "Check the server's certificate; it is never accepted unchecked."},
    Traits{ErrorKind::Unauthorized, "unauthorized", kFailed, "Give the right user and password."},
    Traits{ErrorKind::Forbidden, "forbidden", kFailed, "Give the user the right to read it."},
    Traits{ErrorKind::NotFound, "not_found", kFailed, "Check the name."},
    Traits{ErrorKind::Conflict, "conflict", kFailed, ""},
    Traits{ErrorKind::TooLarge, "too_large", kFailed, ""},
    Traits{ErrorKind::Busy, "busy", kFailed, "Try again later."},
    Traits{ErrorKind::Server, "server_error", kFailed, "Look into the server's log."},
    Traits{ErrorKind::Redirected, "redirected", kFailed,
           "Give the address that the server redirects to, if it is yours."},
    Traits{ErrorKind::Protocol, "protocol", kFailed,
           "Check that the address is a CouchDB and that no proxy changes its answers."},
    Traits{ErrorKind::Io, "io", kFailed, "Check the disk."},
    Traits{ErrorKind::NoSpace, "no_space", kFailed, "Free some space or choose another folder."},
    Traits{ErrorKind::Corrupt, "corrupt", kFailed, "Use another backup."},
    Traits{ErrorKind::Hostile, "hostile", kFailed, "Do not use this file."},
    Traits{ErrorKind::Unsupported, "unsupported", kFailed, ""},
    Traits{ErrorKind::Usage, "usage", kUsage, "See --help."},
    Traits{ErrorKind::Locked, "locked", kFailed, "Wait until the other one has finished."},
    Traits{ErrorKind::Cancelled, "cancelled", kInterrupted, ""},
    Traits{ErrorKind::Internal, "internal", kFailed,
           "This is a fault of focus-monitor; please report it."},
};

const Traits &traitsOf(ErrorKind kind)
{
    for (const Traits &traits : kTraits) {
        if (traits.kind == kind)
            return traits;
    }
    return kTraits.back();
}

} // namespace

const char *errorCode(ErrorKind kind)
{
    return traitsOf(kind).code;
}

QString errorRemedy(ErrorKind kind)
{
    const char *remedy = traitsOf(kind).remedy;
    return *remedy == '\0' ? QString() : text(remedy);
}

int exitCode(ErrorKind kind)
{
    return traitsOf(kind).exitCode;
}

} // namespace base
