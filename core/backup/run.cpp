#include "core/backup/run.h"

#include "core/archive/reader.h"
#include "core/archive/writer.h"
#include "core/backup/earlierarchive.h"
#include "core/backup/reuse.h"
#include "core/backup/snapshot.h"
#include "core/backup/survey.h"
#include "core/backup/workers.h"
#include "core/base/failpoint.h"
#include "core/base/text.h"
#include "core/base/version.h"

#include <QUuid>

#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>

namespace backup {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
namespace fs = base::fs;

constexpr std::uint64_t kSpareBytes = std::uint64_t{64} << 20;
constexpr const char *kUsersDatabase = "_users";

constexpr const char *kReadme =
    "This is a backup of a CouchDB server, made by focus-monitor.\n"
    "\n"
    "Every folder here is one database in the LevelDB format of PouchDB (pouchdb-node 7.3 and later), with\n"
    "its whole revision history, conflicts, deleted documents and attachments. manifest.json says what is\n"
    "in each, and what could not be read. A folder is named like its database, percent-encoded where a file\n"
    "system would object; the manifest has the true name.\n"
    "\n"
    "To bring a database back without focus-monitor:\n"
    "  1. tar xzf THIS_ARCHIVE.tgz\n"
    "  2. npm install pouchdb-node\n"
    "  3. node -e \"const P = require('pouchdb-node');\n"
    "       P.replicate('./FOLDER', 'http://USER:PASSWORD@HOST:5984/DATABASE').then(console.log)\"\n"
    "The database's _security and revision limit are in manifest.json; set them again afterwards.\n";

class Run
{
public:
    Run(const RunRequest &request, Progress &progress, const base::Clock &clock,
        std::stop_token stop)
        : m_request(request)
        , m_progress(progress)
        , m_clock(clock)
        , m_stop(m_stopping.get_token())
        , m_callersStop(std::move(stop), [this] { m_stopping.request_stop(); })
        , m_source(*request.source, m_stop)
    {
        if (request.mirror != nullptr)
            m_mirror = std::make_unique<couch::Client>(*request.mirror, m_stop);
        m_pool.setMaxThreadCount(request.parallelRequests);
        m_pool.setExpiryTimeout(-1);
    }

    Result<RunOutcome> run()
    {
        auto outcome = prepareAndMake();
        if (!outcome && m_folder) { // an unplugged disk is the reason of many failures
            if (Status there = m_folder->requireStillThere(); !there)
                return Error{there.error().kind, there.error().message, outcome.error().message};
        }
        return outcome;
    }

private:
    Result<RunOutcome> prepareAndMake()
    {
        if (Status prepared = prepare(); !prepared)
            return prepared.error();
        Status made = makeArchive();
        m_writer.reset();
        if (!made && !m_timestamp.empty()) {
            static_cast<void>(base::removeFile(m_folder->partialPath(m_timestamp)));
            static_cast<void>(base::removeTree(m_folder->stagingPath(m_timestamp)));
        }
        if (!made)
            return made.error();
        static_cast<void>(base::removeTree(m_folder->stagingPath(m_timestamp)));
        return verifyAndPublish();
    }

    /// Everything that can fail before a byte is written.
    Status prepare()
    {
        const auto server = m_source.serverInfo();
        if (!server)
            return server.error();
        auto discovery =
            couch::discover(m_source, m_request.middleware, m_request.discovery, m_stop);
        if (!discovery)
            return discovery.error();
        m_discovery = std::move(*discovery);
        if (m_discovery.databases.empty() && !m_discovery.hasUsersDatabase
            && m_discovery.usersJson.empty())
            return Error{
                ErrorKind::NotFound,
                base::text(
                    "%1 shows no database to back up. Check the user's rights and which databases are chosen. "
                    "Nothing was written.")
                    .arg(base::printable(m_request.sourceName))};
        m_manifest.server = m_request.sourceName;
        m_manifest.serverVersion = server->version;
        m_manifest.serverUuid = server->uuid;
        m_manifest.serverVendor = server->vendor;
        auto folder = Folder::open(m_request.folder);
        if (!folder)
            return folder.error();
        m_folder = std::move(*folder);
        return survey();
    }

    Status survey()
    {
        m_earlier = EarlierArchive::bestIn(
            *m_folder, {m_manifest.server, m_manifest.serverUuid, allDatabases(), m_clock.now()},
            m_remarks);
        const unsigned round =
            nextRound(m_earlier ? m_earlier->manifest().reuseRound : std::nullopt);
        m_manifest.reuseRound = round;
        if (m_request.full)
            m_earlier.reset();
        auto survey = surveyDatabases({.source = m_source,
                                       .databases = allDatabases(),
                                       .earlier = m_earlier.get(),
                                       .server = m_manifest.server,
                                       .serverUuid = m_manifest.serverUuid,
                                       .round = round,
                                       .parallelRequests = m_request.parallelRequests,
                                       .clock = m_clock});
        if (!survey)
            return survey.error();
        m_survey = std::move(*survey);
        m_progress.documents = m_survey.documents;
        // The staging folder of the largest lies beside the archive for a while. That the estimate
        // is too low does no harm: a full disk ends the run and nothing else.
        const std::uint64_t fetched = m_survey.bytes + m_survey.largestBytes;
        const std::uint64_t takenOver = m_survey.unchanged.empty() ? 0 : m_earlier->fileSize();
        return m_folder->requireSpace(fetched + fetched / 5 + takenOver + kSpareBytes);
    }

    [[nodiscard]] std::vector<std::string> allDatabases() const
    {
        std::vector<std::string> databases = m_discovery.databases;
        if (m_discovery.hasUsersDatabase)
            databases.emplace_back(kUsersDatabase);
        return databases;
    }

    Status makeArchive()
    {
        if (Status there = m_folder->requireStillThere(); !there)
            return there;
        const auto now = m_clock.now(); // once: the file is named after it
        m_timestamp = m_folder->freeTimestamp(now);
        m_manifest.tool = std::string("focus-monitor ") + base::versionText();
        m_manifest.runId = QUuid::createUuid().toString(QUuid::WithoutBraces).toStdString();
        m_manifest.startedAt = base::isoTime(now);
        auto file = base::File::create(m_folder->partialPath(m_timestamp));
        if (!file)
            return file.error();
        FM_POINT("run.partial-created");
        archive::Writer::Options options;
        options.level = m_request.compressionLevel;
        options.modified = m_clock.now();
        auto writer = archive::Writer::create(std::move(*file), m_timestamp, options);
        if (!writer)
            return writer.error();
        m_writer = std::move(*writer);
        if (Status root = m_writer->addFolder({}); !root)
            return root;
        if (Status begun = m_writer->addBytes(
                "format.json",
                archive::encodeFormat(m_manifest.runId, m_manifest.startedAt, m_manifest.tool));
            !begun)
            return begun;
        if (Status readme = m_writer->addBytes("README.txt", kReadme); !readme)
            return readme;
        m_progress.phase = Phase::Fetching;
        if (Status taken = takeSnapshots(); !taken)
            return taken;
        if (Status users = addUsers(); !users)
            return users;
        if (Status content = requireContent(); !content)
            return content;
        if (Status noted = noteAppeared(); !noted)
            return noted;
        return finishArchive();
    }

    Status takeSnapshots()
    {
        const std::vector<std::string> databases = allDatabases();
        m_progress.databases = databases.size();
        Status taken = forEachInParallel(databases, m_request.parallelDatabases,
                                         [this](const std::string &database) {
                                             Status one = takeOne(database);
                                             if (!one)
                                                 stopFor(one.error());
                                             return one;
                                         });
        return m_firstError ? Status(*m_firstError) : taken;
    }

    /// The other databases end as well, instead of being read to their end for nothing.
    void stopFor(const Error &error)
    {
        {
            const std::lock_guard lock(m_errorMutex);
            if (!m_firstError)
                m_firstError = error;
        }
        m_stopping.request_stop();
    }

    Status takeOne(const std::string &database)
    {
        if (m_stop.stop_requested())
            return Error{ErrorKind::Cancelled, base::text("Stopped.")};
        m_progress.setCurrent(database);
        const auto reused = reuse(database);
        if (!reused)
            return reused.error();
        if (*reused) {
            ++m_progress.databasesDone;
            return {};
        }
        const SnapshotContext context{
            m_source,
            m_pool,
            m_progress,
            m_clock,
            m_stop,
            m_request.verifyAllBodies,
            m_request.storeSizes,
            m_mirror.get(),
            m_mirrorIsDown,
            m_request.whenBehind,
        };
        const fs::path staging = m_folder->stagingPath(m_timestamp)
            / base::fromUtf8(archive::directoryNameFor(database));
        auto snapshot = takeSnapshot(context, database, staging);
        if (!snapshot)
            return snapshot.error();
        noteMirror(*snapshot);
        Status packed = pack(*snapshot);
        ++m_progress.databasesDone;
        return packed;
    }

    /// Takes the database over from the earlier archive where it provably did not change; false
    /// when it has to be fetched.
    Result<bool> reuse(const std::string &database)
    {
        const auto unchanged = m_survey.unchanged.find(database);
        if (unchanged == m_survey.unchanged.end())
            return false;
        // What was said of it there still holds, and when it was compared stays so.
        archive::ManifestDatabase entry = *m_earlier->find(database);
        const auto files = m_earlier->files(entry.directory);
        if (!files) {
            noteDamage(database, files.error());
            return false;
        }
        if (!entry.reused)
            entry.contentFrom = m_earlier->name();
        entry.reused = true;
        entry.startedAt = unchanged->second.seenAt;
        entry.finishedAt = base::isoTime(m_clock.now());
        if (Status packed = packReused(std::move(entry), *files); !packed)
            return packed.error();
        m_progress.documents -= unchanged->second.documents;
        return true;
    }

    void noteMirror(const Snapshot &snapshot)
    {
        const std::lock_guard lock(m_archiveMutex);
        if (snapshot.mirrorIsDown && !m_mirrorIsDown.exchange(true))
            m_remarks.push_back(
                base::text("The mirror does not answer; documents come from the source."));
        else if (!snapshot.mirrorRemark.isEmpty() && !snapshot.mirrorIsDown)
            m_remarks.push_back(snapshot.mirrorRemark);
    }

    void noteDamage(const std::string &database, const Error &error)
    {
        const std::lock_guard lock(m_archiveMutex);
        m_remarks.push_back(
            base::text(
                "The earlier archive %1 is damaged, so that %2 was fetched again: %3 Look at it with `verify`.")
                .arg(base::printable(m_earlier->name()), base::printable(database), error.message));
    }

    Status packReused(archive::ManifestDatabase entry,
                      const std::vector<EarlierArchive::File> &files)
    {
        const std::lock_guard lock(m_archiveMutex);
        if (Status folder = m_writer->addFolder(entry.directory); !folder)
            return folder;
        for (const EarlierArchive::File &file : files) {
            if (Status added = m_writer->addPacked(entry.directory + '/' + file.name, file.packed);
                !added)
                return added;
        }
        m_manifest.databases.push_back(std::move(entry));
        FM_POINT("run.database-reused");
        return {};
    }

    Status pack(Snapshot &snapshot)
    {
        const std::lock_guard lock(m_archiveMutex);
        if (snapshot.vanished) {
            m_manifest.vanished.push_back(snapshot.entry.name);
            return {};
        }
        if (snapshot.files != nullptr) {
            snapshot.entry.directory = archive::directoryNameFor(snapshot.entry.name);
            if (Status folder = m_writer->addFolder(snapshot.entry.directory); !folder)
                return folder;
            for (const base::FileSet::Entry &file : snapshot.files->files()) {
                const auto reader = snapshot.files->open(file.name);
                if (!reader)
                    return reader.error();
                if (Status added =
                        m_writer->addFile(snapshot.entry.directory + '/' + file.name, **reader);
                    !added)
                    return added;
            }
        }
        if (snapshot.failure && !m_firstFailure)
            m_firstFailure = snapshot.failure;
        m_manifest.databases.push_back(std::move(snapshot.entry));
        FM_POINT("run.database-packed");
        return {};
    }

    Status addUsers()
    {
        if (!m_discovery.usersJson.empty())
            return m_writer->addBytes("_users.json", m_discovery.usersJson);
        const bool isWanted = m_request.discovery.method == couch::DiscoveryMethod::Middleware
            && m_request.discovery.filter.keeps(kUsersDatabase);
        if (isWanted && !m_discovery.hasUsersDatabase)
            m_manifest.omissions.push_back(
                {"users-unreadable",
                 {},
                 {},
                 {},
                 base::text(
                     "The middleware gives no list of users, so that they are not in this backup. "
                     "Exclude _users if that is meant.")
                     .toStdString()});
        return {};
    }

    /// An archive that holds nothing is no backup.
    Status requireContent() const
    {
        const bool holdsSome = std::any_of(
            m_manifest.databases.begin(), m_manifest.databases.end(),
            [](const archive::ManifestDatabase &entry) { return !entry.directory.empty(); });
        if (holdsSome || !m_discovery.usersJson.empty())
            return {};
        if (m_firstFailure)
            return m_firstFailure->withContext(base::text(
                "None of the databases could be read, so that there is no backup. The first one"));
        return Error{
            ErrorKind::NotFound,
            base::text(
                "All databases were deleted while they were read, so that there is no backup. Is %1 the right server?")
                .arg(base::printable(m_request.sourceName))};
    }

    /// A database that came meanwhile is not missing from this backup, but the next must have it.
    Status noteAppeared()
    {
        auto again = couch::discover(m_source, m_request.middleware, m_request.discovery, m_stop);
        if (!again && again.error().kind == ErrorKind::Cancelled)
            return again.error();
        if (!again) { // all that was read before is good nevertheless
            m_manifest.omissions.push_back(
                {"appeared-unknown",
                 {},
                 {},
                 {},
                 base::text("Whether databases were added meanwhile is not known: %1")
                     .arg(again.error().message)
                     .toStdString()});
            return {};
        }
        std::set_difference(again->databases.begin(), again->databases.end(),
                            m_discovery.databases.begin(), m_discovery.databases.end(),
                            std::back_inserter(m_manifest.appeared));
        return {};
    }

    Status finishArchive()
    {
        std::sort(m_manifest.databases.begin(), m_manifest.databases.end(),
                  [](const auto &a, const auto &b) { return a.name < b.name; });
        std::sort(m_manifest.vanished.begin(), m_manifest.vanished.end());
        m_manifest.fallbacks = m_source.fallbacks();
        m_manifest.finishedAt = base::isoTime(m_clock.now());
        if (Status added = m_writer->addBytes("manifest.json", archive::encodeManifest(m_manifest));
            !added)
            return added;
        FM_POINT("run.manifest-written");
        const auto size = m_writer->finish();
        if (!size)
            return size.error();
        m_size = *size;
        FM_POINT("run.archive-synced");
        return {};
    }

    Result<RunOutcome> verifyAndPublish()
    {
        m_progress.phase = Phase::Verifying;
        m_progress.bytesDone = 0;
        VerifyOptions options;
        options.scratch = m_folder->path();
        options.takenOverFrom = m_earlier.get();
        auto report =
            verifyArchive(m_folder->partialPath(m_timestamp), options, m_progress, m_stop);
        if (!report) {
            static_cast<void>(base::removeFile(m_folder->partialPath(m_timestamp)));
            return report.error();
        }
        if (!report->isOk()) {
            const QString first =
                report->problems.empty() ? QString() : report->problems.front().message;
            return Error{
                ErrorKind::Corrupt,
                base::text(
                    "The new archive failed its verification and was not published: %1 It lies in %2 to be looked at; "
                    "the next run removes it. Check the disk and the memory of this machine.")
                    .arg(first,
                         base::printable(base::toUtf8(m_folder->partialPath(m_timestamp)), 1000))};
        }
        FM_POINT("run.verified");
        m_progress.phase = Phase::Publishing;
        if (Status there = m_folder->requireStillThere(); !there)
            return there.error();
        if (Status published = m_folder->publish(m_timestamp); !published) {
            static_cast<void>(base::removeFile(m_folder->partialPath(m_timestamp)));
            return published.error();
        }
        m_progress.phase = Phase::Done;
        report->path = m_folder->finalPath(m_timestamp);
        return RunOutcome{m_folder->finalPath(m_timestamp),
                          m_size,
                          std::move(m_manifest),
                          std::move(*report),
                          m_folder->removedLeftovers(),
                          std::move(m_remarks)};
    }

    const RunRequest &m_request;
    Progress &m_progress;
    const base::Clock &m_clock;
    std::stop_source m_stopping; ///< the caller's wish, or the first error
    std::stop_token m_stop;
    std::stop_callback<std::function<void()>> m_callersStop;
    couch::Client m_source;
    std::unique_ptr<couch::Client> m_mirror; ///< null: everything comes from the source
    std::atomic<bool> m_mirrorIsDown{false};
    QThreadPool m_pool;
    couch::Discovery m_discovery;
    Survey m_survey;
    std::unique_ptr<Folder> m_folder;
    std::unique_ptr<EarlierArchive> m_earlier; ///< null when there is none
    std::vector<QString> m_remarks;
    std::string m_timestamp;
    std::unique_ptr<archive::Writer> m_writer;
    std::mutex m_archiveMutex; ///< for the writer, the manifest, the remarks and m_firstFailure
    std::optional<Error> m_firstFailure; ///< of a database that could not be read
    std::mutex m_errorMutex;
    std::optional<Error> m_firstError; ///< that stopped the run
    archive::Manifest m_manifest;
    std::uint64_t m_size = 0;
};

} // namespace

std::uint64_t RunOutcome::reused() const
{
    return static_cast<std::uint64_t>(
        std::count_if(manifest.databases.begin(), manifest.databases.end(),
                      [](const archive::ManifestDatabase &entry) { return entry.reused; }));
}

Result<RunOutcome> runBackup(const RunRequest &request, Progress &progress,
                             const base::Clock &clock, std::stop_token stop)
{
    return Run(request, progress, clock, std::move(stop)).run();
}

} // namespace backup
