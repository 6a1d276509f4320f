#pragma once

#include "core/base/filesource.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Reading LevelDB's table files (`.ldb`, `.sst`), every block with its checksum.
///
/// Not through libleveldb: Debian's is compiled with assertions and without exceptions, so that a
/// hostile table (a key of three bytes, a block of 2^60) ends the process; and its reader holds a
/// value of gigabytes in memory several times. Tests compare this reader with libleveldb record by
/// record.
namespace store {

/// A block of more than this that holds a single value is streamed, not loaded.
inline constexpr std::uint64_t kStreamedBlockBytes = std::uint64_t{8} << 20;

struct BlockHandle {
    std::uint64_t offset = 0;
    std::uint64_t sizeBytes = 0; ///< without the trailer of 5 bytes
};

/// An opened table: its index, checked to lie inside the file in ascending order. Immutable; any
/// thread.
class TableFile
{
public:
    struct IndexEntry {
        std::string lastKey; ///< internal key, not smaller than any key of the block
        BlockHandle block;
    };

    [[nodiscard]] static base::Result<std::shared_ptr<const TableFile>>
    open(std::shared_ptr<const base::RandomReader> file, std::string name);

    [[nodiscard]] const std::vector<IndexEntry> &index() const { return m_index; }
    [[nodiscard]] const std::string &name() const { return m_name; }
    /// What the index takes in memory.
    [[nodiscard]] size_t indexBytes() const { return m_indexBytes; }

    /// The block's uncompressed bytes.
    [[nodiscard]] base::Result<std::string> readBlock(const BlockHandle &block) const;

    /// A block that holds nothing but one value, uncompressed, as largetable.h writes them.
    struct LoneValue {
        std::string key; ///< internal key
        BlockHandle block;
        std::uint64_t valueOffset = 0; ///< in the block
        std::uint64_t lengthBytes = 0;
    };
    /// Nothing for blocks up to kStreamedBlockBytes and for blocks of another shape. The checksum
    /// is not known to be right before streamValue() has read everything.
    [[nodiscard]] base::Result<std::optional<LoneValue>> loneValue(const BlockHandle &block) const;
    [[nodiscard]] base::Status streamValue(const LoneValue &value,
                                           const base::ByteSink &sink) const;

private:
    TableFile(std::shared_ptr<const base::RandomReader> file, std::string name);
    [[nodiscard]] base::Error damaged(const char *what) const;
    [[nodiscard]] bool isInside(const BlockHandle &block) const;
    [[nodiscard]] base::Status readIndex(const BlockHandle &block);
    [[nodiscard]] base::Status checkMetaBlocks(const BlockHandle &metaIndex) const;
    [[nodiscard]] base::Status checkStored(const BlockHandle &block) const;

    std::shared_ptr<const base::RandomReader> m_file;
    std::string m_name;
    std::vector<IndexEntry> m_index;
    size_t m_indexBytes = 0;
};

/// Walks forward over the entries of one block. The block outlives the walker.
class BlockWalker
{
public:
    explicit BlockWalker(std::string_view block);
    /// False at the end, and where the block's bytes make no sense: then isDamaged().
    [[nodiscard]] bool next();
    [[nodiscard]] bool isDamaged() const { return m_damaged; }
    [[nodiscard]] const std::string &key() const { return m_key; }
    [[nodiscard]] std::string_view value() const { return m_value; }

private:
    std::string_view m_entries;
    std::string m_key;
    std::string_view m_value;
    size_t m_keyBudget = 0;
    bool m_damaged = false;
};

} // namespace store
