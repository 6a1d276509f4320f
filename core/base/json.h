#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A strict, iterative reader of JSON text (RFC 8259) that never alters a byte: numbers stay text,
/// members keep their order, nesting may be a million levels deep. Document bodies pass through it
/// before they are stored, because the on-demand parser that finds them skips what it does not
/// need. Pure; any thread. All views point into the text that was given.
namespace base::json {

enum class Kind { Object, Array, String, Number, True, False, Null };

/// One member of an object. `key` is raw: between the quotes, still escaped. `value` is the exact
/// text.
struct Member {
    std::string_view key;
    std::string_view value;
};

/// Exactly one JSON value with optional white space around: grammar, UTF-8 and surrogate pairs.
/// The error names the offset.
[[nodiscard]] Status validate(std::string_view text);

/// Validates the whole text, which must be an object, and returns its top-level members.
[[nodiscard]] Result<std::vector<Member>> members(std::string_view objectText);

/// Validates the whole text, which must be an array, and returns its elements.
[[nodiscard]] Result<std::vector<std::string_view>> elements(std::string_view arrayText);

/// The kind of a value, from its first character.
[[nodiscard]] std::optional<Kind> kindOf(std::string_view value);

/// The UTF-8 text of a validated string value, with or without its quotes.
[[nodiscard]] std::string unescape(std::string_view rawString);

/// Appends `utf8` as a quoted JSON string the way JSON.stringify writes it: only `"`, `\` and
/// control characters are escaped.
void appendQuoted(std::string &out, std::string_view utf8);
[[nodiscard]] std::string quoted(std::string_view utf8);

/// A non-negative integer without fraction or exponent; nothing for anything else or over 2^63-1.
[[nodiscard]] std::optional<std::uint64_t> toUnsigned(std::string_view value);

/// The value of the member with this (unescaped) key, if there is one.
[[nodiscard]] std::optional<std::string_view> find(const std::vector<Member> &members,
                                                   std::string_view key);

} // namespace base::json
