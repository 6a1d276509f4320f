#pragma once

#include "ui/browser/reading.h"

#include <QAbstractTableModel>

namespace browser {

/// The databases of a backup with their counts. Owns its rows.
class DatabaseModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { Name, Documents, Deleted, Conflicted, Attachments, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setEntries(std::vector<DatabaseEntry> entries);
    /// Another count of one that is there, by name.
    void update(const DatabaseEntry &entry);
    [[nodiscard]] const DatabaseEntry &entry(int row) const
    {
        return m_entries[static_cast<size_t>(row)];
    }
    [[nodiscard]] const std::vector<DatabaseEntry> &entries() const { return m_entries; }

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;

private:
    std::vector<DatabaseEntry> m_entries;
};

} // namespace browser
