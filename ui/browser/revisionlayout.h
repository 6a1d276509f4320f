#pragma once

#include "core/store/revtree.h"

#include <set>
#include <vector>

/// Where the revisions of a document lie in a drawing of their tree: pure values and functions.
/// Generations run from left to right, every leaf has a row, and the winner's path is straight.
namespace browser {

/// One place of the drawing: a revision, or a chain of revisions folded into one.
struct RevisionItem {
    std::int32_t node = -1;       ///< in the tree; of a fold: the first revision that it hides
    std::int32_t lastHidden = -1; ///< of a fold: the last one
    int hidden = 0;               ///< of a fold: how many it hides; 0 for a revision
    double column = 0;
    int row = 0;
    int parent = -1; ///< among the items; the parent comes first
    int firstChild = -1;
    int nextSibling = -1;
    bool isLeaf = false;
    bool isWinner = false;
    bool isDeleted = false;
    bool hasBody = false;
    bool isTorn = false; ///< a root that is not of generation 1: its ancestors were stemmed

    [[nodiscard]] bool isFold() const { return hidden > 0; }
};

struct RevisionLayout {
    struct Tick {
        double column = 0;
        std::uint64_t generation = 0;
    };
    std::vector<RevisionItem> items;
    std::vector<Tick> ticks; ///< of every generation that has a revision in the drawing
    double columns = 0;
    int rows = 0;

    /// The item that shows this revision, or the fold that hides it; -1 when there is none.
    [[nodiscard]] int itemOf(const store::RevTree &tree, std::int32_t node) const;
    [[nodiscard]] int winner() const;
};

/// Which chains are folded: those of four and more revisions that have no body and one child, but
/// for their first and last. A chain is named by the first revision that it hides.
struct Folding {
    bool isOn = true;
    std::set<std::int32_t> unfolded;
};

/// Every revision is in it once, on its own or in a fold; no two items overlap and no lines cross.
/// The same tree gives the same order whatever order it was built in. No recursion.
[[nodiscard]] RevisionLayout layoutRevisions(const store::RevTree &tree, const Folding &folding);

enum class Step { Left, Right, Up, Down };
/// Where an arrow key leads: parent, first child, the nearest of the row above or below; the same
/// item where there is none.
[[nodiscard]] int neighbour(const RevisionLayout &layout, int item, Step step);

} // namespace browser
