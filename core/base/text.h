#pragma once

#include <QCoreApplication>
#include <QString>

#include <string_view>

/// Words for people. Everything an operator reads goes through text(), so that lupdate finds it
/// (`lupdate -tr-function-alias translate+=text`).
namespace base {

inline QString text(const char *source)
{
    return QCoreApplication::translate("core", source);
}

/// Neither a control character nor one that reorders or breaks lines.
[[nodiscard]] bool isHarmless(char32_t character);

/// Bytes from a server or a file, made fit for one line of a terminal or a log: invalid UTF-8,
/// control characters and bidirectional overrides become visible escapes, and the text is cut at
/// `maxBytes` with an ellipsis.
[[nodiscard]] QString printable(std::string_view bytes, size_t maxBytes = 200);

} // namespace base
