#include "core/backup/foldername.h"

#include "core/base/clock.h"

#include <algorithm>
#include <string>

namespace backup {

namespace {

constexpr std::string_view kPattern = "dddd-dd-ddTdd_dd_dd.dddZ";

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool beginsWithTime(std::string_view text)
{
    if (text.size() < kPattern.size())
        return false;
    for (size_t i = 0; i < kPattern.size(); ++i) {
        if (kPattern[i] == 'd' ? !isDigit(text[i]) : text[i] != kPattern[i])
            return false;
    }
    return true;
}

} // namespace

bool isTimestamp(std::string_view text)
{
    if (!beginsWithTime(text))
        return false;
    text.remove_prefix(kPattern.size());
    return text.empty()
        || (text.size() > 1 && text[0] == '-'
            && std::all_of(text.begin() + 1, text.end(), isDigit));
}

bool isLeftoverName(std::string_view name)
{
    for (const std::string_view suffix : {kPartialSuffix, kStagingSuffix}) {
        if (name.ends_with(suffix) && isTimestamp(name.substr(0, name.size() - suffix.size())))
            return true;
    }
    return false;
}

std::optional<std::chrono::system_clock::time_point> timeInName(std::string_view name)
{
    if (!beginsWithTime(name))
        return std::nullopt;
    std::string iso(name.substr(0, kPattern.size()));
    std::replace(iso.begin(), iso.end(), '_', ':');
    return base::timeOfIso(iso);
}

} // namespace backup
