#include "core/backup/leaffetcher.h"

#include <QtConcurrent/QtConcurrentRun>

#include <algorithm>
#include <unordered_map>

namespace backup {

namespace {

using base::ErrorKind;
using base::Result;
using base::Status;

constexpr size_t kTargetAnswerBytes = size_t{1} << 20;
constexpr size_t kMostLeaves = 1000; // beyond this a batch is not faster (measured)
constexpr size_t kSliceLeaves = 100; // open_revs-like answers of one document grow quadratically
constexpr size_t kMostFailures = 16; // single revisions, while no answer was good

void assignRows(LeafFetcher::Batch &batch, std::vector<couch::BulkRow> rows)
{
    std::unordered_map<std::string_view, LeafFetcher::Slice *> byId;
    for (LeafFetcher::Slice &slice : batch)
        byId.emplace(slice.id, &slice);
    for (couch::BulkRow &row : rows) {
        if (const auto found = byId.find(row.id); found != byId.end())
            found->second->rows.push_back(std::move(row));
    }
}

bool isSplittable(ErrorKind kind)
{
    return kind == ErrorKind::TooLarge || kind == ErrorKind::Timeout || kind == ErrorKind::Protocol
        || kind == ErrorKind::Server;
}

couch::BulkRow failedRow(const couch::IdRev &leaf, const base::Error &error)
{
    const bool isMalformed = error.kind == ErrorKind::Protocol;
    return {leaf.id,
            leaf.rev,
            {},
            isMalformed ? "malformed-document" : base::errorCode(error.kind),
            error.message.toStdString()};
}

} // namespace

Result<std::vector<couch::BulkRow>> fetchLeaves(couch::Client &client, const std::string &database,
                                                const std::vector<couch::IdRev> &wanted)
{
    std::vector<couch::BulkRow> rows;
    std::vector<std::pair<size_t, size_t>> ranges{{0, wanted.size()}}; // a stack of [first, last)
    size_t failures = 0;
    bool anyGood = false;
    while (!ranges.empty()) {
        const auto [first, last] = ranges.back();
        ranges.pop_back();
        const std::vector<couch::IdRev> part(wanted.begin() + static_cast<std::ptrdiff_t>(first),
                                             wanted.begin() + static_cast<std::ptrdiff_t>(last));
        auto answer = client.bulkGet(database, part, {.latest = true, .attachments = false});
        if (answer) {
            anyGood = true;
            std::move(answer->begin(), answer->end(), std::back_inserter(rows));
        } else if (!isSplittable(answer.error().kind)) {
            return answer.error();
        } else if (part.size() > 1) {
            const size_t middle = first + part.size() / 2;
            ranges.emplace_back(middle, last);
            ranges.emplace_back(first, middle);
        } else if (!anyGood && ++failures > kMostFailures) {
            return answer.error();
        } else {
            rows.push_back(failedRow(part.front(), answer.error()));
        }
    }
    return rows;
}

BatchSize::BatchSize(size_t first)
    : m_leaves(std::clamp<size_t>(first, 1, kMostLeaves))
{
}

BatchSize BatchSize::forDatabase(const couch::DatabaseInfo &info)
{
    constexpr std::uint64_t firstBatch = 100;
    const std::uint64_t documents = std::max<std::uint64_t>(1, info.docCount + info.docDelCount);
    const std::uint64_t average =
        std::max<std::uint64_t>(1, std::max(info.externalBytes, info.activeBytes) / documents);
    return BatchSize(static_cast<size_t>(std::min(firstBatch, kTargetAnswerBytes / average)));
}

void BatchSize::learn(size_t asked, const std::vector<couch::BulkRow> &rows)
{
    size_t bytes = 0;
    for (const couch::BulkRow &row : rows)
        bytes += row.document.size();
    const size_t average = std::max<size_t>(1, bytes / std::max<size_t>(1, asked));
    const size_t wanted = std::clamp<size_t>(kTargetAnswerBytes / average, 1, kMostLeaves);
    m_leaves = std::min(wanted, m_leaves * 4); // one small batch says little about the next
}

LeafFetcher::LeafFetcher(couch::Client &client, QThreadPool &pool, std::string database,
                         LeafList::Cursor cursor, Options options)
    : m_client(client)
    , m_pool(pool)
    , m_database(std::move(database))
    , m_cursor(std::move(cursor))
    , m_options(options)
    , m_batchSize(options.firstBatch)
{
}

LeafFetcher::~LeafFetcher()
{
    for (InFlight &flight : m_inFlight)
        flight.answer.cancel();
    for (InFlight &flight : m_inFlight)
        flight.answer.waitForFinished();
}

Result<LeafFetcher::Batch> LeafFetcher::gatherBatch(size_t &leaves)
{
    Batch batch;
    leaves = 0;
    while (leaves < m_batchSize.leaves()) {
        if (m_restAt >= m_rest.revs.size()) {
            auto document = m_cursor.next();
            if (!document)
                return document.error();
            if (!document->has_value()) {
                m_atEnd = true;
                break;
            }
            m_rest = std::move(**document);
            m_restAt = 0;
            if (m_rest.revs.empty())
                continue;
        }
        Slice slice;
        slice.id = m_rest.id;
        slice.begins = m_restAt == 0;
        const size_t count =
            std::min({kSliceLeaves, m_batchSize.leaves(), m_rest.revs.size() - m_restAt});
        for (size_t i = 0; i < count; ++i)
            slice.revs.push_back(std::move(m_rest.revs[m_restAt + i]));
        m_restAt += count;
        slice.ends = m_restAt == m_rest.revs.size();
        leaves += count;
        const bool sliced = !slice.begins || !slice.ends;
        batch.push_back(std::move(slice));
        if (sliced) // rows are told apart by id, so a document stands only once in a batch
            break;
    }
    return batch;
}

Status LeafFetcher::startMore()
{
    while (!m_atEnd && m_inFlight.size() < m_options.inFlight) {
        InFlight flight;
        auto batch = gatherBatch(flight.leaves);
        if (!batch)
            return batch.error();
        if (batch->empty())
            break;
        flight.batch = std::move(*batch);
        std::vector<couch::IdRev> wanted;
        wanted.reserve(flight.leaves);
        for (const Slice &slice : flight.batch) {
            for (const std::string &rev : slice.revs)
                wanted.push_back({slice.id, rev});
        }
        flight.answer = QtConcurrent::run(&m_pool, [this, wanted = std::move(wanted)] {
            return m_tasks.run([&] { return fetchLeaves(m_client, m_database, wanted); });
        });
        m_inFlight.push_back(std::move(flight));
    }
    return {};
}

Result<LeafFetcher::Batch> LeafFetcher::next()
{
    if (Status started = startMore(); !started)
        return started.error();
    if (m_inFlight.empty())
        return Batch();
    InFlight flight = std::move(m_inFlight.front());
    m_inFlight.pop_front();
    auto rows = flight.answer.takeResult();
    if (!rows)
        return rows.error();
    m_batchSize.learn(flight.leaves, *rows);
    assignRows(flight.batch, std::move(*rows));
    if (Status started = startMore(); !started)
        return started.error();
    return std::move(flight.batch);
}

} // namespace backup
