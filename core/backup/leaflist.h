#pragma once

#include "core/base/staging.h"
#include "core/couch/types.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace backup {

/// The frozen list of leaves of one database, in the order the server listed them: spooled, not held.
/// Written once, then read once or more; one thread.
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

    class Cursor
    {
    public:
        /// Nothing at the end.
        [[nodiscard]] base::Result<std::optional<Document>> next();

    private:
        friend class LeafList;
        explicit Cursor(std::shared_ptr<const base::RandomReader> reader)
            : m_reader(std::move(reader))
        {
        }
        [[nodiscard]] base::Status fill(size_t wanted);
        [[nodiscard]] base::Result<std::string> readText();
        [[nodiscard]] base::Result<std::uint32_t> readNumber();

        std::shared_ptr<const base::RandomReader> m_reader;
        std::uint64_t m_offset = 0;
        std::string m_buffer;
        size_t m_at = 0;
    };
    [[nodiscard]] base::Result<Cursor> open() const;

private:
    base::StagingFolder &m_folder;
    std::unique_ptr<base::StagingFile> m_file;
    std::uint64_t m_documents = 0;
};

} // namespace backup
