#include "app/ctl/jsonwriter.h"

#include "core/base/bytes.h"
#include "core/base/json.h"
#include "core/base/text.h"

namespace ctl {

namespace {

/// Names out of a foreign archive need not be UTF-8; JSON has to be.
void appendText(std::string &out, std::string_view bytes)
{
    if (base::isValidUtf8(bytes))
        base::json::appendQuoted(out, bytes);
    else
        base::json::appendQuoted(out, base::printable(bytes, bytes.size()).toStdString());
}

} // namespace

void JsonWriter::separate()
{
    if (m_needsComma)
        m_text += ',';
    m_needsComma = true;
}

JsonWriter &JsonWriter::beginObject()
{
    separate();
    m_text += '{';
    m_needsComma = false;
    return *this;
}

JsonWriter &JsonWriter::endObject()
{
    m_text += '}';
    m_needsComma = true;
    return *this;
}

JsonWriter &JsonWriter::beginArray()
{
    separate();
    m_text += '[';
    m_needsComma = false;
    return *this;
}

JsonWriter &JsonWriter::endArray()
{
    m_text += ']';
    m_needsComma = true;
    return *this;
}

JsonWriter &JsonWriter::key(std::string_view name)
{
    separate();
    appendText(m_text, name);
    m_text += ':';
    m_needsComma = false;
    return *this;
}

JsonWriter &JsonWriter::value(std::string_view utf8)
{
    separate();
    appendText(m_text, utf8);
    return *this;
}

JsonWriter &JsonWriter::value(std::uint64_t number)
{
    return raw(std::to_string(number));
}

JsonWriter &JsonWriter::value(bool truth)
{
    return raw(truth ? "true" : "false");
}

JsonWriter &JsonWriter::raw(std::string_view json)
{
    separate();
    m_text += json;
    return *this;
}

} // namespace ctl
