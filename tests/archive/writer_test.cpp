#include "core/archive/entrypath.h"
#include "core/archive/footer.h"
#include "core/archive/gzipmember.h"
#include "core/archive/toc.h"
#include "core/archive/writer.h"
#include "core/base/filefaults.h"
#include "tests/archive/archivetesting.h"

#include <KTar>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QTest>

#include <cstring>
#include <set>

using namespace archivetesting;
using archive::Reader;
using archive::Writer;

namespace {

constexpr size_t kMiB = size_t{1} << 20;

Files allSizes()
{
    Files files;
    addDatabase(files, "empty", "");
    addDatabase(files, "full-chunk", someBytes(4 * kMiB, 1));
    addDatabase(files, "one-more", someBytes(4 * kMiB + 1, 2));
    addDatabase(files, "large", someBytes(20 * kMiB, 3, 8));
    addDatabase(files, std::string(90, 'l') + "-long-name", "a path of more than 100 bytes");
    addDatabase(files,
                "stra\xc3\x9f"
                "e \xe6\x97\xa5\xe6\x9c\xac",
                "not only ASCII");
    addDatabase(files, std::string(60, 'x') + "-\xc3\xa4\xc3\xb6\xc3\xbc" + std::string(60, 'y'),
                "long and not ASCII");
    for (const char *name : {"000005.ldb", "LOCK", "LOG", "000007.sst",
                             "oversize-d41d8cd98f00b204e9800998ecf8427e-0001"})
        files[std::string("one-more/") + name] = name;
    files["manifest.json"] = "{}";
    files["README.txt"] = "read me";
    return files;
}

} // namespace

class WriterTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void roundTrip_data();
    void roundTrip();
    void otherToolsReadIt();
    void ktarReadsIt();
    void isAnEstargz();
    void sameContentSameBytes();
    void timesComeFromTheRoot();
    void packedFilesAreTakenOver();
    void aDamagedPackedFileIsRefused();
    void refusesWhatNoReaderWouldShow_data();
    void refusesWhatNoReaderWouldShow();
    void filesOfEightGigabytesAreRefused();
    void aReaderThatFailsFailsTheArchive();
    void everyWriteErrorIsReported();
    void manySmallEntriesShareMembers();
    void anUnfinishedWriterEndsItsThreads();
};

void WriterTest::roundTrip_data()
{
    QTest::addColumn<int>("threads");
    QTest::addColumn<int>("level");
    QTest::newRow("one thread, fastest") << 1 << 1;
    QTest::newRow("two threads, as usual") << 2 << 5;
    QTest::newRow("many threads") << 7 << 3;
}

void WriterTest::roundTrip()
{
    QFETCH(int, threads);
    QFETCH(int, level);
    const Workplace place;
    const Files files = allSizes();
    Writer::Options options;
    options.threads = threads;
    options.level = level;
    QCOMPARE(writeArchive(place.path("a.tgz"), files, options), std::string());

    const auto reader = Reader::open(place.path("a.tgz"), {});
    QVERIFY2(reader, reader ? "" : qPrintable(reader.error().message));
    QCOMPARE((*reader)->origin(), archive::Origin::Ours);
    QCOMPARE((*reader)->root(), std::string(kRoot));
    QVERIFY2((*reader)->findings().empty(), qPrintable(describe((*reader)->findings())));
    auto everything = readEverything(**reader);
    QVERIFY2(everything, everything ? "" : qPrintable(everything.error().message));
    everything->erase("format.json");
    QVERIFY(*everything == files);
    for (const auto &database : (*reader)->databases())
        QVERIFY(database.whole);

    const auto findings = (*reader)->checkIntegrity({});
    QVERIFY2(findings, findings ? "" : qPrintable(findings.error().message));
    QVERIFY2(findings->empty(), qPrintable(describe(*findings)));
}

void WriterTest::otherToolsReadIt()
{
    const Workplace place;
    const Files files = allSizes();
    QCOMPARE(writeArchive(place.path("a.tgz"), files), std::string());
    const QString path = QString::fromStdString(base::toUtf8(place.path("a.tgz")));

    const CommandOutput gzip = runCommand(QStringLiteral("gzip"), {QStringLiteral("-tv"), path});
    QCOMPARE(gzip.exitCode, 0);
    const CommandOutput list = runCommand(QStringLiteral("tar"), {QStringLiteral("tvzf"), path});
    QCOMPARE(list.exitCode, 0);
    QCOMPARE(list.err, QByteArray());
    QVERIFY(list.out.contains("drwx------ 0/0"));
    QVERIFY(list.out.contains("-rw------- 0/0"));
    QVERIFY(list.out.contains("2026-11-23 03:00"));

    QVERIFY(base::makeFolder(place.path("out")));
    const CommandOutput unpack =
        runCommand(QStringLiteral("tar"),
                   {QStringLiteral("xzf"), path, QStringLiteral("-C"),
                    QString::fromStdString(base::toUtf8(place.path("out")))});
    QCOMPARE(unpack.exitCode, 0);
    QCOMPARE(unpack.err, QByteArray());
    for (const auto &[name, content] : files) {
        const auto unpacked =
            base::readFile(place.path("out") / kRoot / base::fromUtf8(name), 64 * kMiB);
        QVERIFY2(unpacked, name.c_str());
        QVERIFY2(*unpacked == content, name.c_str());
    }
}

void WriterTest::ktarReadsIt()
{
    const Workplace place;
    const Files files = allSizes();
    QCOMPARE(writeArchive(place.path("a.tgz"), files), std::string());
    KTar tar(QString::fromStdString(base::toUtf8(place.path("a.tgz"))),
             QStringLiteral("application/x-gzip"));
    QVERIFY(tar.open(QIODevice::ReadOnly));
    for (const auto &[name, content] : files) {
        const KArchiveFile *file = tar.directory()->file(QLatin1String(kRoot) + QLatin1Char('/')
                                                         + QString::fromStdString(name));
        QVERIFY2(file != nullptr, name.c_str());
        QVERIFY2(file->data().toStdString() == content, name.c_str());
    }
    tar.close();
}

namespace {

/// The TOC as any JSON reader sees it, with the members' offsets.
QJsonObject tocOf(const std::string &bytes, std::uint64_t &tocOffset)
{
    tocOffset =
        archive::decodeFooter(std::string_view(bytes).substr(bytes.size() - archive::kFooterBytes))
            .value_or(0);
    const auto json = archive::decodeTocMember(std::string_view(bytes).substr(
        tocOffset, bytes.size() - archive::kFooterBytes - tocOffset));
    return json ? QJsonDocument::fromJson(QByteArray::fromStdString(*json)).object()
                : QJsonObject();
}

QString sha256Text(std::string_view bytes)
{
    return QStringLiteral("sha256:") + QString::fromStdString(base::sha256Hex(bytes));
}

/// A writer into a new file of `place`.
std::unique_ptr<Writer> writerIn(const Workplace &place, const std::string &name)
{
    auto file = base::File::create(place.path(name));
    return *Writer::create(*std::move(file), kRoot, {});
}

} // namespace

/// The rules of eStargz, checked with eyes that know nothing of the reader.
void WriterTest::isAnEstargz()
{
    const Files files = allSizes();
    const std::string bytes = archiveBytes(files);
    std::uint64_t tocOffset = 0;
    const QJsonObject toc = tocOf(bytes, tocOffset);
    QCOMPARE(toc[QStringLiteral("version")].toInt(), 1);
    std::set<std::uint64_t> memberOffsets;
    std::uint64_t end = 0;
    const QJsonArray members = toc[QStringLiteral("members")].toArray();
    for (const QJsonValue &member : members) {
        const auto offset = static_cast<std::uint64_t>(member[0].toInteger());
        const auto size = static_cast<size_t>(member[1].toInteger());
        QCOMPARE(offset, end);
        end = offset + size;
        memberOffsets.insert(offset);
        QCOMPARE(
            member[3].toString(),
            QString::fromStdString(base::sha256Hex(std::string_view(bytes).substr(offset, size))));
    }
    QCOMPARE(end, tocOffset);
    QVERIFY(memberOffsets.contains(0));
    size_t filesSeen = 0;
    const QJsonArray entries = toc[QStringLiteral("entries")].toArray();
    QCOMPARE(entries[0][QStringLiteral("name")].toString(),
             QLatin1String(kRoot) + QLatin1Char('/'));
    QCOMPARE(entries[1][QStringLiteral("name")].toString(),
             QLatin1String(kRoot) + QStringLiteral("/format.json"));
    for (const QJsonValue &value : entries) {
        const QJsonObject entry = value.toObject();
        const std::string name = entry[QStringLiteral("name")].toString().toStdString();
        const QString type = entry[QStringLiteral("type")].toString();
        if (type == QStringLiteral("dir")) {
            QVERIFY(name.ends_with('/'));
            continue;
        }
        const auto file = files.find(name.substr(std::strlen(kRoot) + 1));
        if (file == files.end())
            continue; // format.json
        const std::string &content = file->second;
        if (type == QStringLiteral("reg")) {
            ++filesSeen;
            QCOMPARE(static_cast<size_t>(entry[QStringLiteral("size")].toInteger()),
                     content.size());
            QCOMPARE(entry[QStringLiteral("digest")].toString(), sha256Text(content));
        }
        if (content.empty())
            continue;
        QVERIFY(memberOffsets.contains(
            static_cast<std::uint64_t>(entry[QStringLiteral("offset")].toInteger())));
        const auto begin = static_cast<size_t>(entry[QStringLiteral("chunkOffset")].toInteger());
        const auto size = static_cast<size_t>(entry[QStringLiteral("chunkSize")].toInteger());
        const std::string_view chunk =
            std::string_view(content).substr(begin, size == 0 ? std::string::npos : size);
        QVERIFY(chunk.size() <= archive::kChunkBytes);
        QCOMPARE(entry[QStringLiteral("chunkDigest")].toString(), sha256Text(chunk));
    }
    QCOMPARE(filesSeen, files.size());
}

void WriterTest::sameContentSameBytes()
{
    Writer::Options one;
    one.threads = 1;
    Writer::Options four;
    four.threads = 4;
    QVERIFY(archiveBytes(allSizes(), one) == archiveBytes(allSizes(), four));
}

void WriterTest::timesComeFromTheRoot()
{
    std::uint64_t tocOffset = 0;
    const auto timeOf = [&tocOffset](const std::string &bytes) {
        return tocOf(bytes, tocOffset)[QStringLiteral("entries")][0][QStringLiteral("modtime")]
            .toString();
    };
    QCOMPARE(timeOf(archiveBytes({{"manifest.json", "{}"}})),
             QStringLiteral("2026-11-23T03:00:00Z"));
    Writer::Options options;
    options.modified = std::chrono::system_clock::from_time_t(1'000'000'000);
    QCOMPARE(timeOf(archiveBytes({{"manifest.json", "{}"}}, options)),
             QStringLiteral("2001-09-09T01:46:40Z"));
}

void WriterTest::packedFilesAreTakenOver()
{
    const Workplace place;
    const Files files = allSizes();
    QCOMPARE(writeArchive(place.path("old.tgz"), files), std::string());
    const auto old = Reader::open(place.path("old.tgz"), {});
    QVERIFY(old);
    const auto writer = writerIn(place, "new.tgz");
    QVERIFY(writer->addFolder(""));
    QVERIFY(writer->addBytes("format.json", *(*old)->readLooseFile("format.json", 1000)));
    for (const auto &database : (*old)->databases()) {
        QVERIFY(writer->addFolder(database.directory));
        const auto set = (*old)->openDatabase(database.directory);
        for (const auto &file : (*set)->files()) {
            const auto packed = (*old)->packedFile(database.directory, file.name);
            QVERIFY(packed);
            QVERIFY(writer->addPacked(database.directory + '/' + file.name, *packed));
        }
    }
    QVERIFY(writer->finish());
    const auto reader = Reader::open(place.path("new.tgz"), {});
    QVERIFY(reader);
    const auto findings = (*reader)->checkIntegrity({});
    QVERIFY2(findings && findings->empty(), findings ? qPrintable(describe(*findings)) : "");
    auto everything = readEverything(**reader);
    QVERIFY(everything);
    for (const char *loose : {"manifest.json", "README.txt"})
        QVERIFY(!everything->contains(loose));
    QCOMPARE(everything->size(), files.size() - 2 + 1);
    for (const auto &[path, content] : files)
        QVERIFY2(!everything->contains(path) || everything->at(path) == content, path.c_str());
    QCOMPARE((*old)->packedFile("large", "nothing").error().kind, base::ErrorKind::NotFound);
    QCOMPARE((*old)->packedFile("nothing", "CURRENT").error().kind, base::ErrorKind::NotFound);
}

void WriterTest::aDamagedPackedFileIsRefused()
{
    const Workplace place;
    std::string bytes = archiveBytes(allSizes());
    const auto old = openBytes(bytes);
    QVERIFY(old);
    auto packed = (*old)->packedFile("large", "000003.log");
    QVERIFY(packed);
    const size_t at = packed->chunks[2].offset + 100;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    packed->archive = std::make_shared<base::MemoryReader>(bytes);
    const auto writer = writerIn(place, "new.tgz");
    QVERIFY(writer->addFolder(""));
    const base::Status added = writer->addPacked("large/000003.log", *packed);
    QVERIFY(!added);
    QCOMPARE(added.error().kind, base::ErrorKind::Corrupt);
    QCOMPARE(writer->finish().error().kind, base::ErrorKind::Corrupt); // and so for ever
    packed->archive = std::make_shared<base::MemoryReader>(bytes.substr(0, 1000));
    const auto other = writerIn(place, "other.tgz");
    QVERIFY(!other->addPacked("large/000003.log", *packed));
}

void WriterTest::refusesWhatNoReaderWouldShow_data()
{
    QTest::addColumn<QByteArray>("path");
    for (const char *path :
         {"../x", "a//b", "/a", "a\\b", "a/../b", "a ", "a.", "a\nb", "\xff", "."})
        QTest::addRow("the path %s", QByteArray(path).toPercentEncoding().constData())
            << QByteArray(path);
    QTest::newRow("a path that is there already") << QByteArray("taken");
    QTest::newRow("a path that differs in case") << QByteArray("TAKEN");
    QTest::newRow("a path of 1,100 bytes") << QByteArray(1100, 'x');
}

void WriterTest::refusesWhatNoReaderWouldShow()
{
    QFETCH(QByteArray, path);
    const Workplace place;
    for (const bool folder : {false, true}) {
        const auto writer = writerIn(place, folder ? "b" : "a");
        QVERIFY(writer->addFolder(""));
        QVERIFY(writer->addBytes("taken", "x"));
        QVERIFY(!(folder ? writer->addFolder(path.toStdString())
                         : writer->addBytes(path.toStdString(), "y")));
        QVERIFY(!writer->finish());
    }
    QVERIFY(!Writer::create(*base::File::create(place.path("c")), "a/b", {}));
    QVERIFY(!Writer::create(*base::File::create(place.path("d")), "..", {}));
}

void WriterTest::filesOfEightGigabytesAreRefused()
{
    class Huge final : public base::RandomReader
    {
    public:
        [[nodiscard]] std::uint64_t size() const override { return std::uint64_t{8} << 30; }
        [[nodiscard]] base::Status readAt(std::uint64_t, char *, size_t) const override
        {
            return {};
        }
    };
    const Workplace place;
    const auto writer = writerIn(place, "a");
    const base::Status added = writer->addFile("huge.ldb", Huge());
    QVERIFY(!added);
    QCOMPARE(added.error().kind, base::ErrorKind::TooLarge);
}

void WriterTest::aReaderThatFailsFailsTheArchive()
{
    class Failing final : public base::RandomReader
    {
    public:
        [[nodiscard]] std::uint64_t size() const override { return 10 * kMiB; }
        [[nodiscard]] base::Status readAt(std::uint64_t offset, char *out,
                                          size_t length) const override
        {
            std::memset(out, 'x', length);
            return offset > 0
                ? base::Status(base::Error{base::ErrorKind::Io, QStringLiteral("no"), {}})
                : base::Status{};
        }
    };
    const Workplace place;
    const auto writer = writerIn(place, "a");
    QVERIFY(writer->addFolder(""));
    QCOMPARE(writer->addFile("x.ldb", Failing()).error().kind, base::ErrorKind::Io);
    QCOMPARE(writer->addBytes("y", "y").error().kind, base::ErrorKind::Io);
    QCOMPARE(writer->finish().error().kind, base::ErrorKind::Io);
}

/// The n-th write, sync or close fails, for every n until one run passes.
void WriterTest::everyWriteErrorIsReported()
{
    Files files;
    addDatabase(files, "db", someBytes(9 * kMiB, 1));
    const Workplace place;
    int failed = 0;
    for (std::uint64_t n = 2;; ++n) { // the first one creates the file
        auto file = base::File::create(place.path(std::to_string(n)));
        QVERIFY(file);
        const auto writer = *Writer::create(*std::move(file), kRoot, {});
        base::failNthFileOperation(n - 1, base::ErrorKind::NoSpace);
        base::Status status = writer->addFolder("");
        for (const auto &[path, content] : files) {
            if (status)
                status = writer->addBytes(path, content);
        }
        const auto size = writer->finish();
        base::clearFileFaults();
        if (size)
            break;
        ++failed;
        QCOMPARE(size.error().kind, base::ErrorKind::NoSpace);
        QVERIFY(!writer->finish()); // stays so
    }
    QVERIFY(failed >= 9);
}

void WriterTest::manySmallEntriesShareMembers()
{
    const Workplace place;
    const auto writer = writerIn(place, "a");
    QVERIFY(writer->addFolder(""));
    for (int i = 0; i < 3000; ++i)
        QVERIFY(writer->addFolder("d" + std::to_string(i)));
    QVERIFY(writer->addBytes("d1/LOCK", ""));
    QVERIFY(writer->finish());
    QVERIFY(!writer->addBytes("late", "x")); // it is finished
    const auto bytes = base::readFile(place.path("a"), 10 * kMiB);
    QVERIFY(bytes);
    std::uint64_t tocOffset = 0;
    QCOMPARE(tocOf(*bytes, tocOffset)[QStringLiteral("members")].toArray().size(),
             2); // cut at 1 MiB
}

void WriterTest::anUnfinishedWriterEndsItsThreads()
{
    const Workplace place;
    for (int i = 0; i < 20; ++i) {
        const auto writer = writerIn(place, std::to_string(i));
        QVERIFY(writer->addBytes("x.ldb", std::string(6 * kMiB, 'x')));
    }
}

QTEST_GUILESS_MAIN(WriterTest)
#include "writer_test.moc"
