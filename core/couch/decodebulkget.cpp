// The rows of `_bulk_get`.
#include "core/couch/decode.h"

#include "core/base/text.h"
#include "core/couch/decodetools.h"

#include <simdjson.h>

namespace couch {

using base::Error;
using base::printable;
using base::Result;
using base::Status;
using base::text;

namespace json = base::json;
namespace od = simdjson::ondemand;

namespace {

constexpr const char *kWhat = "_bulk_get";

Error malformed(const QString &why)
{
    return badAnswer(kWhat, why);
}

Result<BulkRow> documentRow(const std::string &id, std::string_view slice)
{
    const auto document = json::members(slice);
    if (!document)
        return malformed(
            text("The document %1 is damaged: %2").arg(printable(id), document.error().message));
    const auto member = [&](std::string_view key) {
        return json::find(*document, key).value_or(std::string_view());
    };
    const std::string_view itsId = member("_id");
    const std::string_view rev = member("_rev");
    if (!isString(itsId) || !isString(rev)
        || json::kindOf(member("_revisions")) != json::Kind::Object)
        return malformed(text("The document %1 lacks _id, _rev or _revisions.").arg(printable(id)));
    if (json::unescape(itsId) != id)
        return malformed(
            text("The document %1 came in the place of %2.").arg(printable(itsId), printable(id)));
    BulkRow row;
    row.id = id;
    row.rev = json::unescape(rev);
    row.document = slice;
    return row;
}

// {"id":...,"rev":...,"error":"not_found","reason":"missing"}
Result<BulkRow> errorRow(const std::string &id, std::string_view slice)
{
    const auto object = ObjectView::parse(slice);
    if (!object)
        return malformed(object.error().message);
    BulkRow row;
    row.id = id;
    row.rev = object->string("rev").value_or(std::string());
    if (row.rev == "undefined") // CouchDB's word for a revision that was not asked for
        row.rev.clear();
    row.error = object->string("error").value_or("unknown_error");
    row.reason = object->string("reason").value_or(std::string());
    return row;
}

// The text of an object, which simdjson finds by its brackets alone.
std::string_view sliceOf(od::value value)
{
    od::object object = value.get_object();
    return trimmed(object.raw_json());
}

// One of a row's docs: {"ok":{...}}, {"error":{...}}, or PouchDB Server's {"missing":"1-a"}.
Result<BulkRow> rowOf(const std::string &id, od::object object)
{
    std::optional<Result<BulkRow>> row;
    for (auto field : object) {
        const std::string_view key = field.unescaped_key();
        if (row)
            return malformed(text("An entry of %1 is both good and bad.").arg(printable(id)));
        if (key == "ok") {
            row = documentRow(id, sliceOf(field.value()));
        } else if (key == "error") {
            row = errorRow(id, sliceOf(field.value()));
        } else if (key == "missing") {
            BulkRow missing;
            missing.id = id;
            missing.rev = std::string_view(field.value().get_string());
            missing.error = "not_found";
            missing.reason = "missing";
            row = missing;
        }
    }
    return row ? *std::move(row)
               : Result<BulkRow>(malformed(text("An entry of %1 is empty.").arg(printable(id))));
}

// {"id":...,"docs":[...]}, in this order.
Status appendRows(od::object result, std::vector<BulkRow> &rows)
{
    std::optional<std::string> id;
    bool hasDocs = false;
    for (auto field : result) {
        const std::string_view key = field.unescaped_key();
        if (key == "id" && !id) {
            id = std::string(std::string_view(field.value().get_string()));
        } else if (key == "docs" && id && !hasDocs) {
            hasDocs = true;
            for (od::object entry : field.value().get_array()) {
                auto row = rowOf(*id, entry);
                if (!row)
                    return row.error();
                rows.push_back(std::move(*row));
            }
        } else if (key == "docs" || key == "id" || key == "error") {
            return malformed(text("A row is not made of an id and its documents."));
        }
    }
    if (!id || !hasDocs)
        return malformed(text("A row has no id or no documents."));
    return {};
}

Status readEnvelope(std::string_view body, std::vector<BulkRow> &rows)
{
    const simdjson::padded_string padded(body);
    od::parser parser;
    od::document document = parser.iterate(padded);
    bool hasResults = false;
    for (auto field : document.get_object()) {
        const std::string_view key = field.unescaped_key();
        if (key == "error" || (key == "results" && hasResults))
            return malformed(text("It is not one list of results."));
        if (key != "results")
            continue;
        hasResults = true;
        for (od::object result : field.value().get_array()) {
            if (auto status = appendRows(result, rows); !status)
                return status;
        }
    }
    if (!hasResults)
        return malformed(text("It has no results."));
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
        return malformed(text("There is something behind its end."));
    return {};
}

} // namespace

Result<std::vector<BulkRow>> decodeBulkGet(std::string_view body)
{
    std::vector<BulkRow> rows;
    Status status;
    try {
        status = readEnvelope(body, rows);
    } catch (const simdjson::simdjson_error &error) {
        status = malformed(text("It is cut off or damaged (%1).").arg(QLatin1String(error.what())));
    }
    if (!status)
        return trailingErrorOr(body, status.error());
    return rows;
}

} // namespace couch
