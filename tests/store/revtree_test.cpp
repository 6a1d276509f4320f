#include "core/store/revtree.h"
#include "tests/store/plainrevtree.h"

#include <QTest>

#include <algorithm>
#include <random>
#include <set>

using store::RevId;
using store::RevPath;
using store::RevTree;

namespace {

std::string hex32(unsigned value)
{
    std::string digits = QString::number(value, 16).toStdString();
    return std::string(32 - digits.size(), '0') + digits;
}

RevPath path(std::uint64_t start, std::vector<std::string> newestFirst)
{
    return {start, std::move(newestFirst)};
}

/// Every leaf with its path, deletion and body, independent of the order of nodes.
std::set<std::string> shapeOf(const RevTree &tree)
{
    std::set<std::string> shape;
    for (const std::int32_t leaf : tree.leaves()) {
        const auto &node = tree.nodes()[static_cast<size_t>(leaf)];
        std::string text = tree.revOf(leaf).toString() + (node.deleted ? " deleted" : "")
            + (node.available ? "" : " missing");
        for (const std::string &hash : tree.pathOf(leaf).hashes)
            text += ' ' + hash;
        shape.insert(text);
    }
    return shape;
}

std::set<std::string> shapeOf(const std::vector<teststore::PlainRoot> &roots)
{
    std::set<std::string> shape;
    teststore::forEachPlainLeaf(roots, [&](const RevPath &leafPath, bool deleted, bool available) {
        std::string text = leafPath.leaf().toString() + (deleted ? " deleted" : "")
            + (available ? "" : " missing");
        for (const std::string &hash : leafPath.hashes)
            text += ' ' + hash;
        shape.insert(text);
    });
    return shape;
}

/// Full paths of a random history: each revision has one parent, or none.
std::vector<RevPath> randomHistory(std::mt19937 &random, int revisions)
{
    std::vector<RevPath> all;
    for (int i = 0; i < revisions; ++i) {
        RevPath next;
        const auto parent = random() % (all.size() + 1);
        if (parent < all.size())
            next = all[parent];
        next.start += 1;
        next.hashes.insert(next.hashes.begin(), hex32(static_cast<unsigned>(random())));
        all.push_back(next);
    }
    return all;
}

RevPath cutAtRandom(const RevPath &whole, std::mt19937 &random)
{
    RevPath cut = whole;
    cut.hashes.resize(1 + random() % cut.hashes.size());
    return cut;
}

std::string winnerOf(const RevTree &tree)
{
    return tree.winner() < 0 ? std::string("none") : tree.revOf(tree.winner()).toString();
}

} // namespace

class RevTreeTest : public QObject
{
    Q_OBJECT

private slots:
    void mergesLikeAPlainTree_data();
    void mergesLikeAPlainTree();
    void fullHistoriesMergeInAnyOrder();
    void holdsEveryPathThatWasMerged();
    void joinsAndSeparatesRoots_data();
    void joinsAndSeparatesRoots();
    void choosesTheWinner_data();
    void choosesTheWinner();
    void keepsWhatIsStored();
    void refusesImpossiblePaths();
    void stemsEveryPathToTheLimit();
    void stemmingAtZeroKeepsLeaves();
    void findsARevisionThatStandsInTwoRoots();
    void parsesRevisions_data();
    void parsesRevisions();
    void mergesAHundredThousandRevisions();
    void mergesTenThousandLeaves();
    void mergesTenThousandRoots();
};

void RevTreeTest::mergesLikeAPlainTree_data()
{
    QTest::addColumn<unsigned>("seed");
    QTest::addColumn<bool>("cut");
    QTest::addColumn<bool>("fewHashes");
    for (unsigned seed = 1; seed <= 40; ++seed) {
        QTest::addRow("full histories, seed %u", seed) << seed << false << false;
        QTest::addRow("histories cut at random, seed %u", seed) << seed << true << false;
        QTest::addRow("cut histories that repeat hashes, seed %u", seed) << seed << true << true;
    }
}

void RevTreeTest::mergesLikeAPlainTree()
{
    QFETCH(unsigned, seed);
    QFETCH(bool, cut);
    QFETCH(bool, fewHashes);
    std::mt19937 random(seed);
    for (int round = 0; round < 10; ++round) {
        std::vector<RevPath> history = randomHistory(random, 2 + static_cast<int>(random() % 40));
        std::ranges::shuffle(history, random);
        RevTree tree;
        std::vector<teststore::PlainRoot> plain;
        for (RevPath &next : history) {
            if (cut)
                next = cutAtRandom(next, random);
            if (fewHashes) {
                for (std::string &hash : next.hashes)
                    hash = hex32(hash.back() % 3U);
            }
            const bool deleted = random() % 4 == 0;
            const bool available = random() % 5 != 0;
            tree.merge(next, deleted, available);
            teststore::mergePlain(plain, next, deleted, available);
            QCOMPARE(shapeOf(tree), shapeOf(plain));
        }
        for (const std::uint64_t limit : {7U, 3U, 1U}) {
            tree.stem(limit);
            teststore::stemPlain(plain, limit);
            QCOMPARE(shapeOf(tree), shapeOf(plain));
        }
    }
}

void RevTreeTest::fullHistoriesMergeInAnyOrder()
{
    std::mt19937 random(7);
    for (int round = 0; round < 50; ++round) {
        std::vector<RevPath> history = randomHistory(random, 30);
        std::set<std::string> deletedRevs;
        for (const RevPath &revision : history) {
            if (random() % 4 == 0)
                deletedRevs.insert(revision.leaf().toString());
        }
        const auto merged = [&] {
            RevTree tree;
            for (const RevPath &revision : history)
                tree.merge(revision, deletedRevs.contains(revision.leaf().toString()));
            return tree;
        };
        const RevTree first = merged();
        std::ranges::shuffle(history, random);
        const RevTree second = merged();
        QCOMPARE(shapeOf(first), shapeOf(second));
        QCOMPARE(winnerOf(first), winnerOf(second));
    }
}

void RevTreeTest::holdsEveryPathThatWasMerged()
{
    std::mt19937 random(11);
    for (int round = 0; round < 50; ++round) {
        RevTree tree;
        const std::vector<RevPath> history = randomHistory(random, 60);
        for (const RevPath &revision : history)
            tree.merge(revision, false);
        for (const RevPath &revision : history) {
            const std::int32_t node = tree.find(revision.leaf());
            QVERIFY(node >= 0);
            QCOMPARE(tree.pathOf(node).hashes, revision.hashes);
        }
        QCOMPARE(tree.nodes().size(), history.size());
    }
}

void RevTreeTest::joinsAndSeparatesRoots_data()
{
    QTest::addColumn<std::vector<std::pair<std::uint64_t, std::string>>>(
        "paths"); // newest first, one letter each
    QTest::addColumn<QByteArray>("expected");
    using Paths = std::vector<std::pair<std::uint64_t, std::string>>;
    QTest::newRow("the same path twice stays one")
        << Paths{{2, "ba"}, {2, "ba"}} << QByteArray("2:ba");
    QTest::newRow("a longer path extends the leaf")
        << Paths{{2, "ba"}, {3, "cba"}} << QByteArray("3:cba");
    QTest::newRow("another child is a conflict")
        << Paths{{2, "ba"}, {2, "ca"}} << QByteArray("2:ba 2:ca");
    QTest::newRow("another root is a conflict")
        << Paths{{1, "a"}, {1, "b"}} << QByteArray("1:a 1:b");
    QTest::newRow("a path that begins later joins inside")
        << Paths{{3, "cba"}, {4, "dcb"}} << QByteArray("4:dcba");
    QTest::newRow("a path that begins earlier extends the root")
        << Paths{{4, "dcb"}, {3, "cba"}} << QByteArray("4:dcba");
    QTest::newRow("an older revision is already there")
        << Paths{{3, "cba"}, {2, "ba"}} << QByteArray("3:cba");
    QTest::newRow("a path without a common revision is a new root")
        << Paths{{2, "ba"}, {4, "dc"}} << QByteArray("2:ba 4:dc");
    QTest::newRow("a path that spans two roots joins only the first")
        << Paths{{2, "ba"}, {4, "dc"}, {4, "dcba"}} << QByteArray("4:dc 4:dcba");
    QTest::newRow("a single old revision becomes the root's parent")
        << Paths{{2, "b"}, {2, "ba"}} << QByteArray("2:ba");
}

void RevTreeTest::joinsAndSeparatesRoots()
{
    using Paths = std::vector<std::pair<std::uint64_t, std::string>>;
    QFETCH(Paths, paths);
    QFETCH(QByteArray, expected);
    RevTree tree;
    for (const auto &[start, letters] : paths) {
        RevPath next{start, {}};
        for (const char letter : letters)
            next.hashes.emplace_back(1, letter);
        tree.merge(next, false);
    }
    std::set<std::string> leaves;
    for (const std::int32_t leaf : tree.leaves()) {
        const RevPath leafPath = tree.pathOf(leaf);
        std::string text = std::to_string(leafPath.start) + ':';
        for (const std::string &hash : leafPath.hashes)
            text += hash;
        leaves.insert(text);
    }
    std::string joined;
    for (const std::string &leaf : leaves)
        joined += (joined.empty() ? "" : " ") + leaf;
    QCOMPARE(QByteArray::fromStdString(joined), expected);
}

void RevTreeTest::choosesTheWinner_data()
{
    QTest::addColumn<std::vector<std::string>>("live");
    QTest::addColumn<std::vector<std::string>>("deleted");
    QTest::addColumn<std::string>("winner");
    using Revs = std::vector<std::string>;
    const std::string sevens = "1-" + std::string(32, '7');
    const std::string effs = "1-" + std::string(32, 'f');
    QTest::newRow("a tree without revisions has none") << Revs{} << Revs{} << std::string("none");
    QTest::newRow("a live revision beats a longer deleted one")
        << Revs{"2-a"} << Revs{"4-b"} << std::string("2-a");
    QTest::newRow("the longer history wins") << Revs{"3-0", "2-f"} << Revs{} << std::string("3-0");
    QTest::newRow("the larger hash wins at the same length")
        << Revs{"2-b", "2-c"} << Revs{} << std::string("2-c");
    QTest::newRow("among deleted ones the same rule holds")
        << Revs{} << Revs{"2-1", "2-2", "1-9"} << std::string("2-2");
    QTest::newRow("32 hex digits count as 16 bytes, so 7s beat abc")
        << Revs{"1-abc", sevens} << Revs{} << sevens;
    QTest::newRow("32 hex digits of f beat abc") << Revs{"1-abc", effs} << Revs{} << effs;
    QTest::newRow("of two odd hashes the longer wins over its beginning")
        << Revs{"1-abc", "1-abcdef"} << Revs{} << std::string("1-abcdef");
    QTest::newRow("lower case beats upper case in odd hashes")
        << Revs{"1-abcdef", "1-ABCDEF"} << Revs{} << std::string("1-abcdef");
    QTest::newRow("ten is more than nine") << Revs{"9-f", "10-0"} << Revs{} << std::string("10-0");
}

void RevTreeTest::choosesTheWinner()
{
    QFETCH(std::vector<std::string>, live);
    QFETCH(std::vector<std::string>, deleted);
    QFETCH(std::string, winner);
    RevTree tree;
    for (const auto &[revs, isDeleted] : {std::pair{live, false}, std::pair{deleted, true}}) {
        for (const std::string &rev : revs) {
            const auto parsed = RevId::parse(rev);
            tree.merge({parsed->generation, {parsed->hash}}, isDeleted);
        }
    }
    QCOMPARE(winnerOf(tree), winner);
}

void RevTreeTest::keepsWhatIsStored()
{
    RevTree tree;
    tree.merge(path(2, {"b", "a"}), true);
    tree.merge(path(2, {"b", "a"}), false, false);
    QVERIFY(tree.nodes()[static_cast<size_t>(tree.find({2, "b"}))].deleted);
    QVERIFY(tree.nodes()[static_cast<size_t>(tree.find({2, "b"}))].available);

    tree.merge(path(1, {"a"}), false); // an inner revision whose body is found later
    QVERIFY(tree.nodes()[static_cast<size_t>(tree.find({1, "a"}))].available);
    QCOMPARE(tree.leaves().size(), size_t{1});
}

void RevTreeTest::refusesImpossiblePaths()
{
    RevTree tree;
    tree.merge(path(1, {"b", "a"}), false); // two revisions do not fit into one generation
    tree.merge(path(3, {}), false);
    QVERIFY(tree.nodes().empty());
    QVERIFY(tree.find({1, "a"}) < 0);
}

void RevTreeTest::stemsEveryPathToTheLimit()
{
    RevTree tree;
    tree.merge(path(6, {"f", "e", "d", "c", "b", "a"}), false);
    tree.merge(path(3, {"x", "b", "a"}), true);
    tree.stem(2);
    // b is needed by x; c and d are needed by nobody.
    QCOMPARE(shapeOf(tree), (std::set<std::string>{"6-f f e", "3-x deleted x b"}));
    QCOMPARE(tree.roots().size(), size_t{2});
    QCOMPARE(tree.revOf(tree.roots().front()).toString(), std::string("2-b"));
    tree.merge(path(7, {"g", "f", "e"}), false);
    QVERIFY(tree.find({7, "g"}) >= 0);
    QCOMPARE(tree.leaves().size(), size_t{2});
}

void RevTreeTest::stemmingAtZeroKeepsLeaves()
{
    RevTree tree;
    tree.merge(path(3, {"c", "b", "a"}), false);
    tree.stem(0);
    QCOMPARE(shapeOf(tree), (std::set<std::string>{"3-c c"}));
}

void RevTreeTest::findsARevisionThatStandsInTwoRoots()
{
    RevTree tree;
    const std::int32_t first = tree.addNode(-1, 3, "c", false, false);
    tree.addNode(first, 4, "d", true, false);
    const std::int32_t second = tree.addNode(-1, 2, "b", false, false);
    const std::int32_t again = tree.addNode(second, 3, "c", true, false);
    QCOMPARE(tree.find({3, "c"}), again);
}

void RevTreeTest::parsesRevisions_data()
{
    QTest::addColumn<std::string>("text");
    QTest::addColumn<bool>("valid");
    QTest::newRow("an ordinary revision") << std::string("3-abc") << true;
    QTest::newRow("a hash with a dash") << std::string("3-a-b") << true;
    QTest::newRow("no dash") << std::string("3abc") << false;
    QTest::newRow("no generation") << std::string("-abc") << false;
    QTest::newRow("no hash") << std::string("3-") << false;
    QTest::newRow("generation zero") << std::string("0-abc") << false;
    QTest::newRow("a generation with letters") << std::string("3x-abc") << false;
    QTest::newRow("a negative generation") << std::string("--abc") << false;
    QTest::newRow("a generation beyond 64 bits")
        << std::string("99999999999999999999-abc") << false;
    QTest::newRow("nothing") << std::string() << false;
}

void RevTreeTest::parsesRevisions()
{
    QFETCH(std::string, text);
    QFETCH(bool, valid);
    const auto rev = RevId::parse(text);
    QCOMPARE(rev.has_value(), valid);
    if (rev)
        QCOMPARE(rev->toString(), text);
}

void RevTreeTest::mergesAHundredThousandRevisions()
{
    constexpr unsigned kRevisions = 100'000;
    RevPath chain{kRevisions, {}};
    for (unsigned i = kRevisions; i > 0; --i)
        chain.hashes.push_back(hex32(i));
    RevTree tree;
    tree.merge(chain, false);
    for (unsigned i = 1; i <= 100; ++i) { // each longer by one
        chain.start += 1;
        chain.hashes.insert(chain.hashes.begin(), hex32(kRevisions + i));
        tree.merge(chain, false);
    }
    QCOMPARE(tree.leaves().size(), size_t{1});
    QCOMPARE(tree.nodes().size(), size_t{kRevisions + 100});
    tree.stem(1000);
    QCOMPARE(tree.nodes().size(), size_t{1000});
}

void RevTreeTest::mergesTenThousandLeaves()
{
    RevPath shared{1000, {}};
    for (unsigned i = 1000; i > 0; --i)
        shared.hashes.push_back(hex32(i));
    RevPath leaf = shared;
    leaf.start += 1;
    leaf.hashes.insert(leaf.hashes.begin(), std::string());
    RevTree tree;
    for (unsigned i = 0; i < 10'000; ++i) {
        leaf.hashes.front() = hex32(1'000'000 + i);
        tree.merge(leaf, false);
    }
    QCOMPARE(tree.leaves().size(), size_t{10'000});
    QCOMPARE(tree.nodes().size(), size_t{11'000});
    QCOMPARE(tree.children(tree.find({1000, hex32(1000)})).size(), size_t{10'000});
}

void RevTreeTest::mergesTenThousandRoots()
{
    RevTree tree;
    for (unsigned i = 0; i < 10'000; ++i)
        tree.merge(path(5, {hex32(3 * i), hex32(3 * i + 1), hex32(3 * i + 2)}), false);
    QCOMPARE(tree.roots().size(), size_t{10'000});
}

QTEST_GUILESS_MAIN(RevTreeTest)
#include "revtree_test.moc"
