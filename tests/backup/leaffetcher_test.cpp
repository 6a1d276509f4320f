#include "core/backup/leaffetcher.h"
#include "core/base/json.h"
#include "tests/backup/backuptesting.h"

using backup::LeafFetcher;
using backup::LeafList;
using backuptesting::FakeLeaf;
using backuptesting::FakeServer;
using base::ErrorKind;

/// Leaves by `_bulk_get`: in the frozen order, in batches that fit, and one by one where something
/// is wrong.
class LeafFetcherTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void orderIsKept();
    void batchesAdapt_data();
    void batchesAdapt();
    void firstBatchFollowsTheDatabase_data();
    void firstBatchFollowsTheDatabase();
    void manyLeavesComeInSlices();
    void failingRevisionIsNamedAndTheRestComes_data();
    void failingRevisionIsNamedAndTheRestComes();
    void whenNothingSucceedsItIsAnError_data();
    void whenNothingSucceedsItIsAnError();
    void otherErrorsStop_data();
    void otherErrorsStop();
    void afterAnErrorNothingMoreIsAsked();
    void brokenListIsAnError();
};

namespace {

/// A fetcher over all leaves of the database "db".
class Fetch
{
public:
    explicit Fetch(FakeServer &server, LeafFetcher::Options options = {}, int threads = 4)
        : client(server, {})
        , staging(folder.path("lists"), 0)
    {
        pool.setMaxThreadCount(threads);
        LeafList list(staging);
        if (!list.begin())
            qFatal("no list");
        const auto &database = server.databases.at("db");
        for (const std::string &id : database.inOrder()) {
            couch::ChangesRow row{id, {}, false};
            for (const FakeLeaf &leaf : database.documents.at(id).leaves)
                row.revs.push_back(leaf.rev());
            if (!list.add(row))
                qFatal("no row");
        }
        if (!list.seal())
            qFatal("no list");
        fetcher =
            std::make_unique<LeafFetcher>(client, pool, "db", std::move(*list.open()), options);
    }
    /// All slices, or the first error.
    base::Result<std::vector<LeafFetcher::Slice>> all()
    {
        std::vector<LeafFetcher::Slice> slices;
        while (true) {
            auto batch = fetcher->next();
            if (!batch)
                return batch.error();
            if (batch->empty())
                return slices;
            std::move(batch->begin(), batch->end(), std::back_inserter(slices));
        }
    }

    testsupport::TemporaryFolder folder;
    couch::Client client;
    QThreadPool pool;
    base::StagingFolder staging;
    std::unique_ptr<LeafFetcher> fetcher;
};

std::string idOf(int i)
{
    return "document " + std::to_string(1000 + (i * 7919) % 1000);
}

void fill(FakeServer &server, int documents, const std::string &members = R"("n":1)")
{
    for (int i = 0; i < documents; ++i)
        server.databases["db"].write(idOf(i), {"a", members});
}

size_t askedIn(const couch::Request &request)
{
    return testsupport::wantedOf(request.body).size();
}

/// Answers whatever asks for one of `ids` with `error`.
FakeServer::Hook failing(std::set<std::string> ids, ErrorKind kind)
{
    return [ids = std::move(ids), kind](
               size_t,
               const couch::Request &request) -> std::optional<base::Result<FakeServer::Answer>> {
        for (const auto &wanted : testsupport::wantedOf(request.body)) {
            if (ids.contains(wanted.id))
                return testsupport::fakeError(kind);
        }
        return std::nullopt;
    };
}

} // namespace

void LeafFetcherTest::orderIsKept()
{
    FakeServer server;
    fill(server, 500);
    Fetch fetch(server, {.inFlight = 4, .firstBatch = backup::BatchSize(7)});
    const auto slices = fetch.all();
    VERIFY_GOOD(slices);
    QCOMPARE(slices->size(), size_t(500));
    for (int i = 0; i < 500; ++i) {
        const LeafFetcher::Slice &slice = (*slices)[static_cast<size_t>(i)];
        QCOMPARE(slice.id, idOf(i));
        QVERIFY(slice.begins && slice.ends);
        QCOMPARE(slice.rows.size(), size_t(1));
        QCOMPARE(slice.rows.front().id, slice.id);
    }
}

void LeafFetcherTest::batchesAdapt_data()
{
    QTest::addColumn<int>("documents");
    QTest::addColumn<int>("bodyBytes");
    QTest::addColumn<int>("leastInLast");
    QTest::addColumn<int>("mostInLast");
    QTest::newRow("small documents: the batches grow to a thousand") << 3000 << 10 << 1000 << 1000;
    QTest::newRow("100 KiB each: about ten in a batch") << 200 << 100 * 1024 << 8 << 11;
    QTest::newRow("2 MiB each: one at a time") << 70 << 2 * 1024 * 1024 << 1 << 1;
}

void LeafFetcherTest::batchesAdapt()
{
    QFETCH(const int, documents);
    QFETCH(const int, bodyBytes);
    QFETCH(const int, leastInLast);
    QFETCH(const int, mostInLast);
    FakeServer server;
    for (int i = 0; i < documents; ++i)
        server.databases["db"].write(
            "d" + std::to_string(i),
            {"a", "\"x\":\"" + std::string(static_cast<size_t>(bodyBytes), 'x') + '"'});
    Fetch fetch(server, {.inFlight = 1, .firstBatch = backup::BatchSize(20)});
    VERIFY_GOOD(fetch.all());
    const auto record = server.record();
    const size_t typical = askedIn(record[record.size() - 2]);
    QVERIFY2(typical >= size_t(leastInLast) && typical <= size_t(mostInLast),
             qPrintable(QString::number(typical)));
}

void LeafFetcherTest::firstBatchFollowsTheDatabase_data()
{
    QTest::addColumn<quint64>("documents");
    QTest::addColumn<quint64>("bytes");
    QTest::addColumn<quint64>("leaves");
    QTest::newRow("an empty database") << quint64(0) << quint64(0) << quint64(100);
    QTest::newRow("small documents") << quint64(1000) << quint64(100'000) << quint64(100);
    QTest::newRow("documents of 100 KiB") << quint64(1000) << quint64(102'400'000) << quint64(10);
    QTest::newRow("documents of 8 MiB") << quint64(10) << (quint64(80) << 20) << quint64(1);
}

void LeafFetcherTest::firstBatchFollowsTheDatabase()
{
    QFETCH(const quint64, documents);
    QFETCH(const quint64, bytes);
    QFETCH(const quint64, leaves);
    couch::DatabaseInfo info;
    info.docCount = documents;
    info.externalBytes = bytes;
    QCOMPARE(quint64(backup::BatchSize::forDatabase(info).leaves()), leaves);
}

void LeafFetcherTest::manyLeavesComeInSlices()
{
    FakeServer server;
    auto &document = server.databases["db"].documents["wide"];
    for (std::uint64_t i = 0; i < 250; ++i)
        document.leaves.push_back(
            {std::string(1, static_cast<char>('a' + i % 26)), "", false, {}, 1 + i / 26, {}});
    document.seq = ++server.databases["db"].seq;
    server.databases["db"].write("behind it", {"a"});
    Fetch fetch(server);
    const auto slices = fetch.all();
    VERIFY_GOOD(slices);
    QCOMPARE(slices->size(), size_t(4));
    std::set<std::string> revs;
    for (size_t i = 0; i < 3; ++i) {
        const LeafFetcher::Slice &slice = (*slices)[i];
        QCOMPARE(slice.id, std::string("wide"));
        QCOMPARE(slice.begins, i == 0);
        QCOMPARE(slice.ends, i == 2);
        QVERIFY(slice.revs.size() <= 100);
        QCOMPARE(slice.rows.size(), slice.revs.size());
        for (const couch::BulkRow &row : slice.rows)
            revs.insert(row.rev);
    }
    QCOMPARE(revs.size(), size_t(250));
    for (const couch::Request &request : server.record()) {
        std::map<std::string, size_t> leaves;
        for (const auto &wanted : testsupport::wantedOf(request.body))
            QVERIFY(++leaves[wanted.id] <= 100);
    }
}

void LeafFetcherTest::failingRevisionIsNamedAndTheRestComes_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<std::string>("code");
    QTest::newRow("too large") << int(ErrorKind::TooLarge) << std::string("too_large");
    QTest::newRow("times out") << int(ErrorKind::Timeout) << std::string("timeout");
    QTest::newRow("breaks the server") << int(ErrorKind::Server) << std::string("server_error");
    QTest::newRow("cannot be read")
        << int(ErrorKind::Protocol) << std::string("malformed-document");
}

void LeafFetcherTest::failingRevisionIsNamedAndTheRestComes()
{
    QFETCH(const int, kind);
    QFETCH(const std::string, code);
    FakeServer server;
    fill(server, 100);
    const std::set<std::string> bad = {idOf(0), idOf(37), idOf(99)};
    server.onRequest = failing(bad, ErrorKind(kind));
    Fetch fetch(server);
    const auto slices = fetch.all();
    VERIFY_GOOD(slices);
    QCOMPARE(slices->size(), size_t(100));
    for (const LeafFetcher::Slice &slice : *slices) {
        QCOMPARE(slice.rows.size(), size_t(1));
        QCOMPARE(slice.rows.front().error, bad.contains(slice.id) ? code : std::string());
        QCOMPARE(slice.rows.front().rev, slice.revs.front());
    }
    QVERIFY(server.requests() < 60);
}

void LeafFetcherTest::whenNothingSucceedsItIsAnError_data()
{
    failingRevisionIsNamedAndTheRestComes_data();
}

void LeafFetcherTest::whenNothingSucceedsItIsAnError()
{
    QFETCH(const int, kind);
    FakeServer server;
    fill(server, 900);
    server.onRequest =
        [kind](size_t, const couch::Request &) -> std::optional<base::Result<FakeServer::Answer>> {
        return testsupport::fakeError(ErrorKind(kind));
    };
    Fetch fetch(server, {.inFlight = 1});
    const auto slices = fetch.all();
    QVERIFY(!slices);
    QCOMPARE(slices.error().kind, ErrorKind(kind));
    QVERIFY2(server.requests() < 100, qPrintable(QString::number(server.requests())));
}

void LeafFetcherTest::otherErrorsStop_data()
{
    QTest::addColumn<int>("kind");
    QTest::newRow("the password is refused") << int(ErrorKind::Unauthorized);
    QTest::newRow("the database is gone") << int(ErrorKind::NotFound);
    QTest::newRow("the server is gone") << int(ErrorKind::Unreachable);
    QTest::newRow("stopped") << int(ErrorKind::Cancelled);
}

void LeafFetcherTest::otherErrorsStop()
{
    QFETCH(const int, kind);
    FakeServer server;
    fill(server, 100);
    server.onRequest = failing({idOf(50)}, ErrorKind(kind));
    Fetch fetch(server, {.inFlight = 2, .firstBatch = backup::BatchSize(10)});
    const auto slices = fetch.all();
    QVERIFY(!slices);
    QCOMPARE(slices.error().kind, ErrorKind(kind));
}

void LeafFetcherTest::afterAnErrorNothingMoreIsAsked()
{
    FakeServer server;
    fill(server, 1000);
    server.onRequest = failing({idOf(0)}, ErrorKind::Unauthorized);
    {
        Fetch fetch(server, {.inFlight = 4, .firstBatch = backup::BatchSize(10)}, 1);
        QVERIFY(!fetch.all());
        fetch.fetcher.reset();
    }
    QVERIFY2(server.requests() <= 2, qPrintable(QString::number(server.requests())));
}

void LeafFetcherTest::brokenListIsAnError()
{
    FakeServer server;
    fill(server, 10);
    Fetch fetch(server);
    base::fs::resize_file(fetch.folder.path("lists/leaves"), 10);
    const auto slices = fetch.all();
    QVERIFY(!slices);
}

QTEST_GUILESS_MAIN(LeafFetcherTest)
#include "leaffetcher_test.moc"
