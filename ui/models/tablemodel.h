#pragma once

#include <QAbstractTableModel>
#include <QCoreApplication>

#include <algorithm>
#include <chrono>
#include <span>
#include <vector>

namespace models {

using TimePoint = std::chrono::system_clock::time_point;

inline constexpr int kSortRole = Qt::UserRole; ///< what a column is sorted by, not what it shows

/// One column of a table of rows: what it is called, and how a row looks in it.
template <typename Row>
struct Column {
    const char *id;    ///< stable, for what is remembered of the table
    const char *title; ///< QT_TRANSLATE_NOOP in the table's context
    Qt::Alignment align = Qt::AlignLeft;
    QString (*display)(const Row &row, TimePoint now);
    QVariant (*sortKey)(const Row &row);
    bool hasAge = false;   ///< what it shows depends on the time
    bool isHidden = false; ///< until the operator wants it
};

/// A table of values: the rows are its own, the columns a table. A new snapshot changes what has
/// changed and nothing else, so that selection and scroll position stay.
///
/// A Row is ordered and identified by `key()`, and compared with ==.
template <typename Row>
class TableModel : public QAbstractTableModel
{
public:
    /// `columns` lives as long as the program; `context` is that of the titles.
    TableModel(const char *context, std::span<const Column<Row>> columns, QObject *parent)
        : QAbstractTableModel(parent)
        , m_context(context)
        , m_columns(columns)
    {
    }

    /// More runs of changed rows than this are announced as one.
    static constexpr std::size_t kMostRuns = 64;

    /// `next` is sorted by key, no key twice.
    void setRows(const std::vector<Row> &next, TimePoint now)
    {
        m_now = now;
        removeMissing(next);
        insertNew(next);
        updateChanged(next);
        announceAges();
    }

    /// The time has gone on and nothing else is known.
    void setNow(TimePoint now)
    {
        m_now = now;
        announceAges();
    }
    [[nodiscard]] TimePoint now() const { return m_now; }

    [[nodiscard]] const std::vector<Row> &rows() const { return m_rows; }
    [[nodiscard]] const Row &row(int row) const { return m_rows.at(static_cast<std::size_t>(row)); }
    [[nodiscard]] std::span<const Column<Row>> columns() const { return m_columns; }

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override
    {
        return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
    }
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override
    {
        return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
    }
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override
    {
        if (!checkIndex(index, CheckIndexOption::IndexIsValid))
            return {};
        const Column<Row> &column = m_columns[static_cast<std::size_t>(index.column())];
        const Row &shown = row(index.row());
        switch (role) {
        case Qt::DisplayRole: return column.display(shown, m_now);
        case Qt::TextAlignmentRole: return QVariant::fromValue(column.align | Qt::AlignVCenter);
        case kSortRole: return column.sortKey(shown);
        default: return otherData(shown, index.column(), role);
        }
    }
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override
    {
        if (orientation != Qt::Horizontal || section < 0
            || section >= static_cast<int>(m_columns.size()))
            return {};
        const Column<Row> &column = m_columns[static_cast<std::size_t>(section)];
        if (role == Qt::DisplayRole)
            return QCoreApplication::translate(m_context, column.title);
        if (role == Qt::TextAlignmentRole)
            return QVariant::fromValue(column.align | Qt::AlignVCenter);
        return {};
    }

protected:
    /// Icons, colours, tool tips.
    [[nodiscard]] virtual QVariant otherData(const Row &, int /*column*/, int /*role*/) const
    {
        return {};
    }

private:
    struct Run {
        int first, last;
    };

    static bool isBefore(const Row &a, const Row &b) { return a.key() < b.key(); }

    void removeMissing(const std::vector<Row> &next)
    {
        const auto isGone = [&](int index) {
            return !std::binary_search(next.begin(), next.end(), row(index), isBefore);
        };
        for (int last = rowCount() - 1; last >= 0; --last) {
            int first = last;
            while (first >= 0 && isGone(first))
                --first;
            if (first == last)
                continue;
            beginRemoveRows({}, first + 1, last);
            m_rows.erase(m_rows.begin() + first + 1, m_rows.begin() + last + 1);
            endRemoveRows();
            last = first + 1;
        }
    }

    void insertNew(const std::vector<Row> &next)
    {
        for (std::size_t at = 0; at < next.size(); ++at) {
            std::size_t end = at;
            while (end < next.size() && (at >= m_rows.size() || isBefore(next[end], m_rows[at])))
                ++end;
            if (end == at)
                continue;
            beginInsertRows({}, static_cast<int>(at), static_cast<int>(end) - 1);
            m_rows.insert(m_rows.begin() + static_cast<std::ptrdiff_t>(at),
                          next.begin() + static_cast<std::ptrdiff_t>(at),
                          next.begin() + static_cast<std::ptrdiff_t>(end));
            endInsertRows();
            at = end - 1;
        }
    }

    void updateChanged(const std::vector<Row> &next)
    {
        // A sorting proxy places a row by comparing it with its neighbours, so a row that has
        // changed and is not yet announced sends others to wrong places: change a run, announce
        // it, and only then change the next.
        for (const Run &run : changedRuns(next)) {
            std::copy(next.begin() + run.first, next.begin() + run.last + 1,
                      m_rows.begin() + run.first);
            emit dataChanged(index(run.first, 0), index(run.last, columnCount() - 1));
        }
    }

    [[nodiscard]] std::vector<Run> changedRuns(const std::vector<Row> &next) const
    {
        std::vector<Run> runs;
        for (int at = 0; at < rowCount(); ++at) {
            if (row(at) == next[static_cast<std::size_t>(at)])
                continue;
            if (!runs.empty() && runs.back().last == at - 1)
                runs.back().last = at;
            else
                runs.push_back({at, at});
        }
        if (runs.size() > kMostRuns)
            return {{runs.front().first, runs.back().last}};
        return runs;
    }

    void announceAges()
    {
        // Only what is shown: the order by a time does not change as all of them grow older.
        for (int column = 0; column < columnCount() && !m_rows.empty(); ++column) {
            if (m_columns[static_cast<std::size_t>(column)].hasAge)
                emit dataChanged(index(0, column), index(rowCount() - 1, column),
                                 {Qt::DisplayRole});
        }
    }

    const char *m_context;
    std::span<const Column<Row>> m_columns;
    std::vector<Row> m_rows;
    TimePoint m_now;
};

} // namespace models
