#pragma once

#include "core/settings/config.h"
#include "core/settings/toml.h"

#include <QString>

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The one table of everything that can be set. The reader of the files, the hints at misspelt
/// keys, `config check`, the file that `config import` writes and docs/configuration.md follow it.
namespace settings {

enum class Kind {
    Flag,
    Count,
    Text,
    Path,      ///< made absolute, from the folder of the file it stands in
    ServerUrl, ///< of a CouchDB or the middleware
    WebUrl,    ///< http or https, any path; shown without its path, which often is a secret
    Choice,
    Duration,
    Size,
    List,
    Schedule,
    Listen, ///< "ADDR:PORT"
};

using Value = std::variant<bool, std::int64_t, std::string, std::vector<std::string>,
                           std::vector<backup::ScheduleRule>>;

struct Setting {
    const char *key;
    Kind kind;
    const char *fallback; ///< as TOML
    const char *help;     ///< one line
    void (*assign)(Config &config, const Value &value);
    std::int64_t least = 0; ///< of counts, durations (seconds) and sizes (bytes)
    std::int64_t most = std::numeric_limits<std::int64_t>::max();
    std::vector<std::string> words = {}; ///< of a choice
};

/// In the order of the documentation.
[[nodiscard]] std::span<const Setting> settingTable();
[[nodiscard]] const Setting *findSetting(std::string_view key);
/// What may have been meant by a key that there is not; null when nothing is near.
[[nodiscard]] const Setting *nearestSetting(std::string_view key);

/// What the value is, or a sentence that says what would be right. `folder` is where relative paths
/// begin.
[[nodiscard]] std::variant<Value, QString> readValue(const Setting &setting, const TomlValue &value,
                                                     const std::string &folder);
/// What the setting takes, for sentences and the documentation: "a duration such as \"5 min\"".
[[nodiscard]] QString expectationOf(const Setting &setting);
/// The value as `config check` shows it: TOML, nothing secret.
[[nodiscard]] std::string shownValue(const Setting &setting, const TomlValue &value);

/// The rows of the table of docs/configuration.md.
[[nodiscard]] std::string referenceRows();

} // namespace settings
