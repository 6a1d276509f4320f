#include "core/couch/decodetools.h"
#include "core/couch/scheduler.h"

#include "core/base/text.h"

namespace couch {

using base::Result;
using base::text;

namespace json = base::json;

namespace {

constexpr const char *kEndpoint = "_scheduler/docs";

bool isObject(std::string_view raw)
{
    return json::kindOf(raw) == json::Kind::Object;
}

SchedulerRow::Statistics statisticsOf(const ObjectView &info)
{
    SchedulerRow::Statistics statistics;
    statistics.docsRead = info.number("docs_read");
    statistics.docsWritten = info.number("docs_written");
    statistics.docWriteFailures = info.number("doc_write_failures");
    statistics.changesPending = info.number("changes_pending");
    const auto seq = info.raw("through_seq");
    if (seq && json::kindOf(*seq) != json::Kind::Null)
        statistics.throughSeq = *seq;
    return statistics;
}

/// `info` is null, {"error": ...}, statistics, or before CouchDB 3.0 a string.
base::Status readInfo(std::string_view raw, SchedulerRow &row)
{
    if (isString(raw)) {
        row.error = json::unescape(raw);
        return {};
    }
    if (!isObject(raw))
        return {};
    const auto info = ObjectView::parse(raw);
    if (!info)
        return badAnswer(kEndpoint, info.error().message);
    if (const auto error = info->string("error")) {
        row.error = *error;
        return {};
    }
    row.statistics = statisticsOf(*info);
    return {};
}

Result<SchedulerRow> rowOf(std::string_view raw)
{
    const auto object = ObjectView::parse(raw);
    if (!object)
        return badAnswer(kEndpoint, object.error().message);
    const auto docId = object->string("doc_id");
    if (!docId)
        return badAnswer(kEndpoint, text("A row has no doc_id."));
    SchedulerRow row;
    row.docId = *docId;
    row.database = object->string("database").value_or("_replicator");
    row.state = object->string("state").value_or(std::string());
    row.errorCount = object->number("error_count").value_or(0);
    row.source = object->string("source").value_or(std::string());
    row.target = object->string("target").value_or(std::string());
    row.startTime = object->string("start_time").value_or(std::string());
    row.lastUpdated = object->string("last_updated").value_or(std::string());
    if (const auto info = object->raw("info")) {
        if (base::Status read = readInfo(*info, row); !read)
            return read.error();
    }
    return row;
}

} // namespace

Result<SchedulerPage> decodeSchedulerDocs(std::string_view body)
{
    const auto object = ObjectView::parse(trimmed(body));
    if (!object)
        return trailingErrorOr(body, badAnswer(kEndpoint, object.error().message));
    // An empty list is called "rows" by one path through CouchDB's code.
    auto docs = object->raw("docs");
    if (!docs)
        docs = object->raw("rows");
    if (!docs || json::kindOf(*docs) != json::Kind::Array)
        return trailingErrorOr(body, badAnswer(kEndpoint, text("It has no list of documents.")));
    const auto elements = json::elements(*docs);
    if (!elements)
        return badAnswer(kEndpoint, elements.error().message);
    SchedulerPage page;
    page.totalRows = object->number("total_rows");
    page.rows.reserve(elements->size());
    for (const std::string_view element : *elements) {
        auto row = rowOf(element);
        if (!row)
            return row.error();
        page.rows.push_back(std::move(*row));
    }
    return page;
}

Result<SchedulerRow> decodeSchedulerDoc(std::string_view body)
{
    return rowOf(trimmed(body));
}

Result<std::vector<ActiveReplication>> decodeActiveReplications(std::string_view body)
{
    constexpr const char *kWhat = "_active_tasks";
    const auto elements = json::elements(trimmed(body));
    if (!elements)
        return trailingErrorOr(body, badAnswer(kWhat, elements.error().message));
    std::vector<ActiveReplication> replications;
    for (const std::string_view element : *elements) {
        const auto task = ObjectView::parse(element);
        if (!task)
            return badAnswer(kWhat, task.error().message);
        if (task->string("type") != "replication")
            continue;
        ActiveReplication one;
        one.docId = task->string("doc_id").value_or(std::string());
        one.source = task->string("source").value_or(std::string());
        one.target = task->string("target").value_or(std::string());
        one.statistics = statisticsOf(*task);
        replications.push_back(std::move(one));
    }
    return replications;
}

} // namespace couch
