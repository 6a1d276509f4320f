#pragma once

#include "core/backup/leaflist.h"
#include "core/couch/client.h"

#include <QFuture>
#include <QThreadPool>

#include <deque>

namespace backup {

/// Fetches frozen leaves by `_bulk_get` in batches, several in flight, and hands them over in the frozen
/// order (the server reads its file in that order; see the notes on speed in docs/performance.md).
/// A batch aims at about 1 MiB of answer; one that is refused as too large or times out is halved, down to
/// the single revision, which then comes as a row with an error. One thread; the pool does the waiting.
class LeafFetcher
{
public:
    struct Options {
        size_t inFlight = 4;
        size_t firstBatch = 100; ///< leaves
    };

    /// The leaves of one document in one batch; a document with very many comes in several slices.
    struct Slice {
        std::string id;
        std::vector<std::string> revs; ///< frozen ones, asked for
        bool begins = true;
        bool ends = true;
        std::vector<couch::BulkRow> rows; ///< what came: these revisions or successors, or errors
    };
    using Batch = std::vector<Slice>;

    LeafFetcher(couch::Client &client, QThreadPool &pool, std::string database, LeafList::Cursor cursor, Options options);
    /// Waits for what is still in flight.
    ~LeafFetcher();
    LeafFetcher(const LeafFetcher &) = delete;
    LeafFetcher &operator=(const LeafFetcher &) = delete;

    /// Empty at the end.
    [[nodiscard]] base::Result<Batch> next();

private:
    struct InFlight {
        Batch batch;
        size_t leaves = 0;
        QFuture<base::Result<std::vector<couch::BulkRow>>> answer;
    };
    [[nodiscard]] base::Status startMore();
    [[nodiscard]] base::Result<Batch> gatherBatch(size_t &leaves);
    void adaptBatchSize(size_t leaves, const std::vector<couch::BulkRow> &rows);

    couch::Client &m_client;
    QThreadPool &m_pool;
    std::string m_database;
    LeafList::Cursor m_cursor;
    Options m_options;
    size_t m_batchLeaves;
    LeafList::Document m_rest; ///< what a slice left over
    size_t m_restAt = 0;
    bool m_atEnd = false;
    std::deque<InFlight> m_inFlight;
};

/// `_bulk_get` with latest=true for these revisions, halved where the server refuses the size.
[[nodiscard]] base::Result<std::vector<couch::BulkRow>>
fetchLeaves(couch::Client &client, const std::string &database, const std::vector<couch::IdRev> &wanted);

} // namespace backup
