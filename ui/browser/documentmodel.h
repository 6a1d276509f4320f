#pragma once

#include "ui/browser/documenttable.h"

#include <QAbstractTableModel>

namespace browser {

/// The documents of one database, a million of them if need be: rows come in batches, a filter
/// leaves a list of row numbers. Filtering is done elsewhere (filterRows), and its result comes in
/// as one change.
class DocumentModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { Id, Revision, State, Attachments, Size, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void clear();
    void add(std::shared_ptr<const DocumentBatch> batch);
    void setBodies(std::shared_ptr<const std::vector<BodyFacts>> bodies);
    /// `rows` are what filterRows() gave for the first `upTo` rows; those that came since are
    /// filtered here.
    void setFilter(DocumentFilter filter, std::vector<std::uint32_t> rows, size_t upTo);

    [[nodiscard]] const DocumentTable &table() const { return m_table; }
    [[nodiscard]] const DocumentFilter &filter() const { return m_filter; }
    [[nodiscard]] std::string idOf(int row) const;

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;

private:
    [[nodiscard]] size_t tableRow(int row) const;
    [[nodiscard]] QString text(size_t row, int column) const;

    DocumentTable m_table;
    DocumentFilter m_filter;
    std::vector<std::uint32_t> m_shown; ///< rows of the table; unused while the filter is off
};

} // namespace browser
