#pragma once

#include "core/backup/leaflist.h"
#include "core/backup/stopping.h"
#include "core/couch/client.h"

#include <QFuture>
#include <QThreadPool>

#include <deque>

namespace backup {

/// How many leaves to ask for at once, so that an answer has about 1 MiB. Learns from every answer.
class BatchSize
{
public:
    explicit BatchSize(size_t first);
    [[nodiscard]] size_t leaves() const { return m_leaves; }
    void learn(size_t asked, const std::vector<couch::BulkRow> &rows);
    /// A first guess from a database's size.
    [[nodiscard]] static BatchSize forDatabase(const couch::DatabaseInfo &info);

private:
    size_t m_leaves;
};

/// Fetches frozen leaves by `_bulk_get` in batches, several in flight, and hands them over in the
/// frozen order (the server reads its file in that order; see the notes on speed in
/// docs/performance.md). Answers that fail because of their size or of a document in them are asked
/// for in halves, down to the single revision, which then comes as a row with an error. One thread;
/// the pool does the waiting.
class LeafFetcher
{
public:
    struct Options {
        size_t inFlight = 4;
        BatchSize firstBatch{100};
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

    LeafFetcher(couch::Client &client, QThreadPool &pool, std::string database,
                LeafList::Cursor cursor, Options options);
    /// Waits for what is still in flight; what has not begun is not asked any more.
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

    couch::Client &m_client;
    QThreadPool &m_pool;
    std::string m_database;
    LeafList::Cursor m_cursor;
    Options m_options;
    BatchSize m_batchSize;
    LeafList::Document m_rest; ///< what a slice left over
    size_t m_restAt = 0;
    bool m_atEnd = false;
    std::deque<InFlight> m_inFlight;
    TaskGroup m_tasks;
};

/// `_bulk_get` with latest=true for these revisions, halved where the answer is too large, times
/// out or cannot be read. A revision that fails alone comes as a row: "malformed-document" or the
/// kind's code. An Error when nothing at all succeeds: then it is not the documents' fault.
[[nodiscard]] base::Result<std::vector<couch::BulkRow>>
fetchLeaves(couch::Client &client, const std::string &database,
            const std::vector<couch::IdRev> &wanted);

} // namespace backup
