#pragma once

#include "ui/drawing/mark.h"

#include <QByteArray>
#include <QPalette>

class QImage;
class QPainter;

namespace drawing {

/// Paints what touches `visible`. The painter's font is that of the texts.
void paint(QPainter &painter, const Drawing &drawing, const QPalette &palette,
           const QRectF &visible);

/// The whole picture on its base colour, `scale` device pixels for one; a picture that would be
/// larger than 16,000 pixels either way is made smaller.
[[nodiscard]] QImage imageOf(const Drawing &drawing, const QPalette &palette, const QFont &font,
                             double scale);

/// The picture as an SVG file of its own, with a title for screen readers.
[[nodiscard]] QByteArray svgOf(const Drawing &drawing, const QPalette &palette, const QFont &font,
                               const QString &title);

} // namespace drawing
