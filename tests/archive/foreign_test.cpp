#include "core/archive/foreignreader.h"
#include "core/archive/reader.h"
#include "core/base/filefaults.h"
#include "tests/archive/archivetesting.h"
#include "tests/archive/tarbuilder.h"

#include <KCompressionDevice>
#include <KZip>

#include <QBuffer>
#include <QRegularExpression>
#include <QTest>

#include <filesystem>

using namespace archivetesting;
using archive::Origin;
using archive::Reader;

namespace {

Files twoDatabases()
{
    Files files;
    addDatabase(files, "one", someBytes(300'000, 1, 3));
    addDatabase(files, "two", someBytes(1'300'000, 2, 5));
    files["_users.json"] = "[]";
    return files;
}

std::string tarOf(const Files &files)
{
    TarBuilder tar;
    tar.folder("run/");
    for (const auto &[path, content] : files)
        tar.file("run/" + path, content);
    return tar.end();
}

std::string compressed(const std::string &bytes, KCompressionDevice::CompressionType type)
{
    QBuffer out;
    KCompressionDevice device(&out, false, type);
    if (!device.open(QIODevice::WriteOnly)
        || device.write(bytes.data(), static_cast<qint64>(bytes.size())) < 0)
        return {};
    device.close();
    return out.data().toStdString();
}

std::string zipOf(const Files &files, const std::function<void(KZip &)> &more = {})
{
    QBuffer out;
    KZip zip(&out);
    zip.open(QIODevice::WriteOnly);
    for (const auto &[path, content] : files)
        zip.writeFile(QStringLiteral("run/") + QString::fromStdString(path),
                      {content.data(), static_cast<qsizetype>(content.size())});
    if (more)
        more(zip);
    zip.close();
    return out.data().toStdString();
}

QByteArray toQt(const std::string &bytes)
{
    return {bytes.data(), static_cast<qsizetype>(bytes.size())};
}

/// Names of what lies in a folder.
QStringList namesIn(const std::filesystem::path &folder)
{
    QStringList names;
    for (const auto &entry : std::filesystem::directory_iterator(folder))
        names << QString::fromStdString(base::toUtf8(entry.path().filename()));
    return names;
}

} // namespace

class ForeignTest : public QObject
{
    Q_OBJECT
private slots:
    void opens_data();
    void opens();
    void aFolderOpens();
    void aDatabaseDirectoryOpens();
    void linksInAFolderAreRefused();
    void aFileThatCannotBeReadIsFound();
    void damageIsFound_data();
    void damageIsFound();
    void limitsHold_data();
    void limitsHold();
    void scratchIsRemoved();
    void aFullDiskIsSaid();
    void linksInAZipAreRefused();
    void isNoBackup_data();
    void isNoBackup();
    void checkingCanBeCancelled();
};

void ForeignTest::opens_data()
{
    QTest::addColumn<QByteArray>("bytes");
    const std::string tar = tarOf(twoDatabases());
    const std::string xz = compressed(tar, KCompressionDevice::Xz);
    QTest::newRow("a tar") << toQt(tar);
    QTest::newRow("a tar.xz") << toQt(xz);
    QTest::newRow("a tar.zst") << toQt(compressed(tar, KCompressionDevice::Zstd));
    QTest::newRow("a tar.bz2") << toQt(compressed(tar, KCompressionDevice::BZip2));
    QTest::newRow("a tar.bz2 of two streams")
        << toQt(compressed(tar.substr(0, 400'000), KCompressionDevice::BZip2)
                + compressed(tar.substr(400'000), KCompressionDevice::BZip2));
    QTest::newRow("a tar.zst of two frames")
        << toQt(compressed(tar.substr(0, 400'000), KCompressionDevice::Zstd)
                + compressed(tar.substr(400'000), KCompressionDevice::Zstd));
    QTest::newRow("a zip") << toQt(zipOf(twoDatabases()));
}

void ForeignTest::opens()
{
    QFETCH(QByteArray, bytes);
    const Workplace place;
    Reader::Options options;
    options.scratch = place.path(".").parent_path();
    std::uint64_t seen = 0;
    options.progress = [&seen](std::uint64_t at) {
        seen = at;
        return base::Status{};
    };
    const auto reader = openBytes(bytes.toStdString(), options);
    QVERIFY2(reader, reader ? "" : qPrintable(reader.error().message));
    QCOMPARE((*reader)->origin(), Origin::Foreign);
    QCOMPARE((*reader)->root(), std::string("run"));
    QCOMPARE((*reader)->fileSize(), static_cast<std::uint64_t>(bytes.size()));
    QVERIFY2((*reader)->findings().empty(), qPrintable(describe((*reader)->findings())));
    const auto everything = readEverything(**reader);
    QVERIFY(everything && *everything == twoDatabases());
    QVERIFY(seen > 0);
    const auto findings = (*reader)->checkIntegrity({});
    QVERIFY(findings && findings->empty());
    QCOMPARE((*reader)->packedFile("one", "CURRENT").error().kind, base::ErrorKind::Unsupported);
    QCOMPARE((*reader)->openDatabase("three").error().kind, base::ErrorKind::NotFound);
    QCOMPARE((*reader)->readLooseFile("x.json", 1).error().kind, base::ErrorKind::NotFound);
    QCOMPARE((*reader)->readLooseFile("_users.json", 1).error().kind, base::ErrorKind::TooLarge);
    QCOMPARE((*(*reader)->openDatabase("one"))->open("nothing").error().kind,
             base::ErrorKind::NotFound);
    const auto log = (*(*reader)->openDatabase("one"))->open("000003.log");
    char byte = 0;
    QVERIFY(!(*log)->readAt((*log)->size(), &byte, 1));
}

void ForeignTest::aFolderOpens()
{
    const Workplace place;
    const Files files = twoDatabases();
    for (const auto &[path, content] : files) {
        QVERIFY(base::makeFolder((place.path("run") / base::fromUtf8(path)).parent_path()));
        QVERIFY(base::writeFileAtomically(place.path("run") / base::fromUtf8(path), content));
    }
    const auto reader = Reader::open(place.path("run"), {});
    QVERIFY2(reader, reader ? "" : qPrintable(reader.error().message));
    QCOMPARE((*reader)->origin(), Origin::Foreign);
    QCOMPARE((*reader)->root(), std::string("run"));
    QVERIFY((*reader)->findings().empty());
    const auto everything = readEverything(**reader);
    QVERIFY(everything && *everything == files);
    const auto findings = (*reader)->checkIntegrity({});
    QVERIFY(findings && findings->empty());
}

void ForeignTest::aDatabaseDirectoryOpens()
{
    const Workplace place;
    Files files;
    addDatabase(files, "mine", "log");
    QVERIFY(base::makeFolder(place.path("mine")));
    for (const auto &[path, content] : files)
        QVERIFY(base::writeFileAtomically(place.path(path), content));
    const auto reader = Reader::open(place.path("mine"), {});
    QVERIFY(reader);
    QCOMPARE((*reader)->databases().size(), size_t{1});
    QCOMPARE((*reader)->databases().front().name, std::string("mine"));
    const auto everything = readEverything(**reader);
    QVERIFY(everything && *everything == files);

    TarBuilder tar; // the same at the top of a tar
    tar.file("CURRENT", "MANIFEST-000002\n").file("MANIFEST-000002", "x").file("000003.log", "log");
    const auto flat = openBytes(tar.end());
    QVERIFY(flat);
    QCOMPARE((*flat)->databases().size(), size_t{1});
    QVERIFY((*flat)->databases().front().whole);
}

void ForeignTest::linksInAFolderAreRefused()
{
    const Workplace place;
    Files files;
    addDatabase(files, "run/mine", "log");
    QVERIFY(base::makeFolder(place.path("run/mine")));
    for (const auto &[path, content] : files)
        QVERIFY(base::writeFileAtomically(place.path(path), content));
    std::filesystem::create_symlink("/etc/passwd", place.path("run/mine/000005.ldb"));
    std::filesystem::create_directory_symlink(place.path("run/mine"), place.path("run/other"));
    QCOMPARE(runCommand(QStringLiteral("mkfifo"),
                        {QString::fromStdString(base::toUtf8(place.path("run/mine/000009.log")))})
                 .exitCode,
             0);
    const auto reader = Reader::open(place.path("run"), {});
    QVERIFY(reader);
    QCOMPARE((*reader)->databases().size(), size_t{1});
    QVERIFY(!(*reader)->databases().front().whole);
    QVERIFY(hasFinding((*reader)->findings(), "refused-link"));
    QVERIFY(hasFinding((*reader)->findings(), "refused-device"));
    const auto everything = readEverything(**reader);
    QVERIFY(everything && everything->size() == 3);
    Reader::Options shallow;
    shallow.limits.maxDepth = 0;
    const auto nothing = Reader::open(place.path("run"), shallow);
    QVERIFY(!nothing && nothing.error().kind == base::ErrorKind::Hostile);
}

void ForeignTest::aFileThatCannotBeReadIsFound()
{
    const Workplace place;
    Files files;
    addDatabase(files, "run/mine", "log");
    QVERIFY(base::makeFolder(place.path("run/mine")));
    for (const auto &[path, content] : files)
        QVERIFY(base::writeFileAtomically(place.path(path), content));
    const auto reader = Reader::open(place.path("run"), {});
    QVERIFY(reader);
    QVERIFY(base::removeFile(place.path("run/mine/000003.log")));
    const auto findings = (*reader)->checkIntegrity({});
    QVERIFY(findings && hasFinding(*findings, "file-unreadable"));
    QVERIFY(!Reader::open(place.path("nowhere"), {}));
}

void ForeignTest::damageIsFound_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("code");
    const std::string tar = tarOf(twoDatabases());
    QTest::newRow("a cut tar") << toQt(tar.substr(0, tar.size() / 2)) << "file-cut";
    QTest::newRow("a tar without its end") << toQt(tar.substr(0, tar.size() - 1024)) << "tar-end";
    for (const auto &[type, name] : {std::pair{KCompressionDevice::Xz, "tar.xz"},
                                     {KCompressionDevice::Zstd, "tar.zst"},
                                     {KCompressionDevice::BZip2, "tar.bz2"}}) {
        const std::string packed = compressed(tar, type);
        QTest::addRow("a cut %s", name)
            << toQt(packed.substr(0, packed.size() / 2)) << "container-cut";
        QTest::addRow("a %s without its last byte", name)
            << toQt(packed.substr(0, packed.size() - 1)) << "container-cut";
        QTest::addRow("a %s with something behind", name)
            << toQt(packed + packed) << "container-trailing";
        std::string flipped = packed;
        flipped[packed.size() / 2] = static_cast<char>(flipped[packed.size() / 2] ^ 1);
        if (type != KCompressionDevice::Zstd) // KArchive writes zstd without a checksum
            QTest::addRow("a %s with a changed byte", name) << toQt(flipped) << "container-data";
    }
    std::string zip = zipOf(twoDatabases());
    const size_t data = zip.find("000003.log") + 100'000;
    zip[data] = static_cast<char>(zip[data] ^ 1);
    QTest::newRow("a zip with a changed byte") << toQt(zip) << "zip-data";
}

void ForeignTest::damageIsFound()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, code);
    const auto reader = openBytes(bytes.toStdString());
    QVERIFY2(reader, reader ? "" : qPrintable(reader.error().message));
    QVERIFY2(hasFinding((*reader)->findings(), code.toStdString()),
             qPrintable(describe((*reader)->findings())));
    const auto again = (*reader)->checkIntegrity({});
    QVERIFY(again && hasFinding(*again, code.toStdString()));
    QVERIFY(readEverything(**reader)); // what is shown can be read
}

void ForeignTest::limitsHold_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("limit");
    const std::string zeros(std::size_t{80} << 20, '\0');
    TarBuilder bomb;
    bomb.file("run/a/CURRENT", "MANIFEST-000002\n").file("run/a/000005.ldb", zeros);
    QTest::newRow("an xz bomb") << toQt(compressed(bomb.end(), KCompressionDevice::Xz)) << "ratio";
    QTest::newRow("a zstd bomb") << toQt(compressed(bomb.end(), KCompressionDevice::Zstd))
                                 << "ratio";
    QTest::newRow("a bzip2 bomb") << toQt(compressed(bomb.end(), KCompressionDevice::BZip2))
                                  << "ratio";
    Files files;
    files["a/000005.ldb"] = zeros;
    QTest::newRow("a zip bomb") << toQt(zipOf(files)) << "ratio";
    QTest::newRow("a tar over the limit") << toQt(bomb.end()) << "uncompressed bytes";
    QTest::newRow("an xz over the limit")
        << toQt(compressed(bomb.end(), KCompressionDevice::Xz)) << "uncompressed bytes";
    QTest::newRow("a zip over the limit") << toQt(zipOf(files)) << "uncompressed bytes";
}

void ForeignTest::limitsHold()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, limit);
    Reader::Options options;
    if (limit == QStringLiteral("ratio"))
        options.limits.maxRatio = 200;
    else
        options.limits.maxTotalBytes = 1 << 20;
    const auto reader = openBytes(bytes.toStdString(), options);
    QVERIFY(!reader);
    QCOMPARE(reader.error().kind, base::ErrorKind::Hostile);
    QVERIFY2(reader.error().message.contains(limit), qPrintable(reader.error().message));
}

void ForeignTest::scratchIsRemoved()
{
    const Workplace place;
    QVERIFY(base::makeFolder(place.path("scratch")));
    Reader::Options options;
    options.scratch = place.path("scratch");
    {
        const auto reader =
            openBytes(compressed(tarOf(twoDatabases()), KCompressionDevice::Xz), options);
        QVERIFY(reader);
        QCOMPARE(namesIn(options.scratch), QStringList()); // gone even while it is open
    }
    QCOMPARE(namesIn(options.scratch), QStringList());
    options.scratch = place.path("nowhere");
    QVERIFY(!openBytes(compressed(tarOf(twoDatabases()), KCompressionDevice::Xz), options));
}

void ForeignTest::aFullDiskIsSaid()
{
    const std::string bytes = compressed(tarOf(twoDatabases()), KCompressionDevice::Xz);
    for (std::uint64_t n = 1; n < 4; ++n) {
        base::failNthFileOperation(n, base::ErrorKind::NoSpace);
        const auto reader = openBytes(bytes);
        base::clearFileFaults();
        if (!reader)
            QCOMPARE(reader.error().kind, base::ErrorKind::NoSpace);
    }
}

void ForeignTest::linksInAZipAreRefused()
{
    const std::string bytes = zipOf(twoDatabases(), [](KZip &zip) {
        zip.writeSymLink(QStringLiteral("run/one/000005.ldb"), QStringLiteral("/etc/passwd"));
        zip.writeFile(QStringLiteral("run/one/notes.doc"), "hello");
    });
    const auto reader = openBytes(bytes);
    QVERIFY(reader);
    QVERIFY2(hasFinding((*reader)->findings(), "refused-link"),
             qPrintable(describe((*reader)->findings())));
    QVERIFY(hasFinding((*reader)->findings(), "ignored-file"));
    QVERIFY(!(*reader)->databases()[0].whole);
    QVERIFY((*reader)->databases()[1].whole);
}

void ForeignTest::isNoBackup_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("an xz of a text")
        << toQt(compressed(std::string(5000, 'x'), KCompressionDevice::Xz));
    QTest::newRow("an xz of nothing") << toQt(compressed("", KCompressionDevice::Xz));
    QTest::newRow("an xz header and garbage") << toQt(std::string("\xfd"
                                                                  "7zXZ\0",
                                                                  6)
                                                      + someBytes(500, 1));
    QTest::newRow("a zip of pictures") << toQt(zipOf({{"a.png", "x"}}));
    QTest::newRow("a zip header and garbage") << toQt("PK\x03\x04" + someBytes(500, 1));
}

void ForeignTest::isNoBackup()
{
    QFETCH(QByteArray, bytes);
    const auto reader = openBytes(bytes.toStdString());
    QVERIFY(!reader);
    QVERIFY(reader.error().kind == base::ErrorKind::Unsupported
            || reader.error().kind == base::ErrorKind::Corrupt);
    QVERIFY2(reader.error().message.startsWith(QStringLiteral("test.tgz ")),
             qPrintable(reader.error().message));
}

void ForeignTest::checkingCanBeCancelled()
{
    const auto cancel = [](std::uint64_t) -> base::Status {
        return base::Error{base::ErrorKind::Cancelled, QStringLiteral("Stopped."), {}};
    };
    const std::string tar = tarOf(twoDatabases());
    for (const std::string &bytes : {tar, compressed(tar, KCompressionDevice::Xz), gzipOf(tar),
                                     zipOf(twoDatabases()), archiveBytes(twoDatabases())}) {
        const auto reader = openBytes(bytes);
        QVERIFY(reader);
        const auto findings = (*reader)->checkIntegrity(cancel);
        QVERIFY(!findings);
        QCOMPARE(findings.error().kind, base::ErrorKind::Cancelled);
    }
}

QTEST_GUILESS_MAIN(ForeignTest)
#include "foreign_test.moc"
