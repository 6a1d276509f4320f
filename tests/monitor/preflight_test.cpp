#include "core/monitor/preflight.h"
#include "tests/support/fakemirror.h"
#include "tests/support/stepclock.h"

#include <QtTest>

using namespace monitor;
using base::ErrorKind;
using testsupport::FakeMirror;

namespace {

using Answered = std::optional<base::Result<testsupport::FakeServer::Answer>>;

/// A source, a mirror and the source's host, all as they should be.
struct Servers {
    FakeMirror source, mirror, host;
    testsupport::StepClock clock;
    base::Secret password{std::string("canary")};
    std::string user = "reader";
    bool create = true;
    std::vector<std::string> databases{"org_a"};

    Servers()
    {
        source.rootAnswer =
            R"({"couchdb":"Welcome","version":"3.3.3","uuid":"source","vendor":{"name":"x"}})";
        source.sessionAnswer = R"({"ok":true,"userCtx":{"name":"reader","roles":[]}})";
        source.databases["org_a"];
    }
    PreflightReport run()
    {
        couch::Administration s(source, {}), m(mirror, {}), h(host, {});
        return runPreflight({s, m, &h, user, &password,
                             [this] { return base::Result<std::vector<std::string>>(databases); },
                             clock, create});
    }
};

void failing(FakeMirror &server, const std::string &target, int status, const std::string &body)
{
    server.onRequest = [=](const couch::Request &request) -> Answered {
        if (request.target != target)
            return std::nullopt;
        return base::Result<testsupport::FakeServer::Answer>(testsupport::jsonAnswer(body, status));
    };
}

QString sentenceOf(const PreflightReport &report, const std::string &code, PreflightState state)
{
    for (const PreflightCheck &check : report.checks) {
        if (check.code == code)
            return check.state == state ? check.sentence
                                        : QStringLiteral("wrong state: ")
                    + QLatin1String(nameOf(check.state)) + check.sentence;
    }
    return QStringLiteral("no such check");
}

} // namespace

/// Each check fails in turn; what comes behind a failure is not asked, and nothing is written.
class PreflightTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void allGood();
    void failures_data();
    void failures();
    void attention_data();
    void attention();
    void systemDatabasesAreMade();
    void anEmptySource();
};

void PreflightTest::allGood()
{
    Servers servers;
    const PreflightReport report = servers.run();
    for (const PreflightCheck &check : report.checks)
        QVERIFY2(check.state == PreflightState::Good,
                 qPrintable(QLatin1String(check.code) + check.sentence));
    QVERIFY(report.isGood());
    QVERIFY(report.created.empty());
    QVERIFY(servers.mirror.writes().empty());
    QVERIFY(servers.source.writes().empty());
    QCOMPARE(report.mirrorVersion, "3.5.0");
    QVERIFY(report.mirrorTakesAuthObjects);
}

void PreflightTest::failures_data()
{
    using Break = std::function<void(Servers &)>;
    QTest::addColumn<std::function<void(Servers &)>>("breakIt");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<QString>("sentence");
    const auto row = [](const char *name, Break breakIt, const char *code, const char *sentence) {
        QTest::newRow(name) << breakIt << QByteArray(code) << QString::fromUtf8(sentence);
    };
    const auto refused = R"({"error":"unauthorized","reason":"Name or password is incorrect."})";
    row(
        "no CouchDB at the mirror", [](Servers &s) { s.mirror.rootAnswer = "<html>"; },
        "mirror-answers", "is not a CouchDB");
    row(
        "the mirror's password", [=](Servers &s) { failing(s.mirror, "/_session", 401, refused); },
        "mirror-rights", "401");
    row(
        "no administrator",
        [](Servers &s) {
            s.mirror.sessionAnswer = R"({"userCtx":{"name":"carol","roles":["x"]}})";
        },
        "mirror-rights", "\"carol\" is no administrator");
    row(
        "the source redirects", [](Servers &s) { failing(s.source, "/", 302, ""); },
        "source-answers", "elsewhere");
    row(
        "the source's password", [=](Servers &s) { failing(s.source, "/_session", 401, refused); },
        "source-login", "401");
    row(
        "the source takes the user for nobody",
        [](Servers &s) { s.source.sessionAnswer = R"({"userCtx":{"name":null,"roles":[]}})"; },
        "source-login", "does not take the login of user \"reader\"");
    row(
        "405 at the host's session", [](Servers &s) { failing(s.host, "/_session", 405, "no"); },
        "source-host-login", "every job would fail");
    row(
        "a web page at the host's session", [](Servers &s) { s.host.givesSession = false; },
        "source-host-login", "couch_replicator_auth_noop");
    row(
        "401 at the host's session",
        [=](Servers &s) { failing(s.host, "/_session", 401, refused); }, "source-host-login",
        "It said");
    row(
        "one server", [](Servers &s) { s.mirror.rootAnswer = s.source.rootAnswer; }, "two-servers",
        "the same server");
    row(
        "a database that may not be read",
        [](Servers &s) { failing(s.source, "/org_a", 403, R"({"error":"forbidden"})"); },
        "source-reads", "403");
    row(
        "the mirror's system databases",
        [](Servers &s) { failing(s.mirror, "/_replicator", 500, "{}"); }, "mirror-system-databases",
        "500");
}

void PreflightTest::failures()
{
    QFETCH(std::function<void(Servers &)>, breakIt);
    QFETCH(QByteArray, code);
    QFETCH(QString, sentence);
    Servers servers;
    breakIt(servers);
    const PreflightReport report = servers.run();
    QVERIFY(!report.isGood());
    const QString said = sentenceOf(report, code.toStdString(), PreflightState::Failed);
    QVERIFY2(said.contains(sentence), qPrintable(said));
    QVERIFY(!said.contains(QStringLiteral("canary")));
    bool isBehind = false;
    for (const PreflightCheck &check : report.checks) {
        if (isBehind)
            QCOMPARE(check.state, PreflightState::Skipped);
        isBehind = isBehind || check.state == PreflightState::Failed;
    }
    QVERIFY(servers.mirror.writes().empty());
    QVERIFY(servers.host.requestsFor("") <= 1);
}

void PreflightTest::attention_data()
{
    using Change = std::function<void(Servers &)>;
    QTest::addColumn<std::function<void(Servers &)>>("change");
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<QString>("sentence");
    const auto row = [](const char *name, Change change, const char *code, const char *sentence) {
        QTest::newRow(name) << change << QByteArray(code) << QString::fromUtf8(sentence);
    };
    row(
        "the source's clock is ahead",
        [](Servers &s) { s.source.date = "Mon, 23 Nov 2026 03:02:05 GMT"; }, "clocks",
        "source is 125 s ahead");
    row(
        "the mirror's clock is behind",
        [](Servers &s) { s.mirror.date = "Mon, 23 Nov 2026 02:00:00 GMT"; }, "clocks",
        "mirror is 3600 s behind");
    row(
        "an old mirror",
        [](Servers &s) {
            s.mirror.rootAnswer = R"({"couchdb":"Welcome","version":"3.2.2","uuid":"m"})";
        },
        "mirror-version", "3.2.2");
    row(
        "a mirror without scheduler",
        [](Servers &s) { s.mirror.rootAnswer = R"({"couchdb":"Welcome","version":"1.6.1"})"; },
        "mirror-version", "no scheduler");
    row(
        "system databases that are not to be made",
        [](Servers &s) {
            s.create = false;
            s.mirror.databases.erase("_global_changes");
        },
        "mirror-system-databases", "lacks _global_changes");
}

void PreflightTest::attention()
{
    QFETCH(std::function<void(Servers &)>, change);
    QFETCH(QByteArray, code);
    QFETCH(QString, sentence);
    Servers servers;
    change(servers);
    const PreflightReport report = servers.run();
    QVERIFY(report.isGood());
    const QString said = sentenceOf(report, code.toStdString(), PreflightState::Attention);
    QVERIFY2(said.contains(sentence), qPrintable(said));
}

void PreflightTest::systemDatabasesAreMade()
{
    Servers servers;
    servers.mirror.databases.clear();
    const PreflightReport report = servers.run();
    QVERIFY(report.isGood());
    QCOMPARE(report.created,
             (std::vector<std::string>{"_users", "_replicator", "_global_changes"}));
    QCOMPARE(servers.mirror.databases.size(), size_t{3});
}

void PreflightTest::anEmptySource()
{
    Servers servers;
    servers.databases.clear();
    const PreflightReport report = servers.run();
    QVERIFY(report.isGood());
    QVERIFY(sentenceOf(report, "source-databases", PreflightState::Attention)
                .contains(QStringLiteral("no database")));
}

QTEST_GUILESS_MAIN(PreflightTest)
#include "preflight_test.moc"
