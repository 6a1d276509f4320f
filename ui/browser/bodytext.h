#pragma once

#include <QString>

#include <string>
#include <string_view>

/// Bodies as a person reads them. Pure.
namespace browser {

/// The values of members that open an account (`derived_key`, `salt`, `password_sha`, `password`
/// and the like), at the top level, as dots; all else byte for byte.
[[nodiscard]] std::string maskSecrets(std::string_view body);
/// Whether a database's bodies are shown masked at first.
[[nodiscard]] bool holdsSecrets(std::string_view database);

struct ShownText {
    QString text;
    bool isCut = false; ///< not all of it, or lines were cut
};
/// What a text view can show without being slow: the first `maxBytes`, and no line longer than
/// 20,000 characters. Bytes that are no UTF-8 and characters that reorder text become visible.
[[nodiscard]] ShownText fitForView(std::string_view bytes, size_t maxBytes = size_t{1} << 20);

/// A text with what a view can show of it. Made outside the GUI thread.
struct PreparedText {
    std::string bytes;
    ShownText shown;
};
[[nodiscard]] PreparedText prepareText(std::string bytes);
/// A body as it is stored, or with lines and indentation; masked where that is asked for.
[[nodiscard]] PreparedText prepareBody(const std::string &body, bool isRaw, bool isMasked);

} // namespace browser
