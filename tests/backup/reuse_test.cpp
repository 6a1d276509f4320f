#include "core/archive/writer.h"
#include "core/backup/archiveview.h"
#include "core/backup/earlierarchive.h"
#include "core/backup/reuse.h"
#include "core/backup/sequence.h"
#include "tests/backup/backuptesting.h"
#include "tests/backup/sampleserver.h"

using namespace backuptesting;
using archive::ManifestDatabase;
using backup::judgeReuse;
using backup::kReuseRounds;
using backup::Present;
using backup::ReuseVerdict;
using base::ErrorKind;

/// D8: what proves that a database did not change, and what a run makes of it.
class ReuseTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void sequences_data();
    void sequences();
    void verdicts_data();
    void verdicts();
    void everyDatabaseHasItsTurn();

    void unchangedIsTakenOver();
    void changesAreFetched_data();
    void changesAreFetched();
    void everyDatabaseIsReadInFourteenRuns();
    void fullFetchesAll();
    void aBackupOfOneDatabaseIsPassedOver();
    void aBackupFromTheFutureIsPassedOver();
    void whatIsTakenOverNeedsNoSpaceTwice();
    void requestsOfAnUnchangedRun();
    void otherServersAndOtherFiles_data();
    void otherServersAndOtherFiles();
    void anotherDirectoryIsNotTrusted();
    void everyDamagedMember();
    void damageBehindTheTakeOverIsFound();
    void inheritanceNeedsTheSameBytes();
};

namespace {

// Of a CouchDB 3.5: two shards, with 10 and with 0 changes; and its purge sequence, which has no
// shard ids.
constexpr const char *kCouchSeq =
    R"("10-g1AAAAC3eJzLYWBgYMpgTmGQSM4vTc5ISYovzi8tSk51MDQy1zMAQsMckIo8FiDJ0ACk_gNBVgZzImsuUIDdMC3FxNgoFY92wmYnMiTVoxialGaeZppmhEdfFgBe4TSX")";
constexpr const char *kCouchPurgeSeq =
    R"("0-g1AAAABleJzLYWBgYMpgTmGQSM4vTc5ISYovzi8tSk51MDQy1zMAQsMckIo8FiDJ0ACk_gNBViIDYS2JDEn1ELVZAI7bHjI")";

/// An earlier archive with one database, and the source as it is now: unchanged, but for what a row
/// does to them.
struct Case {
    archive::Manifest archive;
    Present present;
    [[nodiscard]] ManifestDatabase &entry() { return archive.databases.front(); }
};

Case unchanged()
{
    Case all;
    all.archive.server = "https://focus.example";
    all.archive.serverUuid = "85fb71bf700c17267fef77535820e371";
    all.present.server = all.archive.server;
    all.present.serverUuid = all.archive.serverUuid;
    ManifestDatabase entry;
    entry.name = "db";
    entry.directory = "db";
    entry.instanceStartTime = "1795450143";
    entry.updateSeq = kCouchSeq;
    entry.purgeSeq = kCouchPurgeSeq;
    entry.security = R"({"admins":{"roles":["_admin"]}})";
    entry.revsLimit = 1000;
    entry.documents = 7;
    entry.deleted = 1;
    couch::DatabaseInfo &info = all.present.info;
    info.name = entry.name;
    info.instanceStartTime = entry.instanceStartTime;
    info.updateSeq = entry.updateSeq;
    info.purgeSeq = entry.purgeSeq;
    info.docCount = entry.documents;
    info.docDelCount = entry.deleted;
    all.present.properties = {entry.security, entry.revsLimit};
    all.archive.databases.push_back(std::move(entry));
    return all;
}

using Change = std::function<void(Case &)>;

void setBothSequences(Case &one, const char *sequence)
{
    one.entry().updateSeq = sequence;
    one.present.info.updateSeq = sequence;
}

void setBothInstances(Case &one, const char *time)
{
    one.entry().instanceStartTime = time;
    one.present.info.instanceStartTime = time;
}

} // namespace

void ReuseTest::sequences_data()
{
    QTest::addColumn<QByteArray>("sequence");
    QTest::addColumn<bool>("isOpaque");
    QTest::addColumn<bool>("hasShardIds");
    QTest::newRow("CouchDB 3.5") << QByteArray(kCouchSeq) << true << true;
    QTest::newRow("its purge sequence") << QByteArray(kCouchPurgeSeq) << true << false;
    // [{a@b,[0,1],5}], as CouchDB 2.0 has it, not compressed
    QTest::newRow("shards without ids")
        << QByteArray(R"("5-g2wAAAABaANkAANhQGJsAAAAAmEAYQFqYQVq")") << true << false;
    // [{a@b,[0,1],{5,<<"1fd432e">>,a@b}}] and, with a count of two, one that is not named
    QTest::newRow("not compressed, with an id")
        << QByteArray(R"("5-g2wAAAABaANkAANhQGJsAAAAAmEAYQFqaANhBW0AAAAHMWZkNDMyZWQAA2FAYmo")")
        << true << true;
    QTest::newRow("one shard of two has an id")
        << QByteArray(R"("5-g2wAAAACaANkAANhQGJsAAAAAmEAYQFqaANhBW0AAAAHMWZkNDMyZWQAA2FAYmo")")
        << true << false;
    QTest::newRow("no term") << QByteArray(R"("5-AAAA")") << true << false;
    QTest::newRow("cut short") << QByteArray(R"("5-g1AAAA")") << true << false;
    QTest::newRow("no base64") << QByteArray(R"("5-%%%%")") << true << false;
    QTest::newRow("a bomb") << QByteArray(R"("5-g1D_____eJw")") << true << false;
    QTest::newRow("a number") << QByteArray("12") << false << false;
    QTest::newRow("a number as text") << QByteArray(R"("12")") << false << false;
    QTest::newRow("nothing behind the number") << QByteArray(R"("12-")") << false << false;
    QTest::newRow("no number") << QByteArray(R"("-abc")") << false << false;
    QTest::newRow("BigCouch") << QByteArray(R"([12,"g1AAAA"])") << false << false;
    QTest::newRow("none") << QByteArray() << false << false;
    QTest::newRow("a quote") << QByteArray("\"") << false << false;
}

void ReuseTest::sequences()
{
    QFETCH(const QByteArray, sequence);
    QTEST(backup::isOpaqueSequence(sequence.toStdString()), "isOpaque");
    QTEST(backup::carriesShardIds(sequence.toStdString()), "hasShardIds");
}

void ReuseTest::verdicts_data()
{
    QTest::addColumn<Change>("change");
    QTest::addColumn<int>("verdict");
    const auto row = [](const char *name, Change change, ReuseVerdict verdict) {
        QTest::newRow(name) << std::move(change) << int(verdict);
    };
    const auto none = [](Case &) {};

    row("nothing changed", none, ReuseVerdict::Unchanged);
    row(
        "properties were not asked for yet", [](Case &one) { one.present.properties.reset(); },
        ReuseVerdict::Unchanged);
    row(
        "instance_start_time is \"0\", the sequence names the shards",
        [](Case &one) { setBothInstances(one, "0"); }, ReuseVerdict::Unchanged);
    row(
        "an instance_start_time, no shard ids in the sequence",
        [](Case &one) { setBothSequences(one, R"("10-g1AAAA")"); }, ReuseVerdict::Unchanged);
    row(
        "taken over before", [](Case &one) { one.entry().reused = true; }, ReuseVerdict::Unchanged);
    row(
        "an omission elsewhere in the archive",
        [](Case &one) {
            one.archive.omissions.push_back({"users-unreadable", {}, {}, {}, "No."});
            ManifestDatabase other;
            other.name = "other";
            other.omissions.push_back({"forbidden", {}, {}, {}, "No."});
            one.archive.databases.push_back(other);
        },
        ReuseVerdict::Unchanged);
    row(
        "no revision limit, then and now",
        [](Case &one) {
            one.entry().revsLimit.reset();
            one.present.properties->revsLimit.reset();
        },
        ReuseVerdict::Unchanged);

    row(
        "another database", [](Case &one) { one.entry().name = "other"; },
        ReuseVerdict::NoEarlierCopy);
    row(
        "another address", [](Case &one) { one.present.server = "https://other.example"; },
        ReuseVerdict::OtherServer);
    row(
        "another server at the same address", [](Case &one) { one.present.serverUuid = "0000"; },
        ReuseVerdict::OtherServer);
    row(
        "a server without a UUID",
        [](Case &one) {
            one.present.serverUuid.clear();
            one.archive.serverUuid.clear();
        },
        ReuseVerdict::OtherServer);
    row(
        "it could not be read then", [](Case &one) { one.entry().directory.clear(); },
        ReuseVerdict::Incomplete);
    row(
        "something of it is missing there",
        [](Case &one) {
            one.entry().omissions.push_back({"revision-missing", "id", "1-a", {}, "Gone."});
        },
        ReuseVerdict::Incomplete);
    row(
        "written to while it was read then", [](Case &one) { one.entry().changedDuringRun = true; },
        ReuseVerdict::ChangedMeanwhile);

    row(
        "deleted and made again",
        [](Case &one) { one.present.info.instanceStartTime = "1795450199"; },
        ReuseVerdict::Recreated);
    row(
        "the server was upgraded to one that says when",
        [](Case &one) { one.entry().instanceStartTime = "0"; }, ReuseVerdict::Recreated);
    row(
        "PouchDB Server's plain numbers", [](Case &one) { setBothSequences(one, "10"); },
        ReuseVerdict::PlainSequence);
    row(
        "CouchDB 1: a number, and when the file was opened",
        [](Case &one) {
            setBothSequences(one, "10");
            setBothInstances(one, "1406030100000000");
        },
        ReuseVerdict::PlainSequence);
    row(
        "BigCouch's lists", [](Case &one) { setBothSequences(one, R"([10,"g1AAAA"])"); },
        ReuseVerdict::PlainSequence);
    row(
        "no sequence at all", [](Case &one) { setBothSequences(one, ""); },
        ReuseVerdict::PlainSequence);
    row(
        "instance_start_time is \"0\", no shard ids in the sequence",
        [](Case &one) {
            setBothSequences(one, R"("10-g1AAAA")");
            setBothInstances(one, "0");
        },
        ReuseVerdict::Unidentified);
    row(
        "no instance_start_time, no shard ids in the sequence",
        [](Case &one) {
            setBothSequences(one, R"("10-g1AAAA")");
            setBothInstances(one, "");
        },
        ReuseVerdict::Unidentified);

    row(
        "a document was written", [](Case &one) { one.present.info.updateSeq.replace(1, 2, "11"); },
        ReuseVerdict::Changed);
    row(
        "the shards were renumbered", [](Case &one) { one.present.info.updateSeq[20] ^= 1; },
        ReuseVerdict::Changed);
    row(
        "purged", [](Case &one) { one.present.info.purgeSeq[1] = '1'; }, ReuseVerdict::Purged);
    row(
        "a server that says nothing of purges",
        [](Case &one) {
            one.entry().purgeSeq.clear();
            one.present.info.purgeSeq.clear();
        },
        ReuseVerdict::Purged);
    row(
        "another number of documents", [](Case &one) { one.present.info.docCount = 8; },
        ReuseVerdict::CountsDiffer);
    row(
        "another number of deleted ones", [](Case &one) { one.present.info.docDelCount = 0; },
        ReuseVerdict::CountsDiffer);

    row(
        "_security was changed",
        [](Case &one) { one.present.properties->security = R"({"admins":{"roles":[]}})"; },
        ReuseVerdict::SecurityChanged);
    row(
        "_security could not be read then", [](Case &one) { one.entry().security.clear(); },
        ReuseVerdict::SecurityChanged);
    row(
        "the revision limit was changed", [](Case &one) { one.present.properties->revsLimit = 10; },
        ReuseVerdict::RevsLimitChanged);
    row(
        "the revision limit could not be read then",
        [](Case &one) { one.entry().revsLimit.reset(); }, ReuseVerdict::RevsLimitChanged);
}

void ReuseTest::verdicts()
{
    QFETCH(const Change, change);
    QFETCH(const int, verdict);
    Case one = unchanged();
    change(one);
    QCOMPARE(int(judgeReuse(one.archive, &one.entry(), one.present)), verdict);
    QCOMPARE(int(judgeReuse(one.archive, nullptr, one.present)), int(ReuseVerdict::NoEarlierCopy));
}

void ReuseTest::everyDatabaseHasItsTurn()
{
    std::array<int, kReuseRounds> databases{};
    for (int i = 0; i < 1400; ++i) {
        int turns = 0;
        for (unsigned round = 0; round < kReuseRounds; ++round) {
            if (!backup::isItsTurn("org_" + std::to_string(i), round))
                continue;
            ++turns;
            ++databases[round];
        }
        QCOMPARE(turns, 1);
    }
    for (const int count : databases)
        QVERIFY2(count > 50 && count < 150, qPrintable(QString::number(count)));
    unsigned round = backup::nextRound(std::nullopt);
    QCOMPARE(round, 0U);
    std::set<unsigned> seen;
    for (unsigned i = 0; i < kReuseRounds; ++i) {
        seen.insert(round);
        round = backup::nextRound(round);
    }
    QCOMPARE(seen.size(), size_t(kReuseRounds));
    QCOMPARE(round, 0U);
    QVERIFY(backup::nextRound(~std::uint64_t{0}) < kReuseRounds);
}

// --- whole runs --------------------------------------------------------------------------------

namespace {

std::map<std::string, FakeDatabase> expectedOf(const FakeServer &server)
{
    std::map<std::string, FakeDatabase> expected = server.databases;
    expected.erase("_replicator");
    return expected;
}

/// Databases that are taken over, for which it is not their turn in the second run.
void fill(FakeServer &server, int databases)
{
    for (int i = 0; i < databases; ++i) {
        FakeDatabase &database = server.databases["org_" + std::to_string(i)];
        database = sampleDatabase();
        database.write("name", {"a", R"("name":)" + std::to_string(i)});
    }
}

QStringList reusedIn(const backup::RunOutcome &outcome)
{
    QStringList names;
    for (const ManifestDatabase &entry : outcome.manifest.databases) {
        if (entry.reused)
            names.append(QString::fromStdString(entry.name));
    }
    return names;
}

/// Those of a fake server that a run with this round takes over when nothing changed.
QStringList expectedReuse(const FakeServer &server, unsigned round)
{
    QStringList names;
    for (const auto &[name, database] : server.databases) {
        if (name != "_replicator" && !backup::isItsTurn(name, round))
            names.append(QString::fromStdString(name));
    }
    return names;
}

} // namespace

void ReuseTest::unchangedIsTakenOver()
{
    FakeServer server;
    fillSample(server);
    fill(server, 6);
    Runner runner(server);
    const auto first = runner.run();
    VERIFY_GOOD(first);
    QCOMPARE(first->reused(), std::uint64_t(0));
    QCOMPARE(first->manifest.reuseRound, std::optional<std::uint64_t>(0));
    QVERIFY(first->verification.l3Note.find("unchanged") == std::string::npos);

    runner.clock.time += std::chrono::hours(1);
    const auto second = runner.run();
    VERIFY_GOOD(second);
    QCOMPARE(reusedIn(*second), expectedReuse(server, 1));
    QVERIFY(second->reused() >= 6);
    QCOMPARE(second->verification.inherited, second->reused());
    QVERIFY(second->manifest.isComplete());
    QVERIFY(second->remarks.empty());
    QCOMPARE(second->verification.l2, backup::LevelState::Passed);
    QVERIFY(second->verification.l3Note.find("unchanged at the source since they were compared, "
                                             "the first on 2026-11-23T03:00:00.000Z")
            != std::string::npos);
    QCOMPARE(second->verification.documents, first->verification.documents);
    // Complete in itself, proved by reading all of it.
    base::fs::remove(first->archive);
    QCOMPARE(runner.faultOf(second->archive, expectedOf(server)), QString());

    runner.clock.time += std::chrono::hours(1);
    const auto third = runner.run();
    VERIFY_GOOD(third);
    QCOMPARE(reusedIn(*third), expectedReuse(server, 2));
    for (const ManifestDatabase &entry : third->manifest.databases) {
        const bool wasReused = reusedIn(*second).contains(QString::fromStdString(entry.name));
        if (!entry.reused) {
            QCOMPARE(entry.contentFrom, std::string("source"));
            QCOMPARE(entry.comparedAt, std::string("2026-11-23T05:00:00.000Z"));
        } else { // whose run read it, not the one it was copied from last
            QCOMPARE(entry.contentFrom,
                     std::string(wasReused ? "2026-11-23T03_00_00.000Z.tgz"
                                           : "2026-11-23T04_00_00.000Z.tgz"));
            QCOMPARE(
                entry.comparedAt,
                std::string(wasReused ? "2026-11-23T03:00:00.000Z" : "2026-11-23T04:00:00.000Z"));
            QCOMPARE(entry.startedAt, std::string("2026-11-23T05:00:00.000Z"));
        }
    }
    QCOMPARE(runner.faultOf(third->archive, expectedOf(server)), QString());
}

void ReuseTest::changesAreFetched_data()
{
    using Edit = std::function<void(FakeServer &)>;
    QTest::addColumn<Edit>("edit");
    QTest::addColumn<bool>("isReused");
    const auto row = [](const char *name, Edit edit, bool isReused = false) {
        QTest::newRow(name) << std::move(edit) << isReused;
    };
    row(
        "nothing", [](FakeServer &) {}, true);
    row("a document was written",
        [](FakeServer &server) { server.databases["db"].write("plain", {"ba"}); });
    row("a document was purged", [](FakeServer &server) { server.databases["db"].purge("plain"); });
    row("only the purge sequence moved",
        [](FakeServer &server) { ++server.databases["db"].purgeSeq; });
    row("deleted and made again with as many writes", [](FakeServer &server) {
        FakeDatabase again = sampleDatabase();
        again.documents["plain"].leaves.front().members = R"("other":true)";
        again.instance = "1700000001";
        server.databases["db"] = again;
    });
    row("_security was changed", [](FakeServer &server) {
        server.databases["db"].security = R"({"admins":{"roles":["boss"]}})";
    });
    row("the revision limit was changed",
        [](FakeServer &server) { server.databases["db"].revsLimit = 5; });
    row("no instance_start_time any more",
        [](FakeServer &server) { server.databases["db"].instance = "0"; });
    row("a server that counts with numbers",
        [](FakeServer &server) { server.seqStyle = testsupport::SeqStyle::Number; });
    row(
        "_dbs_info is refused: asked one by one",
        [](FakeServer &server) {
            server.onRequest = [](size_t, const couch::Request &request)
                -> std::optional<base::Result<FakeServer::Answer>> {
                if (request.target == "/_dbs_info")
                    return testsupport::jsonAnswer(
                        R"({"error":"forbidden","reason":"You are not a server admin."})", 403);
                return std::nullopt;
            };
        },
        true);
    row("_security cannot be read any more", [](FakeServer &server) {
        server.onRequest =
            [](size_t,
               const couch::Request &request) -> std::optional<base::Result<FakeServer::Answer>> {
            if (testsupport::asksFor(request, "db", "_security"))
                return testsupport::jsonAnswer(R"({"error":"forbidden","reason":"No."})", 403);
            return std::nullopt;
        };
    });
}

void ReuseTest::changesAreFetched()
{
    using Edit = std::function<void(FakeServer &)>;
    QFETCH(const Edit, edit);
    QFETCH(const bool, isReused);
    FakeServer server;
    server.databases["db"] = sampleDatabase();
    QVERIFY(!backup::isItsTurn("db", 1));
    Runner runner(server);
    VERIFY_GOOD(runner.run());
    edit(server);
    runner.clock.time += std::chrono::hours(1);
    const auto second = runner.run();
    VERIFY_GOOD(second);
    const ManifestDatabase &entry = second->manifest.databases.front();
    QCOMPARE(entry.reused, isReused);
    if (entry.omissions.empty()) {
        QCOMPARE(entry.security, server.databases["db"].security);
        QCOMPARE(entry.revsLimit, std::optional(server.databases["db"].revsLimit));
    }
    QCOMPARE(runner.faultOf(second->archive, expectedOf(server)), QString());
}

/// A bad capture is not copied for ever.
void ReuseTest::everyDatabaseIsReadInFourteenRuns()
{
    FakeServer server;
    for (int i = 0; i < 40; ++i)
        server.databases["org_" + std::to_string(i)].write("doc", {"a"});
    Runner runner(server);
    runner.request.verifyAllBodies = false;
    VERIFY_GOOD(runner.run());
    std::map<std::string, int> fetched;
    for (unsigned run = 0; run < kReuseRounds; ++run) {
        runner.clock.time += std::chrono::hours(24);
        const auto outcome = runner.run();
        VERIFY_GOOD(outcome);
        QVERIFY(outcome->reused() > 30);
        for (const ManifestDatabase &entry : outcome->manifest.databases)
            fetched[entry.name] += entry.reused ? 0 : 1;
        base::fs::remove(runner.folder() / "2026-11-23T03_00_00.000Z.tgz");
    }
    for (const auto &[name, times] : fetched)
        QVERIFY2(times == 1, name.c_str());
    QCOMPARE(fetched.size(), size_t(40));
}

/// Made by hand between two others.
void ReuseTest::aBackupOfOneDatabaseIsPassedOver()
{
    FakeServer server;
    fill(server, 6);
    Runner runner(server);
    VERIFY_GOOD(runner.run());
    runner.clock.time += std::chrono::hours(1);
    runner.request.discovery.filter.include = {"org_2"};
    const auto byHand = runner.run();
    VERIFY_GOOD(byHand);
    QCOMPARE(byHand->manifest.databases.size(), size_t(1));
    runner.clock.time += std::chrono::hours(1);
    runner.request.discovery.filter.include.clear();
    const auto next = runner.run();
    VERIFY_GOOD(next);
    QVERIFY(next->reused() >= 5);
}

/// The clock was wrong when it was made; it is right again.
void ReuseTest::aBackupFromTheFutureIsPassedOver()
{
    FakeServer server;
    fill(server, 3);
    Runner runner(server);
    VERIFY_GOOD(runner.run());
    const auto right = runner.clock.time;
    runner.clock.time += std::chrono::hours(24 * 3650);
    VERIFY_GOOD(runner.run());
    runner.clock.time = right + std::chrono::hours(1);
    const auto next = runner.run();
    VERIFY_GOOD(next);
    QCOMPARE(next->manifest.reuseRound, std::optional<std::uint64_t>(1));
    runner.clock.time += std::chrono::hours(1);
    const auto after = runner.run();
    VERIFY_GOOD(after);
    QCOMPARE(after->manifest.reuseRound, std::optional<std::uint64_t>(2)); // the rounds go on
}

/// Found in a review: a source larger than the free space was refused even when nothing had
/// changed.
void ReuseTest::whatIsTakenOverNeedsNoSpaceTwice()
{
    FakeServer server;
    fill(server, 6);
    Runner runner(server);
    VERIFY_GOOD(runner.run());
    runner.clock.time += std::chrono::hours(1);
    for (auto &[name, database] : server.databases) {
        if (!backup::isItsTurn(name, 1))
            database.activeBytes = std::uint64_t(1) << 60;
    }
    VERIFY_GOOD(runner.run());
    runner.request.full = true;
    const auto refused = runner.run();
    QVERIFY(!refused);
    QCOMPARE(refused.error().kind, base::ErrorKind::NoSpace);
}

void ReuseTest::fullFetchesAll()
{
    FakeServer server;
    fillSample(server);
    Runner runner(server);
    VERIFY_GOOD(runner.run());
    runner.clock.time += std::chrono::hours(1);
    runner.request.full = true;
    const auto second = runner.run();
    VERIFY_GOOD(second);
    QCOMPARE(second->reused(), std::uint64_t(0));
    QCOMPARE(second->manifest.reuseRound, std::optional<std::uint64_t>(1)); // it goes on
}

/// What an unchanged database costs: its share of `_dbs_info`, `_security` and `_revs_limit`.
void ReuseTest::requestsOfAnUnchangedRun()
{
    FakeServer server;
    for (int i = 0; i < 250; ++i)
        server.databases["org_" + std::to_string(i)].write("doc", {"a"});
    Runner runner(server);
    runner.request.verifyAllBodies = false;
    VERIFY_GOOD(runner.run());
    const size_t before = server.requests();
    const size_t infosBefore = server.requestsFor("/_dbs_info");
    runner.clock.time += std::chrono::hours(1);
    const auto second = runner.run();
    VERIFY_GOOD(second);
    QCOMPARE(server.requestsFor("/_dbs_info") - infosBefore, size_t(3));
    const size_t fetched = 250 - second->reused();
    QVERIFY(fetched > 0 && fetched < 40);
    const size_t perFetched = 10;
    QVERIFY2(server.requests() - before <= 6 + 2 * second->reused() + perFetched * fetched,
             qPrintable(QString::number(server.requests() - before)));
}

void ReuseTest::otherServersAndOtherFiles_data()
{
    using Prepare = std::function<void(Runner &)>;
    QTest::addColumn<Prepare>("prepare");
    QTest::addColumn<bool>("isReused");
    QTest::addColumn<int>("remarks");
    const auto only = [](const Runner &runner) {
        return runner.folder() / "2026-11-23T03_00_00.000Z.tgz";
    };
    const auto row = [](const char *name, Prepare prepare, bool isReused, int remarks = 0) {
        QTest::newRow(name) << std::move(prepare) << isReused << remarks;
    };
    const auto damage = [](const base::fs::path &path, qint64 fromEnd) {
        QFile file(QString::fromStdString(path.string()));
        QVERIFY(file.open(QIODevice::ReadWrite));
        file.seek(file.size() - fromEnd);
        const QByteArray was = file.read(1);
        file.seek(file.size() - fromEnd);
        file.write(QByteArray(1, char(was.at(0) ^ 1)));
    };
    row(
        "the archive of this server", [](Runner &) {}, true);
    row(
        "another address", [](Runner &runner) { runner.request.sourceName = "http://other"; },
        false);
    row(
        "it was never verified: its name is not ours",
        [only](Runner &runner) { base::fs::rename(only(runner), runner.folder() / "kept.tgz"); },
        false);
    row(
        "only an unfinished one",
        [only](Runner &runner) {
            base::fs::rename(only(runner), only(runner).string() + ".partial");
        },
        false);
    row(
        "a predecessor's archive, newer than ours",
        [](Runner &runner) {
            QFile other(QString::fromStdString(
                (runner.folder() / "2026-11-23T03_30_00.000Z.tgz").string()));
            QVERIFY(other.open(QIODevice::WriteOnly));
            other.write(QByteArray(1000, 'x'));
        },
        true);
    row(
        "cut short",
        [only](Runner &runner) {
            base::fs::resize_file(only(runner), base::fs::file_size(only(runner)) - 10);
        },
        false);
    row(
        "its table of contents is damaged", [=](Runner &runner) { damage(only(runner), 2000); },
        false, 1);
    row(
        "its footer is damaged", [=](Runner &runner) { damage(only(runner), 30); }, false, 1);
    row(
        "gone", [only](Runner &runner) { base::fs::remove(only(runner)); }, false);
    row(
        "a damaged one before it is passed over",
        [=](Runner &runner) {
            const auto newer = runner.folder() / "2026-11-23T03_30_00.000Z.tgz";
            base::fs::copy_file(only(runner), newer);
            damage(newer, 2000);
        },
        true, 1);
}

void ReuseTest::otherServersAndOtherFiles()
{
    using Prepare = std::function<void(Runner &)>;
    QFETCH(const Prepare, prepare);
    QFETCH(const bool, isReused);
    QFETCH(const int, remarks);
    FakeServer server;
    server.databases["db"] = sampleDatabase();
    Runner runner(server);
    VERIFY_GOOD(runner.run());
    prepare(runner);
    runner.clock.time += std::chrono::hours(1);
    const auto second = runner.run();
    VERIFY_GOOD(second);
    QVERIFY(second->manifest.isComplete());
    QCOMPARE(second->reused() == 1, isReused);
    QCOMPARE(int(second->remarks.size()), remarks);
    for (const QString &remark : second->remarks)
        QVERIFY2(remark.contains(QStringLiteral("`verify`")), qPrintable(remark));
    QCOMPARE(runner.faultOf(second->archive, expectedOf(server)), QString());
}

/// An archive, by whomever it was made, that puts databases where they do not belong: two of them
/// in one directory would make an archive that cannot be finished, in every run from then on.
void ReuseTest::anotherDirectoryIsNotTrusted()
{
    FakeServer server;
    fill(server, 3);
    Runner runner(server);
    const auto first = runner.run();
    VERIFY_GOOD(first);
    const auto view = backup::ArchiveView::open(first->archive, {});
    VERIFY_GOOD(view);
    archive::Manifest forged = first->manifest;
    for (ManifestDatabase &entry : forged.databases)
        entry.directory = "org_0";
    const base::fs::path path = runner.folder() / "2026-11-23T03_30_00.000Z.tgz";
    auto file = base::File::create(path);
    VERIFY_GOOD(file);
    auto writer = archive::Writer::create(std::move(*file), "2026-11-23T03_30_00.000Z", {});
    VERIFY_GOOD(writer);
    VERIFY_GOOD((*writer)->addFolder({}));
    VERIFY_GOOD((*writer)->addBytes("format.json", archive::encodeFormat("x", "y", "z")));
    VERIFY_GOOD((*writer)->addFolder("org_0"));
    const auto files = (*view)->reader().openDatabase("org_0");
    VERIFY_GOOD(files);
    for (const auto &entry : (*files)->files()) {
        const auto packed = (*view)->reader().packedFile("org_0", entry.name);
        VERIFY_GOOD(packed);
        VERIFY_GOOD((*writer)->addPacked("org_0/" + entry.name, *packed));
    }
    VERIFY_GOOD((*writer)->addBytes("manifest.json", archive::encodeManifest(forged)));
    VERIFY_GOOD((*writer)->finish());
    base::fs::remove(first->archive); // it would be preferred
    runner.clock.time += std::chrono::hours(1);
    const auto second = runner.run();
    VERIFY_GOOD(second);
    QVERIFY(second->reused() <= 1);
    QVERIFY(second->manifest.isComplete());
    QCOMPARE(runner.faultOf(second->archive, expectedOf(server)), QString());
}

/// Whatever byte of the earlier archive is wrong, the new one is right, and the damage is said
/// where it was met.
void ReuseTest::everyDamagedMember()
{
    FakeServer server;
    fill(server, 3);
    Runner runner(server);
    runner.request.verifyAllBodies = false;
    const auto first = runner.run();
    VERIFY_GOOD(first);
    const auto sound = base::readFile(first->archive, 1 << 28);
    VERIFY_GOOD(sound);
    int said = 0;
    int reused = 0;
    for (size_t at = 0; at < sound->size(); at += std::max<size_t>(1, sound->size() / 60)) {
        std::string bytes = *sound;
        bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
        base::fs::remove_all(runner.folder());
        VERIFY_GOOD(base::makeFolder(runner.folder()));
        VERIFY_GOOD(base::writeFileAtomically(first->archive, bytes));
        VERIFY_GOOD(base::writeFileAtomically(runner.folder() / ".focus-monitor-folder", "x\n"));
        runner.clock.time += std::chrono::hours(1);
        const auto second = runner.run();
        VERIFY_GOOD(second);
        QVERIFY(second->manifest.isComplete());
        QCOMPARE(runner.faultOf(second->archive, expectedOf(server)), QString());
        said += second->remarks.empty() ? 0 : 1;
        reused += second->reused() > 0 ? 1 : 0;
        for (const QString &remark : second->remarks)
            QVERIFY(remark.contains(QString::fromStdString(first->archive.filename().string())));
    }
    QVERIFY2(said > 20 && reused > 20, qPrintable(QStringLiteral("%1 %2").arg(said).arg(reused)));
}

namespace {

/// An archive that took something over, and the one it came from.
struct Pair {
    base::fs::path later;
    std::unique_ptr<backup::EarlierArchive> earlier;
};

base::Result<Pair> makePair(Runner &runner)
{
    if (const auto first = runner.run(); !first)
        return first.error();
    const auto folder = backup::Folder::open(runner.request.folder);
    if (!folder)
        return folder.error();
    std::vector<QString> remarks;
    Pair pair;
    pair.earlier = backup::EarlierArchive::bestIn(
        **folder, {"http://fake.example", "fake", {}, runner.clock.time}, remarks);
    return pair;
}

} // namespace

/// The members that were taken over are not inflated again, but a bit that flips on the way to the
/// disk is found.
void ReuseTest::damageBehindTheTakeOverIsFound()
{
    FakeServer server;
    fill(server, 3);
    Runner runner(server);
    auto pair = makePair(runner);
    VERIFY_GOOD(pair);
    QVERIFY(pair->earlier != nullptr);
    runner.clock.time += std::chrono::hours(1);
    const auto second = runner.run();
    VERIFY_GOOD(second);
    const auto sound = base::readFile(second->archive, 1 << 28);
    VERIFY_GOOD(sound);
    backup::VerifyOptions options;
    options.takenOverFrom = pair->earlier.get();
    backup::Progress ignored;
    const base::fs::path damaged = runner.folder() / "damaged.tgz";
    const auto verify = [&](const std::string &bytes) {
        base::fs::remove(damaged);
        const base::Status written = base::writeFileAtomically(damaged, bytes);
        Q_ASSERT(written);
        return backup::verifyArchive(damaged, options, ignored, {});
    };
    const auto whole = verify(*sound);
    VERIFY_GOOD(whole);
    QVERIFY(whole->isOk());
    QVERIFY(whole->inherited >= 2);
    for (size_t at = 0; at < sound->size(); at += 37) {
        std::string bytes = *sound;
        bytes[at] = static_cast<char>(bytes[at] ^ 0x04);
        const auto report = verify(bytes);
        QVERIFY2(!report || !report->isOk(), qPrintable(QStringLiteral("byte %1").arg(at)));
    }
}

/// What another archive proves of other bytes is worth nothing.
void ReuseTest::inheritanceNeedsTheSameBytes()
{
    FakeServer server;
    fill(server, 3);
    Runner runner(server);
    auto pair = makePair(runner);
    VERIFY_GOOD(pair);
    for (auto &[name, database] : server.databases)
        database.write("later", {"a"});
    runner.clock.time += std::chrono::hours(1);
    VERIFY_GOOD(runner.run());
    runner.clock.time += std::chrono::hours(1);
    const auto third = runner.run(); // reuses what the second one holds
    VERIFY_GOOD(third);
    QVERIFY(third->reused() >= 2);
    backup::VerifyOptions options;
    options.takenOverFrom = pair->earlier.get();
    backup::Progress ignored;
    const auto report = backup::verifyArchive(third->archive, options, ignored, {});
    VERIFY_GOOD(report);
    QVERIFY(report->isOk());
    QCOMPARE(report->inherited, std::uint64_t(0));
}

QTEST_GUILESS_MAIN(ReuseTest)
#include "reuse_test.moc"
