#pragma once

#include "core/base/filesource.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// LevelDB's log format, which the write-ahead log and the MANIFEST share: records in fragments
/// that do not cross 32 KiB blocks, each with a masked CRC-32C.
namespace store {

/// Reads the records of one log. LevelDB takes a record that ends with the file for the end of the
/// log, without a word; here the reader can say so (reliability.md F2). One thread.
class RecordLogReader
{
public:
    /// `name` is for messages.
    RecordLogReader(std::shared_ptr<const base::RandomReader> file, std::string name);

    /// The next record, valid until the next call; nothing at the end; Corrupt where bytes are
    /// damaged.
    [[nodiscard]] base::Result<std::optional<std::string_view>> next();
    /// At the end: the file stops inside a record, or in zeros where a record should be.
    [[nodiscard]] bool isCut() const { return m_cut; }

private:
    struct Fragment {
        int type = 0;
        std::string_view bytes;
    };
    [[nodiscard]] base::Result<std::optional<Fragment>> nextFragment();
    [[nodiscard]] base::Result<bool> loadBlock();
    [[nodiscard]] base::Error damaged(const char *what) const;

    std::shared_ptr<const base::RandomReader> m_file;
    std::string m_name;
    std::string m_block;
    std::string m_record;
    std::uint64_t m_offset = 0; ///< of the block behind m_block
    size_t m_at = 0;            ///< in m_block
    bool m_cut = false;
};

/// Appends a record to the text of a log.
void appendLogRecord(std::string &log, std::string_view record);

} // namespace store
