#pragma once

#include "core/store/keyspace.h"
#include "core/store/logreplay.h"
#include "core/store/manifestfile.h"
#include "core/store/recentlyused.h"
#include "core/store/tablefile.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace store {

/// The table files of one database, opened when they are needed; a few tables and blocks are kept.
/// One thread.
class Tables
{
public:
    /// `names` maps file numbers to names in `files`.
    Tables(std::shared_ptr<const base::FileSet> files, std::map<std::uint64_t, std::string> names);
    [[nodiscard]] base::Result<std::shared_ptr<const TableFile>> open(std::uint64_t number);
    [[nodiscard]] base::Result<std::shared_ptr<const std::string>>
    block(std::uint64_t number, const TableFile &table, const BlockHandle &handle);

private:
    std::shared_ptr<const base::FileSet> m_files;
    std::map<std::uint64_t, std::string> m_names;
    RecentlyUsed<std::uint64_t, std::shared_ptr<const TableFile>> m_open;
    RecentlyUsed<std::pair<std::uint64_t, std::uint64_t>, std::shared_ptr<const std::string>>
        m_blocks;
};

/// A value where it lies: in memory, or in a table file that it fills alone.
class StoredValue
{
public:
    StoredValue(std::shared_ptr<const std::string> owner, std::string_view bytes);
    StoredValue(std::shared_ptr<const TableFile> table, TableFile::LoneValue value);
    [[nodiscard]] std::uint64_t size() const;
    /// All bytes; valid as long as this object.
    [[nodiscard]] base::Result<std::string_view> bytes();
    /// All bytes in pieces. An error at the end may say that they were wrong.
    [[nodiscard]] base::Status stream(const base::ByteSink &sink) const;

private:
    std::shared_ptr<const std::string> m_owner;
    std::string_view m_bytes;
    std::shared_ptr<const TableFile> m_table;
    TableFile::LoneValue m_lone;
};

/// Entries in LevelDB's internal order. One thread.
class RecordSource
{
public:
    virtual ~RecordSource() = default;
    /// To the first entry whose user key is not smaller.
    [[nodiscard]] virtual base::Status seek(std::string_view userKey) = 0;
    [[nodiscard]] virtual base::Status next() = 0;
    [[nodiscard]] virtual bool isValid() const = 0;
    [[nodiscard]] virtual InternalKey key() const = 0; ///< valid until the source moves
    [[nodiscard]] virtual StoredValue value() const = 0;
};

/// Tables that follow each other without overlap: a level, or one table of level 0. Checks that
/// keys ascend, so that no table can hold a reader for ever.
class LevelSource final : public RecordSource
{
public:
    /// `tables` and what `level` points at outlive the source.
    LevelSource(Tables &tables, std::vector<const LiveTable *> level);
    [[nodiscard]] base::Status seek(std::string_view userKey) override;
    [[nodiscard]] base::Status next() override;
    [[nodiscard]] bool isValid() const override { return m_valid; }
    [[nodiscard]] InternalKey key() const override;
    [[nodiscard]] StoredValue value() const override;

private:
    [[nodiscard]] base::Status enterTable(size_t at);
    [[nodiscard]] base::Status enterBlock(size_t at);
    [[nodiscard]] base::Status accept(const std::string &key);
    [[nodiscard]] base::Error damaged(const char *what) const;

    Tables &m_tables;
    std::vector<const LiveTable *> m_level;
    size_t m_tableAt = 0;
    std::shared_ptr<const TableFile> m_table;
    size_t m_blockAt = 0;
    std::shared_ptr<const std::string> m_block;
    std::optional<BlockWalker> m_walker;
    std::optional<TableFile::LoneValue> m_lone;
    bool m_loneTaken = false;
    std::string m_key; ///< internal; empty before the first entry
    bool m_valid = false;
};

/// The entries of the logs.
class LogSource final : public RecordSource
{
public:
    /// `entries` outlives the source.
    explicit LogSource(const LogEntries &entries);
    [[nodiscard]] base::Status seek(std::string_view userKey) override;
    [[nodiscard]] base::Status next() override;
    [[nodiscard]] bool isValid() const override { return m_at != m_entries.end(); }
    [[nodiscard]] InternalKey key() const override;
    [[nodiscard]] StoredValue value() const override;

private:
    const LogEntries &m_entries;
    LogEntries::const_iterator m_at;
};

} // namespace store
