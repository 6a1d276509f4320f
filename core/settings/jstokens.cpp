#include "core/settings/jstokens.h"

#include <QString>

#include <algorithm>
#include <charconv>

namespace settings {

namespace {

using Kind = JsToken::Kind;

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isWordCharacter(char c)
{
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'
        || (c & 0x80) != 0;
}

class Tokenizer
{
public:
    explicit Tokenizer(std::string_view source)
        : m_rest(source)
    {
    }

    std::vector<JsToken> run()
    {
        while (true) {
            skipBlanks();
            if (m_rest.empty()) {
                add(Kind::End, {});
                return std::move(m_tokens);
            }
            next();
        }
    }

private:
    void add(Kind kind, std::string text) { m_tokens.push_back({kind, std::move(text), m_line}); }

    void skip(size_t count)
    {
        count = std::min(count, m_rest.size());
        m_line += static_cast<int>(std::count(m_rest.begin(), m_rest.begin() + count, '\n'));
        m_rest.remove_prefix(count);
    }

    void skipBlanks()
    {
        while (!m_rest.empty()) {
            if (m_rest.starts_with("\xef\xbb\xbf"))
                skip(3);
            else if (std::string_view(" \t\r\n\v\f").find(m_rest.front()) != std::string_view::npos)
                skip(1);
            else if (m_rest.starts_with("//"))
                skip(m_rest.find('\n'));
            else if (m_rest.starts_with("/*"))
                skipBehind("*/");
            else
                return;
        }
    }

    void skipBehind(std::string_view end)
    {
        const size_t found = m_rest.find(end, end.size());
        skip(found == std::string_view::npos ? found : found + end.size());
    }

    void next()
    {
        const char c = m_rest.front();
        if (c == '"' || c == '\'' || c == '`')
            text(c);
        else if (isDigit(c) || (c == '.' && m_rest.size() > 1 && isDigit(m_rest[1])))
            number();
        else if (isWordCharacter(c))
            take(Kind::Word, length(isWordCharacter));
        else if (m_rest.starts_with("=>") || m_rest.starts_with("||") || m_rest.starts_with("??"))
            take(Kind::Sign, 2);
        else if (m_rest.starts_with("..."))
            take(Kind::Other, 3);
        else
            take(std::string_view("{}[](),:;=.+-*/").find(c) == std::string_view::npos ? Kind::Other
                                                                                       : Kind::Sign,
                 1);
    }

    template <typename Predicate>
    size_t length(Predicate belongs) const
    {
        const auto end = std::find_if_not(m_rest.begin(), m_rest.end(), belongs);
        return static_cast<size_t>(end - m_rest.begin());
    }

    void take(Kind kind, size_t count)
    {
        add(kind, std::string(m_rest.substr(0, count)));
        skip(count);
    }

    void number()
    {
        char before = 0;
        const size_t count = length([&before](char c) {
            const bool isExponentSign = (c == '+' || c == '-') && (before == 'e' || before == 'E');
            before = c;
            return isWordCharacter(c) || c == '.' || isExponentSign;
        });
        take(Kind::Number, count);
    }

    /// A text up to its quote; a template with something in it is no literal.
    void text(char quote)
    {
        const int line = m_line;
        std::string meaning;
        bool isLiteral = true;
        size_t at = 1;
        for (; at < m_rest.size() && m_rest[at] != quote; ++at) {
            if (m_rest[at] == '\\')
                isLiteral = escape(at, meaning) && isLiteral;
            else if (quote == '`' && m_rest.substr(at).starts_with("${"))
                isLiteral = false;
            else if (m_rest[at] == '\n' && quote != '`')
                break;
            else
                meaning += m_rest[at];
        }
        const bool isClosed = at < m_rest.size() && m_rest[at] == quote;
        skip(at + 1);
        m_tokens.push_back(
            {isLiteral && isClosed ? Kind::Text : Kind::Other, std::move(meaning), line});
    }

    /// `at` is at the backslash, and afterwards at the last character that belongs to it.
    bool escape(size_t &at, std::string &meaning) const
    {
        constexpr std::string_view names = "nrtbfv0";
        constexpr std::string_view meanings{"\n\r\t\b\f\v\0", 7};
        if (++at >= m_rest.size())
            return false;
        const char c = m_rest[at];
        if (c == 'x')
            return codePoint(at, 2, meaning);
        if (c == 'u')
            return codePoint(at, 4, meaning);
        if (c == '\n')
            return true; // the line goes on
        const size_t known = names.find(c);
        meaning += known == std::string_view::npos ? c : meanings[known];
        return !isDigit(c) || c == '0';
    }

    bool codePoint(size_t &at, size_t digits, std::string &meaning) const
    {
        const std::string_view hex =
            m_rest.substr(std::min(at + 1, m_rest.size())).substr(0, digits);
        unsigned value = 0;
        const auto parsed = std::from_chars(hex.data(), hex.data() + hex.size(), value, 16);
        const bool isSurrogate = value >= 0xd800 && value < 0xe000;
        if (hex.size() != digits || parsed.ptr != hex.data() + digits || isSurrogate)
            return false; // \u{…} and pairs, too, are for typing in
        meaning += QString(QChar(static_cast<char16_t>(value))).toStdString();
        at += digits;
        return true;
    }

    std::string_view m_rest;
    int m_line = 1;
    std::vector<JsToken> m_tokens;
};

} // namespace

std::vector<JsToken> jsTokens(std::string_view source)
{
    return Tokenizer(source).run();
}

} // namespace settings
