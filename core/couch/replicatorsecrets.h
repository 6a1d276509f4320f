#pragma once

#include "core/base/result.h"
#include "core/base/secret.h"

#include <functional>
#include <string>
#include <string_view>

/// The secrets in documents of `_replicator`: passwords in addresses, `auth` objects and
/// Authorization headers, and whatever other headers hold. All functions take the document's text
/// and are pure; a text that is no object is an error.
namespace couch {

enum class ReplicationSide { Source, Target };

/// Fit to be shown: every secret is "•••".
[[nodiscard]] base::Result<std::string> maskSecrets(std::string_view json);

/// Fit to be kept in a file: no secret is left, but where it was and whose can be seen.
[[nodiscard]] base::Result<std::string> stripSecrets(std::string_view json);

/// The password of a user at one end; null when it is not known. Outlives the call.
using PasswordFor =
    std::function<const base::Secret *(ReplicationSide side, std::string_view user)>;
/// What stripSecrets() took away, put back. Usage, naming what is missing, where it cannot be: an
/// unknown password, a proxy's, or a header that is no login.
[[nodiscard]] base::Result<std::string> restoreSecrets(std::string_view stripped,
                                                       const PasswordFor &passwordFor);

/// With another password for this user at this end, in the form the document has, so that CouchDB
/// takes it for the same replication and keeps its checkpoints. The text is the same, byte for
/// byte, where the user does not log in at that end.
[[nodiscard]] base::Result<std::string> replacePassword(std::string_view json, ReplicationSide side,
                                                        std::string_view user,
                                                        const base::Secret &password);

} // namespace couch
