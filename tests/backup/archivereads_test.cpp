#include "core/archive/manifest.h"
#include "core/archive/reader.h"
#include "core/archive/writer.h"
#include "core/backup/counting.h"
#include "core/base/bytes.h"
#include "core/store/writer.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <atomic>
#include <random>

using base::Status;

/// Looking into a large archive must not cost what reading it costs.
class ArchiveReadsTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase();
    void oneDocumentOfOurs();
    void countingOurs();
    void countingWithoutTableOfContents();

private:
    QTemporaryDir m_folder;
    std::string m_archive; ///< the bytes of the file
};

namespace {

constexpr int kDocuments = 400;
constexpr std::uint64_t kChunkBytes = std::uint64_t{4} << 20; ///< nothing smaller can be inflated
constexpr size_t kAttachmentBytes = size_t{128} << 10;

/// Counts what is read of it.
class CountingReader final : public base::RandomReader
{
public:
    explicit CountingReader(std::string bytes)
        : m_bytes(std::move(bytes))
    {
    }
    [[nodiscard]] std::uint64_t size() const override { return m_bytes.size(); }
    [[nodiscard]] Status readAt(std::uint64_t offset, char *out, size_t length) const override
    {
        m_read += length;
        return m_bytes.readAt(offset, out, length);
    }
    [[nodiscard]] std::uint64_t bytesRead() const { return m_read; }

private:
    base::MemoryReader m_bytes;
    mutable std::atomic<std::uint64_t> m_read{0};
};

/// What went wrong; empty when nothing did.
template <typename Result>
QString errorOf(const Result &result)
{
    return result ? QString() : result.error().message;
}

std::string idOf(int i)
{
    return "doc-" + std::to_string(1000 + i);
}

std::unique_ptr<store::Reader> openStore(const std::shared_ptr<const CountingReader> &file)
{
    const auto reader = archive::Reader::open(file, QStringLiteral("a.tgz"), {});
    if (!reader)
        return nullptr;
    const auto files = (*reader)->openDatabase("db");
    if (!files)
        return nullptr;
    auto store = store::Reader::open(*files);
    return store ? std::move(*store) : nullptr;
}

} // namespace

/// An archive that is nearly all attachments.
void ArchiveReadsTest::initTestCase()
{
    const base::fs::path folder = base::fromUtf8(m_folder.path().toStdString());
    base::StagingFolder staging(folder / "staging", size_t{256} << 20);
    auto database = store::Writer::create(staging);
    QCOMPARE(errorOf(database), QString());
    std::mt19937_64 random(7); // NOLINT(cert-msc51-cpp): the same archive every time
    for (int i = 0; i < kDocuments; ++i) {
        std::string bytes(kAttachmentBytes, '\0');
        std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<char>(random()); });
        const auto put = (*database)->putAttachment(bytes);
        QCOMPARE(errorOf(put), QString());
        store::Writer::Leaf leaf;
        leaf.path = {1, {"a"}};
        leaf.attachments = {
            {"\"a.bin\"", "\"application/octet-stream\"", 1, put->length, put->digest}};
        leaf.body =
            store::composeBody({}, leaf.attachments, base::json::quoted(idOf(i)), "1-a", false);
        QCOMPARE(errorOf((*database)->beginDocument(idOf(i))), QString());
        QCOMPARE(errorOf((*database)->addLeaf(leaf)), QString());
        QCOMPARE(errorOf((*database)->endDocument()), QString());
    }
    QCOMPARE(errorOf((*database)->finish()), QString());

    auto file = base::File::create(folder / "a.tgz");
    QCOMPARE(errorOf(file), QString());
    auto writer = archive::Writer::create(std::move(*file), "2026-11-23T03_00_00.000Z", {});
    QCOMPARE(errorOf(writer), QString());
    QCOMPARE(errorOf((*writer)->addFolder("")), QString());
    QCOMPARE(errorOf((*writer)->addBytes(
                 "format.json", archive::encodeFormat("run", "2026-11-23T03:00:00.000Z", "test"))),
             QString());
    QCOMPARE(errorOf((*writer)->addFolder("db")), QString());
    for (const base::FileSet::Entry &entry : staging.files()) {
        const auto content = staging.open(entry.name);
        QCOMPARE(errorOf(content), QString());
        QCOMPARE(errorOf((*writer)->addFile("db/" + entry.name, **content)), QString());
    }
    QCOMPARE(errorOf((*writer)->finish()), QString());
    auto bytes = base::readFile(folder / "a.tgz", std::uint64_t{1} << 30);
    QCOMPARE(errorOf(bytes), QString());
    m_archive = std::move(*bytes);
    QVERIFY(m_archive.size() > kDocuments * kAttachmentBytes);
}

void ArchiveReadsTest::oneDocumentOfOurs()
{
    const auto file = std::make_shared<const CountingReader>(m_archive);
    const auto store = openStore(file);
    QVERIFY(store);
    const auto document = store->document(idOf(77));
    QVERIFY(document && *document);
    QVERIFY(store->body((*document)->seq));
    QVERIFY2(file->bytesRead() <= 2 * kChunkBytes, qPrintable(QString::number(file->bytesRead())));
}

void ArchiveReadsTest::countingOurs()
{
    const auto file = std::make_shared<const CountingReader>(m_archive);
    const auto store = openStore(file);
    QVERIFY(store);
    const auto facts = backup::countDatabase(*store, {});
    QCOMPARE(errorOf(facts), QString());
    QCOMPARE(facts->documents, std::uint64_t{kDocuments});
    QCOMPARE(facts->attachments, std::uint64_t{kDocuments});
    QVERIFY2(file->bytesRead() <= 2 * kChunkBytes, qPrintable(QString::number(file->bytesRead())));
}

// As with a predecessor: one pass finds the entries, and only pieces are inflated a second time.
void ArchiveReadsTest::countingWithoutTableOfContents()
{
    constexpr size_t footerBytes = 51;
    const auto file =
        std::make_shared<const CountingReader>(m_archive.substr(0, m_archive.size() - footerBytes));
    const auto store = openStore(file);
    QVERIFY(store);
    const auto facts = backup::countDatabase(*store, {});
    QCOMPARE(errorOf(facts), QString());
    QCOMPARE(facts->attachments, std::uint64_t{kDocuments});
    QVERIFY2(file->bytesRead() <= file->size() + 8 * kChunkBytes,
             qPrintable(QString::number(file->bytesRead())));
}

QTEST_GUILESS_MAIN(ArchiveReadsTest)

#include "archivereads_test.moc"
