#include "core/backup/archiveview.h"

#include "core/base/text.h"

#include <algorithm>

namespace backup {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

constexpr std::uint64_t kManifestLimitBytes = std::uint64_t{512} << 20;

/// Counts from the metadata alone: a list need not read the bodies of a huge foreign archive twice.
void count(archive::ManifestDatabase &entry, const store::Facts &facts)
{
    entry.documents = facts.documents;
    entry.deleted = facts.deleted;
    entry.leaves = facts.leaves;
    entry.conflicted = facts.conflicted;
    entry.attachments = facts.attachments;
    entry.attachmentBytes = facts.attachmentBytes;
    entry.leafSet = facts.leafSet.hex();
    entry.contentHash = facts.contentHash;
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
                                                       const base::fs::path &scratch)
{
    archive::Reader::Options options;
    options.scratch = scratch;
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

Result<std::vector<ArchiveView::Database>> ArchiveView::databases() const
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
        const auto files = m_reader->openDatabase(found.directory);
        auto store = files ? store::Reader::open(*files)
                           : Result<std::unique_ptr<store::Reader>>(files.error());
        auto examination =
            store ? store::examine(**store) : Result<store::Examination>(store.error());
        if (examination) {
            count(database.entry, examination->facts);
            const auto bad =
                std::find_if(examination->problems.begin(), examination->problems.end(),
                             [](const store::Problem &problem) { return !problem.isRemark; });
            if (bad != examination->problems.end())
                database.problem = bad->message;
        } else {
            database.problem = examination.error().message;
        }
        out.push_back(std::move(database));
    }
    return out;
}

std::optional<std::string> ArchiveView::directoryOf(const std::string &name) const
{
    if (m_manifest) {
        for (const archive::ManifestDatabase &entry : m_manifest->databases) {
            if (entry.name == name && !entry.directory.empty())
                return entry.directory;
        }
        return std::nullopt;
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
    const auto files = m_reader->openDatabase(*directory);
    if (!files)
        return files.error();
    auto store = store::Reader::open(*files);
    if (!store)
        return store.error().withContext(base::text("Database %1").arg(base::printable(name)));
    return store;
}

} // namespace backup
