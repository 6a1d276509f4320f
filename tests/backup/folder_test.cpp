#include "core/backup/folder.h"
#include "tests/backup/backuptesting.h"

using backup::Folder;
using base::ErrorKind;
using testsupport::namesIn;
namespace fs = base::fs;

/// The folder of the archives: whose it is, what may be removed from it, and what never is.
class FolderTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void cleanup() { base::clearFileFaults(); }

    void isMade();
    void isKnownAgain();
    void knownDiskThatIsGone();
    void knownByAnyWayOfWritingIt();
    void damagedListOfFolders_data();
    void damagedListOfFolders();
    void fileInItsPlace();
    void withoutAPath();
    void isLocked();
    void leftovers_data();
    void leftovers();
    void linksAreRemovedNotFollowed();
    void leftoverThatCannotBeRemoved();
    void archivesInOrder();
    void timestamps_data();
    void timestamps();
    void spaceIsRefusedWithNumbers();
    void publishes();
    void publishReplacesNothing();
    void everyFileOperationMayFail();
};

namespace {

struct Place {
    testsupport::TemporaryFolder folder;
    Folder::Options options{folder.path("backups"), folder.path("state")};

    void write(const std::string &name, const std::string &bytes = "x") const
    {
        if (!base::makeFolder((options.path / name).parent_path())
            || !base::writeFileAtomically(options.path / name, bytes))
            qFatal("cannot write");
    }
};

} // namespace

void FolderTest::isMade()
{
    const Place place;
    {
        const auto folder = Folder::open(place.options);
        VERIFY_GOOD(folder);
        QVERIFY((*folder)->removedLeftovers().empty());
        QVERIFY((*folder)->archives().empty());
    }
    QVERIFY(fs::exists(place.options.path / ".focus-monitor-folder"));
    const auto known = base::readFile(place.options.stateFolder / "known-folders.json", 1000);
    VERIFY_GOOD(known);
    QVERIFY(known->find("backups") != std::string::npos);
}

void FolderTest::isKnownAgain()
{
    const Place place;
    QVERIFY(Folder::open(place.options));
    const auto marker = base::readFile(place.options.path / ".focus-monitor-folder", 100);
    QVERIFY(Folder::open(place.options));
    QCOMPARE(*base::readFile(place.options.path / ".focus-monitor-folder", 100), *marker);
    QCOMPARE(
        base::readFile(place.options.stateFolder / "known-folders.json", 1000)->find("backups"),
        base::readFile(place.options.stateFolder / "known-folders.json", 1000)->rfind("backups"));
}

/// A mount point without its disk looks like an empty folder.
void FolderTest::knownDiskThatIsGone()
{
    const Place place;
    QVERIFY(Folder::open(place.options));
    for (const bool mountPointIsThere : {true, false}) {
        fs::remove_all(place.options.path);
        if (mountPointIsThere)
            fs::create_directory(place.options.path);
        const auto folder = Folder::open(place.options);
        QVERIFY(!folder);
        QCOMPARE(folder.error().kind, ErrorKind::Io);
        QVERIFY(folder.error().message.contains(QStringLiteral("The backup disk is not there")));
        QCOMPARE(fs::exists(place.options.path), mountPointIsThere);
        QVERIFY(!mountPointIsThere || fs::is_empty(place.options.path));
    }
    Folder::Options forgetful = place.options;
    forgetful.stateFolder.clear();
    QVERIFY(Folder::open(forgetful));
}

void FolderTest::knownByAnyWayOfWritingIt()
{
    const Place place;
    QVERIFY(Folder::open(place.options));
    fs::remove_all(place.options.path);
    for (const char *other : {"", "../backups", "./x/../"}) {
        Folder::Options options = place.options;
        options.path = options.path / other;
        QVERIFY2(!Folder::open(options), other);
    }
}

void FolderTest::damagedListOfFolders_data()
{
    QTest::addColumn<std::string>("text");
    QTest::newRow("empty") << std::string();
    QTest::newRow("cut") << std::string("[\"/somewhe");
    QTest::newRow("not a list") << std::string("{}");
    QTest::newRow("two megabytes") << '[' + std::string(size_t(2) << 20, ' ') + ']';
}

void FolderTest::damagedListOfFolders()
{
    QFETCH(const std::string, text);
    const Place place;
    QVERIFY(base::makeFolder(place.options.stateFolder));
    QVERIFY(base::writeFileAtomically(place.options.stateFolder / "known-folders.json", text));
    const auto folder = Folder::open(place.options);
    QVERIFY(!folder);
    QVERIFY(folder.error().message.contains(QStringLiteral("known-folders.json")));
    QVERIFY(!fs::exists(place.options.path));
    QCOMPARE(*base::readFile(place.options.stateFolder / "known-folders.json", 1 << 22), text);
}

void FolderTest::fileInItsPlace()
{
    const Place place;
    QVERIFY(base::writeFileAtomically(place.options.path, "important"));
    const auto folder = Folder::open(place.options);
    QVERIFY(!folder);
    QVERIFY(folder.error().message.contains(QStringLiteral("is a file, not a folder")));
    QCOMPARE(*base::readFile(place.options.path, 100), std::string("important"));
}

void FolderTest::withoutAPath()
{
    const auto folder = Folder::open({});
    QVERIFY(!folder);
    QCOMPARE(folder.error().kind, ErrorKind::Io);
}

void FolderTest::isLocked()
{
    const Place place;
    auto first = Folder::open(place.options);
    VERIFY_GOOD(first);
    place.write("2026-11-23T03_00_00.000Z.tgz.partial");
    const auto second = Folder::open(place.options);
    QVERIFY(!second);
    QCOMPARE(second.error().kind, ErrorKind::Locked);
    QVERIFY(fs::exists(place.options.path / "2026-11-23T03_00_00.000Z.tgz.partial"));
    first = testsupport::fakeError(ErrorKind::Io); // closes it
    QVERIFY(Folder::open(place.options));
}

void FolderTest::leftovers_data()
{
    QTest::addColumn<std::string>("name");
    QTest::addColumn<bool>("isRemoved");
    QTest::newRow("an unfinished archive")
        << std::string("2026-11-23T03_00_00.000Z.tgz.partial") << true;
    QTest::newRow("one of a clock that was set back")
        << std::string("2026-11-23T03_00_00.000Z-12.tgz.partial") << true;
    QTest::newRow("a staging folder")
        << std::string("2026-11-23T03_00_00.000Z.staging/org_1/000001.ldb") << true;
    QTest::newRow("a finished archive") << std::string("2026-11-23T03_00_00.000Z.tgz") << false;
    QTest::newRow("the predecessor's archive") << std::string("backup.tgz") << false;
    QTest::newRow("somebody's staging folder") << std::string("web.staging/index.html") << false;
    QTest::newRow("somebody's partial file") << std::string("download.tgz.partial") << false;
    QTest::newRow("nearly a timestamp")
        << std::string("2026-11-23T03_00_00.000Z-.tgz.partial") << false;
    QTest::newRow("nearly a number")
        << std::string("2026-11-23T03_00_00.000Z-2b.staging/x") << false;
    QTest::newRow("a timestamp with colons")
        << std::string("2026-11-23T03:00:00.000Z.tgz.partial") << false;
    QTest::newRow("only the ending") << std::string(".tgz.partial") << false;
}

void FolderTest::leftovers()
{
    QFETCH(const std::string, name);
    QFETCH(const bool, isRemoved);
    const Place place;
    place.write(name);
    const auto folder = Folder::open(place.options);
    VERIFY_GOOD(folder);
    QCOMPARE(fs::exists(place.options.path / name), !isRemoved);
    const std::vector<std::string> removed = (*folder)->removedLeftovers();
    QCOMPARE(removed.size(), size_t(isRemoved ? 1 : 0));
    if (isRemoved)
        QCOMPARE(removed.front(), name.substr(0, name.find('/')));
}

void FolderTest::linksAreRemovedNotFollowed()
{
    const Place place;
    place.write("precious/file");
    fs::create_directory_symlink(place.options.path / "precious",
                                 place.options.path / "2026-11-23T03_00_00.000Z.staging");
    VERIFY_GOOD(Folder::open(place.options));
    QVERIFY(fs::exists(place.options.path / "precious/file"));
    QVERIFY(
        !fs::exists(fs::symlink_status(place.options.path / "2026-11-23T03_00_00.000Z.staging")));
}

void FolderTest::leftoverThatCannotBeRemoved()
{
    // A folder below /proc cannot be removed by anybody, nor can it hold a marker.
    const auto folder = Folder::open({"/proc/self", {}});
    QVERIFY(!folder);
    QVERIFY(!folder.error().message.isEmpty());
}

void FolderTest::archivesInOrder()
{
    const Place place;
    for (const char *name : {"2026-11-24T03_00_00.000Z.tgz", "2026-11-23T03_00_00.000Z-2.tgz",
                             "2026-11-23T03_00_00.000Z.tgz", "note.txt"})
        place.write(name);
    const auto folder = Folder::open(place.options);
    VERIFY_GOOD(folder);
    QStringList names;
    for (const fs::path &path : (*folder)->archives())
        names.append(QString::fromStdString(path.filename().string()));
    QCOMPARE(names,
             QStringList({QStringLiteral("2026-11-23T03_00_00.000Z.tgz"),
                          QStringLiteral("2026-11-23T03_00_00.000Z-2.tgz"),
                          QStringLiteral("2026-11-24T03_00_00.000Z.tgz")}));
}

void FolderTest::timestamps_data()
{
    QTest::addColumn<QStringList>("existing");
    QTest::addColumn<std::string>("timestamp");
    QTest::newRow("an empty folder") << QStringList() << std::string("2026-11-23T03_00_00.000Z");
    QTest::newRow("the clock was set back")
        << QStringList({QStringLiteral("2026-11-23T03_00_00.000Z.tgz")})
        << std::string("2026-11-23T03_00_00.000Z-2");
    QTest::newRow("and set back again")
        << QStringList({QStringLiteral("2026-11-23T03_00_00.000Z.tgz"),
                        QStringLiteral("2026-11-23T03_00_00.000Z-2.tgz")})
        << std::string("2026-11-23T03_00_00.000Z-3");
}

void FolderTest::timestamps()
{
    QFETCH(const QStringList, existing);
    QFETCH(const std::string, timestamp);
    const Place place;
    for (const QString &name : existing)
        place.write(name.toStdString());
    const auto folder = Folder::open(place.options);
    VERIFY_GOOD(folder);
    QCOMPARE((*folder)->freeTimestamp(testsupport::StepClock().now()), timestamp);
    QCOMPARE((*folder)->finalPath(timestamp), place.options.path / (timestamp + ".tgz"));
}

void FolderTest::spaceIsRefusedWithNumbers()
{
    const Place place;
    const auto folder = Folder::open(place.options);
    VERIFY_GOOD(folder);
    VERIFY_GOOD((*folder)->requireSpace(0));
    const base::Status refused = (*folder)->requireSpace(std::uint64_t(1) << 60);
    QVERIFY(!refused);
    QCOMPARE(refused.error().kind, ErrorKind::NoSpace);
    QVERIFY(refused.error().message.contains(QStringLiteral("1099511627777 MiB")));
    QVERIFY(refused.error().message.contains(QStringLiteral("MiB free")));
}

void FolderTest::publishes()
{
    const Place place;
    const auto folder = Folder::open(place.options);
    VERIFY_GOOD(folder);
    place.write("2026-11-23T03_00_00.000Z.tgz.partial", "archive");
    VERIFY_GOOD((*folder)->publish("2026-11-23T03_00_00.000Z"));
    QCOMPARE(namesIn(place.options.path), std::set<std::string>{"2026-11-23T03_00_00.000Z.tgz"});
}

void FolderTest::publishReplacesNothing()
{
    const Place place;
    const auto folder = Folder::open(place.options);
    VERIFY_GOOD(folder);
    place.write("2026-11-23T03_00_00.000Z.tgz", "old");
    place.write("2026-11-23T03_00_00.000Z.tgz.partial", "new");
    const base::Status published = (*folder)->publish("2026-11-23T03_00_00.000Z");
    QVERIFY(!published);
    QCOMPARE(published.error().kind, ErrorKind::Conflict);
    QCOMPARE(*base::readFile(place.options.path / "2026-11-23T03_00_00.000Z.tgz", 100),
             std::string("old"));
}

void FolderTest::everyFileOperationMayFail()
{
    for (std::uint64_t n = 1;; ++n) {
        const Place place;
        base::failNthFileOperation(n, ErrorKind::NoSpace);
        const auto folder = Folder::open(place.options);
        const bool wasReached = base::fileOperationCount() >= n;
        base::clearFileFaults();
        if (!wasReached) {
            VERIFY_GOOD(folder);
            QVERIFY(n > 5);
            return;
        }
        QVERIFY(!folder);
        QCOMPARE(folder.error().kind, ErrorKind::NoSpace);
        VERIFY_GOOD(Folder::open(place.options)); // and the next time it works
    }
}

QTEST_GUILESS_MAIN(FolderTest)
#include "folder_test.moc"
