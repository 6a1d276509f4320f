#include "ui/models/replicationmodel.h"

#include "core/base/text.h"
#include "ui/drawing/inks.h"
#include "ui/format/quantities.h"
#include "ui/format/times.h"
#include "ui/icons/icons.h"

#include <QGuiApplication>
#include <QPalette>

namespace models {

namespace {

QVariant keyOf(const std::optional<std::uint64_t> &number)
{
    return number ? QVariant::fromValue(static_cast<qulonglong>(*number)) : QVariant();
}

QVariant keyOf(TimePoint time)
{
    return QVariant::fromValue(static_cast<qlonglong>(time.time_since_epoch().count()));
}

constexpr auto kRight = Qt::AlignRight;
using Row = ReplicationRow;

constexpr std::array<Column<Row>, ReplicationModel::ColumnTotal> kColumns{{
    {"state", QT_TRANSLATE_NOOP("models", "State"), Qt::AlignLeft,
     [](const Row &row, TimePoint) { return wordOf(row.standing); },
     [](const Row &row) -> QVariant { return static_cast<int>(row.standing); }},
    {"database", QT_TRANSLATE_NOOP("models", "Database"), Qt::AlignLeft,
     [](const Row &row, TimePoint) { return base::printable(row.database, 1000); },
     [](const Row &row) -> QVariant { return QString::fromStdString(row.database); }},
    {"pending", QT_TRANSLATE_NOOP("models", "Pending"), kRight,
     [](const Row &row, TimePoint) { return format::number(row.pending); },
     [](const Row &row) { return keyOf(row.pending); }},
    {"refused", QT_TRANSLATE_NOOP("models", "Refused"), kRight,
     [](const Row &row, TimePoint) { return format::number(row.refused); },
     [](const Row &row) { return keyOf(row.refused); }},
    {"since", QT_TRANSLATE_NOOP("models", "Since"), kRight,
     [](const Row &row, TimePoint now) {
         return row.since == TimePoint() ? format::unknown() : format::age(row.since, now);
     },
     [](const Row &row) { return keyOf(row.since); }, true},
    {"next-try", QT_TRANSLATE_NOOP("models", "Next try"), kRight,
     [](const Row &row, TimePoint now) { return format::age(row.nextTry, now); },
     [](const Row &row) { return row.nextTry ? keyOf(*row.nextTry) : QVariant(); }, true},
    {"why", QT_TRANSLATE_NOOP("models", "Why"), Qt::AlignLeft,
     [](const Row &row, TimePoint) { return row.sentence; },
     [](const Row &row) -> QVariant { return row.sentence; }},
    {"at-source", QT_TRANSLATE_NOOP("models", "Documents at the source"), kRight,
     [](const Row &row, TimePoint) { return format::number(row.atSource); },
     [](const Row &row) { return keyOf(row.atSource); }, false, true},
    {"at-mirror", QT_TRANSLATE_NOOP("models", "Documents at the mirror"), kRight,
     [](const Row &row, TimePoint) { return format::number(row.atMirror); },
     [](const Row &row) { return keyOf(row.atMirror); }, false, true},
    {"document", QT_TRANSLATE_NOOP("models", "Replication document"), Qt::AlignLeft,
     [](const Row &row, TimePoint) { return base::printable(row.documentId, 1000); },
     [](const Row &row) -> QVariant { return QString::fromStdString(row.documentId); }, false,
     true},
}};

} // namespace

ReplicationModel::ReplicationModel(QObject *parent)
    : TableModel("models", kColumns, parent)
{
}

void ReplicationModel::setStale(bool isStale)
{
    if (m_isStale == isStale)
        return;
    m_isStale = isStale;
    if (rowCount() > 0)
        emit dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1),
                         {Qt::ForegroundRole});
}

QVariant ReplicationModel::otherData(const ReplicationRow &row, int column, int role) const
{
    if (role == Qt::DecorationRole && column == StateColumn)
        return icons::icon(lookOf(row.standing).shape, QGuiApplication::palette());
    if (role == Qt::ToolTipRole && column == WhyColumn)
        return row.sentence.toHtmlEscaped();
    if (role == Qt::ForegroundRole && m_isStale)
        return drawing::colourOf(drawing::Ink::Quiet, QGuiApplication::palette());
    return {};
}

} // namespace models
