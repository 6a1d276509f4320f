#include "core/monitor/plan.h"

#include <QtTest>

using namespace monitor;

namespace {

const TimePoint kNow{std::chrono::seconds(1'795'402'800)};
const MirrorAddresses kAddresses{"https://focus.example/db", "http://127.0.0.1:15984",
                                 "http://couch:5984", "http://host.docker.internal/db"};

couch::ReplicatorDocument document(const std::string &id, const std::string &source,
                                   const std::string &target, const std::string &more = "")
{
    const auto parsed = couch::parseReplicatorDocument(
        R"({"_id":")" + id + R"(","_rev":"1-a","source":")" + source + R"(","target":")" + target
        + R"(","continuous":true)" + more + "}");
    return parsed ? *parsed : couch::ReplicatorDocument{};
}

couch::ReplicatorDocument mirrorOf(const std::string &db, const std::string &id,
                                   const std::string &more = "")
{
    return document(id, "https://u:p@focus.example/db/" + db, "http://couch:5984/" + db, more);
}

} // namespace

/// The plan, for one database named "a" in every situation.
class PlanTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void oneDatabase_data();
    void oneDatabase();
    void removeThreePollsStillGone();
    void whoseDocuments_data();
    void whoseDocuments();
    void duplicatesAreNamed();
    void systemDatabasesAreNotMirrored();
};

namespace {

struct Case {
    const char *name;
    bool isListed = true;
    std::optional<Wish> wish = std::nullopt;
    const char *document = nullptr; ///< more members; null for none
    const char *pattern = "*";
    bool isChosen = false;
    bool isLeftOver = false;         ///< the document found is the one that was removed
    const char *situation = nullptr; ///< null: no row
    PlanAction action = PlanAction::None;
};
using enum PlanAction;
const Case kCases[] = {
    {.name = "new at the source", .situation = "new", .action = Create},
    {.name = "new, but left out", .pattern = "org_*", .situation = nullptr},
    {.name = "somebody mirrors it already",
     .document = "",
     .situation = "mirrored",
     .action = Adopt},
    {.name = "a job of a database that is gone",
     .isListed = false,
     .document = "",
     .situation = "not-at-source",
     .action = Adopt},
    {.name = "left out, but mirrored", .document = "", .pattern = "org_*", .situation = "left-out"},
    {.name = "mirrored", .wish = Wish::Sync, .document = "", .situation = "mirrored"},
    {.name = "mirrored, not listed",
     .isListed = false,
     .wish = Wish::Sync,
     .document = "",
     .situation = "not-at-source"},
    {.name = "a part of it",
     .wish = Wish::Sync,
     .document = R"(,"selector":{})",
     .situation = "mirrored"},
    {.name = "somebody deleted the document", .wish = Wish::Sync, .situation = "deleted-by-others"},
    {.name = "and it is wanted again",
     .wish = Wish::Sync,
     .isChosen = true,
     .situation = "new",
     .action = Create},
    {.name = "wanted again, but gone at the source",
     .isListed = false,
     .wish = Wish::Sync,
     .isChosen = true,
     .situation = "deleted-by-others"},
    {.name = "paused", .wish = Wish::Paused, .situation = "paused"},
    {.name = "pausing was cut off",
     .wish = Wish::Paused,
     .document = "",
     .isLeftOver = true,
     .situation = "paused",
     .action = FinishRemoval},
    {.name = "removed", .wish = Wish::Removed, .situation = "removed"},
    {.name = "removed, chosen all the same",
     .wish = Wish::Removed,
     .isChosen = true,
     .situation = "removed"},
    {.name = "removal was cut off",
     .wish = Wish::Removed,
     .document = "",
     .isLeftOver = true,
     .situation = "removed",
     .action = FinishRemoval},
    {.name = "removed, and written by somebody",
     .wish = Wish::Removed,
     .document = "",
     .situation = "removed-but-there"},
    {.name = "kept though gone",
     .isListed = false,
     .wish = Wish::KeptThoughGone,
     .situation = "kept-though-gone"},
};

} // namespace

void PlanTest::oneDatabase_data()
{
    QTest::addColumn<int>("index");
    for (int i = 0; i < int(std::size(kCases)); ++i)
        QTest::newRow(kCases[i].name) << i;
}

void PlanTest::oneDatabase()
{
    QFETCH(int, index);
    const Case &one = kCases[index];
    std::vector<std::string> listed;
    if (one.isListed)
        listed.push_back("a");
    std::vector<couch::ReplicatorDocument> documents;
    if (one.document != nullptr)
        documents.push_back(mirrorOf("a", "x", one.document));
    Wishes wishes;
    if (one.wish) {
        const std::string rev = one.isLeftOver ? "1-a" : "0-z";
        wishes.set("a", *one.wish, kNow, KeptDocument{"x", rev, "{}"});
    }
    const base::GlobFilter filter{{one.pattern}, {}};
    const std::set<std::string> chosen =
        one.isChosen ? std::set<std::string>{"a"} : std::set<std::string>{};
    const Plan plan = makePlan({listed, documents, wishes, filter, kAddresses, chosen});
    QVERIFY(plan.foreign.empty());
    if (one.situation == nullptr) {
        QVERIFY(plan.rows.empty());
        return;
    }
    QCOMPARE(plan.rows.size(), size_t{1});
    const PlanRow &row = plan.rows.front();
    QCOMPARE(nameOf(row.situation), one.situation);
    QCOMPARE(row.action, one.action);
    QCOMPARE(row.documentId, std::string(one.document != nullptr ? "x" : ""));
}

void PlanTest::removeThreePollsStillGone()
{
    Wishes wishes;
    wishes.set("a", Wish::Removed, kNow, KeptDocument{"fm:a", "1-a", "{}"});
    for (int poll = 0; poll < 3; ++poll) {
        const Plan plan = makePlan({{"a", "b"}, {}, wishes, {}, kAddresses, {}});
        QCOMPARE(plan.rows.size(), size_t{2});
        QCOMPARE(plan.rows[0].action, PlanAction::None);
        QCOMPARE(plan.rows[1].action, PlanAction::Create);
    }
}

void PlanTest::whoseDocuments_data()
{
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("target");
    QTest::addColumn<bool>("ours");
    const auto row = [](const char *name, const char *source, const char *target, bool ours) {
        QTest::newRow(name) << source << target << ours;
    };
    const char *source = "https://focus.example/db/a";
    row("as the mirror sees itself", source, "http://couch:5984/a", true);
    row("as this program sees the mirror", source, "http://localhost:15984/a/", true);
    row("a bare name", source, "a", true);
    row("the source's port spelled out", "https://focus.example:443/db/a", "a", true);
    row("the source as the mirror sees it", "http://host.docker.internal/db/a", "a", true);
    row("another mirror", source, "http://elsewhere:5984/a", false);
    row("another name at the mirror", source, "http://couch:5984/copy_of_a", false);
    row("another source", "https://other.example/db/a", "a", false);
    row("the other way round", "http://couch:5984/a", source, false);
    row("another path", "https://focus.example/a", "a", false);
    row("nothing", "", "", false);
}

void PlanTest::whoseDocuments()
{
    QFETCH(QString, source);
    QFETCH(QString, target);
    QFETCH(bool, ours);
    const std::vector<couch::ReplicatorDocument> documents{
        document("x", source.toStdString(), target.toStdString())};
    const Plan plan = makePlan({{"a"}, documents, {}, {}, kAddresses, {}});
    QCOMPARE(plan.foreign.size(), size_t{ours ? 0u : 1u});
    QCOMPARE(plan.rows.size(), size_t{1});
    QCOMPARE(plan.rows.front().action, ours ? PlanAction::Adopt : PlanAction::Create);
}

void PlanTest::duplicatesAreNamed()
{
    const std::vector<couch::ReplicatorDocument> documents{
        mirrorOf("a", "0-failed", R"(,"_replication_state":"failed")"),
        mirrorOf("a", "1-part", R"(,"doc_ids":[])"),
        mirrorOf("a", "2-theirs"),
        mirrorOf("a", "3-ours", R"(,"focus_monitor":{})"),
    };
    const Plan plan = makePlan({{"a"}, documents, {}, {}, kAddresses, {}});
    QCOMPARE(plan.rows.size(), size_t{1});
    QCOMPARE(plan.rows[0].documentId, "3-ours");
    QCOMPARE(plan.rows[0].duplicates, (std::vector<std::string>{"2-theirs", "1-part", "0-failed"}));
    QCOMPARE(plan.rows[0].situation, Situation::Duplicated);
    QVERIFY(plan.rows[0].sentence.contains(QStringLiteral("4 documents")));
}

void PlanTest::systemDatabasesAreNotMirrored()
{
    const Plan plan = makePlan({{"_users", "_replicator", "a"}, {}, {}, {}, kAddresses, {}});
    QCOMPARE(plan.rows.size(), size_t{1});
    QCOMPARE(plan.rows[0].database, "a");
}

QTEST_GUILESS_MAIN(PlanTest)
#include "plan_test.moc"
