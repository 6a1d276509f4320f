#include "core/backup/comparison.h"
#include "core/backup/leafcomparer.h"
#include "tests/backup/backuptesting.h"
#include "tests/backup/sampleserver.h"

using namespace backuptesting;
using base::ErrorKind;
using Hooked = std::optional<base::Result<FakeServer::Answer>>;

/// Level L3: a store held against a source that has changed, or lies.
class ComparisonTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void differences_data();
    void differences();
    void writtenToIsNoDifference_data();
    void writtenToIsNoDifference();
    void writesWhileComparing();
    void writesWithoutEnd();
    void aFaultOfTheWireIsLookedAtTwice();
    void sampleThatDoesNotComeIsAProblem_data();
    void sampleThatDoesNotComeIsAProblem();
    void purgedIsNoDifference();
    void manyDifferencesAreCounted();
    void manyBodiesDiffer();
    void manyChangedDocumentsAreNoDifference();
    void largeBodiesComeInSmallBatches();
    void errorsOfReading_data();
    void errorsOfReading();
    void stops();
};

namespace {

/// A store made of a database as it was, and a server that may differ from it.
class Pair
{
public:
    explicit Pair(const FakeDatabase &database = sampleDatabase())
    {
        server.databases["db"] = database;
        snapper.emplace(server);
        auto taken = snapper->take();
        if (!taken || taken->files == nullptr)
            qFatal("no snapshot");
        snapshot = std::move(*taken);
        reader = openStaged(snapshot);
        leaves = store::examine(*reader)->facts.leafSet;
        source = &server.databases["db"];
    }
    /// Changes the source without the sequence saying so.
    void falsify(const std::function<void(FakeDatabase &)> &change)
    {
        const std::uint64_t seq = source->seq;
        change(*source);
        source->seq = seq;
        for (auto &[id, document] : source->documents)
            document.seq = std::min(document.seq, seq);
    }
    base::Result<backup::Comparison> compare(bool leavesAreKnownEqual = false,
                                             std::vector<couch::IdRev> sample = {})
    {
        couch::Client client(server, {});
        return backup::compareWithSource({.source = client,
                                          .database = "db",
                                          .stored = *reader,
                                          .storedLeaves = leaves,
                                          .sinceSeq = snapshot.entry.updateSeq,
                                          .purgeSeq = snapshot.entry.purgeSeq,
                                          .leavesAreKnownEqual = leavesAreKnownEqual,
                                          .sample = sample,
                                          .allBodies = sample.empty(),
                                          .stop = stop.get_token()});
    }

    FakeServer server;
    FakeDatabase *source = nullptr;
    std::optional<Snapper> snapper;
    backup::Snapshot snapshot;
    std::unique_ptr<store::Reader> reader;
    store::LeafSet leaves;
    std::stop_source stop;
};

QStringList describeProblems(const backup::Comparison &comparison)
{
    QStringList lines;
    for (const store::Problem &problem : comparison.problems)
        lines.append(QString::fromStdString(problem.code + ' ' + problem.document));
    lines.sort();
    return lines;
}

FakeLeaf &leafOf(FakeDatabase &database, const std::string &id, const std::string &letters)
{
    for (FakeLeaf &leaf : database.documents.at(id).leaves) {
        if (leaf.letters == letters)
            return leaf;
    }
    qFatal("no such leaf");
}

} // namespace

void ComparisonTest::differences_data()
{
    QTest::addColumn<std::function<void(FakeDatabase &)>>("change");
    QTest::addColumn<QStringList>("problems");
    using Change = std::function<void(FakeDatabase &)>;
    const auto row = [](const char *name, Change change, const QStringList &problems) {
        QTest::newRow(name) << std::move(change) << problems;
    };
    row("equal", [](FakeDatabase &) {}, {});
    row("a document is missing here", [](FakeDatabase &db) { db.write("new", {"a"}); },
        {QStringLiteral("leaves-differ new")});
    row("a leaf is missing here", [](FakeDatabase &db) { db.write("conflict", {"ea"}); },
        {QStringLiteral("leaves-differ conflict")});
    row("a document is extra here", [](FakeDatabase &db) { db.documents.erase("plain"); },
        {QStringLiteral("body-missing plain"), QStringLiteral("not-at-source plain")});
    row("a leaf is extra here",
        [](FakeDatabase &db) {
            std::erase_if(db.documents["conflict"].leaves,
                          [](const FakeLeaf &leaf) { return leaf.letters == "ca"; });
        },
        {QStringLiteral("body-missing conflict"), QStringLiteral("not-at-source conflict")});
    row("another body under the same revision",
        [](FakeDatabase &db) { leafOf(db, "plain", "a").members = R"("n":2)"; },
        {QStringLiteral("body-differs plain")});
    row("1.0 is not 1",
        [](FakeDatabase &db) {
            leafOf(db, "plain", "a").members = R"("n":1,"big":123456789012345678901234567890)";
        },
        {QStringLiteral("body-differs plain")});
    row("deleted under the same revision",
        [](FakeDatabase &db) { leafOf(db, "plain", "a").deleted = true; },
        {QStringLiteral("body-differs plain")});
    row("another history of the same revision",
        [](FakeDatabase &db) { leafOf(db, "updated", "cba").letters = "cza"; },
        {QStringLiteral("body-differs updated")});
    row("another attachment under the same revision",
        [](FakeDatabase &db) { leafOf(db, "files", "a").attachments[1].bytes = "321"; },
        {QStringLiteral("body-differs files")});
    row("another attachment, stored with gzip",
        [](FakeDatabase &db) {
            leafOf(db, "files", "a").attachments[0].bytes = std::string(3000, 'y');
        },
        {QStringLiteral("body-differs files")});
    row("an attachment of another type",
        [](FakeDatabase &db) { leafOf(db, "files", "a").attachments[1].contentType = "text/html"; },
        {QStringLiteral("body-differs files")});
    row("an attachment of another name",
        [](FakeDatabase &db) { leafOf(db, "files", "a").attachments[1].name = "other"; },
        {QStringLiteral("body-differs files")});
    row("an attachment less",
        [](FakeDatabase &db) { leafOf(db, "files", "a").attachments.pop_back(); },
        {QStringLiteral("body-differs files")});
    row("the attachments in another order are the same",
        [](FakeDatabase &db) {
            std::swap(leafOf(db, "files", "a").attachments[0],
                      leafOf(db, "files", "a").attachments[1]);
        },
        {});
    row("the other coding of an attachment is the same",
        [](FakeDatabase &db) { leafOf(db, "files", "a").attachments[1].gzip = true; }, {});
    row("a stemmed history is the same",
        [](FakeDatabase &db) {
            leafOf(db, "updated", "cba").start = 3;
            leafOf(db, "updated", "cba").letters = "cb";
        },
        {});
    row("a document that cannot be read any more",
        [](FakeDatabase &db) { leafOf(db, "plain", "a").raw = R"({"_id":"plain","_rev":tru})"; },
        {QStringLiteral("body-missing plain")});
}

void ComparisonTest::differences()
{
    using Change = std::function<void(FakeDatabase &)>;
    QFETCH(const Change, change);
    QFETCH(const QStringList, problems);
    Pair pair;
    pair.falsify(change);
    const auto comparison = pair.compare();
    VERIFY_GOOD(comparison);
    QCOMPARE(describeProblems(*comparison).join(QLatin1Char(';')), problems.join(QLatin1Char(';')));
    for (const store::Problem &problem : comparison->problems)
        QVERIFY(!problem.message.isEmpty());
    QCOMPARE(comparison->changedDocuments, std::uint64_t(0));
    if (problems.isEmpty())
        QCOMPARE(comparison->bodiesCompared, pair.snapshot.entry.leaves);
}

void ComparisonTest::writtenToIsNoDifference_data()
{
    QTest::addColumn<std::function<void(FakeDatabase &)>>("change");
    using Change = std::function<void(FakeDatabase &)>;
    QTest::newRow("a document is new") << Change([](FakeDatabase &db) { db.write("new", {"a"}); });
    QTest::newRow("a leaf is updated")
        << Change([](FakeDatabase &db) { db.write("plain", {"ba"}); });
    QTest::newRow("a conflict is made")
        << Change([](FakeDatabase &db) { db.write("plain", {"b"}); });
    QTest::newRow("a document is deleted") << Change([](FakeDatabase &db) {
        db.write("plain", {"ba", "", true});
    });
}

void ComparisonTest::writtenToIsNoDifference()
{
    using Change = std::function<void(FakeDatabase &)>;
    QFETCH(const Change, change);
    for (const bool leavesAreKnownEqual : {false, true}) {
        Pair pair;
        change(*pair.source);
        const auto comparison = pair.compare(leavesAreKnownEqual);
        VERIFY_GOOD(comparison);
        QCOMPARE(describeProblems(*comparison).join(QLatin1Char(';')), QString());
        QVERIFY(leavesAreKnownEqual || comparison->changedDocuments == 1);
    }
}

/// A write before each request in turn, and what is compared is what did not change.
void ComparisonTest::writesWhileComparing()
{
    for (size_t at = 1;; ++at) {
        Pair pair;
        const size_t before = pair.server.requests();
        bool wasReached = false;
        pair.server.onRequest = [&](size_t number, const couch::Request &) {
            if (number == before + at) {
                wasReached = true;
                pair.source->write("plain", {"ba"});
                pair.source->write("files", {"ba", "", false, {{"note.txt", "new", true}}});
                pair.source->write("new", {"a"});
            }
            return Hooked();
        };
        const auto comparison = pair.compare();
        VERIFY_GOOD(comparison);
        QVERIFY2(comparison->problems.empty(),
                 qPrintable(QStringLiteral("at request %1: ").arg(at)
                            + describeProblems(*comparison).join(QLatin1Char(';'))));
        if (!wasReached)
            break;
    }
}

/// The source never keeps still: it is compared document by document, without a false alarm.
void ComparisonTest::writesWithoutEnd()
{
    FakeDatabase database = sampleDatabase();
    for (int i = 0; i < 500; ++i)
        database.write("busy" + std::to_string(i), {"a"});
    Pair pair(database);
    pair.falsify([](FakeDatabase &db) { db.write("lost", {"a"}); });
    auto next = std::make_shared<int>(0);
    pair.server.onRequest = [&, next](size_t, const couch::Request &request) {
        if (testsupport::asksFor(request, "db", "_changes") && *next < 500)
            pair.source->write("busy" + std::to_string((*next)++), {"ba"});
        return Hooked();
    };
    const auto comparison = pair.compare();
    VERIFY_GOOD(comparison);
    QCOMPARE(describeProblems(*comparison).join(QLatin1Char(';')),
             QStringLiteral("leaves-differ lost"));
}

void ComparisonTest::aFaultOfTheWireIsLookedAtTwice()
{
    Pair pair;
    auto isDone = std::make_shared<bool>(false);
    pair.server.onRequest = [&, isDone](size_t, const couch::Request &request) -> Hooked {
        if (!testsupport::asksFor(request, "db", "_bulk_get") || std::exchange(*isDone, true))
            return std::nullopt;
        FakeDatabase flipped = *pair.source;
        leafOf(flipped, "plain", "a").members = R"("n":3)";
        return testsupport::jsonAnswer(
            testsupport::bulkAnswer(flipped, testsupport::wantedOf(request.body), true, false));
    };
    const auto comparison = pair.compare();
    VERIFY_GOOD(comparison);
    QCOMPARE(describeProblems(*comparison).join(QLatin1Char(';')), QString());
    QCOMPARE(comparison->bodiesCompared, pair.snapshot.entry.leaves);
}

void ComparisonTest::sampleThatDoesNotComeIsAProblem_data()
{
    QTest::addColumn<std::string>("rows"); // %1 stands for the id and the revision
    QTest::newRow("every row is an error") << std::string(
        R"({"error":{"id":"plain","rev":"REV","error":"not_found","reason":"missing"}})");
    QTest::newRow("another error") << std::string(
        R"({"error":{"id":"plain","rev":"REV","error":"internal_error","reason":"x"}})");
}

/// A sample that compares nothing must not pass for one that found nothing.
void ComparisonTest::sampleThatDoesNotComeIsAProblem()
{
    QFETCH(std::string, rows);
    Pair pair;
    const std::string rev = fakeRev(1, 'a');
    rows.replace(rows.find("REV"), 3, rev);
    pair.server.onRequest = [&](size_t, const couch::Request &request) -> Hooked {
        if (!testsupport::asksFor(request, "db", "_bulk_get"))
            return std::nullopt;
        return testsupport::jsonAnswer(R"({"results":[{"id":"plain","docs":[)" + rows + "]}]}");
    };
    const auto comparison = pair.compare(true, {{"plain", rev}});
    VERIFY_GOOD(comparison);
    QCOMPARE(comparison->bodiesCompared, std::uint64_t(0));
    QCOMPARE(describeProblems(*comparison).join(QLatin1Char(';')),
             QStringLiteral("body-missing plain"));
}

void ComparisonTest::purgedIsNoDifference()
{
    Pair pair;
    pair.source->purge("plain");
    for (const bool leavesAreKnownEqual : {false, true}) {
        const auto comparison = pair.compare(leavesAreKnownEqual);
        VERIFY_GOOD(comparison);
        QCOMPARE(describeProblems(*comparison).join(QLatin1Char(';')), QString());
        QVERIFY(comparison->changedDocuments > 0);
    }
}

void ComparisonTest::manyDifferencesAreCounted()
{
    Pair pair;
    pair.falsify([](FakeDatabase &db) {
        for (int i = 0; i < 300; ++i)
            db.write("new" + std::to_string(i), {"a"});
    });
    const auto comparison = pair.compare();
    VERIFY_GOOD(comparison);
    QVERIFY(comparison->problems.size() <= backup::ProblemList::kMost + 1);
    QCOMPARE(comparison->problems.back().code, std::string("more-differences"));
}

void ComparisonTest::manyBodiesDiffer()
{
    FakeDatabase database;
    for (int i = 0; i < 1200; ++i)
        database.write("d" + std::to_string(i), {"a"});
    Pair pair(database);
    pair.falsify([](FakeDatabase &db) {
        for (auto &[id, document] : db.documents)
            document.leaves.front().members = R"("n":2)";
    });
    const auto comparison = pair.compare();
    VERIFY_GOOD(comparison);
    QVERIFY(comparison->problems.size() <= backup::ProblemList::kMost + 1);
    QCOMPARE(comparison->problems.back().code, std::string("more-differences"));
    QCOMPARE(comparison->bodiesCompared, std::uint64_t(0));
}

/// Found in a review: beyond a thousand of them it said that more bodies differ.
void ComparisonTest::manyChangedDocumentsAreNoDifference()
{
    FakeDatabase database;
    for (int i = 0; i < 1200; ++i)
        database.write("d" + std::to_string(i), {"a"});
    for (const bool leavesAreKnownEqual : {false, true}) {
        Pair pair(database);
        for (int i = 0; i < 1100; ++i)
            pair.source->write("d" + std::to_string(i), {"ba"});
        const auto comparison = pair.compare(leavesAreKnownEqual);
        VERIFY_GOOD(comparison);
        QCOMPARE(describeProblems(*comparison).join(QLatin1Char(';')), QString());
        QCOMPARE(comparison->bodiesCompared, std::uint64_t(100));
    }
}

void ComparisonTest::largeBodiesComeInSmallBatches()
{
    FakeDatabase database;
    for (int i = 0; i < 60; ++i)
        database.write("d" + std::to_string(i),
                       {"a", R"("x":")" + std::string(300'000, 'x') + '"'});
    Pair pair(database);
    const size_t before = pair.server.requests();
    VERIFY_GOOD(pair.compare(true));
    const auto record = pair.server.record();
    for (size_t i = before + 2; i < record.size(); ++i)
        QVERIFY(testsupport::wantedOf(record[i].body).size() <= 4);
}

void ComparisonTest::errorsOfReading_data()
{
    QTest::addColumn<std::string>("endpoint");
    QTest::addColumn<int>("kind");
    QTest::newRow("the list of changes") << std::string("_changes") << int(ErrorKind::Busy);
    QTest::newRow("the bodies") << std::string("_bulk_get") << int(ErrorKind::Unauthorized);
    QTest::newRow("an attachment") << std::string("files") << int(ErrorKind::Unreachable);
}

void ComparisonTest::errorsOfReading()
{
    QFETCH(const std::string, endpoint);
    QFETCH(const int, kind);
    Pair pair;
    pair.server.onRequest = [&](size_t, const couch::Request &request) -> Hooked {
        if (testsupport::asksFor(request, "db", endpoint))
            return testsupport::fakeError(ErrorKind(kind));
        return std::nullopt;
    };
    const auto comparison = pair.compare();
    QVERIFY(!comparison);
    QCOMPARE(comparison.error().kind, ErrorKind(kind));
}

void ComparisonTest::stops()
{
    Pair pair;
    pair.stop.request_stop();
    const auto comparison = pair.compare(true);
    QVERIFY(!comparison);
    QCOMPARE(comparison.error().kind, ErrorKind::Cancelled);
}

QTEST_GUILESS_MAIN(ComparisonTest)
#include "comparison_test.moc"
