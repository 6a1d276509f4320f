#include "ui/models/sortproxy.h"

#include "ui/models/tablemodel.h"

namespace models {

SortProxy::SortProxy(QObject *parent)
    : QSortFilterProxyModel(parent)
{
    setSortRole(kSortRole);
    setSortCaseSensitivity(Qt::CaseInsensitive);
}

void SortProxy::setText(const QString &text, const QList<int> &columns)
{
    m_words = text.split(u' ', Qt::SkipEmptyParts);
    m_columns = columns;
    invalidateFilter();
}

void SortProxy::setCondition(std::function<bool(int)> condition)
{
    m_condition = std::move(condition);
    invalidateFilter();
}

bool SortProxy::filterAcceptsRow(int sourceRow, const QModelIndex &parent) const
{
    if (m_condition && !m_condition(sourceRow))
        return false;
    const auto isHeld = [&](const QString &word) {
        return std::any_of(m_columns.begin(), m_columns.end(), [&](int column) {
            return sourceModel()
                ->index(sourceRow, column, parent)
                .data()
                .toString()
                .contains(word, Qt::CaseInsensitive);
        });
    };
    return std::all_of(m_words.begin(), m_words.end(), isHeld);
}

bool SortProxy::lessThan(const QModelIndex &left, const QModelIndex &right) const
{
    const QVariant a = left.data(sortRole());
    const QVariant b = right.data(sortRole());
    // What is not known comes first, and equal ones stay in the order of their keys.
    if (a.isValid() != b.isValid())
        return !a.isValid();
    if (a == b)
        return left.row() < right.row();
    return QSortFilterProxyModel::lessThan(left, right);
}

} // namespace models
