#include "core/archive/footer.h"
#include "core/archive/gzipmember.h"
#include "core/archive/manifest.h"
#include "core/archive/tarblock.h"
#include "core/archive/tarheader.h"
#include "core/archive/toc.h"
#include "tests/archive/archivetesting.h"
#include "tests/archive/tarbuilder.h"

#include <QRegularExpression>
#include <QTest>

#include <algorithm>
#include <cstring>

using namespace archivetesting;
using archive::Origin;
using archive::Reader;

namespace {

/// An archive of ours taken apart, to be put together again with something wrong in it: all digests
/// of members are right, as a forger would have them.
struct Parts {
    archive::Toc toc;
    std::vector<std::string> contents; ///< of the members

    explicit Parts(const std::string &bytes)
    {
        const auto tocOffset = *archive::decodeFooter(
            std::string_view(bytes).substr(bytes.size() - archive::kFooterBytes));
        toc = *archive::decodeToc(*archive::decodeTocMember(std::string_view(bytes).substr(
            tocOffset, bytes.size() - archive::kFooterBytes - tocOffset)));
        static_cast<void>(archive::checkToc(toc, tocOffset, {}));
        for (const auto &member : toc.members) {
            std::string content(member.contentSize, '\0');
            static_cast<void>(archive::threadInflater().inflate(
                std::string_view(bytes).substr(member.offset, member.size), content.data(),
                content.size()));
            contents.push_back(content);
        }
    }

    /// Recompresses the members; offsets and digests of members follow, chunk digests do not.
    [[nodiscard]] std::string bytes()
    {
        std::string out;
        std::string member;
        archive::MemberCompressor compressor(3);
        toc.members.clear();
        for (const std::string &content : contents) {
            compressor.compress(content, member);
            toc.members.push_back(
                {out.size(), member.size(), content.size(), base::sha256(member)});
            out += member;
        }
        for (auto &entry : toc.entries) {
            for (auto &chunk : entry.chunks)
                chunk.offset = toc.members[chunk.member].offset;
        }
        const std::uint64_t tocOffset = out.size();
        return out + archive::encodeTocMember(archive::encodeToc(toc))
            + archive::encodeFooter(tocOffset);
    }

    [[nodiscard]] archive::TocEntry &entry(const std::string &ending)
    {
        for (auto &entry : toc.entries) {
            if (entry.name.ends_with(ending))
                return entry;
        }
        return toc.entries.front();
    }
    [[nodiscard]] std::string &payload(const std::string &ending)
    {
        return contents[entry(ending).chunks[0].member];
    }
    /// The tar member before a file's payload; its last block is the file's header.
    [[nodiscard]] std::string &header(const std::string &ending)
    {
        return contents[entry(ending).chunks[0].member - 1];
    }
};

Parts sound()
{
    static const std::string bytes = [] {
        Files files;
        addDatabase(files, "db", someBytes(9 << 20, 1, 30));
        files["manifest.json"] = "{}";
        return archiveBytes(files);
    }();
    return Parts(bytes);
}

/// Changes a tar header and makes its checksum right again.
void patchHeader(std::string &member, size_t offset, std::string_view bytes)
{
    char *block = member.data() + member.size() - archive::kTarBlockBytes;
    std::copy(bytes.begin(), bytes.end(), block + offset);
    archive::sealTarBlock(block);
}

} // namespace

class ForgedTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void contradictionsAreFound_data();
    void contradictionsAreFound();
    void tocsThatDoNotFitAreNotOurs();
    void limitsHoldForOurs();
    void aNewerVersionIsRefused();
    void withoutFormatIsSaid();
    void namesInOursKeepTheRules();
    void aTocAloneIsNoBackup();
    void cutNamesComeFromTheManifest_data();
    void cutNamesComeFromTheManifest();
};

void ForgedTest::contradictionsAreFound_data()
{
    QTest::addColumn<QString>("what");
    QTest::addColumn<QString>("code");
    QTest::newRow("none") << "none"
                          << "";
    QTest::newRow("another content of a small file") << "content"
                                                     << "chunk-digest";
    QTest::newRow("another content in one chunk of a large file") << "chunk"
                                                                  << "chunk-digest";
    QTest::newRow("another digest of a small file") << "digest"
                                                    << "file-digest";
    QTest::newRow("another digest of a large file") << "large-digest"
                                                    << "file-digest";
    QTest::newRow("another digest of an empty file") << "empty-digest"
                                                     << "file-digest";
    QTest::newRow("the tar names another file") << "tar-name"
                                                << "tar-entries";
    QTest::newRow("the tar has another size") << "tar-size"
                                              << "tar-entries";
    QTest::newRow("the tar has a larger size") << "tar-larger"
                                               << "tar-entries";
    QTest::newRow("the tar has a link") << "tar-link"
                                        << "refused-link";
    QTest::newRow("the tar has a damaged header") << "tar-damaged"
                                                  << "tar-checksum";
    QTest::newRow("the tar has one entry more") << "tar-more"
                                                << "tar-entries";
    QTest::newRow("the tar has an entry more at the end") << "tar-more-at-end"
                                                          << "tar-entries";
    QTest::newRow("the TOC has one entry more") << "toc-more"
                                                << "tar-entries";
}

void ForgedTest::contradictionsAreFound()
{
    QFETCH(QString, what);
    QFETCH(QString, code);
    Parts parts = sound();
    const std::string extra =
        *archive::tarHeaderForFile(std::string(kRoot) + "/db/000009.ldb", 0, 0);
    if (what == QStringLiteral("content"))
        parts.payload("/CURRENT") = "MANIFEST-000003\n";
    if (what == QStringLiteral("chunk"))
        parts.contents[parts.entry("/000003.log").chunks[1].member][5] ^= 1;
    if (what == QStringLiteral("digest"))
        parts.entry("/CURRENT").digest = base::sha256("other");
    if (what == QStringLiteral("large-digest"))
        parts.entry("/000003.log").digest = base::sha256("other");
    if (what == QStringLiteral("empty-digest"))
        parts.toc.entries.push_back(
            {std::string(kRoot) + "/z.txt", false, 0, base::sha256("x"), {}});
    if (what == QStringLiteral("tar-name"))
        patchHeader(parts.header("/CURRENT"), std::strlen(kRoot) + 4, "CURRENX");
    if (what == QStringLiteral("tar-size"))
        patchHeader(parts.header("/CURRENT"), 124, "00000000017");
    if (what == QStringLiteral("tar-larger"))
        patchHeader(parts.header("/CURRENT"), 124, "00000100000");
    if (what == QStringLiteral("tar-link"))
        patchHeader(parts.header("/CURRENT"), 156, "2");
    if (what == QStringLiteral("tar-damaged"))
        parts.header("/CURRENT").back() ^= 1;
    if (what == QStringLiteral("tar-more"))
        parts.contents.front().insert(512, extra);
    if (what == QStringLiteral("tar-more-at-end"))
        parts.contents.back() += extra;
    if (what == QStringLiteral("toc-more"))
        parts.toc.entries.push_back(
            {std::string(kRoot) + "/db/000009.ldb", false, 0, base::sha256({}), {}});

    const auto reader = openBytes(parts.bytes());
    QVERIFY2(reader, reader ? "" : qPrintable(reader.error().message));
    QCOMPARE((*reader)->origin(), Origin::Ours);
    const auto findings = (*reader)->checkIntegrity({});
    QVERIFY(findings);
    if (code.isEmpty())
        QVERIFY2(findings->empty(), qPrintable(describe(*findings)));
    else
        QVERIFY2(hasFinding(*findings, code.toStdString()), qPrintable(describe(*findings)));
}

/// Then the archive is read as a cut one, and what is wrong is said.
void ForgedTest::tocsThatDoNotFitAreNotOurs()
{
    Parts parts = sound();
    std::string bytes = parts.bytes();
    const size_t body = parts.toc.members.back().offset + parts.toc.members.back().size;
    for (const int change : {0, 1, 2}) {
        archive::Toc toc = parts.toc;
        if (change == 0)
            toc.members.pop_back();
        if (change == 1)
            toc.entries[3].size += 1;
        std::string json = archive::encodeToc(toc);
        if (change == 2)
            json.replace(json.find("reg"), 3, "rex");
        const auto reader = openBytes(bytes.substr(0, body) + archive::encodeTocMember(json)
                                      + archive::encodeFooter(body));
        QVERIFY2(reader, reader ? "" : qPrintable(reader.error().message));
        QCOMPARE((*reader)->origin(), Origin::CutShort);
        QVERIFY(hasFinding((*reader)->findings(), "toc"));
        QVERIFY(readEverything(**reader));
    }
    bytes.replace(bytes.size() - archive::kFooterBytes, archive::kFooterBytes,
                  archive::encodeFooter(bytes.size() * 2));
    const auto far = openBytes(bytes);
    QVERIFY(far && (*far)->origin() == Origin::CutShort);
    QVERIFY(hasFinding((*far)->findings(), "toc"));
}

void ForgedTest::limitsHoldForOurs()
{
    Parts parts = sound();
    Reader::Options options;
    options.limits.maxEntries = 3;
    const auto many = openBytes(parts.bytes(), options);
    QVERIFY(!many && many.error().kind == base::ErrorKind::Hostile);
    options = {};
    options.limits.maxTotalBytes = 1 << 20;
    const auto large = openBytes(parts.bytes(), options);
    QVERIFY(!large && large.error().kind == base::ErrorKind::Hostile);
}

void ForgedTest::aNewerVersionIsRefused()
{
    std::string format = archive::encodeFormat("run", "time", "focus-monitor 9.0");
    format.replace(format.find("\"version\":1"), 11, "\"version\":2");
    const auto reader = openBytes(archiveBytes({{"format.json", format}}));
    QVERIFY(!reader);
    QCOMPARE(reader.error().kind, base::ErrorKind::Unsupported);
    QVERIFY(reader.error().message.contains(QStringLiteral("focus-monitor 9.0")));
}

void ForgedTest::withoutFormatIsSaid()
{
    Files files;
    addDatabase(files, "db", "log");
    for (const char *format : {"", "[]", "{\"format\":\"other\"}"}) {
        files["format.json"] = format;
        const auto reader = openBytes(archiveBytes(files));
        QVERIFY(reader);
        QVERIFY(hasFinding((*reader)->findings(), "format-missing"));
    }
    Parts parts(archiveBytes(files));
    parts.entry("/format.json").name = std::string(kRoot) + "/other.json";
    const auto renamed = openBytes(parts.bytes());
    QVERIFY(renamed && hasFinding((*renamed)->findings(), "format-missing"));
    files["format.json"] = archive::encodeFormat("run", "time", "tool");
    Parts damaged(archiveBytes(files));
    std::string bytes = damaged.bytes();
    const size_t at = damaged.entry("/format.json").chunks[0].offset + 12;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    const auto unreadable = openBytes(bytes);
    QVERIFY(unreadable && hasFinding((*unreadable)->findings(), "format-missing"));
}

void ForgedTest::namesInOursKeepTheRules()
{
    Parts parts = sound();
    parts.entry("/CURRENT").name = std::string(kRoot) + "/../../etc/CURRENT";
    const auto reader = openBytes(parts.bytes());
    QVERIFY(reader);
    QVERIFY(hasFinding((*reader)->findings(), "refused-name"));
    QVERIFY(!(*reader)->databases().front().whole);
    const auto findings = (*reader)->checkIntegrity({});
    QVERIFY(findings && hasFinding(*findings, "refused-name")
            && hasFinding(*findings, "tar-entries"));
}

void ForgedTest::aTocAloneIsNoBackup()
{
    const auto reader =
        openBytes(archive::encodeTocMember(archive::encodeToc({})) + archive::encodeFooter(0));
    QVERIFY(!reader || hasFatal((*reader)->findings()));
}

void ForgedTest::cutNamesComeFromTheManifest_data()
{
    QTest::addColumn<bool>("hasManifest");
    QTest::newRow("there is a manifest") << true;
    QTest::newRow("there is none that can be read") << false;
}

void ForgedTest::cutNamesComeFromTheManifest()
{
    QFETCH(bool, hasManifest);
    const std::string name = std::string(150, 'n') + "/more";
    const std::string directory = archive::directoryNameFor(name);
    Files files;
    addDatabase(files, directory, "log");
    addDatabase(files, "plain", "log");
    archive::Manifest manifest;
    for (const auto &[trueName, where] :
         {std::pair{name, directory}, {std::string("plain"), std::string("plain")}}) {
        archive::ManifestDatabase entry;
        entry.name = trueName;
        entry.directory = where;
        manifest.databases.push_back(entry);
    }
    files["manifest.json"] = hasManifest ? archive::encodeManifest(manifest) : "nothing";
    const auto reader = openBytes(archiveBytes(files));
    QVERIFY(reader);
    QCOMPARE((*reader)->databases().size(), size_t{2});
    QCOMPARE((*reader)->databases()[0].directory, directory);
    QCOMPARE((*reader)->databases()[0].name,
             hasManifest ? name : archive::databaseNameFor(directory));
    QCOMPARE((*reader)->databases()[1].name, std::string("plain"));
    files.erase("manifest.json");
    QVERIFY(openBytes(archiveBytes(files)));
}

QTEST_GUILESS_MAIN(ForgedTest)
#include "forged_test.moc"
