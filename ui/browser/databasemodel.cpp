#include "ui/browser/databasemodel.h"

#include "core/base/text.h"

#include <QLocale>

#include <algorithm>
#include <array>

namespace browser {

namespace {

struct ColumnSpec {
    const char *title;
    std::uint64_t DatabaseEntry::*count; ///< null for the name
};

constexpr std::array<ColumnSpec, DatabaseModel::ColumnCount> kColumns{{
    {QT_TRANSLATE_NOOP("browser::DatabaseModel", "Database"), nullptr},
    {QT_TRANSLATE_NOOP("browser::DatabaseModel", "Documents"), &DatabaseEntry::documents},
    {QT_TRANSLATE_NOOP("browser::DatabaseModel", "Deleted"), &DatabaseEntry::deleted},
    {QT_TRANSLATE_NOOP("browser::DatabaseModel", "Conflicts"), &DatabaseEntry::conflicted},
    {QT_TRANSLATE_NOOP("browser::DatabaseModel", "Attachments"), &DatabaseEntry::attachments},
}};

QString text(const DatabaseEntry &entry, std::uint64_t DatabaseEntry::*count)
{
    if (count == nullptr)
        return (entry.problems.isEmpty() ? QString() : QStringLiteral("▲ "))
            + base::printable(entry.name, 500);
    return entry.isCounted ? QLocale().toString(static_cast<qulonglong>(entry.*count))
                           : QStringLiteral("–");
}

} // namespace

void DatabaseModel::setEntries(std::vector<DatabaseEntry> entries)
{
    beginResetModel();
    m_entries = std::move(entries);
    endResetModel();
}

void DatabaseModel::update(const DatabaseEntry &entry)
{
    const auto found = std::find_if(m_entries.begin(), m_entries.end(),
                                    [&](const DatabaseEntry &it) { return it.name == entry.name; });
    if (found == m_entries.end())
        return;
    *found = entry;
    const auto row = static_cast<int>(found - m_entries.begin());
    emit dataChanged(index(row, 0), index(row, ColumnCount - 1));
}

int DatabaseModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_entries.size());
}

int DatabaseModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant DatabaseModel::data(const QModelIndex &index, int role) const
{
    Q_ASSERT(checkIndex(index, CheckIndexOption::IndexIsValid));
    const DatabaseEntry &it = entry(index.row());
    const auto count = kColumns[static_cast<size_t>(index.column())].count;
    switch (role) {
    case Qt::DisplayRole: return text(it, count);
    case Qt::ToolTipRole:
        // As HTML of plain text: a name must not be taken for mark-up.
        return QStringLiteral("<qt>%1</qt>")
            .arg((QStringList(base::printable(it.name, 500)) + it.problems)
                     .join(QLatin1Char('\n'))
                     .toHtmlEscaped()
                     .replace(QLatin1Char('\n'), QStringLiteral("<br>")));
    case Qt::AccessibleTextRole:
        if (count == nullptr && !it.problems.isEmpty())
            return tr("%1, with problems").arg(base::printable(it.name, 500));
        return {};
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(
            Qt::Alignment(Qt::AlignVCenter | (count == nullptr ? Qt::AlignLeft : Qt::AlignRight)));
    default: return {};
    }
}

QVariant DatabaseModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    const ColumnSpec &column = kColumns[static_cast<size_t>(section)];
    if (role == Qt::DisplayRole)
        return tr(column.title);
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::Alignment(
            Qt::AlignVCenter | (column.count == nullptr ? Qt::AlignLeft : Qt::AlignRight)));
    return {};
}

} // namespace browser
