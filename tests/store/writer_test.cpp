#include "core/base/filefaults.h"
#include "core/store/keyspace.h"
#include "core/store/writer.h"
#include "tests/store/canonicaldump.h"
#include "tests/store/fixtures.h"
#include "tests/store/specwriter.h"

#include <QTemporaryDir>
#include <QTest>

#include <random>
#include <set>

using base::ErrorKind;
using store::Facts;
using store::StoredAttachment;
using store::Writer;
using teststore::MemoryFiles;

/// What the Writer writes, the Reader reads.
class WriterTest : public QObject
{
    Q_OBJECT

private slots:
    void writesAnEmptyDatabase();
    void writesTheSameBytesForTheSameInput();
    void givesEveryDatabaseAnIdentityOfItsOwn();
    void countsLikeExamine_data();
    void countsLikeExamine();
    void countsLeavesConflictsAndTombstones();
    void keepsOddIds_data();
    void keepsOddIds();
    void keepsDeepAndLargeBodies();
    void keepsAttachmentsOfEverySize_data();
    void keepsAttachmentsOfEverySize();
    void streamsLargeAttachmentsAroundSmallOnes();
    void keepsAHundredMegabytesInATableOfTheirOwn();
    void keepsOversizeAttachmentsBesideTheTables();
    void missesAPartOfAnOversizeAttachment();
    void storesTheSameBytesOnce();
    void dropsWhatNobodyRefersTo();
    void leavesNoTemporaryFiles();
    void acceptsALeafTwice();
    void acceptsAnInnerRevisionAfterItsChild();
    void refusesMisuse_data();
    void refusesMisuse();
    void refusesAttachmentsThatDoNotFit_data();
    void refusesAttachmentsThatDoNotFit();
    void reportsEveryFileFault();
    void readsFromAnyDocumentOn();
    void stopsWhereTheVisitorWants();
    void readsTheSameAfterSpillingRuns();
};

namespace {

constexpr std::uint64_t kMuch = std::uint64_t{1} << 30;

/// A writer into memory, and what it wrote.
struct Scratch {
    explicit Scratch(const store::WriterSizes &sizes = {})
        : writer(std::move(*Writer::create(*staging, teststore::kUuid, sizes)))
    {
    }
    std::unique_ptr<base::StagingFolder> staging =
        std::make_unique<base::StagingFolder>(base::fs::path(), kMuch);
    std::unique_ptr<Writer> writer;

    std::unique_ptr<store::Reader> read() const
    {
        auto reader =
            store::Reader::open(std::make_shared<MemoryFiles>(teststore::bytesOf(*staging)));
        if (!reader)
            qWarning("%s %s", qPrintable(reader.error().message),
                     qPrintable(reader.error().detail));
        return reader ? std::move(*reader) : nullptr;
    }
};

Writer::Leaf leafOf(const std::string &id, store::RevPath path, const std::string &member = "1",
                    std::vector<StoredAttachment> attachments = {}, bool deleted = false)
{
    Writer::Leaf leaf{std::move(path), deleted, {}, std::move(attachments)};
    leaf.body = store::composeBody({{"v", member}}, leaf.attachments, base::json::quoted(id),
                                   leaf.path.leaf().toString(), deleted);
    return leaf;
}

base::Status writeOne(Writer &writer, const std::string &id, const Writer::Leaf &leaf)
{
    if (base::Status begun = writer.beginDocument(id); !begun)
        return begun;
    if (base::Status added = writer.addLeaf(leaf); !added)
        return added;
    return writer.endDocument();
}

StoredAttachment attachmentOf(const std::string &name, const Writer::Attachment &stored)
{
    return {base::json::quoted(name), "\"application/octet-stream\"", 1, stored.length,
            stored.digest};
}

std::string readBytes(store::Reader &reader, const std::string &digest)
{
    std::string bytes;
    const base::Status read = reader.readAttachment(digest, [&](std::string_view piece) {
        bytes += piece;
        return base::Status();
    });
    return read ? bytes : "error: " + read.error().message.toStdString();
}

/// Random documents with conflicts, tombstones and shared attachments.
void writeRandom(Writer &writer, std::mt19937 &random, int documents)
{
    for (int i = 0; i < documents; ++i) {
        const std::string id = "doc" + std::to_string(i);
        QVERIFY(writer.beginDocument(id));
        std::vector<store::RevPath> paths;
        const int revisions = 1 + static_cast<int>(random() % 6);
        for (int r = 0; r < revisions; ++r) {
            store::RevPath next;
            const size_t parent = random() % (paths.size() + 1);
            if (parent < paths.size())
                next = paths[parent];
            next.start += 1;
            next.hashes.insert(next.hashes.begin(),
                               base::toHex(base::md5(std::to_string(random()))));
            paths.push_back(next);
            std::vector<StoredAttachment> attachments;
            for (unsigned a = random() % 4; a > 0; --a) {
                const std::string bytes =
                    std::string(random() % 50, static_cast<char>('a' + random() % 3));
                const auto stored = writer.putAttachment(bytes);
                QVERIFY(stored);
                attachments.push_back(attachmentOf("name" + std::to_string(a), *stored));
            }
            QVERIFY(writer.addLeaf(
                leafOf(id, next, std::to_string(r), attachments, random() % 4 == 0)));
        }
        QVERIFY(writer.endDocument());
    }
}

} // namespace

void WriterTest::writesAnEmptyDatabase()
{
    Scratch scratch;
    const auto facts = scratch.writer->finish();
    QVERIFY(facts);
    QCOMPARE(facts->leaves, std::uint64_t{0});
    const auto reader = scratch.read();
    QVERIFY(reader);
    const auto meta = reader->meta();
    QVERIFY(meta);
    QCOMPARE(meta->docCount.value_or(99), std::uint64_t{0});
    QCOMPARE(meta->lastSeq.value_or(99), std::uint64_t{0});
    QCOMPARE(meta->uuid.value_or(""), std::string(teststore::kUuid));
    const auto examined = store::examine(*reader);
    QVERIFY(examined && examined->problems.empty());
    QVERIFY(examined->facts == *facts);
}

void WriterTest::writesTheSameBytesForTheSameInput()
{
    QVERIFY(teststore::writeSample() == teststore::writeSample());
}

void WriterTest::givesEveryDatabaseAnIdentityOfItsOwn()
{
    std::set<std::string> uuids;
    for (int i = 0; i < 3; ++i) {
        Scratch scratch;
        scratch.writer = std::move(*Writer::create(*scratch.staging));
        QVERIFY(scratch.writer->finish());
        const std::string uuid = scratch.read()->meta()->uuid.value_or("");
        QCOMPARE(uuid.size(), size_t{36});
        uuids.insert(uuid);
    }
    QCOMPARE(uuids.size(), size_t{3});
}

void WriterTest::countsLikeExamine_data()
{
    QTest::addColumn<unsigned>("seed");
    for (unsigned seed = 1; seed <= 30; ++seed)
        QTest::addRow("a random database, seed %u", seed) << seed;
}

void WriterTest::countsLikeExamine()
{
    QFETCH(unsigned, seed);
    std::mt19937 random(seed);
    Scratch scratch;
    writeRandom(*scratch.writer, random, static_cast<int>(random() % 40));
    const auto facts = scratch.writer->finish();
    QVERIFY(facts);
    const auto reader = scratch.read();
    QVERIFY(reader);
    const auto examined = store::examine(*reader);
    QVERIFY(examined);
    for (const store::Problem &problem : examined->problems)
        qWarning("%s %s", problem.code.c_str(), qPrintable(problem.message));
    QVERIFY(examined->problems.empty());
    QVERIFY(examined->facts == *facts);
}

void WriterTest::countsLeavesConflictsAndTombstones()
{
    Facts facts;
    static_cast<void>(teststore::writeSample(&facts));
    QCOMPARE(facts.documents, std::uint64_t{5});
    QCOMPARE(facts.deleted, std::uint64_t{1});
    QCOMPARE(facts.leaves, std::uint64_t{8});
    QCOMPARE(facts.conflicted, std::uint64_t{1});
    QCOMPARE(facts.attachments, std::uint64_t{5});
    QCOMPARE(facts.attachmentBytes, std::uint64_t{30'005});
    QCOMPARE(facts.leafSet.leaves(), std::uint64_t{8});
}

void WriterTest::keepsOddIds_data()
{
    QTest::addColumn<std::string>("id");
    QTest::newRow("a slash") << std::string("a/b");
    QTest::newRow("a NUL inside") << std::string("a\0b", 3);
    QTest::newRow("quotes, backslashes and line ends") << std::string("\"\\\n\r\t");
    QTest::newRow("the separator of the store itself") << std::string("\xc3\xbf\xc3\xbf");
    QTest::newRow("an emoji") << std::string("\xf0\x9f\x98\x80");
    QTest::newRow("a name that means something to JavaScript") << std::string("__proto__");
    QTest::newRow("a megabyte") << std::string(1 << 20, 'x');
    QTest::newRow("the largest code point") << std::string("\xf4\x8f\xbf\xbf");
}

void WriterTest::keepsOddIds()
{
    QFETCH(std::string, id);
    Scratch scratch;
    QVERIFY(writeOne(*scratch.writer, "before", leafOf("before", {1, {"aa"}})));
    QVERIFY(writeOne(*scratch.writer, id, leafOf(id, {1, {"aa"}})));
    QVERIFY(writeOne(*scratch.writer, "\xf4\x8f\xbf\xbf\xf4", leafOf("x", {1, {"aa"}})));
    QVERIFY(scratch.writer->finish());
    const auto reader = scratch.read();
    const auto document = reader->document(id);
    QVERIFY(document && *document);
    QVERIFY((*document)->id == id);
    const auto body = reader->body((*document)->seq);
    QVERIFY(body);
    QVERIFY(store::inspectBody(*body)->id == id);
}

void WriterTest::keepsDeepAndLargeBodies()
{
    constexpr size_t kLevels = 100'000;
    const std::string deep = std::string(kLevels, '[') + std::string(kLevels, ']');
    const std::string large = '"' + std::string(size_t{9} << 20, 'x') + '"';
    Scratch scratch;
    QVERIFY(writeOne(*scratch.writer, "deep", leafOf("deep", {1, {"aa"}}, deep)));
    QVERIFY(writeOne(*scratch.writer, "large", leafOf("large", {1, {"aa"}}, large)));
    QVERIFY(writeOne(*scratch.writer, "small", leafOf("small", {1, {"aa"}})));
    const auto facts = scratch.writer->finish();
    QVERIFY(facts);
    const auto reader = scratch.read();
    const auto deepBody = reader->body(1);
    QVERIFY(deepBody && deepBody->find(deep) != std::string::npos);
    const auto largeBody = reader->body(2);
    QVERIFY(largeBody && largeBody->find(large) != std::string::npos);
    const auto examined = store::examine(*reader);
    QVERIFY(examined && examined->problems.empty() && examined->facts == *facts);
}

void WriterTest::keepsAttachmentsOfEverySize_data()
{
    QTest::addColumn<quint64>("length");
    QTest::newRow("no bytes at all") << quint64{0};
    QTest::newRow("one byte") << quint64{1};
    QTest::newRow("just below a block") << quint64{4095};
    QTest::newRow("a few megabytes") << quint64{5'000'000};
    QTest::newRow("as many as a small one may have") << quint64{store::kLargeAttachmentBytes};
    QTest::newRow("one more, which makes it a large one")
        << quint64{store::kLargeAttachmentBytes + 1};
    QTest::newRow("ten megabytes") << quint64{10'000'000};
}

void WriterTest::keepsAttachmentsOfEverySize()
{
    QFETCH(quint64, length);
    const std::string bytes = teststore::generatedBytes(0, length);
    Scratch whole, streamed;
    const auto atOnce = whole.writer->putAttachment(bytes);
    auto handle = streamed.writer->beginLargeAttachment(length);
    QVERIFY(atOnce && handle);
    for (size_t at = 0; at < bytes.size(); at += 1'000'000)
        QVERIFY((*handle)->append(std::string_view(bytes).substr(at, 1'000'000)));
    const auto inPieces = (*handle)->finish();
    QVERIFY(inPieces);
    QCOMPARE(inPieces->digest, store::digestOf(base::md5(bytes)));
    QCOMPARE(inPieces->digest, atOnce->digest);
    QCOMPARE(inPieces->length, std::uint64_t{length});
    for (const auto &[scratch, attachment] :
         {std::pair{&whole, *atOnce}, std::pair{&streamed, *inPieces}}) {
        QVERIFY(writeOne(*scratch->writer, "d",
                         leafOf("d", {1, {"aa"}}, "1", {attachmentOf("a", attachment)})));
        const auto facts = scratch->writer->finish();
        QVERIFY(facts);
        const auto reader = scratch->read();
        const auto storedLength = reader->attachmentLength(attachment.digest);
        QVERIFY(storedLength);
        QCOMPARE(*storedLength, std::uint64_t{length});
        QVERIFY(readBytes(*reader, attachment.digest) == bytes);
        const auto examined = store::examine(*reader);
        QVERIFY(examined && examined->problems.empty() && examined->facts == *facts);
    }
    QVERIFY(teststore::bytesOf(*whole.staging) == teststore::bytesOf(*streamed.staging));
}

void WriterTest::streamsLargeAttachmentsAroundSmallOnes()
{
    // Small digests lie before, between and behind those of large tables; none may overlap.
    Scratch scratch;
    std::map<std::string, std::string> expected;
    std::vector<StoredAttachment> attachments;
    const auto keep = [&](const std::string &bytes) {
        const auto stored = scratch.writer->putAttachment(bytes);
        QVERIFY(stored);
        expected[stored->digest] = bytes;
        attachments.push_back(attachmentOf("n" + std::to_string(attachments.size()), *stored));
    };
    for (unsigned i = 0; i < 40; ++i)
        keep(std::to_string(i));
    for (unsigned i = 0; i < 3; ++i)
        keep(teststore::generatedBytes(i * 8, store::kLargeAttachmentBytes + 1 + i));
    for (unsigned i = 40; i < 80; ++i)
        keep(std::to_string(i));
    QVERIFY(writeOne(*scratch.writer, "d", leafOf("d", {1, {"aa"}}, "1", attachments)));
    const auto facts = scratch.writer->finish();
    QVERIFY(facts);
    const auto reader = scratch.read();
    for (const auto &[digest, bytes] : expected)
        QVERIFY(readBytes(*reader, digest) == bytes);
    const auto examined = store::examine(*reader);
    QVERIFY(examined && examined->problems.empty() && examined->facts == *facts);
}

void WriterTest::keepsAHundredMegabytesInATableOfTheirOwn()
{
    constexpr std::uint64_t kLength = 100'000'000;
    const QTemporaryDir folder;
    auto staging = std::make_shared<base::StagingFolder>(folder.filePath(u"s"_qs).toStdString(), 0);
    auto writer = Writer::create(*staging);
    auto large = (*writer)->beginLargeAttachment(kLength);
    QVERIFY(large);
    const std::string piece = teststore::generatedBytes(0, 1'000'000);
    for (int i = 0; i < 100; ++i)
        QVERIFY((*large)->append(piece));
    const auto attachment = (*large)->finish();
    QVERIFY(attachment);
    QVERIFY(
        writeOne(**writer, "d", leafOf("d", {1, {"aa"}}, "1", {attachmentOf("a", *attachment)})));
    QVERIFY((*writer)->finish());
    auto reader = store::Reader::open(staging);
    QVERIFY(reader);
    size_t largestPiece = 0;
    std::uint64_t length = 0;
    const base::Status read =
        (*reader)->readAttachment(attachment->digest, [&](std::string_view bytes) {
            largestPiece = std::max(largestPiece, bytes.size());
            length += bytes.size();
            return base::Status();
        });
    QVERIFY(read);
    QCOMPARE(length, kLength);
    QVERIFY(largestPiece <= size_t{1} << 20);
}

void WriterTest::keepsOversizeAttachmentsBesideTheTables()
{
    constexpr store::WriterSizes kSizes{.pouchLimitBytes = 1000, .oversizePartBytes = 400};
    const std::string bytes = teststore::generatedBytes(0, 1001);
    const std::string even = teststore::generatedBytes(2, 1200);
    Scratch scratch(kSizes);
    const auto put = [&](const std::string &content) {
        auto handle = scratch.writer->beginLargeAttachment(content.size());
        for (size_t at = 0; handle && at < content.size(); at += 300) {
            if (!(*handle)->append(std::string_view(content).substr(at, 300)))
                return Writer::Attachment{};
        }
        const auto stored = handle ? (*handle)->finish() : handle.error();
        return stored ? *stored : Writer::Attachment{};
    };
    const Writer::Attachment first = put(bytes), again = put(bytes), second = put(even);
    QVERIFY(first.isOversize && again.isOversize && second.isOversize);
    QCOMPARE(first.digest, again.digest);
    const Writer::Attachment unused = put(std::string(2000, 'u'));
    QVERIFY(unused.isOversize);
    {
        const auto abandoned = scratch.writer->beginLargeAttachment(5000);
        QVERIFY(abandoned && (*abandoned)->append(std::string(3000, 'a')));
    }
    QVERIFY(writeOne(
        *scratch.writer, "d",
        leafOf("d", {1, {"aa"}}, "1", {attachmentOf("a", first), attachmentOf("b", second)})));
    const auto facts = scratch.writer->finish();
    QVERIFY(facts);
    const std::string stem = "oversize-" + base::toHex(base::md5(bytes));
    std::set<std::string> names;
    for (const base::FileSet::Entry &entry : scratch.staging->files()) {
        if (entry.name.starts_with("oversize"))
            names.insert(entry.name);
    }
    const std::string evenStem = "oversize-" + base::toHex(base::md5(even));
    QCOMPARE(names,
             (std::set<std::string>{stem + "-0001", stem + "-0002", stem + "-0003",
                                    evenStem + "-0001", evenStem + "-0002", evenStem + "-0003"}));
    const auto reader = scratch.read();
    QVERIFY(readBytes(*reader, first.digest) == bytes);
    QVERIFY(readBytes(*reader, second.digest) == even);
    const auto length = reader->attachmentLength(first.digest);
    QVERIFY(length);
    QCOMPARE(*length, std::uint64_t{1001});
    const auto examined = store::examine(*reader);
    QVERIFY(examined && examined->problems.empty() && examined->facts == *facts);
}

void WriterTest::missesAPartOfAnOversizeAttachment()
{
    Scratch scratch({.pouchLimitBytes = 1000, .oversizePartBytes = 400});
    const std::string bytes = teststore::generatedBytes(0, 1200);
    auto handle = scratch.writer->beginLargeAttachment(bytes.size());
    QVERIFY(handle && (*handle)->append(bytes));
    const auto stored = (*handle)->finish();
    QVERIFY(stored);
    QVERIFY(writeOne(*scratch.writer, "d",
                     leafOf("d", {1, {"aa"}}, "1", {attachmentOf("a", *stored)})));
    QVERIFY(scratch.writer->finish());
    const std::string stem = "oversize-" + base::toHex(base::md5(bytes));
    for (const char *part : {"-0001", "-0002", "-0003"}) {
        auto files = teststore::bytesOf(*scratch.staging);
        QVERIFY(files.erase(stem + part) == 1);
        auto reader = store::Reader::open(std::make_shared<MemoryFiles>(std::move(files)));
        QVERIFY(reader);
        const auto examined = store::examine(**reader);
        QVERIFY(examined && !examined->problems.empty());
        QCOMPARE(examined->problems.front().document, std::string("d"));
    }
}

void WriterTest::storesTheSameBytesOnce()
{
    Scratch scratch;
    const std::string small(10'000, 's');
    const std::string large(store::kLargeAttachmentBytes + 5, 'l');
    for (int i = 0; i < 5; ++i) {
        const auto first = scratch.writer->putAttachment(small);
        const auto second = scratch.writer->putAttachment(large);
        QVERIFY(first && second);
        const std::string id = "d" + std::to_string(i);
        QVERIFY(writeOne(*scratch.writer, id,
                         leafOf(id, {1, {"aa"}}, "1",
                                {attachmentOf("s", *first), attachmentOf("l", *second),
                                 attachmentOf("s2", *first)})));
    }
    const auto facts = scratch.writer->finish();
    QVERIFY(facts);
    QCOMPARE(facts->attachments, std::uint64_t{15});
    QCOMPARE(facts->attachmentBytes, std::uint64_t{small.size() + large.size()});
    QVERIFY(scratch.staging->totalBytes() < small.size() + large.size() + 10'000);
    std::map<std::string, size_t> references;
    const base::Status read = scratch.read()->forEachAttachment(
        [&](std::string_view digest, const std::vector<std::string> &refs) {
            references[std::string(digest)] = refs.size();
            return base::Status();
        });
    QVERIFY(read);
    QCOMPARE(references.size(), size_t{2});
    for (const auto &[digest, count] : references)
        QCOMPARE(count, size_t{5});
}

void WriterTest::dropsWhatNobodyRefersTo()
{
    Scratch scratch;
    QVERIFY(scratch.writer->putAttachment("small"));
    QVERIFY(scratch.writer->putAttachment(std::string(store::kLargeAttachmentBytes + 1, 'x')));
    {
        auto abandoned = scratch.writer->beginLargeAttachment(store::kLargeAttachmentBytes + 2);
        QVERIFY(abandoned);
        QVERIFY((*abandoned)->append("only the beginning"));
    }
    const auto facts = scratch.writer->finish();
    QVERIFY(facts);
    QCOMPARE(facts->attachmentBytes, std::uint64_t{0});
    QVERIFY(scratch.staging->totalBytes() < 2000);
    const auto examined = store::examine(*scratch.read());
    QVERIFY(examined && examined->problems.empty());
}

void WriterTest::leavesNoTemporaryFiles()
{
    for (const auto &[name, bytes] : teststore::writeSample())
        QVERIFY2(name == "CURRENT" || name == "MANIFEST-000001" || name.ends_with(".ldb"),
                 name.c_str());
}

void WriterTest::acceptsALeafTwice()
{
    Scratch scratch;
    QVERIFY(scratch.writer->beginDocument("d"));
    QVERIFY(scratch.writer->addLeaf(leafOf("d", {1, {"aa"}}, "1")));
    QVERIFY(scratch.writer->addLeaf(leafOf("d", {1, {"aa"}}, "2")));
    QVERIFY(scratch.writer->endDocument());
    const auto facts = scratch.writer->finish();
    QVERIFY(facts);
    QCOMPARE(facts->leaves, std::uint64_t{1});
    const auto reader = scratch.read();
    QVERIFY(reader->body(1)->find("\"v\":1") != std::string::npos);
    QVERIFY(!reader->body(2));
}

void WriterTest::acceptsAnInnerRevisionAfterItsChild()
{
    Scratch scratch;
    QVERIFY(scratch.writer->beginDocument("d"));
    QVERIFY(scratch.writer->addLeaf(leafOf("d", {2, {"bb", "aa"}})));
    QVERIFY(scratch.writer->addLeaf(leafOf("d", {1, {"aa"}})));
    QVERIFY(scratch.writer->endDocument());
    const auto facts = scratch.writer->finish();
    QVERIFY(facts);
    QCOMPARE(facts->leaves, std::uint64_t{1});
    const auto examined = store::examine(*scratch.read());
    QVERIFY(examined && examined->problems.empty() && examined->facts == *facts);
}

void WriterTest::refusesMisuse_data()
{
    using Misuse = std::function<base::Status(Writer &)>;
    const auto finished = [](Writer &writer) -> base::Status {
        const auto facts = writer.finish();
        return facts ? base::Status() : base::Status(facts.error());
    };
    QTest::addColumn<Misuse>("misuse");
    QTest::newRow("a document inside another one") << Misuse([](Writer &writer) {
        return writer.beginDocument("a") ? writer.beginDocument("b") : base::Status();
    });
    QTest::newRow("a leaf outside of a document") << Misuse([](Writer &writer) {
        return writer.addLeaf(leafOf("a", {1, {"aa"}}));
    });
    QTest::newRow("the end of a document without leaves") << Misuse([](Writer &writer) {
        return writer.beginDocument("a") ? writer.endDocument() : base::Status();
    });
    QTest::newRow("the end of no document")
        << Misuse([](Writer &writer) { return writer.endDocument(); });
    QTest::newRow("finishing inside a document") << Misuse([=](Writer &writer) {
        return writer.beginDocument("a") ? finished(writer) : base::Status();
    });
    QTest::newRow("a history longer than its generation") << Misuse([](Writer &writer) {
        return writer.beginDocument("a") ? writer.addLeaf({{1, {"bb", "aa"}}, false, "{}", {}})
                                         : base::Status();
    });
    QTest::newRow("an empty history") << Misuse([](Writer &writer) {
        return writer.beginDocument("a") ? writer.addLeaf({{1, {}}, false, "{}", {}})
                                         : base::Status();
    });
    QTest::newRow("the same document twice") << Misuse([=](Writer &writer) {
        for (int i = 0; i < 2; ++i) {
            if (base::Status written = writeOne(writer, "a", leafOf("a", {1, {"aa"}})); !written)
                return base::Status();
        }
        return finished(writer);
    });
    QTest::newRow("the same local document twice") << Misuse([=](Writer &writer) {
        const bool put = writer.putLocal("_local/x", "{}") && writer.putLocal("_local/x", "{}");
        return put ? finished(writer) : base::Status();
    });
    QTest::newRow("an attachment that was never stored") << Misuse([=](Writer &writer) {
        const StoredAttachment missing{"\"a\"", "\"b\"", 1, 5, store::digestOf(base::md5("hello"))};
        return writeOne(writer, "a", leafOf("a", {1, {"aa"}}, "1", {missing})) ? finished(writer)
                                                                               : base::Status();
    });
    QTest::newRow("an attachment with another length than stored") << Misuse([=](Writer &writer) {
        auto stored = writer.putAttachment("hello");
        stored->length = 6;
        return writeOne(writer, "a", leafOf("a", {1, {"aa"}}, "1", {attachmentOf("n", *stored)}))
            ? finished(writer)
            : base::Status();
    });
    QTest::newRow("one attachment with two lengths") << Misuse([=](Writer &writer) {
        auto stored = writer.putAttachment("hello");
        auto other = *stored;
        other.length = 6;
        return writeOne(writer, "a",
                        leafOf("a", {1, {"aa"}}, "1",
                               {attachmentOf("n", *stored), attachmentOf("m", other)}))
            ? finished(writer)
            : base::Status();
    });
    QTest::newRow("a digest that is no MD5") << Misuse([](Writer &writer) {
        return writeOne(writer, "a",
                        leafOf("a", {1, {"aa"}}, "1", {{"\"a\"", "\"b\"", 1, 5, "sha1-x"}}));
    });
}

void WriterTest::refusesMisuse()
{
    QFETCH(std::function<base::Status(Writer &)>, misuse);
    Scratch scratch;
    QVERIFY(!misuse(*scratch.writer));
}

void WriterTest::refusesAttachmentsThatDoNotFit_data()
{
    QTest::addColumn<quint64>("announced");
    QTest::addColumn<quint64>("sent");
    QTest::newRow("a small one that is too short") << quint64{10} << quint64{9};
    QTest::newRow("a small one that is too long") << quint64{10} << quint64{11};
    QTest::newRow("a large one that is too short") << quint64{9'000'000} << quint64{8'999'999};
    QTest::newRow("a large one that is too long") << quint64{9'000'000} << quint64{9'000'001};
    QTest::newRow("an oversize one that is too short")
        << quint64{store::kPouchLimitBytes + 1} << quint64{5};
}

void WriterTest::refusesAttachmentsThatDoNotFit()
{
    QFETCH(quint64, announced);
    QFETCH(quint64, sent);
    Scratch scratch;
    auto handle = scratch.writer->beginLargeAttachment(announced);
    QVERIFY(handle);
    const base::Status appended = (*handle)->append(std::string(sent, 'x'));
    const auto finished = (*handle)->finish();
    QVERIFY(!appended || !finished);
    QCOMPARE((appended ? finished.error() : appended.error()).kind, ErrorKind::Protocol);
}

void WriterTest::reportsEveryFileFault()
{
    std::uint64_t operations = 0;
    const std::string bytes = teststore::generatedBytes(0, 3'000'100);
    const auto attempt = [&](std::uint64_t failing) {
        const QTemporaryDir folder;
        base::StagingFolder staging(folder.filePath(u"s"_qs).toStdString(), 0);
        const std::uint64_t before = base::fileOperationCount();
        if (failing > 0)
            base::failNthFileOperation(failing, ErrorKind::NoSpace);
        auto writer = Writer::create(staging);
        base::Result<Facts> facts = [&]() -> base::Result<Facts> {
            for (int i = 0; i < 8; ++i) {
                const std::string id = "d" + std::to_string(i);
                const auto attachment = (*writer)->putAttachment(
                    std::string_view(bytes).substr(static_cast<size_t>(i), 3'000'000));
                if (!attachment)
                    return attachment.error();
                if (base::Status written =
                        writeOne(**writer, id,
                                 leafOf(id, {1, {"aa"}}, "1", {attachmentOf("a", *attachment)}));
                    !written)
                    return written.error();
            }
            const auto large =
                (*writer)->putAttachment(std::string(store::kLargeAttachmentBytes + 1, 'x'));
            if (!large)
                return large.error();
            if (base::Status written = writeOne(
                    **writer, "l", leafOf("l", {1, {"aa"}}, "1", {attachmentOf("a", *large)}));
                !written)
                return written.error();
            return (*writer)->finish();
        }();
        operations = base::fileOperationCount() - before;
        base::clearFileFaults();
        return facts;
    };
    QVERIFY(attempt(0));
    const std::uint64_t all = operations;
    QVERIFY(all > 20);
    std::uint64_t reported = 0;
    std::uint64_t tried = 0;
    for (std::uint64_t n = 1; n <= all; n += 1 + all / 25, ++tried) {
        const auto facts = attempt(n);
        if (!facts) {
            QCOMPARE(facts.error().kind, ErrorKind::NoSpace);
            ++reported;
        }
    }
    // Only what removes temporary files may fail in silence.
    QVERIFY2(reported >= tried * 8 / 10, qPrintable(u"%1 of %2"_qs.arg(reported).arg(tried)));
}

void WriterTest::readsFromAnyDocumentOn()
{
    Scratch scratch;
    for (const char *id : {"c", "a", "b", "d"})
        QVERIFY(writeOne(*scratch.writer, id, leafOf(id, {1, {"aa"}})));
    QVERIFY(scratch.writer->finish());
    const auto reader = scratch.read();
    for (const auto &[from, expected] : {std::pair{"", "abcd"}, std::pair{"b", "bcd"},
                                         std::pair{"bb", "cd"}, std::pair{"e", ""}}) {
        std::string ids;
        QVERIFY(reader->forEachDocument(
            [&](const store::Metadata &metadata) -> base::Result<bool> {
                ids += metadata.id;
                return true;
            },
            from));
        QCOMPARE(ids, std::string(expected));
    }
}

void WriterTest::stopsWhereTheVisitorWants()
{
    Scratch scratch;
    for (const char *id : {"a", "b", "c"})
        QVERIFY(writeOne(*scratch.writer, id, leafOf(id, {1, {"aa"}})));
    QVERIFY(scratch.writer->finish());
    const auto reader = scratch.read();
    std::string ids;
    QVERIFY(reader->forEachDocument([&](const store::Metadata &metadata) -> base::Result<bool> {
        ids += metadata.id;
        return metadata.id != "b";
    }));
    QCOMPARE(ids, std::string("ab"));
    const base::Error wanted{ErrorKind::Cancelled, QStringLiteral("enough")};
    const base::Status documents = reader->forEachDocument(
        [&](const store::Metadata &) -> base::Result<bool> { return wanted; });
    QVERIFY(!documents && documents.error().kind == ErrorKind::Cancelled);
    const base::Status bodies = reader->forEachBody(
        [&](std::uint64_t, std::string_view) -> base::Status { return wanted; });
    QVERIFY(!bodies && bodies.error().kind == ErrorKind::Cancelled);
}

void WriterTest::readsTheSameAfterSpillingRuns()
{
    // More metadata and more attachments than the buffers hold, in an order that is not theirs.
    const QTemporaryDir folder;
    auto staging =
        std::make_shared<base::StagingFolder>(folder.filePath(u"s"_qs).toStdString(), 1 << 20);
    auto writer = Writer::create(*staging);
    constexpr unsigned kDocuments = 3'000;
    const std::string longId(5'000, 'i');
    for (unsigned i = 0; i < kDocuments; ++i) {
        const std::string id = std::to_string(i * 7919 % kDocuments) + longId;
        const auto attachment =
            (*writer)->putAttachment(teststore::generatedBytes(i % 1500 * 8, 16'000));
        QVERIFY(attachment);
        QVERIFY(
            writeOne(**writer, id, leafOf(id, {1, {"aa"}}, "1", {attachmentOf("a", *attachment)})));
    }
    const auto facts = (*writer)->finish();
    QVERIFY(facts);
    QCOMPARE(facts->attachmentBytes, std::uint64_t{1500 * 16'000});
    for (const auto &entry : staging->files())
        QVERIFY(!entry.name.ends_with(".run"));
    auto reader = store::Reader::open(staging);
    QVERIFY(reader);
    const auto examined = store::examine(**reader);
    QVERIFY(examined && examined->problems.empty() && examined->facts == *facts);
}

QTEST_GUILESS_MAIN(WriterTest)
#include "writer_test.moc"
