#include "core/archive/directoryname.h"

#include "core/base/bytes.h"

#include <algorithm>
#include <array>
#include <optional>

namespace archive {

namespace {

constexpr size_t kMaxBytes = 120;
constexpr size_t kHashDigits = 16;

enum class Capitals { Encoded, Kept };

bool isCapital(char c)
{
    return c >= 'A' && c <= 'Z';
}

/// What a plain directory name may consist of; `~` is the mark of a cut one.
bool isPlain(char c, Capitals capitals)
{
    constexpr std::string_view punctuation = "_-.$()+!#&',;=@[]^`{}";
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
        || (capitals == Capitals::Kept && isCapital(c))
        || punctuation.find(c) != std::string_view::npos;
}

void appendEncoded(std::string &out, char c)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
}

std::string lowered(std::string_view name)
{
    std::string out(name);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return isCapital(c) ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

/// Names with a meaning of their own: Windows devices (with any extension too) and files of the
/// archive.
bool isReserved(std::string_view name)
{
    constexpr std::array<std::string_view, 6> devices{"con", "prn",    "aux",
                                                      "nul", "conin$", "conout$"};
    constexpr std::array<std::string_view, 4> files{"format.json", "manifest.json", "readme.txt",
                                                    "_users.json"};
    const std::string_view stem = name.substr(0, name.find('.'));
    const bool numbered = stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt"))
        && stem[3] >= '0' && stem[3] <= '9';
    return numbered || std::find(devices.begin(), devices.end(), stem) != devices.end()
        || std::find(files.begin(), files.end(), name) != files.end();
}

std::string encoded(std::string_view name, Capitals capitals)
{
    const bool isTaken = capitals == Capitals::Kept ? isReserved(lowered(name)) : isReserved(name);
    std::string out;
    for (size_t i = 0; i < name.size(); ++i) {
        const bool last = i + 1 == name.size();
        if (isPlain(name[i], capitals) && !(last && name[i] == '.') && !(i == 0 && isTaken))
            out += name[i];
        else
            appendEncoded(out, name[i]);
    }
    return out;
}

std::optional<char> decodedAt(std::string_view text, size_t at)
{
    if (text[at] != '%' || at + 2 >= text.size())
        return std::nullopt;
    const auto byte = base::fromHex(text.substr(at + 1, 2));
    return byte ? std::optional(byte->front()) : std::nullopt;
}

std::string nameFor(std::string_view name, Capitals capitals)
{
    std::string out = encoded(name, capitals);
    if (!out.empty() && out.size() <= kMaxBytes)
        return out;
    size_t keep = std::min(out.size(), kMaxBytes - 1 - kHashDigits);
    // Not through the middle of a %XX.
    if (const size_t percent = out.rfind('%', keep);
        percent != std::string::npos && percent < keep && keep - percent < 3)
        keep = percent;
    out.resize(keep);
    return out + '~' + base::sha256Hex(name).substr(0, kHashDigits);
}

} // namespace

std::string directoryNameFor(std::string_view databaseName)
{
    return nameFor(databaseName, Capitals::Encoded);
}

std::string readableNameFor(std::string_view name)
{
    return nameFor(name, Capitals::Kept);
}

std::string databaseNameFor(std::string_view directoryName)
{
    std::string out;
    for (size_t i = 0; i < directoryName.size(); ++i) {
        const auto decoded = decodedAt(directoryName, i);
        out += decoded.value_or(directoryName[i]);
        if (decoded)
            i += 2;
    }
    return out;
}

bool isCutDirectoryName(std::string_view directoryName)
{
    return directoryName.find('~') != std::string_view::npos;
}

} // namespace archive
