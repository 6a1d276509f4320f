#include "core/store/largetable.h"

#include "core/store/coding.h"
#include "core/store/keyspace.h"
#include "core/store/tableseries.h"

namespace store {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

namespace {

constexpr std::uint64_t kTableMagic = 0xdb4775248b80fb57;
constexpr size_t kFooterHandleBytes = 40;

std::string attachmentKey(std::string_view digest)
{
    return internalKey(storeKey(kAttachBinaryStore, digest), kWrittenSequence);
}

/// What stands in front of a block's only value.
std::string entryHead(std::string_view key, std::uint64_t valueBytes)
{
    std::string head;
    putVarint(head, 0); // nothing shared with a key before
    putVarint(head, key.size());
    putVarint(head, valueBytes);
    head += key;
    return head;
}

/// One restart point, at the block's beginning.
std::string restarts()
{
    std::string out;
    putFixed32(out, 0);
    putFixed32(out, 1);
    return out;
}

std::string trailer(std::uint32_t crc)
{
    std::string out(1, '\0'); // not compressed; the checksum covers this byte
    putFixed32(out, maskCrc32c(crc));
    return out;
}

std::string smallBlock(std::string content)
{
    content += restarts();
    return content + trailer(crc32c(content + '\0'));
}

void putHandle(std::string &out, std::uint64_t offset, std::uint64_t size)
{
    putVarint(out, offset);
    putVarint(out, size);
}

} // namespace

Result<std::unique_ptr<LargeTable>> LargeTable::create(base::StagingFolder &folder,
                                                       std::uint64_t number, std::uint64_t length)
{
    auto file = folder.create(FileNumbers::tableName(number));
    if (!file)
        return file.error();
    std::unique_ptr<LargeTable> table(new LargeTable(std::move(*file), number, length));
    // A digest has a fixed length, so the head can be written before it is known.
    if (Status written = table->m_file->append(table->blockHead(std::string(kDigestBytes, '?')));
        !written)
        return written.error();
    return table;
}

LargeTable::LargeTable(std::unique_ptr<base::StagingFile> file, std::uint64_t number,
                       std::uint64_t length)
    : m_file(std::move(file))
    , m_number(number)
    , m_length(length)
{
}

std::string LargeTable::blockHead(std::string_view digest) const
{
    return entryHead(attachmentKey(digest), m_length);
}

Status LargeTable::append(std::string_view bytes)
{
    if (bytes.size() > m_length - m_appended)
        return Error{ErrorKind::Protocol,
                     QStringLiteral("An attachment is longer than announced.")};
    m_appended += bytes.size();
    m_md5.add(bytes);
    m_valueCrc.add(bytes);
    return m_file->append(bytes);
}

Result<std::string> LargeTable::seal()
{
    if (m_appended != m_length)
        return Error{ErrorKind::Protocol,
                     QStringLiteral("An attachment is shorter than announced.")};
    std::string digest = digestOf(m_md5.finish());
    m_key = attachmentKey(digest);
    if (Status patched = m_file->overwriteAt(0, blockHead(digest)); !patched)
        return patched.error();
    if (Status written = m_file->append(tail()); !written)
        return written.error();
    return digest;
}

/// Everything behind the value: the end of its block, metaindex, index, footer.
std::string LargeTable::tail() const
{
    const std::string head = entryHead(m_key, m_length);
    const std::string blockEnd = restarts();
    const std::string covered = blockEnd + '\0';
    std::uint32_t crc = combineCrc32c(crc32c(head), m_valueCrc.value(), m_length);
    crc = combineCrc32c(crc, crc32c(covered), covered.size());
    std::string out = blockEnd + trailer(crc);

    const std::uint64_t blockBytes = head.size() + m_length + blockEnd.size();
    const std::string metaIndex = smallBlock({});
    const std::uint64_t metaIndexAt = head.size() + m_length + out.size();
    out += metaIndex;

    std::string handle;
    putHandle(handle, 0, blockBytes);
    const std::string index = smallBlock(entryHead(m_key, handle.size()) + handle);
    const std::uint64_t indexAt = metaIndexAt + metaIndex.size();
    out += index;

    constexpr size_t kTrailerBytes = 5;
    std::string footer;
    putHandle(footer, metaIndexAt, metaIndex.size() - kTrailerBytes);
    putHandle(footer, indexAt, index.size() - kTrailerBytes);
    footer.resize(kFooterHandleBytes, '\0');
    putFixed64(footer, kTableMagic);
    return out + footer;
}

Result<LiveTable> LargeTable::keep()
{
    if (Status closed = m_file->close(); !closed)
        return closed.error();
    return LiveTable{kWrittenLevel, m_number, m_file->size(), m_key, m_key};
}

} // namespace store
