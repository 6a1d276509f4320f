#include "core/archive/entrypath.h"

#include "core/base/bytes.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>

namespace archive {

namespace {

constexpr size_t kLevelDbDigits = 6; // LevelDB writes %06llu

bool isLetter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool isControl(char c)
{
    return static_cast<unsigned char>(c) < 0x20 || c == '\x7f';
}

bool isLevelDbNumber(std::string_view text)
{
    return text.size() >= kLevelDbDigits && text.size() <= 20
        && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool isNumbered(std::string_view name, std::string_view ending)
{
    return name.ends_with(ending) && isLevelDbNumber(name.substr(0, name.size() - ending.size()));
}

std::optional<QString> componentFault(std::string_view component)
{
    if (component.empty())
        return base::text("a part of its name is empty");
    if (component == ".." || component == ".")
        return base::text("its name climbs through folders");
    if (component.back() == '.' || component.back() == ' ')
        return base::text("a part of its name ends with a dot or a space");
    return std::nullopt;
}

} // namespace

std::optional<QString> pathFault(std::string_view path, const Limits &limits)
{
    if (path.size() > limits.maxNameBytes)
        return base::text("its name has %1 bytes").arg(path.size());
    if (path.starts_with('/'))
        return base::text("its name is absolute");
    if (path.size() >= 2 && isLetter(path[0]) && path[1] == ':')
        return base::text("its name begins with a drive letter");
    if (path.find('\\') != std::string_view::npos)
        return base::text("its name has a backslash");
    if (std::any_of(path.begin(), path.end(), isControl))
        return base::text("its name has control characters");
    if (!base::isValidUtf8(path))
        return base::text("its name is not UTF-8");
    int depth = 0;
    for (size_t begin = 0; begin <= path.size(); ++depth) {
        const size_t end = std::min(path.find('/', begin), path.size());
        if (auto fault = componentFault(path.substr(begin, end - begin)))
            return fault;
        begin = end + 1;
    }
    if (depth > limits.maxDepth)
        return base::text("it lies %1 folders deep").arg(depth);
    return std::nullopt;
}

std::string_view trimmedPath(std::string_view name)
{
    while (name.starts_with("./"))
        name.remove_prefix(2);
    if (name.size() > 1 && name.ends_with('/'))
        name.remove_suffix(1);
    return name == "." ? std::string_view{} : name;
}

std::string collisionKey(std::string_view path)
{
    std::string key(path);
    bool plain = true;
    for (char &c : key) {
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
        plain = plain && static_cast<unsigned char>(c) < 0x80;
    }
    if (plain)
        return key;
    return QString::fromUtf8(path.data(), static_cast<qsizetype>(path.size()))
        .normalized(QString::NormalizationForm_C)
        .toCaseFolded()
        .toStdString();
}

std::string_view parentOf(std::string_view path)
{
    const size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

std::string_view nameOf(std::string_view path)
{
    return path.substr(path.rfind('/') + 1);
}

bool isManifestFile(std::string_view name)
{
    constexpr std::string_view prefix = "MANIFEST-";
    return name.starts_with(prefix) && isLevelDbNumber(name.substr(prefix.size()));
}

bool marksDatabase(std::string_view name)
{
    return name == "CURRENT" || isManifestFile(name) || isNumbered(name, ".ldb")
        || isNumbered(name, ".sst") || isNumbered(name, ".log");
}

bool isOversizePart(std::string_view name)
{
    constexpr std::string_view prefix = "oversize-";
    constexpr size_t hexDigits = 32;
    constexpr size_t partDigits = 4;
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    const auto isHex = [&](char c) { return isDigit(c) || (c >= 'a' && c <= 'f'); };
    if (name.size() != prefix.size() + hexDigits + 1 + partDigits || !name.starts_with(prefix))
        return false;
    const std::string_view hex = name.substr(prefix.size(), hexDigits);
    const std::string_view part = name.substr(prefix.size() + hexDigits + 1);
    return name[prefix.size() + hexDigits] == '-' && std::all_of(hex.begin(), hex.end(), isHex)
        && std::all_of(part.begin(), part.end(), isDigit);
}

bool isDatabaseFile(std::string_view name)
{
    constexpr std::array<std::string_view, 3> plain{"LOG", "LOG.old", "LOCK"};
    return marksDatabase(name) || std::find(plain.begin(), plain.end(), name) != plain.end()
        || isOversizePart(name);
}

bool isLooseFile(std::string_view name)
{
    return name.ends_with(".json") || name.ends_with(".txt");
}

} // namespace archive
