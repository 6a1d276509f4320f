#include "core/base/indentjson.h"

#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace base {

namespace {

/// The character of a string at `at`, as an escape where it would draw on the terminal. Returns its
/// length.
size_t appendCharacter(std::string &out, std::string_view json, size_t at)
{
    const auto bits = [&](size_t i, unsigned mask) {
        return static_cast<char32_t>(static_cast<unsigned char>(json[i]) & mask);
    };
    size_t end = at + 1;
    while (end < json.size() && bits(end, 0xc0) == 0x80)
        ++end;
    const size_t length = end - at;
    char32_t character = bits(at, 0x7f);
    if (length == 2)
        character = bits(at, 0x1f) << 6 | bits(at + 1, 0x3f);
    else if (length == 3)
        character = bits(at, 0x0f) << 12 | bits(at + 1, 0x3f) << 6 | bits(at + 2, 0x3f);
    if (length > 3 || isHarmless(character)) { // all that are not lie below U+10000
        out += json.substr(at, length);
        return length;
    }
    std::array<char, 8> escape{};
    std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(character));
    out += escape.data();
    return length;
}

} // namespace

std::string indentJson(std::string_view json)
{
    std::string out;
    size_t depth = 0;
    bool inString = false;
    const auto newLine = [&] {
        constexpr size_t deepest = 40; // deeper nesting is not made wider
        out += '\n';
        out.append(2 * std::min(depth, deepest), ' ');
    };
    for (size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (inString) {
            if (c == '\\' && i + 1 < json.size()) {
                out += c;
                out += json[++i];
            } else {
                inString = c != '"';
                i += appendCharacter(out, json, i) - 1;
            }
            continue;
        }
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
            continue;
        const size_t next = c == '{' || c == '[' ? json.find_first_not_of(" \n\r\t", i + 1)
                                                 : std::string_view::npos;
        const bool isEmpty =
            next != std::string_view::npos && (json[next] == '}' || json[next] == ']');
        if (isEmpty) {
            out += c;
            out += json[next];
            i = next;
        } else if (c == '{' || c == '[') {
            out += c;
            ++depth;
            newLine();
        } else if (c == '}' || c == ']') {
            --depth;
            newLine();
            out += c;
        } else if (c == ',') {
            out += c;
            newLine();
        } else if (c == ':') {
            out += ": ";
        } else {
            inString = c == '"';
            out += c;
        }
    }
    return out;
}

} // namespace base
