#include "core/store/attachrecord.h"
#include "core/store/document.h"
#include "core/store/leafset.h"

#include <QElapsedTimer>
#include <QTest>

using store::Metadata;

/// The JSON texts of a store: bodies and metadata.
class TextTest : public QObject
{
    Q_OBJECT

private slots:
    void composesBodies();
    void inspectsWhatItComposed();
    void refusesBodies_data();
    void refusesBodies();
    void encodesMetadataByteForByte_data();
    void encodesMetadataByteForByte();
    void acceptsAnySpacingAndOrder();
    void refusesMetadata_data();
    void refusesMetadata();
    void takesTheLargestSequenceWhereNoneIsNamed();
    void carriesTreesOfAnyDepth();
    void carriesTreesOfAnyWidth();
    void addsAndTakesOutLeaves();
};

void TextTest::composesBodies()
{
    const std::vector<base::json::Member> user{{"n", "1.0"}, {"b\\u0061", "12345678901234567890"}};
    const std::vector<store::StoredAttachment> attachments{
        {"\"x\"", "\"text/plain\"", 2, 5, "md5-a"}, {"\"\\u00e4\"", "", 1, 0, "md5-b"}};
    QCOMPARE(
        store::composeBody(user, attachments, "\"i\\\"d\"", "2-b", true),
        std::string(
            R"({"n":1.0,"b\u0061":12345678901234567890,"_attachments":{)"
            R"("x":{"digest":"md5-a","content_type":"text/plain","revpos":2,"length":5},)"
            R"("\u00e4":{"digest":"md5-b","revpos":1,"length":0}},"_id":"i\"d","_rev":"2-b","_deleted":true})"));
    QCOMPARE(store::composeBody({}, {}, "\"a\"", "1-b", false),
             std::string(R"({"_id":"a","_rev":"1-b"})"));
}

void TextTest::inspectsWhatItComposed()
{
    const std::vector<store::StoredAttachment> attachments{
        {"\"x\\n\"", "\"text/plain\"", 2, 5, "md5-a"}};
    const auto info =
        store::inspectBody(store::composeBody({}, attachments, "\"\\u00e4\"", "2-b", true));
    QVERIFY(info);
    QCOMPARE(info->id, std::string("\xc3\xa4"));
    QCOMPARE(info->rev, std::string("2-b"));
    QVERIFY(info->deleted);
    QCOMPARE(info->attachments.size(), size_t{1});
    QCOMPARE(info->attachments[0].nameJson, std::string("\"x\\n\""));
    QCOMPARE(info->attachments[0].contentTypeJson, std::string("\"text/plain\""));
    QCOMPARE(info->attachments[0].digest, std::string("md5-a"));
    QCOMPARE(info->attachments[0].revpos, std::uint64_t{2});
    QCOMPARE(info->attachments[0].length, std::uint64_t{5});
}

void TextTest::refusesBodies_data()
{
    QTest::addColumn<std::string>("text");
    QTest::newRow("no JSON") << std::string("{");
    QTest::newRow("an array") << std::string("[]");
    QTest::newRow("no id") << std::string(R"({"_rev":"1-a"})");
    QTest::newRow("no revision") << std::string(R"({"_id":"a"})");
    QTest::newRow("an id that is a number") << std::string(R"({"_id":1,"_rev":"1-a"})");
    QTest::newRow("attachments that are a list")
        << std::string(R"({"_id":"a","_rev":"1-a","_attachments":[]})");
    QTest::newRow("an attachment that is a number")
        << std::string(R"({"_id":"a","_rev":"1-a","_attachments":{"x":1}})");
    QTest::newRow("an attachment without digest")
        << std::string(R"({"_id":"a","_rev":"1-a","_attachments":{"x":{}}})");
    QTest::newRow("a digest that is a number")
        << std::string(R"({"_id":"a","_rev":"1-a","_attachments":{"x":{"digest":1}}})");
}

void TextTest::refusesBodies()
{
    QFETCH(std::string, text);
    const auto info = store::inspectBody(text);
    QVERIFY(!info);
    QCOMPARE(info.error().kind, base::ErrorKind::Corrupt);
}

void TextTest::encodesMetadataByteForByte_data()
{
    QTest::addColumn<std::string>("text");
    QTest::newRow("one revision") << std::string(
        R"({"id":"a","rev":"1-aa","rev_tree":[{"pos":1,"ids":["aa",{"status":"available"},[]]}],)"
        R"("rev_map":{"1-aa":5},"winningRev":"1-aa","deleted":false,"seq":5})");
    QTest::newRow("a conflict, written in the other order") << std::string(
        R"({"id":"c","rev":"2-bb","rev_tree":[{"pos":1,"ids":["aa",{"status":"missing"},[)"
        R"(["bb",{"status":"available"},[]],["cc",{"status":"available"},[]]]]}],)"
        R"("rev_map":{"2-cc":12,"2-bb":13},"winningRev":"2-cc","deleted":false,"seq":13})");
    QTest::newRow("a tombstone and two roots") << std::string(
        R"({"id":"\"\\\n","rev":"5-ee","rev_tree":[{"pos":1,"ids":["aa",{"status":"available","deleted":true},[]]},)"
        R"({"pos":4,"ids":["dd",{"status":"missing"},[["ee",{"status":"available","deleted":true},[]]]]}],)"
        R"("rev_map":{"1-aa":1,"5-ee":2},"winningRev":"5-ee","deleted":true,"seq":2})");
}

void TextTest::encodesMetadataByteForByte()
{
    QFETCH(std::string, text);
    const auto metadata = store::decodeMetadata(text);
    QVERIFY(metadata);
    QCOMPARE(store::encodeMetadata(*metadata), text);
}

void TextTest::acceptsAnySpacingAndOrder()
{
    const auto metadata = store::decodeMetadata(
        R"( { "seq" : 3, "winningRev":"2-b", "deleted":true, "rev_map": { "2-b" : 3 }, "revisions":{"start":2},
             "rev_tree" : [ { "ids" : [ "a" , { "status" : "missing", "x":"}\"" } , [ [ "b", {"deleted" :true,"status":"available"}, [ ] ] ] ] , "pos" : 1 } ],
             "id":"\u0061" } )");
    QVERIFY(metadata);
    QCOMPARE(metadata->id, std::string("a"));
    QVERIFY(metadata->isDeleted());
    QCOMPARE(metadata->winner().toString(), std::string("2-b"));
    QCOMPARE(metadata->seqOf.at({2, "b"}), std::uint64_t{3});
    QVERIFY(!metadata->tree.nodes()[0].available);
}

void TextTest::refusesMetadata_data()
{
    QTest::addColumn<std::string>("tree");
    QTest::addColumn<std::string>("map");
    const std::string sound = R"([{"pos":1,"ids":["a",{"status":"available"},[]]}])";
    QTest::newRow("a tree that is an object") << std::string("{}") << std::string("{}");
    QTest::newRow("a tree without roots") << std::string("[]") << std::string("{}");
    QTest::newRow("a root that is a number") << std::string("[1]") << std::string("{}");
    QTest::newRow("a root without generation")
        << std::string(R"([{"ids":["a",{},[]]}])") << std::string("{}");
    QTest::newRow("generation zero")
        << std::string(R"([{"pos":0,"ids":["a",{},[]]}])") << std::string("{}");
    QTest::newRow("a negative generation")
        << std::string(R"([{"pos":-1,"ids":["a",{},[]]}])") << std::string("{}");
    QTest::newRow("a generation that JavaScript cannot count")
        << std::string(R"([{"pos":9007199254740993,"ids":["a",{},[]]}])") << std::string("{}");
    QTest::newRow("a child that JavaScript cannot count")
        << std::string(R"([{"pos":9007199254740992,"ids":["a",{},[["b",{},[]]]]}])")
        << std::string("{}");
    QTest::newRow("a root without ids") << std::string(R"([{"pos":1}])") << std::string("{}");
    QTest::newRow("a node that is a string")
        << std::string(R"([{"pos":1,"ids":"a"}])") << std::string("{}");
    QTest::newRow("a node without options")
        << std::string(R"([{"pos":1,"ids":["a",[]]}])") << std::string("{}");
    QTest::newRow("a node without children")
        << std::string(R"([{"pos":1,"ids":["a",{}]}])") << std::string("{}");
    QTest::newRow("a node with something behind its children")
        << std::string(R"([{"pos":1,"ids":["a",{},[],1]}])") << std::string("{}");
    QTest::newRow("options that nest")
        << std::string(R"([{"pos":1,"ids":["a",{"x":{"y":1}},[]]}])") << std::string("{}");
    QTest::newRow("an empty hash")
        << std::string(R"([{"pos":1,"ids":["",{},[]]}])") << std::string("{}");
    QTest::newRow("a hash that is a number")
        << std::string(R"([{"pos":1,"ids":[1,{},[]]}])") << std::string("{}");
    QTest::newRow("a map that is a list") << sound << std::string("[]");
    QTest::newRow("a map with a revision that is none") << sound << std::string(R"({"x":1})");
    QTest::newRow("a map with a sequence that is none") << sound << std::string(R"({"1-a":"1"})");
}

void TextTest::refusesMetadata()
{
    QFETCH(std::string, tree);
    QFETCH(std::string, map);
    const auto metadata = store::decodeMetadata(R"({"id":"a","rev_tree":)" + tree + R"(,"rev_map":)"
                                                + map + R"(,"seq":1})");
    QVERIFY(!metadata);
    QCOMPARE(metadata.error().kind, base::ErrorKind::Corrupt);
    for (const char *text : {"", "[]", "{}", R"({"id":1,"rev_tree":[],"rev_map":{}})"})
        QVERIFY(!store::decodeMetadata(text));
}

void TextTest::takesTheLargestSequenceWhereNoneIsNamed()
{
    const auto metadata = store::decodeMetadata(
        R"({"id":"a","rev_tree":[{"pos":1,"ids":["a",{"status":"available"},[]]},{"pos":1,"ids":["b",{"status":"available"},[]]}],)"
        R"("rev_map":{"1-a":4,"1-b":3}})");
    QVERIFY(metadata);
    QCOMPARE(metadata->seq, std::uint64_t{4});
    QCOMPARE(Metadata().winner().generation, std::uint64_t{0});
    QVERIFY(!Metadata().isDeleted());
}

void TextTest::carriesTreesOfAnyDepth()
{
    constexpr unsigned kDepth = 100'000;
    Metadata metadata;
    metadata.id = "deep";
    store::RevPath path{kDepth, {}};
    for (unsigned i = 0; i < kDepth; ++i)
        path.hashes.push_back(std::to_string(i) + "abcdefabcdefabcdef");
    metadata.tree.merge(path, false);
    metadata.seqOf[path.leaf()] = 1;
    metadata.seq = 1;
    QElapsedTimer timer;
    timer.start();
    const std::string text = store::encodeMetadata(metadata);
    const auto decoded = store::decodeMetadata(text);
    QVERIFY2(timer.elapsed() < 10'000, qPrintable(QString::number(timer.elapsed())));
    QVERIFY(decoded);
    QCOMPARE(decoded->tree.nodes().size(), size_t{kDepth});
    QVERIFY(decoded->tree.pathOf(decoded->tree.winner()).hashes == path.hashes);
    QVERIFY(store::encodeMetadata(*decoded) == text);
}

void TextTest::carriesTreesOfAnyWidth()
{
    constexpr unsigned kLeaves = 10'000;
    Metadata metadata;
    metadata.id = "wide";
    for (unsigned i = 1; i <= kLeaves; ++i) {
        const store::RevPath path{2, {std::to_string(i * 7919 % kLeaves + kLeaves), "root"}};
        metadata.tree.merge(path, i % 2 == 0);
        metadata.seqOf[path.leaf()] = i;
        metadata.seq = i;
    }
    QElapsedTimer timer;
    timer.start();
    const std::string text = store::encodeMetadata(metadata);
    const auto decoded = store::decodeMetadata(text);
    QVERIFY2(timer.elapsed() < 10'000, qPrintable(QString::number(timer.elapsed())));
    QVERIFY(decoded);
    QCOMPARE(decoded->tree.leaves().size(), size_t{kLeaves});
    QVERIFY(decoded->seqOf == metadata.seqOf);
    QVERIFY(store::encodeMetadata(*decoded) == text);
}

void TextTest::addsAndTakesOutLeaves()
{
    store::LeafSet one, other;
    one.add("a", "1-x");
    one.add("b", "2-y");
    other.add("b", "2-y");
    QVERIFY(!(one == other));
    one.subtract("a", "1-x");
    QVERIFY(one == other);
    QCOMPARE(one.leaves(), std::uint64_t{1});
    QCOMPARE(one.hex(),
             base::sha256Hex(std::string("b\0"
                                         "2-y",
                                         5)));
    QVERIFY(!one.buckets()[store::LeafSet::bucketOf("b")].isZero());
}

QTEST_GUILESS_MAIN(TextTest)
#include "text_test.moc"
