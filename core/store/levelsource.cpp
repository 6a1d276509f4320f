#include "core/store/levelsource.h"

#include "core/base/text.h"

#include <algorithm>

namespace store {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
using base::text;

namespace {

constexpr size_t kOpenIndexBytes = size_t{4} << 20;
constexpr size_t kKeptBlockBytes = size_t{4} << 20;

std::string_view userKeyOf(std::string_view internal)
{
    return internal.substr(0, internal.size() - kInternalSuffixBytes);
}

} // namespace

Tables::Tables(std::shared_ptr<const base::FileSet> files,
               std::map<std::uint64_t, std::string> names)
    : m_files(std::move(files))
    , m_names(std::move(names))
    , m_open(kOpenIndexBytes)
    , m_blocks(kKeptBlockBytes)
{
}

Result<std::shared_ptr<const TableFile>> Tables::open(std::uint64_t number)
{
    if (const auto *kept = m_open.get(number); kept != nullptr)
        return *kept;
    const std::string &name = m_names[number];
    auto file = m_files->open(name);
    if (!file)
        return file.error();
    auto table = TableFile::open(std::move(*file), name);
    if (table)
        m_open.put(number, *table, (*table)->indexBytes());
    return table;
}

Result<std::shared_ptr<const std::string>>
Tables::block(std::uint64_t number, const TableFile &table, const BlockHandle &handle)
{
    const std::pair id(number, handle.offset);
    if (const auto *kept = m_blocks.get(id); kept != nullptr)
        return *kept;
    auto bytes = table.readBlock(handle);
    if (!bytes)
        return bytes.error();
    auto block = std::make_shared<const std::string>(std::move(*bytes));
    m_blocks.put(id, block, block->size());
    return block;
}

StoredValue::StoredValue(std::shared_ptr<const std::string> owner, std::string_view bytes)
    : m_owner(std::move(owner))
    , m_bytes(bytes)
{
}

StoredValue::StoredValue(std::shared_ptr<const TableFile> table, TableFile::LoneValue value)
    : m_table(std::move(table))
    , m_lone(std::move(value))
{
}

std::uint64_t StoredValue::size() const
{
    return m_table != nullptr ? m_lone.lengthBytes : m_bytes.size();
}

Result<std::string_view> StoredValue::bytes()
{
    if (m_table == nullptr)
        return m_bytes;
    std::string all;
    all.reserve(static_cast<size_t>(m_lone.lengthBytes));
    const Status read = m_table->streamValue(m_lone, [&](std::string_view piece) {
        all += piece;
        return Status();
    });
    if (!read)
        return read.error();
    m_owner = std::make_shared<const std::string>(std::move(all));
    m_bytes = *m_owner;
    m_table = nullptr;
    return m_bytes;
}

Status StoredValue::stream(const base::ByteSink &sink) const
{
    return m_table != nullptr ? m_table->streamValue(m_lone, sink) : sink(m_bytes);
}

LevelSource::LevelSource(Tables &tables, std::vector<const LiveTable *> level)
    : m_tables(tables)
    , m_level(std::move(level))
{
}

Error LevelSource::damaged(const char *what) const
{
    return {ErrorKind::Corrupt,
            text("The file %1 is damaged.").arg(base::printable(m_table->name())),
            QString::fromLatin1(what)};
}

Status LevelSource::seek(std::string_view userKey)
{
    m_valid = false;
    m_key.clear();
    const auto table = std::ranges::lower_bound(
        m_level, userKey, {}, [](const LiveTable *live) { return userKeyOf(live->largest); });
    if (table == m_level.end())
        return {};
    if (Status entered = enterTable(static_cast<size_t>(table - m_level.begin())); !entered)
        return entered;
    const auto &index = m_table->index();
    const auto block =
        std::ranges::lower_bound(index, userKey, {}, [](const TableFile::IndexEntry &entry) {
            return userKeyOf(entry.lastKey);
        });
    if (Status entered = enterBlock(static_cast<size_t>(block - index.begin())); !entered)
        return entered;
    do {
        if (Status moved = next(); !moved)
            return moved;
    } while (m_valid && userKeyOf(m_key) < userKey);
    return {};
}

Status LevelSource::enterTable(size_t at)
{
    m_tableAt = at;
    auto table = m_tables.open(m_level[at]->number);
    if (!table)
        return table.error();
    m_table = std::move(*table);
    return {};
}

Status LevelSource::enterBlock(size_t at)
{
    m_blockAt = at;
    m_walker.reset();
    m_lone.reset();
    m_loneTaken = false;
    if (at >= m_table->index().size())
        return {};
    const BlockHandle &handle = m_table->index()[at].block;
    auto lone = m_table->loneValue(handle);
    if (!lone)
        return lone.error();
    if (*lone) {
        m_lone = std::move(*lone);
        return {};
    }
    auto block = m_tables.block(m_level[m_tableAt]->number, *m_table, handle);
    if (!block)
        return block.error();
    m_block = std::move(*block);
    m_walker.emplace(*m_block);
    return {};
}

Status LevelSource::accept(const std::string &key)
{
    if (!parseInternalKey(key))
        return damaged("a key that does not parse");
    if (!m_key.empty() && compareInternalKeys(m_key, key) >= 0)
        return damaged("keys that do not ascend");
    if (compareInternalKeys(key, m_table->index()[m_blockAt].lastKey) > 0
        || compareInternalKeys(key, m_level[m_tableAt]->largest) > 0)
        return damaged("a key that the index puts elsewhere");
    m_key = key;
    m_valid = true;
    return {};
}

Status LevelSource::next()
{
    m_valid = false;
    while (true) {
        if (m_lone && !m_loneTaken) {
            m_loneTaken = true;
            return accept(m_lone->key);
        }
        if (m_walker && m_walker->next())
            return accept(m_walker->key());
        if (m_walker && m_walker->isDamaged())
            return damaged("a block that does not parse");
        if (m_blockAt + 1 < m_table->index().size()) {
            if (Status entered = enterBlock(m_blockAt + 1); !entered)
                return entered;
            continue;
        }
        if (m_tableAt + 1 >= m_level.size())
            return {};
        if (Status entered = enterTable(m_tableAt + 1); !entered)
            return entered;
        if (Status entered = enterBlock(0); !entered)
            return entered;
    }
}

InternalKey LevelSource::key() const
{
    return parseInternalKey(m_key).value_or(InternalKey{});
}

StoredValue LevelSource::value() const
{
    if (m_lone)
        return {m_table, *m_lone};
    return {m_block, m_walker->value()};
}

LogSource::LogSource(const LogEntries &entries)
    : m_entries(entries)
    , m_at(entries.end())
{
}

Status LogSource::seek(std::string_view userKey)
{
    m_at = m_entries.lower_bound(userKey);
    return {};
}

Status LogSource::next()
{
    ++m_at;
    return {};
}

InternalKey LogSource::key() const
{
    return {m_at->first, m_at->second.sequence,
            m_at->second.value ? EntryKind::Value : EntryKind::Deletion};
}

StoredValue LogSource::value() const
{
    return {nullptr,
            m_at->second.value ? std::string_view(*m_at->second.value) : std::string_view()};
}

} // namespace store
