#pragma once

#include "core/store/levelsource.h"

namespace store {

/// All records of one LevelDB directory, merged from tables and logs as LevelDB would. Reads only;
/// what LevelDB's own recovery lets pass in silence is Corrupt here or noted in `remarks`. One
/// thread.
class Records
{
public:
    struct Remark {
        std::string code; ///< "log-cut", "log-missing", "stale-table"
        QString message;
    };

    [[nodiscard]] static base::Result<std::unique_ptr<Records>>
    open(std::shared_ptr<const base::FileSet> files);

    [[nodiscard]] const std::vector<Remark> &remarks() const { return m_remarks; }
    [[nodiscard]] base::Result<std::optional<StoredValue>> get(std::string_view userKey);

    /// Walks over the records in user key order. Its Records outlive it.
    class Cursor
    {
    public:
        explicit Cursor(Records &records);
        [[nodiscard]] base::Status seek(std::string_view userKey);
        [[nodiscard]] base::Status next();
        [[nodiscard]] bool isValid() const { return !m_heap.empty(); }
        /// Both are valid until the cursor moves.
        [[nodiscard]] std::string_view key() const { return m_heap.front()->key().user; }
        [[nodiscard]] StoredValue value() const { return m_heap.front()->value(); }

    private:
        [[nodiscard]] base::Status skipKey();
        [[nodiscard]] base::Status settle();

        std::vector<std::unique_ptr<RecordSource>> m_sources;
        std::vector<RecordSource *> m_heap; ///< smallest key, then newest, in front
        std::string m_skipped;
    };

private:
    Records() = default;
    [[nodiscard]] base::Status load(const std::shared_ptr<const base::FileSet> &files);
    [[nodiscard]] base::Status checkTables(const std::map<std::uint64_t, std::uint64_t> &sizes);
    [[nodiscard]] base::Status replayLogs(const base::FileSet &files,
                                          const std::map<std::uint64_t, std::string> &logs);
    [[nodiscard]] base::Status checkNotEmpty();

    ManifestState m_manifest;
    LogEntries m_log;
    std::unique_ptr<Tables> m_tables;
    std::unique_ptr<Cursor> m_finder;
    std::vector<Remark> m_remarks;
};

} // namespace store
