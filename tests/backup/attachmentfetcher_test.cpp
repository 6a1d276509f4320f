#include "core/backup/attachmentfetcher.h"
#include "core/base/bytes.h"
#include "core/couch/decode.h"
#include "tests/backup/backuptesting.h"

using backup::AttachmentFetcher;
using backup::WantedAttachment;
using backuptesting::FakeAttachment;
using backuptesting::FakeLeaf;
using backuptesting::FakeServer;
using base::ErrorKind;
using Hooked = std::optional<base::Result<FakeServer::Answer>>;

/// Attachments into a store: each once, checked, tried again where that may help.
class AttachmentFetcherTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void bytesArrive_data();
    void bytesArrive();
    void equalAttachmentsAreFetchedOnce();
    void announcedOnesAreFetchedAhead();
    void announcedAndNotTakenDoNotBlock();
    void faults_data();
    void faults();
    void fullDiskIsNotTheAttachmentsFault();
    void stoppedBeforeALargeOne();
};

namespace {

constexpr size_t kLarge = size_t(9) << 20;

/// A fetcher for the attachments of the one document "doc" in "db".
class Fetch
{
public:
    explicit Fetch(FakeServer &fakeServer, std::vector<FakeAttachment> attachments)
        : server(fakeServer)
        , client(server, {})
        , staging(folder.path("store"), 1 << 20)
        , writer(std::move(*store::Writer::create(staging)))
        , fetcher(client, pool, "db", *writer, stop.get_token())
    {
        pool.setMaxThreadCount(1);
        const FakeLeaf leaf{"a", "", false, std::move(attachments)};
        server.databases["db"].write("doc", leaf);
        const std::string text = testsupport::documentText("doc", leaf, false);
        const auto fetched = couch::dissectLeaf(text);
        for (const couch::AttachmentStub &stub : fetched->attachments)
            wanted.push_back({"doc", leaf.rev(), base::json::unescape(stub.nameJson), stub});
    }

    FakeServer &server;
    couch::Client client;
    QThreadPool pool;
    std::stop_source stop;
    testsupport::TemporaryFolder folder;
    base::StagingFolder staging;
    std::unique_ptr<store::Writer> writer;
    AttachmentFetcher fetcher;
    std::vector<WantedAttachment> wanted;
};

std::string md5Of(const std::string &bytes)
{
    return "md5-" + base::toBase64(base::md5(bytes));
}

bool isAttachment(const couch::Request &request)
{
    return testsupport::asksFor(request, "db", "doc");
}

} // namespace

void AttachmentFetcherTest::bytesArrive_data()
{
    QTest::addColumn<int>("size");
    QTest::addColumn<bool>("gzip");
    QTest::addColumn<std::string>("name");
    QTest::newRow("empty") << 0 << false << std::string("a");
    QTest::newRow("empty, stored with gzip") << 0 << true << std::string("a");
    QTest::newRow("small") << 1000 << false << std::string("a b/é%");
    QTest::newRow("small, stored with gzip") << 1000 << true << std::string("a");
    QTest::newRow("large: streamed") << int(kLarge) << false << std::string("a");
    QTest::newRow("large, stored with gzip: streamed") << int(kLarge) << true << std::string("a");
    QTest::newRow("a name that no path can hold") << 1000 << false << std::string("..");
    QTest::newRow("a name that no path can hold, stored with gzip")
        << 1000 << true << std::string("..");
}

void AttachmentFetcherTest::bytesArrive()
{
    QFETCH(const int, size);
    QFETCH(const bool, gzip);
    QFETCH(const std::string, name);
    FakeServer server;
    const std::string bytes(static_cast<size_t>(size), 'z');
    Fetch fetch(server, {{name, bytes, gzip}});
    for (const bool announced : {true, false}) {
        if (announced)
            fetch.fetcher.announce(fetch.wanted);
        const auto stored = fetch.fetcher.take(fetch.wanted.front());
        VERIFY_GOOD(stored);
        QCOMPARE(stored->digest, md5Of(bytes));
        QCOMPARE(stored->length, std::uint64_t(size));
    }
    QCOMPARE(server.requests(), size_t(1));
}

void AttachmentFetcherTest::equalAttachmentsAreFetchedOnce()
{
    FakeServer server;
    Fetch fetch(server,
                {{"one", "same"}, {"two", "same"}, {"three", "other"}, {"four", "same", true}});
    fetch.fetcher.announce(fetch.wanted);
    for (const WantedAttachment &wanted : fetch.wanted)
        VERIFY_GOOD(fetch.fetcher.take(wanted));
    QCOMPARE(server.requests(), size_t(3)); // stored with gzip it has another digest
}

void AttachmentFetcherTest::announcedOnesAreFetchedAhead()
{
    FakeServer server;
    std::vector<FakeAttachment> attachments;
    for (int i = 0; i < 40; ++i)
        attachments.push_back({"a" + std::to_string(i), "bytes " + std::to_string(i)});
    Fetch fetch(server, attachments);
    fetch.fetcher.announce(fetch.wanted);
    fetch.pool.waitForDone();
    QVERIFY(server.requests() > 1 && server.requests() < 10);
    for (size_t i = 0; i < attachments.size(); ++i) {
        const auto stored = fetch.fetcher.take(fetch.wanted[i]);
        VERIFY_GOOD(stored);
        QCOMPARE(stored->digest, md5Of(attachments[i].bytes));
    }
    QCOMPARE(server.requests(), size_t(40));
}

void AttachmentFetcherTest::announcedAndNotTakenDoNotBlock()
{
    FakeServer server;
    std::vector<FakeAttachment> attachments;
    for (int i = 0; i < 20; ++i)
        attachments.push_back({"a" + std::to_string(i), "bytes " + std::to_string(i)});
    Fetch fetch(server, attachments);
    fetch.fetcher.announce({fetch.wanted.begin(), fetch.wanted.begin() + 10});
    fetch.pool.waitForDone();
    fetch.fetcher.settle();
    const size_t before = server.requests();
    fetch.fetcher.announce({fetch.wanted.begin() + 10, fetch.wanted.end()});
    fetch.pool.waitForDone();
    QVERIFY2(server.requests() > before, "the next ones are fetched ahead again");
}

void AttachmentFetcherTest::faults_data()
{
    QTest::addColumn<int>("size");
    QTest::addColumn<std::function<Hooked(size_t)>>("hook");
    QTest::addColumn<int>("kind"); // -1: it succeeds
    QTest::addColumn<int>("requests");
    using Hook = std::function<Hooked(size_t)>;
    const auto wrong = [](size_t size) { return testsupport::jsonAnswer(std::string(size, 'w')); };
    const auto cut = [](size_t size, ErrorKind kind) {
        FakeServer::Answer answer = testsupport::jsonAnswer(std::string(size / 2, 'z'));
        answer.cutBy = testsupport::fakeError(kind);
        return answer;
    };
    for (const size_t size : {size_t(1000), kLarge}) {
        const char *what = size == kLarge ? "large" : "small";
        QTest::addRow("%s: a wrong digest once is tried again", what)
            << int(size) << Hook([=](size_t n) { return n == 1 ? Hooked(wrong(size)) : Hooked(); })
            << -1 << 2;
        QTest::addRow("%s: a wrong digest twice is an error", what)
            << int(size) << Hook([=](size_t) { return Hooked(wrong(size)); })
            << int(ErrorKind::Protocol) << 2;
        QTest::addRow("%s: shorter than its document says", what)
            << int(size) << Hook([=](size_t) { return Hooked(wrong(size - 1)); })
            << int(ErrorKind::Protocol) << 2;
        QTest::addRow("%s: longer than its document says", what)
            << int(size) << Hook([=](size_t) { return Hooked(wrong(size + 1)); })
            << int(ErrorKind::Protocol) << 2;
        QTest::addRow("%s: cut off four times, then whole", what)
            << int(size) << Hook([=](size_t n) {
                   return n < 5 ? Hooked(cut(size, ErrorKind::Unreachable)) : Hooked();
               })
            << -1 << 5;
        QTest::addRow("%s: cut off five times is an error", what)
            << int(size) << Hook([=](size_t) { return Hooked(cut(size, ErrorKind::Timeout)); })
            << int(ErrorKind::Timeout) << 5;
        QTest::addRow("%s: no answer at all is not asked again here", what)
            << int(size)
            << Hook([](size_t) { return Hooked(testsupport::fakeError(ErrorKind::Unreachable)); })
            << int(ErrorKind::Unreachable) << 1;
        QTest::addRow("%s: gone", what) << int(size) << Hook([](size_t) {
            return Hooked(testsupport::jsonAnswer(R"({"error":"not_found"})", 404));
        }) << int(ErrorKind::NotFound) << 1;
        QTest::addRow("%s: the password is refused", what)
            << int(size) << Hook([](size_t) { return Hooked(testsupport::jsonAnswer("{}", 401)); })
            << int(ErrorKind::Unauthorized) << 1;
    }
}

void AttachmentFetcherTest::faults()
{
    QFETCH(const int, size);
    using Hook = std::function<Hooked(size_t)>;
    QFETCH(const Hook, hook);
    QFETCH(const int, kind);
    QFETCH(const int, requests);
    FakeServer server;
    const std::string bytes(static_cast<size_t>(size), 'z');
    Fetch fetch(server, {{"file", bytes}});
    server.onRequest = [&hook](size_t number, const couch::Request &request) {
        return isAttachment(request) ? hook(number) : Hooked();
    };
    fetch.fetcher.announce(fetch.wanted);
    const auto stored = fetch.fetcher.take(fetch.wanted.front());
    if (kind < 0) {
        VERIFY_GOOD(stored);
        QCOMPARE(stored->digest, md5Of(bytes));
    } else {
        QVERIFY(!stored);
        QCOMPARE(stored.error().kind, ErrorKind(kind));
        QVERIFY(stored.error().message.contains(
            QStringLiteral("Attachment file of document doc in db")));
    }
    QCOMPARE(server.requests(), size_t(requests));
}

void AttachmentFetcherTest::fullDiskIsNotTheAttachmentsFault()
{
    FakeServer server;
    Fetch fetch(server, {{"file", std::string(kLarge, 'z')}});
    base::failNthFileOperation(1, ErrorKind::NoSpace, false, true);
    const auto stored = fetch.fetcher.take(fetch.wanted.front());
    base::clearFileFaults();
    QVERIFY(!stored);
    QCOMPARE(stored.error().kind, ErrorKind::NoSpace);
    QVERIFY(!stored.error().message.contains(QStringLiteral("Attachment file")));
    QCOMPARE(server.requests(), size_t(1));
}

void AttachmentFetcherTest::stoppedBeforeALargeOne()
{
    FakeServer server;
    Fetch fetch(server, {{"file", std::string(kLarge, 'z')}});
    fetch.stop.request_stop();
    const auto stored = fetch.fetcher.take(fetch.wanted.front());
    QVERIFY(!stored);
    QCOMPARE(stored.error().kind, ErrorKind::Cancelled);
    QCOMPARE(server.requests(), size_t(0));
}

QTEST_GUILESS_MAIN(AttachmentFetcherTest)
#include "attachmentfetcher_test.moc"
