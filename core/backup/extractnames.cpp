#include "core/backup/extractnames.h"

#include "core/archive/directoryname.h"
#include "core/backup/extractindex.h"

#include <algorithm>
#include <map>

namespace backup {

namespace {

/// What stands before ".json", ".attachments", ".conflicts".
std::string stemOf(std::string_view id, std::string_view rev, bool isWinner)
{
    const std::string document = archive::directoryNameFor(id);
    return isWinner ? document : document + ".conflicts/" + archive::directoryNameFor(rev);
}

bool isLowerOrDigit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

std::string lowered(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

/// ".png"; empty when it is none that tells a program what to do.
std::string endingOf(std::string_view name)
{
    constexpr size_t longest = 10;
    const size_t dot = name.rfind('.');
    if (dot == std::string_view::npos || name.size() - dot > longest || name.size() - dot < 2)
        return {};
    std::string ending = lowered(std::string(name.substr(dot)));
    return std::all_of(ending.begin() + 1, ending.end(), isLowerOrDigit) ? ending : std::string();
}

std::string withEnding(const std::string &fileName, std::string_view name)
{
    return archive::isCutDirectoryName(fileName) ? fileName + endingOf(name) : fileName;
}

} // namespace

std::string extractedDatabase(std::string_view databaseName)
{
    std::string folder = archive::directoryNameFor(databaseName);
    return folder == kExtractIndexName ? "%69" + folder.substr(1) : folder;
}

std::string extractedBody(std::string_view id, std::string_view rev, bool isWinner)
{
    return stemOf(id, rev, isWinner) + ".json";
}

std::string extractedAttachments(std::string_view id, std::string_view rev, bool isWinner)
{
    return stemOf(id, rev, isWinner) + ".attachments";
}

std::vector<std::string> extractedAttachmentNames(const std::vector<std::string> &names)
{
    std::map<std::string, int> alike;
    for (const std::string &name : names)
        ++alike[lowered(archive::readableNameFor(name))];
    std::vector<std::string> out;
    for (const std::string &name : names) {
        const std::string readable = archive::readableNameFor(name);
        const bool isAlone = alike[lowered(readable)] == 1;
        out.push_back(withEnding(isAlone ? readable : archive::directoryNameFor(name), name));
    }
    return out;
}

} // namespace backup
