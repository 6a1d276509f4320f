#include "core/settings/toml.h"

#include "core/base/json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include <toml++/toml.h>

namespace settings {

namespace {

std::string nameOf(toml::node_type type)
{
    switch (type) {
    case toml::node_type::table: return "a table";
    case toml::node_type::date: return "a date";
    case toml::node_type::time: return "a time without quotes";
    case toml::node_type::date_time: return "a date and time";
    default: return "something else";
    }
}

TomlValue valueOf(const toml::node &node)
{
    TomlValue result;
    result.line = static_cast<int>(node.source().begin.line);
    if (const auto *flag = node.as_boolean()) {
        result.value = flag->get();
    } else if (const auto *integer = node.as_integer()) {
        result.value = integer->get();
    } else if (const auto *number = node.as_floating_point()) {
        result.value = number->get();
    } else if (const auto *text = node.as_string()) {
        result.value = text->get();
    } else if (const auto *array = node.as_array()) {
        TomlList list;
        for (const toml::node &element : *array)
            list.push_back(valueOf(element));
        result.value = std::move(list);
    } else {
        result.value = TomlOther{nameOf(node.type())};
    }
    return result;
}

void flatten(const toml::table &table, const std::string &prefix, std::vector<TomlEntry> &entries)
{
    for (const auto &[key, node] : table) {
        const std::string name = prefix + std::string(key.str());
        const toml::table *inner = node.as_table();
        if (inner == nullptr || inner->empty()) {
            entries.push_back({name, valueOf(node)});
            // A value's place is where it begins; a key's is what the operator looks for.
            entries.back().value.line = static_cast<int>(key.source().begin.line);
        } else {
            flatten(*inner, name + '.', entries);
        }
    }
}

struct KindOf {
    std::string operator()(bool) const { return "true or false"; }
    std::string operator()(std::int64_t) const { return "a whole number"; }
    std::string operator()(double) const { return "a number with a fraction"; }
    std::string operator()(const std::string &) const { return "a text"; }
    std::string operator()(const TomlList &) const { return "a list"; }
    std::string operator()(const TomlOther &other) const { return other.what; }
};

struct TextOf {
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const
    {
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), "%.17g", number);
        return text.data();
    }
    std::string operator()(const std::string &text) const { return tomlQuoted(text); }
    std::string operator()(const TomlList &list) const
    {
        std::string text = "[";
        for (const TomlValue &element : list)
            text += (text.size() > 1 ? ", " : "") + element.text();
        return text + ']';
    }
    std::string operator()(const TomlOther &other) const { return other.what; }
};

} // namespace

std::string TomlValue::text() const
{
    return std::visit(TextOf{}, value);
}

std::string TomlValue::kind() const
{
    return std::visit(KindOf{}, value);
}

std::variant<std::vector<TomlEntry>, TomlError> parseToml(std::string_view text)
{
    std::vector<TomlEntry> entries;
    try {
        flatten(toml::parse(text), {}, entries);
    } catch (const toml::parse_error &error) { // the packaged library throws
        return TomlError{static_cast<int>(error.source().begin.line),
                         std::string(error.description())};
    }
    std::stable_sort(entries.begin(), entries.end(), [](const TomlEntry &a, const TomlEntry &b) {
        return a.value.line < b.value.line;
    });
    return entries;
}

std::string tomlQuoted(std::string_view utf8)
{
    std::string quoted = base::json::quoted(utf8);
    for (size_t at = 0; (at = quoted.find('\x7f', at)) != std::string::npos; at += 6)
        quoted.replace(at, 1, "\\u007f"); // the one control character that JSON lets stand
    return quoted;
}

} // namespace settings
