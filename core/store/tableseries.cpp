#include "core/store/tableseries.h"

#include "core/store/keyspace.h"

#include <leveldb/comparator.h>
#include <leveldb/env.h>
#include <leveldb/table_builder.h>

#include <cstdio>
#include <optional>

namespace store {

using base::Error;
using base::ErrorKind;
using base::Status;

namespace {

constexpr std::uint64_t kTableBytes = std::uint64_t{4} << 20;

/// LevelDB sorts tables by internal keys. Its own comparator is not public; only the order matters,
/// and index keys need not be shortened.
class InternalOrder final : public leveldb::Comparator
{
public:
    [[nodiscard]] int Compare(const leveldb::Slice &a, const leveldb::Slice &b) const override
    {
        return compareInternalKeys({a.data(), a.size()}, {b.data(), b.size()});
    }
    [[nodiscard]] const char *Name() const override { return "leveldb.InternalKeyComparator"; }
    void FindShortestSeparator(std::string *, const leveldb::Slice &) const override {}
    void FindShortSuccessor(std::string *) const override {}
};

leveldb::Options tableOptions()
{
    static const InternalOrder order;
    leveldb::Options options;
    options.comparator = &order;
    options.compression = leveldb::kNoCompression; // the archive compresses
    return options;
}

/// Lets a TableBuilder write into a staging file; keeps the error, which LevelDB's status cannot
/// carry.
class TableSink final : public leveldb::WritableFile
{
public:
    explicit TableSink(base::StagingFile &file)
        : m_file(file)
    {
    }
    leveldb::Status Append(const leveldb::Slice &data) override
    {
        if (Status written = m_file.append({data.data(), data.size()}); !written) {
            m_error = written.error();
            return leveldb::Status::IOError("append");
        }
        return leveldb::Status::OK();
    }
    leveldb::Status Close() override { return leveldb::Status::OK(); }
    leveldb::Status Flush() override { return leveldb::Status::OK(); }
    leveldb::Status Sync() override { return leveldb::Status::OK(); }

    [[nodiscard]] Status toStatus(const leveldb::Status &status) const
    {
        if (status.ok())
            return {};
        return m_error.value_or(
            Error{ErrorKind::Internal, QString::fromStdString(status.ToString())});
    }

private:
    base::StagingFile &m_file;
    std::optional<Error> m_error;
};

} // namespace

std::string FileNumbers::tableName(std::uint64_t number)
{
    std::string name = std::to_string(number);
    if (name.size() < 6)
        name.insert(0, 6 - name.size(), '0');
    return name + ".ldb";
}

/// The table that is being written.
class TableSeries::Open
{
public:
    Open(std::unique_ptr<base::StagingFile> file, std::uint64_t number)
        : m_file(std::move(file))
        , m_sink(*m_file)
        , m_builder(tableOptions(), &m_sink)
    {
        m_table.level = kWrittenLevel;
        m_table.number = number;
    }
    ~Open()
    {
        if (!m_finished)
            m_builder.Abandon();
    }
    Open(const Open &) = delete;
    Open &operator=(const Open &) = delete;

    Status add(std::string_view userKey, std::string_view value)
    {
        std::string key = internalKey(userKey, kWrittenSequence);
        // The builder would end the process.
        if (!m_table.largest.empty() && compareInternalKeys(m_table.largest, key) >= 0)
            return Error{ErrorKind::Internal, QStringLiteral("Records were written out of order.")};
        m_builder.Add(key, {value.data(), value.size()});
        if (m_table.smallest.empty())
            m_table.smallest = key;
        m_table.largest = std::move(key);
        return m_sink.toStatus(m_builder.status());
    }
    [[nodiscard]] std::uint64_t sizeBytes() const { return m_builder.FileSize(); }
    Status finish()
    {
        m_finished = true;
        if (Status finished = m_sink.toStatus(m_builder.Finish()); !finished)
            return finished;
        m_table.sizeBytes = m_builder.FileSize();
        return m_file->close();
    }
    [[nodiscard]] const LiveTable &table() const { return m_table; }

private:
    std::unique_ptr<base::StagingFile> m_file;
    TableSink m_sink;
    leveldb::TableBuilder m_builder;
    LiveTable m_table;
    bool m_finished = false;
};

TableSeries::TableSeries(base::StagingFolder &folder, FileNumbers &numbers)
    : m_folder(folder)
    , m_numbers(numbers)
{
}

TableSeries::~TableSeries() = default;

Status TableSeries::add(std::string_view userKey, std::string_view value)
{
    if (m_open == nullptr) {
        const std::uint64_t number = m_numbers.next();
        auto file = m_folder.create(FileNumbers::tableName(number));
        if (!file)
            return file.error();
        m_open = std::make_unique<Open>(std::move(*file), number);
    }
    if (Status added = m_open->add(userKey, value); !added)
        return added;
    return m_open->sizeBytes() < kTableBytes ? Status() : cut();
}

Status TableSeries::cut()
{
    if (m_open == nullptr)
        return {};
    if (Status finished = m_open->finish(); !finished)
        return finished;
    m_tables.push_back(m_open->table());
    m_open.reset();
    return {};
}

} // namespace store
