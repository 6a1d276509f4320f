#include "core/serve/message.h"

#include <algorithm>

namespace serve {

namespace {

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

int hexDigit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::optional<std::string> decoded(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            if (i + 2 >= text.size())
                return std::nullopt;
            const int high = hexDigit(text[i + 1]);
            const int low = hexDigit(text[i + 2]);
            if (high < 0 || low < 0)
                return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return out;
}

/// Calls `visit` with the pieces between the separators; stops at false.
template <typename Visit>
bool forEachPiece(std::string_view text, char separator, const Visit &visit)
{
    while (!text.empty()) {
        const size_t end = std::min(text.find(separator), text.size());
        if (!visit(text.substr(0, end)))
            return false;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return true;
}

} // namespace

bool equalsIgnoringCase(std::string_view a, std::string_view b)
{
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

std::optional<std::string_view> Headers::find(std::string_view name) const
{
    for (const auto &[field, value] : m_fields) {
        if (equalsIgnoringCase(field, name))
            return value;
    }
    return std::nullopt;
}

std::optional<std::string_view> Request::parameter(std::string_view name) const
{
    for (const auto &[key, value] : query) {
        if (key == name)
            return value;
    }
    return std::nullopt;
}

bool parseTarget(std::string target, Request &request)
{
    request.target = std::move(target);
    request.path.clear();
    request.query.clear();
    const std::string_view text = request.target;
    if (!text.starts_with('/'))
        return false;
    const size_t mark = std::min(text.find('?'), text.size());
    const bool pathIsGood =
        forEachPiece(text.substr(0, mark), '/', [&request](std::string_view piece) {
            if (piece.empty())
                return true;
            auto segment = decoded(piece);
            if (segment)
                request.path.push_back(std::move(*segment));
            return segment.has_value();
        });
    return pathIsGood
        && forEachPiece(text.substr(std::min(mark + 1, text.size())), '&',
                        [&request](std::string_view piece) {
                            const size_t equals = std::min(piece.find('='), piece.size());
                            auto key = decoded(piece.substr(0, equals));
                            auto value = decoded(piece.substr(std::min(equals + 1, piece.size())));
                            if (!key || !value)
                                return false;
                            if (!key->empty())
                                request.query.emplace_back(std::move(*key), std::move(*value));
                            return true;
                        });
}

bool accepts(const Request &request, std::string_view type)
{
    const auto header = request.headers.find("Accept");
    if (!header || trimmed(*header).empty())
        return true;
    const std::string anyOfKind = std::string(type.substr(0, type.find('/'))) + "/*";
    bool accepted = false;
    forEachPiece(*header, ',', [&](std::string_view piece) {
        const size_t semicolon = std::min(piece.find(';'), piece.size());
        const std::string_view range = trimmed(piece.substr(0, semicolon));
        const std::string_view rest = piece.substr(semicolon);
        const bool isRefused = rest.find("q=0") != std::string_view::npos
            && rest.find_first_of("123456789") == std::string_view::npos;
        if (equalsIgnoringCase(range, type) || equalsIgnoringCase(range, anyOfKind)
            || range == "*/*")
            accepted = accepted || !isRefused;
        return true;
    });
    return accepted;
}

} // namespace serve
