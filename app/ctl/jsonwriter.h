#pragma once

#include <QString>

#include <cstdint>
#include <string>
#include <string_view>

namespace ctl {

/// Builds one JSON text. Commas are its business; raw() takes text that is JSON already. Text that
/// is not UTF-8 is written as base::printable() shows it.
class JsonWriter
{
public:
    JsonWriter &beginObject();
    JsonWriter &endObject();
    JsonWriter &beginArray();
    JsonWriter &endArray();
    JsonWriter &key(std::string_view name);
    JsonWriter &value(std::string_view utf8);
    JsonWriter &value(const char *utf8) { return value(std::string_view(utf8)); }
    JsonWriter &value(const QString &text) { return value(text.toStdString()); }
    JsonWriter &value(std::uint64_t number);
    JsonWriter &value(bool truth);
    JsonWriter &raw(std::string_view json);
    template <typename Value>
    JsonWriter &member(std::string_view name, const Value &memberValue)
    {
        return key(name).value(memberValue);
    }
    [[nodiscard]] const std::string &text() const { return m_text; }
    /// Takes what is there, so that a long list can be printed piece by piece.
    [[nodiscard]] std::string takeText() { return std::exchange(m_text, {}); }

private:
    void separate();
    std::string m_text;
    bool m_needsComma = false;
};

} // namespace ctl
