#include "core/backup/extract.h"

#include "core/backup/extractdatabase.h"
#include "core/backup/extractfolder.h"
#include "core/backup/extractnames.h"
#include "core/backup/stopping.h"
#include "core/base/text.h"

#include <algorithm>
#include <set>

namespace backup {

namespace {

using base::Result;
using base::Status;

constexpr const char *kUsersName = "_users.json"; // no folder of a database is called so
constexpr std::uint64_t kUsersLimitBytes = std::uint64_t{64} << 20;

class Extraction
{
public:
    Extraction(const ExtractRequest &request, Progress &progress)
        : m_request(request)
        , m_progress(progress)
    {
        m_progress.phase = Phase::Fetching;
    }

    Result<ExtractReport> run()
    {
        // What is not there is said before a folder is made for it.
        std::unique_ptr<store::Reader> store;
        if (m_request.database) {
            auto opened = m_request.archive.openDatabase(*m_request.database);
            if (!opened)
                return opened.error();
            store = std::move(*opened);
        }
        auto folder = ExtractFolder::open(m_request.target);
        if (!folder)
            return folder.error();
        m_staging = (*folder)->staging();
        auto index = ExtractIndex::create(m_staging / kExtractIndexName, m_request.archiveName);
        if (!index)
            return index.error();
        m_index = std::move(*index);
        Status done =
            store ? extractDatabase(nameFor(*m_request.database), *store) : extractArchive();
        if (done)
            done = m_index->finish(m_losses);
        if (done)
            done = (*folder)->publish();
        if (!done)
            return done.error();
        return std::move(m_report);
    }

private:
    Status extractArchive()
    {
        const auto databases = m_request.archive.names();
        m_progress.databases = databases.size();
        noteLosses();
        for (const ArchiveView::Name &database : databases) {
            if (Status done = extractOrSkip(database); !done)
                return done;
            ++m_progress.databasesDone;
        }
        return copyUsers();
    }

    /// Some servers give the users only as a list, which is no database.
    Status copyUsers()
    {
        const archive::Reader &reader = m_request.archive.reader();
        const auto loose = reader.looseFiles();
        const auto users = std::find_if(loose.begin(), loose.end(),
                                        [](const auto &file) { return file.name == kUsersName; });
        if (users == loose.end())
            return {};
        const auto bytes = reader.readLooseFile(kUsersName, kUsersLimitBytes);
        if (!bytes)
            return bytes.error();
        auto file = base::File::create(m_staging / kUsersName);
        if (!file)
            return file.error();
        Status written = (*file)->append(*bytes);
        return written ? (*file)->close() : written;
    }

    Status extractOrSkip(const ArchiveView::Name &database)
    {
        if (database.directory.empty())
            return skip(database.name, "omitted",
                        base::text("The backup holds nothing of this database; `list` says why."));
        auto store = m_request.archive.openDirectory(database.directory);
        if (store)
            return extractDatabase(database, **store);
        if (stopsTheRun(store.error().kind))
            return store.error();
        return skip(database.name, "unreadable", store.error().message);
    }

    Status skip(const std::string &name, const char *code, const QString &why)
    {
        const std::vector<ExtractProblem> problems{{code, name, {}, {}, {}, why}};
        m_report.problems.insert(m_report.problems.end(), problems.begin(), problems.end());
        if (Status begun = m_index->beginDatabase(name, {}); !begun)
            return begun;
        return m_index->endDatabase(problems);
    }

    /// A cut archive may have had more; what it lost in a database is told there.
    void noteLosses()
    {
        for (const archive::Finding &loss : m_request.archive.losses()) {
            if (loss.code != "database-incomplete")
                m_losses.push_back({loss.code, {}, {}, {}, {}, loss.message});
        }
        m_report.problems = m_losses;
    }

    [[nodiscard]] ArchiveView::Name nameFor(const std::string &name) const
    {
        const auto names = m_request.archive.names();
        const auto found =
            std::find_if(names.begin(), names.end(),
                         [&](const ArchiveView::Name &it) { return it.name == name; });
        return found == names.end() ? ArchiveView::Name{name, {}, true} : *found;
    }

    Status extractDatabase(const ArchiveView::Name &database, store::Reader &store)
    {
        const std::string folder = folderFor(database.name);
        m_progress.setCurrent(database.name);
        if (Status begun = m_index->beginDatabase(database.name, folder); !begun)
            return begun;
        DatabaseExtractor extractor(
            store,
            {database.name, m_staging / base::fromUtf8(folder), *m_index, m_report, m_progress},
            m_request.stop);
        Status done =
            m_request.document ? extractor.extractOne(*m_request.document) : extractor.extractAll();
        if (!done)
            return done;
        ++m_report.databases;
        std::vector<ExtractProblem> problems = extractor.problems();
        if (!database.whole)
            problems.push_back({"database-incomplete",
                                database.name,
                                {},
                                {},
                                {},
                                base::text("The archive has lost files of this database.")});
        m_report.problems.insert(m_report.problems.end(), problems.begin(), problems.end());
        return m_index->endDatabase(problems);
    }

    /// Two directories of a foreign archive can stand for the same name.
    std::string folderFor(const std::string &name)
    {
        const std::string first = extractedDatabase(name);
        std::string folder = first;
        for (int i = 2; !m_folders.insert(folder).second; ++i)
            folder = first + '~' + std::to_string(i);
        return folder;
    }

    const ExtractRequest &m_request;
    Progress &m_progress;
    base::fs::path m_staging;
    std::unique_ptr<ExtractIndex> m_index;
    std::set<std::string> m_folders;
    std::vector<ExtractProblem> m_losses;
    ExtractReport m_report;
};

} // namespace

Result<ExtractReport> extract(const ExtractRequest &request, Progress &progress)
{
    return Extraction(request, progress).run();
}

} // namespace backup
