#include "core/base/json.h"

#include "core/base/text.h"

#include <array>
#include <cstring>
#include <limits>

namespace base::json {

namespace {

// What may follow inside a string without further looks: everything printable but quote and
// backslash.
constexpr std::array<bool, 256> makePlainTable()
{
    std::array<bool, 256> plain{};
    for (unsigned c = 0x20; c < 0x80; ++c)
        plain[c] = c != '"' && c != '\\';
    return plain;
}
constexpr std::array<bool, 256> kPlain = makePlainTable();

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isSpace(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

int hexDigit(char c)
{
    if (isDigit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/// One walk over a text. The stack of open brackets is one bit each, so that a million levels cost
/// 125 kB; what the caller wants is the top level's members or elements.
class Walker
{
public:
    explicit Walker(std::string_view text)
        : m_begin(text.data())
        , m_at(text.data())
        , m_end(text.data() + text.size())
    {
    }

    bool walk(std::vector<Member> *membersOut, std::vector<std::string_view> *elementsOut)
    {
        skipSpace();
        if (m_at == m_end)
            return fail("the text is empty");
        if (membersOut != nullptr && *m_at != '{')
            return fail("an object was expected");
        if (elementsOut != nullptr && *m_at != '[')
            return fail("an array was expected");
        m_members = membersOut;
        m_elements = elementsOut;
        if (!walkValue())
            return false;
        skipSpace();
        return m_at == m_end || fail("there is something behind the value");
    }

    [[nodiscard]] const char *reason() const { return m_reason; }
    [[nodiscard]] size_t offset() const { return static_cast<size_t>(m_at - m_begin); }

private:
    bool fail(const char *reason)
    {
        m_reason = reason;
        return false;
    }

    void skipSpace()
    {
        while (m_at != m_end && isSpace(*m_at))
            ++m_at;
    }

    void push(bool object)
    {
        if (m_depth % 64 == 0 && m_depth / 64 == m_stack.size())
            m_stack.push_back(0);
        const std::uint64_t bit = std::uint64_t{1} << (m_depth % 64);
        if (object)
            m_stack[m_depth / 64] |= bit;
        else
            m_stack[m_depth / 64] &= ~bit;
        ++m_depth;
    }

    [[nodiscard]] bool inObject() const
    {
        const size_t top = m_depth - 1;
        return (m_stack[top / 64] >> (top % 64) & 1) != 0;
    }

    // Called where a value begins inside the outermost container.
    void noteTopLevelStart() { m_valueStart = m_at; }

    void noteTopLevelEnd()
    {
        const std::string_view value(m_valueStart, static_cast<size_t>(m_at - m_valueStart));
        if (m_members != nullptr)
            m_members->push_back({m_key, value});
        else if (m_elements != nullptr)
            m_elements->push_back(value);
    }

    bool walkValue()
    {
        while (true) {
            if (m_depth == 1)
                noteTopLevelStart();
            bool opened = false;
            if (!startValue(opened))
                return false;
            if (opened)
                continue;
            if (!finishValues())
                return false;
            if (m_depth == 0)
                return true;
        }
    }

    // A scalar is read whole; a container is opened up to its first value, or closed when empty.
    bool startValue(bool &opened)
    {
        if (m_at == m_end)
            return fail("the text ends where a value should be");
        switch (*m_at) {
        case '{':
            ++m_at;
            push(true);
            skipSpace();
            if (m_at != m_end && *m_at == '}') {
                ++m_at;
                --m_depth;
                return true;
            }
            opened = true;
            return readKey();
        case '[':
            ++m_at;
            push(false);
            skipSpace();
            if (m_at != m_end && *m_at == ']') {
                ++m_at;
                --m_depth;
                return true;
            }
            opened = true;
            return true;
        case '"': return readString();
        case 't': return readWord("true");
        case 'f': return readWord("false");
        case 'n': return readWord("null");
        default: return readNumber();
        }
    }

    // Behind a value: closes containers until the next value begins or everything is closed.
    bool finishValues()
    {
        while (m_depth > 0) {
            if (m_depth == 1)
                noteTopLevelEnd();
            skipSpace();
            if (m_at == m_end)
                return fail("the text ends inside an object or array");
            const char c = *m_at;
            if (c == ',') {
                ++m_at;
                skipSpace();
                return inObject() ? readKey() : true;
            }
            if (c != (inObject() ? '}' : ']'))
                return fail("a comma or the closing bracket was expected");
            ++m_at;
            --m_depth;
        }
        return true;
    }

    bool readKey()
    {
        if (m_at == m_end || *m_at != '"')
            return fail("a member name was expected");
        const char *start = m_at + 1;
        if (!readString())
            return false;
        if (m_depth == 1)
            m_key = std::string_view(start, static_cast<size_t>(m_at - 1 - start));
        skipSpace();
        if (m_at == m_end || *m_at != ':')
            return fail("a colon was expected");
        ++m_at;
        skipSpace();
        return true;
    }

    bool readString()
    {
        ++m_at; // the quote
        while (true) {
            while (m_at != m_end && kPlain[static_cast<unsigned char>(*m_at)])
                ++m_at;
            if (m_at == m_end)
                return fail("a string is not closed");
            const auto c = static_cast<unsigned char>(*m_at);
            if (c == '"') {
                ++m_at;
                return true;
            }
            if (c == '\\') {
                if (!readEscape())
                    return false;
            } else if (c < 0x20) {
                return fail("a control character stands unescaped in a string");
            } else if (c == 0x7f) {
                ++m_at;
            } else if (!readMultibyte()) {
                return false;
            }
        }
    }

    bool readEscape()
    {
        if (m_end - m_at < 2)
            return fail("a string is not closed");
        const char c = m_at[1];
        if (c != 'u') {
            if (std::strchr("\"\\/bfnrt", c) == nullptr || c == '\0')
                return fail("an unknown escape stands in a string");
            m_at += 2;
            return true;
        }
        const int first = readHex4(m_at);
        if (first < 0)
            return fail("a \\u escape is not four hex digits");
        if (first >= 0xdc00 && first <= 0xdfff)
            return fail("half a surrogate pair stands in a string");
        m_at += 6;
        if (first < 0xd800 || first > 0xdbff)
            return true;
        if (m_end - m_at < 6 || m_at[0] != '\\' || m_at[1] != 'u')
            return fail("half a surrogate pair stands in a string");
        const int second = readHex4(m_at);
        if (second < 0xdc00 || second > 0xdfff)
            return fail("half a surrogate pair stands in a string");
        m_at += 6;
        return true;
    }

    // `p` points at the backslash of \uXXXX.
    int readHex4(const char *p) const
    {
        if (m_end - p < 6)
            return -1;
        int value = 0;
        for (int i = 2; i < 6; ++i) {
            const int digit = hexDigit(p[i]);
            if (digit < 0)
                return -1;
            value = value * 16 + digit;
        }
        return value;
    }

    bool readMultibyte()
    {
        const auto *p = reinterpret_cast<const unsigned char *>(m_at);
        const auto left = m_end - m_at;
        const auto continues = [&](int i) { return (p[i] & 0xc0) == 0x80; };
        int length = 0;
        if (p[0] >= 0xc2 && p[0] <= 0xdf) {
            length = left >= 2 && continues(1) ? 2 : 0;
        } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
            const bool whole = left >= 3 && continues(1) && continues(2);
            const bool overlong = p[0] == 0xe0 && whole && p[1] < 0xa0;
            const bool surrogate = p[0] == 0xed && whole && p[1] >= 0xa0;
            length = whole && !overlong && !surrogate ? 3 : 0;
        } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
            const bool whole = left >= 4 && continues(1) && continues(2) && continues(3);
            const bool overlong = p[0] == 0xf0 && whole && p[1] < 0x90;
            const bool tooLarge = p[0] == 0xf4 && whole && p[1] >= 0x90;
            length = whole && !overlong && !tooLarge ? 4 : 0;
        }
        if (length == 0)
            return fail("a string is not valid UTF-8");
        m_at += length;
        return true;
    }

    bool readWord(std::string_view word)
    {
        if (static_cast<size_t>(m_end - m_at) < word.size()
            || std::string_view(m_at, word.size()) != word)
            return fail("an unknown word stands where a value should be");
        m_at += word.size();
        return true;
    }

    bool readDigits()
    {
        const char *start = m_at;
        while (m_at != m_end && isDigit(*m_at))
            ++m_at;
        return m_at != start;
    }

    bool readNumber()
    {
        if (*m_at == '-')
            ++m_at;
        if (m_at != m_end && *m_at == '0')
            ++m_at;
        else if (!readDigits())
            return fail("a value was expected");
        if (m_at != m_end && *m_at == '.') {
            ++m_at;
            if (!readDigits())
                return fail("a number has no digits behind its point");
        }
        if (m_at != m_end && (*m_at == 'e' || *m_at == 'E')) {
            ++m_at;
            if (m_at != m_end && (*m_at == '+' || *m_at == '-'))
                ++m_at;
            if (!readDigits())
                return fail("a number has no digits in its exponent");
        }
        return true;
    }

    const char *m_begin;
    const char *m_at;
    const char *m_end;
    const char *m_reason = "";
    std::vector<std::uint64_t> m_stack;
    size_t m_depth = 0;
    std::vector<Member> *m_members = nullptr;
    std::vector<std::string_view> *m_elements = nullptr;
    std::string_view m_key;
    const char *m_valueStart = nullptr;
};

Error malformed(const Walker &walker)
{
    return {ErrorKind::Protocol,
            text("The JSON text is malformed at byte %1: %2.")
                .arg(walker.offset())
                .arg(text(walker.reason()))};
}

void appendCodePoint(std::string &out, std::uint32_t c)
{
    const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
    if (c < 0x80) {
        byte(c);
    } else if (c < 0x800) {
        byte(0xc0 | c >> 6);
        byte(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        byte(0xe0 | c >> 12);
        byte(0x80 | (c >> 6 & 0x3f));
        byte(0x80 | (c & 0x3f));
    } else {
        byte(0xf0 | c >> 18);
        byte(0x80 | (c >> 12 & 0x3f));
        byte(0x80 | (c >> 6 & 0x3f));
        byte(0x80 | (c & 0x3f));
    }
}

std::uint32_t hex4(std::string_view raw, size_t at)
{
    std::uint32_t value = 0;
    for (size_t i = at; i < at + 4 && i < raw.size(); ++i)
        value = value * 16 + static_cast<std::uint32_t>(std::max(0, hexDigit(raw[i])));
    return value;
}

} // namespace

Status validate(std::string_view text)
{
    Walker walker(text);
    if (!walker.walk(nullptr, nullptr))
        return malformed(walker);
    return {};
}

Result<std::vector<Member>> members(std::string_view objectText)
{
    std::vector<Member> out;
    Walker walker(objectText);
    if (!walker.walk(&out, nullptr))
        return malformed(walker);
    return out;
}

Result<std::vector<std::string_view>> elements(std::string_view arrayText)
{
    std::vector<std::string_view> out;
    Walker walker(arrayText);
    if (!walker.walk(nullptr, &out))
        return malformed(walker);
    return out;
}

std::optional<Kind> kindOf(std::string_view value)
{
    if (value.empty())
        return std::nullopt;
    switch (value.front()) {
    case '{': return Kind::Object;
    case '[': return Kind::Array;
    case '"': return Kind::String;
    case 't': return Kind::True;
    case 'f': return Kind::False;
    case 'n': return Kind::Null;
    default:
        if (value.front() == '-' || isDigit(value.front()))
            return Kind::Number;
        return std::nullopt;
    }
}

std::string unescape(std::string_view rawString)
{
    if (rawString.size() >= 2 && rawString.front() == '"' && rawString.back() == '"')
        rawString = rawString.substr(1, rawString.size() - 2);
    if (rawString.find('\\') == std::string_view::npos)
        return std::string(rawString);
    std::string out;
    out.reserve(rawString.size());
    for (size_t i = 0; i < rawString.size(); ++i) {
        if (rawString[i] != '\\' || i + 1 == rawString.size()) {
            out += rawString[i];
            continue;
        }
        const char c = rawString[++i];
        constexpr std::string_view names = "bfnrt";
        constexpr std::string_view values = "\b\f\n\r\t";
        if (c != 'u') {
            const size_t known = names.find(c);
            out += known == std::string_view::npos ? c : values[known];
            continue;
        }
        std::uint32_t code = hex4(rawString, i + 1);
        i += 4;
        if (code >= 0xd800 && code <= 0xdbff) {
            const std::uint32_t low = hex4(rawString, i + 3);
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            i += 6;
        }
        appendCodePoint(out, code);
    }
    return out;
}

void appendQuoted(std::string &out, std::string_view utf8)
{
    constexpr std::string_view hex = "0123456789abcdef";
    constexpr std::string_view named = "\b\t\n\f\r";
    constexpr std::string_view names = "btnfr";
    out += '"';
    for (const char c : utf8) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) >= 0x20) {
            out += c;
        } else if (const size_t known = named.find(c); known != std::string_view::npos) {
            out += '\\';
            out += names[known];
        } else {
            out += "\\u00";
            out += hex[static_cast<unsigned char>(c) >> 4];
            out += hex[static_cast<unsigned char>(c) & 15];
        }
    }
    out += '"';
}

std::string quoted(std::string_view utf8)
{
    std::string out;
    appendQuoted(out, utf8);
    return out;
}

std::optional<std::uint64_t> toUnsigned(std::string_view value)
{
    if (value.empty() || value.size() > 19)
        return std::nullopt;
    std::uint64_t number = 0;
    for (const char c : value) {
        if (!isDigit(c))
            return std::nullopt;
        number = number * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return std::nullopt;
    return number;
}

std::optional<std::string_view> find(const std::vector<Member> &members, std::string_view key)
{
    for (const Member &member : members) {
        if (member.key == key
            || (member.key.find('\\') != std::string_view::npos && unescape(member.key) == key))
            return member.value;
    }
    return std::nullopt;
}

} // namespace base::json
