#pragma once

#include "tests/store/memoryfiles.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Makes LevelDB files by hand, with right checksums around whatever a test wants to be wrong.
namespace teststore::forge {

using Entry = std::pair<std::string, std::string>; ///< internal key and value

[[nodiscard]] std::string entry(std::uint64_t shared, std::string_view keyRest,
                                std::string_view value);
/// The entries' bytes with one restart point, or with another count in its place.
[[nodiscard]] std::string block(std::string_view entries, std::uint32_t restarts = 1);
/// Type byte and checksum behind a block's stored bytes.
[[nodiscard]] std::string sealed(std::string_view stored, char type = 0);
[[nodiscard]] std::string handle(std::uint64_t offset, std::uint64_t size);
[[nodiscard]] std::string footer(const std::string &metaHandle, const std::string &indexHandle);

/// A table of one data block and an index; either handle can be replaced.
struct Table {
    std::string dataBlock;
    char dataType = 0;
    std::string lastKey;
    std::string dataHandle;  ///< as it stands in the index; made when empty
    std::string indexBlock;  ///< made when empty
    std::string metaBlock;   ///< made when empty
    std::string indexHandle; ///< as it stands in the footer; made when empty
    [[nodiscard]] std::string bytes() const;
};

/// A sound table with these records.
[[nodiscard]] Table tableOf(const std::vector<Entry> &records);

/// A directory whose only table is `table`, with smallest and largest key as given.
[[nodiscard]] MemoryFiles::Bytes directoryOf(const std::string &table, const std::string &smallest,
                                             const std::string &largest);
/// A directory with nothing but a log of these records.
[[nodiscard]] MemoryFiles::Bytes directoryOfLog(const std::string &log);
/// One MANIFEST of these edits.
[[nodiscard]] MemoryFiles::Bytes directoryOfEdits(const std::vector<std::string> &edits);
/// A write batch; `count` is what it says of itself.
[[nodiscard]] std::string batch(std::uint64_t sequence, std::uint32_t count,
                                const std::vector<Entry> &puts);

/// A database of loose records (store, key, value): what the Writer would never write.
using Record = std::array<std::string, 3>;
[[nodiscard]] MemoryFiles::Bytes databaseOf(const std::vector<Record> &records);
/// All records of a database.
[[nodiscard]] std::vector<Record> recordsOf(const MemoryFiles::Bytes &files);

} // namespace teststore::forge
