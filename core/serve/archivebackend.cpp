#include "core/serve/archivebackend.h"

#include "core/serve/archivedatabase.h"
#include "core/serve/relatedparts.h"

#include <algorithm>
#include <list>

namespace serve {

using base::Result;

namespace {

/// Databases that keep open readers; with several hundred in an archive the others close theirs.
constexpr size_t kMostWarm = 4;
constexpr size_t kTokenDigits = 24;

class ArchiveBackend final : public Backend
{
public:
    ArchiveBackend(std::shared_ptr<const archive::Reader> reader,
                   std::optional<archive::Manifest> manifest, std::uint64_t startedAt)
        : m_reader(std::move(reader))
        , m_uuid(randomBoundary())
    {
        std::map<std::string, archive::Reader::Database> byDirectory;
        for (archive::Reader::Database &found : m_reader->databases()) {
            if (found.whole)
                byDirectory.emplace(found.directory, std::move(found));
        }
        if (manifest) {
            for (archive::ManifestDatabase &entry : manifest->databases) {
                const auto found = byDirectory.find(entry.directory);
                if (found == byDirectory.end())
                    continue;
                std::string name = entry.name; // of an entry that is then moved
                add(std::move(name), found->second, startedAt, std::move(entry));
            }
            return;
        }
        for (const auto &[directory, found] : byDirectory)
            add(found.name, found, startedAt, std::nullopt);
    }

    std::vector<std::string> databases() override
    {
        std::vector<std::string> names;
        for (const auto &[name, database] : m_databases)
            names.push_back(name);
        return names;
    }

    Result<std::shared_ptr<Database>> open(const std::string &name) override
    {
        const auto found = m_databases.find(name);
        if (found == m_databases.end())
            return std::shared_ptr<Database>();
        warm(found->second);
        return std::shared_ptr<Database>(found->second);
    }

    std::string uuid() override { return m_uuid; }

private:
    void add(std::string name, const archive::Reader::Database &found, std::uint64_t startedAt,
             std::optional<archive::ManifestDatabase> manifest)
    {
        // Equal content has equal sequences; of what nothing is known, only this run's are equal.
        const std::string token = manifest && manifest->contentHash.size() > kTokenDigits
            ? manifest->contentHash.substr(0, kTokenDigits)
            : m_uuid.substr(0, kTokenDigits);
        const bool isKnown =
            manifest && !manifest->instanceStartTime.empty() && manifest->instanceStartTime != "0";
        const std::string instance =
            isKnown ? manifest->instanceStartTime : std::to_string(startedAt);
        m_databases.emplace(name,
                            std::make_shared<ArchiveDatabase>(
                                m_reader,
                                ArchiveDatabase::Facts{found.directory, found.bytes, instance,
                                                       token, std::move(manifest)}));
    }

    void warm(const std::shared_ptr<ArchiveDatabase> &database)
    {
        std::shared_ptr<ArchiveDatabase> coldest;
        {
            const std::lock_guard lock(m_mutex);
            m_warm.remove(database);
            m_warm.push_front(database);
            if (m_warm.size() > kMostWarm) {
                coldest = m_warm.back();
                m_warm.pop_back();
            }
        }
        if (coldest)
            coldest->coolDown();
    }

    std::shared_ptr<const archive::Reader> m_reader;
    std::string m_uuid;
    std::map<std::string, std::shared_ptr<ArchiveDatabase>> m_databases;
    std::mutex m_mutex;
    std::list<std::shared_ptr<ArchiveDatabase>> m_warm; ///< the last used in front
};

} // namespace

std::shared_ptr<Backend> makeArchiveBackend(std::shared_ptr<const archive::Reader> reader,
                                            std::optional<archive::Manifest> manifest,
                                            std::uint64_t startedAt)
{
    return std::make_shared<ArchiveBackend>(std::move(reader), std::move(manifest), startedAt);
}

} // namespace serve
