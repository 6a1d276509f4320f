#include "core/monitor/checkpoints.h"

#include "core/base/json.h"
#include "core/monitor/ownfile.h"

namespace monitor {

using base::Result;
using base::Status;

namespace json = base::json;

namespace {

constexpr std::string_view kPrefix = "_local/";
/// Base64 of an MD5.
constexpr std::size_t kIdLength = 24;

bool isPouchId(std::string_view id)
{
    return id.starts_with(kPrefix) && id.size() == kPrefix.size() + kIdLength && id.ends_with("==");
}

bool isPouchCheckpoint(const Fields &fields)
{
    return fields.string("replicator") == "pouchdb" && fields.string("session_id")
        && fields.raw("last_seq") && fields.raw("history");
}

/// The only session of the history is that of the document.
bool hasOneSession(const Fields &fields)
{
    const auto history = json::elements(fields.raw("history").value_or(""));
    if (!history || history->size() != 1)
        return false;
    const auto session = Fields::of(history->front());
    return session && session->string("session_id") == fields.string("session_id");
}

} // namespace

LocalKind kindOfLocal(std::string_view id, std::string_view text,
                      const std::set<std::string> &inArchives)
{
    const auto fields = Fields::of(text);
    if (!fields)
        return LocalKind::Other;
    if (fields->raw("replication_id_version") && fields->raw("source_last_seq"))
        return LocalKind::CouchReplicator;
    if (!isPouchCheckpoint(*fields) || !isPouchId(id))
        return LocalKind::Other;
    if (inArchives.contains(std::string(id)))
        return LocalKind::Predecessor;
    return hasOneSession(*fields) ? LocalKind::PouchOnce : LocalKind::PouchClient;
}

Result<std::set<std::string>> checkpointIdsIn(store::Reader &stored)
{
    std::set<std::string> ids;
    Status read = stored.forEachLocal([&](std::string_view id, std::string_view text) {
        const auto fields = Fields::of(text);
        if (fields && isPouchCheckpoint(*fields) && isPouchId(id))
            ids.emplace(id);
        return Status();
    });
    return read ? Result<std::set<std::string>>(std::move(ids))
                : Result<std::set<std::string>>(read.error());
}

Result<OrphanReport> removeOrphanCheckpoints(const OrphanRequest &request)
{
    const auto locals = request.server.localDocuments(request.database);
    if (!locals)
        return locals.error();
    OrphanReport report;
    for (const couch::Client::LocalDocument &local : *locals) {
        const LocalKind kind = kindOfLocal(local.id, local.json, request.inArchives);
        const bool isOrphan =
            kind == LocalKind::Predecessor || (kind == LocalKind::PouchOnce && request.isMirror);
        if (!isOrphan) {
            report.kept += kind == LocalKind::Other ? 0 : 1;
            continue;
        }
        report.orphans.push_back(local.id);
        if (request.dryRun)
            continue;
        const auto fields = Fields::of(local.json);
        const std::string rev = fields ? fields->string("_rev").value_or("") : std::string();
        Status removed = request.administration.deleteDocument(request.database, local.id, rev);
        if (!removed && removed.error().kind != base::ErrorKind::NotFound)
            return removed.error();
        report.removed += removed ? 1 : 0;
    }
    return report;
}

} // namespace monitor
