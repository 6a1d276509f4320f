#include "tests/backup/invariants.h"

#include "core/backup/archiveview.h"

#include <QDeadlineTimer>

#include <leveldb/env.h>

#include <algorithm>
#include <mutex>
#include <thread>

namespace backuptesting {

using base::Result;

namespace {

constexpr const char *kFileDescriptors = "/proc/self/fd";
constexpr const char *kThreads = "/proc/self/task";

size_t openFiles()
{
    std::error_code code;
    size_t count = 0;
    for (const auto &entry : base::fs::directory_iterator(kFileDescriptors, code))
        count += entry.is_socket(code) || entry.is_fifo(code) ? 0 : 1;
    return count;
}

size_t threads()
{
    std::error_code code;
    const base::fs::directory_iterator all(kThreads, code);
    return size_t(std::distance(begin(all), end(all)));
}

/// A thread that has been joined may be listed for another moment.
bool isThreadsAtMost(size_t allowed)
{
    QDeadlineTimer patience(std::chrono::seconds(10));
    while (threads() > allowed && !patience.hasExpired())
        std::this_thread::yield();
    return threads() <= allowed;
}

/// LevelDB starts one thread when it first has something to do, and keeps it for the process.
void startThreadOfLevelDB()
{
    static std::once_flag once;
    std::call_once(once, [] { leveldb::Env::Default()->Schedule([](void *) {}, nullptr); });
}

size_t threadsBefore()
{
    startThreadOfLevelDB();
    return threads();
}

/// Where the message of a failed run stands in for its manifest.
std::string wordsOf(const Result<backup::RunOutcome> &outcome)
{
    if (!outcome)
        return QString(outcome.error().message + outcome.error().detail).toStdString();
    std::string words = archive::encodeManifest(outcome->manifest) + outcome->verification.l3Note;
    for (const QString &remark : outcome->remarks)
        words += remark.toStdString();
    return words;
}

QString sentenceFault(const QString &sentence)
{
    const bool isSentence =
        sentence.endsWith(QLatin1Char('.')) || sentence.endsWith(QLatin1Char('?'));
    if (!isSentence || sentence.size() < 20 || sentence.contains(QLatin1Char('\n'))
        || sentence.contains(QLatin1String("%1")) || sentence.contains(QLatin1String("..")))
        return QStringLiteral("I9: no clear sentence: ") + sentence;
    return {};
}

/// I2 and I3 of a database that is in the archive.
QString faultOfDatabase(const archive::ManifestDatabase &entry, const FakeDatabase &source,
                        store::Reader &stored)
{
    const QString difference = differenceBetween(source, stored, entry.omissions);
    if (difference.isEmpty())
        return {};
    return QStringLiteral("I2, I3: %1: %2").arg(QString::fromStdString(entry.name), difference);
}

bool isNamed(const archive::Manifest &manifest, const std::string &database)
{
    const auto names = [&](const archive::Omission &omission) {
        return omission.message.find(database) != std::string::npos;
    };
    return std::any_of(manifest.omissions.begin(), manifest.omissions.end(), names)
        || std::find(manifest.vanished.begin(), manifest.vanished.end(), database)
        != manifest.vanished.end();
}

} // namespace

QString faultOfArchive(const base::fs::path &archive,
                       const std::map<std::string, FakeDatabase> &source)
{
    backup::Progress ignored;
    const auto report = backup::verifyArchive(archive, {}, ignored, {});
    if (!report)
        return QStringLiteral("I1: ") + report.error().message;
    if (!report->problems.empty() || !report->isOk())
        return QStringLiteral("I1: not verified: ")
            + (report->problems.empty() ? QString() : report->problems.front().message);
    const auto view = backup::ArchiveView::open(archive, {});
    if (!view || !(*view)->manifest())
        return QStringLiteral("I1: it cannot be opened, or has no manifest");
    const archive::Manifest &manifest = *(*view)->manifest();
    for (const auto &[name, database] : source) {
        const auto entry =
            std::find_if(manifest.databases.begin(), manifest.databases.end(),
                         [&name = name](const auto &one) { return one.name == name; });
        const bool isThere = entry != manifest.databases.end() && !entry->directory.empty();
        if (name == "_replicator") {
            if (isThere)
                return QStringLiteral("I2: _replicator is in it");
            continue;
        }
        if (!isThere) {
            const bool isSaid = entry != manifest.databases.end() ? !entry->omissions.empty()
                                                                  : isNamed(manifest, name);
            if (!isSaid)
                return QStringLiteral("I2: %1 is left out in silence")
                    .arg(QString::fromStdString(name));
            continue;
        }
        const auto store = (*view)->openDatabase(name);
        if (!store)
            return QStringLiteral("I1: ") + store.error().message;
        if (QString fault = faultOfDatabase(*entry, database, **store); !fault.isEmpty())
            return fault;
    }
    return {};
}

Invariants::Invariants(const Runner &runner, const FakeServer &server,
                       std::vector<std::string> secrets)
    : m_runner(runner)
    , m_server(server)
    , m_secrets(std::move(secrets))
    , m_before(testsupport::contentsOf(runner.folder()))
    , m_requestsBefore(server.requests())
    , m_openFilesBefore(openFiles())
    , m_threadsBefore(threadsBefore())
{
}

std::vector<base::fs::path> Invariants::newArchives() const
{
    std::vector<base::fs::path> archives;
    for (const std::string &name : m_runner.names()) {
        if (name.ends_with(".tgz") && !m_before.contains(name))
            archives.push_back(m_runner.folder() / base::fromUtf8(name));
    }
    return archives;
}

QString Invariants::brokenBy(const Result<backup::RunOutcome> &outcome, size_t leftovers) const
{
    if (QString fault = brokenInFolder(wordsOf(outcome), leftovers); !fault.isEmpty())
        return fault;
    const auto added = newArchives();
    if (outcome && (added.size() != 1 || added.front() != outcome->archive))
        return QStringLiteral("I5: a good run added %1 archives").arg(added.size());
    if (outcome && !outcome->verification.isOk())
        return QStringLiteral("I1: it was published without being verified");
    if (openFiles() > m_openFilesBefore)
        return QStringLiteral("I7: %1 files stay open").arg(openFiles() - m_openFilesBefore);
    if (!isThreadsAtMost(m_threadsBefore))
        return QStringLiteral("I7: %1 threads go on").arg(threads() - m_threadsBefore);
    return outcome ? QString() : sentenceFault(outcome.error().message);
}

QString Invariants::brokenInFolder(const std::string &words, size_t leftovers) const
{
    for (const QString &fault :
         {archivesFault(), placesFault(), secretsFault(words), requestsFault()}) {
        if (!fault.isEmpty())
            return fault;
    }
    size_t others = 0;
    for (const std::string &name : m_runner.names())
        others += name.ends_with(".tgz") ? 0 : 1;
    if (others > leftovers)
        return QStringLiteral("I5: %1 leftovers").arg(others);
    if (newArchives().size() > 1)
        return QStringLiteral("I5: more than one archive");
    return {};
}

QString Invariants::archivesFault() const
{
    const auto now = testsupport::contentsOf(m_runner.folder());
    for (const auto &[name, bytes] : m_before) {
        const auto found = now.find(name);
        if (found == now.end() || found->second != bytes)
            return QStringLiteral("I4: ") + QString::fromStdString(name)
                + QStringLiteral(" was touched");
    }
    for (const base::fs::path &archive : newArchives()) {
        if (QString fault = faultOfArchive(archive, m_server.databases); !fault.isEmpty())
            return fault;
    }
    return {};
}

QString Invariants::secretsFault(const std::string &words) const
{
    std::string all = words;
    for (const base::fs::path &place : {m_runner.folder(), m_runner.request.folder.stateFolder}) {
        std::error_code code;
        for (const auto &entry : base::fs::recursive_directory_iterator(place, code)) {
            all += base::toUtf8(entry.path());
            const bool isArchive = m_before.contains(base::toUtf8(entry.path().filename()));
            if (isArchive || !entry.is_regular_file(code))
                continue;
            if (const auto bytes = base::readFile(entry.path(), 1 << 24))
                all += *bytes;
        }
    }
    for (const base::fs::path &archive : newArchives()) { // what is compressed in it
        const auto view = backup::ArchiveView::open(archive, {});
        for (const auto &file : (*view)->reader().looseFiles()) {
            if (const auto bytes = (*view)->reader().readLooseFile(file.name, 1 << 24))
                all += *bytes;
        }
    }
    for (const std::string &secret : m_secrets) {
        if (all.find(secret) != std::string::npos)
            return QStringLiteral("I6: a secret shows");
    }
    return {};
}

QString Invariants::placesFault() const
{
    const base::fs::path place = m_runner.folder().parent_path();
    std::error_code code;
    for (const auto &entry : base::fs::directory_iterator(place, code)) {
        if (entry.path() != m_runner.folder()
            && entry.path() != m_runner.request.folder.stateFolder)
            return QStringLiteral("I12: ") + QString::fromStdString(base::toUtf8(entry.path()))
                + QStringLiteral(" was written");
    }
    for (const base::fs::path &folder : {m_runner.folder(), m_runner.request.folder.stateFolder}) {
        for (const auto &entry : base::fs::recursive_directory_iterator(folder, code)) {
            if (entry.is_symlink(code))
                return QStringLiteral("I12: a link was made");
        }
    }
    return {};
}

QString Invariants::requestsFault() const
{
    const auto record = m_server.record();
    using Method = couch::Request::Method;
    for (size_t i = m_requestsBefore; i < record.size(); ++i) {
        const couch::Request &request = record[i];
        const bool isSafePost = request.method == Method::Post
            && (request.target.find("/_bulk_get?") != std::string::npos
                || request.target.ends_with("/_revs_diff") || request.target == "/_dbs_info");
        if ((request.method != Method::Get && request.method != Method::Head && !isSafePost)
            || request.target.find("/_local/") != std::string::npos)
            return QStringLiteral("I11: ") + QString::fromStdString(request.target);
    }
    return {};
}

} // namespace backuptesting
