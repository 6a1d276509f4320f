#include "core/backup/archiveview.h"
#include "tests/backup/invariants.h"
#include "tests/backup/sampleserver.h"

using namespace backuptesting;
using base::ErrorKind;
using Hooked = std::optional<base::Result<FakeServer::Answer>>;

/// Whole backups of a fake server.
class RunTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void complete_data();
    void complete();
    void onlyReads();
    void progressEnds();
    void looseFiles();
    void anOversizeAttachmentIsInTheArchive();
    void oneDatabaseIsRefused();
    void nothingCanBeRead();
    void nothingToBackUp();
    void everythingVanishes();
    void databasesComeAndGo();
    void appearedIsNotKnown();
    void usersThroughTheMiddleware_data();
    void usersThroughTheMiddleware();
    void neighboursShareNoStaging();
    void sameTimeTwice();
    void refusedPasswordStopsEverything();
    void firstErrorStopsTheOthers();
    void lockedFolder();
    void noSpace();
    void stoppedAtEveryRequest();
    void everyRequestMayFail_data();
    void everyRequestMayFail();
};

namespace {

QStringList listOf(const std::vector<std::string> &names)
{
    QStringList list;
    for (const std::string &name : names)
        list.append(QString::fromStdString(name));
    return list;
}

/// What of a sample server belongs into its backup.
std::map<std::string, FakeDatabase> expectedOf(const FakeServer &server)
{
    std::map<std::string, FakeDatabase> expected = server.databases;
    expected.erase("_replicator");
    return expected;
}

} // namespace

void RunTest::complete_data()
{
    QTest::addColumn<int>("parallelDatabases");
    QTest::newRow("one database after the other") << 1;
    QTest::newRow("several at once") << 6;
}

void RunTest::complete()
{
    QFETCH(const int, parallelDatabases);
    FakeServer server;
    fillSample(server);
    Runner runner(server);
    runner.request.parallelDatabases = parallelDatabases;
    const auto outcome = runner.run();
    VERIFY_GOOD(outcome);
    QVERIFY(outcome->manifest.isComplete());
    QVERIFY(outcome->verification.isOk());
    QCOMPARE(outcome->verification.l3, backup::LevelState::Passed);
    QCOMPARE(runner.names(), std::set<std::string>{"2026-11-23T03_00_00.000Z.tgz"});
    QCOMPARE(outcome->archive, runner.folder() / "2026-11-23T03_00_00.000Z.tgz");
    QCOMPARE(outcome->size, std::uint64_t(base::fs::file_size(outcome->archive)));
    QCOMPARE(runner.faultOf(outcome->archive, expectedOf(server)), QString());
    QStringList names;
    for (const archive::ManifestDatabase &entry : outcome->manifest.databases)
        names.append(QString::fromStdString(entry.name));
    QCOMPARE(names,
             QStringList({QStringLiteral("_users"), QStringLiteral("asmt_1"),
                          QStringLiteral("org/1"), QStringLiteral("org_empty")}));
}

void RunTest::onlyReads()
{
    FakeServer server;
    fillSample(server);
    Runner runner(server);
    VERIFY_GOOD(runner.run());
    for (const couch::Request &request : server.record()) {
        using Method = couch::Request::Method;
        const bool isPost = request.method == Method::Post
            && (request.target.find("/_bulk_get?") != std::string::npos
                || request.target.ends_with("/_revs_diff") || request.target == "/_dbs_info");
        QVERIFY2(request.method == Method::Get || request.method == Method::Head || isPost,
                 request.target.c_str());
        QVERIFY2(request.target.find("_replicator") == std::string::npos, request.target.c_str());
    }
}

void RunTest::progressEnds()
{
    FakeServer server;
    fillSample(server);
    Runner runner(server);
    VERIFY_GOOD(runner.run());
    QCOMPARE(runner.progress.phase.load(), backup::Phase::Done);
    QCOMPARE(runner.progress.databasesDone.load(), runner.progress.databases.load());
    QVERIFY(runner.progress.documents > 0 && runner.progress.documentsDone > 0);
    QVERIFY(!runner.progress.current().empty());
}

void RunTest::looseFiles()
{
    FakeServer server;
    fillSample(server);
    Runner runner(server);
    const auto outcome = runner.run();
    VERIFY_GOOD(outcome);
    const auto view = backup::ArchiveView::open(outcome->archive, {});
    VERIFY_GOOD(view);
    const auto readme = (*view)->reader().readLooseFile("README.txt", 10'000);
    VERIFY_GOOD(readme);
    QVERIFY(readme->find("pouchdb-node") != std::string::npos);
    VERIFY_GOOD((*view)->reader().readLooseFile("format.json", 10'000));
    QVERIFY((*view)->manifest().has_value());
    QVERIFY(*(*view)->manifest() == outcome->manifest);
}

/// Fetched, verified, and taken over by the next run.
void RunTest::anOversizeAttachmentIsInTheArchive()
{
    FakeServer server;
    const std::string bytes(store::kLargeAttachmentBytes + 100, 'x');
    server.databases["db"].write("doc", {"a", "", false, {{"huge", bytes}, {"small", "s"}}});
    Runner runner(server);
    runner.request.storeSizes = {.pouchLimitBytes = store::kLargeAttachmentBytes,
                                 .oversizePartBytes = 3'000'000};
    for (const bool isReused : {false, true}) {
        runner.clock.time += std::chrono::hours(1);
        const auto outcome = runner.run();
        VERIFY_GOOD(outcome);
        QVERIFY(outcome->verification.remarks.empty());
        QVERIFY(outcome->manifest.isComplete());
        QCOMPARE(outcome->reused(), std::uint64_t(isReused ? 1 : 0));
        QCOMPARE(runner.faultOf(outcome->archive, expectedOf(server)), QString());
        QCOMPARE(outcome->manifest.databases.front().omissions.front().code,
                 std::string("pouch-unreadable"));
    }
}

void RunTest::oneDatabaseIsRefused()
{
    FakeServer server;
    fillSample(server);
    server.databases["org/1"].isForbidden = true;
    Runner runner(server);
    const auto outcome = runner.run();
    VERIFY_GOOD(outcome);
    QVERIFY(!outcome->manifest.isComplete());
    QCOMPARE(outcome->verification.l3, backup::LevelState::Unknown);
    QVERIFY(outcome->verification.isOk());
    auto expected = expectedOf(server);
    expected.erase("org/1");
    QCOMPARE(runner.faultOf(outcome->archive, expected), QString());
    const archive::ManifestDatabase &refused = outcome->manifest.databases.at(2);
    QCOMPARE(refused.name, std::string("org/1"));
    QVERIFY(refused.directory.empty());
    QCOMPARE(describe(refused.omissions).join(QLatin1Char(';')), QStringLiteral("forbidden"));
}

void RunTest::nothingCanBeRead()
{
    FakeServer server;
    server.databases["a"].isForbidden = true;
    server.databases["b"].isForbidden = true;
    Runner runner(server);
    const auto outcome = runner.run();
    QVERIFY(!outcome);
    QCOMPARE(outcome.error().kind, ErrorKind::Forbidden);
    QVERIFY(
        outcome.error().message.startsWith(QStringLiteral("None of the databases could be read")));
    QVERIFY(runner.names().empty());
}

void RunTest::nothingToBackUp()
{
    FakeServer server;
    server.databases["_replicator"].write("job", {"a"});
    Runner runner(server);
    const auto outcome = runner.run();
    QVERIFY(!outcome);
    QCOMPARE(outcome.error().kind, ErrorKind::NotFound);
    QVERIFY(outcome.error().message.contains(QStringLiteral("no database to back up")));
    QVERIFY(!base::fs::exists(runner.folder()));
}

void RunTest::everythingVanishes()
{
    FakeServer server;
    server.databases["a"].write("doc", {"a"});
    server.onRequest = [&](size_t, const couch::Request &request) {
        if (testsupport::asksFor(request, "a", "_changes"))
            server.databases.clear();
        return Hooked();
    };
    Runner runner(server);
    const auto outcome = runner.run();
    QVERIFY(!outcome);
    QCOMPARE(outcome.error().kind, ErrorKind::NotFound);
    QVERIFY(runner.names().empty());
}

void RunTest::databasesComeAndGo()
{
    FakeServer server;
    fillSample(server);
    server.onRequest = [&](size_t, const couch::Request &request) {
        if (testsupport::asksFor(request, "asmt_1", "_changes")) {
            server.databases.erase("org/1");
            server.databases["org_new"].write("doc", {"a"});
        }
        return Hooked();
    };
    Runner runner(server);
    const auto outcome = runner.run();
    VERIFY_GOOD(outcome);
    QVERIFY(outcome->manifest.isComplete());
    QCOMPARE(listOf(outcome->manifest.vanished), QStringList(QStringLiteral("org/1")));
    QCOMPARE(listOf(outcome->manifest.appeared), QStringList(QStringLiteral("org_new")));
    auto expected = expectedOf(server);
    expected.erase("org_new");
    QCOMPARE(runner.faultOf(outcome->archive, expected), QString());
    runner.clock.time += std::chrono::hours(24);
    const auto next = runner.run();
    VERIFY_GOOD(next);
    QCOMPARE(runner.faultOf(next->archive, expectedOf(server)), QString());
}

/// That the list of databases fails at the very end does not cost the backup.
void RunTest::appearedIsNotKnown()
{
    FakeServer server;
    fillSample(server);
    auto listings = std::make_shared<int>(0);
    server.onRequest = [listings](size_t, const couch::Request &request) -> Hooked {
        if (request.target == "/_all_dbs" && (*listings)++ > 0)
            return testsupport::fakeError(ErrorKind::Busy);
        return std::nullopt;
    };
    Runner runner(server);
    const auto outcome = runner.run();
    VERIFY_GOOD(outcome);
    QCOMPARE(describe(outcome->manifest.omissions).join(QLatin1Char(';')),
             QStringLiteral("appeared-unknown"));
    QCOMPARE(runner.faultOf(outcome->archive, expectedOf(server)), QString());
}

void RunTest::usersThroughTheMiddleware_data()
{
    QTest::addColumn<std::string>("users");
    QTest::addColumn<QStringList>("exclude");
    QTest::addColumn<QStringList>("omissions");
    QTest::newRow("they are kept as they were sent")
        << std::string(R"([{"name":"jan"}])") << QStringList() << QStringList();
    QTest::newRow("an older middleware has none: named")
        << std::string() << QStringList() << QStringList(QStringLiteral("users-unreadable"));
    QTest::newRow("they are not wanted")
        << std::string() << QStringList(QStringLiteral("_users")) << QStringList();
}

void RunTest::usersThroughTheMiddleware()
{
    QFETCH(const std::string, users);
    QFETCH(const QStringList, exclude);
    QFETCH(const QStringList, omissions);
    FakeServer server;
    fillSample(server);
    FakeServer middleware;
    middleware.files["/monitor/all_dbs"] = R"(["asmt_1","org/1"])";
    if (!users.empty())
        middleware.files["/monitor/all_users"] = users;
    Runner runner(server);
    runner.request.middleware = &middleware;
    runner.request.discovery.method = couch::DiscoveryMethod::Middleware;
    for (const QString &pattern : exclude)
        runner.request.discovery.filter.exclude.push_back(pattern.toStdString());
    const auto outcome = runner.run();
    VERIFY_GOOD(outcome);
    QCOMPARE(describe(outcome->manifest.omissions).join(QLatin1Char(';')),
             omissions.join(QLatin1Char(';')));
    const auto view = backup::ArchiveView::open(outcome->archive, {});
    VERIFY_GOOD(view);
    const auto kept = (*view)->reader().readLooseFile("_users.json", 10'000);
    QCOMPARE(kept ? *kept : std::string(), users);
    QCOMPARE(outcome->manifest.databases.size(), size_t(2));
}

/// What "a" spools on disk lies beside what "a-leaves" and "a-again" stage.
void RunTest::neighboursShareNoStaging()
{
    FakeServer server;
    for (const char *name : {"a", "a-leaves", "a-again", "a-"}) {
        for (int i = 0; i < 20'000; ++i)
            server.databases[name].write("a document with a rather long id " + std::to_string(i),
                                         {"a", ""});
    }
    Runner runner(server);
    runner.request.parallelDatabases = 4;
    runner.request.verifyAllBodies = false;
    const auto outcome = runner.run();
    VERIFY_GOOD(outcome);
    QVERIFY(outcome->manifest.isComplete());
    for (const archive::ManifestDatabase &entry : outcome->manifest.databases)
        QCOMPARE(entry.documents, std::uint64_t(20'000));
}

void RunTest::sameTimeTwice()
{
    FakeServer server;
    fillSample(server);
    Runner runner(server);
    VERIFY_GOOD(runner.run());
    const auto before = testsupport::contentsOf(runner.folder());
    server.databases["org/1"].write("only", {"ba"});
    const auto second = runner.run();
    VERIFY_GOOD(second);
    QCOMPARE(
        runner.names(),
        (std::set<std::string>{"2026-11-23T03_00_00.000Z-2.tgz", "2026-11-23T03_00_00.000Z.tgz"}));
    QCOMPARE(runner.faultOf(second->archive, expectedOf(server)), QString());
    QCOMPARE(testsupport::contentsOf(runner.folder()).at("2026-11-23T03_00_00.000Z.tgz"),
             before.begin()->second);
}

void RunTest::refusedPasswordStopsEverything()
{
    FakeServer server;
    fillSample(server);
    Runner counting(server);
    VERIFY_GOOD(counting.run());
    const size_t all = server.requests();
    for (size_t from = 1; from <= all; ++from) {
        FakeServer other;
        fillSample(other);
        other.onRequest = [from](size_t number, const couch::Request &) -> Hooked {
            if (number < from)
                return std::nullopt;
            return testsupport::jsonAnswer(
                R"({"error":"unauthorized","reason":"Name or password is incorrect."})", 401);
        };
        Runner runner(other);
        runner.request.parallelRequests = 1;
        const auto outcome = runner.run();
        QVERIFY2(other.requests() - from + 1 <= 2,
                 qPrintable(QStringLiteral("from request %1").arg(from)));
        if (outcome) // all was read before; only the last look failed
            QVERIFY(!outcome->manifest.isComplete());
        else
            QCOMPARE(outcome.error().kind, ErrorKind::Unauthorized);
        QCOMPARE(runner.names().size(), size_t(outcome ? 1 : 0));
    }
}

/// One database fails for good: the other one, whose list of changes has no end, is not read to its
/// end.
void RunTest::firstErrorStopsTheOthers()
{
    FakeServer server;
    server.databases["a"] = {};
    server.databases["b"].write("doc", {"a", "", false, {{"file", "bytes"}}});
    constexpr std::uint64_t forEver = 200'000;
    auto pages = std::make_shared<std::uint64_t>(0);
    server.onRequest = [&server, pages](size_t, const couch::Request &request) -> Hooked {
        if (testsupport::asksFor(request, "b", "doc"))
            return testsupport::fakeError(ErrorKind::Unreachable);
        if (!testsupport::asksFor(request, "a", "_changes") || *pages == forEver)
            return std::nullopt;
        const std::string seq = testsupport::seqJson(++*pages, server.seqStyle);
        return testsupport::jsonAnswer(R"({"results":[{"id":"d)" + std::to_string(*pages)
                                       + R"(","changes":[{"rev":"1-a"}]}],"last_seq":)" + seq
                                       + R"(,"pending":1})");
    };
    Runner runner(server);
    runner.request.parallelDatabases = 2;
    const auto outcome = runner.run();
    QVERIFY(!outcome);
    QCOMPARE(outcome.error().kind, ErrorKind::Unreachable);
    QVERIFY(*pages < forEver);
    QVERIFY(runner.names().empty());
}

void RunTest::lockedFolder()
{
    FakeServer server;
    fillSample(server);
    Runner runner(server);
    const auto held = backup::Folder::open(runner.request.folder);
    VERIFY_GOOD(held);
    const auto outcome = runner.run();
    QVERIFY(!outcome);
    QCOMPARE(outcome.error().kind, ErrorKind::Locked);
}

void RunTest::noSpace()
{
    FakeServer server;
    fillSample(server);
    server.databases["org/1"].activeBytes = std::uint64_t(1) << 60;
    Runner runner(server);
    const auto outcome = runner.run();
    QVERIFY(!outcome);
    QCOMPARE(outcome.error().kind, ErrorKind::NoSpace);
    QVERIFY(outcome.error().message.contains(QStringLiteral("MiB free")));
    QVERIFY(runner.names().empty());
    QCOMPARE(server.requestsFor("_bulk_get"), size_t(0));
}

void RunTest::stoppedAtEveryRequest()
{
    FakeServer server;
    fillSample(server);
    Runner runner(server);
    runner.request.full = true;
    VERIFY_GOOD(runner.run());
    const auto before = testsupport::contentsOf(runner.folder());
    runner.clock.time += std::chrono::hours(24);
    const size_t all = server.requests();
    for (size_t at = 1; at <= all; ++at) {
        const size_t already = server.requests();
        runner.stop = std::stop_source();
        server.onRequest = [&](size_t number, const couch::Request &) {
            if (number == already + at)
                runner.stop.request_stop();
            return Hooked();
        };
        const Invariants invariants(runner, server);
        const auto outcome = runner.run();
        QVERIFY(!outcome);
        QCOMPARE(invariants.brokenBy(outcome), QString());
        QCOMPARE(outcome.error().kind, ErrorKind::Cancelled);
        QCOMPARE(server.requests(), already + at);
        QCOMPARE(runner.names(), std::set<std::string>{"2026-11-23T03_00_00.000Z.tgz"});
    }
    QVERIFY(testsupport::contentsOf(runner.folder()) == before);
}

void RunTest::everyRequestMayFail_data()
{
    QTest::addColumn<int>("kind");
    for (const ErrorKind kind :
         {ErrorKind::Unreachable, ErrorKind::Timeout, ErrorKind::Server, ErrorKind::Protocol,
          ErrorKind::NotFound, ErrorKind::Forbidden, ErrorKind::TooLarge, ErrorKind::Busy})
        QTest::newRow(base::errorCode(kind)) << int(kind);
}

/// Never a wrong archive: an error, or an omission, or all is there.
void RunTest::everyRequestMayFail()
{
    QFETCH(const int, kind);
    for (size_t n = 1;; ++n) {
        FakeServer server;
        fillSample(server);
        server.onRequest = [n, kind](size_t number, const couch::Request &) -> Hooked {
            if (number == n)
                return testsupport::fakeError(ErrorKind(kind));
            return std::nullopt;
        };
        Runner runner(server);
        const Invariants invariants(runner, server);
        const auto outcome = runner.run();
        const QString broken = invariants.brokenBy(outcome);
        QVERIFY2(broken.isEmpty(), qPrintable(QStringLiteral("request %1: ").arg(n) + broken));
        if (server.requests() < n) {
            VERIFY_GOOD(outcome);
            QVERIFY(outcome->manifest.isComplete());
            break;
        }
    }
}

QTEST_GUILESS_MAIN(RunTest)
#include "run_test.moc"
