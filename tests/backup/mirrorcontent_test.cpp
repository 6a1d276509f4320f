#include "core/backup/stopping.h"
#include "tests/backup/backuptesting.h"
#include "tests/backup/sampleserver.h"

using namespace backuptesting;
using base::ErrorKind;
using testsupport::asksFor;
using testsupport::fakeError;
using testsupport::jsonAnswer;
using Hooked = std::optional<base::Result<FakeServer::Answer>>;

/// Documents come from the mirror when it holds what the source holds; all else never does (D16).
class MirrorContentTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void whatTheMirrorHoldsComesFromIt();
    void whatItDoesNotHoldComesFromTheSource_data();
    void whatItDoesNotHoldComesFromTheSource();
    void whatItDoesNotHoldIsLeftOut();
    void whatTheSourceRefusesIsNoFaultOfTheMirror();
    void aCopyThatCannotBeUsedIsLeftOut();
    void aMirrorThatFailsCostsNothing_data();
    void aMirrorThatFailsCostsNothing();
    void aBodyThatIsAnotherAtTheMirrorIsFound();
};

namespace {

/// A source and a mirror that holds the same; the mirror's `_security` is its own.
struct Pair {
    FakeServer source, mirror;
    Runner runner{source};
    Pair()
    {
        fillSample(source);
        mirror.databases = source.databases;
        mirror.databases.erase("_users");
        for (auto &[name, database] : source.databases)
            database.security = R"({"members":{"roles":["staff"]}})";
        runner.request.mirror = &mirror;
    }
    std::map<std::string, FakeDatabase> expected() const
    {
        auto databases = source.databases;
        databases.erase("_replicator");
        return databases;
    }
};

std::string originOf(const backup::RunOutcome &outcome, const std::string &database)
{
    for (const archive::ManifestDatabase &entry : outcome.manifest.databases) {
        if (entry.name == database)
            return entry.contentFrom;
    }
    return "not there";
}

} // namespace

void MirrorContentTest::whatTheMirrorHoldsComesFromIt()
{
    Pair pair;
    const auto outcome = pair.runner.run();
    VERIFY_GOOD(outcome);
    QVERIFY(outcome->manifest.isComplete());
    QCOMPARE(pair.runner.faultOf(outcome->archive, pair.expected()), QString());
    QCOMPARE(originOf(*outcome, "org/1"), std::string("mirror"));
    QCOMPARE(originOf(*outcome, "_users"), std::string("source"));
    for (const archive::ManifestDatabase &entry : outcome->manifest.databases)
        QCOMPARE(entry.security, pair.source.databases.at(entry.name).security);
    QCOMPARE(pair.mirror.requestsFor("_security"), size_t(0));
    QVERIFY(pair.mirror.requestsFor("_bulk_get") > 0);
}

void MirrorContentTest::whatItDoesNotHoldComesFromTheSource_data()
{
    using Change = std::function<void(FakeServer & mirror)>;
    QTest::addColumn<Change>("change");
    QTest::newRow("it lacks an edit") << Change(
        [](FakeServer &mirror) { mirror.databases.at("org/1").write("only here", {"a"}); });
    QTest::newRow("it lacks the database")
        << Change([](FakeServer &mirror) { mirror.databases.erase("org/1"); });
    QTest::newRow("it keeps shorter histories")
        << Change([](FakeServer &mirror) { mirror.databases.at("org/1").revsLimit = 10; });
    QTest::newRow("it refuses") << Change([](FakeServer &mirror) {
        mirror.onRequest = [](size_t, const couch::Request &request) {
            return asksFor(request, "org/1", "_changes") ? Hooked(base::Result<FakeServer::Answer>(
                       jsonAnswer(R"({"error":"internal_server_error"})", 500)))
                                                         : Hooked();
        };
    });
}

void MirrorContentTest::whatItDoesNotHoldComesFromTheSource()
{
    using Change = std::function<void(FakeServer & mirror)>;
    QFETCH(const Change, change);
    Pair pair;
    change(pair.mirror);
    const auto outcome = pair.runner.run();
    VERIFY_GOOD(outcome);
    QVERIFY(outcome->manifest.isComplete());
    QCOMPARE(pair.runner.faultOf(outcome->archive, pair.expected()), QString());
    QCOMPARE(originOf(*outcome, "org/1"), std::string("source"));
    QCOMPARE(originOf(*outcome, "asmt_1"), std::string("mirror"));
}

void MirrorContentTest::whatItDoesNotHoldIsLeftOut()
{
    Pair pair;
    pair.mirror.databases.at("org/1").write("only here", {"a"});
    pair.runner.request.whenBehind = backup::WhenBehind::Omit;
    const auto outcome = pair.runner.run();
    VERIFY_GOOD(outcome);
    QVERIFY(!outcome->manifest.isComplete());
    for (const archive::ManifestDatabase &entry : outcome->manifest.databases) {
        if (entry.name != "org/1")
            continue;
        QVERIFY(entry.directory.empty());
        QCOMPARE(describe(entry.omissions), QStringList{QStringLiteral("mirror-behind")});
        QCOMPARE(entry.omissions.front().message,
                 std::string(
                     "The mirror does not hold what the source holds yet. It is left out, as the "
                     "configuration asks."));
    }
}

/// Found in a review: such a database was fetched twice, or left out.
void MirrorContentTest::whatTheSourceRefusesIsNoFaultOfTheMirror()
{
    for (const auto whenBehind : {backup::WhenBehind::Source, backup::WhenBehind::Omit}) {
        Pair pair;
        pair.runner.request.whenBehind = whenBehind;
        pair.source.onRequest = [](size_t, const couch::Request &request) {
            return asksFor(request, "org/1", "_security") ? Hooked(base::Result<FakeServer::Answer>(
                       jsonAnswer(R"({"error":"forbidden","reason":"no"})", 403)))
                                                          : Hooked();
        };
        const auto outcome = pair.runner.run();
        VERIFY_GOOD(outcome);
        QVERIFY(outcome->remarks.empty());
        const auto &databases = outcome->manifest.databases;
        const auto entry = std::find_if(databases.begin(), databases.end(),
                                        [](const auto &one) { return one.name == "org/1"; });
        QVERIFY(entry != databases.end());
        QCOMPARE(describe(entry->omissions), QStringList{QStringLiteral("security-unreadable")});
        QCOMPARE(entry->contentFrom, std::string("mirror"));
        QVERIFY(!entry->directory.empty());
    }
}

void MirrorContentTest::aCopyThatCannotBeUsedIsLeftOut()
{
    Pair pair;
    pair.runner.request.whenBehind = backup::WhenBehind::Omit;
    pair.runner.request.verifyAllBodies = true;
    pair.mirror.databases.at("org/1").documents.at("only").leaves.front().members = R"("n":2)";
    const auto outcome = pair.runner.run();
    VERIFY_GOOD(outcome);
    QVERIFY(outcome->remarks.empty());
    for (const archive::ManifestDatabase &entry : outcome->manifest.databases) {
        if (entry.name != "org/1")
            continue;
        QVERIFY(entry.directory.empty());
        QCOMPARE(describe(entry.omissions), QStringList{QStringLiteral("mirror-behind")});
        const QString message = QString::fromStdString(entry.omissions.front().message);
        QVERIFY2(
            message.endsWith(QStringLiteral(
                "Its body is another one at the source. It is left out, as the configuration asks.")),
            qPrintable(message));
    }
}

void MirrorContentTest::aMirrorThatFailsCostsNothing_data()
{
    QTest::addColumn<ErrorKind>("kind");
    QTest::newRow("no connection") << ErrorKind::Unreachable;
    QTest::newRow("no answer") << ErrorKind::Timeout;
    QTest::newRow("wrong password") << ErrorKind::Unauthorized;
    QTest::newRow("nonsense") << ErrorKind::Protocol;
}

/// At each of its requests; the backup is whole, from the source where it must be.
void MirrorContentTest::aMirrorThatFailsCostsNothing()
{
    QFETCH(const ErrorKind, kind);
    for (size_t from = 1;; ++from) {
        Pair pair;
        pair.runner.request.parallelDatabases = 1;
        pair.mirror.onRequest = [from, kind](size_t number, const couch::Request &) {
            return number >= from ? Hooked(base::Result<FakeServer::Answer>(fakeError(kind)))
                                  : Hooked();
        };
        const auto outcome = pair.runner.run();
        VERIFY_GOOD(outcome);
        QVERIFY(outcome->manifest.isComplete());
        QCOMPARE(pair.runner.faultOf(outcome->archive, pair.expected()), QString());
        if (pair.mirror.requests() < from) {
            QVERIFY(from > 5);
            break;
        }
        const bool stops = backup::stopsTheRun(kind);
        QVERIFY(!stops || outcome->remarks.size() == 1);
        QVERIFY2(!stops || pair.mirror.requests() < from + 8, "it is asked on and on");
    }
}

/// The sample that is compared at the end comes from the source.
void MirrorContentTest::aBodyThatIsAnotherAtTheMirrorIsFound()
{
    Pair pair;
    pair.runner.request.verifyAllBodies = true;
    pair.mirror.databases.at("org/1").documents.at("only").leaves.front().members = R"("n":2)";
    const auto outcome = pair.runner.run();
    VERIFY_GOOD(outcome);
    QVERIFY(outcome->manifest.isComplete());
    QCOMPARE(originOf(*outcome, "org/1"), std::string("source"));
    QCOMPARE(pair.runner.faultOf(outcome->archive, pair.expected()), QString());
    QCOMPARE(outcome->remarks.size(), size_t(1));
    QVERIFY2(outcome->remarks.front().startsWith(
                 QStringLiteral("org/1 was read from the source, because the mirror's copy could "
                                "not be used: ")),
             qPrintable(outcome->remarks.front()));
}

QTEST_GUILESS_MAIN(MirrorContentTest)
#include "mirrorcontent_test.moc"
