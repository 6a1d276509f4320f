#include "ui/browser/fieldquery.h"

#include "core/base/json.h"
#include "core/base/text.h"

namespace browser {

namespace {

namespace json = base::json;

std::string_view trimmed(std::string_view text)
{
    const size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::optional<std::string_view> fieldOf(std::string_view body, const std::vector<std::string> &path)
{
    std::string_view at = body;
    for (const std::string &name : path) {
        if (json::kindOf(trimmed(at)) != json::Kind::Object)
            return std::nullopt;
        const auto members = json::members(at);
        if (!members)
            return std::nullopt;
        const auto value = json::find(*members, name);
        if (!value)
            return std::nullopt;
        at = *value;
    }
    return trimmed(at);
}

} // namespace

base::Result<FieldQuery> FieldQuery::parse(std::string_view text)
{
    FieldQuery query;
    size_t sign = text.find("==");
    const size_t differs = text.find("!=");
    query.isNegated = differs < sign;
    sign = std::min(sign, differs);
    const std::string_view path = trimmed(text.substr(0, sign));
    const std::string_view value =
        sign == std::string_view::npos ? std::string_view() : trimmed(text.substr(sign + 2));
    if (path.empty() || value.empty())
        return base::Error{
            base::ErrorKind::Usage,
            base::text("A search in fields looks like type == \"user\" or address.city != Bern.")};
    for (size_t at = 0; at <= path.size();) {
        const size_t dot = std::min(path.find('.', at), path.size());
        query.path.emplace_back(path.substr(at, dot - at));
        at = dot + 1;
    }
    query.value = json::validate(value) ? std::string(value) : json::quoted(value);
    return query;
}

bool matches(const FieldQuery &query, std::string_view body)
{
    const auto value = fieldOf(body, query.path);
    if (!value)
        return false;
    const bool areTexts = json::kindOf(*value) == json::Kind::String
        && json::kindOf(query.value) == json::Kind::String;
    const bool isEqual =
        areTexts ? json::unescape(*value) == json::unescape(query.value) : *value == query.value;
    return isEqual != query.isNegated;
}

} // namespace browser
