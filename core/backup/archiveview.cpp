#include "core/backup/archiveview.h"

#include "core/backup/stopping.h"

#include "core/backup/counting.h"
#include "core/base/text.h"

#include <algorithm>

namespace backup {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

constexpr std::uint64_t kManifestLimitBytes = std::uint64_t{512} << 20;

void setCounts(archive::ManifestDatabase &entry, const store::Facts &facts)
{
    entry.documents = facts.documents;
    entry.deleted = facts.deleted;
    entry.leaves = facts.leaves;
    entry.conflicted = facts.conflicted;
    entry.attachments = facts.attachments;
    entry.leafSet = facts.leafSet.hex();
}

} // namespace

Result<archive::Manifest> readManifest(const archive::Reader &reader)
{
    const auto text = reader.readLooseFile("manifest.json", kManifestLimitBytes);
    if (!text)
        return text.error();
    return archive::decodeManifest(*text);
}

Result<std::unique_ptr<ArchiveView>> ArchiveView::open(const base::fs::path &path,
                                                       const base::fs::path &scratch,
                                                       archive::Reader::Progress progress)
{
    archive::Reader::Options options;
    options.scratch = scratch;
    options.progress = std::move(progress);
    auto reader = archive::Reader::open(path, options);
    if (!reader)
        return reader.error();
    std::unique_ptr<ArchiveView> view(new ArchiveView);
    view->m_path = path;
    view->m_reader = std::move(*reader);
    if (view->m_reader->origin() == archive::Origin::Ours) {
        auto manifest = readManifest(*view->m_reader);
        if (!manifest)
            return manifest.error().withContext(base::printable(base::toUtf8(path), 1000));
        view->m_manifest = std::move(*manifest);
    }
    return view;
}

std::vector<ArchiveView::Name> ArchiveView::names() const
{
    std::vector<Name> out;
    if (m_manifest) {
        for (const archive::ManifestDatabase &entry : m_manifest->databases)
            out.push_back({entry.name, entry.directory, true});
        return out;
    }
    for (const archive::Reader::Database &found : m_reader->databases())
        out.push_back({found.name, found.directory, found.whole});
    return out;
}

std::vector<archive::Finding> ArchiveView::losses() const
{
    std::vector<archive::Finding> losses = m_reader->findings();
    std::erase_if(losses, [](const archive::Finding &finding) { return !finding.fatal; });
    return losses;
}

const archive::ManifestDatabase *ArchiveView::entry(const std::string &name) const
{
    if (!m_manifest)
        return nullptr;
    const auto &all = m_manifest->databases;
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const archive::ManifestDatabase &database) {
            return database.name == name;
        });
    return found == all.end() ? nullptr : &*found;
}

Result<std::vector<ArchiveView::Database>> ArchiveView::databases(const std::stop_token &stop) const
{
    std::vector<Database> out;
    if (m_manifest) {
        for (const archive::ManifestDatabase &entry : m_manifest->databases)
            out.push_back({entry, true, {}});
        return out;
    }
    for (const archive::Reader::Database &found : m_reader->databases()) {
        Database database;
        database.entry.name = found.name;
        database.entry.directory = found.directory;
        database.whole = found.whole;
        const auto store = openDirectory(found.directory);
        const auto facts =
            store ? countDatabase(**store, stop) : Result<store::Facts>(store.error());
        if (!facts && facts.error().kind == ErrorKind::Cancelled)
            return facts.error();
        if (facts)
            setCounts(database.entry, *facts);
        else
            database.problem = facts.error().message;
        out.push_back(std::move(database));
    }
    return out;
}

std::optional<std::string> ArchiveView::directoryOf(const std::string &name) const
{
    if (m_manifest) {
        const archive::ManifestDatabase *known = entry(name);
        return known == nullptr || known->directory.empty() ? std::nullopt
                                                            : std::optional(known->directory);
    }
    for (const archive::Reader::Database &found : m_reader->databases()) {
        if (found.name == name || found.directory == name)
            return found.directory;
    }
    return std::nullopt;
}

Result<std::unique_ptr<store::Reader>> ArchiveView::openDatabase(const std::string &name) const
{
    const auto directory = directoryOf(name);
    if (!directory)
        return Error{
            ErrorKind::NotFound,
            base::text("%1 holds no database %2. `list` without a database shows what it holds.")
                .arg(base::printable(base::toUtf8(m_path), 1000), base::printable(name))};
    auto store = openDirectory(*directory);
    if (!store)
        return store.error().withContext(base::text("Database %1").arg(base::printable(name)));
    return store;
}

Result<std::unique_ptr<store::Reader>>
ArchiveView::openDirectory(const std::string &directory) const
{
    const auto files = m_reader->openDatabase(directory);
    if (!files)
        return files.error();
    return store::Reader::open(*files);
}

} // namespace backup
