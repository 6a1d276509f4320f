#include "ui/icons/icons.h"

#include "ui/drawing/inks.h"

#include <QFile>
#include <QHash>
#include <QPainter>
#include <QSvgRenderer>

// The resources of a static library are not there until somebody asks.
static void loadResources()
{
    Q_INIT_RESOURCE(icons);
}

namespace icons {

namespace {

constexpr int kSizes[] = {16, 24, 32, 48, 64, 128};

struct ShapeRow {
    format::Shape shape;
    const char *name;
    drawing::Ink ink;
};
constexpr ShapeRow kShapes[] = {
    {format::Shape::Ok, "state-ok", drawing::Ink::Third},
    {format::Shape::Working, "state-working", drawing::Ink::Accent},
    {format::Shape::Attention, "state-attention", drawing::Ink::Attention},
    {format::Shape::Failed, "state-failed", drawing::Ink::Bad},
    {format::Shape::Unknown, "state-unknown", drawing::Ink::Quiet},
    {format::Shape::Paused, "state-paused", drawing::Ink::Quiet},
};

const ShapeRow &rowOf(format::Shape shape)
{
    return *std::find_if(std::begin(kShapes), std::end(kShapes),
                         [shape](const ShapeRow &row) { return row.shape == shape; });
}

QByteArray svgOf(const QString &name)
{
    loadResources();
    QFile file(QStringLiteral(":/icons/") + name + QStringLiteral(".svg"));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// The files are drawn in black.
void addPixmaps(QIcon &icon, const QByteArray &svg, const QColor &colour, QIcon::Mode mode)
{
    QByteArray coloured = svg;
    QSvgRenderer renderer(coloured.replace("#000000", colour.name().toLatin1()));
    for (const int size : kSizes) {
        QPixmap pixmap(size, size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        painter.setRenderHint(QPainter::Antialiasing);
        renderer.render(&painter);
        painter.end();
        icon.addPixmap(pixmap, mode);
    }
}

} // namespace

QIcon icon(const QString &name, const QPalette &palette, drawing::Ink ink)
{
    static QHash<QString, QIcon> made;
    const QColor colour = drawing::colourOf(ink, palette);
    const QColor disabled = palette.color(QPalette::Disabled, QPalette::Text);
    const QColor selected = palette.color(QPalette::HighlightedText);
    const QString key = name + colour.name() + disabled.name() + selected.name();
    const auto known = made.constFind(key);
    if (known != made.constEnd())
        return *known;
    const QByteArray svg = svgOf(name);
    QIcon icon;
    if (!svg.isEmpty()) {
        addPixmaps(icon, svg, colour, QIcon::Normal);
        addPixmaps(icon, svg, disabled, QIcon::Disabled);
        addPixmaps(icon, svg, selected, QIcon::Selected);
    }
    made.insert(key, icon);
    return icon;
}

QIcon icon(format::Shape shape, const QPalette &palette)
{
    const ShapeRow &row = rowOf(shape);
    return icon(QString::fromLatin1(row.name), palette, row.ink);
}

drawing::Ink inkOf(format::Shape shape)
{
    return rowOf(shape).ink;
}

} // namespace icons
