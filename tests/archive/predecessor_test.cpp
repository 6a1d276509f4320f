#include "core/archive/gzipscan.h"
#include "core/archive/reader.h"
#include "tests/archive/archivetesting.h"
#include "tests/archive/tarbuilder.h"

#include <QTest>

#include <QFile>
#include <QRegularExpression>

#include <atomic>
#include <random>
#include <set>
#include <thread>

using namespace archivetesting;
using archive::Origin;
using archive::Reader;

namespace {

const std::string kRunFolder = "./backups/2026-11-23T16_03_52.749Z";

/// What the predecessor's tar would look like: folders first, then files, LOCK and LOG among them.
std::string predecessorTar(const Files &files)
{
    TarBuilder tar;
    tar.folder(kRunFolder + '/');
    std::set<std::string> folders;
    for (const auto &[path, content] : files) {
        if (const size_t slash = path.rfind('/'); slash != std::string::npos)
            folders.insert(path.substr(0, slash));
    }
    for (const std::string &folder : folders)
        tar.folder(kRunFolder + '/' + folder + '/');
    for (const auto &[path, content] : files)
        tar.file(kRunFolder + '/' + path, content);
    return tar.end();
}

Files threeDatabases(size_t logBytes)
{
    Files files;
    addDatabase(files, "aa", someBytes(logBytes, 1, 4));
    addDatabase(files, "bb", someBytes(logBytes, 2, 4));
    addDatabase(files, "cc", someBytes(logBytes, 3, 4));
    files["_users.json"] = "[]";
    return files;
}

} // namespace

class PredecessorTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void fixturesReadLikeGnuTar_data();
    void fixturesReadLikeGnuTar();
    void randomReadsAgreeWithTheStream();
    void severalThreadsReadAtOnce();
    void windowsStayBounded();
    void aCutArchiveShowsWhatIsWhole();
    void aDatabaseWithoutItsManifestIsNotWhole();
    void membersMayFollowInsideTheTar();
    void aFileThatChangesWhileOpenIsNoticed();
    void openingCanBeCancelled();
};

void PredecessorTest::fixturesReadLikeGnuTar_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("root");
    QTest::addColumn<int>("databases");
    QTest::newRow("a backup made with PouchDB 7.3")
        << "made-by-pouchdb-7.3.0/2026-11-23T16_03_52.749Z.tgz"
        << "backups/2026-11-23T16_03_52.749Z" << 9;
    QTest::newRow("a backup made with PouchDB 9.0")
        << "made-by-pouchdb-9.0.0/2026-11-23T16_03_59.379Z.tgz"
        << "backups/2026-11-23T16_03_59.379Z" << 9;
    QTest::newRow("packed by GNU tar, 7.3") << "made-by-pouchdb-7.3.0/native.tgz"
                                            << "native" << 4;
    QTest::newRow("packed by GNU tar, 9.0") << "made-by-pouchdb-9.0.0/native.tgz"
                                            << "native" << 4;
}

void PredecessorTest::fixturesReadLikeGnuTar()
{
    QFETCH(QString, name);
    QFETCH(QString, root);
    QFETCH(int, databases);
    const QString path = QStringLiteral(FM_SOURCE_DIR "/tests/data/pouchdb/") + name;
    const auto reader = Reader::open(base::fromUtf8(path.toStdString()), {});
    QVERIFY2(reader, reader ? "" : qPrintable(reader.error().message));
    QCOMPARE((*reader)->origin(), Origin::Predecessor);
    QVERIFY2((*reader)->findings().empty(), qPrintable(describe((*reader)->findings())));
    QCOMPARE(QString::fromStdString((*reader)->root()), root);
    QCOMPARE((*reader)->databases().size(), static_cast<size_t>(databases));

    const Workplace place;
    QVERIFY(base::makeFolder(place.path("out")));
    const QString out = QString::fromStdString(base::toUtf8(place.path("out")));
    QCOMPARE(
        runCommand(QStringLiteral("tar"), {QStringLiteral("xzf"), path, QStringLiteral("-C"), out})
            .exitCode,
        0);
    const auto everything = readEverything(**reader);
    QVERIFY(everything);
    for (const auto &[file, content] : *everything) {
        const auto unpacked = base::readFile(
            place.path("out") / base::fromUtf8(root.toStdString()) / base::fromUtf8(file), 1 << 24);
        QVERIFY2(unpacked && *unpacked == content, file.c_str());
    }
    const CommandOutput count =
        runCommand(QStringLiteral("find"), {out, QStringLiteral("-type"), QStringLiteral("f")});
    QCOMPARE(static_cast<size_t>(count.out.count('\n')), everything->size());

    const auto findings = (*reader)->checkIntegrity({});
    QVERIFY(findings && findings->empty());
}

void PredecessorTest::randomReadsAgreeWithTheStream()
{
    const Files files = threeDatabases(size_t{30} << 20);
    const auto reader = openBytes(gzipOf(predecessorTar(files)));
    QVERIFY2(reader, reader ? "" : qPrintable(reader.error().message));
    QVERIFY2((*reader)->findings().empty(), qPrintable(describe((*reader)->findings())));
    std::minstd_rand random(7);
    std::map<std::string, std::shared_ptr<const base::RandomReader>> open;
    for (const char *name : {"aa", "bb", "cc"})
        open[name] = *(*(*reader)->openDatabase(name))->open("000003.log");
    for (int i = 0; i < 300; ++i) {
        const std::string name(2, static_cast<char>('a' + random() % 3));
        const std::string &expected = files.at(name + "/000003.log");
        const size_t offset = random() % expected.size();
        const size_t length = std::min<size_t>(random() % 100'000, expected.size() - offset);
        std::string got(length, '\0');
        QVERIFY(open[name]->readAt(offset, got.data(), length));
        QVERIFY(got == expected.substr(offset, length));
    }
    QVERIFY(!open["aa"]->readAt(open["aa"]->size(),
                                open["aa"] ? std::string(1, '\0').data() : nullptr, 1));
    const auto everything = readEverything(**reader);
    QVERIFY(everything && *everything == files);
}

void PredecessorTest::severalThreadsReadAtOnce()
{
    const Files files = threeDatabases(size_t{8} << 20);
    const auto reader = openBytes(gzipOf(predecessorTar(files)));
    QVERIFY(reader);
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (const std::string name : {"aa", "bb", "cc", "aa", "cc"}) {
        threads.emplace_back([&, name] {
            const auto file = *(*(*reader)->openDatabase(name))->open("000003.log");
            const auto content = base::readWhole(*file, std::uint64_t{1} << 30);
            if (!content || *content != files.at(name + "/000003.log"))
                ++wrong;
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(wrong.load(), 0);
}

void PredecessorTest::windowsStayBounded()
{
    archive::CheckpointIndex index;
    index.addMember(0, 10);
    std::uint64_t content = 0;
    for (; content < (std::uint64_t{1} << 40); content += 1 << 20) {
        if (index.wants(content))
            index.addBlock({content, content / 4, 3, std::string(100, 'w')});
    }
    QVERIFY(index.windows() < archive::CheckpointIndex::kMaxWindows);
    QVERIFY(index.windows() > archive::CheckpointIndex::kMaxWindows / 4);
    QCOMPARE(index.before(0).content, std::uint64_t{0});
    const auto &middle = index.before(content / 2);
    QVERIFY(middle.content <= content / 2 && content / 2 - middle.content <= content / 100);
}

void PredecessorTest::aCutArchiveShowsWhatIsWhole()
{
    const Files files = threeDatabases(300'000);
    const std::string whole = gzipOf(predecessorTar(files));
    const auto reader = openBytes(whole.substr(0, whole.size() / 2));
    QVERIFY2(reader, reader ? "" : qPrintable(reader.error().message));
    QVERIFY(hasFinding((*reader)->findings(), "gzip-cut"));
    QVERIFY(hasFinding((*reader)->findings(), "file-cut"));
    const auto databases = (*reader)->databases();
    QCOMPARE(databases.size(), size_t{3});
    QVERIFY(databases[0].whole);
    QVERIFY(!databases[1].whole);
    QVERIFY(!databases[2].whole);
    const auto everything = readEverything(**reader);
    QVERIFY(everything);
    QVERIFY(everything->at("aa/000003.log") == files.at("aa/000003.log"));
    for (const auto &[path, content] : *everything)
        QVERIFY2(files.at(path) == content, path.c_str());
}

void PredecessorTest::aDatabaseWithoutItsManifestIsNotWhole()
{
    Files files = threeDatabases(1000);
    files.erase("aa/MANIFEST-000002");
    files["bb/CURRENT"] = "MANIFEST-000099\n";
    files.erase("cc/CURRENT");
    const auto reader = openBytes(gzipOf(predecessorTar(files)));
    QVERIFY(reader);
    for (const auto &database : (*reader)->databases())
        QVERIFY2(!database.whole, database.name.c_str());
    QCOMPARE((*reader)->findings().size(), size_t{3});
    QVERIFY(hasFinding((*reader)->findings(), "database-incomplete"));
}

void PredecessorTest::membersMayFollowInsideTheTar()
{
    const Files files = threeDatabases(100'000);
    const std::string tar = predecessorTar(files);
    const std::string members =
        gzipOf(tar.substr(0, 70'000)) + gzipOf(tar.substr(70'000, 0)) + gzipOf(tar.substr(70'000));
    const auto reader = openBytes(members);
    QVERIFY(reader);
    QVERIFY2((*reader)->findings().empty(), qPrintable(describe((*reader)->findings())));
    const auto everything = readEverything(**reader);
    QVERIFY(everything && *everything == files);
    const auto doubled = openBytes(members + members);
    QVERIFY(doubled && hasFinding((*doubled)->findings(), "gzip-trailing"));
}

void PredecessorTest::aFileThatChangesWhileOpenIsNoticed()
{
    const Files files = threeDatabases(2'000'000);
    const std::string bytes = gzipOf(predecessorTar(files));
    const Workplace place;
    QVERIFY(!place.write("a.tgz", bytes).empty());
    const auto reader = Reader::open(place.path("a.tgz"), {});
    QVERIFY(reader);
    const QString path = QString::fromStdString(base::toUtf8(place.path("a.tgz")));
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadWrite));
    QVERIFY(file.seek(static_cast<qint64>(bytes.size() / 2)) && file.write("changed!", 8) == 8);
    file.close();
    QVERIFY(!readEverything(**reader));
}

void PredecessorTest::openingCanBeCancelled()
{
    Reader::Options options;
    std::uint64_t seen = 0;
    options.progress = [&seen](std::uint64_t bytes) -> base::Status {
        seen = bytes;
        return base::Error{base::ErrorKind::Cancelled, QStringLiteral("Stopped."), {}};
    };
    const auto reader = openBytes(gzipOf(predecessorTar(threeDatabases(2'000'000))), options);
    QVERIFY(!reader);
    QCOMPARE(reader.error().kind, base::ErrorKind::Cancelled);
    QVERIFY(seen > 0);
}

QTEST_GUILESS_MAIN(PredecessorTest)
#include "predecessor_test.moc"
