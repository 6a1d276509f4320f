#include "core/serve/memorybackend.h"

#include "core/serve/memorydatabase.h"
#include "core/serve/relatedparts.h"
#include "core/serve/updateslog.h"

#include <algorithm>
#include <array>

namespace serve {

using base::Result;

namespace {

constexpr std::array<std::string_view, 3> kSystemNames{"_users", "_replicator", "_global_changes"};

bool isDatabaseName(std::string_view name)
{
    if (std::ranges::find(kSystemNames, name) != kSystemNames.end())
        return true;
    return !name.empty() && name.front() >= 'a' && name.front() <= 'z'
        && std::ranges::all_of(name, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
                   || std::string_view("_$()+-/").find(c) != std::string_view::npos;
           });
}

class MemoryBackend final : public Backend
{
public:
    explicit MemoryBackend(std::uint64_t startedAt)
        : m_nextInstance(startedAt)
        , m_uuid(randomBoundary())
    {
    }

    std::vector<std::string> databases() override
    {
        const std::lock_guard lock(m_mutex);
        std::vector<std::string> names;
        for (const auto &[name, database] : m_databases)
            names.push_back(name);
        return names;
    }

    Result<std::shared_ptr<Database>> open(const std::string &name) override
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_databases.find(name);
        return found == m_databases.end() ? std::shared_ptr<Database>()
                                          : std::shared_ptr<Database>(found->second);
    }

    std::string uuid() override { return m_uuid; }

    std::optional<Refusal> create(const std::string &name) override
    {
        if (!isDatabaseName(name))
            return Refusal{400, "illegal_database_name",
                           "Name: '" + name
                               + "'. Only lowercase characters (a-z), digits (0-9), and any of the "
                                 "characters _, $, (, ), +, -, and / are allowed. Must begin with "
                                 "a letter."};
        {
            const std::lock_guard lock(m_mutex);
            if (m_databases.contains(name))
                return Refusal{412, "file_exists",
                               "The database could not be created, the file already exists."};
            m_databases[name] =
                std::make_shared<MemoryDatabase>(name, std::to_string(m_nextInstance++), m_updates);
        }
        tell(name, UpdatesLog::Type::Created);
        return std::nullopt;
    }

    std::optional<Refusal> remove(const std::string &name) override
    {
        std::shared_ptr<MemoryDatabase> gone;
        {
            const std::lock_guard lock(m_mutex);
            const auto found = m_databases.find(name);
            if (found == m_databases.end())
                return refusal::noDatabase();
            gone = found->second;
            m_databases.erase(found);
        }
        gone->end();
        tell(name, UpdatesLog::Type::Deleted);
        return std::nullopt;
    }

    std::shared_ptr<UpdatesLog> updates() override { return m_updates; }

private:
    /// The list of the databases is a database of its own.
    void tell(const std::string &name, UpdatesLog::Type type)
    {
        m_updates->note(name, type);
        m_updates->note("_dbs", UpdatesLog::Type::Updated);
    }

    const std::shared_ptr<UpdatesLog> m_updates = std::make_shared<UpdatesLog>();
    std::mutex m_mutex;
    std::map<std::string, std::shared_ptr<MemoryDatabase>> m_databases;
    std::uint64_t m_nextInstance;
    std::string m_uuid;
};

} // namespace

std::shared_ptr<Backend> makeMemoryBackend(std::uint64_t startedAt)
{
    return std::make_shared<MemoryBackend>(startedAt);
}

} // namespace serve
