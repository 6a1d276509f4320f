#include "core/monitor/cleanup.h"

#include "core/base/failpoint.h"
#include "core/base/text.h"

namespace monitor {

using base::Error;
using base::ErrorKind;
using base::printable;
using base::Status;
using base::text;

namespace {

Status askAgain(const CleanupRequest &request)
{
    const std::string &db = request.gone.database;
    if (request.gone.verdict != GoneVerdict::Gone)
        return Error{ErrorKind::Usage,
                     text("%1 is not known to be deleted at the source. Nothing was done.")
                         .arg(printable(db))};
    const auto info = request.source.databaseInfo(db);
    if (info)
        return Error{ErrorKind::Conflict,
                     text("%1 is at the source again. Nothing was done.").arg(printable(db))};
    if (!couch::saysDatabaseIsMissing(info.error()))
        return info.error().withContext(
            text("Whether %1 is gone cannot be seen").arg(printable(db)));
    return {};
}

/// A document that would make the database anew, or is filling it.
Status refuseWhileWritten(const CleanupRequest &request)
{
    const std::string &db = request.gone.database;
    std::string writer;
    const auto read = request.mirror.documentsSince(
        "_replicator", {}, [&](const couch::Administration::ChangedDocument &changed) -> Status {
            const auto document = changed.deleted ? base::Result<couch::ReplicatorDocument>(Error{})
                                                  : couch::parseReplicatorDocument(changed.doc);
            // Whatever its source and however the mirror is called there: the name is enough.
            if (document && document->target.address && document->target.address->database == db)
                writer = document->id;
            return {};
        });
    if (!read)
        return read.error();
    if (writer.empty())
        return {};
    return Error{ErrorKind::Conflict,
                 text("The document %1 in _replicator still writes to %2, which is therefore not "
                      "deleted.")
                     .arg(printable(writer), printable(db))};
}

Status deleteLocal(const CleanupRequest &request)
{
    if (Status free = refuseWhileWritten(request); !free)
        return free;
    FM_POINT("cleanup-delete-local");
    Status deleted = request.mirror.deleteDatabase(request.gone.database);
    const bool isGone = !deleted && deleted.error().kind == ErrorKind::NotFound;
    return isGone ? Status() : deleted;
}

} // namespace

const char *nameOf(CleanupStep step)
{
    switch (step) {
    case CleanupStep::AskAgain: break;
    case CleanupStep::Snapshot: return "snapshot";
    case CleanupStep::RemoveDocuments: return "remove-documents";
    case CleanupStep::DeleteLocal: return "delete-local";
    }
    return "ask-again";
}

CleanupOutcome cleanUp(const CleanupRequest &request)
{
    CleanupOutcome outcome;
    const auto step = [&](CleanupStep name, const Status &status) {
        if (status)
            outcome.done.push_back(name);
        else
            outcome.error = status.error();
        return static_cast<bool>(status);
    };
    if (!step(CleanupStep::AskAgain, askAgain(request)))
        return outcome;
    const auto archive = request.lastSnapshot(request.gone.database);
    if (!step(CleanupStep::Snapshot, archive ? Status() : Status(archive.error())))
        return outcome;
    outcome.archive = *archive;
    FM_POINT("cleanup-snapshot");
    if (!step(CleanupStep::RemoveDocuments, request.actions.remove(request.row)))
        return outcome;
    if (request.deleteLocal)
        step(CleanupStep::DeleteLocal, deleteLocal(request));
    return outcome;
}

} // namespace monitor
