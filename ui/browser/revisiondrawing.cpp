#include "ui/browser/revisiondrawing.h"

#include "core/base/text.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace browser {

namespace {

using drawing::Ink;
using drawing::Mark;

constexpr double kColumn = 120;
constexpr double kRow = 72;
constexpr double kLeft = 72;
constexpr double kTop = 56;
constexpr double kBottom = 52;
constexpr double kLeafRadius = 11;
constexpr double kInnerRadius = 6.5;
constexpr double kText = 17;

QString translated(const char *text, int n = -1)
{
    return QCoreApplication::translate("browser::RevisionTree", text, nullptr, n);
}

std::vector<QPointF> star(QPointF centre, double radius)
{
    std::vector<QPointF> points;
    for (int i = 0; i < 10; ++i) {
        const double angle = std::numbers::pi * (i / 5.0 - 0.5);
        const double reach = i % 2 == 0 ? radius : radius * 0.42;
        points.emplace_back(centre.x() + reach * std::cos(angle),
                            centre.y() + reach * std::sin(angle));
    }
    return points;
}

std::vector<QPointF> diamond(QPointF c, double r)
{
    return {{c.x(), c.y() - r}, {c.x() + r, c.y()}, {c.x(), c.y() + r}, {c.x() - r, c.y()}};
}

class Drawer
{
public:
    Drawer(const store::RevTree &tree, const RevisionLayout &layout)
        : m_tree(tree)
        , m_layout(layout)
    {
    }

    drawing::Drawing run()
    {
        if (m_layout.items.empty())
            return {};
        m_drawing.size = {kLeft + (m_layout.columns - 1) * kColumn + kLeft,
                          kTop + (m_layout.rows - 1) * kRow + kBottom};
        drawRuler();
        for (const RevisionItem &item : m_layout.items)
            drawEdge(item);
        for (const RevisionItem &item : m_layout.items) {
            if (item.isFold())
                drawFold(item);
            else
                drawRevision(item);
        }
        return std::move(m_drawing);
    }

private:
    void add(Mark mark) { m_drawing.marks.push_back(std::move(mark)); }

    void drawRuler()
    {
        for (const RevisionLayout::Tick &tick : m_layout.ticks) {
            const double x = kLeft + tick.column * kColumn;
            add(drawing::line({{x, 25}, {x, 30}}, Ink::Line));
            add(drawing::text({x - kColumn / 2, 6, kColumn, kText},
                              QLocale().toString(static_cast<qulonglong>(tick.generation)),
                              Ink::Quiet));
        }
    }

    void drawEdge(const RevisionItem &item)
    {
        const QPointF to = centreOf(item);
        if (item.isTorn) {
            std::vector<QPointF> zigzag;
            for (int i = 0; i <= 6; ++i)
                zigzag.emplace_back(to.x() - 44 + i * 6, to.y() + (i % 2 == 0 ? -4 : 4));
            zigzag.emplace_back(to.x() - kInnerRadius, to.y());
            add(drawing::line(std::move(zigzag), Ink::Line, 1.6));
        }
        if (item.parent < 0)
            return;
        const QPointF from = centreOf(m_layout.items[static_cast<size_t>(item.parent)]);
        if (from.y() == to.y()) {
            add(drawing::line({from, to}, Ink::Line, 1.6));
            return;
        }
        // Down beside the parent, then along the row, with the corners cut.
        const double x = from.x() + kColumn / 2;
        constexpr double cut = 8;
        add(drawing::line({from,
                           {x - cut, from.y()},
                           {x, from.y() + cut},
                           {x, to.y() - cut},
                           {x + cut, to.y()},
                           to},
                          Ink::Line, 1.6));
    }

    void drawFold(const RevisionItem &item)
    {
        const QPointF centre = centreOf(item);
        const QRectF pill(centre.x() - 46, centre.y() - 12, 92, 24);
        Mark mark = drawing::box(pill, Ink::Line, Ink::Base);
        mark.isDashed = true;
        add(mark);
        add(drawing::text(pill, translated("… %n …", item.hidden), Ink::Text));
        add(drawing::text(pill.translated(0, 22), translated("revisions", item.hidden),
                          Ink::Quiet));
    }

    void drawRevision(const RevisionItem &item)
    {
        const QPointF centre = centreOf(item);
        const Ink ink = inkOf(item);
        // A leaf whose body is missing is hollow, too.
        const Ink fill = item.hasBody ? ink : Ink::Base;
        const Ink inside = item.hasBody ? Ink::Base : ink;
        if (item.isDeleted) {
            const double r = item.isLeaf ? kLeafRadius - 1.5 : kInnerRadius;
            add(drawing::box({centre.x() - r, centre.y() - r, 2 * r, 2 * r}, ink, fill));
            const double c = r * 0.45;
            add(drawing::line({centre - QPointF(c, c), centre + QPointF(c, c)}, inside, 2));
            add(drawing::line({centre - QPointF(c, -c), centre + QPointF(c, -c)}, inside, 2));
            if (item.isWinner)
                add(drawing::ellipse(centre, kLeafRadius + 5, ink, Ink::None, 1.6));
        } else if (item.isWinner) {
            add(drawing::ellipse(centre, kLeafRadius, ink, fill, 1.6));
            add(drawing::polygon(star(centre, kLeafRadius - 2.5), inside, inside));
        } else if (item.isLeaf) {
            add(drawing::polygon(diamond(centre, kLeafRadius), ink, fill));
        } else {
            add(drawing::ellipse(centre, kInnerRadius, ink, fill, 1.6));
        }
        drawLabel(item, ink);
    }

    void drawLabel(const RevisionItem &item, Ink ink)
    {
        const QPointF centre = centreOf(item);
        const QRectF first(centre.x() - kColumn / 2, centre.y() + 14, kColumn, kText);
        add(drawing::text(first, shortRevision(m_tree, item.node),
                          item.isLeaf ? Ink::Text : Ink::Quiet));
        const QString word = stateWord(item);
        if (word.isEmpty())
            return;
        Mark mark = drawing::text(first.translated(0, kText - 1), word, ink);
        mark.isBold = item.isWinner;
        add(mark);
    }

    [[nodiscard]] static Ink inkOf(const RevisionItem &item)
    {
        if (item.isDeleted)
            return Ink::Bad;
        if (item.isWinner)
            return Ink::Accent;
        return item.isLeaf ? Ink::Attention : Ink::Line;
    }

    const store::RevTree &m_tree;
    const RevisionLayout &m_layout;
    drawing::Drawing m_drawing;
};

} // namespace

drawing::Drawing drawRevisions(const store::RevTree &tree, const RevisionLayout &layout)
{
    return Drawer(tree, layout).run();
}

QPointF centreOf(const RevisionItem &item)
{
    return {kLeft + item.column * kColumn, kTop + item.row * kRow};
}

int itemAt(const RevisionLayout &layout, QPointF point)
{
    for (size_t i = 0; i < layout.items.size(); ++i) {
        const QPointF centre = centreOf(layout.items[i]);
        const QRectF place(centre.x() - kColumn / 2 + 4, centre.y() - 18, kColumn - 8, 62);
        if (place.contains(point))
            return static_cast<int>(i);
    }
    return -1;
}

QString shortRevision(const store::RevTree &tree, std::int32_t node)
{
    const store::RevId rev = tree.revOf(node);
    constexpr size_t kept = 7;
    const std::string hash = rev.hash.size() > kept + 1 ? rev.hash.substr(0, kept) : rev.hash;
    return QString::number(rev.generation) + QLatin1Char('-') + base::printable(hash)
        + (hash.size() < rev.hash.size() ? QStringLiteral("…") : QString());
}

QString stateWord(const RevisionItem &item)
{
    if (item.isFold())
        return {};
    if (item.isWinner)
        return item.isDeleted ? translated("winner, deleted") : translated("winner");
    if (item.isDeleted)
        return translated("deleted");
    return item.isLeaf ? translated("conflict") : QString();
}

QString describe(const store::RevTree &tree, const RevisionItem &item)
{
    if (item.isFold())
        return translated("%n revisions of which the backup knows the names only, folded. Enter "
                          "unfolds them.",
                          item.hidden);
    const QString rev = base::printable(tree.revOf(item.node).toString());
    QString what;
    if (item.isWinner)
        what = item.isDeleted ? translated("the winner, a tombstone: the document is deleted")
                              : translated("the winner");
    else if (item.isLeaf)
        what = item.isDeleted ? translated("a deleted leaf") : translated("a conflicting leaf");
    else
        what = item.isDeleted ? translated("a deletion that was written over")
                              : translated("an ancestor");
    QString body;
    if (item.hasBody)
        body = translated("Its body is in the backup.");
    else if (item.isLeaf)
        body = translated("Its body is missing in the backup.");
    else
        body = translated("Its body is not in the backup: CouchDB keeps the names of ancestors, "
                          "not their bodies.");
    QString sentence = translated("Revision %1: %2. %3").arg(rev, what, body);
    if (item.isTorn)
        sentence += QLatin1Char(' ')
            + translated("What came before it was stemmed: the server no longer knows it.");
    return sentence;
}

QString describe(const store::RevTree &tree)
{
    int live = 0;
    int deleted = 0;
    for (const std::int32_t leaf : tree.leaves())
        ++(tree.nodes()[static_cast<size_t>(leaf)].deleted ? deleted : live);
    QString text = translated("%n revisions", static_cast<int>(tree.nodes().size()));
    text += QStringLiteral(", ") + translated("%n live leaves", live);
    text += QStringLiteral(", ") + translated("%n deleted leaves", deleted);
    return text;
}

} // namespace browser
