#include "core/backup/verify.h"

#include "core/backup/archiveview.h"
#include "core/backup/comparison.h"
#include "core/backup/sample.h"
#include "core/backup/stopping.h"
#include "core/backup/workers.h"
#include "core/base/text.h"

#include <algorithm>
#include <future>
#include <iterator>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <tuple>
#include <utility>

namespace backup {

namespace {

using archive::Origin;
using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

class Verifier
{
public:
    Verifier(const base::fs::path &path, const VerifyOptions &options, Progress &progress,
             std::stop_token stop)
        : m_path(path)
        , m_options(options)
        , m_progress(progress)
        , m_stop(std::move(stop))
    {
        m_report.path = path;
    }

    Result<VerifyReport> run()
    {
        archive::Reader::Options readerOptions;
        readerOptions.scratch = m_options.scratch;
        readerOptions.progress = unlessStopped(m_stop);
        auto reader = archive::Reader::open(m_path, readerOptions);
        if (!reader)
            return reader.error();
        m_reader = std::move(*reader);
        m_report.origin = m_reader->origin();
        m_progress.bytes = m_reader->fileSize();
        readExpectations();
        findInherited();
        if (Status checked = m_report.origin == Origin::Ours ? checkTogether() : checkInTurn();
            !checked)
            return checked.error();
        conclude();
        return std::move(m_report);
    }

private:
    /// Something is wrong with the archive itself.
    void add(std::string code, std::string database, std::string document, QString message)
    {
        const std::lock_guard lock(m_mutex);
        m_isDamaged = m_isDamaged || !database.empty();
        m_report.problems.push_back(
            {std::move(code), std::move(database), std::move(document), std::move(message)});
    }

    /// The archive is not like the source.
    void addDifference(std::string code, std::string database, std::string document,
                       QString message)
    {
        const std::lock_guard lock(m_mutex);
        m_differs = true;
        m_report.problems.push_back(
            {std::move(code), std::move(database), std::move(document), std::move(message)});
    }

    void remark(const QString &message)
    {
        const std::lock_guard lock(m_mutex);
        m_report.remarks.push_back(message);
    }

    using Findings = Result<std::vector<archive::Finding>>;

    /// The bytes on a thread of their own: neither check needs the other's outcome, and both read
    /// what is in the cache of the operating system.
    Status checkTogether()
    {
        std::future<Findings> bytes =
            std::async(std::launch::async, [this] { return checkBytes(); });
        Status databases = checkDatabases();
        const Findings findings = bytes.get();
        if (!findings)
            return findings.error();
        if (!databases)
            return databases;
        auto ofDatabases = std::exchange(m_report.problems, {});
        noteFindings(*findings);
        m_report.problems.insert(m_report.problems.end(),
                                 std::make_move_iterator(ofDatabases.begin()),
                                 std::make_move_iterator(ofDatabases.end()));
        return {};
    }

    /// Others' archives are read in one direction.
    Status checkInTurn()
    {
        const Findings findings = checkBytes();
        if (!findings)
            return findings.error();
        noteFindings(*findings);
        return checkDatabases();
    }

    Findings checkBytes()
    {
        const auto progress = [this](std::uint64_t bytes) -> Status {
            m_progress.bytesDone = bytes;
            if (m_stop.stop_requested())
                return Error{ErrorKind::Cancelled, base::text("Stopped.")};
            return {};
        };
        return m_reader->checkIntegrity(progress, [this](const archive::PackedFile::Chunk &chunk) {
            return m_proven.contains({chunk.packedDigest, chunk.digest});
        });
    }

    void noteFindings(const std::vector<archive::Finding> &findings)
    {
        m_report.l1 = LevelState::Passed;
        auto all = m_reader->findings();
        all.insert(all.end(), findings.begin(), findings.end());
        for (const archive::Finding &finding : all) {
            if (!finding.fatal) {
                m_report.remarks.push_back(finding.message);
                continue;
            }
            m_report.l1 = LevelState::Failed;
            const bool isKnown = std::any_of(m_report.problems.begin(), m_report.problems.end(),
                                             [&](const VerifyProblem &problem) {
                                                 return problem.code == finding.code
                                                     && problem.message == finding.message;
                                             });
            if (!isKnown)
                add(finding.code, {}, finding.path, finding.message);
        }
        if (m_report.origin == Origin::CutShort)
            m_report.l1 = LevelState::Failed;
        if (m_manifestFault) {
            add("manifest-unreadable", {}, {}, *m_manifestFault);
            m_report.l2 = LevelState::Failed;
        }
    }

    void readExpectations()
    {
        if (m_report.origin != Origin::Ours)
            return;
        auto manifest = readManifest(*m_reader);
        if (!manifest) {
            m_manifestFault = manifest.error().message;
            return;
        }
        m_manifest = std::move(*manifest);
        for (const archive::ManifestDatabase &entry : m_manifest->databases) {
            if (!entry.directory.empty())
                m_expected.emplace(entry.directory, &entry);
        }
    }

    /// Databases whose entry and whose files are those of the earlier archive. What the table of
    /// contents says of their bytes is proved by checkBytes().
    void findInherited()
    {
        if (!m_manifest || m_options.takenOverFrom == nullptr)
            return;
        const EarlierArchive &earlier = *m_options.takenOverFrom;
        for (const auto &[directory, entry] : m_expected) {
            const archive::ManifestDatabase *before = earlier.find(entry->name);
            if (!entry->reused || before == nullptr || before->directory != directory
                || !hasSameNumbers(*before, *entry) || !earlier.holdsTheSame(directory, *m_reader))
                continue;
            const auto files = m_reader->openDatabase(directory);
            for (const base::FileSet::Entry &file : (*files)->files()) {
                const auto packed = m_reader->packedFile(directory, file.name);
                for (const archive::PackedFile::Chunk &chunk : packed->chunks)
                    m_proven.insert({chunk.packedDigest, chunk.digest});
            }
            m_inherited.insert(directory);
        }
        m_report.inherited = m_inherited.size();
    }

    static bool hasSameNumbers(const archive::ManifestDatabase &a,
                               const archive::ManifestDatabase &b)
    {
        const auto numbers = [](const archive::ManifestDatabase &entry) {
            return std::tie(entry.documents, entry.deleted, entry.leaves, entry.conflicted,
                            entry.attachments, entry.attachmentBytes, entry.leafSet,
                            entry.contentHash);
        };
        return numbers(a) == numbers(b);
    }

    Status checkDatabases()
    {
        std::vector<archive::Reader::Database> databases = m_reader->databases();
        m_report.databases = databases.size();
        m_progress.databases = databases.size();
        m_progress.databasesDone = 0;
        for (const auto &expected : m_expected) {
            const bool isThere = std::any_of(databases.begin(), databases.end(),
                                             [&](const archive::Reader::Database &found) {
                                                 return found.directory == expected.first;
                                             });
            if (!isThere)
                add("database-missing", expected.second->name, {},
                    base::text(
                        "The manifest names this database, but the archive does not hold it."));
        }
        Status checked = forEachInParallel(
            databases, m_options.parallelDatabases,
            [this](const archive::Reader::Database &database) { return checkDatabase(database); });
        return checked && m_options.against != nullptr ? remarkOnOthersAtSource(databases)
                                                       : checked;
    }

    /// A backup of chosen databases is no worse for it, but nobody shall take it for one of all.
    Status remarkOnOthersAtSource(const std::vector<archive::Reader::Database> &databases)
    {
        const auto there = m_options.against->allDbs();
        if (!there)
            return there.error().kind == ErrorKind::Cancelled ? Status(there.error()) : Status();
        std::set<std::string> here;
        for (const archive::Reader::Database &database : databases) {
            const auto expected = m_expected.find(database.directory);
            here.insert(expected == m_expected.end() ? database.name : expected->second->name);
        }
        QStringList others;
        for (const std::string &name : *there) {
            if (!here.contains(name) && (!name.starts_with('_') || name == "_users"))
                others.append(base::printable(name));
        }
        constexpr qsizetype most = 5;
        if (others.size() > most)
            remark(base::text("The source has %1 databases that are not in this archive.")
                       .arg(others.size()));
        else if (!others.isEmpty())
            remark(base::text("The source has databases that are not in this archive: %1.")
                       .arg(others.join(QStringLiteral(", "))));
        return {};
    }

    Status checkDatabase(const archive::Reader::Database &database)
    {
        if (m_stop.stop_requested())
            return Error{ErrorKind::Cancelled, base::text("Stopped.")};
        const auto expected = m_expected.find(database.directory);
        const std::string name =
            expected == m_expected.end() ? database.name : expected->second->name;
        m_progress.setCurrent(name);
        if (m_manifest && expected == m_expected.end())
            add("database-unexpected", name, {},
                base::text("The archive holds this database, but the manifest does not name it."));
        if (!database.whole)
            add("database-cut", name, {},
                base::text("Files of this database are cut off or missing."));
        if (m_inherited.contains(database.directory)) {
            const std::lock_guard lock(m_mutex);
            m_report.documents += expected->second->documents;
            ++m_progress.databasesDone;
            return {};
        }
        const auto files = m_reader->openDatabase(database.directory);
        auto store = files ? store::Reader::open(*files)
                           : Result<std::unique_ptr<store::Reader>>(files.error());
        auto examination =
            store ? store::examine(**store) : Result<store::Examination>(store.error());
        if (!examination) {
            add("database-unreadable", name, {}, examination.error().message);
            return {};
        }
        for (const store::Problem &problem : examination->problems) {
            if (problem.isRemark)
                remark(base::text("%1: %2").arg(base::printable(name), problem.message));
            else
                add(problem.code, name, problem.document, problem.message);
        }
        {
            const std::lock_guard lock(m_mutex);
            m_report.documents += examination->facts.documents;
        }
        if (expected != m_expected.end())
            checkNumbers(*expected->second, examination->facts);
        ++m_progress.databasesDone;
        if (m_options.against == nullptr)
            return {};
        return compare(name, expected == m_expected.end() ? nullptr : expected->second, **store,
                       examination->facts);
    }

    void checkNumbers(const archive::ManifestDatabase &entry, const store::Facts &facts)
    {
        const auto expect = [&](const char *what, std::uint64_t manifest, std::uint64_t store) {
            if (manifest != store)
                add("count-differs", entry.name, {},
                    base::text("The manifest says %1 %2, the store holds %3.")
                        .arg(manifest)
                        .arg(base::text(what))
                        .arg(store));
        };
        expect("documents", entry.documents, facts.documents);
        expect("deleted documents", entry.deleted, facts.deleted);
        expect("leaves", entry.leaves, facts.leaves);
        expect("conflicted documents", entry.conflicted, facts.conflicted);
        expect("attachments", entry.attachments, facts.attachments);
        expect("bytes of attachments", entry.attachmentBytes, facts.attachmentBytes);
        if (entry.leafSet != facts.leafSet.hex())
            add("leaf-set-differs", entry.name, {},
                base::text("The leaf revisions are not those that the manifest was made from."));
        if (entry.contentHash != facts.contentHash)
            add("content-differs", entry.name, {},
                base::text("The contents are not those that the manifest was made from."));
    }

    Status compare(const std::string &name, const archive::ManifestDatabase *entry,
                   store::Reader &store, const store::Facts &facts)
    {
        const auto info = m_options.against->databaseInfo(name);
        if (!info) {
            if (info.error().kind != ErrorKind::NotFound)
                return info.error();
            addDifference("not-at-source", name, {},
                          base::text("The source has no such database any more."));
            return {};
        }
        if (entry != nullptr && !entry->instanceStartTime.empty()
            && entry->instanceStartTime != "\"0\"" && entry->instanceStartTime != "0"
            && entry->instanceStartTime != info->instanceStartTime) {
            addDifference("recreated", name, {},
                          base::text("The source's database was deleted and made again since."));
            return {};
        }
        LeafSample sample(std::random_device{}());
        Status sampled =
            store.forEachDocument([&](const store::Metadata &metadata) -> Result<bool> {
                for (const std::int32_t leaf : metadata.tree.leaves())
                    sample.offer(metadata.id, metadata.tree.revOf(leaf).toString());
                return true;
            });
        if (!sampled)
            return sampled;
        // Without a manifest nothing says since when: then every difference counts.
        const auto comparison =
            compareWithSource({.source = *m_options.against,
                               .database = name,
                               .stored = store,
                               .storedLeaves = facts.leafSet,
                               .sinceSeq = entry == nullptr ? info->updateSeq : entry->updateSeq,
                               .purgeSeq = entry == nullptr ? info->purgeSeq : entry->purgeSeq,
                               .leavesAreKnownEqual = false,
                               .sample = sample.take(),
                               .allBodies = m_options.allBodies,
                               .stop = m_stop});
        if (!comparison)
            return comparison.error();
        for (const store::Problem &problem : comparison->problems)
            addDifference(problem.code, name, problem.document, problem.message);
        if (comparison->changedDocuments > 0)
            remark(
                base::text(
                    "%1: %2 documents changed at the source since this backup and were not compared.")
                    .arg(base::printable(name))
                    .arg(comparison->changedDocuments));
        const std::lock_guard lock(m_mutex);
        m_report.bodiesCompared += comparison->bodiesCompared;
        return {};
    }

    void conclude()
    {
        if (m_report.l2 != LevelState::Failed)
            m_report.l2 = m_isDamaged ? LevelState::Failed : LevelState::Passed;
        if (m_options.against != nullptr
            && (m_differs || !m_manifest || m_manifest->isComplete())) {
            m_report.l3 = m_differs ? LevelState::Failed : LevelState::Passed;
        } else if (m_manifest && m_manifest->isComplete()) {
            m_report.l3 = LevelState::Passed;
            m_report.l3Note =
                "compared with the source when the backup was made, " + m_manifest->finishedAt;
            noteUnchanged();
        } else {
            m_report.l3 = LevelState::Unknown;
            m_report.l3Note = m_manifest
                ? "the backup has omissions, see its manifest"
                : "the archive does not say what the source held when it was made";
        }
    }

    /// What was taken over was seen to be unchanged, which is less than compared.
    void noteUnchanged()
    {
        size_t count = 0;
        std::string oldest;
        for (const archive::ManifestDatabase &entry : m_manifest->databases) {
            if (!entry.reused)
                continue;
            ++count;
            if (oldest.empty() || entry.comparedAt < oldest)
                oldest = entry.comparedAt;
        }
        if (count > 0)
            m_report.l3Note += "; " + std::to_string(count) + " of "
                + std::to_string(m_manifest->databases.size())
                + " databases unchanged at the source since they were compared, the first on "
                + oldest;
    }

    base::fs::path m_path;
    const VerifyOptions &m_options;
    Progress &m_progress;
    std::stop_token m_stop;
    std::unique_ptr<archive::Reader> m_reader;
    std::optional<archive::Manifest> m_manifest;
    std::optional<QString> m_manifestFault;
    std::map<std::string, const archive::ManifestDatabase *> m_expected;
    std::set<std::string> m_inherited;                        ///< directories
    std::set<std::pair<base::Sha256, base::Sha256>> m_proven; ///< packed and content digests
    std::mutex m_mutex;
    VerifyReport m_report;
    bool m_isDamaged = false;
    bool m_differs = false;
};

} // namespace

Result<VerifyReport> verifyArchive(const base::fs::path &path, const VerifyOptions &options,
                                   Progress &progress, std::stop_token stop)
{
    return Verifier(path, options, progress, std::move(stop)).run();
}

} // namespace backup
