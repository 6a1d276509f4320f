#include "core/backup/extractfolder.h"

#include "core/backup/extractindex.h"
#include "core/base/text.h"

namespace backup {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

namespace {

constexpr const char *kStagingName = "unfinished~"; // no database has a folder of this name

QString nameOf(const fs::path &path)
{
    return base::printable(base::toUtf8(path), 1000);
}

Result<std::vector<fs::path>> namesIn(const fs::path &folder)
{
    std::error_code code;
    std::vector<fs::path> names;
    for (fs::directory_iterator at(folder, code), end; !code && at != end; at.increment(code))
        names.push_back(at->path().filename());
    if (code)
        return Error{ErrorKind::Io,
                     base::text("The folder %1 could not be read.").arg(nameOf(folder)),
                     QString::fromStdString(code.message())};
    return names;
}

Status requireEmpty(const fs::path &path)
{
    const auto names = namesIn(path);
    if (!names)
        return names.error();
    if (names->empty())
        return {};
    if (names->size() == 1 && names->front() == kStagingName)
        return Error{ErrorKind::Conflict,
                     base::text("%1 holds what an interrupted extraction left. Remove it, or name "
                                "another folder.")
                         .arg(nameOf(path))};
    return Error{
        ErrorKind::Conflict,
        base::text("%1 is not empty. Name an empty folder, or one that does not exist yet.")
            .arg(nameOf(path))};
}

/// The folder and those above it that are not there, the lowest first.
std::vector<fs::path> missingFolders(const fs::path &path)
{
    std::vector<fs::path> missing;
    std::error_code code;
    for (fs::path at = path; at.has_relative_path() && !fs::exists(at, code); at = at.parent_path())
        missing.push_back(at);
    return missing;
}

} // namespace

Result<std::unique_ptr<ExtractFolder>> ExtractFolder::open(const fs::path &path)
{
    std::error_code code;
    const fs::file_status status = fs::status(path, code);
    const bool isNew = status.type() == fs::file_type::not_found;
    if (!isNew && status.type() != fs::file_type::directory)
        return Error{ErrorKind::Conflict, base::text("%1 is not a folder.").arg(nameOf(path))};
    if (!isNew) {
        if (Status empty = requireEmpty(path); !empty)
            return empty.error();
    }
    // What was made goes again when making the rest fails.
    std::unique_ptr<ExtractFolder> folder(new ExtractFolder(path, missingFolders(path)));
    if (Status made = base::makeFolder(path); !made)
        return made.error();
    if (Status made = base::makeFolder(folder->m_staging); !made)
        return made.error();
    return folder;
}

ExtractFolder::ExtractFolder(fs::path path, std::vector<fs::path> made)
    : m_path(std::move(path))
    , m_staging(m_path / kStagingName)
    , m_made(std::move(made))
{
}

ExtractFolder::~ExtractFolder()
{
    if (m_isPublished)
        return;
    // There is nobody left to tell; what stays is told by the next extraction into this folder.
    static_cast<void>(base::removeTree(m_staging));
    for (const fs::path &moved : m_moved)
        static_cast<void>(base::removeTree(moved));
    for (const fs::path &made : m_made) {
        std::error_code code;
        fs::remove(made, code); // only when empty
    }
}

Status ExtractFolder::publish()
{
    const auto names = namesIn(m_staging);
    if (!names)
        return names.error();
    for (const fs::path &name : *names) {
        if (name == kExtractIndexName)
            continue;
        if (Status moved = moveUp(name); !moved)
            return moved;
    }
    if (Status moved = moveUp(kExtractIndexName); !moved)
        return moved;
    m_isPublished = true;
    return base::removeTree(m_staging);
}

Status ExtractFolder::moveUp(const fs::path &name)
{
    const fs::path to = m_path / name;
    Status moved = base::renameNoReplace(m_staging / name, to);
    if (moved)
        m_moved.push_back(to);
    return moved;
}

} // namespace backup
