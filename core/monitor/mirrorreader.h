#pragma once

#include "core/couch/administration.h"
#include "core/couch/replicatordocument.h"
#include "core/monitor/replication.h"

#include <map>
#include <set>

namespace monitor {

/// What a mirror says of its replications at one moment.
struct MirrorReading {
    std::vector<couch::ReplicatorDocument> documents; ///< sorted by id; no design documents
    /// By document. Where there is no scheduler, made of what CouchDB wrote into the documents.
    std::map<std::string, couch::SchedulerRow> rows;
    bool hasScheduler = true;
};

/// Reads a mirror again and again: documents only as far as they have changed, with everything
/// afresh once an hour and whenever their number does not fit. Blocks; one thread.
class MirrorReader
{
public:
    /// `mirror` outlives this.
    explicit MirrorReader(couch::Administration &mirror)
        : m_mirror(mirror)
    {
    }

    /// After an error the reading is the one before.
    [[nodiscard]] base::Status read(TimePoint now);
    [[nodiscard]] const MirrorReading &reading() const { return m_reading; }

private:
    using Rows = std::map<std::string, couch::SchedulerRow>;
    /// The documents of `_replicator` and how far they were read.
    struct Documents {
        std::map<std::string, couch::ReplicatorDocument> byId;
        std::set<std::string> designs;
        std::string since;
    };
    [[nodiscard]] base::Status readDocuments(TimePoint now);
    /// Says whether anything is new.
    [[nodiscard]] base::Result<bool> readChanges(Documents &documents);
    [[nodiscard]] base::Status readRows();
    [[nodiscard]] base::Status askForMissingRows(Rows &rows);
    void rowsFromDocuments(Rows &rows) const;

    couch::Administration &m_mirror;
    MirrorReading m_reading;
    Documents m_documents;
    std::optional<TimePoint> m_readAfresh;
};

} // namespace monitor
