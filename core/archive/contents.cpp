#include "core/archive/contents.h"

#include "core/archive/entrypath.h"
#include "core/archive/toc.h"
#include "core/base/text.h"

#include <algorithm>

namespace archive {

namespace {

using base::Error;
using base::ErrorKind;
using base::Status;

/// The part of two folders' paths that they share.
std::string_view sharedFolder(std::string_view a, std::string_view b)
{
    while (a != b && !(b.starts_with(a) && b.size() > a.size() && b[a.size()] == '/')) {
        if (a.empty())
            return a;
        a = parentOf(a);
    }
    return a;
}

std::string shortened(std::string_view name)
{
    return std::string(name.substr(0, 200));
}

} // namespace

Status Contents::count(std::uint64_t size)
{
    const auto limit = [](const QString &what) {
        return Error{
            ErrorKind::Hostile,
            base::text("The archive is over the limit for %1; it is not opened.").arg(what),
            {}};
    };
    if (++m_entries > m_limits.maxEntries)
        return limit(base::text("entries"));
    if (size > m_limits.maxTotalBytes || m_bytes + size > m_limits.maxTotalBytes)
        return limit(base::text("uncompressed bytes"));
    m_bytes += size;
    return {};
}

bool Contents::accept(std::string_view path, bool folder)
{
    if (const auto fault = pathFault(path, m_limits)) {
        m_findings.add(
            "refused-name", shortened(path),
            base::text("The entry %1 was not loaded: %2.").arg(base::printable(path), *fault));
        return false;
    }
    const auto [place, isNew] = m_taken.try_emplace(collisionKey(path), folder);
    if (isNew || (folder && place->second))
        return true; // a folder may come twice
    m_findings.add(
        "refused-duplicate", std::string(path),
        base::text("The entry %1 was not loaded: the archive has another one of that name.")
            .arg(base::printable(path)));
    spoil(path);
    return false;
}

void Contents::spoil(std::string_view path)
{
    m_spoilt.insert(std::string(parentOf(path)));
}

Status Contents::addFile(std::string_view name, std::uint64_t size, std::uint64_t source)
{
    if (Status fine = count(size); !fine)
        return fine;
    const std::string_view path = trimmedPath(name);
    if (path == kTocName) {
        m_lastPath.clear(); // it comes last: everything before it is there
        return {};
    }
    if (!accept(path, false))
        return {};
    m_lastPath = path;
    m_files.emplace(path, File{std::string(nameOf(path)), size, source});
    if (marksDatabase(nameOf(path)))
        m_databaseFolders.emplace(parentOf(path));
    return {};
}

Status Contents::addFolder(std::string_view name)
{
    if (Status fine = count(0); !fine)
        return fine;
    const std::string_view path = trimmedPath(name);
    if (path.empty() || !accept(path, true))
        return {};
    m_lastPath = path;
    m_folders.emplace_back(path);
    return {};
}

Status Contents::refuse(const char *code, std::string_view name, const QString &why)
{
    m_findings.add(code, shortened(name),
                   base::text("The entry %1 was not loaded: %2.").arg(base::printable(name), why));
    const std::string_view path = trimmedPath(name);
    spoil(path);
    if (!pathFault(path, m_limits))
        m_taken.try_emplace(collisionKey(path), false); // nothing may lie below it either
    return count(0);
}

void Contents::addCutFile(std::string_view name)
{
    const std::string_view path = trimmedPath(name);
    m_lastPath.clear();
    if (path == kTocName || pathFault(path, m_limits))
        return;
    m_lastPath = path;
    m_findings.add("file-cut", std::string(path),
                   base::text("The file %1 is cut off.").arg(base::printable(path)));
    spoil(path);
    if (marksDatabase(nameOf(path)))
        m_databaseFolders.emplace(parentOf(path));
}

void Contents::arrange(const std::optional<std::string> &root)
{
    if (root)
        m_root = *root;
    else
        findRoot();
    placeFiles();
    if (m_cut)
        addCutDatabases();
    checkDatabases();
    // Only needed to get here; of a thousand databases they are megabytes.
    decltype(m_taken)().swap(m_taken);
    decltype(m_folders)().swap(m_folders);
    decltype(m_databaseFolders)().swap(m_databaseFolders);
    decltype(m_spoilt)().swap(m_spoilt);
}

/// The folder above the databases; where there is none yet, the one that holds the loose files.
void Contents::findRoot()
{
    std::optional<std::string> shared;
    const auto share = [&shared](std::string_view folder) {
        shared = shared ? std::string(sharedFolder(*shared, folder)) : std::string(folder);
    };
    for (const std::string &folder : m_databaseFolders)
        share(parentOf(folder));
    if (!shared) {
        for (const auto &[path, file] : m_files) {
            if (isLooseFile(file.name))
                share(parentOf(path));
        }
    }
    if (!shared && !m_folders.empty())
        shared = m_folders.front();
    m_root = shared.value_or(std::string{});
}

bool Contents::isBelowRoot(std::string_view path) const
{
    return m_root.empty()
        || (path.size() > m_root.size() && path.starts_with(m_root) && path[m_root.size()] == '/');
}

std::string Contents::belowRoot(std::string_view path) const
{
    return std::string(m_root.empty() ? path : path.substr(m_root.size() + 1));
}

void Contents::placeFiles()
{
    for (const auto &[path, file] : m_files)
        placeFile(path, file);
    m_files.clear();
}

void Contents::placeFile(const std::string &path, const File &file)
{
    const std::string folder(parentOf(path));
    // A file where another entry has a folder would be two things at once.
    for (std::string_view above = folder; !above.empty(); above = parentOf(above)) {
        const auto place = m_taken.find(collisionKey(above));
        if (place == m_taken.end() || place->second)
            continue;
        m_findings.add(
            "refused-duplicate", path,
            base::text("The entry %1 was not loaded: it lies in a folder that is a file.")
                .arg(base::printable(path)));
        return;
    }
    if (isBelowRoot(path) && m_databaseFolders.contains(folder) && isDatabaseFile(file.name)) {
        Database &database = m_databases[folder == m_root ? "." : belowRoot(folder)];
        database.files.push_back(file);
        database.bytes += file.size;
    } else if (isBelowRoot(path) && isLooseFile(file.name) && folder == m_root) {
        m_loose.emplace(belowRoot(path), file);
    } else {
        m_findings.add("ignored-file", path,
                       base::text("The file %1 does not belong into a backup and was not loaded.")
                           .arg(base::printable(path)),
                       false);
    }
}

/// A cut archive announced folders whose files never came; and nobody knows whether the last
/// database had more files.
void Contents::addCutDatabases()
{
    for (const std::string &folder : m_folders) {
        if (isBelowRoot(folder) && parentOf(folder) == m_root)
            m_databases.try_emplace(belowRoot(folder));
    }
    for (const std::string &folder : m_databaseFolders) {
        if (isBelowRoot(folder))
            m_databases.try_emplace(belowRoot(folder));
    }
    spoil(m_lastPath);
}

void Contents::checkDatabases()
{
    for (auto &[directory, database] : m_databases) {
        const auto has = [&files = database.files](const auto &test) {
            return std::any_of(files.begin(), files.end(),
                               [&](const File &file) { return test(file.name); });
        };
        const std::string folder = directory == "." ? m_root
            : m_root.empty()                        ? directory
                                                    : m_root + '/' + directory;
        if (!has([](const std::string &name) { return name == "CURRENT"; }))
            markIncomplete(directory, base::text("its file CURRENT is missing"));
        else if (!has(isManifestFile))
            markIncomplete(directory, base::text("its MANIFEST is missing"));
        else if (m_spoilt.contains(folder))
            markIncomplete(directory,
                           m_cut ? base::text("the archive breaks off in it")
                                 : base::text("files of it were refused"));
    }
}

void Contents::markIncomplete(const std::string &directory, const QString &why)
{
    const auto database = m_databases.find(directory);
    if (database == m_databases.end() || !database->second.whole)
        return;
    database->second.whole = false;
    m_findings.add(
        "database-incomplete", directory,
        base::text("The database in %1 is not whole: %2.").arg(base::printable(directory), why));
}

} // namespace archive
