#include "core/backup/earlierarchive.h"

#include "core/archive/estargzreader.h"
#include "core/backup/archiveview.h"
#include "core/backup/foldername.h"
#include "core/base/text.h"

#include <algorithm>

namespace backup {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
namespace fs = base::fs;

/// Of other servers: so many are passed over before the search is given up.
constexpr int kMostOthers = 20;
/// A backup of a single database, made by hand, must not make the next one fetch everything.
constexpr int kMostCandidates = 5;
/// One missing in so many is no reason to look further back.
constexpr size_t kNearly = 10;
/// Clocks of machines that share a folder may differ by so much.
constexpr std::chrono::minutes kClockTolerance{10};

struct Opened {
    std::unique_ptr<archive::Reader> reader;
    archive::Manifest manifest;
};

/// By footer and table of contents alone: an archive that is not ours (or was cut) is not read
/// through; nothing then.
Result<std::optional<Opened>> openOurs(const fs::path &path)
{
    auto file = base::File::openRead(path);
    if (!file)
        return file.error();
    std::optional<QString> why;
    auto reader = archive::openEstargz(std::shared_ptr<const base::RandomReader>(std::move(*file)),
                                       base::printable(base::toUtf8(path), 1000), {}, why);
    if (!reader)
        return reader.error();
    if (why)
        return Error{ErrorKind::Corrupt, *why};
    if (*reader == nullptr)
        return std::optional<Opened>();
    auto manifest = readManifest(**reader);
    if (!manifest)
        return manifest.error();
    return std::optional<Opened>(Opened{std::move(*reader), std::move(*manifest)});
}

bool isOfServer(const archive::Manifest &manifest, const std::string &server,
                const std::string &serverUuid)
{
    return manifest.server == server && manifest.serverUuid == serverUuid;
}

bool isSame(const archive::PackedFile &a, const archive::PackedFile &b)
{
    return a.size == b.size && a.digest == b.digest
        && std::ranges::equal(a.chunks, b.chunks, [](const auto &one, const auto &other) {
               return one.packedSize == other.packedSize && one.size == other.size
                   && one.packedDigest == other.packedDigest && one.digest == other.digest;
           });
}

} // namespace

std::unique_ptr<EarlierArchive> EarlierArchive::bestIn(const Folder &folder, const Wanted &wanted,
                                                       std::vector<QString> &remarks)
{
    std::unique_ptr<EarlierArchive> best;
    size_t held = 0;
    int others = 0, candidates = 0;
    const std::vector<fs::path> archives = folder.archives();
    for (auto newest = archives.rbegin(); newest != archives.rend(); ++newest) {
        const std::string name = base::toUtf8(newest->filename());
        if (!Folder::isArchiveName(name) || timeInName(name) > wanted.now + kClockTolerance)
            continue;
        auto opened = openOurs(*newest);
        if (!opened) {
            remarks.push_back(
                base::text("%1 cannot be used to save time, look at it with `verify`: %2")
                    .arg(base::printable(name), opened.error().message));
            continue;
        }
        if (!*opened || !isOfServer((*opened)->manifest, wanted.server, wanted.serverUuid)) {
            if (++others == kMostOthers)
                break;
            continue;
        }
        std::unique_ptr<EarlierArchive> earlier(new EarlierArchive);
        earlier->m_name = name;
        earlier->m_reader = std::move((*opened)->reader);
        earlier->m_manifest = std::move((*opened)->manifest);
        for (const archive::ManifestDatabase &entry : earlier->m_manifest.databases)
            earlier->m_databases.emplace(entry.name, &entry);
        const size_t holds = earlier->countOf(wanted.databases);
        if (best == nullptr || holds > held) {
            best = std::move(earlier);
            held = holds;
        }
        const bool isNearlyAll = held + held / kNearly >= wanted.databases.size();
        if (isNearlyAll || ++candidates == kMostCandidates)
            break;
    }
    return best;
}

size_t EarlierArchive::countOf(const std::vector<std::string> &databases) const
{
    return static_cast<size_t>(
        std::count_if(databases.begin(), databases.end(), [this](const std::string &name) {
            const auto *entry = find(name);
            return entry != nullptr && !entry->directory.empty();
        }));
}

const archive::ManifestDatabase *EarlierArchive::find(const std::string &database) const
{
    const auto found = m_databases.find(database);
    const bool isHere = found != m_databases.end()
        && found->second->directory == archive::directoryNameFor(database);
    return isHere ? found->second : nullptr;
}

Result<std::vector<EarlierArchive::File>>
EarlierArchive::listFiles(const archive::Reader &reader, const std::string &directory) const
{
    const auto folder = reader.openDatabase(directory);
    if (!folder)
        return folder.error();
    std::vector<File> files;
    for (const base::FileSet::Entry &entry : (*folder)->files()) {
        auto packed = reader.packedFile(directory, entry.name);
        if (!packed)
            return packed.error();
        files.push_back({entry.name, std::move(*packed)});
    }
    return files;
}

Result<std::vector<EarlierArchive::File>> EarlierArchive::files(const std::string &directory) const
{
    auto files = listFiles(*m_reader, directory);
    if (!files)
        return files;
    std::string packed;
    for (const File &file : *files) {
        for (const archive::PackedFile::Chunk &chunk : file.packed.chunks) {
            packed.resize(static_cast<size_t>(chunk.packedSize));
            if (Status read =
                    file.packed.archive->readAt(chunk.offset, packed.data(), packed.size());
                !read)
                return read.error();
            if (base::sha256(packed) != chunk.packedDigest)
                return Error{ErrorKind::Corrupt,
                             base::text("%1 in it is damaged.")
                                 .arg(base::printable(directory + '/' + file.name))};
        }
    }
    return files;
}

bool EarlierArchive::holdsTheSame(const std::string &directory, const archive::Reader &other) const
{
    const auto here = listFiles(*m_reader, directory);
    const auto there = listFiles(other, directory);
    return here && there && std::ranges::equal(*here, *there, [](const File &a, const File &b) {
               return a.name == b.name && isSame(a.packed, b.packed);
           });
}

} // namespace backup
