#pragma once

#include "core/backup/idset.h"
#include "core/base/staging.h"
#include "core/couch/types.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace backup {

/// The frozen list of leaves of one database, in the order the server listed them: spooled, not
/// held. A document that is listed again (it changed between two pages) stands once, with the
/// leaves of all its rows. Written once, then read once or more; one thread.
class LeafList
{
public:
    struct Document {
        std::string id;
        std::vector<std::string> revs;
    };

    explicit LeafList(base::StagingFolder &folder)
        : m_folder(folder)
    {
    }

    [[nodiscard]] base::Status begin();
    [[nodiscard]] base::Status add(const couch::ChangesRow &row);
    [[nodiscard]] base::Status seal();
    [[nodiscard]] std::uint64_t documents() const { return m_documents; }
    /// Some document was listed more than once.
    [[nodiscard]] bool hasRepeats() const { return !m_repeats.empty(); }

    class Cursor
    {
    public:
        /// Nothing at the end.
        [[nodiscard]] base::Result<std::optional<Document>> next();

    private:
        friend class LeafList;
        using Repeats = std::map<std::string, std::set<std::string>>;
        Cursor(std::shared_ptr<const base::RandomReader> reader, Repeats repeats)
            : m_reader(std::move(reader))
            , m_repeats(std::move(repeats))
        {
        }
        [[nodiscard]] base::Result<Document> readDocument();
        [[nodiscard]] base::Status fill(size_t wanted);
        [[nodiscard]] base::Result<std::string> readText();
        [[nodiscard]] base::Result<std::uint32_t> readNumber();

        std::shared_ptr<const base::RandomReader> m_reader;
        std::uint64_t m_offset = 0;
        std::string m_buffer;
        size_t m_at = 0;
        Repeats m_repeats; ///< not met yet
    };
    [[nodiscard]] base::Result<Cursor> open() const;

private:
    base::StagingFolder &m_folder;
    std::unique_ptr<base::StagingFile> m_file;
    std::uint64_t m_documents = 0;
    IdSet m_ids;
    std::map<std::string, std::set<std::string>> m_repeats; ///< leaves of the further rows
};

} // namespace backup
