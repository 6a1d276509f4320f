#pragma once

#include <QString>

namespace base {

/// What a program does next depends on the kind and on nothing else.
enum class ErrorKind {
    Unreachable,  ///< no connection, name not found, connection cut
    Timeout,      ///< a deadline passed
    Tls,          ///< the certificate or the handshake was refused
    Unauthorized, ///< 401
    Forbidden,    ///< 403, lockout included
    NotFound,     ///< 404, or no such database, document, file
    Conflict,     ///< 409, 412, or a file that exists already
    TooLarge,     ///< 413, or over a limit of ours
    Busy,         ///< 429, 503: try later
    Server,       ///< other 5xx
    Redirected,   ///< 3xx, never followed
    Protocol,     ///< an answer that is not what CouchDB would send, or not complete
    Io,           ///< reading or writing files
    NoSpace,      ///< the disk is full
    Corrupt,      ///< damaged archive or store
    Hostile,      ///< an archive that tries to climb out, bombs, links
    Unsupported,  ///< cannot be done with this server, archive or system
    Usage,        ///< wrong command line
    Locked,       ///< another instance holds it
    Cancelled,    ///< the operator stopped it
    Internal      ///< a bug
};

/// What went wrong: `kind` for programs, `message` for people (one or two whole sentences that name
/// the thing and say what to do), `detail` for the log. Holds no secret.
struct Error {
    ErrorKind kind = ErrorKind::Internal;
    QString message;
    QString detail = {};

    /// The same error with the place put in front: "While reading x: ...".
    [[nodiscard]] Error withContext(const QString &context) const
    {
        return {kind, context + QStringLiteral(": ") + message, detail};
    }
};

/// The stable name of a kind, as `--json` prints it in `error.code`.
[[nodiscard]] const char *errorCode(ErrorKind kind);

/// What the operator can do about it; empty where the message already says so.
[[nodiscard]] QString errorRemedy(ErrorKind kind);

/// The process exit code that belongs to a kind (DESIGN: 2 failed, 64 usage, 130 interrupted).
[[nodiscard]] int exitCode(ErrorKind kind);

} // namespace base
