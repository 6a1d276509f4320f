#pragma once

#include <QSortFilterProxyModel>

#include <functional>

namespace models {

/// Sorts a TableModel by its sort keys, and shows the rows that a text and a condition let through.
class SortProxy : public QSortFilterProxyModel
{
    Q_OBJECT

public:
    explicit SortProxy(QObject *parent = nullptr);

    /// Rows of which a column in `columns` holds every word of the text, in upper or lower case.
    void setText(const QString &text, const QList<int> &columns = {0});
    /// By the row of the source model; none lets all through.
    void setCondition(std::function<bool(int sourceRow)> condition);
    [[nodiscard]] bool isFiltered() const { return !m_words.isEmpty() || m_condition; }

protected:
    [[nodiscard]] bool filterAcceptsRow(int sourceRow, const QModelIndex &parent) const override;
    [[nodiscard]] bool lessThan(const QModelIndex &left, const QModelIndex &right) const override;

private:
    QStringList m_words;
    QList<int> m_columns{0};
    std::function<bool(int)> m_condition;
};

} // namespace models
