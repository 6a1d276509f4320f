#pragma once

#include <QPointF>
#include <QRectF>
#include <QString>

#include <vector>

/// A picture as a list of simple marks: what the revision tree and the chart are drawn from, on the
/// screen and into files. Pure values; positions are in pixels at 100 %.
namespace drawing {

/// What a colour is for; inks.h has the colours.
enum class Ink {
    None,
    Text,
    Quiet,
    Line,
    Grid,
    Base,
    Accent,
    Second,
    Third,
    Fourth,
    Attention,
    Bad
};

struct Mark {
    enum class Kind {
        Line,    ///< through `points`
        Polygon, ///< closed
        Ellipse, ///< in `rect`
        Box,     ///< `rect` with round corners
        Text     ///< in `rect`, aligned by `align`
    };
    Kind kind = Kind::Line;
    std::vector<QPointF> points;
    QRectF rect;
    Ink stroke = Ink::None; ///< of a text: its colour
    Ink fill = Ink::None;
    double width = 1;
    bool isDashed = false;
    QString text = {};
    Qt::Alignment align = Qt::AlignCenter;
    bool isBold = false;
    bool isFaint = false; ///< the fill lets through what is behind it

    [[nodiscard]] QRectF bounds() const;
};

struct Drawing {
    std::vector<Mark> marks;
    QSizeF size;
};

[[nodiscard]] Mark line(std::vector<QPointF> points, Ink stroke, double width = 1);
[[nodiscard]] Mark polygon(std::vector<QPointF> points, Ink stroke, Ink fill);
[[nodiscard]] Mark ellipse(QPointF centre, double radius, Ink stroke, Ink fill, double width = 1);
[[nodiscard]] Mark box(const QRectF &rect, Ink stroke, Ink fill);
[[nodiscard]] Mark text(const QRectF &rect, const QString &text, Ink ink,
                        Qt::Alignment align = Qt::AlignCenter);

} // namespace drawing
