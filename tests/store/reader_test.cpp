#include "core/store/keyspace.h"
#include "core/store/reader.h"
#include "tests/store/fixtures.h"
#include "tests/store/forge.h"

#include <QTest>

#include <algorithm>
#include <atomic>

using base::ErrorKind;
using base::Result;
using base::Status;
using teststore::MemoryFiles;
namespace forge = teststore::forge;

/// What the Reader says when it cannot give what it is asked for.
class ReaderTest : public QObject
{
    Q_OBJECT

private slots:
    void reportsEveryReadThatFails_data();
    void reportsEveryReadThatFails();
    void namesTheDocumentWithDamagedMetadata();
    void refusesABodyUnderNoSequence();
    void namesTheAttachmentWithDamagedReferences();
    void tellsMissingFromEmptyAttachments();
    void refusesBytesWithAnotherMd5();
    void ignoresCountersThatAreNoNumbers();
};

namespace {

/// Gives out readers that fail after a number of reads between them.
class WearingFiles final : public base::FileSet
{
public:
    WearingFiles(MemoryFiles::Bytes bytes, int reads)
        : m_files(std::move(bytes))
        , m_left(std::make_shared<std::atomic<int>>(reads))
    {
    }
    [[nodiscard]] std::vector<Entry> files() const override { return m_files.files(); }
    [[nodiscard]] Result<std::shared_ptr<const base::RandomReader>>
    open(const std::string &name) const override
    {
        auto file = m_files.open(name);
        if (!file)
            return file;
        return std::shared_ptr<const base::RandomReader>(
            std::make_shared<Wearing>(std::move(*file), m_left));
    }
    [[nodiscard]] bool isWorn() const { return *m_left < 0; }

private:
    class Wearing final : public base::RandomReader
    {
    public:
        Wearing(std::shared_ptr<const base::RandomReader> file,
                std::shared_ptr<std::atomic<int>> left)
            : m_file(std::move(file))
            , m_left(std::move(left))
        {
        }
        [[nodiscard]] std::uint64_t size() const override { return m_file->size(); }
        [[nodiscard]] Status readAt(std::uint64_t offset, char *out, size_t length) const override
        {
            if (--*m_left < 0)
                return base::Error{ErrorKind::Io, QStringLiteral("The disk has gone.")};
            return m_file->readAt(offset, out, length);
        }

    private:
        std::shared_ptr<const base::RandomReader> m_file;
        std::shared_ptr<std::atomic<int>> m_left;
    };
    MemoryFiles m_files;
    std::shared_ptr<std::atomic<int>> m_left;
};

/// Something that reads: its status.
using Use = std::function<Status(store::Reader &)>;

template <typename T>
Status statusOf(const Result<T> &result)
{
    return result ? Status() : Status(result.error());
}

/// A database with something in every store, small and large.
const MemoryFiles::Bytes &manyKinds()
{
    static const MemoryFiles::Bytes files = [] {
        base::StagingFolder staging({}, std::uint64_t{1} << 30);
        auto writer = store::Writer::create(staging, teststore::kUuid);
        const auto large =
            (*writer)->putAttachment(std::string(store::kLargeAttachmentBytes + 1, 'x'));
        const std::vector<store::StoredAttachment> attachments{
            {"\"a\"", "\"b\"", 1, large->length, large->digest}};
        for (int i = 0; i < 200; ++i) {
            const std::string id = std::to_string(100 + i) + std::string(200, 'd');
            const std::string body =
                store::composeBody({}, attachments, base::json::quoted(id), "1-aa", false);
            if (!(*writer)->beginDocument(id)
                || !(*writer)->addLeaf({{1, {"aa"}}, false, body, attachments})
                || !(*writer)->endDocument() || !(*writer)->putLocal("_local/" + id, "{}"))
                qFatal("not written");
        }
        if (!(*writer)->finish())
            qFatal("not finished");
        return teststore::bytesOf(staging);
    }();
    return files;
}

std::unique_ptr<store::Reader> openRecords(const std::vector<forge::Record> &records)
{
    auto reader = store::Reader::open(std::make_shared<MemoryFiles>(forge::databaseOf(records)));
    if (!reader)
        qFatal("%s", qPrintable(reader.error().message));
    return std::move(*reader);
}

} // namespace

void ReaderTest::reportsEveryReadThatFails_data()
{
    QTest::addColumn<Use>("use");
    QTest::newRow("reading the counters")
        << Use([](store::Reader &r) { return statusOf(r.meta()); });
    QTest::newRow("reading all documents") << Use([](store::Reader &r) {
        return r.forEachDocument([](const store::Metadata &) -> Result<bool> { return true; });
    });
    QTest::newRow("reading one document") << Use(
        [](store::Reader &r) { return statusOf(r.document("250" + std::string(200, 'd'))); });
    QTest::newRow("reading one body")
        << Use([](store::Reader &r) { return statusOf(r.body(150)); });
    QTest::newRow("reading all bodies") << Use([](store::Reader &r) {
        return r.forEachBody([](std::uint64_t, std::string_view) { return Status(); });
    });
    QTest::newRow("reading references and attachments") << Use([](store::Reader &r) {
        return r.forEachAttachment(
            [&](std::string_view digest, const std::vector<std::string> &) -> Status {
                if (const auto length = r.attachmentLength(digest); !length)
                    return length.error();
                return r.readAttachment(digest, [](std::string_view) { return Status(); });
            });
    });
    QTest::newRow("reading local documents") << Use([](store::Reader &r) {
        return r.forEachLocal([](std::string_view, std::string_view) { return Status(); });
    });
    QTest::newRow("examining") << Use([](store::Reader &r) {
        const auto examined = store::examine(r);
        if (examined && !examined->problems.empty())
            return Status(base::Error{ErrorKind::Internal, examined->problems.front().message});
        return statusOf(examined);
    });
}

void ReaderTest::reportsEveryReadThatFails()
{
    QFETCH(Use, use);
    for (int reads = 0;; ++reads) {
        const auto files = std::make_shared<WearingFiles>(manyKinds(), reads);
        auto reader = store::Reader::open(files);
        const Status used = reader ? use(**reader) : Status(reader.error());
        if (!files->isWorn()) {
            QVERIFY2(used, used ? "" : qPrintable(used.error().message));
            break;
        }
        QVERIFY(!used);
        QCOMPARE(used.error().kind, ErrorKind::Io);
    }
}

void ReaderTest::namesTheDocumentWithDamagedMetadata()
{
    const auto reader = openRecords({{"document-store", "damaged", "{"}});
    const Status all =
        reader->forEachDocument([](const store::Metadata &) -> Result<bool> { return true; });
    QVERIFY(!all);
    QCOMPARE(all.error().kind, ErrorKind::Corrupt);
    QVERIFY(all.error().message.contains(u"damaged"));
    const auto one = reader->document("damaged");
    QVERIFY(!one && one.error().message.contains(u"\"damaged\""));
}

void ReaderTest::refusesABodyUnderNoSequence()
{
    const auto reader = openRecords({{"by-sequence", "first", "{}"}});
    const Status all =
        reader->forEachBody([](std::uint64_t, std::string_view) { return Status(); });
    QVERIFY(!all);
    QCOMPARE(all.error().kind, ErrorKind::Corrupt);
}

void ReaderTest::namesTheAttachmentWithDamagedReferences()
{
    const auto reader = openRecords({{"attach-store", "md5-x", "{"}});
    const Status all = reader->forEachAttachment(
        [](std::string_view, const std::vector<std::string> &) { return Status(); });
    QVERIFY(!all);
    QCOMPARE(all.error().kind, ErrorKind::Corrupt);
    QVERIFY(all.error().message.contains(u"md5-x"));
}

void ReaderTest::tellsMissingFromEmptyAttachments()
{
    const auto reader = openRecords({{"attach-store", "md5-1B2M2Y8AsgTpgAmY7PhCfg==", "{}"},
                                     {"attach-store", "md5-KaXCI2m3xxxxxxxxxxxxxx==", "{}"}});
    const auto empty = reader->attachmentLength(store::kEmptyDigest);
    QVERIFY(empty);
    QCOMPARE(*empty, std::uint64_t{0});
    const auto nothing = [](std::string_view) { return Status(); };
    QVERIFY(reader->readAttachment(store::kEmptyDigest, nothing));
    const auto missing = reader->attachmentLength("md5-KaXCI2m3xxxxxxxxxxxxxx==");
    QVERIFY(!missing);
    QCOMPARE(missing.error().kind, ErrorKind::NotFound);
    const Status read = reader->readAttachment("md5-KaXCI2m3xxxxxxxxxxxxxx==", nothing);
    QVERIFY(!read);
    QCOMPARE(read.error().kind, ErrorKind::NotFound);
}

void ReaderTest::refusesBytesWithAnotherMd5()
{
    const std::string digest = store::digestOf(base::md5("hello"));
    const auto reader = openRecords({{"attach-binary-store", digest, "hallo"}});
    const Status read = reader->readAttachment(digest, [](std::string_view) { return Status(); });
    QVERIFY(!read);
    QCOMPARE(read.error().kind, ErrorKind::Corrupt);
    const base::Error wanted{ErrorKind::Cancelled, QStringLiteral("enough")};
    const Status stopped =
        reader->readAttachment(digest, [&](std::string_view) -> Status { return wanted; });
    QVERIFY(!stopped);
    QCOMPARE(stopped.error().kind, ErrorKind::Cancelled);
}

void ReaderTest::ignoresCountersThatAreNoNumbers()
{
    const auto reader = openRecords({{"meta-store", "_local_doc_count", "many"},
                                     {"meta-store", "_local_uuid", "17"},
                                     {"meta-store", "_local_last_update_seq", "5"}});
    const auto meta = reader->meta();
    QVERIFY(meta);
    QVERIFY(!meta->docCount && !meta->uuid);
    QCOMPARE(meta->lastSeq.value_or(0), std::uint64_t{5});
}

QTEST_GUILESS_MAIN(ReaderTest)
#include "reader_test.moc"
