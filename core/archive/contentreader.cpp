#include "core/archive/contentreader.h"

#include "core/archive/entrypath.h"
#include "core/archive/manifest.h"
#include "core/base/text.h"

#include <algorithm>

namespace archive {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

constexpr std::uint64_t kMaxManifestBytes = std::uint64_t{256} << 20;

Error notFound(const std::string &what)
{
    return {ErrorKind::NotFound,
            base::text("There is no %1 in the archive.").arg(base::printable(what)),
            {}};
}

const Contents::File *fileNamed(const Contents::Database &database, const std::string &name)
{
    const auto file =
        std::lower_bound(database.files.begin(), database.files.end(), name,
                         [](const Contents::File &a, const std::string &b) { return a.name < b; });
    return file != database.files.end() && file->name == name ? &*file : nullptr;
}

class DatabaseFiles final : public base::FileSet
{
public:
    DatabaseFiles(Contents::Database database, std::shared_ptr<const ContentSource> source)
        : m_database(std::move(database))
        , m_source(std::move(source))
    {
    }

    [[nodiscard]] std::vector<Entry> files() const override
    {
        std::vector<Entry> entries;
        for (const Contents::File &file : m_database.files)
            entries.push_back({file.name, file.size});
        return entries;
    }

    [[nodiscard]] Result<std::shared_ptr<const base::RandomReader>>
    open(const std::string &name) const override
    {
        const Contents::File *file = fileNamed(m_database, name);
        if (file == nullptr)
            return notFound(name);
        return m_source->open(file->source, file->size);
    }

private:
    Contents::Database m_database;
    std::shared_ptr<const ContentSource> m_source;
};

} // namespace

ContentReader::ContentReader(Origin origin, std::uint64_t fileSize, Contents contents,
                             std::shared_ptr<const ContentSource> source)
    : m_origin(origin)
    , m_fileSize(fileSize)
    , m_contents(std::move(contents))
    , m_source(std::move(source))
{
    readTrueNames();
}

/// Only cut names need the manifest, and hardly any is cut.
void ContentReader::readTrueNames()
{
    const auto &databases = m_contents.databases();
    if (std::none_of(databases.begin(), databases.end(),
                     [](const auto &item) { return isCutDirectoryName(item.first); }))
        return;
    const Result<std::string> text =
        ContentReader::readLooseFile("manifest.json", kMaxManifestBytes);
    if (!text)
        return;
    const Result<Manifest> manifest = decodeManifest(*text);
    if (!manifest)
        return;
    for (const ManifestDatabase &database : manifest->databases) {
        if (isCutDirectoryName(database.directory))
            m_trueNames.emplace(database.directory, database.name);
    }
}

std::vector<Reader::Database> ContentReader::databases() const
{
    std::vector<Database> list;
    for (const auto &[directory, database] : m_contents.databases()) {
        const auto trueName = m_trueNames.find(directory);
        list.push_back(
            {directory,
             trueName != m_trueNames.end() ? trueName->second : databaseNameFor(directory),
             database.whole, database.bytes});
    }
    std::sort(list.begin(), list.end(),
              [](const Database &a, const Database &b) { return a.name < b.name; });
    return list;
}

Result<std::shared_ptr<const base::FileSet>>
ContentReader::openDatabase(const std::string &directory) const
{
    const auto database = m_contents.databases().find(directory);
    if (database == m_contents.databases().end())
        return notFound(directory);
    return std::shared_ptr<const base::FileSet>(
        std::make_shared<DatabaseFiles>(database->second, m_source));
}

std::vector<base::FileSet::Entry> ContentReader::looseFiles() const
{
    std::vector<base::FileSet::Entry> list;
    for (const auto &[path, file] : m_contents.looseFiles())
        list.push_back({path, file.size});
    return list;
}

Result<std::string> ContentReader::readLooseFile(const std::string &path,
                                                 std::uint64_t limitBytes) const
{
    const auto file = m_contents.looseFiles().find(path);
    if (file == m_contents.looseFiles().end())
        return notFound(path);
    const auto reader = m_source->open(file->second.source, file->second.size);
    if (!reader)
        return reader.error();
    return base::readWhole(**reader, limitBytes);
}

Result<PackedFile> ContentReader::packedFile(const std::string &, const std::string &) const
{
    return Error{
        ErrorKind::Unsupported,
        base::text("Only from archives made by focus-monitor compressed parts can be taken over."),
        {}};
}

} // namespace archive
