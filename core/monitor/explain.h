#pragma once

#include <QString>

#include <string_view>

namespace monitor {

/// What is behind an error of a replication, as far as it changes what the operator does.
enum class Cause {
    Unknown,      ///< not in the table: the text is shown as it is
    DatabaseGone, ///< one of the two databases cannot be opened
    LoginRefused, ///< wrong user or password
    LoginLocked,  ///< too many wrong passwords
    NotAllowed,   ///< right password, no right
    Unreachable,  ///< no connection to the server
    NameNotFound, ///< the host name does not resolve
    Tls,          ///< certificate or handshake
    TooSlow,      ///< no answer in time
    Busy,         ///< the server asks for less
    ServerFailed, ///< 5xx, a crash, a lack of resources
    Refused,      ///< the target did not take a document
    TooLarge,     ///< the target finds something too large
    Recreated,    ///< the source was deleted and made again
    Duplicate,    ///< another document asks for the same
    BadDocument,  ///< the `_replicator` document itself
    BadFilter,    ///< its filter cannot be had or fails
    DiskFull,
    Restarted ///< goes away by itself: a worker or process ended
};

/// Which end an error speaks of: the address in its text, compared with those of the job,
/// or the step that failed.
enum class Side { Unknown, Source, Mirror };

struct Explanation {
    Cause cause = Cause::Unknown;
    Side side = Side::Unknown;
    QString sentence; ///< what happened; one sentence
    QString remedy;   ///< what to do; one sentence, empty when nothing has to be done
    int row = -1;     ///< of the table, -1 when none fits
};

/// Explains what `_scheduler/docs` gives as `info.error` (recorded from 3.5.0 and documented texts,
/// Erlang terms among them). `source` and `mirror` are the job's addresses where they are known.
/// Never empty: what is not known is said as it is.
[[nodiscard]] Explanation explainReplicationError(std::string_view error, std::string_view source,
                                                  std::string_view mirror);

/// Rows of the table, for the test that every one of them is reached.
[[nodiscard]] int explanationCount();

} // namespace monitor
