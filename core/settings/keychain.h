#pragma once

#include "core/base/result.h"
#include "core/base/secret.h"

#include <QString>

namespace settings {

/// The password of a user at a server, from the keychain of the operating system (never from a
/// plain file). Blocks; must not be called on the thread of the QCoreApplication, whose event loop
/// must run. NotFound when there is none, Unsupported when there is no keychain here.
[[nodiscard]] base::Result<base::Secret> readPassword(const QString &origin, const QString &user);

/// Keeps it there, over what was there. As readPassword(); Unsupported when it cannot.
[[nodiscard]] base::Status storePassword(const QString &origin, const QString &user,
                                         const base::Secret &password);

} // namespace settings
