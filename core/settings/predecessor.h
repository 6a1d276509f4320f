#pragma once

#include "core/base/secret.h"
#include "core/settings/configfile.h"
#include "core/settings/jsliteral.h"

/// Makes a config.toml of the predecessor's config.env.js. Pure: reads and writes no file, and runs
/// nothing of it.
namespace settings {

struct ImportOptions {
    std::string folder; ///< where its relative paths begin
    std::string
        passwordFolder; ///< password_file keys name files in it; empty: the keychain is meant
    EnvironmentLookup environment;
};

struct ImportedSecret {
    std::string name;         ///< as in SecretPlace
    std::string origin, user; ///< its name in the keychain
    base::Secret secret;
};

struct Import {
    std::string toml; ///< with comments
    std::vector<ImportedSecret> secrets;
    /// What was not taken over, or has to be typed in; whole sentences, nothing secret.
    std::vector<QString> notes;
};

[[nodiscard]] base::Result<Import> importPredecessor(std::string_view source,
                                                     const ImportOptions &options);

} // namespace settings
