#include "core/monitor/checkpoints.h"
#include "core/monitor/cleanup.h"
#include "tests/support/fakemirror.h"
#include "tests/support/stepclock.h"
#include "tests/support/temporaryfolder.h"

#include <QtTest>

using namespace monitor;
using testsupport::FakeMirror;

namespace {

const MirrorAddresses kAddresses{"http://source:5984", "http://mirror:5984", ""};

struct Gone {
    FakeMirror source, mirror;
    couch::Client client{source, {}};
    couch::Administration administration{mirror, {}};
    testsupport::TemporaryFolder folder;
    testsupport::StepClock clock;
    Wishes wishes;
    MirrorActions actions{{administration,
                           wishes,
                           folder.path("wishes.json"),
                           clock,
                           {"http://source:5984", "", nullptr},
                           {"http://mirror:5984", "", nullptr}}};
    GoneDatabase verdict{"a", GoneVerdict::Gone, {}, {}, {}};
    PlanRow row{"a", Situation::NotAtSource, PlanAction::None, "fm:a", {}, {}};
    std::optional<base::Error> snapshotError;
    int snapshots = 0;

    Gone()
    {
        mirror.databases["a"];
        mirror.put("_replicator", "fm:a",
                   R"({"source":"http://source:5984/a","target":"http://mirror:5984/a"})");
        mirror.put("_replicator", "fm:b",
                   R"({"source":"http://source:5984/b","target":"http://mirror:5984/b"})");
    }
    CleanupOutcome run(bool deleteLocal)
    {
        return cleanUp({verdict, row, client, administration, kAddresses, actions,
                        [this](const std::string &) -> base::Result<std::string> {
                            ++snapshots;
                            if (snapshotError)
                                return *snapshotError;
                            return std::string("last.tgz");
                        },
                        deleteLocal});
    }
};

std::string stepsOf(const CleanupOutcome &outcome)
{
    std::string out;
    for (const CleanupStep step : outcome.done)
        out += std::string(nameOf(step)) + " ";
    return out;
}

const std::string kSession =
    R"("session_id":"S1","replicator":"pouchdb","version":1,"last_seq":"9-x")";
const std::string kOnce = "{" + kSession + R"(,"history":[{"last_seq":"9-x","session_id":"S1"}]})";
const std::string kTwice = "{" + kSession
    + R"(,"history":[{"last_seq":"9-x","session_id":"S1"},{"last_seq":"3-x","session_id":"S0"}]})";
const std::string kCouch =
    R"({"session_id":"b2","source_last_seq":"30-g1","replication_id_version":4,"history":[]})";
const std::string kPouchId = "_local/AAAAAAAAAAAAAAAAAAAAAA==";

} // namespace

/// What is taken away when a database is gone, and what the predecessor left.
class CleanupTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void stepsInTheirOrder();
    void undo();
    void onlyWhatIsGone();
    void whatEndsIt();
    void aWriterHoldsTheDatabase();
    void twiceIsTheSame();
    void kindsOfLocals_data();
    void kindsOfLocals();
    void orphansAreRemoved_data();
    void orphansAreRemoved();
};

void CleanupTest::stepsInTheirOrder()
{
    Gone g;
    const auto outcome = g.run(false);
    QVERIFY(!outcome.error);
    QCOMPARE(stepsOf(outcome), "ask-again snapshot remove-documents ");
    QCOMPARE(outcome.archive, "last.tgz");
    QVERIFY(g.mirror.databases.contains("a"));
    QCOMPARE(g.mirror.idsOf("_replicator"), std::vector<std::string>{"fm:b"});

    Gone all;
    QCOMPARE(stepsOf(all.run(true)), "ask-again snapshot remove-documents delete-local ");
    QVERIFY(!all.mirror.databases.contains("a"));
    QVERIFY(all.source.writes().empty());
}

void CleanupTest::undo()
{
    Gone g;
    (void)g.run(false);
    QVERIFY(g.actions.resume("a"));
    QCOMPARE(g.mirror.idsOf("_replicator").size(), size_t{2});
}

void CleanupTest::onlyWhatIsGone()
{
    for (const GoneVerdict verdict : {GoneVerdict::Suspected, GoneVerdict::Outage}) {
        Gone g;
        g.verdict.verdict = verdict;
        const auto outcome = g.run(true);
        QVERIFY(outcome.error && outcome.done.empty());
        QCOMPARE(g.snapshots, 0);
        QVERIFY(g.mirror.writes().empty());
    }
}

void CleanupTest::whatEndsIt()
{
    Gone back;
    back.source.databases["a"];
    auto outcome = back.run(true);
    QVERIFY(outcome.error && outcome.error->message.contains(QStringLiteral("again")));
    QVERIFY(outcome.done.empty());

    Gone proxy;
    proxy.source.onRequest = [](const couch::Request &) {
        return std::optional(base::Result<testsupport::FakeServer::Answer>(
            testsupport::jsonAnswer("<html>not found</html>", 404)));
    };
    outcome = proxy.run(true);
    QVERIFY(outcome.error && outcome.done.empty());

    Gone unverified;
    unverified.snapshotError = base::Error{base::ErrorKind::NoSpace, QStringLiteral("Full."), {}};
    outcome = unverified.run(true);
    QCOMPARE(stepsOf(outcome), "ask-again ");
    QVERIFY(unverified.mirror.databases.contains("a"));
    QVERIFY(unverified.mirror.writes().empty());
}

void CleanupTest::aWriterHoldsTheDatabase()
{
    Gone g;
    g.mirror.put("_replicator", "theirs", R"({"source":"http://other/a","target":"http://x:1/a"})");
    const auto outcome = g.run(true);
    QCOMPARE(stepsOf(outcome), "ask-again snapshot remove-documents ");
    QVERIFY(outcome.error && outcome.error->message.contains(QStringLiteral("theirs")));
    QVERIFY(g.mirror.databases.contains("a"));
}

void CleanupTest::twiceIsTheSame()
{
    Gone g;
    (void)g.run(true);
    const auto again = g.run(true);
    QVERIFY(!again.error);
    QVERIFY(g.wishes.find("a")->document); // what was kept at first
}

void CleanupTest::kindsOfLocals_data()
{
    QTest::addColumn<QByteArray>("id");
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<int>("kind");
    const auto row = [](const char *name, const std::string &id, const std::string &json,
                        LocalKind kind) {
        QTest::newRow(name) << QByteArray::fromStdString(id) << QByteArray::fromStdString(json)
                            << int(kind);
    };
    row("a single run", kPouchId, kOnce, LocalKind::PouchOnce);
    row("a client that comes again", kPouchId, kTwice, LocalKind::PouchClient);
    row("in an archive", "_local/BBBBBBBBBBBBBBBBBBBBBB==", kTwice, LocalKind::Predecessor);
    row("CouchDB's", "_local/d3b6f42579c3734844cfa0f896ee47e8", kCouch, LocalKind::CouchReplicator);
    row("an application's own", "_local/settings", R"({"a":1})", LocalKind::Other);
    row("of that shape under another id", "_local/mine", kOnce, LocalKind::Other);
    row("another session's", kPouchId, "{" + kSession + R"(,"history":[{"session_id":"S9"}]})",
        LocalKind::PouchClient);
    row("no object", kPouchId, "[]", LocalKind::Other);
}

void CleanupTest::kindsOfLocals()
{
    QFETCH(QByteArray, id);
    QFETCH(QByteArray, json);
    QFETCH(int, kind);
    QCOMPARE(
        int(kindOfLocal(id.toStdString(), json.toStdString(), {"_local/BBBBBBBBBBBBBBBBBBBBBB=="})),
        kind);
}

void CleanupTest::orphansAreRemoved_data()
{
    QTest::addColumn<bool>("isMirror");
    QTest::addColumn<bool>("dryRun");
    QTest::addColumn<int>("orphans");
    QTest::newRow("at the mirror") << true << false << 2;
    QTest::newRow("at the mirror, only looked") << true << true << 2;
    QTest::newRow("at a server that people use") << false << false << 1;
}

void CleanupTest::orphansAreRemoved()
{
    QFETCH(bool, isMirror);
    QFETCH(bool, dryRun);
    QFETCH(int, orphans);
    FakeMirror server;
    const std::string proven = "_local/BBBBBBBBBBBBBBBBBBBBBB==";
    server.put("db", kPouchId, kOnce);
    server.put("db", proven, kTwice);
    server.put("db", "_local/CCCCCCCCCCCCCCCCCCCCCC==", kTwice);
    server.put("db", "_local/d3b6f42579c3734844cfa0f896ee47e8", kCouch);
    server.put("db", "_local/settings", R"({"a":1})");
    couch::Client client(server, {});
    couch::Administration administration(server, {});
    const std::set<std::string> inArchives{proven};
    const auto report =
        removeOrphanCheckpoints({client, administration, "db", inArchives, isMirror, dryRun});
    QVERIFY(report);
    QCOMPARE(report->orphans.size(), size_t(orphans));
    QCOMPARE(report->removed, size_t(dryRun ? 0 : orphans));
    QCOMPARE(report->kept, size_t(4 - orphans));
    QCOMPARE(server.idsOf("db").size(), size_t(dryRun ? 5 : 5 - orphans));
}

QTEST_GUILESS_MAIN(CleanupTest)
#include "cleanup_test.moc"
