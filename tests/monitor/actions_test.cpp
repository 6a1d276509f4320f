#include "core/monitor/actions.h"
#include "tests/support/fakemirror.h"
#include "tests/support/stepclock.h"
#include "tests/support/temporaryfolder.h"

#include <QtTest>

using namespace monitor;
using couch::ReplicationSide;
using testsupport::FakeMirror;

namespace {

const MirrorAddresses kAddresses{"https://focus.example/db", "http://127.0.0.1:15984",
                                 "http://couch:5984"};
using Answered = std::optional<base::Result<testsupport::FakeServer::Answer>>;

/// A keeper of a mirror that plans and acts as the engine does.
struct Keeper {
    FakeMirror mirror;
    couch::Administration administration{mirror, {}};
    testsupport::TemporaryFolder folder;
    testsupport::StepClock clock;
    Wishes wishes;
    base::Secret sourcePassword{std::string("canary-s")};
    base::Secret mirrorPassword{std::string("canary-m")};
    std::vector<std::string> listed;

    MirrorActions actions()
    {
        return MirrorActions({administration,
                              wishes,
                              file(),
                              clock,
                              {"https://focus.example/db", "reader", &sourcePassword},
                              {"http://couch:5984", "admin", &mirrorPassword}});
    }
    base::fs::path file() const { return folder.path("wishes.json"); }
    Plan plan()
    {
        std::vector<couch::ReplicatorDocument> documents;
        for (const std::string &id : mirror.idsOf("_replicator"))
            documents.push_back(*couch::parseReplicatorDocument(mirror.get("_replicator", id)));
        return makePlan({listed, documents, wishes, {}, kAddresses, {}});
    }
    MirrorActions::Applied apply() { return *actions().apply(plan()); }
    PlanRow rowOf(const std::string &db)
    {
        for (const PlanRow &row : plan().rows) {
            if (row.database == db)
                return row;
        }
        return {};
    }
    std::string document(const std::string &id) const { return mirror.get("_replicator", id); }
    std::string onDisk() const
    {
        const auto bytes = base::readFile(file(), 1 << 20);
        return bytes ? *bytes : std::string();
    }
};

const std::string kTheirs =
    R"({"source":"https://reader:canary-s@focus.example/db/a","target":{"url":"http://couch:5984/a","headers":{"Authorization":"Basic YWRtaW46Y2FuYXJ5LW0="}},"continuous":true,"worker_processes":2})";

} // namespace

/// Every action against a mirror: documents, wishes on disk, and what a death in between leaves.
class ActionsTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void createsOnceAndAdopts();
    void removeStaysRemoved();
    void removeAndUndo();
    void undoWithoutThePassword();
    void undoAfterThirtyDays();
    void pauseTakesDuplicatesToo();
    void cutOffRemovalIsFinished();
    void failuresAreTriedAgain();
    void rejectedLoginEndsIt();
    void fullDiskTakesNothingAway();
    void retryNow();
    void pauseAll_data();
    void pauseAll();
    void passwordChange();
    void noSecretOnDisk();
};

void ActionsTest::createsOnceAndAdopts()
{
    Keeper k;
    k.listed = {"a", "b/c"};
    k.mirror.put("_replicator", "random", kTheirs);
    const auto applied = k.apply();
    QCOMPARE(applied.adopted, std::vector<std::string>{"a"});
    QCOMPARE(applied.created, std::vector<std::string>{"b/c"});
    QCOMPARE(k.mirror.idsOf("_replicator"), (std::vector<std::string>{"fm:b/c", "random"}));
    const std::string url = R"("url":"http://couch:5984/b%2Fc")";
    QVERIFY(k.document("fm:b/c").find(url) != std::string::npos);
    for (int poll = 0; poll < 3; ++poll)
        QVERIFY(k.apply().created.empty());
    QCOMPARE(k.mirror.writes().size(), size_t{1});
    const auto read = Wishes::load(k.file());
    QVERIFY(read);
    QCOMPARE(read->entries().size(), size_t{2});
    // Somebody deletes it: shown, not made again.
    k.mirror.drop("_replicator", "fm:b/c");
    QVERIFY(k.apply().created.empty());
    QCOMPARE(k.rowOf("b/c").situation, Situation::DeletedByOthers);
}

void ActionsTest::removeStaysRemoved()
{
    Keeper k;
    k.listed = {"a"};
    (void)k.apply();
    QVERIFY(k.actions().remove(k.rowOf("a")));
    for (int poll = 0; poll < 3; ++poll) {
        k.wishes = *Wishes::load(k.file()); // as after a restart
        QVERIFY(k.apply().created.empty());
    }
    QVERIFY(k.mirror.idsOf("_replicator").empty());
}

void ActionsTest::removeAndUndo()
{
    Keeper k;
    k.listed = {"a"};
    k.mirror.put("_replicator", "random", kTheirs);
    (void)k.apply();
    const std::string before = *couch::withoutHistory(k.document("random"));
    QVERIFY(k.actions().remove(k.rowOf("a")));
    QVERIFY(k.document("random").empty());
    QVERIFY(k.onDisk().find("canary") == std::string::npos);
    QVERIFY(k.onDisk().find("Y2FuYXJ5") == std::string::npos);
    k.wishes = *Wishes::load(k.file());
    QVERIFY(k.actions().resume("a"));
    QCOMPARE(*couch::withoutHistory(k.document("random")), before);
    QCOMPARE(k.rowOf("a").situation, Situation::Mirrored);
}

void ActionsTest::undoWithoutThePassword()
{
    Keeper k;
    k.listed = {"a"};
    std::string other = kTheirs;
    other.replace(other.find("reader"), 6, "fritz.");
    k.mirror.put("_replicator", "random", other);
    (void)k.apply();
    QVERIFY(k.actions().remove(k.rowOf("a")));
    const base::Status undone = k.actions().resume("a");
    QVERIFY(!undone);
    QCOMPARE(undone.error().kind, base::ErrorKind::Usage);
    QVERIFY(undone.error().message.contains(QStringLiteral("fritz.")));
    QCOMPARE(k.wishes.find("a")->wish, Wish::Removed);
}

void ActionsTest::undoAfterThirtyDays()
{
    Keeper k;
    k.listed = {"a"};
    (void)k.apply();
    QVERIFY(k.actions().remove(k.rowOf("a")));
    k.clock.time += kUndoFor;
    QCOMPARE(k.wishes.dropOldDocuments(k.clock.now()), size_t{1});
    QVERIFY(k.actions().resume("a")); // made anew from the configuration
    QVERIFY(!k.document("fm:a").empty());
}

void ActionsTest::pauseTakesDuplicatesToo()
{
    Keeper k;
    k.listed = {"a"};
    k.mirror.put("_replicator", "random", kTheirs);
    k.mirror.put("_replicator", "random2", kTheirs);
    (void)k.apply();
    QVERIFY(k.actions().pause(k.rowOf("a")));
    QVERIFY(k.mirror.idsOf("_replicator").empty());
    QCOMPARE(k.rowOf("a").situation, Situation::Paused);
    QVERIFY(k.actions().remove(k.rowOf("a"))); // what was kept stays
    QVERIFY(k.wishes.find("a")->document);
    QVERIFY(k.actions().resume("a"));
    QCOMPARE(k.mirror.idsOf("_replicator"), std::vector<std::string>{"random"});
}

void ActionsTest::cutOffRemovalIsFinished()
{
    Keeper k;
    k.listed = {"a"};
    (void)k.apply();
    k.mirror.onRequest = [](const couch::Request &request) -> Answered {
        if (request.method == couch::Request::Method::Delete)
            return base::Result<testsupport::FakeServer::Answer>(
                testsupport::fakeError(base::ErrorKind::Unreachable));
        return std::nullopt;
    };
    QVERIFY(!k.actions().remove(k.rowOf("a")));
    k.mirror.onRequest = {};
    k.wishes = *Wishes::load(k.file());
    QVERIFY(!k.document("fm:a").empty());
    QCOMPARE(k.apply().finished, std::vector<std::string>{"a"});
    QVERIFY(k.document("fm:a").empty());
}

void ActionsTest::failuresAreTriedAgain()
{
    Keeper k;
    k.listed = {"a", "b"};
    k.mirror.onRequest = [](const couch::Request &request) -> Answered {
        if (request.target == "/_replicator/fm%3Aa")
            return base::Result<testsupport::FakeServer::Answer>(
                testsupport::fakeError(base::ErrorKind::Server));
        return std::nullopt;
    };
    const auto first = k.apply();
    QCOMPARE(first.created, std::vector<std::string>{"b"});
    QCOMPARE(first.failures.size(), size_t{1});
    QCOMPARE(first.failures[0].database, "a");
    k.mirror.onRequest = {};
    QCOMPARE(k.apply().created, std::vector<std::string>{"a"});
}

void ActionsTest::rejectedLoginEndsIt()
{
    Keeper k;
    k.listed = {"a", "b", "c"};
    int tries = 0;
    k.mirror.onRequest = [&](const couch::Request &request) -> Answered {
        if (request.method != couch::Request::Method::Put)
            return std::nullopt;
        ++tries;
        return base::Result<testsupport::FakeServer::Answer>(
            testsupport::fakeError(base::ErrorKind::Unauthorized));
    };
    const auto applied = k.apply();
    QCOMPARE(tries, 1);
    QCOMPARE(applied.failures.size(), size_t{1});
}

void ActionsTest::fullDiskTakesNothingAway()
{
    Keeper k;
    k.listed = {"a"};
    (void)k.apply();
    base::failNthFileOperation(1, base::ErrorKind::NoSpace, false, true);
    const base::Status removed = k.actions().remove(k.rowOf("a"));
    base::clearFileFaults();
    QVERIFY(!removed);
    QCOMPARE(removed.error().kind, base::ErrorKind::NoSpace);
    QVERIFY(!k.document("fm:a").empty());
}

void ActionsTest::retryNow()
{
    Keeper k;
    k.mirror.put("_replicator", "x", kTheirs);
    QVERIFY(k.actions().retryNow("x"));
    const std::string interval = R"("checkpoint_interval":)";
    QVERIFY(k.document("x").find(interval + "30001") != std::string::npos);
    QVERIFY(k.actions().retryNow("x"));
    QVERIFY(k.document("x").find(interval + "30000") != std::string::npos);
    const base::Status missing = k.actions().retryNow("nosuch");
    QVERIFY(!missing && missing.error().kind == base::ErrorKind::NotFound);
}

void ActionsTest::pauseAll_data()
{
    QTest::addColumn<QString>("before");
    QTest::addColumn<QString>("after");
    QTest::newRow("never set") << ""
                               << "";
    QTest::newRow("a number of the operator's") << "700"
                                                << "700";
    QTest::newRow("stopped by somebody") << "0"
                                         << "";
}

void ActionsTest::pauseAll()
{
    QFETCH(QString, before);
    QFETCH(QString, after);
    Keeper k;
    const std::string key = "replicator/max_jobs";
    if (!before.isEmpty())
        k.mirror.settings[key] = before.toStdString();
    QVERIFY(k.actions().pauseAll());
    QCOMPARE(k.mirror.settings[key], "0");
    QVERIFY(k.actions().pauseAll()); // twice: what was before is not forgotten
    k.wishes = *Wishes::load(k.file());
    QVERIFY(k.actions().resumeAll());
    QCOMPARE(QString::fromStdString(k.mirror.settings.contains(key) ? k.mirror.settings[key] : ""),
             after);
    QVERIFY(!Wishes::load(k.file())->pauseOfAll);
    QVERIFY(!k.actions().resumeAll());
}

void ActionsTest::passwordChange()
{
    Keeper k;
    k.listed = {"a", "b"};
    k.mirror.put("_replicator", "random", kTheirs);
    k.mirror.put(
        "_replicator", "foreign",
        R"({"source":"https://reader:old@other.example/a","target":"http://couch:5984/a"})");
    (void)k.apply();
    const base::Secret next(std::string("n:w"));
    const auto changed =
        k.actions().changePassword(ReplicationSide::Source, "reader", next, kAddresses);
    QVERIFY(changed);
    QCOMPARE(changed->changed, (std::vector<std::string>{"fm:b", "random"}));
    QVERIFY(k.document("random").find("reader:n%3Aw@") != std::string::npos);
    const std::string login = R"("username":"reader","password":"n:w")";
    QVERIFY(k.document("fm:b").find(login) != std::string::npos);
    QVERIFY(k.document("foreign").find("reader:old@") != std::string::npos);
    const auto again =
        k.actions().changePassword(ReplicationSide::Source, "reader", next, kAddresses);
    QVERIFY(again && again->changed.empty());
    const auto nobody =
        k.actions().changePassword(ReplicationSide::Target, "reader", next, kAddresses);
    QVERIFY(nobody && nobody->changed.empty());
}

void ActionsTest::noSecretOnDisk()
{
    Keeper k;
    k.listed = {"a", "b", "c"};
    (void)k.apply();
    QVERIFY(k.actions().pause(k.rowOf("a")));
    QVERIFY(k.actions().remove(k.rowOf("b")));
    QVERIFY(k.actions().keepThoughGone(k.rowOf("c")));
    QVERIFY(k.actions().pauseAll());
    QVERIFY(k.onDisk().size() > 100);
    QVERIFY(k.onDisk().find("canary") == std::string::npos);
    QVERIFY(k.mirror.idsOf("_replicator").empty());
}

QTEST_GUILESS_MAIN(ActionsTest)
#include "actions_test.moc"
