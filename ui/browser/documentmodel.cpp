#include "ui/browser/documentmodel.h"

#include "core/base/text.h"

#include <QLocale>

#include <array>

namespace browser {

namespace {

struct ColumnSpec {
    const char *title;
    Qt::Alignment align;
};

constexpr std::array<ColumnSpec, DocumentModel::ColumnCount> kColumns{{
    {QT_TRANSLATE_NOOP("browser::DocumentModel", "Document"), Qt::AlignLeft},
    {QT_TRANSLATE_NOOP("browser::DocumentModel", "Revision"), Qt::AlignLeft},
    {QT_TRANSLATE_NOOP("browser::DocumentModel", "State"), Qt::AlignLeft},
    {QT_TRANSLATE_NOOP("browser::DocumentModel", "Attachments"), Qt::AlignRight},
    {QT_TRANSLATE_NOOP("browser::DocumentModel", "Size"), Qt::AlignRight},
}};

} // namespace

void DocumentModel::clear()
{
    beginResetModel();
    m_table = {};
    m_filter = {};
    m_shown.clear();
    endResetModel();
}

void DocumentModel::add(std::shared_ptr<const DocumentBatch> batch)
{
    const size_t before = m_table.size();
    const int first = rowCount();
    if (m_filter.isOff()) {
        beginInsertRows({}, first, first + static_cast<int>(batch->rows.size()) - 1);
        m_table.add(std::move(batch));
        endInsertRows();
        return;
    }
    m_table.add(std::move(batch));
    const std::vector<std::uint32_t> more = filterRows(m_table, m_filter, before);
    if (more.empty())
        return;
    beginInsertRows({}, first, first + static_cast<int>(more.size()) - 1);
    m_shown.insert(m_shown.end(), more.begin(), more.end());
    endInsertRows();
}

void DocumentModel::setBodies(std::shared_ptr<const std::vector<BodyFacts>> bodies)
{
    m_table.setBodies(std::move(bodies));
    if (rowCount() > 0)
        emit dataChanged(index(0, Attachments), index(rowCount() - 1, Size));
}

void DocumentModel::setFilter(DocumentFilter filter, std::vector<std::uint32_t> rows, size_t upTo)
{
    beginResetModel();
    m_filter = std::move(filter);
    m_shown = std::move(rows);
    if (!m_filter.isOff()) {
        const std::vector<std::uint32_t> more = filterRows(m_table, m_filter, upTo);
        m_shown.insert(m_shown.end(), more.begin(), more.end());
    }
    endResetModel();
}

std::string DocumentModel::idOf(int row) const
{
    return std::string(m_table.id(tableRow(row)));
}

size_t DocumentModel::tableRow(int row) const
{
    return m_filter.isOff() ? static_cast<size_t>(row) : m_shown[static_cast<size_t>(row)];
}

int DocumentModel::rowCount(const QModelIndex &parent) const
{
    if (parent.isValid())
        return 0;
    return static_cast<int>(m_filter.isOff() ? m_table.size() : m_shown.size());
}

int DocumentModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString DocumentModel::text(size_t index, int column) const
{
    const DocumentRow &row = m_table.row(index);
    switch (column) {
    case Id: return base::printable(m_table.id(index), 500);
    case Revision: {
        const std::string_view hash(row.hash.data(), row.hash.size());
        return QString::number(row.generation) + QLatin1Char('-')
            + base::printable(hash.substr(0, hash.find('\0')));
    }
    case State:
        if (row.deleted)
            return tr("✕ deleted");
        return row.liveLeaves > 1 ? tr("◆ %1 leaves").arg(row.liveLeaves) : QString();
    default: break;
    }
    const BodyFacts *body = m_table.body(index);
    if (body == nullptr)
        return {};
    if (column == Size)
        return QLocale().formattedDataSize(body->bytes, 1);
    return body->attachments == 0 ? QString() : QLocale().toString(body->attachments);
}

QVariant DocumentModel::data(const QModelIndex &index, int role) const
{
    Q_ASSERT(checkIndex(index, CheckIndexOption::IndexIsValid));
    if (role == Qt::DisplayRole)
        return text(tableRow(index.row()), index.column());
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignVCenter
                                   | kColumns[static_cast<size_t>(index.column())].align);
    return {};
}

QVariant DocumentModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    const ColumnSpec &column = kColumns[static_cast<size_t>(section)];
    if (role == Qt::DisplayRole)
        return tr(column.title);
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignVCenter | column.align);
    return {};
}

} // namespace browser
