#include "core/couch/decodetools.h"

#include "core/base/text.h"

#include <algorithm>

namespace couch {

using base::Error;
using base::ErrorKind;
using base::printable;
using base::text;

namespace json = base::json;

Error badAnswer(const char *what, const QString &why)
{
    return {ErrorKind::Protocol,
            text("The server's answer to %1 cannot be used. %2").arg(QLatin1String(what), why)};
}

Error trailingErrorOr(std::string_view body, Error otherwise)
{
    constexpr std::string_view kBegin = R"({"error":)";
    const size_t at = body.rfind(kBegin);
    if (at == std::string_view::npos)
        return otherwise;
    const auto object = ObjectView::parse(body.substr(at));
    if (!object)
        return otherwise;
    const auto error = object->string("error");
    if (!error)
        return otherwise;
    const std::string reason = object->string("reason").value_or(std::string());
    return {ErrorKind::Server,
            text("The server failed in the middle of its answer and said: %1 (%2).")
                .arg(printable(reason), printable(*error)),
            otherwise.message};
}

base::Result<ObjectView> ObjectView::parse(std::string_view text)
{
    auto members = json::members(text);
    if (!members)
        return members.error();
    std::vector<std::string_view> keys;
    keys.reserve(members->size());
    for (const json::Member &member : *members)
        keys.push_back(member.key);
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice != keys.end())
        return Error{ErrorKind::Protocol,
                     base::text("The member \"%1\" is there twice.").arg(printable(*twice))};
    ObjectView view;
    view.m_members = std::move(*members);
    return view;
}

std::optional<std::string_view> ObjectView::raw(std::string_view key) const
{
    return json::find(m_members, key);
}

std::optional<std::string> ObjectView::string(std::string_view key) const
{
    const auto value = raw(key);
    if (!value || !isString(*value))
        return std::nullopt;
    return json::unescape(*value);
}

std::optional<std::uint64_t> ObjectView::number(std::string_view key) const
{
    const auto value = raw(key);
    return value ? json::toUnsigned(*value) : std::nullopt;
}

bool ObjectView::isTrue(std::string_view key) const
{
    const auto value = raw(key);
    return value && json::kindOf(*value) == json::Kind::True;
}

bool isString(std::string_view rawValue)
{
    return json::kindOf(rawValue) == json::Kind::String;
}

std::optional<std::vector<std::string>> stringList(std::string_view rawArray)
{
    const auto elements = json::elements(rawArray);
    if (!elements)
        return std::nullopt;
    std::vector<std::string> list;
    list.reserve(elements->size());
    for (const std::string_view element : *elements) {
        if (!isString(element))
            return std::nullopt;
        list.push_back(json::unescape(element));
    }
    return list;
}

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view kSpace = " \t\r\n";
    const size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

} // namespace couch
