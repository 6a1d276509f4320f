#include "core/archive/chunkcache.h"
#include "core/archive/compressionpool.h"
#include "core/archive/footer.h"
#include "core/archive/gzipmember.h"
#include "core/archive/tarblock.h"
#include "core/archive/tarheader.h"
#include "core/archive/toc.h"
#include "tests/archive/archivetesting.h"
#include "tests/archive/tarbuilder.h"

#include <QRegularExpression>
#include <QTest>

#include <atomic>
#include <thread>

using namespace archive;
using namespace std::string_literals;
using archivetesting::someBytes;

/// The small parts an archive is framed with: members, TOC, footer, tar headers, caches.
class FrameTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void membersInflateToWhatTheyHold();
    void whatDoesNotShrinkIsCopied();
    void damagedMembersAreRefused();
    void storedMembersHaveOneForm();
    void footersHaveOneForm();
    void tocComesBackAsItWas();
    void onlyTheCanonicalTocIsRead();
    void aTocMustFitItsArchive_data();
    void aTocMustFitItsArchive();
    void aTocMemberIsReadOnlyAsWritten();
    void tarHeadersDoNotDependOnTheMachine();
    void cacheKeepsWhatWasUsedLast();
    void cacheLoadsOnceForSeveralThreads();
};

void FrameTest::membersInflateToWhatTheyHold()
{
    MemberCompressor compressor(5);
    std::string member;
    for (const size_t size : {size_t{1}, size_t{1000}, kChunkBytes}) {
        for (const int repetition : {0, 20}) {
            const std::string content = someBytes(size, static_cast<unsigned>(size), repetition);
            compressor.compress(content, member);
            QVERIFY(member.starts_with(kGzipHeader));
            std::string out(size, '\0');
            QCOMPARE(threadInflater().inflate(member, out.data(), size), GzipFault::None);
            QVERIFY(out == content);
        }
    }
}

/// A picture costs no compression; one that holds text somewhere that is looked at does.
void FrameTest::whatDoesNotShrinkIsCopied()
{
    constexpr size_t size = size_t{1} << 20;
    const std::string noise = someBytes(size, 7, 0);
    MemberCompressor compressor(5);
    std::string member;
    compressor.compress(noise, member);
    QCOMPARE(static_cast<int>(member[kGzipHeader.size()]) & 7, 0); // not the last block, and stored
    QVERIFY(member.size() < size + size / 1000);
    for (const size_t from : {size_t{0}, size / 2 - 40'000, size - 80'000}) {
        std::string mixed = noise;
        mixed.replace(from, 80'000, std::string(80'000, 'x'));
        compressor.compress(mixed, member);
        QVERIFY2(member.size() < size - 70'000, qPrintable(QString::number(from)));
        std::string out(size, '\0');
        QCOMPARE(threadInflater().inflate(member, out.data(), size), GzipFault::None);
        QVERIFY(out == mixed);
    }
}

void FrameTest::damagedMembersAreRefused()
{
    const std::string content = someBytes(5000, 1, 3);
    std::string member;
    MemberCompressor(6).compress(content, member);
    std::string out(content.size() + 1, '\0');
    const auto fault = [&out](const std::string &bytes, size_t size) {
        return threadInflater().inflate(bytes, out.data(), size);
    };
    QCOMPARE(fault(member, content.size() - 1), GzipFault::Length);
    QCOMPARE(fault(member, content.size() + 1), GzipFault::Length);
    QCOMPARE(fault(member + 'x', content.size()), GzipFault::Deflate);
    QCOMPARE(fault(member + member, content.size()), GzipFault::Deflate);
    QVERIFY(fault(member.substr(0, member.size() - 1), content.size()) != GzipFault::None);
    QCOMPARE(fault(member.substr(0, 12), content.size()), GzipFault::Deflate);
    QCOMPARE(fault("x" + member, content.size()), GzipFault::Header);
    std::string changed = member;
    changed[4] = 1; // a time
    QCOMPARE(fault(changed, content.size()), GzipFault::Header);
    changed = member;
    changed[member.size() - 8] = static_cast<char>(changed[member.size() - 8] ^ 1);
    QCOMPARE(fault(changed, content.size()), GzipFault::Crc);
    changed = member;
    changed.back() = 1;
    QCOMPARE(fault(changed, content.size()), GzipFault::Length);
    for (const GzipFault one :
         {GzipFault::Header, GzipFault::Deflate, GzipFault::Length, GzipFault::Crc}) {
        QVERIFY(*gzipFaultCode(one) != '\0');
        QVERIFY(!gzipFaultText(one).isEmpty());
    }
    QVERIFY(gzipFaultText(GzipFault::None).isEmpty() && *gzipFaultCode(GzipFault::None) == '\0');
}

void FrameTest::storedMembersHaveOneForm()
{
    for (const size_t size :
         {size_t{0}, size_t{1}, size_t{65535}, size_t{65536}, size_t{200'000}}) {
        const std::string content = someBytes(size, 9);
        const std::string member = encodeStoredMember(content);
        QVERIFY(decodeStoredMember(member) == content);
        QVERIFY(!decodeStoredMember(member + 'x'));
        QVERIFY(!decodeStoredMember(member.substr(0, member.size() - 1)));
        std::string out(size, '\0');
        if (size > 0)
            QCOMPARE(threadInflater().inflate(member, out.data(), size), GzipFault::None);
    }
    // The same content in two blocks is another form.
    const std::string whole = encodeStoredMember("ab");
    const std::string split = whole.substr(0, 10)
        + "\x00\x01\x00\xfe\xff"
          "a"s
        + "\x01\x01\x00\xfe\xff"
          "b"s
        + whole.substr(17);
    std::string out(2, '\0');
    QCOMPARE(threadInflater().inflate(split, out.data(), 2), GzipFault::None);
    QVERIFY(!decodeStoredMember(split));
    QVERIFY(!decodeStoredMember("short"));
}

void FrameTest::footersHaveOneForm()
{
    for (const std::uint64_t offset :
         {std::uint64_t{0}, std::uint64_t{0x123456789abcdef0}, ~std::uint64_t{0}}) {
        const std::string footer = encodeFooter(offset);
        QCOMPARE(footer.size(), kFooterBytes);
        QVERIFY(decodeFooter(footer) == offset);
        for (size_t at = 0; at < footer.size(); ++at) {
            std::string changed = footer;
            changed[at] = static_cast<char>(changed[at] ^ 0x20);
            QVERIFY(decodeFooter(changed) != offset);
        }
    }
    QVERIFY(!decodeFooter("x"));
    // An eStargz reader computes it so.
    QCOMPARE(encodeFooter(0xabc).substr(16, 22), "0000000000000abcSTARGZ"s);
}

namespace {

Toc smallToc()
{
    Toc toc;
    toc.modified = "2026-11-23T03:00:00Z";
    toc.entries.push_back({"r/", true, 0, {}, {}});
    toc.entries.push_back({"r/empty", false, 0, base::sha256({}), {}});
    toc.entries.push_back({"r/\"quoted\" \xc3\xa9",
                           false,
                           5,
                           base::sha256("hello"),
                           {{100, 0, 5, base::sha256("hello"), 0}}});
    toc.entries.push_back(
        {"r/two",
         false,
         7,
         base::sha256("1234567"),
         {{130, 0, 4, base::sha256("1234"), 0}, {160, 4, 3, base::sha256("567"), 0}}});
    for (const auto &[offset, size, content] :
         {std::tuple{0, 100, 1536}, {100, 30, 5}, {130, 30, 4}, {160, 40, 3}})
        toc.members.push_back({static_cast<std::uint64_t>(offset), static_cast<std::uint64_t>(size),
                               static_cast<std::uint64_t>(content), base::sha256("m")});
    return toc;
}

} // namespace

void FrameTest::tocComesBackAsItWas()
{
    for (const Toc &toc : {smallToc(), Toc{}}) {
        const std::string text = encodeToc(toc);
        const auto decoded = decodeToc(text);
        QVERIFY2(decoded, decoded ? "" : qPrintable(decoded.error().message));
        QVERIFY(*decoded == toc);
        QCOMPARE(encodeToc(*decoded), text);
    }
    Toc toc = smallToc();
    QVERIFY(checkToc(toc, 200, {}));
    QCOMPARE(toc.entries[3].chunks[1].member, size_t{3});
}

/// Every change of one character makes it unreadable or another TOC with a form of its own.
void FrameTest::onlyTheCanonicalTocIsRead()
{
    const std::string text = encodeToc(smallToc());
    for (size_t at = 0; at < text.size(); ++at) {
        for (const char c : {' ', '0', '"', '\\', '}', ',', 'A'}) {
            std::string changed = text;
            changed[at] = c;
            if (const auto decoded = decodeToc(changed))
                QCOMPARE(encodeToc(*decoded), changed);
        }
        if (const auto decoded = decodeToc(text.substr(0, at)))
            QFAIL("a cut TOC was read");
        std::string longer = text;
        longer.insert(at, " ");
        if (const auto decoded = decodeToc(longer))
            QCOMPARE(encodeToc(*decoded), longer);
    }
    QVERIFY(!decodeToc(text + ' '));
}

void FrameTest::aTocMustFitItsArchive_data()
{
    QTest::addColumn<int>("change");
    QTest::addColumn<int>("kind");
    int change = 0;
    for (const char *name :
         {"a member is missing", "a gap between members", "a member is too small",
          "a member is too large", "a member holds too much", "a member holds nothing",
          "a chunk is no member", "a chunk of another size", "a chunk twice",
          "the parts do not add up", "a folder without a slash", "a file with a slash"})
        QTest::newRow(name) << change++ << static_cast<int>(base::ErrorKind::Corrupt);
    QTest::newRow("too many entries") << change++ << static_cast<int>(base::ErrorKind::Hostile);
    QTest::newRow("too many bytes") << change++ << static_cast<int>(base::ErrorKind::Hostile);
}

void FrameTest::aTocMustFitItsArchive()
{
    QFETCH(int, change);
    QFETCH(int, kind);
    Toc toc = smallToc();
    Limits limits;
    switch (change) {
    case 0: toc.members.pop_back(); break;
    case 1: toc.members[1].offset += 1; break;
    case 2: toc.members[3].size = 5; break;
    case 3: toc.members[3].size = 100 * kChunkBytes; break;
    case 4: toc.members[0].contentSize = kChunkBytes + 1; break;
    case 5: toc.members[0].contentSize = 0; break;
    case 6: toc.entries[2].chunks[0].offset = 101; break;
    case 7: toc.members[1].contentSize = 6; break;
    case 8: toc.entries[3].chunks[0].offset = 100; break;
    case 9: toc.entries[3].size = 8; break;
    case 10: toc.entries[0].name = "r"; break;
    case 11: toc.entries[1].name = "r/empty/"; break;
    case 12: limits.maxEntries = 3; break;
    case 13: limits.maxTotalBytes = 1000; break;
    default: QFAIL("no such change");
    }
    const base::Status checked = checkToc(toc, 200, limits);
    QVERIFY(!checked);
    QCOMPARE(static_cast<int>(checked.error().kind), kind);
}

void FrameTest::aTocMemberIsReadOnlyAsWritten()
{
    const std::string json = encodeToc(smallToc());
    const auto decoded = decodeTocMember(encodeTocMember(json));
    QVERIFY(decoded);
    QCOMPARE(*decoded, json);
    QVERIFY(!decodeTocMember("x"));
    QVERIFY(!decodeTocMember(encodeStoredMember(json)));
    QVERIFY(!decodeTocMember(encodeStoredMember(std::string(2048, 'x'))));
    // A tar header with another name, another owner, or content behind the end.
    std::string content = encodeTarBlock("other.json", json.size()) + json
        + std::string(tarPadding(json.size()) + 1024, '\0');
    QVERIFY(!decodeTocMember(encodeStoredMember(content)));
    content = encodeTarBlock(kTocName, json.size()) + json
        + std::string(tarPadding(json.size()) + 1536, '\0');
    QVERIFY(!decodeTocMember(encodeStoredMember(content)));
    content = encodeTarBlock(kTocName, json.size() * 2) + json
        + std::string(tarPadding(json.size()) + 1024, '\0');
    QVERIFY(!decodeTocMember(encodeStoredMember(content)));
}

void FrameTest::tarHeadersDoNotDependOnTheMachine()
{
    for (const std::string &path :
         {"short"s, std::string(99, 'x'), std::string(100, 'y'), std::string(600, 'z'),
          "\xc3\xa9\xe6\x97\xa5"s, std::string(150, '\xc3')}) {
        const auto header = tarHeaderForFile(path, 1234, 1'700'000'000);
        QVERIFY(header);
        QCOMPARE(header->size() % kTarBlockBytes, size_t{0});
        QCOMPARE(*header, *tarHeaderForFile(path, 1234, 1'700'000'000));
        TarBlock block;
        QCOMPARE(decodeTarBlock(std::string_view(*header).substr(header->size() - kTarBlockBytes),
                                block),
                 TarFault::None);
        QCOMPARE(block.size, std::uint64_t{1234});
        QCOMPARE(block.modified, std::uint64_t{1'700'000'000});
        QCOMPARE(block.name, path.substr(0, 99));
        if (path.size() <= 99)
            continue;
        QCOMPARE(decodeTarBlock(std::string_view(*header).substr(0, kTarBlockBytes), block),
                 TarFault::None);
        QCOMPARE(block.type, 'L');
        QCOMPARE(block.modified, std::uint64_t{0});
        QCOMPARE(header->substr(kTarBlockBytes, path.size()), path);
    }
    QVERIFY(!tarHeaderForFile("x", kMaxTarFileBytes + 1, 0));
    QVERIFY(tarHeaderForFile("x", kMaxTarFileBytes, 0));
    const auto folder = tarHeaderForFolder("a/b", 0);
    QVERIFY(folder);
    QVERIFY(folder->starts_with("a/b/\0"s));
}

void FrameTest::cacheKeepsWhatWasUsedLast()
{
    ChunkCache cache(100);
    int loads = 0;
    const auto get = [&](std::uint64_t key) {
        return cache.get(key, [&loads]() -> base::Result<std::string> {
            ++loads;
            return std::string(40, 'x');
        });
    };
    QVERIFY(get(1) && get(2) && get(1));
    QCOMPARE(loads, 2);
    QVERIFY(get(3)); // pushes 2 out
    QVERIFY(get(1));
    QCOMPARE(loads, 3);
    QVERIFY(get(2));
    QCOMPARE(loads, 4);
    QVERIFY(!cache.get(9, []() -> base::Result<std::string> {
        return base::Error{base::ErrorKind::Io, QStringLiteral("no"), {}};
    }));
    QVERIFY(get(9)); // the failure is not kept
    QVERIFY(cache.get(10, []() -> base::Result<std::string> {
        return std::string(1000, 'y');
    })); // larger than all of it
    QVERIFY(get(11));
}

void FrameTest::cacheLoadsOnceForSeveralThreads()
{
    ChunkCache cache(1 << 20);
    std::atomic<int> loads = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 6; ++t) {
        threads.emplace_back([&] {
            for (std::uint64_t key = 0; key < 50; ++key) {
                const auto chunk = cache.get(key, [&]() -> base::Result<std::string> {
                    ++loads;
                    std::this_thread::yield();
                    return std::to_string(key);
                });
                if (!chunk || **chunk != std::to_string(key))
                    loads += 1000;
            }
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(loads.load(), 50);
}

QTEST_GUILESS_MAIN(FrameTest)
#include "frame_test.moc"
