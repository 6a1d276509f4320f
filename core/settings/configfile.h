#pragma once

#include "core/base/file.h"
#include "core/settings/setting.h"

#include <map>

/// Reads the two files that make the configuration. `config.toml` is the operator's and is never
/// written; `settings.toml` in the data folder is written by the program (settingsfile.h) and
/// stands above it.
namespace settings {

/// What the reading depends on besides the files.
struct Environment {
    std::string home;                     ///< for `~/` and the default folders
    std::string stateFolder;              ///< $STATE_DIRECTORY, or empty
    std::string configFolder, dataFolder; ///< of the user, for what is not said
    std::string credentialFolder;         ///< $CREDENTIALS_DIRECTORY, or empty

    /// Of this process.
    [[nodiscard]] static Environment current();
    [[nodiscard]] base::fs::path defaultConfigFile() const;
    [[nodiscard]] std::string defaultDataFolder() const;
};

/// Where a value was said; a line of 0 is the whole file, an empty file the default.
struct Place {
    std::string file;
    int line = 0;
    bool operator==(const Place &) const = default;
    [[nodiscard]] std::string text() const; ///< "/etc/x/config.toml:12", "default"
};

struct Problem {
    Place place;
    QString sentence;
    [[nodiscard]] QString text() const; ///< "/etc/x/config.toml:12: …"
};

struct Loaded {
    Config config; ///< only of use without problems
    std::vector<Problem> problems;
    struct Shown {
        const Setting *setting = nullptr;
        std::string value; ///< shownValue()
        Place place;
    };
    std::vector<Shown> values;            ///< all settings in the order of the table
    std::string configFile, settingsFile; ///< empty where there is none
};

/// Reads both files and names everything that is wrong with them. An empty path means the default
/// one. NotFound when there is no configuration at all; Io where a file cannot be read.
[[nodiscard]] base::Result<Loaded> readConfig(const base::fs::path &configFile,
                                              const Environment &environment);

/// The configuration, or what is wrong with it (Usage).
[[nodiscard]] base::Result<Config> loadConfig(const base::fs::path &configFile,
                                              const Environment &environment);

/// The same for a text that is no file yet; `folder` is where its relative paths begin.
[[nodiscard]] Loaded readConfigText(std::string_view toml, const std::string &name,
                                    const std::string &folder, const Environment &environment);

} // namespace settings
