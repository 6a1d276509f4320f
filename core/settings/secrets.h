#pragma once

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/settings/config.h"

#include <functional>
#include <string>
#include <vector>

/// Where the passwords are that the configuration needs: a file of mode 0600 that it names, a
/// credential that systemd hands over (`<name>-password` in $CREDENTIALS_DIRECTORY), or the
/// keychain.
namespace settings {

/// One password and the places it may be in, which are asked in this order.
struct SecretPlace {
    std::string name;   ///< "source", "mirror", "middleware", "email", "webhook"
    std::string file;   ///< empty: none is named
    std::string origin; ///< with the user, the name in the keychain; no user: not there
    std::string user;
};

/// Those that this configuration needs.
[[nodiscard]] std::vector<SecretPlace> secretPlaces(const Config &config);

/// readPassword() of keychain.h, or a test's.
using Keychain =
    std::function<base::Result<base::Secret>(const QString &origin, const QString &user)>;

/// The password. A file that is named must hold it and be private; NotFound, with a sentence that
/// names all the places, when it is nowhere. May block on the keychain.
[[nodiscard]] base::Result<base::Secret>
findSecret(const SecretPlace &place, const std::string &credentialFolder, const Keychain &keychain);

} // namespace settings
