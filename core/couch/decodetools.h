#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <QString>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the decoders share. Private to the folder.
namespace couch {

/// Protocol error: the answer of `what` (an endpoint's name) cannot be used; `why` is a sentence.
[[nodiscard]] base::Error badAnswer(const char *what, const QString &why);

/// CouchDB answers 200, streams, fails, writes {"error":...} and ends the body cleanly: when `body`
/// ends in such an object this is the Server error it means, else `otherwise`.
[[nodiscard]] base::Error trailingErrorOr(std::string_view body, base::Error otherwise);

/// An object's members by key; refuses a key that comes twice. Views point into the text.
class ObjectView
{
public:
    [[nodiscard]] static base::Result<ObjectView> parse(std::string_view text);
    /// The raw value, if there is one.
    [[nodiscard]] std::optional<std::string_view> raw(std::string_view key) const;
    /// The unescaped text where the value is a string.
    [[nodiscard]] std::optional<std::string> string(std::string_view key) const;
    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view key) const;
    [[nodiscard]] bool isTrue(std::string_view key) const;
    [[nodiscard]] const std::vector<base::json::Member> &members() const { return m_members; }

private:
    std::vector<base::json::Member> m_members;
};

[[nodiscard]] bool isString(std::string_view rawValue);
/// The unescaped strings of an array of strings; nothing for anything else.
[[nodiscard]] std::optional<std::vector<std::string>> stringList(std::string_view rawArray);
/// Without white space at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

} // namespace couch
