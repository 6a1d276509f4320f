#include "ui/drawing/paint.h"

#include "ui/drawing/inks.h"

#include <QImage>
#include <QPainter>

#include <algorithm>

namespace drawing {

namespace {

constexpr double kCorner = 5;
constexpr double kFaint = 0.16;

QColor fillOf(const Mark &mark, const QPalette &palette)
{
    QColor colour = colourOf(mark.fill, palette);
    if (mark.isFaint)
        colour.setAlphaF(static_cast<float>(kFaint));
    return colour;
}

void paintMark(QPainter &painter, const Mark &mark, const QPalette &palette)
{
    if (mark.kind == Mark::Kind::Text) {
        QFont font = painter.font();
        font.setBold(mark.isBold);
        painter.setFont(font);
        painter.setPen(colourOf(mark.stroke, palette));
        painter.drawText(mark.rect, static_cast<int>(mark.align) | Qt::TextSingleLine, mark.text);
        return;
    }
    QPen pen(colourOf(mark.stroke, palette), mark.width);
    pen.setJoinStyle(Qt::RoundJoin);
    pen.setCapStyle(Qt::RoundCap);
    if (mark.isDashed)
        pen.setDashPattern({2.5, 2.5});
    painter.setPen(mark.stroke == Ink::None ? QPen(Qt::NoPen) : pen);
    painter.setBrush(mark.fill == Ink::None ? QBrush(Qt::NoBrush) : QBrush(fillOf(mark, palette)));
    const auto count = static_cast<int>(mark.points.size());
    switch (mark.kind) {
    case Mark::Kind::Line:
        painter.setBrush(Qt::NoBrush);
        painter.drawPolyline(mark.points.data(), count);
        break;
    case Mark::Kind::Polygon: painter.drawPolygon(mark.points.data(), count); break;
    case Mark::Kind::Ellipse: painter.drawEllipse(mark.rect); break;
    case Mark::Kind::Box: painter.drawRoundedRect(mark.rect, kCorner, kCorner); break;
    case Mark::Kind::Text: break;
    }
}

QString numbers(const std::vector<QPointF> &points)
{
    QStringList parts;
    for (const QPointF &point : points)
        parts += QStringLiteral("%1,%2").arg(QString::number(point.x(), 'f', 1),
                                             QString::number(point.y(), 'f', 1));
    return parts.join(QLatin1Char(' '));
}

QString attribute(const char *name, const QString &value)
{
    return QStringLiteral(" %1=\"%2\"").arg(QString::fromLatin1(name), value.toHtmlEscaped());
}

QString attribute(const char *name, double value)
{
    return attribute(name, QString::number(value, 'f', 1));
}

QString svgText(const Mark &mark, const QPalette &palette)
{
    double x = mark.rect.center().x();
    QString anchor = QStringLiteral("middle");
    if (mark.align & Qt::AlignLeft) {
        x = mark.rect.left();
        anchor = QStringLiteral("start");
    } else if (mark.align & Qt::AlignRight) {
        x = mark.rect.right();
        anchor = QStringLiteral("end");
    }
    return QStringLiteral("<text") + attribute("x", x) + attribute("y", mark.rect.center().y())
        + attribute("text-anchor", anchor)
        + attribute("dominant-baseline", QStringLiteral("central"))
        + attribute("fill", colourOf(mark.stroke, palette).name())
        + (mark.isBold ? attribute("font-weight", QStringLiteral("bold")) : QString())
        + QLatin1Char('>') + mark.text.toHtmlEscaped() + QStringLiteral("</text>\n");
}

QString svgMark(const Mark &mark, const QPalette &palette)
{
    if (mark.kind == Mark::Kind::Text)
        return svgText(mark, palette);
    const auto nameOf = [&](Ink ink) {
        return ink == Ink::None ? QStringLiteral("none") : colourOf(ink, palette).name();
    };
    QString look =
        attribute("fill",
                  mark.kind == Mark::Kind::Line ? QStringLiteral("none") : nameOf(mark.fill))
        + attribute("stroke", nameOf(mark.stroke)) + attribute("stroke-width", mark.width);
    if (mark.isDashed)
        look += attribute("stroke-dasharray", QStringLiteral("2.5 2.5"));
    if (mark.isFaint)
        look += attribute("fill-opacity", QString::number(kFaint));
    const QRectF &rect = mark.rect;
    switch (mark.kind) {
    case Mark::Kind::Line:
        return QStringLiteral("<polyline") + attribute("points", numbers(mark.points)) + look
            + QStringLiteral("/>\n");
    case Mark::Kind::Polygon:
        return QStringLiteral("<polygon") + attribute("points", numbers(mark.points)) + look
            + QStringLiteral("/>\n");
    case Mark::Kind::Ellipse:
        return QStringLiteral("<ellipse") + attribute("cx", rect.center().x())
            + attribute("cy", rect.center().y()) + attribute("rx", rect.width() / 2)
            + attribute("ry", rect.height() / 2) + look + QStringLiteral("/>\n");
    case Mark::Kind::Box:
        return QStringLiteral("<rect") + attribute("x", rect.x()) + attribute("y", rect.y())
            + attribute("width", rect.width()) + attribute("height", rect.height())
            + attribute("rx", kCorner) + look + QStringLiteral("/>\n");
    case Mark::Kind::Text: break;
    }
    return {};
}

} // namespace

void paint(QPainter &painter, const Drawing &drawing, const QPalette &palette,
           const QRectF &visible)
{
    painter.setRenderHint(QPainter::Antialiasing);
    for (const Mark &mark : drawing.marks) {
        // A line has no area, so that its bounds would touch nothing.
        const double reach = mark.width + 1;
        if (mark.bounds().adjusted(-reach, -reach, reach, reach).intersects(visible))
            paintMark(painter, mark, palette);
    }
}

QImage imageOf(const Drawing &drawing, const QPalette &palette, const QFont &font, double scale)
{
    constexpr double kLargest = 16'000;
    const double longest = std::max({drawing.size.width(), drawing.size.height(), 1.0});
    const double used = std::min(scale, kLargest / longest);
    const QSize pixels = (drawing.size * used).toSize().expandedTo({1, 1});
    QImage image(pixels, QImage::Format_RGB32);
    image.fill(colourOf(Ink::Base, palette));
    QPainter painter(&image);
    painter.scale(used, used);
    painter.setFont(font);
    paint(painter, drawing, palette, QRectF(QPointF(), drawing.size));
    return image;
}

QByteArray svgOf(const Drawing &drawing, const QPalette &palette, const QFont &font,
                 const QString &title)
{
    const double width = drawing.size.width();
    const double height = drawing.size.height();
    const double fontSize = font.pointSizeF() > 0 ? font.pointSizeF() * 4 / 3 : font.pixelSize();
    QString svg = QStringLiteral("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                 "<svg xmlns=\"http://www.w3.org/2000/svg\"")
        + attribute("width", width) + attribute("height", height)
        + attribute("viewBox", QStringLiteral("0 0 %1 %2").arg(width).arg(height))
        + attribute("role", QStringLiteral("img"))
        + attribute("font-family", font.family() + QStringLiteral(", sans-serif"))
        + attribute("font-size", fontSize) + QStringLiteral(">\n<title>") + title.toHtmlEscaped()
        + QStringLiteral("</title>\n<rect width=\"100%\" height=\"100%\"")
        + attribute("fill", colourOf(Ink::Base, palette).name()) + QStringLiteral("/>\n");
    for (const Mark &mark : drawing.marks)
        svg += svgMark(mark, palette);
    return (svg + QStringLiteral("</svg>\n")).toUtf8();
}

} // namespace drawing
