#include "core/store/tablefile.h"

#include "core/base/text.h"
#include "core/store/coding.h"
#include "core/store/crc32c.h"
#include "core/store/keyspace.h"

#include <snappy.h>

#include <algorithm>

namespace store {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
using base::text;

namespace {

constexpr std::uint64_t kFooterBytes = 48;
constexpr std::uint64_t kTrailerBytes = 5; // type and checksum
constexpr std::uint64_t kMagic = 0xdb4775248b80fb57;
constexpr char kUncompressed = 0;
constexpr char kSnappy = 1;
// Three bytes of snappy make 64 at most.
constexpr std::uint64_t kSnappyMaxRatio = 22;
constexpr size_t kPieceBytes = size_t{1} << 20;
// LevelDB writes a whole key after 16 that share their prefix with the one before.
constexpr size_t kMaxSharing = 32;

std::optional<BlockHandle> takeHandle(ByteCursor &cursor)
{
    const auto offset = cursor.varint64();
    const auto size = cursor.varint64();
    if (!offset || !size)
        return std::nullopt;
    return BlockHandle{*offset, *size};
}

} // namespace

TableFile::TableFile(std::shared_ptr<const base::RandomReader> file, std::string name)
    : m_file(std::move(file))
    , m_name(std::move(name))
{
}

Error TableFile::damaged(const char *what) const
{
    return {ErrorKind::Corrupt, text("The file %1 is damaged.").arg(base::printable(m_name)),
            QString::fromLatin1(what)};
}

Result<std::shared_ptr<const TableFile>>
TableFile::open(std::shared_ptr<const base::RandomReader> file, std::string name)
{
    std::shared_ptr<TableFile> table(new TableFile(std::move(file), std::move(name)));
    const std::uint64_t size = table->m_file->size();
    if (size < kFooterBytes)
        return table->damaged("too short for a footer");
    std::string footer(kFooterBytes, '\0');
    if (Status read = table->m_file->readAt(size - kFooterBytes, footer.data(), footer.size());
        !read)
        return read.error();
    if (fixed64(footer.data() + kFooterBytes - 8) != kMagic)
        return table->damaged("a wrong magic number");
    ByteCursor cursor(footer);
    const auto metaIndex = takeHandle(cursor);
    const auto index = takeHandle(cursor);
    if (!metaIndex || !index || !table->isInside(*metaIndex) || !table->isInside(*index))
        return table->damaged("a footer that points out of the file");
    if (Status read = table->readIndex(*index); !read)
        return read.error();
    if (Status checked = table->checkMetaBlocks(*metaIndex); !checked)
        return checked.error();
    return std::shared_ptr<const TableFile>(std::move(table));
}

bool TableFile::isInside(const BlockHandle &block) const
{
    const std::uint64_t end = m_file->size() - kFooterBytes;
    return block.offset <= end && end - block.offset >= kTrailerBytes
        && block.sizeBytes <= end - block.offset - kTrailerBytes;
}

Status TableFile::readIndex(const BlockHandle &block)
{
    auto bytes = readBlock(block);
    if (!bytes)
        return bytes.error();
    BlockWalker walker(*bytes);
    std::uint64_t end = 0;
    size_t keyBytes = 0;
    while (walker.next()) {
        ByteCursor cursor(walker.value());
        const auto handle = takeHandle(cursor);
        // LevelDB shares no prefixes in an index; sharing could make terabytes out of a megabyte.
        keyBytes += walker.key().size();
        if (keyBytes > bytes->size())
            return damaged("an index that shares prefixes");
        // Ascending and apart, so that reading everything costs no more than the file's size.
        if (!handle || !isInside(*handle) || handle->offset < end)
            return damaged("an index that points out of the file or back");
        if (!parseInternalKey(walker.key())
            || (!m_index.empty() && compareInternalKeys(m_index.back().lastKey, walker.key()) >= 0))
            return damaged("an index that is not in order");
        end = handle->offset + handle->sizeBytes + kTrailerBytes;
        m_index.push_back({walker.key(), *handle});
    }
    m_indexBytes = keyBytes + m_index.size() * sizeof(IndexEntry);
    if (walker.isDamaged())
        return damaged("an index that does not parse");
    return {};
}

/// Filters are not used here, but PouchDB finds nothing through a damaged one.
Status TableFile::checkMetaBlocks(const BlockHandle &metaIndex) const
{
    auto bytes = readBlock(metaIndex);
    if (!bytes)
        return bytes.error();
    BlockWalker walker(*bytes);
    std::uint64_t end = 0;
    while (walker.next()) {
        ByteCursor cursor(walker.value());
        const auto handle = takeHandle(cursor);
        if (!handle || !isInside(*handle) || handle->offset < end)
            return damaged("a filter that points out of the file");
        end = handle->offset + handle->sizeBytes + kTrailerBytes;
        if (Status checked = checkStored(*handle); !checked)
            return checked;
    }
    if (walker.isDamaged())
        return damaged("a list of filters that does not parse");
    return {};
}

Status TableFile::checkStored(const BlockHandle &block) const
{
    const LoneValue all{{}, block, 0, block.sizeBytes};
    return streamValue(all, [](std::string_view) { return Status(); });
}

Result<std::string> TableFile::readBlock(const BlockHandle &block) const
{
    std::string stored(static_cast<size_t>(block.sizeBytes + kTrailerBytes), '\0');
    if (Status read = m_file->readAt(block.offset, stored.data(), stored.size()); !read)
        return read.error();
    const auto size = static_cast<size_t>(block.sizeBytes);
    const char type = stored[size];
    if (fixed32(stored.data() + size + 1)
        != maskCrc32c(crc32c(std::string_view(stored).substr(0, size + 1))))
        return damaged("a block with a wrong checksum");
    if (type == kUncompressed) {
        stored.resize(size);
        return stored;
    }
    size_t length = 0;
    if (type != kSnappy || !snappy::GetUncompressedLength(stored.data(), size, &length)
        || length > kSnappyMaxRatio * block.sizeBytes + 64)
        return damaged("a block that cannot be unpacked");
    std::string unpacked(length, '\0');
    if (!snappy::RawUncompress(stored.data(), size, unpacked.data()))
        return damaged("a block that cannot be unpacked");
    return unpacked;
}

Result<std::optional<TableFile::LoneValue>> TableFile::loneValue(const BlockHandle &block) const
{
    using Found = std::optional<LoneValue>;
    constexpr size_t kHeadBytes = 4096;
    if (block.sizeBytes <= kStreamedBlockBytes)
        return Found();
    char type = 0;
    if (Status read = m_file->readAt(block.offset + block.sizeBytes, &type, 1); !read)
        return read.error();
    std::string head(kHeadBytes, '\0');
    if (Status read = m_file->readAt(block.offset, head.data(), head.size()); !read)
        return read.error();
    ByteCursor cursor(head);
    const auto shared = cursor.varint32();
    const auto keyBytes = cursor.varint32();
    const auto valueBytes = cursor.varint32();
    if (type != kUncompressed || shared != 0U || !keyBytes || !valueBytes)
        return Found();
    const auto key = cursor.bytes(*keyBytes);
    constexpr std::uint64_t kRestarts = 8; // one restart and the count
    const std::uint64_t valueOffset = head.size() - cursor.rest().size();
    if (!key || !parseInternalKey(*key) || valueOffset + *valueBytes + kRestarts != block.sizeBytes)
        return Found();
    return Found({std::string(*key), block, valueOffset, *valueBytes});
}

Status TableFile::streamValue(const LoneValue &value, const base::ByteSink &sink) const
{
    Crc32c crc;
    std::string piece;
    const std::uint64_t covered = value.block.sizeBytes + 1; // the checksum is also over the type
    const std::uint64_t valueEnd = value.valueOffset + value.lengthBytes;
    for (std::uint64_t at = 0; at < covered; at += piece.size()) {
        piece.resize(static_cast<size_t>(std::min<std::uint64_t>(kPieceBytes, covered - at)));
        if (Status read = m_file->readAt(value.block.offset + at, piece.data(), piece.size());
            !read)
            return read;
        crc.add(piece);
        const std::uint64_t from = std::max(at, value.valueOffset);
        const std::uint64_t to = std::min(at + piece.size(), valueEnd);
        if (from >= to)
            continue;
        if (Status taken = sink(std::string_view(piece).substr(static_cast<size_t>(from - at),
                                                               static_cast<size_t>(to - from)));
            !taken)
            return taken;
    }
    std::string stored(4, '\0');
    if (Status read = m_file->readAt(value.block.offset + covered, stored.data(), stored.size());
        !read)
        return read;
    if (fixed32(stored.data()) != maskCrc32c(crc.value()))
        return damaged("a block with a wrong checksum");
    return {};
}

BlockWalker::BlockWalker(std::string_view block)
    : m_entries(block)
    , m_keyBudget(kMaxSharing * (block.size() + 64))
{
    constexpr size_t kCountBytes = 4;
    if (block.size() < kCountBytes) {
        m_damaged = true;
        return;
    }
    const std::uint64_t restarts = fixed32(block.data() + block.size() - kCountBytes);
    if (restarts > (block.size() - kCountBytes) / 4)
        m_damaged = true;
    else
        m_entries = block.substr(0, block.size() - kCountBytes - static_cast<size_t>(restarts) * 4);
}

bool BlockWalker::next()
{
    if (m_damaged || m_entries.empty())
        return false;
    ByteCursor cursor(m_entries);
    const auto shared = cursor.varint32();
    const auto unshared = cursor.varint32();
    const auto valueBytes = cursor.varint32();
    const auto keyRest = unshared ? cursor.bytes(*unshared) : std::nullopt;
    const auto value = valueBytes ? cursor.bytes(*valueBytes) : std::nullopt;
    if (!shared || !keyRest || !value || *shared > m_key.size()) {
        m_damaged = true;
        return false;
    }
    m_key.resize(*shared);
    m_key += *keyRest;
    // Long keys shared by millions of entries would cost hours.
    if (m_key.size() > m_keyBudget) {
        m_damaged = true;
        return false;
    }
    m_keyBudget -= m_key.size();
    m_value = *value;
    m_entries = cursor.rest();
    return true;
}

} // namespace store
