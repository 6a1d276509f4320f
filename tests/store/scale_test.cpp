#include "core/store/reader.h"
#include "core/store/writer.h"
#include "tests/store/folderfiles.h"
#include "tests/store/specwriter.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <fstream>

/// What a large database costs. Run with --long; the numbers are printed.
class ScaleTest : public QObject
{
    Q_OBJECT

private slots:
    void writesAndExaminesAMillionDocumentsInBoundedMemory();
    void streamsALargeAttachmentInBoundedMemory();
};

namespace {

constexpr std::uint64_t kStagingMemory = std::uint64_t{1} << 20;

std::uint64_t peakMemoryKb()
{
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word) {
        if (word == "VmHWM:") {
            std::uint64_t kb = 0;
            status >> kb;
            return kb;
        }
    }
    return 0;
}

void resetPeak()
{
    std::ofstream("/proc/self/clear_refs") << "5";
}

std::string hashOf(unsigned i)
{
    return base::toHex(base::md5(std::to_string(i)));
}

} // namespace

void ScaleTest::writesAndExaminesAMillionDocumentsInBoundedMemory()
{
    constexpr unsigned kDocuments = 1'000'000;
    const QTemporaryDir folder;
    auto staging = std::make_shared<base::StagingFolder>(
        folder.filePath(u"staging"_qs).toStdString(), kStagingMemory);
    resetPeak();
    const std::uint64_t before = peakMemoryKb();
    QElapsedTimer timer;
    timer.start();
    auto writer = store::Writer::create(*staging);
    QVERIFY(writer);
    const std::string filler(140, 'x');
    for (unsigned i = 0; i < kDocuments; ++i) {
        const std::string hash = hashOf(i);
        const std::string id = hash.substr(0, 20); // in no order
        const std::string rev = "1-" + hash;
        const std::string value = '"' + filler + '"';
        QVERIFY((*writer)->beginDocument(id));
        QVERIFY((*writer)->addLeaf(
            {{1, {hash}},
             false,
             store::composeBody({{"text", value}}, {}, '"' + id + '"', rev, false),
             {}}));
        QVERIFY((*writer)->endDocument());
    }
    const auto facts = (*writer)->finish();
    QVERIFY(facts);
    const std::uint64_t peak = peakMemoryKb() - before;
    qInfo() << "written in" << timer.restart() << "ms," << peak << "kB more memory,"
            << staging->totalBytes() << "bytes";
    QVERIFY2(peak < 40 * 1024, qPrintable(QString::number(peak)));

    resetPeak();
    const std::uint64_t beforeReading = peakMemoryKb();
    auto reader = store::Reader::open(staging);
    QVERIFY(reader);
    const auto examined = store::examine(**reader);
    QVERIFY(examined);
    const std::uint64_t readPeak = peakMemoryKb() - beforeReading;
    qInfo() << "examined in" << timer.restart() << "ms," << readPeak << "kB more memory";
    QVERIFY(examined->problems.empty());
    QCOMPARE(examined->facts.documents, std::uint64_t{kDocuments});
    QVERIFY(examined->facts == *facts);
    QVERIFY2(readPeak < 40 * 1024, qPrintable(QString::number(readPeak)));
}

void ScaleTest::streamsALargeAttachmentInBoundedMemory()
{
    constexpr std::uint64_t kLength = std::uint64_t{1} << 30;
    constexpr size_t kPiece = size_t{1} << 20;
    const QTemporaryDir folder;
    auto staging = std::make_shared<base::StagingFolder>(
        folder.filePath(u"staging"_qs).toStdString(), kStagingMemory);
    resetPeak();
    const std::uint64_t before = peakMemoryKb();
    QElapsedTimer timer;
    timer.start();
    auto writer = store::Writer::create(*staging);
    QVERIFY(writer);
    auto large = (*writer)->beginLargeAttachment(kLength);
    QVERIFY(large);
    const std::string piece = teststore::generatedBytes(0, kPiece);
    for (std::uint64_t at = 0; at < kLength; at += kPiece)
        QVERIFY((*large)->append(piece));
    const auto attachment = (*large)->finish();
    QVERIFY(attachment);
    const std::vector<store::StoredAttachment> attachments{
        {"\"a\"", "\"application/octet-stream\"", 1, attachment->length, attachment->digest}};
    QVERIFY((*writer)->beginDocument("d"));
    QVERIFY((*writer)->addLeaf({{1, {"aa"}},
                                false,
                                store::composeBody({}, attachments, "\"d\"", "1-aa", false),
                                attachments}));
    QVERIFY((*writer)->endDocument());
    const auto facts = (*writer)->finish();
    QVERIFY(facts);
    qInfo() << "1 GiB written in" << timer.restart() << "ms," << peakMemoryKb() - before
            << "kB more memory";
    auto reader = store::Reader::open(staging);
    QVERIFY(reader);
    const auto examined = store::examine(**reader);
    QVERIFY(examined);
    const std::uint64_t peak = peakMemoryKb() - before;
    qInfo() << "examined in" << timer.restart() << "ms," << peak << "kB more memory";
    QVERIFY(examined->problems.empty());
    QVERIFY(examined->facts == *facts);
    QVERIFY2(peak < 16 * 1024, qPrintable(QString::number(peak)));
}

QTEST_GUILESS_MAIN(ScaleTest)
#include "scale_test.moc"
