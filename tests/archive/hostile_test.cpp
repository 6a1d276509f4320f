#include "core/archive/gzipmember.h"
#include "core/archive/littleendian.h"
#include "core/archive/reader.h"
#include "core/archive/tarblock.h"
#include "tests/archive/archivetesting.h"
#include "tests/archive/tarbuilder.h"

#include <QRegularExpression>
#include <QTest>

using namespace archivetesting;
using archive::Reader;
using namespace std::string_literals;

namespace {

/// A sound database, so that there is something to show.
TarBuilder &good(TarBuilder &tar)
{
    return tar.folder("run/")
        .folder("run/good/")
        .file("run/good/000003.log", "log")
        .file("run/good/CURRENT", "MANIFEST-000002\n")
        .file("run/good/MANIFEST-000002", "manifest");
}

std::string with(const std::function<void(TarBuilder &)> &evil)
{
    TarBuilder tar;
    good(tar);
    evil(tar);
    return gzipOf(tar.end());
}

std::string longName(const std::string &name)
{
    TarBuilder tar;
    tar.entry("././@LongLink", 'L', name.size() + 1, name + '\0');
    return tar.withoutEnd();
}

QByteArray toQt(const std::string &bytes)
{
    return {bytes.data(), static_cast<qsizetype>(bytes.size())};
}

/// The one form of sentence that each finding has; what stands in it names the entry or the place.
const std::map<std::string, const char *> kSentences{
    {"refused-name",
     "^The entry .+ was not loaded: (its name (climbs through folders|is absolute|begins with a "
     "drive letter|has a backslash|has control characters|is not UTF-8|has \\d+ bytes)|a part of "
     "its name (is empty|ends with a dot or a space)|it lies \\d+ folders deep)\\.$"},
    {"refused-header",
     "^The entry .+ was not loaded: (its extended header is larger than 64 KiB|it is a sparse "
     "file)\\.$"},
    {"refused-link", "^The entry .+ was not loaded: it is a (hard|symbolic) link\\.$"},
    {"refused-device", "^The entry .+ was not loaded: it is a (device|named pipe)\\.$"},
    {"refused-sparse", "^The entry .+ was not loaded: it is a sparse file\\.$"},
    {"refused-type", "^The entry .+ was not loaded: its type \".\" has no place in a backup\\.$"},
    {"refused-duplicate",
     "^The entry .+ was not loaded: (the archive has another one of that name|it lies in a folder "
     "that is a file)\\.$"},
    {"tar-number",
     "^(The tar header at byte \\d+ of the unpacked data is damaged|The folder .+ claims to have a "
     "content|A pax header gives a size that is no number)\\.$"},
    {"tar-pax",
     "^(A pax header before byte \\d+ of the unpacked data is damaged|A global pax header gives all "
     "entries the same path)\\.$"},
    {"tar-type", "^Behind the entry .+ nobody can say where the next one begins\\.$"},
    {"tar-checksum", "^The tar header at byte \\d+ of the unpacked data is damaged\\.$"},
    {"tar-magic", "^The tar header at byte \\d+ of the unpacked data is damaged\\.$"},
    {"tar-trailing", "^There is something behind the end of the tar\\.$"},
    {"tar-end",
     "^The tar (has an end block in the middle|in the archive has no end: the last entries may be missing)\\.$"},
    {"gzip-trailing", "^There are \\d+ bytes behind the end of the archive\\.$"},
    {"gzip-length", "^The content of the archive has another length than it should\\.$"},
    {"gzip-crc",
     "^The content of the archive does not match its CRC-32: something in it has changed\\.$"},
};

} // namespace

class HostileTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void isRefusedByName_data();
    void isRefusedByName();
    void isAcceptedThoughUnusual_data();
    void isAcceptedThoughUnusual();
    void stopsAtLimits_data();
    void stopsAtLimits();
    void isNoBackup_data();
    void isNoBackup();
    void gzipHeaders_data();
    void gzipHeaders();
    void findingsDoNotGrowWithoutEnd();
    void nothingButRefusedIsHostile();
    void refusedFilesSpoilTheirDatabase();
};

void HostileTest::isRefusedByName_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("code");
    const auto row = [](const char *name, const char *code,
                        const std::function<void(TarBuilder &)> &evil) {
        QTest::newRow(name) << toQt(with(evil)) << QString::fromLatin1(code);
    };
    const auto named = [&row](const char *title, const std::string &name) {
        row(title, "refused-name",
            [&name](TarBuilder &tar) { tar.raw(longName(name)).file("x", "CURRENT"); });
    };
    named("X1 climbs out", "../run/good/CURRENT");
    named("X1 climbs in the middle", "run/evil/../../../etc/CURRENT");
    named("X1 is absolute", "/run/evil/CURRENT");
    named("X1 has a drive letter", "C:/run/evil/CURRENT");
    named("X1 has backslashes", "run\\evil\\CURRENT");
    named("X1 has a Windows device path", "\\\\?\\C:\\evil");
    named("X1 ends with a dot", "run/evil./CURRENT");
    named("X1 ends with a space", "run/evil /CURRENT");
    named("X1 has an empty part", "run//evil/CURRENT");
    named("X1 has a dot in the middle", "run/./evil/CURRENT");
    named("X1 has a line break", "run/ev\nil/CURRENT");
    named("X1 is not UTF-8", "run/\xff\xfe/CURRENT");
    named("X1 has 2,000 bytes", "run/" + std::string(2000, 'x') + "/CURRENT");
    {
        std::string deep;
        for (int i = 0; i < 100; ++i)
            deep += "d/";
        named("X1 lies 100 folders deep", deep + "CURRENT");
    }
    row("X1 has 64 KiB and more of a name", "refused-header",
        [](TarBuilder &tar) { tar.raw(longName(std::string(70'000, 'x'))).file("x", "1"); });
    row("X1 has NUL in a pax name", "refused-name",
        [](TarBuilder &tar) { tar.pax("path=run/evil\0/CURRENT"s).file("x", "1"); });
    row("X1 has NUL and a good name in pax", "refused-name",
        [](TarBuilder &tar) { tar.pax("path=run/evil/CURRENT\0.."s).file("x", "1"); });

    for (const auto &[type, title, code] : {std::tuple{'1', "X2 hard link", "refused-link"},
                                            {'2', "X2 symbolic link", "refused-link"},
                                            {'3', "X2 character device", "refused-device"},
                                            {'4', "X2 block device", "refused-device"},
                                            {'6', "X2 fifo", "refused-device"},
                                            {'S', "X2 sparse file", "refused-sparse"},
                                            {'7', "X2 contiguous file", "refused-type"},
                                            {'V', "X2 volume header", "refused-type"},
                                            {'M', "X2 multi-volume", "refused-type"},
                                            {'D', "X2 directory dump", "refused-type"},
                                            {'Z', "X2 unknown type", "refused-type"}})
        row(title, code, [type = type](TarBuilder &tar) {
            tar.link("run/good/000005.ldb", type, "/etc/passwd");
        });
    row("X2 pax sparse", "refused-header",
        [](TarBuilder &tar) { tar.pax("GNU.sparse.major=1").file("run/good/000005.ldb", "1"); });
    row("X3 file through a link", "refused-link",
        [](TarBuilder &tar) { tar.link("run/evil", '2', "/tmp").file("run/evil/CURRENT", "1"); });
    row("X3 folder and file of one name", "refused-duplicate",
        [](TarBuilder &tar) { tar.file("run/x", "1").file("run/x/CURRENT", "2"); });
    row("X3 file where a folder is", "refused-duplicate",
        [](TarBuilder &tar) { tar.file("run/good", "1"); });
    row("X4 the same file twice", "refused-duplicate",
        [](TarBuilder &tar) { tar.file("run/good/CURRENT", "other"); });
    row("X4 differs in case", "refused-duplicate",
        [](TarBuilder &tar) { tar.file("run/GOOD/current", "other"); });
    row("X4 differs in Unicode form", "refused-duplicate", [](TarBuilder &tar) {
        tar.file("run/\xc3\xa9/CURRENT", "1").file("run/e\xcc\x81/CURRENT", "2");
    });
    row("X5 negative size", "tar-number", [](TarBuilder &tar) {
        tar.patchNext(124, std::string(12, '\xff')).file("run/good/LOG", "1");
    });
    row("X5 size beyond 2^63", "tar-number", [](TarBuilder &tar) {
        tar.patchNext(124, "\x80" + std::string(3, '\x7f') + std::string(8, '\xff'))
            .file("run/good/LOG", "1");
    });
    row("X5 octal garbage", "tar-number",
        [](TarBuilder &tar) { tar.patchNext(124, "0000008x001").file("run/good/LOG", "1"); });
    row("X5 folder with a content", "tar-number",
        [](TarBuilder &tar) { tar.entry("run/evil/", '5', 512, std::string(512, 'x')); });
    row("X5 link with a content", "tar-type",
        [](TarBuilder &tar) { tar.entry("run/evil", '1', 512, std::string(512, 'x')); });
    row("X5 pax size that is no number", "tar-number",
        [](TarBuilder &tar) { tar.pax("size=1e3").file("run/good/LOG", "1"); });
    row("X5 pax size that is negative", "tar-number",
        [](TarBuilder &tar) { tar.pax("size=-1").file("run/good/LOG", "1"); });
    row("X5 pax record without equals", "tar-pax",
        [](TarBuilder &tar) { tar.pax("path").file("run/good/LOG", "1"); });
    row("X5 pax record longer than its header", "tar-pax", [](TarBuilder &tar) {
        tar.entry("p", 'x', 12, "99 path=abc\n").file("run/good/LOG", "1");
    });
    row("X5 global pax path", "tar-pax",
        [](TarBuilder &tar) { tar.pax("path=run/good/CURRENT", 'g').file("run/good/LOG", "1"); });
    row("X5 pax header of 1 MiB", "refused-header", [](TarBuilder &tar) {
        tar.entry("p", 'x', 1 << 20, std::string(1 << 20, ' ')).file("run/good/LOG", "1");
    });
    row("X5 pax size swallows the next header", "tar-checksum", [](TarBuilder &tar) {
        tar.pax("size=100").file("run/good/LOG", "").file("run/good/LOCK", "x");
    });
    row("X6 wrong checksum", "tar-checksum",
        [](TarBuilder &tar) { tar.wrongChecksumNext().file("run/good/LOG", "1"); });
    row("X6 wrong magic", "tar-magic",
        [](TarBuilder &tar) { tar.patchNext(257, "tarus").file("run/good/LOG", "1"); });
    row("X6 something behind the end blocks", "tar-trailing",
        [](TarBuilder &tar) { tar.raw(std::string(1024, '\0')).file("run/evil/CURRENT", "1"); });
    row("X6 an end block in the middle", "tar-end",
        [](TarBuilder &tar) { tar.raw(std::string(512, '\0')).file("run/evil/CURRENT", "1"); });

    TarBuilder noEnd;
    QTest::newRow("X6 no end blocks") << toQt(gzipOf(good(noEnd).withoutEnd())) << "tar-end";
    QTest::newRow("X6 one end block")
        << toQt(gzipOf(noEnd.withoutEnd() + std::string(512, '\0'))) << "tar-end";
    QTest::newRow("A4 bytes behind the gzip member")
        << toQt(gzipOf(noEnd.end()) + "x") << "gzip-trailing";
    QTest::newRow("A4 zeros behind the gzip member")
        << toQt(gzipOf(noEnd.end()) + std::string(512, '\0')) << "gzip-trailing";
    QTest::newRow("A4 a second gzip member")
        << toQt(gzipOf(noEnd.end()) + gzipOf("more")) << "gzip-trailing";
    QTest::newRow("a wrong length in the trailer") << toQt([&] {
        std::string bytes = gzipOf(noEnd.end());
        bytes.back() = 1;
        return bytes;
    }()) << "gzip-length";
    QTest::newRow("a wrong CRC in the trailer") << toQt([&] {
        std::string bytes = gzipOf(noEnd.end());
        bytes[bytes.size() - 8] = static_cast<char>(bytes[bytes.size() - 8] ^ 1);
        return bytes;
    }()) << "gzip-crc";
}

void HostileTest::isRefusedByName()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, code);
    const auto reader = openBytes(bytes.toStdString());
    QVERIFY2(reader, reader ? "" : qPrintable(reader.error().message));
    QVERIFY2(hasFinding((*reader)->findings(), code.toStdString()),
             qPrintable(describe((*reader)->findings())));
    QVERIFY(hasFatal((*reader)->findings()));
    const QRegularExpression sentence(QString::fromLatin1(kSentences.at(code.toStdString())),
                                      QRegularExpression::UseUnicodePropertiesOption
                                          | QRegularExpression::DotMatchesEverythingOption);
    for (const archive::Finding &finding : (*reader)->findings()) {
        if (finding.code == code.toStdString())
            QVERIFY2(sentence.match(finding.message).hasMatch(), qPrintable(finding.message));
    }
    // The sound database is shown as it is, and nothing of the other.
    const auto files = readEverything(**reader);
    QVERIFY(files);
    QCOMPARE(QString::fromStdString(files->at("good/CURRENT")),
             QStringLiteral("MANIFEST-000002\n"));
    for (const auto &[path, content] : *files)
        QVERIFY2((path.starts_with("good/") || path.starts_with("\xc3\xa9/"))
                     && content != "/etc/passwd",
                 path.c_str());
    const auto again = (*reader)->checkIntegrity({});
    QVERIFY(again);
    QCOMPARE(describe(*again), describe((*reader)->findings()));
}

void HostileTest::isAcceptedThoughUnusual_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("path");
    const auto row = [](const char *name, const char *path,
                        const std::function<void(TarBuilder &)> &usual) {
        QTest::newRow(name) << toQt(with(usual)) << QString::fromLatin1(path);
    };
    row("pax path", "other/000003.log",
        [](TarBuilder &tar) { tar.pax("path=run/other/000003.log").file("x", "content"); });
    row("pax with times and owner", "good/LOG",
        [](TarBuilder &tar) { tar.pax("mtime=1795536232.749").file("run/good/LOG", "content"); });
    row("pax size", "good/LOG",
        [](TarBuilder &tar) { tar.pax("size=7").entry("run/good/LOG", '0', 0, "content"); });
    row("global pax with a comment", "good/LOG",
        [](TarBuilder &tar) { tar.pax("comment=hello", 'g').file("run/good/LOG", "content"); });
    row("GNU long name", "good/000005.ldb", [](TarBuilder &tar) {
        tar.raw(longName("run/good/000005.ldb")).file("run/good/trunc", "content");
    });
    row("GNU magic", "good/LOG",
        [](TarBuilder &tar) { tar.patchNext(257, "ustar  \0"s).file("run/good/LOG", "content"); });
    row("no magic", "good/LOG", [](TarBuilder &tar) {
        tar.patchNext(257, std::string(8, '\0')).file("run/good/LOG", "content");
    });
    row("old type of a file", "good/LOG",
        [](TarBuilder &tar) { tar.entry("run/good/LOG", '\0', 7, "content"); });
    row("prefix field", "good/LOG",
        [](TarBuilder &tar) { tar.patchNext(345, "run/good").file("LOG", "content"); });
    row("base-256 size", "good/LOG", [](TarBuilder &tar) {
        tar.patchNext(124, "\x80" + std::string(10, '\0') + "\x07").file("run/good/LOG", "content");
    });
    row("spaces before the size", "good/LOG", [](TarBuilder &tar) {
        tar.patchNext(124, "          7 ").file("run/good/LOG", "content");
    });
    row("a folder twice", "good/LOG", [](TarBuilder &tar) {
        tar.folder("run/good/").folder("./").file("./run/good/LOG", "content");
    });
    row("zero blocks to fill a record", "good/LOG",
        [](TarBuilder &tar) { tar.file("run/good/LOG", "content").raw(std::string(9216, '\0')); });
    row("an old folder: a file with a slash at the end", "good/LOG", [](TarBuilder &tar) {
        tar.entry("run/good/", '0', 0, {}).file("run/good/LOG", "content");
    });
}

void HostileTest::isAcceptedThoughUnusual()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, path);
    const auto reader = openBytes(bytes.toStdString());
    QVERIFY2(reader, reader ? "" : qPrintable(reader.error().message));
    const auto files = readEverything(**reader);
    QVERIFY(files && files->contains(path.toStdString()));
    QCOMPARE(QString::fromStdString(files->at(path.toStdString())), QStringLiteral("content"));
    for (const auto &finding : (*reader)->findings())
        QVERIFY2(finding.code == "database-incomplete" && path.startsWith(QStringLiteral("other")),
                 qPrintable(finding.message));
}

void HostileTest::stopsAtLimits_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("limit");
    QTest::newRow("X5 claims 10 TB in base-256") << toQt(with([](TarBuilder &tar) {
        tar.patchNext(124, "\x80\0\0\0\0\0\x09\xff\0\0\0\0"s).file("run/good/000005.ldb", "x");
    })) << "limit";
    QTest::newRow("X5 claims 10 TB in pax") << toQt(with([](TarBuilder &tar) {
        tar.pax("size=10995116277760").file("run/good/000005.ldb", "x");
    })) << "limit";
    QTest::newRow("X5 too many entries") << toQt(with([](TarBuilder &tar) {
        for (int i = 0; i < 2000; ++i)
            tar.folder("run/" + std::to_string(i) + '/');
    })) << "entries";
    QTest::newRow("X5 1 GB of zeros in 1 MB")
        << toQt(gzipOf(std::string(std::size_t{200} << 20, '\0'))) << "ratio";
    QTest::newRow("too many gzip members") << toQt([] {
        TarBuilder tar;
        std::string bytes = gzipOf(good(tar).withoutEnd());
        for (int i = 0; i < 3000; ++i)
            bytes += gzipOf("");
        return bytes + gzipOf(std::string(1024, '\0'));
    }()) << "gzip members";
    QTest::newRow("more bytes than allowed")
        << toQt(gzipOf(someBytes(std::size_t{70} << 20, 1, 10))) << "uncompressed bytes";
}

void HostileTest::stopsAtLimits()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, limit);
    Reader::Options options;
    options.limits.maxEntries = 1000;
    options.limits.maxRatio = 500;
    if (limit == QStringLiteral("uncompressed bytes"))
        options.limits.maxTotalBytes = 1 << 20;
    std::string content = bytes.toStdString();
    if (limit == QStringLiteral("uncompressed bytes")) {
        TarBuilder tar;
        content = gzipOf(good(tar).file("run/good/000005.ldb", someBytes(3 << 20, 1, 10)).end());
    }
    const auto reader = openBytes(content, options);
    QVERIFY(!reader);
    QCOMPARE(reader.error().kind, base::ErrorKind::Hostile);
    QVERIFY2(reader.error().message.contains(limit), qPrintable(reader.error().message));
}

void HostileTest::isNoBackup_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("kind");
    const auto row = [](const char *name, const std::string &bytes, base::ErrorKind kind) {
        QTest::newRow(name) << toQt(bytes) << static_cast<int>(kind);
    };
    TarBuilder sources;
    sources.folder("project/")
        .file("project/main.cpp", "int main() {}")
        .file("project/README.md", "# hello");
    row("an empty file", "", base::ErrorKind::Corrupt);
    row("a text", "Dear operator, this is no backup.", base::ErrorKind::Unsupported);
    row("random bytes", someBytes(5000, 99), base::ErrorKind::Unsupported);
    row("a gzipped text", gzipOf(std::string(5000, 'x')), base::ErrorKind::Unsupported);
    row("a gzipped short text", gzipOf("hello"), base::ErrorKind::Unsupported);
    row("an empty gzip file", gzipOf(""), base::ErrorKind::Unsupported);
    row("a tar of sources", gzipOf(sources.end()), base::ErrorKind::Unsupported);
    row("an empty tar", gzipOf(std::string(1024, '\0')), base::ErrorKind::Unsupported);
    row("a gzip header and nothing else", gzipOf("x").substr(0, 10), base::ErrorKind::Corrupt);
    row("half a gzip header", gzipOf("x").substr(0, 5), base::ErrorKind::Corrupt);
}

void HostileTest::isNoBackup()
{
    QFETCH(QByteArray, bytes);
    QFETCH(int, kind);
    const auto reader = openBytes(bytes.toStdString());
    QVERIFY(!reader);
    QCOMPARE(static_cast<int>(reader.error().kind), kind);
    QVERIFY2(reader.error().message.startsWith(QStringLiteral("test.tgz ")),
             qPrintable(reader.error().message));
}

void HostileTest::gzipHeaders_data()
{
    QTest::addColumn<QByteArray>("header");
    QTest::addColumn<bool>("fine");
    const auto header = [](unsigned flags, const std::string &fields) {
        std::string bytes =
            "\x1f\x8b\x08"s + static_cast<char>(flags) + std::string(5, '\0') + '\x03' + fields;
        return bytes;
    };
    const auto withCrc = [&](const std::string &bytes, unsigned change) {
        std::string sealed = bytes;
        archive::appendLittle16(
            sealed, static_cast<std::uint16_t>((archive::crc32(0, bytes) ^ change) & 0xffff));
        return toQt(sealed);
    };
    QTest::newRow("with a file name") << toQt(header(8, "name\0"s)) << true;
    QTest::newRow("with name and comment") << toQt(header(24, "name\0comment\0"s)) << true;
    QTest::newRow("with an extra field") << toQt(header(4, "\x03\0abc"s)) << true;
    QTest::newRow("with everything and its CRC")
        << withCrc(header(30, "\x03\0abcname\0comment\0"s), 0) << true;
    QTest::newRow("X7 with a wrong header CRC") << withCrc(header(2, ""), 1) << false;
    QTest::newRow("X7 with reserved flags") << toQt(header(0x20, "")) << false;
    QTest::newRow("X7 a name of 8 KiB") << toQt(header(8, std::string(8192, 'n') + '\0')) << false;
    QTest::newRow("X7 an extra field of 60 KiB")
        << toQt(header(4, "\xff\xff"s + std::string(65535, 'e'))) << false;
    QTest::newRow("another method") << toQt("\x1f\x8b\x07"s + std::string(7, '\0')) << false;
}

void HostileTest::gzipHeaders()
{
    QFETCH(QByteArray, header);
    QFETCH(bool, fine);
    TarBuilder tar;
    const std::string sound = gzipOf(good(tar).end());
    const auto reader = openBytes(header.toStdString() + sound.substr(10));
    QCOMPARE(bool(reader), fine);
    if (fine)
        QVERIFY(readEverything(**reader));
    else
        QCOMPARE(reader.error().kind, base::ErrorKind::Corrupt);
}

void HostileTest::findingsDoNotGrowWithoutEnd()
{
    const auto reader = openBytes(with([](TarBuilder &tar) {
        for (int i = 0; i < 5000; ++i)
            tar.link("run/good/link" + std::to_string(i), '2', "/etc/passwd");
    }));
    QVERIFY(reader);
    QCOMPARE((*reader)->findings().size(), size_t{1001});
    QCOMPARE((*reader)->findings().back().code, "more-findings"s);
}

void HostileTest::nothingButRefusedIsHostile()
{
    TarBuilder tar;
    tar.file("../../run/good/CURRENT", "MANIFEST-000002\n");
    const auto reader = openBytes(gzipOf(tar.end()));
    QVERIFY(!reader);
    QCOMPARE(reader.error().kind, base::ErrorKind::Hostile);
}

void HostileTest::refusedFilesSpoilTheirDatabase()
{
    const auto reader = openBytes(
        with([](TarBuilder &tar) { tar.link("run/good/000005.ldb", '2', "/etc/passwd"); }));
    QVERIFY(reader);
    QCOMPARE((*reader)->databases().size(), size_t{1});
    QVERIFY(!(*reader)->databases().front().whole);
    const auto untouched = openBytes(with(
        [](TarBuilder &tar) { tar.file("run/.DS_Store", "mac").file("run/good/notes.doc", "?"); }));
    QVERIFY(untouched);
    QVERIFY((*untouched)->databases().front().whole);
    QVERIFY(hasFinding((*untouched)->findings(), "ignored-file"));
    QVERIFY(!hasFatal((*untouched)->findings()));
}

QTEST_GUILESS_MAIN(HostileTest)
#include "hostile_test.moc"
