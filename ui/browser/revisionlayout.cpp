#include "ui/browser/revisionlayout.h"

#include <algorithm>
#include <cmath>

namespace browser {

namespace {

constexpr size_t kFoldFrom = 4;

class Layouter
{
public:
    Layouter(const store::RevTree &tree, const Folding &folding)
        : m_tree(tree)
        , m_folding(folding)
        , m_winner(tree.winner())
        , m_leadsToWinner(tree.nodes().size())
    {
        for (std::int32_t node = m_winner; node >= 0; node = at(node).parent)
            m_leadsToWinner[static_cast<size_t>(node)] = true;
    }

    RevisionLayout run()
    {
        m_layout.items.reserve(m_tree.nodes().size());
        pushAll(m_tree.roots(), -1);
        while (!m_pending.empty()) {
            const Pending next = m_pending.back();
            m_pending.pop_back();
            place(next);
        }
        setColumns();
        return std::move(m_layout);
    }

private:
    struct Pending {
        std::int32_t node;
        int parent;
        bool keepsRow;
    };

    [[nodiscard]] const store::RevTree::Node &at(std::int32_t node) const
    {
        return m_tree.nodes()[static_cast<size_t>(node)];
    }

    [[nodiscard]] bool isFoldable(std::int32_t node) const
    {
        const auto &it = at(node);
        return !it.available && !it.deleted && it.firstChild >= 0
            && at(it.firstChild).nextSibling < 0;
    }

    void pushAll(std::vector<std::int32_t> nodes, int parent)
    {
        std::stable_partition(nodes.begin(), nodes.end(), [this](std::int32_t node) {
            return m_leadsToWinner[static_cast<size_t>(node)];
        });
        for (size_t i = nodes.size(); i-- > 0;)
            m_pending.push_back({nodes[i], parent, i == 0 && parent >= 0});
    }

    /// A node, or the whole chain of foldable ones that begins with it.
    void place(const Pending &next)
    {
        std::vector<std::int32_t> run;
        for (std::int32_t node = next.node; isFoldable(node); node = at(node).firstChild)
            run.push_back(node);
        int row = 0;
        if (next.keepsRow)
            row = m_layout.items[static_cast<size_t>(next.parent)].row;
        else
            row = m_layout.rows++;
        int item = next.parent;
        if (run.empty())
            run.push_back(next.node);
        const bool folds =
            m_folding.isOn && run.size() >= kFoldFrom && !m_folding.unfolded.contains(run[1]);
        if (folds) {
            item = addRevision(run.front(), item, row);
            item = addFold(run, item, row);
            item = addRevision(run.back(), item, row);
        } else {
            for (const std::int32_t node : run)
                item = addRevision(node, item, row);
        }
        pushAll(m_tree.children(run.back()), item);
    }

    int add(RevisionItem item)
    {
        const int index = static_cast<int>(m_layout.items.size());
        m_lastChild.push_back(-1);
        if (item.parent >= 0) {
            int &last = m_lastChild[static_cast<size_t>(item.parent)];
            if (last < 0)
                m_layout.items[static_cast<size_t>(item.parent)].firstChild = index;
            else
                m_layout.items[static_cast<size_t>(last)].nextSibling = index;
            last = index;
        }
        m_layout.items.push_back(item);
        return index;
    }

    int addRevision(std::int32_t node, int parent, int row)
    {
        const auto &it = at(node);
        RevisionItem item;
        item.node = node;
        item.row = row;
        item.parent = parent;
        item.isLeaf = it.firstChild < 0;
        item.isWinner = node == m_winner;
        item.isDeleted = it.deleted;
        item.hasBody = it.available;
        item.isTorn = it.parent < 0 && it.generation > 1;
        return add(item);
    }

    int addFold(const std::vector<std::int32_t> &run, int parent, int row)
    {
        RevisionItem item;
        item.node = run[1];
        item.lastHidden = run[run.size() - 2];
        item.hidden = static_cast<int>(run.size()) - 2;
        item.row = row;
        item.parent = parent;
        return add(item);
    }

    /// A generation has one column wherever it occurs; where generations are left out, there is
    /// room for one fold.
    void setColumns()
    {
        std::vector<std::uint64_t> generations;
        for (const RevisionItem &item : m_layout.items) {
            if (!item.isFold())
                generations.push_back(at(item.node).generation);
        }
        std::sort(generations.begin(), generations.end());
        generations.erase(std::unique(generations.begin(), generations.end()), generations.end());
        double column = 0;
        for (size_t i = 0; i < generations.size(); ++i) {
            if (i > 0)
                column += generations[i] - generations[i - 1] > 1 ? 2 : 1;
            m_layout.ticks.push_back({column, generations[i]});
        }
        m_layout.columns = generations.empty() ? 0 : column + 1;
        const auto columnOf = [&](std::uint64_t generation) {
            const auto found = std::lower_bound(generations.begin(), generations.end(), generation);
            return m_layout.ticks[static_cast<size_t>(found - generations.begin())].column;
        };
        for (RevisionItem &item : m_layout.items) {
            if (!item.isFold()) {
                item.column = columnOf(at(item.node).generation);
                continue;
            }
            const double before = columnOf(at(item.node).generation - 1);
            const double after = columnOf(at(item.lastHidden).generation + 1);
            item.column = (before + after) / 2;
        }
    }

    const store::RevTree &m_tree;
    const Folding &m_folding;
    std::int32_t m_winner;
    std::vector<bool> m_leadsToWinner;
    std::vector<Pending> m_pending;
    std::vector<int> m_lastChild;
    RevisionLayout m_layout;
};

int nearestInRow(const RevisionLayout &layout, int from, int row)
{
    const double column = layout.items[static_cast<size_t>(from)].column;
    int best = from;
    double bestDistance = -1;
    for (size_t i = 0; i < layout.items.size(); ++i) {
        const double distance = std::abs(layout.items[i].column - column);
        if (layout.items[i].row != row || (bestDistance >= 0 && distance >= bestDistance))
            continue;
        best = static_cast<int>(i);
        bestDistance = distance;
    }
    return best;
}

} // namespace

int RevisionLayout::itemOf(const store::RevTree &tree, std::int32_t node) const
{
    if (node < 0)
        return -1;
    for (size_t i = 0; i < items.size(); ++i) {
        if (items[i].node == node)
            return static_cast<int>(i);
    }
    // Hidden: its fold hides it together with all that lies between the ends.
    for (size_t i = 0; i < items.size(); ++i) {
        std::int32_t hidden = items[i].lastHidden;
        for (int steps = items[i].hidden; steps > 0; --steps) {
            if (hidden == node)
                return static_cast<int>(i);
            hidden = tree.nodes()[static_cast<size_t>(hidden)].parent;
        }
    }
    return -1;
}

int RevisionLayout::winner() const
{
    const auto found = std::find_if(items.begin(), items.end(),
                                    [](const RevisionItem &item) { return item.isWinner; });
    return found == items.end() ? -1 : static_cast<int>(found - items.begin());
}

RevisionLayout layoutRevisions(const store::RevTree &tree, const Folding &folding)
{
    return Layouter(tree, folding).run();
}

int neighbour(const RevisionLayout &layout, int item, Step step)
{
    if (item < 0 || item >= static_cast<int>(layout.items.size()))
        return layout.items.empty() ? -1 : 0;
    const RevisionItem &from = layout.items[static_cast<size_t>(item)];
    switch (step) {
    case Step::Left: return from.parent >= 0 ? from.parent : item;
    case Step::Right: return from.firstChild >= 0 ? from.firstChild : item;
    case Step::Up: return nearestInRow(layout, item, from.row - 1);
    case Step::Down: return nearestInRow(layout, item, from.row + 1);
    }
    return item;
}

} // namespace browser
