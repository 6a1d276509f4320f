#include "core/base/text.h"

#include "core/base/bytes.h"

#include <QStringDecoder>

namespace base {

bool isHarmless(char32_t c)
{
    if (c < 0x20 || (c >= 0x7f && c < 0xa0))
        return false;
    // Directional marks, embeddings, overrides and isolates; separators; byte order mark.
    const bool directional = c == 0x061c || c == 0x200e || c == 0x200f
        || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    return !directional && c != 0x2028 && c != 0x2029 && c != 0xfeff;
}

QString printable(std::string_view bytes, size_t maxBytes)
{
    const bool cut = bytes.size() > maxBytes;
    if (cut) {
        // A character that begins before the cut and ends behind it is left out.
        size_t end = maxBytes;
        while (end > 0 && maxBytes - end < 3
               && (static_cast<unsigned char>(bytes[end]) & 0xc0) == 0x80)
            --end;
        bytes = bytes.substr(0, end);
    }
    QString out;
    if (!isValidUtf8(bytes)) {
        for (const char byte : bytes) {
            const auto c = static_cast<unsigned char>(byte);
            if (c >= 0x20 && c < 0x7f)
                out += QLatin1Char(byte);
            else
                out += QStringLiteral("\\x%1").arg(c, 2, 16, QLatin1Char('0'));
        }
    } else {
        QStringDecoder decoder(QStringDecoder::Utf8,
                               QStringDecoder::Flag::ConvertInitialBom); // fromUtf8() drops it
        const QString decoded =
            decoder.decode(QByteArrayView(bytes.data(), static_cast<qsizetype>(bytes.size())));
        for (const char32_t c : decoded.toUcs4()) {
            if (isHarmless(c))
                out += QString::fromUcs4(&c, 1);
            else
                out += QStringLiteral("\\u{%1}").arg(static_cast<uint>(c), 0, 16);
        }
    }
    if (cut)
        out += QChar(0x2026);
    return out;
}

} // namespace base
