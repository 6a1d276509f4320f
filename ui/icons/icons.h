#pragma once

#include "ui/drawing/mark.h"
#include "ui/format/shape.h"

#include <QIcon>
#include <QPalette>

/// The pictures in resources/icons, in the colours of the palette. GUI thread.
namespace icons {

/// `name` as the file is called: "replication". Empty for one that there is not.
[[nodiscard]] QIcon icon(const QString &name, const QPalette &palette,
                         drawing::Ink ink = drawing::Ink::Text);

/// The shape of a state, in its colour.
[[nodiscard]] QIcon icon(format::Shape shape, const QPalette &palette);
[[nodiscard]] drawing::Ink inkOf(format::Shape shape);

} // namespace icons
