#include "ui/drawing/mark.h"

#include <algorithm>

namespace drawing {

QRectF Mark::bounds() const
{
    if (points.empty())
        return rect;
    double left = points.front().x();
    double right = left;
    double top = points.front().y();
    double bottom = top;
    for (const QPointF &point : points) {
        left = std::min(left, point.x());
        right = std::max(right, point.x());
        top = std::min(top, point.y());
        bottom = std::max(bottom, point.y());
    }
    return {left, top, right - left, bottom - top};
}

Mark line(std::vector<QPointF> points, Ink stroke, double width)
{
    Mark mark;
    mark.points = std::move(points);
    mark.stroke = stroke;
    mark.width = width;
    return mark;
}

Mark polygon(std::vector<QPointF> points, Ink stroke, Ink fill)
{
    Mark mark = line(std::move(points), stroke);
    mark.kind = Mark::Kind::Polygon;
    mark.fill = fill;
    return mark;
}

Mark ellipse(QPointF centre, double radius, Ink stroke, Ink fill, double width)
{
    Mark mark;
    mark.kind = Mark::Kind::Ellipse;
    mark.rect = {centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius};
    mark.stroke = stroke;
    mark.fill = fill;
    mark.width = width;
    return mark;
}

Mark box(const QRectF &rect, Ink stroke, Ink fill)
{
    Mark mark;
    mark.kind = Mark::Kind::Box;
    mark.rect = rect;
    mark.stroke = stroke;
    mark.fill = fill;
    return mark;
}

Mark text(const QRectF &rect, const QString &text, Ink ink, Qt::Alignment align)
{
    Mark mark;
    mark.kind = Mark::Kind::Text;
    mark.rect = rect;
    mark.text = text;
    mark.stroke = ink;
    mark.align = align;
    return mark;
}

} // namespace drawing
