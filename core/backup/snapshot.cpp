#include "core/backup/snapshot.h"

#include "core/backup/changesfeed.h"
#include "core/backup/comparison.h"
#include "core/backup/documentwriter.h"
#include "core/backup/stopping.h"
#include "core/base/failpoint.h"
#include "core/base/text.h"

#include <algorithm>
#include <random>

namespace backup {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

constexpr std::uint64_t kStoreMemoryBytes = std::uint64_t{4} << 20;
constexpr std::uint64_t kListMemoryBytes = std::uint64_t{1} << 20;
constexpr std::uint64_t kBucketsFromLeaves = 1000;

/// Replication checkpoints belong to the pair of servers that made them, not to the data. CouchDB's
/// and PouchDB's have both members.
bool isCheckpoint(const couch::Client::LocalDocument &document)
{
    const auto members = base::json::members(document.json);
    if (!members)
        return false;
    const auto history = base::json::find(*members, "history");
    const auto session = base::json::find(*members, "session_id");
    return history && session && base::json::kindOf(*history) == base::json::Kind::Array
        && base::json::kindOf(*session) == base::json::Kind::String;
}

/// Not of this machine's disk, and not the operator's wish.
bool isOfServer(ErrorKind kind)
{
    switch (kind) {
    case ErrorKind::Io:
    case ErrorKind::NoSpace:
    case ErrorKind::Cancelled:
    case ErrorKind::Internal: return false;
    default: return true;
    }
}

const archive::Omission &firstLoss(const std::vector<archive::Omission> &omissions)
{
    return *std::find_if(omissions.begin(), omissions.end(),
                         [](const archive::Omission &omission) { return omission.isLoss(); });
}

bool isServerInternal(std::string_view localId)
{
    return localId.starts_with("_local/shard-sync-") || localId.starts_with("_local/purge-");
}

/// Why a database is not in the backup although the source has it.
Error leftOut(const QString &reason)
{
    return {ErrorKind::Unsupported,
            base::text("%1 It is left out, as the configuration asks.").arg(reason)};
}

class Taker
{
public:
    Taker(const SnapshotContext &context, const std::string &database,
          const base::fs::path &stagingPath)
        : m_context(context)
        , m_database(database)
        , m_stagingPath(stagingPath)
        , m_content(&context.source)
        , m_lists(listPath(), kListMemoryBytes)
        , m_leafList(m_lists)
        , m_sample(std::random_device{}())
    {
        m_snapshot.entry.name = database;
        m_snapshot.entry.contentFrom = "source";
    }

    Result<Snapshot> run()
    {
        m_snapshot.entry.startedAt = base::isoTime(m_context.clock.now());
        Status taken = take();
        m_snapshot.entry.finishedAt = base::isoTime(m_context.clock.now());
        if (!taken)
            return afterFailure(taken.error());
        auto &omissions = m_snapshot.entry.omissions;
        omissions = m_omissions.take();
        if (m_content != &m_context.source && !m_snapshot.entry.isComplete()) {
            m_lostMirror = true; // the source may have what it has not
            return Error{ErrorKind::Protocol, QString::fromStdString(firstLoss(omissions).message)};
        }
        omissions.insert(omissions.begin(), m_sourceOmissions.begin(), m_sourceOmissions.end());
        return std::move(m_snapshot);
    }

    [[nodiscard]] bool wasRecreated() const { return m_recreated; }
    /// The mirror failed while documents came from it.
    [[nodiscard]] bool lostMirror() const { return m_lostMirror; }

private:
    [[nodiscard]] base::fs::path listPath() const
    {
        base::fs::path path = m_stagingPath;
        path += "~leaves"; // no directory of a database ends so
        return path;
    }

    Status take()
    {
        if (Status frozen = freeze(); !frozen)
            return frozen;
        if (Status chosen = chooseContent(); !chosen)
            return chosen;
        FM_POINT("snapshot.frozen");
        m_snapshot.files = std::make_unique<base::StagingFolder>(m_stagingPath, kStoreMemoryBytes);
        if (Status fetched = fetchAll(); !fetched)
            return fetched;
        FM_POINT("snapshot.fetched");
        return compare();
    }

    /// What is pinned before the first leaf is fetched. `_security` and the limits come from the
    /// source always: none of them replicates.
    Status freeze()
    {
        const auto info = m_context.source.databaseInfo(m_database);
        if (!info)
            return info.error();
        m_info = *info;
        m_hasInfo = true;
        auto &entry = m_snapshot.entry;
        entry.instanceStartTime = info->instanceStartTime;
        entry.updateSeq = info->updateSeq;
        entry.purgeSeq = info->purgeSeq;
        entry.props = info->props;
        if (Status read = readProperties(); !read)
            return read;
        return listLeaves();
    }

    Status readProperties()
    {
        auto security = m_context.source.security(m_database);
        if (security)
            m_snapshot.entry.security = std::move(*security);
        else if (stopsTheRun(security.error().kind))
            return security.error();
        else
            omitOfSource("security-unreadable", security.error().message);
        const auto limit = m_context.source.revsLimit(m_database);
        if (limit)
            m_snapshot.entry.revsLimit = *limit;
        else if (stopsTheRun(limit.error().kind))
            return limit.error();
        else
            omitOfSource("revs-limit-unreadable", limit.error().message);
        return {};
    }

    Status listLeaves()
    {
        if (Status begun = m_leafList.begin(); !begun)
            return begun;
        const auto last =
            forEachChange(m_context.source, m_database, {}, [this](const couch::ChangesRow &row) {
                for (const std::string &rev : row.revs)
                    m_frozenLeaves.add(row.id, rev);
                m_liveDocuments += row.deleted ? 0 : 1;
                return m_leafList.add(row);
            });
        return last ? m_leafList.seal() : Status(last.error());
    }

    /// The mirror, when it holds the very leaves that were listed.
    Status chooseContent()
    {
        if (m_context.mirror == nullptr)
            return {};
        MirrorVerdict verdict{MirrorFault::Unreachable, base::text("The mirror does not answer."),
                              true};
        if (!m_context.mirrorIsDown) {
            auto judged = judgeMirrorContent(*m_context.mirror, m_database, m_frozenLeaves,
                                             m_snapshot.entry.revsLimit);
            if (!judged)
                return judged.error();
            verdict = std::move(*judged);
        }
        m_snapshot.mirrorIsDown = verdict.isDown;
        if (verdict.fault == MirrorFault::None) {
            m_content = m_context.mirror;
            m_snapshot.entry.contentFrom = "mirror";
            return {};
        }
        if (m_context.whenBehind == WhenBehind::Source)
            return {};
        m_isLeftOut = true;
        return leftOut(verdict.sentence);
    }

    Status fetchAll()
    {
        auto writer = store::Writer::create(*m_snapshot.files, std::nullopt, m_context.storeSizes);
        if (!writer)
            return writer.error();
        if (Status fetched = fetchInto(**writer); !fetched) {
            m_lostMirror = m_content != &m_context.source && isOfServer(fetched.error().kind);
            return fetched;
        }
        if (Status locals = copyLocals(**writer); !locals)
            return locals;
        const auto facts = (*writer)->finish();
        if (!facts)
            return facts.error();
        noteFacts(*facts);
        m_storedLeaves = facts->leafSet;
        return {};
    }

    Status fetchInto(store::Writer &writer)
    {
        auto cursor = m_leafList.open();
        if (!cursor)
            return cursor.error();
        AttachmentFetcher attachments(*m_content, m_context.pool, m_database, writer,
                                      m_context.stop);
        LeafFetcher leaves(*m_content, m_context.pool, m_database, std::move(*cursor),
                           {.firstBatch = BatchSize::forDatabase(m_info)});
        DocumentWriter documents({*m_content, m_database, writer, attachments, m_context.progress,
                                  m_omissions, m_sample});
        while (true) {
            if (m_context.stop.stop_requested())
                return Error{ErrorKind::Cancelled, base::text("Stopped.")};
            const auto batch = leaves.next();
            if (!batch)
                return batch.error();
            if (batch->empty())
                return {};
            if (Status added = documents.addBatch(*batch); !added)
                return added;
            FM_POINT("snapshot.batch");
        }
    }

    Status copyLocals(store::Writer &writer)
    {
        const auto locals = m_context.source.localDocuments(m_database);
        if (!locals) {
            if (stopsTheRun(locals.error().kind))
                return locals.error();
            omitOfSource("local-documents-unreadable", locals.error().message);
            return {};
        }
        for (const couch::Client::LocalDocument &document : *locals) {
            if (isServerInternal(document.id) || isCheckpoint(document))
                continue;
            if (Status put = writer.putLocal(document.id, document.json); !put)
                return put;
        }
        return {};
    }

    void noteFacts(const store::Facts &facts)
    {
        auto &entry = m_snapshot.entry;
        entry.documents = facts.documents;
        entry.deleted = facts.deleted;
        entry.leaves = facts.leaves;
        entry.conflicted = facts.conflicted;
        entry.attachments = facts.attachments;
        entry.attachmentBytes = facts.attachmentBytes;
        entry.leafSet = facts.leafSet.hex();
        entry.contentHash = facts.contentHash;
        if (facts.leaves < kBucketsFromLeaves)
            return;
        for (size_t i = 0; i < facts.leafSet.buckets().size(); ++i) {
            const base::HashSum &bucket = facts.leafSet.buckets()[i];
            if (!bucket.isZero())
                entry.leafSetBuckets.emplace(static_cast<int>(i), bucket.hex());
        }
    }

    Status compare()
    {
        const auto now = m_context.source.databaseInfo(m_database);
        if (!now)
            return now.error();
        if (now->instanceStartTime != m_info.instanceStartTime)
            return recreated();
        auto &entry = m_snapshot.entry;
        entry.changedDuringRun = now->updateSeq != m_info.updateSeq;
        if (now->purgeSeq != m_info.purgeSeq)
            m_omissions.explain(
                "revision-missing", "purged",
                base::text("It was purged at the source while it was being read.").toStdString());
        if (!entry.changedDuringRun)
            compareCounts(*now);
        const bool storedIsFrozen = m_storedLeaves == m_frozenLeaves && !m_leafList.hasRepeats();
        auto reader = store::Reader::open(
            std::shared_ptr<const base::FileSet>(std::shared_ptr<void>(), m_snapshot.files.get()));
        if (!reader)
            return reader.error();
        const auto comparison =
            compareWithSource({.source = m_context.source,
                               .database = m_database,
                               .stored = **reader,
                               .storedLeaves = m_storedLeaves,
                               .sinceSeq = m_info.updateSeq,
                               .purgeSeq = m_info.purgeSeq,
                               .leavesAreKnownEqual = !entry.changedDuringRun && storedIsFrozen,
                               .sample = m_sample.take(),
                               .allBodies = m_context.verifyAllBodies,
                               .stop = m_context.stop});
        if (!comparison)
            return comparison.error();
        entry.comparedAt = base::isoTime(m_context.clock.now());
        entry.bodiesCompared = comparison->bodiesCompared;
        noteDifferences(*comparison);
        return {};
    }

    /// A list of changes that is not whole shows nowhere else, as long as it stays the same.
    void compareCounts(const couch::DatabaseInfo &info)
    {
        const bool liveFit = m_liveDocuments == info.docCount || m_leafList.hasRepeats();
        // Servers that do not count the deleted ones say none.
        if (liveFit && m_leafList.documents() >= info.docCount + info.docDelCount)
            return;
        omitOfSource(
            "counts-differ",
            base::text(
                "The server counts %1 documents and %2 deleted ones, but its list of changes has %3 and %4.")
                .arg(info.docCount)
                .arg(info.docDelCount)
                .arg(m_liveDocuments)
                .arg(m_leafList.documents() - std::min(m_liveDocuments, m_leafList.documents())));
    }

    void noteDifferences(const Comparison &comparison)
    {
        for (const store::Problem &problem : comparison.problems) {
            if (problem.document.empty())
                omit(problem.code, problem.message);
            else if (!m_omissions.names(problem.document))
                m_omissions.add(
                    {problem.code, problem.document, {}, {}, problem.message.toStdString()});
        }
    }

    Error recreated()
    {
        m_recreated = true;
        return Error{ErrorKind::Conflict,
                     base::text("The database was deleted and made again while it was read.")};
    }

    Result<Snapshot> afterFailure(const Error &error)
    {
        m_snapshot.files.reset();
        if (m_lostMirror || m_recreated || stopsTheRun(error.kind))
            return error;
        if (error.kind == ErrorKind::NotFound) {
            const auto again = m_context.source.databaseInfo(m_database);
            if (again && (!m_hasInfo || again->instanceStartTime != m_info.instanceStartTime))
                return recreated();
            if (!again && stopsTheRun(again.error().kind))
                return again.error();
            if (!again && again.error().kind == ErrorKind::NotFound) {
                m_snapshot.vanished = true;
                return std::move(m_snapshot);
            }
        }
        archive::ManifestDatabase bare;
        bare.name = m_database;
        bare.contentFrom = m_snapshot.entry.contentFrom;
        bare.startedAt = m_snapshot.entry.startedAt;
        bare.finishedAt = m_snapshot.entry.finishedAt;
        m_snapshot.entry = std::move(bare);
        m_snapshot.failure = error;
        m_snapshot.entry.omissions.push_back(
            {m_isLeftOut ? "mirror-behind" : base::errorCode(error.kind),
             {},
             {},
             {},
             error.message.toStdString()});
        return std::move(m_snapshot);
    }

    void omit(std::string code, const QString &message)
    {
        m_omissions.add({std::move(code), {}, {}, {}, message.toStdString()});
    }

    /// What no other place has either.
    void omitOfSource(std::string code, const QString &message)
    {
        m_sourceOmissions.push_back({std::move(code), {}, {}, {}, message.toStdString()});
    }

    const SnapshotContext &m_context;
    const std::string &m_database;
    base::fs::path m_stagingPath;
    couch::Client *m_content; ///< where the documents come from
    base::StagingFolder m_lists;
    LeafList m_leafList;
    LeafSample m_sample;
    OmissionList m_omissions;
    std::vector<archive::Omission> m_sourceOmissions;
    store::LeafSet m_frozenLeaves;
    store::LeafSet m_storedLeaves;
    couch::DatabaseInfo m_info;
    bool m_hasInfo = false;
    std::uint64_t m_liveDocuments = 0;
    Snapshot m_snapshot;
    bool m_recreated = false;
    bool m_lostMirror = false;
    bool m_isLeftOut = false;
};

} // namespace

namespace {

/// Of a database that this backup holds nothing of.
Snapshot bareSnapshot(const std::string &database, std::string code, const Error &why)
{
    Snapshot bare;
    bare.entry.name = database;
    bare.entry.contentFrom = "source";
    bare.entry.omissions.push_back({std::move(code), {}, {}, {}, why.message.toStdString()});
    bare.failure = why;
    return bare;
}

/// Twice at most: a database that was deleted and made again meanwhile is begun anew.
Result<Snapshot> takeSettled(const SnapshotContext &context, const std::string &database,
                             const base::fs::path &stagingPath, bool &hasLostMirror)
{
    Taker first(context, database, stagingPath);
    auto snapshot = first.run();
    hasLostMirror = first.lostMirror();
    if (snapshot || hasLostMirror || !first.wasRecreated())
        return snapshot;
    base::fs::path secondPath = stagingPath; // rows of the two databases must never mix
    secondPath += "~again";
    Taker second(context, database, secondPath);
    snapshot = second.run();
    hasLostMirror = second.lostMirror();
    if (snapshot || hasLostMirror || !second.wasRecreated())
        return snapshot;
    return bareSnapshot(database, "recreated", snapshot.error());
}

} // namespace

Result<Snapshot> takeSnapshot(const SnapshotContext &context, const std::string &database,
                              const base::fs::path &stagingPath)
{
    bool hasLostMirror = false;
    auto snapshot = takeSettled(context, database, stagingPath, hasLostMirror);
    if (!hasLostMirror)
        return snapshot;
    const Error failure = snapshot.error();
    if (context.whenBehind == WhenBehind::Omit && failure.kind != ErrorKind::Cancelled) {
        Snapshot omitted = bareSnapshot(database, "mirror-behind", leftOut(failure.message));
        omitted.mirrorIsDown = stopsTheRun(failure.kind);
        return omitted;
    }
    SnapshotContext withoutMirror = context;
    withoutMirror.mirrorIsDown = true;
    base::fs::path otherPath = stagingPath;
    otherPath += "~source";
    snapshot = takeSettled(withoutMirror, database, otherPath, hasLostMirror);
    if (!snapshot)
        return snapshot;
    snapshot->mirrorIsDown = stopsTheRun(failure.kind);
    snapshot->mirrorRemark =
        base::text("%1 was read from the source, because the mirror's copy could not be used: %2 "
                   "Audit it.")
            .arg(base::printable(database), failure.message);
    return snapshot;
}

} // namespace backup
