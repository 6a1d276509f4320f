#include "core/base/file.h"
#include "core/base/staging.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <functional>
#include <set>
#include <thread>

using namespace base;

namespace {

constexpr std::uint64_t kNoMemory = 0;
constexpr std::uint64_t kSomeMemory = 100;
constexpr std::uint64_t kMuchMemory = std::uint64_t{1} << 30;

struct FaultGuard {
    ~FaultGuard() { clearFileFaults(); }
};

std::string contentOf(const StagingFolder &staging, const std::string &name)
{
    const auto reader = staging.open(name);
    if (!reader)
        return "could not be opened";
    return *readWhole(**reader, std::uint64_t{1} << 30);
}

std::set<std::string> namesOf(const StagingFolder &staging)
{
    std::set<std::string> names;
    for (const FileSet::Entry &entry : staging.files())
        names.insert(entry.name);
    return names;
}

/// Writes a whole file in pieces of `pieceBytes`.
Status stage(StagingFolder &staging, const std::string &name, std::string_view bytes,
             size_t pieceBytes = 7)
{
    auto file = staging.create(name);
    if (!file)
        return file.error();
    for (; !bytes.empty(); bytes.remove_prefix(std::min(pieceBytes, bytes.size()))) {
        if (Status written = (*file)->append(bytes.substr(0, pieceBytes)); !written)
            return written;
    }
    return (*file)->close();
}

std::string textOf(size_t length)
{
    std::string text;
    for (size_t i = 0; text.size() < length; ++i)
        text += std::to_string(i) + " ";
    text.resize(length);
    return text;
}

} // namespace

class StagingTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void init();
    void cleanup() { m_temporary.reset(); }

    void smallFilesStayInMemory();
    void spillsAtTheLimit();
    void limitCountsAllFiles();
    void largeFilesComeBackWhole_data();
    void largeFilesComeBackWhole();
    void emptyFile_data();
    void emptyFile();
    void overwrite_data();
    void overwrite();
    void overwritePastTheEnd_data();
    void overwritePastTheEnd();
    void sizeWhileItGrows_data();
    void sizeWhileItGrows();
    void sameNameTwice();
    void onlyClosedFilesAreThere();
    void renames_data();
    void renames();
    void filesAreSorted();
    void unclosedFileIsForgotten_data();
    void unclosedFileIsForgotten();
    void remove_data();
    void remove();
    void removeOfNothing();
    void removedMemoryIsFree();
    void readPastTheEnd_data();
    void readPastTheEnd();
    void readerOutlivesItsFile();
    void destructorRemovesEverything();
    void readWhileOthersAreWritten();
    void everyFaultIsReportedAndNothingIsLost_data();
    void everyFaultIsReportedAndNothingIsLost();
    void failedFlushIsNotForgotten();

private:
    [[nodiscard]] bool isSpilled(const char *name) const { return fs::exists(m_folder / name); }

    std::unique_ptr<QTemporaryDir> m_temporary;
    fs::path m_folder;
};

void StagingTest::init()
{
    m_temporary = std::make_unique<QTemporaryDir>();
    QVERIFY(m_temporary->isValid());
    m_folder = fromUtf8(m_temporary->path().toStdString()) / "staging";
}

void StagingTest::smallFilesStayInMemory()
{
    StagingFolder staging(m_folder, kSomeMemory);
    QVERIFY(stage(staging, "a", "hello"));
    QVERIFY(stage(staging, "b", "world"));
    QCOMPARE(contentOf(staging, "a"), std::string("hello"));
    QCOMPARE(contentOf(staging, "b"), std::string("world"));
    QCOMPARE(staging.totalBytes(), std::uint64_t{10});
    QVERIFY(!fs::exists(m_folder));
}

void StagingTest::spillsAtTheLimit()
{
    StagingFolder staging(m_folder, kSomeMemory);
    QVERIFY(stage(staging, "full", textOf(kSomeMemory)));
    QVERIFY(!fs::exists(m_folder)); // exactly the limit is within it
    QVERIFY(stage(staging, "more", "x"));
    QVERIFY(isSpilled("more"));
    QVERIFY(!isSpilled("full")); // what is closed stays where it is
    QCOMPARE(contentOf(staging, "full"), textOf(kSomeMemory));
    QCOMPARE(contentOf(staging, "more"), std::string("x"));
}

void StagingTest::limitCountsAllFiles()
{
    StagingFolder staging(m_folder, kSomeMemory);
    auto first = staging.create("first");
    auto second = staging.create("second");
    QVERIFY(first && second);
    QVERIFY((*first)->append(textOf(60)));
    QVERIFY((*second)->append(textOf(60))); // over the limit: this one moves out, all of it
    QVERIFY(!isSpilled("first"));
    QVERIFY(isSpilled("second"));
    QVERIFY((*first)->append(textOf(30))); // there is room again
    QVERIFY(!isSpilled("first"));
    QVERIFY((*first)->close());
    QVERIFY((*second)->close());
    QCOMPARE(contentOf(staging, "first"), textOf(60) + textOf(30));
    QCOMPARE(contentOf(staging, "second"), textOf(60));
}

void StagingTest::largeFilesComeBackWhole_data()
{
    QTest::addColumn<quint64>("limit");
    QTest::addColumn<int>("pieceBytes");
    QTest::newRow("in memory") << quint64{kMuchMemory} << 1000;
    QTest::newRow("on disk from the first byte") << quint64{kNoMemory} << 1000;
    QTest::newRow("moves in the middle") << quint64{300'000} << 1000;
    QTest::newRow("in pieces larger than what is gathered") << quint64{300'000} << 700'000;
}

void StagingTest::largeFilesComeBackWhole()
{
    QFETCH(quint64, limit);
    QFETCH(int, pieceBytes);
    StagingFolder staging(m_folder, limit);
    const std::string text = textOf(2'000'000);
    QVERIFY(stage(staging, "a", text, static_cast<size_t>(pieceBytes)));
    QCOMPARE(isSpilled("a"), limit < text.size());
    QVERIFY(contentOf(staging, "a") == text);
    QCOMPARE(staging.files().front().size, std::uint64_t{text.size()});
}

void StagingTest::emptyFile_data()
{
    QTest::addColumn<quint64>("limit");
    QTest::newRow("with memory") << quint64{kSomeMemory};
    QTest::newRow("without memory") << quint64{kNoMemory};
}

void StagingTest::emptyFile()
{
    QFETCH(quint64, limit);
    StagingFolder staging(m_folder, limit);
    QVERIFY(stage(staging, "a", ""));
    QCOMPARE(contentOf(staging, "a"), std::string());
    QCOMPARE(namesOf(staging), std::set<std::string>{"a"});
    QCOMPARE(staging.totalBytes(), std::uint64_t{0});
}

void StagingTest::overwrite_data()
{
    emptyFile_data();
}

void StagingTest::overwrite()
{
    QFETCH(quint64, limit);
    StagingFolder staging(m_folder, limit);
    auto file = staging.create("a");
    QVERIFY(file);
    QVERIFY((*file)->append("0123456789"));
    QVERIFY((*file)->overwriteAt(0, "ab"));
    QVERIFY((*file)->overwriteAt(9, "z"));
    QVERIFY((*file)->overwriteAt(10, ""));
    QVERIFY((*file)->append("more"));
    QVERIFY((*file)->overwriteAt(8, "YZM"));
    QVERIFY((*file)->append(std::string(200, '.'))); // moves to disk where it is not there yet
    QVERIFY((*file)->overwriteAt(4, "E"));
    QVERIFY((*file)->append("!"));
    QVERIFY((*file)->overwriteAt(213, "#"));
    QCOMPARE((*file)->size(), std::uint64_t{215});
    QVERIFY((*file)->close());
    QVERIFY(isSpilled("a"));
    QCOMPARE(contentOf(staging, "a"), "ab23E567YZMore" + std::string(199, '.') + "#!");
}

void StagingTest::overwritePastTheEnd_data()
{
    emptyFile_data();
}

void StagingTest::overwritePastTheEnd()
{
    QFETCH(quint64, limit);
    StagingFolder staging(m_folder, limit);
    auto file = staging.create("a");
    QVERIFY(file);
    QVERIFY((*file)->append("0123456789"));
    for (const auto &[offset, bytes] :
         {std::pair(std::uint64_t{10}, "x"), std::pair(std::uint64_t{9}, "xy"),
          std::pair(~std::uint64_t{0}, "x"), std::pair(std::uint64_t{11}, "")}) {
        const Status written = (*file)->overwriteAt(offset, bytes);
        QVERIFY(!written);
        QCOMPARE(written.error().kind, ErrorKind::Internal);
    }
    QVERIFY((*file)->close());
    QCOMPARE(contentOf(staging, "a"), std::string("0123456789"));
}

void StagingTest::sizeWhileItGrows_data()
{
    emptyFile_data();
}

void StagingTest::sizeWhileItGrows()
{
    QFETCH(quint64, limit);
    StagingFolder staging(m_folder, limit);
    auto file = staging.create("a");
    QVERIFY(file);
    for (std::uint64_t size = 0; size < 300; size += 50) {
        QCOMPARE((*file)->size(), size);
        QVERIFY((*file)->append(textOf(50)));
    }
    QVERIFY((*file)->close());
    QCOMPARE(staging.totalBytes(), std::uint64_t{300});
}

void StagingTest::sameNameTwice()
{
    StagingFolder staging(m_folder, kSomeMemory);
    auto first = staging.create("a");
    QVERIFY(first);
    const auto open = staging.create("a");
    QVERIFY(!open);
    QCOMPARE(open.error().kind, ErrorKind::Conflict);
    QVERIFY((*first)->append("x"));
    QVERIFY((*first)->close());
    QVERIFY(!staging.create("a"));
    QCOMPARE(contentOf(staging, "a"), std::string("x"));
}

void StagingTest::onlyClosedFilesAreThere()
{
    StagingFolder staging(m_folder, kSomeMemory);
    auto file = staging.create("a");
    QVERIFY(file);
    QVERIFY((*file)->append("x"));
    QVERIFY(staging.files().empty());
    const auto early = staging.open("a");
    QVERIFY(!early);
    QCOMPARE(early.error().kind, ErrorKind::NotFound);
    QVERIFY((*file)->close());
    QVERIFY(staging.open("a"));
    const auto missing = staging.open("b");
    QVERIFY(!missing);
    QCOMPARE(missing.error().kind, ErrorKind::NotFound);
}

void StagingTest::renames_data()
{
    QTest::addColumn<quint64>("memory");
    QTest::newRow("in memory") << quint64{kSomeMemory};
    QTest::newRow("on disk") << quint64{0};
}

void StagingTest::renames()
{
    QFETCH(quint64, memory);
    StagingFolder staging(m_folder, memory);
    QVERIFY(stage(staging, "a", "xyz"));
    QVERIFY(stage(staging, "other", "o"));
    QCOMPARE(staging.rename("a", "other").error().kind, ErrorKind::Conflict);
    QCOMPARE(staging.rename("missing", "b").error().kind, ErrorKind::NotFound);
    QVERIFY(staging.rename("a", "b"));
    QCOMPARE(contentOf(staging, "b"), std::string("xyz"));
    QCOMPARE(staging.open("a").error().kind, ErrorKind::NotFound);
    QCOMPARE(staging.totalBytes(), std::uint64_t{4});
    QVERIFY(staging.remove("b"));
    auto unfinished = staging.create("c");
    QVERIFY(unfinished);
    QVERIFY(!staging.rename("c", "d"));
}

void StagingTest::filesAreSorted()
{
    StagingFolder staging(m_folder, 5);
    for (const char *name : {"b", "a", "C", "aa", "MANIFEST-000001"})
        QVERIFY(stage(staging, name, "xyz"));
    std::vector<std::string> names;
    for (const FileSet::Entry &entry : staging.files())
        names.push_back(entry.name);
    QCOMPARE(names, (std::vector<std::string>{"C", "MANIFEST-000001", "a", "aa", "b"}));
}

void StagingTest::unclosedFileIsForgotten_data()
{
    emptyFile_data();
}

void StagingTest::unclosedFileIsForgotten()
{
    QFETCH(quint64, limit);
    StagingFolder staging(m_folder, limit);
    for (int i = 0; i < 5; ++i) { // its memory is given back each time: the limit is not reached
        auto file = staging.create("a");
        QVERIFY(file);
        QVERIFY((*file)->append(textOf(90)));
        file->reset();
        QVERIFY(staging.files().empty());
        QVERIFY(!isSpilled("a"));
        QCOMPARE(staging.totalBytes(), std::uint64_t{0});
    }
    QVERIFY(stage(staging, "a", textOf(90)));
    QCOMPARE(isSpilled("a"), limit == kNoMemory);
}

void StagingTest::remove_data()
{
    emptyFile_data();
}

void StagingTest::remove()
{
    QFETCH(quint64, limit);
    StagingFolder staging(m_folder, limit);
    QVERIFY(stage(staging, "a", "x"));
    QVERIFY(stage(staging, "b", "yz"));
    QVERIFY(staging.remove("a"));
    QVERIFY(!isSpilled("a"));
    QVERIFY(!staging.open("a"));
    QCOMPARE(namesOf(staging), std::set<std::string>{"b"});
    QCOMPARE(staging.totalBytes(), std::uint64_t{2});
    QVERIFY(stage(staging, "a", "again"));
    QCOMPARE(contentOf(staging, "a"), std::string("again"));
}

void StagingTest::removeOfNothing()
{
    StagingFolder staging(m_folder, kSomeMemory);
    const Status removed = staging.remove("a");
    QVERIFY(!removed);
    QCOMPARE(removed.error().kind, ErrorKind::NotFound);
}

void StagingTest::removedMemoryIsFree()
{
    StagingFolder staging(m_folder, kSomeMemory);
    for (int i = 0; i < 5; ++i) {
        QVERIFY(stage(staging, "a", textOf(90)));
        QVERIFY(staging.remove("a"));
    }
    QVERIFY(!fs::exists(m_folder));
}

void StagingTest::readPastTheEnd_data()
{
    emptyFile_data();
}

void StagingTest::readPastTheEnd()
{
    QFETCH(quint64, limit);
    StagingFolder staging(m_folder, limit);
    QVERIFY(stage(staging, "a", "0123456789"));
    const auto reader = staging.open("a");
    QVERIFY(reader);
    QCOMPARE((*reader)->size(), std::uint64_t{10});
    std::vector<char> out(3);
    QVERIFY((*reader)->readAt(7, out.data(), 3));
    QCOMPARE(std::string(out.data(), 3), std::string("789"));
    for (const std::uint64_t offset :
         {std::uint64_t{8}, std::uint64_t{10}, std::uint64_t{11}, ~std::uint64_t{0}}) {
        const Status read = (*reader)->readAt(offset, out.data(), 3);
        QVERIFY(!read);
        QVERIFY(read.error().kind == ErrorKind::Corrupt || read.error().kind == ErrorKind::Io);
    }
}

void StagingTest::readerOutlivesItsFile()
{
    std::shared_ptr<const RandomReader> reader;
    {
        StagingFolder staging(m_folder, kSomeMemory);
        QVERIFY(stage(staging, "a", "hello"));
        reader = *staging.open("a");
        QVERIFY(staging.remove("a"));
    }
    QCOMPARE(*readWhole(*reader, 5), std::string("hello"));
}

void StagingTest::destructorRemovesEverything()
{
    {
        StagingFolder staging(m_folder, kNoMemory);
        QVERIFY(stage(staging, "a", "x"));
        QVERIFY(stage(staging, "b", textOf(1'000'000)));
        QVERIFY(isSpilled("a"));
        const auto reader = staging.open("b");
        QVERIFY(reader);
    }
    QVERIFY(!fs::exists(m_folder));
    QVERIFY(fs::exists(m_folder.parent_path()));
}

void StagingTest::readWhileOthersAreWritten()
{
    StagingFolder staging(m_folder, 50'000);
    QVERIFY(stage(staging, "memory", textOf(10'000)));
    {
        StagingFolder other(m_folder.parent_path() / "other", kNoMemory);
        QVERIFY(stage(other, "disk", textOf(10'000)));
    }
    std::atomic<bool> stop = false;
    std::atomic<int> bad = 0;
    std::atomic<int> reads = 0;
    std::vector<std::jthread> readers;
    for (int i = 0; i < 2; ++i) {
        readers.emplace_back([&] {
            while (!stop) {
                bad += contentOf(staging, "memory") == textOf(10'000) ? 0 : 1;
                for (const FileSet::Entry &entry : staging.files()) {
                    bad += contentOf(staging, entry.name) == textOf(static_cast<size_t>(entry.size))
                        ? 0
                        : 1;
                    ++reads;
                }
            }
        });
    }
    for (int i = 0; i < 40 || reads < 100; ++i)
        QVERIFY(stage(staging, "file" + std::to_string(i), textOf(5'000), 500));
    stop = true;
    readers.clear();
    QCOMPARE(bad.load(), 0);
}

void StagingTest::everyFaultIsReportedAndNothingIsLost_data()
{
    QTest::addColumn<int>("kind");
    QTest::newRow("io") << static_cast<int>(ErrorKind::Io);
    QTest::newRow("no space") << static_cast<int>(ErrorKind::NoSpace);
}

void StagingTest::everyFaultIsReportedAndNothingIsLost()
{
    QFETCH(int, kind);
    const FaultGuard guard;
    const std::string text = textOf(1'000'000);
    int failures = 0;
    for (std::uint64_t n = 1;; ++n) {
        StagingFolder staging(m_folder, 300'000);
        failNthFileOperation(n, static_cast<ErrorKind>(kind));
        const Status first = stage(staging, "a", text, 100'000);
        const bool isDone = bool(first);
        clearFileFaults();
        if (!isDone) {
            ++failures;
            QCOMPARE(static_cast<int>(first.error().kind), kind);
            QVERIFY(staging.files().empty());
            QVERIFY(!isSpilled("a"));
            QVERIFY(stage(staging, "a", text, 100'000));
        }
        QVERIFY(contentOf(staging, "a") == text);
        if (isDone)
            break;
    }
    QVERIFY(failures >= 4); // folder, file, writes, close
}

// The bytes that could not be written were dropped, and close() said yes to a file with a hole.
void StagingTest::failedFlushIsNotForgotten()
{
    const FaultGuard guard;
    StagingFolder staging(m_folder, kNoMemory);
    auto file = staging.create("a");
    QVERIFY(file);
    QVERIFY((*file)->append("first "));
    QVERIFY((*file)->append("second "));
    failNthFileOperation(1, ErrorKind::Io);
    QVERIFY(!(*file)->overwriteAt(0, "F"));
    clearFileFaults();
    QVERIFY((*file)->append("third"));
    QVERIFY((*file)->close());
    QCOMPARE(contentOf(staging, "a"), std::string("first second third"));
}

QTEST_GUILESS_MAIN(StagingTest)

#include "staging_test.moc"
