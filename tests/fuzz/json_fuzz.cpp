#include "core/base/json.h"
#include "tests/fuzz/targets.h"

#include <QStringDecoder>

namespace {

namespace json = base::json;

/// RFC 8259 written down a second time, by recursion: for texts that are not deeper than it goes.
class Plain
{
public:
    explicit Plain(std::string_view text)
        : m_rest(text)
    {
    }
    [[nodiscard]] bool isJson() { return value(0) && m_rest.empty(); }
    [[nodiscard]] bool isTooDeep() const { return m_isTooDeep; }

private:
    void space()
    {
        m_rest.remove_prefix(std::min(m_rest.find_first_not_of(" \t\r\n"), m_rest.size()));
    }
    bool take(std::string_view word)
    {
        const bool is = m_rest.starts_with(word);
        if (is)
            m_rest.remove_prefix(word.size());
        return is;
    }
    bool digits()
    {
        const size_t count = std::min(m_rest.find_first_not_of("0123456789"), m_rest.size());
        m_rest.remove_prefix(count);
        return count > 0;
    }
    bool number()
    {
        take("-");
        if (!take("0") && !digits())
            return false;
        if (take(".") && !digits())
            return false;
        if (take("e") || take("E")) {
            if (!take("+"))
                take("-");
            return digits();
        }
        return true;
    }
    /// Four hex digits; -1 when they are not.
    int unit()
    {
        bool isHex = false;
        const int code =
            QByteArray(m_rest.data(), static_cast<qsizetype>(std::min<size_t>(4, m_rest.size())))
                .toInt(&isHex, 16);
        const bool areDigits = m_rest.size() >= 4
            && m_rest.substr(0, 4).find_first_not_of("0123456789abcdefABCDEF")
                == std::string_view::npos;
        if (!isHex || !areDigits)
            return -1;
        m_rest.remove_prefix(4);
        return code;
    }
    bool escape()
    {
        if (!take("u")) {
            const bool isKnown = !m_rest.empty()
                && std::string_view("\"\\/bfnrt").find(m_rest.front()) != std::string_view::npos;
            m_rest.remove_prefix(isKnown ? 1 : 0);
            return isKnown;
        }
        const int high = unit();
        if (high < 0xd800 || high > 0xdfff)
            return high >= 0;
        if (high > 0xdbff || !take("\\u"))
            return false;
        const int low = unit();
        return low >= 0xdc00 && low <= 0xdfff;
    }
    bool string()
    {
        if (!take("\""))
            return false;
        const std::string_view begin = m_rest;
        while (!m_rest.empty() && m_rest.front() != '"') {
            if (static_cast<unsigned char>(m_rest.front()) < 0x20)
                return false;
            if (take("\\")) {
                if (!escape())
                    return false;
            } else {
                m_rest.remove_prefix(1);
            }
        }
        QStringDecoder utf8(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
        const QString decoded = utf8(QByteArrayView(begin.data(), begin.size() - m_rest.size()));
        return !utf8.hasError() && take("\"");
    }
    bool list(std::string_view end, bool hasKeys, int depth)
    {
        space();
        if (take(end))
            return true;
        do {
            space();
            if (hasKeys && !string())
                return false;
            space();
            if ((hasKeys && !take(":")) || !value(depth + 1))
                return false;
        } while (take(","));
        return take(end);
    }
    bool value(int depth)
    {
        m_isTooDeep = m_isTooDeep || depth > 200;
        if (m_isTooDeep)
            return false;
        space();
        const bool is = take("{")     ? list("}", true, depth)
            : take("[")               ? list("]", false, depth)
            : m_rest.starts_with('"') ? string()
                                      : take("true") || take("false") || take("null") || number();
        space();
        return is;
    }

    std::string_view m_rest;
    bool m_isTooDeep = false;
};

bool isInside(std::string_view part, std::string_view whole)
{
    return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

std::string tops(std::string_view input)
{
    if (const auto members = json::members(input)) {
        for (const json::Member &member : *members) {
            if (!isInside(member.key, input) || !isInside(member.value, input))
                return "a member lies outside of the text";
            if (!json::validate(member.value))
                return "a member is no JSON";
            const std::string key = json::unescape(member.key);
            if (!json::validate(json::quoted(key)) || json::unescape(json::quoted(key)) != key)
                return "a key does not survive its quotes";
        }
    }
    if (const auto elements = json::elements(input)) {
        for (const std::string_view element : *elements) {
            if (!isInside(element, input) || !json::validate(element))
                return "an element is no JSON";
        }
    }
    return {};
}

} // namespace

std::string fuzz::json(std::string_view input)
{
    const bool isValid = bool(base::json::validate(input));
    Plain plain(input);
    const bool isJson = plain.isJson();
    if (!plain.isTooDeep() && isJson != isValid)
        return isValid ? "what is no JSON was taken" : "JSON was refused";
    if (!isValid) {
        if (base::json::members(input) || base::json::elements(input))
            return "members of what is no JSON";
        static_cast<void>(base::json::toUnsigned(input));
        const std::string quoted = base::json::quoted(base::json::unescape(input));
        static_cast<void>(quoted);
        return {};
    }
    return tops(input);
}
