#pragma once

#include "core/serve/site.h"

namespace serve {

/// The end points, one function each; router.cpp has the tables that say which path and method
/// leads to which.

// serverroutes.cpp
[[nodiscard]] Outcome welcome(const Call &call);
[[nodiscard]] Outcome up(const Call &call);
[[nodiscard]] Outcome allDatabases(const Call &call);
[[nodiscard]] Outcome databasesInfo(const Call &call);
[[nodiscard]] Outcome uuids(const Call &call);
[[nodiscard]] Outcome membership(const Call &call);
// schedulerroutes.cpp
[[nodiscard]] Outcome activeTasks(const Call &call);
/// Everything below `_scheduler`, where there is a scheduler.
[[nodiscard]] Outcome scheduler(const Call &call);
/// The one setting that there is: `_node/_local/_config/replicator/max_jobs`.
[[nodiscard]] Outcome maxJobs(const Call &call);
// updatesroutes.cpp
[[nodiscard]] Outcome databaseUpdates(const Call &call);
// sessionroutes.cpp
[[nodiscard]] Outcome session(const Call &call);

// databaseroutes.cpp
[[nodiscard]] Outcome databaseInfo(const Call &call);
[[nodiscard]] Outcome ensureFullCommit(const Call &call);
[[nodiscard]] Outcome security(const Call &call);
[[nodiscard]] Outcome revsLimit(const Call &call);
[[nodiscard]] Outcome purgedInfosLimit(const Call &call);
[[nodiscard]] Outcome compact(const Call &call);
[[nodiscard]] Outcome revsDiff(const Call &call);
[[nodiscard]] Outcome missingRevs(const Call &call);
// alldocs.cpp
[[nodiscard]] Outcome allDocs(const Call &call);
[[nodiscard]] Outcome designDocs(const Call &call);
// localroutes.cpp
[[nodiscard]] Outcome localDocs(const Call &call);
[[nodiscard]] Outcome localDocument(const Call &call, const std::string &id);
// changes.cpp
[[nodiscard]] Outcome changes(const Call &call);
// bulkget.cpp
[[nodiscard]] Outcome bulkGet(const Call &call);
// documentroutes.cpp
[[nodiscard]] Outcome getDocument(const Call &call, const std::string &id);
// attachmentroutes.cpp
[[nodiscard]] Outcome getAttachment(const Call &call, const std::string &id,
                                    const std::string &name);

} // namespace serve
