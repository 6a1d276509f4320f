#include "app/ctl/treetext.h"
#include "core/base/indentjson.h"
#include "core/base/json.h"

#include <QRegularExpression>
#include <QTest>

using store::RevTree;

namespace {

constexpr std::int32_t kRoot = -1;

/// A chain from `generation` on; returns its last node.
std::int32_t addChain(RevTree &tree, std::int32_t parent, std::uint64_t generation,
                      const std::string &prefix, int length, bool available)
{
    for (int i = 0; i < length; ++i)
        parent = tree.addNode(parent, generation + static_cast<std::uint64_t>(i),
                              prefix + std::to_string(i), available, false);
    return parent;
}

} // namespace

class TreeTextTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void oneRevision();
    void conflict();
    void severalRoots();
    void deletedWinner();
    void folding_data();
    void folding();
    void foldingStopsAtABranch();
    void deepChain_data();
    void deepChain();
    void combIsNotWiderThanAScreen();
    void hashesAreHarmless();
    void indentJson_data();
    void indentJson();
    void indentJsonOfDepth();
};

void TreeTextTest::oneRevision()
{
    RevTree tree;
    tree.addNode(kRoot, 1, "a", true, false);
    QCOMPARE(ctl::treeText(tree), std::string("1-a  winner\n"));
    QCOMPARE(ctl::treeJson(tree),
             std::string(R"([{"rev":"1-a","status":"available","deleted":false,"children":[]}])"));
}

void TreeTextTest::conflict()
{
    RevTree tree;
    const auto a = tree.addNode(kRoot, 1, "a", false, false);
    const auto b = tree.addNode(a, 2, "b", true, false);
    tree.addNode(b, 3, "d", true, true);
    const auto c = tree.addNode(a, 2, "c", false, false);
    tree.addNode(c, 3, "e", true, false);
    tree.addNode(a, 2, "f", true, false);
    QCOMPARE(ctl::treeText(tree),
             std::string("1-a  (body not kept)\n"
                         "  2-b\n"
                         "  3-d  deleted\n"
                         "  2-c  (body not kept)\n"
                         "  3-e  winner\n"
                         "  2-f  conflict\n"));
    QCOMPARE(ctl::treeJson(tree),
             std::string(R"([{"rev":"1-a","status":"missing","deleted":false,"children":[)"
                         R"({"rev":"2-b","status":"available","deleted":false,"children":[)"
                         R"({"rev":"3-d","status":"available","deleted":true,"children":[]}]},)"
                         R"({"rev":"2-c","status":"missing","deleted":false,"children":[)"
                         R"({"rev":"3-e","status":"available","deleted":false,"children":[]}]},)"
                         R"({"rev":"2-f","status":"available","deleted":false,"children":[]}]}])"));
}

// Two roots looked like one history.
void TreeTextTest::severalRoots()
{
    RevTree tree;
    const auto a = tree.addNode(kRoot, 1, "a", false, false);
    tree.addNode(a, 2, "b", true, false);
    const auto d = tree.addNode(kRoot, 4, "d", false, false);
    tree.addNode(d, 5, "e", true, false);
    QCOMPARE(ctl::treeText(tree),
             std::string("1-a  (body not kept)\n"
                         "2-b  conflict\n"
                         "-- no ancestor in common with the above --\n"
                         "4-d  (body not kept)\n"
                         "5-e  winner\n"));
    QCOMPARE(ctl::treeJson(tree),
             std::string(R"([{"rev":"1-a","status":"missing","deleted":false,"children":[)"
                         R"({"rev":"2-b","status":"available","deleted":false,"children":[]}]},)"
                         R"({"rev":"4-d","status":"missing","deleted":false,"children":[)"
                         R"({"rev":"5-e","status":"available","deleted":false,"children":[]}]}])"));
}

void TreeTextTest::deletedWinner()
{
    RevTree tree;
    tree.addNode(kRoot, 1, "a", true, true);
    tree.addNode(kRoot, 1, "b", true, true);
    QCOMPARE(ctl::treeText(tree),
             std::string("1-a  deleted\n"
                         "-- no ancestor in common with the above --\n"
                         "1-b  winner  deleted\n"));
}

void TreeTextTest::folding_data()
{
    QTest::addColumn<int>("missing");
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("three revisions without bodies are named")
        << 3
        << QByteArray("1-m0  (body not kept)\n2-m1  (body not kept)\n"
                      "3-m2  (body not kept)\n4-x  winner\n");
    QTest::newRow("of four, two are folded")
        << 4
        << QByteArray("1-m0  (body not kept)\n... 2 revisions, bodies not kept ...\n"
                      "4-m3  (body not kept)\n5-x  winner\n");
    QTest::newRow("of a thousand, all but two")
        << 1000
        << QByteArray("1-m0  (body not kept)\n... 998 revisions, bodies not kept ...\n"
                      "1000-m999  (body not kept)\n1001-x  winner\n");
}

void TreeTextTest::folding()
{
    QFETCH(int, missing);
    QFETCH(QByteArray, text);
    RevTree tree;
    const auto last = addChain(tree, kRoot, 1, "m", missing, false);
    tree.addNode(last, static_cast<std::uint64_t>(missing) + 1, "x", true, false);
    QCOMPARE(QByteArray::fromStdString(ctl::treeText(tree)), text);
}

void TreeTextTest::foldingStopsAtABranch()
{
    RevTree tree;
    const auto fork = addChain(tree, kRoot, 1, "m", 6, false);
    const auto left = addChain(tree, fork, 7, "l", 5, false);
    tree.addNode(left, 12, "x", true, false);
    tree.addNode(fork, 7, "y", true, false);
    QCOMPARE(ctl::treeText(tree),
             std::string("1-m0  (body not kept)\n"
                         "... 3 revisions, bodies not kept ...\n"
                         "5-m4  (body not kept)\n"
                         "6-m5  (body not kept)\n"
                         "  7-l0  (body not kept)\n"
                         "  ... 3 revisions, bodies not kept ...\n"
                         "  11-l4  (body not kept)\n"
                         "  12-x  winner\n"
                         "  7-y  conflict\n"));
}

void TreeTextTest::deepChain_data()
{
    QTest::addColumn<bool>("available");
    QTest::newRow("every body kept") << true; // the winner was looked for again for each line
    QTest::newRow("no body kept") << false;
}

void TreeTextTest::deepChain()
{
    QFETCH(bool, available);
    RevTree tree;
    addChain(tree, kRoot, 1, "h", 100'000, available);
    const std::string text = ctl::treeText(tree);
    QCOMPARE(std::count(text.begin(), text.end(), '\n'), std::ptrdiff_t{available ? 100'000 : 4});
    QVERIFY(text.ends_with(available ? "100000-h99999  winner\n"
                                     : "100000-h99999  winner  (body not kept)\n"));
    const std::string json = ctl::treeJson(tree);
    QVERIFY(base::json::validate(json));
    QVERIFY(json.ends_with("]}]}]"));
}

// Each level went two columns further: four gigabytes for the tree of one document.
void TreeTextTest::combIsNotWiderThanAScreen()
{
    RevTree tree;
    std::int32_t spine = tree.addNode(kRoot, 1, "s", true, false);
    for (std::uint64_t generation = 2; generation < 50'000; ++generation) {
        tree.addNode(spine, generation, "a", true, false);
        spine = tree.addNode(spine, generation, "s", true, false);
    }
    const std::string text = ctl::treeText(tree);
    QVERIFY(text.size() < 100'000 * 120);
    QVERIFY(base::json::validate(ctl::treeJson(tree)));
}

// The hash of a revision is any text; that of a hostile archive was printed as it came.
void TreeTextTest::hashesAreHarmless()
{
    RevTree tree;
    tree.addNode(kRoot, 1, "\x1b[2J\n", true, false);
    QCOMPARE(ctl::treeText(tree), std::string("1-\\u{1b}[2J\\u{a}  winner\n"));
    QVERIFY(base::json::validate(ctl::treeJson(tree)));
}

void TreeTextTest::indentJson_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char *name, const char *json, const char *text) {
        QTest::newRow(name) << QByteArray(json) << QByteArray(text);
    };
    row("empty containers stay on their line", R"({"a":{},"b":[]})",
        "{\n  \"a\": {},\n  \"b\": []\n}");
    row("empty containers with white space inside", R"({"a":{ },"b":[ ]})",
        "{\n  \"a\": {},\n  \"b\": []\n}");
    row("nesting", R"([{"a":[1,2]},3])",
        "[\n  {\n    \"a\": [\n      1,\n      2\n    ]\n  },\n  3\n]");
    row("numbers and order stay", R"({"z":1.0,"a":1e400,"z":-0})",
        "{\n  \"z\": 1.0,\n  \"a\": 1e400,\n  \"z\": -0\n}");
    row("strings stay", R"({"a":"{[,:]} \"\\"})", "{\n  \"a\": \"{[,:]} \\\"\\\\\"\n}");
    row("white space outside of strings goes", " { \"a\" :\t[ 1 ,\r\n2 ] } ",
        "{\n  \"a\": [\n    1,\n    2\n  ]\n}");
    row("a scalar", "null", "null");
    row("what would draw on a terminal is escaped", "{\"a\":\"\xc2\x9b\x7f\xe2\x80\xae\xc3\xa9\"}",
        "{\n  \"a\": \"\\u009b\\u007f\\u202e\xc3\xa9\"\n}");
}

void TreeTextTest::indentJson()
{
    QFETCH(QByteArray, json);
    QFETCH(QByteArray, text);
    const std::string indented = base::indentJson(json.toStdString());
    QCOMPARE(QByteArray::fromStdString(indented), text);
    QVERIFY(base::json::validate(indented));
    QCOMPARE(base::indentJson(indented), indented);
}

void TreeTextTest::indentJsonOfDepth()
{
    const std::string deep = std::string(100'000, '[') + "1" + std::string(100'000, ']');
    const std::string indented = base::indentJson(deep);
    QVERIFY(indented.size() < 200'000 * 90);
    QVERIFY(base::json::validate(indented));
}

QTEST_GUILESS_MAIN(TreeTextTest)

#include "treetext_test.moc"
