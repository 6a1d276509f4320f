#include "ui/browser/revisionlayout.h"

#include <QElapsedTimer>
#include <QRegularExpression>
#include <QTest>

#include <algorithm>
#include <map>
#include <random>

using browser::Folding;
using browser::layoutRevisions;
using browser::RevisionItem;
using browser::RevisionLayout;
using browser::Step;
using store::RevPath;
using store::RevTree;

namespace {

/// A path by letters, newest first: "cba" is 3-c, 2-b, 1-a.
RevPath path(const QByteArray &letters, std::uint64_t start = 0)
{
    RevPath path;
    path.start = start == 0 ? static_cast<std::uint64_t>(letters.size()) : start;
    for (const char letter : letters)
        path.hashes.emplace_back(1, letter);
    return path;
}

/// One row of the drawing a line: what stands in each column, '.' for nothing.
///   W winner, w deleted winner, C conflict, x deleted leaf, b ancestor with body, o without, ~
///   torn in front, (n) fold
QString picture(const RevTree &tree, const RevisionLayout &layout)
{
    std::map<std::pair<int, double>, QString> cells;
    for (const RevisionItem &item : layout.items) {
        QString cell;
        if (item.isFold())
            cell = QStringLiteral("(%1)").arg(item.hidden);
        else if (item.isWinner)
            cell = item.isDeleted ? QStringLiteral("w") : QStringLiteral("W");
        else if (item.isLeaf)
            cell = item.isDeleted ? QStringLiteral("x") : QStringLiteral("C");
        else
            cell = item.hasBody ? QStringLiteral("b") : QStringLiteral("o");
        cells[{item.row, item.column}] = (item.isTorn ? QStringLiteral("~") : QString()) + cell
            + (item.isFold() ? QString() : QString::fromStdString(tree.revOf(item.node).hash));
    }
    QStringList lines;
    for (int row = 0; row < layout.rows; ++row) {
        QStringList line;
        for (double column = 0; column < layout.columns; column += 1) {
            const auto cell = cells.find({row, column});
            line += cell == cells.end() ? QStringLiteral(".") : cell->second;
        }
        lines += line.join(QLatin1Char(' '));
    }
    return lines.join(QStringLiteral(" / "));
}

RevTree randomTree(std::mt19937 &random, int leaves)
{
    RevTree tree;
    std::vector<std::vector<std::string>> known{{"root"}}; // newest first
    for (int i = 0; i < leaves; ++i) {
        std::vector<std::string> hashes = known[random() % known.size()];
        hashes.erase(hashes.begin(), hashes.begin() + static_cast<long>(random() % hashes.size()));
        for (auto steps = 1 + random() % 12; steps > 0; --steps)
            hashes.insert(hashes.begin(), std::to_string(random()));
        known.push_back(hashes);
        tree.merge({hashes.size(), hashes}, random() % 4 == 0, random() % 8 != 0);
    }
    if (random() % 3 == 0)
        tree.stem(1 + random() % 10);
    return tree;
}

/// Empty when the layout keeps its promises.
QString flawOf(const RevTree &tree, const RevisionLayout &layout)
{
    std::vector<int> seen(tree.nodes().size());
    std::set<std::pair<int, double>> places;
    for (size_t i = 0; i < layout.items.size(); ++i) {
        const RevisionItem &item = layout.items[i];
        if (item.parent >= static_cast<int>(i))
            return QStringLiteral("a child before its parent");
        if (!places.insert({item.row, item.column}).second)
            return QStringLiteral("two items in one place");
        if (item.row < 0 || item.row >= layout.rows || item.column < 0
            || item.column > layout.columns - 1)
            return QStringLiteral("an item outside");
        std::int32_t node = item.isFold() ? item.lastHidden : item.node;
        for (int count = item.isFold() ? item.hidden : 1; count > 0; --count) {
            ++seen[static_cast<size_t>(node)];
            node = tree.nodes()[static_cast<size_t>(node)].parent;
        }
        if (item.parent < 0)
            continue;
        const RevisionItem &parent = layout.items[static_cast<size_t>(item.parent)];
        if (item.column - parent.column < 1)
            return QStringLiteral("a child not at least one column behind its parent");
        // A line goes along the row of the child, behind the parent's column: nothing may lie
        // there.
        for (const RevisionItem &other : layout.items) {
            if (other.row == item.row && other.column > parent.column && other.column < item.column)
                return QStringLiteral("a line through an item");
            if (other.row == item.row && item.row != parent.row && other.column <= parent.column)
                return QStringLiteral("a branch in a row that is in use");
        }
    }
    if (std::any_of(seen.begin(), seen.end(), [](int times) { return times != 1; }))
        return QStringLiteral("a revision not exactly once");
    return {};
}

} // namespace

class RevisionLayoutTest : public QObject
{
    Q_OBJECT
private slots:
    void init() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void pictures_data();
    void pictures();
    void unfolding();
    void arrows();
    void itemsAreFound();
    void randomTreesKeepThePromises();
    void orderOfBuildingDoesNotMatter();
    void tenThousandRevisionsAreQuick_data();
    void tenThousandRevisionsAreQuick();
};

void RevisionLayoutTest::pictures_data()
{
    QTest::addColumn<RevTree>("tree");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char *name, const std::vector<std::pair<RevPath, bool>> &leaves,
                        const char *expected) {
        RevTree tree;
        for (const auto &[leaf, isDeleted] : leaves)
            tree.merge(leaf, isDeleted);
        QTest::newRow(name) << tree << QString::fromLatin1(expected);
    };
    row("no revision", {}, "");
    row("one revision", {{path("a"), false}}, "Wa");
    row("a short chain is not folded", {{path("cba"), false}}, "oa ob Wc");
    row("three ancestors are not folded", {{path("dcba"), false}}, "oa ob oc Wd");
    row("four ancestors: the inner two are", {{path("edcba"), false}}, "oa (2) od We");
    row("a long chain", {{path("jihgfedcba"), false}}, "oa (7) oi Wj");
    row("the winner's path is straight, the other leaf below",
        {{path("dcba"), false}, {path("eba"), false}}, "oa ob oc Wd / . . Ce .");
    row("the deleted leaf loses", {{path("cba"), true}, {path("da"), false}}, "oa Wd . / . ob xc");
    row("a deleted document", {{path("ba"), true}}, "oa wb");
    row("stemmed: torn in front", {{path("dc", 9), false}}, "~oc Wd");
    row("two roots, the winner's first", {{path("b"), false}, {path("dc"), false}}, "oc Wd / Cb .");
    row("generations far apart", {{path("b"), false}, {path("d", 50), false}}, ". . ~Wd / Cb . .");
    row("a fold beside a branch that goes on", {{path("gfedcba"), false}, {path("zyxwa"), false}},
        "oa ob . (3) . of Wg / . ow ox oy Cz . .");
}

void RevisionLayoutTest::pictures()
{
    QFETCH(RevTree, tree);
    QFETCH(QString, expected);
    const RevisionLayout layout = layoutRevisions(tree, {});
    QCOMPARE(flawOf(tree, layout), QString());
    QCOMPARE(picture(tree, layout), expected);
}

void RevisionLayoutTest::unfolding()
{
    RevTree tree;
    tree.merge(path("hgfedcba"), false);
    Folding folding;
    RevisionLayout layout = layoutRevisions(tree, folding);
    QCOMPARE(picture(tree, layout), QStringLiteral("oa (5) og Wh"));
    folding.unfolded.insert(layout.items[1].node);
    layout = layoutRevisions(tree, folding);
    QCOMPARE(picture(tree, layout), QStringLiteral("oa ob oc od oe of og Wh"));
    folding = {false, {}};
    QCOMPARE(picture(tree, layoutRevisions(tree, folding)),
             QStringLiteral("oa ob oc od oe of og Wh"));
}

void RevisionLayoutTest::arrows()
{
    RevTree tree;
    tree.merge(path("dcba"), false);
    tree.merge(path("eba"), false);
    const RevisionLayout layout = layoutRevisions(tree, {});
    const auto itemAt = [&](const char *hash) {
        const auto found =
            std::find_if(layout.items.begin(), layout.items.end(), [&](const RevisionItem &item) {
                return tree.revOf(item.node).hash == hash;
            });
        return static_cast<int>(found - layout.items.begin());
    };
    QCOMPARE(neighbour(layout, itemAt("a"), Step::Left), itemAt("a"));
    QCOMPARE(neighbour(layout, itemAt("b"), Step::Left), itemAt("a"));
    QCOMPARE(neighbour(layout, itemAt("b"), Step::Right), itemAt("c"));
    QCOMPARE(neighbour(layout, itemAt("d"), Step::Right), itemAt("d"));
    QCOMPARE(neighbour(layout, itemAt("d"), Step::Down), itemAt("e"));
    QCOMPARE(neighbour(layout, itemAt("e"), Step::Up), itemAt("c"));
    QCOMPARE(neighbour(layout, itemAt("e"), Step::Down), itemAt("e"));
    QCOMPARE(neighbour(layout, itemAt("d"), Step::Up), itemAt("d"));
    QCOMPARE(neighbour(layout, -1, Step::Up), 0);
    QCOMPARE(neighbour({}, -1, Step::Up), -1);
}

void RevisionLayoutTest::itemsAreFound()
{
    RevTree tree;
    tree.merge(path("hgfedcba"), false);
    const RevisionLayout layout = layoutRevisions(tree, {});
    const auto itemOf = [&](std::uint64_t generation, const char *hash) {
        return layout.itemOf(tree, tree.find({generation, hash}));
    };
    QCOMPARE(itemOf(1, "a"), 0);
    QCOMPARE(itemOf(2, "b"), 1); // the fold
    QCOMPARE(itemOf(4, "d"), 1);
    QCOMPARE(itemOf(6, "f"), 1);
    QCOMPARE(itemOf(7, "g"), 2);
    QCOMPARE(layout.winner(), 3);
    QCOMPARE(layout.itemOf(tree, -1), -1);
    QCOMPARE(RevisionLayout{}.winner(), -1);
}

void RevisionLayoutTest::randomTreesKeepThePromises()
{
    for (unsigned seed = 0; seed < 400; ++seed) {
        std::mt19937 random(seed);
        const RevTree tree = randomTree(random, 1 + static_cast<int>(random() % 25));
        for (const bool folds : {true, false}) {
            const RevisionLayout layout = layoutRevisions(tree, {folds, {}});
            const QString flaw = flawOf(tree, layout);
            QVERIFY2(flaw.isEmpty(), qPrintable(QStringLiteral("seed %1: ").arg(seed) + flaw));
            QCOMPARE(layout.rows, static_cast<int>(tree.leaves().size()));
        }
    }
}

void RevisionLayoutTest::orderOfBuildingDoesNotMatter()
{
    for (unsigned seed = 0; seed < 100; ++seed) {
        std::mt19937 random(seed);
        const RevTree tree = randomTree(random, 12);
        std::vector<std::int32_t> leaves = tree.leaves();
        std::shuffle(leaves.begin(), leaves.end(), random);
        RevTree again;
        for (const std::int32_t leaf : leaves) {
            const auto &node = tree.nodes()[static_cast<size_t>(leaf)];
            again.merge(tree.pathOf(leaf), node.deleted, node.available);
        }
        // Inner revisions that have a body get none by merging leaves, and may be folded then.
        const RevisionLayout first = layoutRevisions(tree, {false, {}});
        const RevisionLayout second = layoutRevisions(again, {false, {}});
        QCOMPARE(picture(again, second).replace(QLatin1Char('b'), QLatin1Char('o')),
                 picture(tree, first).replace(QLatin1Char('b'), QLatin1Char('o')));
    }
}

void RevisionLayoutTest::tenThousandRevisionsAreQuick_data()
{
    QTest::addColumn<RevTree>("tree");
    RevTree chain;
    std::vector<std::string> hashes;
    for (int i = 0; i < 10'000; ++i)
        hashes.push_back(std::to_string(i));
    chain.merge({10'000, hashes}, false);
    QTest::newRow("one chain") << chain;
    RevTree star;
    for (int i = 1; i < 10'000; ++i)
        star.merge({2, {std::to_string(i), "root"}}, i % 3 == 0);
    QTest::newRow("all children of one") << star;
    std::mt19937 random(1);
    RevTree bushy;
    std::vector<std::int32_t> all{bushy.addNode(-1, 1, "root", false, false)};
    while (all.size() < 10'000) {
        const std::int32_t parent = all[random() % all.size()];
        const auto generation = bushy.nodes()[static_cast<size_t>(parent)].generation + 1;
        all.push_back(
            bushy.addNode(parent, generation, std::to_string(random()), random() % 2 == 0, false));
    }
    QTest::newRow("bushy") << bushy;
}

void RevisionLayoutTest::tenThousandRevisionsAreQuick()
{
    QFETCH(RevTree, tree);
    QCOMPARE(tree.nodes().size(), size_t{10'000});
    QElapsedTimer timer;
    timer.start();
    const RevisionLayout layout = layoutRevisions(tree, {false, {}});
    const qint64 micros = timer.nsecsElapsed() / 1000;
    QCOMPARE(layout.items.size(), size_t{10'000});
    qInfo("10,000 revisions laid out in %lld us", static_cast<long long>(micros));
}

QTEST_GUILESS_MAIN(RevisionLayoutTest)

#include "revisionlayout_test.moc"
