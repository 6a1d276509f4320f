#pragma once

#include "ui/drawing/mark.h"

#include <QColor>
#include <QPalette>

namespace drawing {

/// The colour of an ink on the base of this palette; text and lines that carry a meaning have a
/// contrast of 4.5 and 3 and more against it (WCAG AA).
[[nodiscard]] QColor colourOf(Ink ink, const QPalette &palette);

/// WCAG's contrast of two opaque colours, 1 to 21.
[[nodiscard]] double contrast(const QColor &a, const QColor &b);

} // namespace drawing
