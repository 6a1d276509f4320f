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
#include <QTest>

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
    addDatabase(files, "stra\xc3\x9f" "e \xe6\x97\xa5\xe6\x9c\xac", "not only ASCII");
    addDatabase(files, std::string(60, 'x') + "-\xc3\xa4\xc3\xb6\xc3\xbc" + std::string(60, 'y'), "long and not ASCII");
    for (const char *name : {"000005.ldb", "LOCK", "LOG", "000007.sst", "1.big"})
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
    const CommandOutput unpack = runCommand(QStringLiteral("tar"), {QStringLiteral("xzf"), path, QStringLiteral("-C"),
                                                                    QString::fromStdString(base::toUtf8(place.path("out")))});
    QCOMPARE(unpack.exitCode, 0);
    QCOMPARE(unpack.err, QByteArray());
    for (const auto &[name, content] : files) {
        const auto unpacked = base::readFile(place.path("out") / kRoot / base::fromUtf8(name), 64 * kMiB);
        QVERIFY2(unpacked, name.c_str());
        QVERIFY2(*unpacked == content, name.c_str());
    }
}

void WriterTest::ktarReadsIt()
{
    const Workplace place;
    const Files files = allSizes();
    QCOMPARE(writeArchive(place.path("a.tgz"), files), std::string());
    KTar tar(QString::fromStdString(base::toUtf8(place.path("a.tgz"))), QStringLiteral("application/x-gzip"));
    QVERIFY(tar.open(QIODevice::ReadOnly));
    for (const auto &[name, content] : files) {
        const KArchiveFile *file = tar.directory()->file(QLatin1String(kRoot) + QLatin1Char('/') + QString::fromStdString(name));
        QVERIFY2(file != nullptr, name.c_str());
        QVERIFY2(file->data().toStdString() == content, name.c_str());
    }
    tar.close();
}

QTEST_GUILESS_MAIN(WriterTest)
#include "writer_test.moc"
