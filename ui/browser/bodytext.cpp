#include "ui/browser/bodytext.h"

#include "core/base/indentjson.h"
#include "core/base/json.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>

namespace browser {

namespace {

namespace json = base::json;

// What CouchDB 1 to 3 and PouchDB put into a user's document.
constexpr std::array<std::string_view, 7> kSecretMembers{
    "derived_key", "salt", "password_sha", "password", "password_scheme_key", "api_key", "token"};

constexpr qsizetype kLongestLine = 20'000;

/// Characters that would draw over others stay visible as escapes; ends of lines and tabs stay.
QString harmless(const QString &text)
{
    QString out;
    out.reserve(text.size());
    for (const QChar character : text) {
        const char16_t code = character.unicode();
        if (code == u'\n' || code == u'\t' || character.isSurrogate() || base::isHarmless(code))
            out += character;
        else
            out += QStringLiteral("\\u%1").arg(code, 4, 16, QLatin1Char('0'));
    }
    return out;
}

} // namespace

std::string maskSecrets(std::string_view body)
{
    const auto members = json::members(body);
    if (!members)
        return std::string(body);
    std::string out;
    size_t done = 0;
    for (const json::Member &member : *members) {
        const std::string key = json::unescape(member.key);
        if (std::find(kSecretMembers.begin(), kSecretMembers.end(), key) == kSecretMembers.end())
            continue;
        const auto begin = static_cast<size_t>(member.value.data() - body.data());
        out += body.substr(done, begin - done);
        out += "\"\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\"";
        done = begin + member.value.size();
    }
    return out += body.substr(done);
}

bool holdsSecrets(std::string_view database)
{
    return database == "_users" || database.ends_with("/_users") || database == "_replicator";
}

ShownText fitForView(std::string_view bytes, size_t maxBytes)
{
    ShownText shown;
    shown.isCut = bytes.size() > maxBytes;
    bytes = bytes.substr(0, maxBytes);
    // Not through the middle of a character.
    while (shown.isCut && !bytes.empty() && (static_cast<unsigned char>(bytes.back()) & 0x80) != 0)
        bytes.remove_suffix(1);
    const QString text =
        harmless(QString::fromUtf8(bytes.data(), static_cast<qsizetype>(bytes.size())));
    for (qsizetype at = 0; at < text.size();) {
        qsizetype end = text.indexOf(QLatin1Char('\n'), at);
        end = end < 0 ? text.size() : end + 1;
        if (end - at > kLongestLine) {
            shown.isCut = true;
            shown.text += text.mid(at, kLongestLine) + QStringLiteral("…\n");
        } else {
            shown.text += text.mid(at, end - at);
        }
        at = end;
    }
    return shown;
}

PreparedText prepareText(std::string bytes)
{
    PreparedText text{std::move(bytes), {}};
    text.shown = fitForView(text.bytes);
    return text;
}

PreparedText prepareBody(const std::string &body, bool isRaw, bool isMasked)
{
    std::string text = isMasked ? maskSecrets(body) : body;
    return prepareText(isRaw ? std::move(text) : base::indentJson(text));
}

} // namespace browser
