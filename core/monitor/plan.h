#pragma once

#include "core/base/glob.h"
#include "core/couch/replicatordocument.h"
#include "core/monitor/wishes.h"

#include <QString>

#include <set>
#include <string>
#include <vector>

/// What is to be done so that every database of the source is mirrored, and no other. Pure.
namespace monitor {

/// Where the two servers are, in every spelling that documents may use.
struct MirrorAddresses {
    std::string source;         ///< with the path in front of databases: "https://focus.example/db"
    std::string mirror;         ///< as this program reaches it
    std::string mirrorAsItself; ///< as its CouchDB reaches itself; empty: the same
    std::string sourceFromMirror = {}; ///< as the mirror's CouchDB reaches it; empty: the same
};

/// What a document is to us.
struct DocumentPlace {
    std::string database;    ///< of the source
    bool isSameName = false; ///< its target is the mirror's database of that name
};
/// Nothing for a document that copies something else: another source, or not to this mirror.
[[nodiscard]] std::optional<DocumentPlace> placeOf(const couch::ReplicatorDocument &document,
                                                   const MirrorAddresses &addresses);

enum class PlanAction {
    None,
    Create,       ///< write a document
    Adopt,        ///< record that the document found is the one to watch
    FinishRemoval ///< a removal was cut off before the document was deleted
};

enum class Situation {
    New,             ///< found at the source, not mirrored yet
    Mirrored,        ///< its document is there
    Duplicated,      ///< several documents ask for the same copy
    Paused,          ///< by the operator
    Removed,         ///< by the operator
    RemovedButThere, ///< removed here, and somebody has written a document since
    DeletedByOthers, ///< mirrored by our record, but its document is gone
    KeptThoughGone,
    NotAtSource, ///< mirrored, and not in the source's list
    LeftOut      ///< not wanted by the configuration's patterns, but there is a document
};
[[nodiscard]] const char *nameOf(Situation situation);

struct PlanRow {
    std::string database;
    Situation situation = Situation::New;
    PlanAction action = PlanAction::None;
    std::string documentId;              ///< the one to watch, adopt or delete; empty for none
    std::vector<std::string> duplicates; ///< further documents that copy the same database
    QString sentence;                    ///< what the operator should know; empty for nothing
};

struct PlanInput {
    const std::vector<std::string> &sourceDatabases; ///< as listed, before the filter
    const std::vector<couch::ReplicatorDocument> &documents;
    const Wishes &wishes;
    const base::GlobFilter &filter;
    const MirrorAddresses &addresses;
    /// Databases whose deleted document the operator wants again.
    const std::set<std::string> &recreate;
};

struct Plan {
    std::vector<PlanRow> rows; ///< sorted by database
    /// Documents that copy something else; they are watched by nobody here and never touched.
    std::vector<std::string> foreign;
};

[[nodiscard]] Plan makePlan(const PlanInput &input);

} // namespace monitor
