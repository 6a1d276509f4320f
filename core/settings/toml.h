#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// TOML as a flat list; the only place that knows the library. Pure.
namespace settings {

struct TomlValue;
using TomlList = std::vector<TomlValue>;

/// What settings are made of; a kind that none of them has is only named.
struct TomlOther {
    std::string what; ///< "a date", "an empty table"
};

struct TomlValue {
    std::variant<bool, std::int64_t, double, std::string, TomlList, TomlOther> value;
    int line = 0; ///< from 1

    [[nodiscard]] std::string text() const; ///< as TOML again
    [[nodiscard]] std::string kind() const; ///< "a text", "a list"
};

/// One `key = value`, the key with its tables: "backup.folder". An empty table is one too.
struct TomlEntry {
    std::string key;
    TomlValue value;
};

struct TomlError {
    int line = 0;
    std::string reason;
};

/// In the order of their lines.
[[nodiscard]] std::variant<std::vector<TomlEntry>, TomlError> parseToml(std::string_view text);

/// "…" with what TOML wants escaped.
[[nodiscard]] std::string tomlQuoted(std::string_view utf8);

} // namespace settings
