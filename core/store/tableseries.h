#pragma once

#include "core/base/staging.h"
#include "core/store/manifestfile.h"

#include <memory>
#include <string_view>
#include <vector>

namespace store {

/// Every entry we write has this sequence number: nothing is ever written twice.
inline constexpr std::uint64_t kWrittenSequence = 1;
/// Tables that never overlap may lie on any level. On the fifth one no size triggers a compaction
/// below 100 GB, and there is still a level below for those that reading triggers.
inline constexpr int kWrittenLevel = 5;

/// Numbers of the files of one directory, ascending.
class FileNumbers
{
public:
    [[nodiscard]] std::uint64_t next() { return m_next++; }
    [[nodiscard]] std::uint64_t upcoming() const { return m_next; }
    [[nodiscard]] static std::string tableName(std::uint64_t number);

private:
    std::uint64_t m_next = 2; // 1 is the MANIFEST's
};

/// Writes ascending entries into table files of about 4 MiB. One thread.
class TableSeries
{
public:
    /// Both outlive this.
    TableSeries(base::StagingFolder &folder, FileNumbers &numbers);
    ~TableSeries();
    TableSeries(const TableSeries &) = delete;
    TableSeries &operator=(const TableSeries &) = delete;

    [[nodiscard]] base::Status add(std::string_view userKey, std::string_view value);
    /// Ends the current table: the next entry begins a new one.
    [[nodiscard]] base::Status cut();
    [[nodiscard]] const std::vector<LiveTable> &tables() const { return m_tables; }

private:
    class Open;
    base::StagingFolder &m_folder;
    FileNumbers &m_numbers;
    std::unique_ptr<Open> m_open;
    std::vector<LiveTable> m_tables;
};

} // namespace store
