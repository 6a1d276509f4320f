#pragma once

#include "core/settings/configfile.h"

#include <map>

namespace settings {

/// settings.toml, which the program writes and which stands above config.toml. Each change is on
/// the disk before set() returns, the old file or the new one, whatever happens meanwhile. One
/// writer (the lock of the data folder sees to that); not thread-safe.
class SettingsFile
{
public:
    /// In this data folder. A file that is not there yet is empty. Corrupt when it is no TOML or
    /// has settings that there are not: then it is not written over.
    [[nodiscard]] static base::Result<SettingsFile> open(const base::fs::path &dataFolder);

    /// The value as TOML; nothing where the file says nothing of it.
    [[nodiscard]] std::optional<std::string> value(const std::string &key) const;
    /// All or none. A value is TOML ("\"5 min\"", "true"); nothing takes the setting out of the
    /// file. Usage when a setting cannot have that value; the message says what would be right.
    [[nodiscard]] base::Status
    set(const std::map<std::string, std::optional<std::string>> &changes);

private:
    explicit SettingsFile(base::fs::path path)
        : m_path(std::move(path))
    {
    }
    base::fs::path m_path;
    std::map<std::string, std::string> m_values;
};

} // namespace settings
