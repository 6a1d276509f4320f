#pragma once

#include "core/base/result.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Reads what a JavaScript module exports, as far as it is a literal: nothing is ever executed.
/// Objects, lists, strings, numbers and their arithmetic, `process.env.X`, comments, trailing
/// commas. Pure.
namespace settings {

struct JsMember;
struct JsValue;

/// An expression that is none of these: its place is known, its value is not.
struct JsUnknown {
    std::string variable; ///< of `process.env`, where it is that and not set
};
using JsObject = std::vector<JsMember>;
using JsList = std::vector<JsValue>;

struct JsValue {
    std::variant<std::nullptr_t, bool, double, std::string, JsObject, JsList, JsUnknown> value;
    int line = 0; ///< from 1
};

struct JsMember {
    std::string key;
    JsValue value;
};

/// What an environment variable holds; nothing when it is not set.
using EnvironmentLookup = std::function<std::optional<std::string>(const std::string &name)>;

/// The object behind `module.exports =` (or `exports.default =`, `export default`), also where a
/// function without arguments returns it. Unsupported when there is none; the message names the
/// line.
[[nodiscard]] base::Result<JsObject> parseJsModule(std::string_view source,
                                                   const EnvironmentLookup &environment);

} // namespace settings
