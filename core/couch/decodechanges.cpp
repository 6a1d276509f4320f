// One page of `_changes`.
#include "core/couch/decode.h"

#include "core/base/text.h"
#include "core/couch/decodetools.h"

#include <simdjson.h>

namespace couch {

using base::Error;
using base::Result;
using base::text;

namespace json = base::json;
namespace od = simdjson::ondemand;

namespace {

constexpr const char *kWhat = "_changes";

Error malformed(const char *sentence)
{
    return badAnswer(kWhat, text(sentence));
}

// Throws simdjson_error; views into the parser's buffer become strings at once.
std::string stringOf(od::value value)
{
    return std::string(std::string_view(value.get_string()));
}

std::vector<std::string> revsOf(od::value value)
{
    std::vector<std::string> revs;
    for (od::object change : value.get_array()) {
        for (auto field : change) {
            const std::string_view key = field.unescaped_key();
            if (key == "rev")
                revs.push_back(stringOf(field.value()));
        }
    }
    return revs;
}

ChangesRow rowOf(od::object object)
{
    ChangesRow row;
    for (auto field : object) {
        const std::string_view key = field.unescaped_key();
        if (key == "id")
            row.id = stringOf(field.value());
        else if (key == "changes")
            row.revs = revsOf(field.value());
        else if (key == "deleted")
            row.deleted = field.value().get_bool();
    }
    return row;
}

bool isComplete(const ChangesRow &row)
{
    bool complete = !row.id.empty() && !row.revs.empty();
    for (const std::string &rev : row.revs)
        complete = complete && !rev.empty();
    return complete;
}

// The text was validated strictly before, so that everything simdjson skips is known to be sound.
Result<std::vector<ChangesRow>> rowsOf(std::string_view results)
{
    std::vector<ChangesRow> rows;
    try {
        const simdjson::padded_string padded(results);
        od::parser parser;
        od::document document = parser.iterate(padded);
        for (od::object object : document.get_array()) {
            rows.push_back(rowOf(object));
            if (!isComplete(rows.back()))
                return malformed(QT_TRANSLATE_NOOP("core", "A row has no id or no revisions."));
        }
    } catch (const simdjson::simdjson_error &error) {
        return badAnswer(
            kWhat, text("A row is not what it should be (%1).").arg(QLatin1String(error.what())));
    }
    return rows;
}

} // namespace

Result<ChangesPage> decodeChanges(std::string_view body)
{
    const auto object = ObjectView::parse(body);
    if (!object)
        return trailingErrorOr(body, badAnswer(kWhat, object.error().message));
    const auto results = object->raw("results");
    const auto lastSeq = object->raw("last_seq");
    if (object->raw("error") || !results || !lastSeq)
        return trailingErrorOr(
            body, malformed(QT_TRANSLATE_NOOP("core", "It has no results or no last_seq.")));
    const auto kind = json::kindOf(*lastSeq);
    if (kind != json::Kind::String && kind != json::Kind::Number && kind != json::Kind::Array)
        return malformed(QT_TRANSLATE_NOOP("core", "Its last_seq is not a sequence."));
    if (json::kindOf(*results) != json::Kind::Array)
        return malformed(QT_TRANSLATE_NOOP("core", "Its results are not a list."));

    auto rows = rowsOf(*results);
    if (!rows)
        return trailingErrorOr(body, rows.error());
    return ChangesPage{std::move(*rows), std::string(*lastSeq), object->number("pending")};
}

} // namespace couch
