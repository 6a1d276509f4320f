#include "core/base/file.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <functional>
#include <set>

using namespace base;

namespace {

/// Faults end with the test function that asked for them.
struct FaultGuard {
    ~FaultGuard() { clearFileFaults(); }
};

std::set<std::string> namesIn(const fs::path &folder)
{
    std::set<std::string> names;
    for (const auto &entry : fs::directory_iterator(folder))
        names.insert(toUtf8(entry.path().filename()));
    return names;
}

std::string contentOf(const fs::path &path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void put(const fs::path &path, std::string_view bytes)
{
    std::ofstream(path, std::ios::binary) << bytes;
}

} // namespace

class FileTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void init();
    void cleanup() { m_temporary.reset(); }

    void createdFileIsWrittenAndRead();
    void createIsExclusive();
    void createWithoutFolder();
    void openReadRefusals_data();
    void openReadRefusals();
    void readAtPastTheEnd_data();
    void readAtPastTheEnd();
    void namesOfOtherScripts();
    void percentSignsInNames();
    void makeFolderMakesParents();
    void makeFolderOverAFile_data();
    void makeFolderOverAFile();
    void removeTree();
    void removeFile();
    void renameNoReplace();
    void renameNoReplaceRefusals();
    void renameReplace();
    void syncFolder();
    void freeBytes();
    void atomicWriteMakesTheFile();
    void atomicWriteReplaces();
    void atomicWriteRemovesAnOldLeftover();
    void atomicWriteIsOldOrNewWhateverFails_data();
    void atomicWriteIsOldOrNewWhateverFails();
    void everyOperationReportsItsFault_data();
    void everyOperationReportsItsFault();
    void syncOnlyFaults();
    void stickyFaults();
    void operationsAreCounted();
    void readFileUpToALimit();
    void readAllInPieces_data();
    void readAllInPieces();
    void readAllStopsWhenTheSinkFails();
    void readAllPassesOnAReadError();
    void memoryReader();

private:
    [[nodiscard]] fs::path path(const char *name) const { return m_folder / name; }

    std::unique_ptr<QTemporaryDir> m_temporary;
    fs::path m_folder;
};

void FileTest::init()
{
    m_temporary = std::make_unique<QTemporaryDir>();
    QVERIFY(m_temporary->isValid());
    m_folder = fromUtf8(m_temporary->path().toStdString());
}

void FileTest::createdFileIsWrittenAndRead()
{
    auto file = File::create(path("a"));
    QVERIFY(file);
    QCOMPARE((*file)->size(), std::uint64_t{0});
    QVERIFY((*file)->append("hello"));
    QVERIFY((*file)->append(""));
    QVERIFY((*file)->append(" world"));
    QCOMPARE((*file)->size(), std::uint64_t{11});
    QVERIFY((*file)->writeAt(0, "J"));
    QCOMPARE((*file)->size(), std::uint64_t{11}); // writeAt is for what is there already
    std::string back(5, '\0');
    QVERIFY((*file)->readAt(0, back.data(), back.size()));
    QCOMPARE(back, std::string("Jello"));
    QVERIFY((*file)->sync());
    (*file)->dropCache();
    QVERIFY((*file)->readAt(6, back.data(), back.size()));
    QCOMPARE(back, std::string("world"));
    QVERIFY((*file)->close());
    QCOMPARE(contentOf(path("a")), std::string("Jello world"));

    const auto again = File::openRead(path("a"));
    QVERIFY(again);
    QCOMPARE((*again)->size(), std::uint64_t{11});
    const auto whole = readWhole(**again, 11);
    QVERIFY(whole);
    QCOMPARE(*whole, std::string("Jello world"));
}

void FileTest::createIsExclusive()
{
    put(path("a"), "precious");
    const auto file = File::create(path("a"));
    QVERIFY(!file);
    QCOMPARE(file.error().kind, ErrorKind::Conflict);
    QVERIFY(file.error().message.contains(QStringLiteral("/a could not be created: ")));
    QCOMPARE(contentOf(path("a")), std::string("precious"));
}

void FileTest::createWithoutFolder()
{
    const auto file = File::create(path("no") / "a");
    QVERIFY(!file);
    QCOMPARE(file.error().kind, ErrorKind::NotFound);
}

void FileTest::openReadRefusals_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("kind");
    QTest::addColumn<QString>("reason");
    QTest::newRow("missing") << QStringLiteral("no") << static_cast<int>(ErrorKind::NotFound)
                             << QString();
    QTest::newRow("below a file") << QStringLiteral("file/a")
                                  << static_cast<int>(ErrorKind::NotFound) << QString();
    QTest::newRow("a folder") << QStringLiteral("folder") << static_cast<int>(ErrorKind::Io)
                              << QStringLiteral("it is not a file");
}

void FileTest::openReadRefusals()
{
    QFETCH(QString, name);
    QFETCH(int, kind);
    QFETCH(QString, reason);
    put(path("file"), "x");
    fs::create_directory(path("folder"));
    const auto file = File::openRead(m_folder / fromUtf8(name.toStdString()));
    QVERIFY(!file);
    QCOMPARE(static_cast<int>(file.error().kind), kind);
    QVERIFY2(
        file.error().message.contains(name + QStringLiteral(" could not be opened: ") + reason),
        qPrintable(file.error().message));
}

void FileTest::readAtPastTheEnd_data()
{
    QTest::addColumn<quint64>("offset");
    QTest::addColumn<int>("length");
    QTest::addColumn<bool>("isGood");
    QTest::newRow("all of it") << quint64{0} << 10 << true;
    QTest::newRow("nothing at the end") << quint64{10} << 0 << true;
    QTest::newRow("one byte too many") << quint64{0} << 11 << false;
    QTest::newRow("the last byte and one more") << quint64{9} << 2 << false;
    QTest::newRow("at the end") << quint64{10} << 1 << false;
    QTest::newRow("far behind the end") << quint64{1} << 48 << false;
    QTest::newRow("an offset that is no file's") << ~quint64{0} << 1 << false;
    QTest::newRow("an offset that wraps") << ~quint64{0} - 4 << 10 << false;
}

void FileTest::readAtPastTheEnd()
{
    QFETCH(quint64, offset);
    QFETCH(int, length);
    QFETCH(bool, isGood);
    put(path("a"), "0123456789");
    const auto file = File::openRead(path("a"));
    QVERIFY(file);
    const MemoryReader memory("0123456789");
    for (const RandomReader *reader : {static_cast<const RandomReader *>(file->get()),
                                       static_cast<const RandomReader *>(&memory)}) {
        std::vector<char> out(static_cast<size_t>(length));
        const Status read = reader->readAt(offset, out.data(), out.size());
        QCOMPARE(bool(read), isGood);
        if (!isGood)
            QVERIFY(read.error().kind == ErrorKind::Corrupt || read.error().kind == ErrorKind::Io);
    }
}

void FileTest::namesOfOtherScripts()
{
    const std::string name = "d\xc3\xa9p\xc3\xb4t \xe6\x97\xa5 \xf0\x9f\x98\x80";
    QCOMPARE(toUtf8(fromUtf8(name)), name);
    QVERIFY(writeFileAtomically(m_folder / fromUtf8(name), "x"));
    QCOMPARE(namesIn(m_folder), std::set<std::string>{name});
}

void FileTest::percentSignsInNames()
{
    const auto missing = File::openRead(path("100%1 %2.tgz"));
    QVERIFY(!missing);
    QVERIFY(
        missing.error().message.contains(QStringLiteral("/100%1 %2.tgz could not be opened: ")));
    const FaultGuard guard;
    failNthFileOperation(1, ErrorKind::NoSpace);
    const auto full = File::create(path("100%1.tgz"));
    QVERIFY(!full);
    QVERIFY(full.error().message.startsWith(QStringLiteral("The disk is full: ")));
    QVERIFY(full.error().message.endsWith(
        QStringLiteral("/100%1.tgz could not be created. Free some space, or "
                       "choose another folder.")));
}

void FileTest::makeFolderMakesParents()
{
    QVERIFY(makeFolder(path("a") / "b" / "c"));
    QVERIFY(fs::is_directory(path("a") / "b" / "c"));
    QVERIFY(makeFolder(path("a") / "b" / "c"));
    QVERIFY(makeFolder(path("a") / "d" / ""));
    QVERIFY(fs::is_directory(path("a") / "d"));
    QVERIFY(makeFolder({}));
    QVERIFY(makeFolder(m_folder.root_path()));
}

void FileTest::makeFolderOverAFile_data()
{
    QTest::addColumn<QString>("name");
    QTest::newRow("a file is no folder") << QStringLiteral("file");
    QTest::newRow("a file has no folders in it") << QStringLiteral("file/a/b");
}

void FileTest::makeFolderOverAFile()
{
    QFETCH(QString, name);
    put(path("file"), "precious");
    const Status made = makeFolder(m_folder / fromUtf8(name.toStdString()));
    QVERIFY(!made);
    QCOMPARE(made.error().kind, ErrorKind::Conflict);
    QVERIFY2(made.error().message.endsWith(
                 QStringLiteral("/file could not be created: it is a file, not a folder.")),
             qPrintable(made.error().message));
    QCOMPARE(contentOf(path("file")), std::string("precious"));
}

void FileTest::removeTree()
{
    fs::create_directories(path("a") / "b");
    put(path("a") / "b" / "c", "x");
    QVERIFY(base::removeTree(path("a")));
    QVERIFY(!fs::exists(path("a")));
    QVERIFY(base::removeTree(path("a"))); // missing is fine
    put(path("file"), "x");
    QVERIFY(base::removeTree(path("file")));
    QVERIFY(!fs::exists(path("file")));
}

void FileTest::removeFile()
{
    put(path("a"), "x");
    QVERIFY(base::removeFile(path("a")));
    QVERIFY(base::removeFile(path("a"))); // missing is fine
    QVERIFY(!fs::exists(path("a")));
    fs::create_directory(path("folder"));
    const Status removed = base::removeFile(path("folder"));
    QVERIFY(!removed);
    QVERIFY(removed.error().message.contains(QStringLiteral("/folder could not be removed: ")));
}

void FileTest::renameNoReplace()
{
    put(path("a"), "x");
    QVERIFY(base::renameNoReplace(path("a"), path("b")));
    QCOMPARE(namesIn(m_folder), std::set<std::string>{"b"});
    QCOMPARE(contentOf(path("b")), std::string("x"));
}

void FileTest::renameNoReplaceRefusals()
{
    put(path("a"), "new");
    put(path("b"), "precious");
    const Status renamed = base::renameNoReplace(path("a"), path("b"));
    QVERIFY(!renamed);
    QCOMPARE(renamed.error().kind, ErrorKind::Conflict);
    QVERIFY2(renamed.error().message.contains(QStringLiteral("/b could not be renamed: ")),
             qPrintable(renamed.error().message));
    QCOMPARE(contentOf(path("a")), std::string("new"));
    QCOMPARE(contentOf(path("b")), std::string("precious"));
    const Status missing = base::renameNoReplace(path("no"), path("c"));
    QVERIFY(!missing);
    QCOMPARE(missing.error().kind, ErrorKind::NotFound);
    QVERIFY(!base::renameNoReplace(path("a"), path("no") / "c"));
    QCOMPARE(contentOf(path("a")), std::string("new"));
}

void FileTest::renameReplace()
{
    put(path("a"), "new");
    put(path("b"), "old");
    QVERIFY(base::renameReplace(path("a"), path("b")));
    QCOMPARE(namesIn(m_folder), std::set<std::string>{"b"});
    QCOMPARE(contentOf(path("b")), std::string("new"));
    const Status missing = base::renameReplace(path("no"), path("b"));
    QVERIFY(!missing);
    QCOMPARE(missing.error().kind, ErrorKind::NotFound);
    QCOMPARE(contentOf(path("b")), std::string("new"));
}

void FileTest::syncFolder()
{
    QVERIFY(base::syncFolder(m_folder));
    QVERIFY(base::syncFolder({})); // the current one
}

void FileTest::freeBytes()
{
    const auto free = base::freeBytes(m_folder);
    QVERIFY(free);
    QVERIFY(*free > 0);
    const auto missing = base::freeBytes(path("no"));
    QVERIFY(!missing);
    QCOMPARE(missing.error().kind, ErrorKind::NotFound);
}

void FileTest::atomicWriteMakesTheFile()
{
    QVERIFY(writeFileAtomically(path("a"), "content"));
    QCOMPARE(contentOf(path("a")), std::string("content"));
    QVERIFY(writeFileAtomically(path("empty"), ""));
    QCOMPARE(contentOf(path("empty")), std::string());
    QCOMPARE(namesIn(m_folder), (std::set<std::string>{"a", "empty"}));
}

void FileTest::atomicWriteReplaces()
{
    put(path("a"), "old and longer");
    QVERIFY(writeFileAtomically(path("a"), "new"));
    QCOMPARE(contentOf(path("a")), std::string("new"));
    QCOMPARE(namesIn(m_folder), std::set<std::string>{"a"});
}

void FileTest::atomicWriteRemovesAnOldLeftover()
{
    put(path("a.new"), "what a killed process left");
    QVERIFY(writeFileAtomically(path("a"), "new"));
    QCOMPARE(contentOf(path("a")), std::string("new"));
    QCOMPARE(namesIn(m_folder), std::set<std::string>{"a"});
    fs::create_directory(path("b.new"));
    QVERIFY(!writeFileAtomically(path("b"), "new"));
    QVERIFY(!fs::exists(path("b")));
}

void FileTest::atomicWriteIsOldOrNewWhateverFails_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<bool>("hasOld");
    QTest::addColumn<bool>("sticky");
    for (const bool hasOld : {true, false}) {
        for (const bool sticky : {true, false}) {
            for (const ErrorKind kind : {ErrorKind::Io, ErrorKind::NoSpace})
                QTest::addRow("%s, %s, %s", errorCode(kind), hasOld ? "replacing" : "new",
                              sticky ? "for good" : "once")
                    << static_cast<int>(kind) << hasOld << sticky;
        }
    }
}

void FileTest::atomicWriteIsOldOrNewWhateverFails()
{
    QFETCH(int, kind);
    QFETCH(bool, hasOld);
    QFETCH(bool, sticky);
    const FaultGuard guard;
    std::uint64_t failures = 0;
    for (std::uint64_t n = 1;; ++n) {
        clearFileFaults();
        QVERIFY(base::removeFile(path("a")));
        if (hasOld)
            put(path("a"), "old");
        failNthFileOperation(n, static_cast<ErrorKind>(kind), false, sticky);
        const Status written = writeFileAtomically(path("a"), "new");
        QVERIFY(!fs::exists(path("a.new")));
        if (written) {
            QCOMPARE(contentOf(path("a")), std::string("new"));
            QVERIFY(fileOperationCount() < n); // it passed because nothing was left to fail
            break;
        }
        ++failures;
        QCOMPARE(static_cast<int>(written.error().kind), kind);
        if (fs::exists(path("a")))
            QVERIFY(contentOf(path("a")) == "new" || (hasOld && contentOf(path("a")) == "old"));
        else
            QVERIFY(!hasOld);
    }
    QVERIFY(failures >= 6); // create, write, sync, close, rename, sync of the folder
}

void FileTest::everyOperationReportsItsFault_data()
{
    QTest::addColumn<std::function<Status(const fs::path &)>>("operate");
    using Operation = std::function<Status(const fs::path &)>;
    const auto row = [](const char *name, Operation operate) {
        QTest::newRow(name) << std::move(operate);
    };
    row("create", [](const fs::path &folder) -> Status {
        const auto file = File::create(folder / "new");
        return file ? Status() : file.error();
    });
    row("make a folder", [](const fs::path &folder) { return makeFolder(folder / "folder"); });
    row("rename",
        [](const fs::path &folder) { return base::renameNoReplace(folder / "a", folder / "b"); });
    row("rename over",
        [](const fs::path &folder) { return base::renameReplace(folder / "a", folder / "b"); });
    row("sync a folder", [](const fs::path &folder) { return base::syncFolder(folder); });
}

void FileTest::everyOperationReportsItsFault()
{
    QFETCH(std::function<Status(const fs::path &)>, operate);
    const FaultGuard guard;
    put(path("a"), "x");
    for (const ErrorKind kind : {ErrorKind::Io, ErrorKind::NoSpace}) {
        failNthFileOperation(1, kind);
        const Status done = operate(m_folder);
        QVERIFY(!done);
        QCOMPARE(done.error().kind, kind);
        QCOMPARE(namesIn(m_folder), std::set<std::string>{"a"});
    }
    clearFileFaults();
    QVERIFY(operate(m_folder));
}

void FileTest::syncOnlyFaults()
{
    const FaultGuard guard;
    failNthFileOperation(2, ErrorKind::Io, true);
    const auto file = File::create(path("a"));
    QVERIFY(file);
    QVERIFY((*file)->append("x"));
    QVERIFY((*file)->sync());
    QVERIFY((*file)->append("y"));
    const Status synced = (*file)->sync();
    QVERIFY(!synced);
    QVERIFY(synced.error().message.contains(QStringLiteral("/a could not be made durable: ")));
    QVERIFY((*file)->sync());
}

void FileTest::stickyFaults()
{
    const FaultGuard guard;
    const auto file = File::create(path("a"));
    QVERIFY(file);
    failNthFileOperation(2, ErrorKind::NoSpace, false, true);
    QVERIFY((*file)->append("x"));
    QVERIFY(!(*file)->append("y"));
    QVERIFY(!(*file)->writeAt(0, "y"));
    QCOMPARE((*file)->size(), std::uint64_t{1});
    const Status closed = (*file)->close();
    QVERIFY(!closed);
    QCOMPARE(closed.error().kind, ErrorKind::NoSpace);
    clearFileFaults();
    QCOMPARE(contentOf(path("a")), std::string("x"));
}

void FileTest::operationsAreCounted()
{
    const FaultGuard guard;
    clearFileFaults();
    QCOMPARE(fileOperationCount(), std::uint64_t{0});
    QVERIFY(writeFileAtomically(path("a"), "x"));
    QCOMPARE(fileOperationCount(), std::uint64_t{6});
    clearFileFaults();
    QCOMPARE(fileOperationCount(), std::uint64_t{0});
}

void FileTest::readFileUpToALimit()
{
    put(path("a"), "0123456789");
    const auto whole = readFile(path("a"), 10);
    QVERIFY(whole);
    QCOMPARE(*whole, std::string("0123456789"));
    const auto larger = readFile(path("a"), 9);
    QVERIFY(!larger);
    QCOMPARE(larger.error().kind, ErrorKind::TooLarge);
    const auto missing = readFile(path("no"), 9);
    QVERIFY(!missing);
    QCOMPARE(missing.error().kind, ErrorKind::NotFound);
    put(path("empty"), "");
    const auto nothing = readFile(path("empty"), 0);
    QVERIFY(nothing && nothing->empty());
}

void FileTest::readAllInPieces_data()
{
    QTest::addColumn<int>("pieceBytes");
    QTest::addColumn<int>("pieces");
    QTest::newRow("one piece") << 100 << 1;
    QTest::newRow("exactly one piece") << 10 << 1;
    QTest::newRow("the last piece is shorter") << 4 << 3;
    QTest::newRow("byte by byte") << 1 << 10;
}

void FileTest::readAllInPieces()
{
    QFETCH(int, pieceBytes);
    QFETCH(int, pieces);
    const MemoryReader reader("0123456789");
    std::string all;
    int count = 0;
    const Status read = readAll(
        reader,
        [&](std::string_view piece) -> Status {
            all += piece;
            ++count;
            return {};
        },
        static_cast<size_t>(pieceBytes));
    QVERIFY(read);
    QCOMPARE(all, std::string("0123456789"));
    QCOMPARE(count, pieces);
}

void FileTest::readAllStopsWhenTheSinkFails()
{
    const MemoryReader reader("0123456789");
    int count = 0;
    const Status read = readAll(
        reader,
        [&](std::string_view) -> Status {
            if (++count == 2)
                return Error{ErrorKind::Cancelled, QStringLiteral("Stopped.")};
            return {};
        },
        3);
    QVERIFY(!read);
    QCOMPARE(read.error().kind, ErrorKind::Cancelled);
    QCOMPARE(count, 2);
}

void FileTest::readAllPassesOnAReadError()
{
    put(path("a"), "0123456789");
    const auto file = File::openRead(path("a"));
    QVERIFY(file);
    fs::resize_file(path("a"), 5); // somebody cuts it while it is read
    int count = 0;
    const Status read = readAll(
        **file,
        [&](std::string_view) -> Status {
            ++count;
            return {};
        },
        4);
    QVERIFY(!read);
    QCOMPARE(read.error().kind, ErrorKind::Corrupt);
    QVERIFY(read.error().message.endsWith(QStringLiteral("/a could not be read: it ends early.")));
    QCOMPARE(count, 1);
    const auto whole = readWhole(**file, 100);
    QVERIFY(!whole);
    QCOMPARE(whole.error().kind, ErrorKind::Corrupt);
}

void FileTest::memoryReader()
{
    const MemoryReader reader(std::string("a\0b", 3));
    QCOMPARE(reader.size(), std::uint64_t{3});
    const auto whole = readWhole(reader, 3);
    QVERIFY(whole);
    QCOMPARE(*whole, std::string("a\0b", 3));
    const MemoryReader empty{std::string()};
    const auto nothing = readWhole(empty, 0);
    QVERIFY(nothing && nothing->empty());
    QVERIFY(readAll(empty, [](std::string_view) -> Status { return Error{}; }));
}

QTEST_GUILESS_MAIN(FileTest)

#include "file_test.moc"
