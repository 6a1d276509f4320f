#pragma once

#include "ui/browser/revisionlayout.h"
#include "ui/drawing/mark.h"

namespace browser {

/// The drawing of a layout: shape and word say what a revision is, colour only repeats it.
///   star in a circle: the winner; diamond: a conflict; square with a cross: a tombstone;
///   full circle: its body is in the backup; hollow: only its name; zigzag: ancestors were stemmed
[[nodiscard]] drawing::Drawing drawRevisions(const store::RevTree &tree,
                                             const RevisionLayout &layout);

[[nodiscard]] QPointF centreOf(const RevisionItem &item);
/// The item whose place holds this point; -1 when none does.
[[nodiscard]] int itemAt(const RevisionLayout &layout, QPointF point);

/// "14-a1b2c3d4…": what there is room for.
[[nodiscard]] QString shortRevision(const store::RevTree &tree, std::int32_t node);
/// "winner", "conflict", "deleted"; empty for an ancestor.
[[nodiscard]] QString stateWord(const RevisionItem &item);
/// A sentence for tooltips and screen readers.
[[nodiscard]] QString describe(const store::RevTree &tree, const RevisionItem &item);
/// One for the whole tree.
[[nodiscard]] QString describe(const store::RevTree &tree);

} // namespace browser
