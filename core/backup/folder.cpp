#include "core/backup/folder.h"

#include "core/base/failpoint.h"
#include "core/base/json.h"
#include "core/base/text.h"

#include <QUuid>

#include <algorithm>
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
constexpr std::string_view kPartialSuffix = ".tgz.partial";
constexpr std::string_view kStagingSuffix = ".staging";
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

/// Paths of folders that were used before; a missing or unreadable list knows none.
std::vector<std::string> knownFolders(const fs::path &stateFolder)
{
    std::vector<std::string> known;
    const auto text = base::readFile(stateFolder / kKnownFoldersName, kSmallFileLimit);
    if (!text)
        return known;
    const auto entries = base::json::elements(*text);
    if (!entries)
        return known;
    for (const std::string_view entry : *entries)
        known.push_back(base::json::unescape(entry));
    return known;
}

Status rememberFolder(const fs::path &stateFolder, std::vector<std::string> known, const std::string &path)
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
    const auto known = remembers ? knownFolders(stateFolder) : std::vector<std::string>();
    const bool isKnown = std::find(known.begin(), known.end(), name) != known.end();
    const fs::path marker = path / kMarkerName;
    if (!isThere(marker)) {
        if (isKnown)
            return Error{ErrorKind::Io,
                         base::text("The backup disk is not there: %1 was used before and has lost its marker file %2. "
                                    "Connect the disk, or delete the line of this folder in %3 to begin anew. Nothing was written.")
                             .arg(shown(path), QString::fromLatin1(kMarkerName), shown(stateFolder / kKnownFoldersName))};
        if (Status made = base::makeFolder(path); !made)
            return made;
        const std::string uuid = QUuid::createUuid().toString(QUuid::WithoutBraces).toStdString();
        if (Status written = base::writeFileAtomically(marker, uuid + "\n"); !written)
            return written;
    }
    if (remembers && !isKnown)
        return rememberFolder(stateFolder, known, name);
    return {};
}

} // namespace

Result<std::unique_ptr<Folder>> Folder::open(const Options &options)
{
    std::unique_ptr<Folder> folder(new Folder);
    std::error_code code;
    folder->m_path = fs::absolute(options.path, code).lexically_normal();
    if (code)
        return Error{ErrorKind::Io, base::text("The backup folder %1 has no usable path.").arg(shown(options.path))};
    if (isThere(folder->m_path) && !fs::is_directory(folder->m_path, code))
        return Error{ErrorKind::Io, base::text("%1 is a file, not a folder. Name a folder for the backups.").arg(shown(folder->m_path))};
    if (Status claimed = claim(folder->m_path, options.stateFolder); !claimed)
        return claimed.error();
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
    std::error_code code;
    for (const fs::directory_entry &entry : fs::directory_iterator(m_path, code)) {
        const std::string name = base::toUtf8(entry.path().filename());
        if (!name.ends_with(kPartialSuffix) && !name.ends_with(kStagingSuffix))
            continue;
        FM_POINT("folder.remove-leftover");
        if (Status removed = base::removeTree(entry.path()); !removed)
            return removed;
        m_removed.push_back(name);
    }
    if (code)
        return Error{ErrorKind::Io, base::text("The backup folder %1 could not be read: %2.")
                                        .arg(shown(m_path), QString::fromStdString(code.message()))};
    return {};
}

std::vector<fs::path> Folder::archives() const
{
    std::vector<fs::path> found;
    std::error_code code;
    for (const fs::directory_entry &entry : fs::directory_iterator(m_path, code)) {
        if (entry.path().extension() == ".tgz")
            found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
}

Status Folder::requireSpace(std::uint64_t bytes) const
{
    const auto free = base::freeBytes(m_path);
    if (!free)
        return free.error();
    if (*free >= bytes)
        return {};
    constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
    return Error{ErrorKind::NoSpace,
                 base::text("The disk of %1 has %2 MiB free and a backup needs about %3 MiB. Free some space or choose another "
                            "folder with --to. The old backups are untouched.")
                     .arg(shown(m_path))
                     .arg(*free / mebibyte)
                     .arg(bytes / mebibyte + 1)};
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
    if (Status renamed = base::renameNoReplace(partialPath(timestamp), finalPath(timestamp)); !renamed)
        return renamed;
    FM_POINT("publish.after-rename");
    Status synced = base::syncFolder(m_path);
    FM_POINT("publish.after-sync");
    return synced;
}

} // namespace backup
