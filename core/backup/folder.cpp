#include "core/backup/folder.h"

#include "core/backup/foldername.h"
#include "core/base/failpoint.h"
#include "core/base/json.h"
#include "core/base/text.h"

#include <QUuid>

#include <algorithm>
#include <iterator>
#include <system_error>

namespace backup {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
namespace fs = base::fs;

constexpr const char *kMarkerName = ".focus-monitor-folder";
constexpr const char *kLockName = ".focus-monitor-lock";
constexpr const char *kKnownFoldersName = "known-folders.json";
constexpr std::uint64_t kSmallFileLimit = std::uint64_t{1} << 20;

QString shown(const fs::path &path)
{
    return base::printable(base::toUtf8(path), 1000);
}

bool isThere(const fs::path &path)
{
    std::error_code code;
    return fs::exists(path, code);
}

Result<std::vector<fs::path>> entriesOf(const fs::path &folder)
{
    std::vector<fs::path> entries;
    std::error_code code;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end;
         entry.increment(code))
        entries.push_back(entry->path());
    if (code)
        return Error{ErrorKind::Io,
                     base::text("The backup folder %1 could not be read: %2.")
                         .arg(shown(folder), QString::fromStdString(code.message()))};
    return entries;
}

/// Paths of folders that were used before. A list that is there and cannot be read is an error:
/// without it a disk that is not there would be taken for a new folder.
Result<std::vector<std::string>> knownFolders(const fs::path &stateFolder)
{
    std::vector<std::string> known;
    const fs::path path = stateFolder / kKnownFoldersName;
    if (!isThere(path))
        return known;
    const auto text = base::readFile(path, kSmallFileLimit);
    const auto entries =
        text ? base::json::elements(*text) : Result<std::vector<std::string_view>>(text.error());
    if (!entries)
        return Error{
            ErrorKind::Io,
            base::text(
                "The list of backup folders, %1, cannot be read: %2 Delete it to begin anew.")
                .arg(shown(path), entries.error().message)};
    for (const std::string_view entry : *entries)
        known.push_back(base::json::unescape(entry));
    return known;
}

Status rememberFolder(const fs::path &stateFolder, std::vector<std::string> known,
                      const std::string &path)
{
    known.push_back(path);
    std::string text = "[";
    for (const std::string &entry : known) {
        if (text.size() > 1)
            text += ',';
        base::json::appendQuoted(text, entry);
    }
    text += ']';
    if (Status made = base::makeFolder(stateFolder); !made)
        return made;
    return base::writeFileAtomically(stateFolder / kKnownFoldersName, text);
}

/// Makes the folder and its marker when it is new, and refuses when it is known but gone.
Status claim(const fs::path &path, const fs::path &stateFolder)
{
    const bool remembers = !stateFolder.empty();
    const std::string name = base::toUtf8(path);
    const auto known = remembers ? knownFolders(stateFolder)
                                 : Result<std::vector<std::string>>(std::vector<std::string>());
    if (!known)
        return known.error();
    const bool isKnown = std::find(known->begin(), known->end(), name) != known->end();
    const fs::path marker = path / kMarkerName;
    if (!isThere(marker)) {
        if (isKnown)
            return Error{
                ErrorKind::Io,
                base::text(
                    "The backup disk is not there: %1 was used before and has lost its marker file %2. "
                    "Connect the disk, or delete the line of this folder in %3 to begin anew. Nothing was written.")
                    .arg(shown(path), QString::fromLatin1(kMarkerName),
                         shown(stateFolder / kKnownFoldersName))};
        if (Status made = base::makeFolder(path); !made)
            return made;
        const std::string uuid = QUuid::createUuid().toString(QUuid::WithoutBraces).toStdString();
        if (Status written = base::writeFileAtomically(marker, uuid + "\n"); !written)
            return written;
    }
    if (remembers && !isKnown)
        return rememberFolder(stateFolder, *known, name);
    return {};
}

} // namespace

Result<std::unique_ptr<Folder>> Folder::open(const Options &options)
{
    std::unique_ptr<Folder> folder(new Folder);
    std::error_code code;
    folder->m_path = fs::absolute(options.path, code).lexically_normal();
    if (!folder->m_path.has_filename()
        && folder->m_path.has_relative_path()) // "backups/" is "backups"
        folder->m_path = folder->m_path.parent_path();
    if (code || options.path.empty())
        return Error{
            ErrorKind::Io,
            base::text("The backup folder %1 has no usable path.").arg(shown(options.path))};
    if (isThere(folder->m_path) && !fs::is_directory(folder->m_path, code))
        return Error{ErrorKind::Io,
                     base::text("%1 is a file, not a folder. Name a folder for the backups.")
                         .arg(shown(folder->m_path))};
    if (Status claimed = claim(folder->m_path, options.stateFolder); !claimed)
        return claimed.error();
    auto marker = base::readFile(folder->m_path / kMarkerName, kSmallFileLimit);
    if (!marker)
        return marker.error();
    folder->m_marker = std::move(*marker);
    auto lock = base::FolderLock::take(folder->m_path / kLockName);
    if (!lock)
        return lock.error();
    folder->m_lock = std::move(*lock);
    if (Status removed = folder->removeLeftovers(); !removed)
        return removed.error();
    return folder;
}

Status Folder::removeLeftovers()
{
    const auto entries = entriesOf(m_path);
    if (!entries)
        return entries.error();
    for (const fs::path &entry : *entries) {
        const std::string name = base::toUtf8(entry.filename());
        if (!isLeftoverName(name))
            continue;
        FM_POINT("folder.remove-leftover");
        if (Status removed = base::removeTree(entry); !removed)
            return removed;
        m_removed.push_back(name);
    }
    std::sort(m_removed.begin(), m_removed.end());
    return {};
}

std::vector<fs::path> Folder::archives() const
{
    std::vector<fs::path> found;
    const auto entries = entriesOf(m_path);
    if (!entries)
        return found;
    std::copy_if(entries->begin(), entries->end(), std::back_inserter(found),
                 [](const fs::path &entry) { return entry.extension() == ".tgz"; });
    // By the stems: "...Z" comes before "...Z-2".
    std::sort(found.begin(), found.end(),
              [](const fs::path &a, const fs::path &b) { return a.stem() < b.stem(); });
    return found;
}

bool Folder::isArchiveName(std::string_view name)
{
    return name.ends_with(kArchiveSuffix)
        && isTimestamp(name.substr(0, name.size() - kArchiveSuffix.size()));
}

Status Folder::requireStillThere() const
{
    const auto marker = base::readFile(m_path / kMarkerName, kSmallFileLimit);
    if (marker && *marker == m_marker)
        return {};
    return Error{
        ErrorKind::Io,
        base::text(
            "The backup disk is not there any more: %1 is gone, or another folder is in its place. "
            "Connect the disk and take the backup again. The old backups are untouched.")
            .arg(shown(m_path)),
        marker ? QString() : marker.error().message};
}

Status Folder::requireSpace(std::uint64_t bytes) const
{
    const auto free = base::freeBytes(m_path);
    if (!free)
        return free.error();
    if (*free >= bytes)
        return {};
    constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
    return Error{
        ErrorKind::NoSpace,
        base::text(
            "The disk of %1 has %2 MiB free and a backup needs about %3 MiB. Free some space or choose another "
            "folder with --to. The old backups are untouched.")
            .arg(shown(m_path), QString::number(*free / mebibyte),
                 QString::number(bytes / mebibyte + 1))};
}

std::string Folder::freeTimestamp(std::chrono::system_clock::time_point now) const
{
    std::string timestamp = base::isoTime(now);
    std::replace(timestamp.begin(), timestamp.end(), ':', '_');
    std::string candidate = timestamp;
    for (int number = 2; isThere(finalPath(candidate)); ++number)
        candidate = timestamp + '-' + std::to_string(number);
    return candidate;
}

fs::path Folder::partialPath(const std::string &timestamp) const
{
    return m_path / (timestamp + std::string(kPartialSuffix));
}

fs::path Folder::finalPath(const std::string &timestamp) const
{
    return m_path / (timestamp + ".tgz");
}

fs::path Folder::stagingPath(const std::string &timestamp) const
{
    return m_path / (timestamp + std::string(kStagingSuffix));
}

Status Folder::publish(const std::string &timestamp) const
{
    FM_POINT("publish.before-rename");
    if (Status renamed = base::renameNoReplace(partialPath(timestamp), finalPath(timestamp));
        !renamed)
        return renamed;
    FM_POINT("publish.after-rename");
    Status synced = base::syncFolder(m_path);
    FM_POINT("publish.after-sync");
    return synced;
}

} // namespace backup
