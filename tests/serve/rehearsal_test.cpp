#include "tests/serve/stage.h"

#include <QRegularExpression>
#include <QTest>

#include <ctime>

using servetesting::documentsOf;
using servetesting::endText;
using servetesting::everything;
using servetesting::RawAnswer;
using servetesting::RawClient;
using servetesting::Stage;
using servetesting::text;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

/// Mirrors every database of the source, as a monitor does; those that are mirrored already stay.
void mirrorAll(Stage &stage)
{
    for (const std::string &name : stage.source().backend().databases()) {
        if (!name.starts_with('_'))
            (void)stage.put("fm:" + name, name);
    }
}

QString states(Stage &stage)
{
    QString all;
    const std::string page = stage.ask(stage.mirror(), "GET", "/_scheduler/docs").body;
    static const QRegularExpression state(QStringLiteral("\"state\":\"(\\w+)\""));
    for (auto matches = state.globalMatch(text(page)); matches.hasNext();)
        all += matches.next().captured(1) + QLatin1Char(' ');
    return all;
}

} // namespace

/// A whole rehearsal: the recorded experiment again, life, troubles, and thousands of jobs.
class RehearsalTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void recordedMoments_data();
    void recordedMoments();
    void lifeHasASeed();
    void livesAndIsMirrored();
    void organisationsComeAndGo();
    void troublesPass_data();
    void troublesPass();
    void updatesFeed();
    void eventsKeepTheirOrder();
    void fiveThousandJobs();
};

void RehearsalTest::recordedMoments_data()
{
    QTest::addColumn<QString>("job");
    QTest::addColumn<QStringList>("moments");
    const auto row = [](const char *job, const char *moments) {
        QTest::newRow(job) << QString::fromLatin1(job)
                           << QString::fromLatin1(moments).split(QStringLiteral(", "));
    };
    // State and error_count 25 s, 60 s, 6, 12 and 25 minutes after the documents were put.
    constexpr const char *kPermanent = "crashing 1, crashing 2, crashing 4, crashing 5, crashing 6";
    for (const char *job :
         {"f_badpw", "f_badpw_target", "f_noauth", "f_nosource", "f_notarget", "f_notmember",
          "f_nouser", "f_nxdomain", "f_oneshot_nosource", "f_unreachable"})
        row(job, kPermanent);
    row("f_deleted", "running 0, crashing 1, crashing 3, crashing 5, crashing 6");
    row("f_deleted_back", "running 0, crashing 1, running 2, running 2, running 2");
    row("f_oneshot_ok", "completed 0, completed 0, completed 0, completed 0, completed 0");
    row("f_pwchange", "running 0, crashing 1, crashing 3, crashing 5, crashing 6");
    row("f_srcdown", "running 0, running 0, crashing 3, running 4, running 4");
    row("f_tgtgone", "running 0, crashing 1, running 1, running 1, running 1");
    row("r01", "running 0, running 0, running 0, running 0, running 0");
}

void RehearsalTest::recordedMoments()
{
    QFETCH(QString, job);
    QFETCH(QStringList, moments);
    Stage stage;
    const std::string name = job.toStdString();
    const std::string from = stage.source().url();
    const std::string to = endText(stage.mirror().url() + "/copy", "admin", "secret");
    const std::string both = R"(,"create_target":true,"continuous":true)";
    struct What {
        std::string from, to, more;
    };
    const std::string good = endText(from + "/org_hillview", "admin", "secret");
    std::map<std::string, What> documents{
        {"f_badpw", {endText(from + "/org_hillview", "carol", "wrong"), to, both}},
        {"f_badpw_target", {good, endText(stage.mirror().url() + "/copy", "dave", "wrong"), both}},
        {"f_noauth", {endText(from + "/org_hillview", "", ""), to, both}},
        {"f_nosource", {endText(from + "/nosuchdb", "admin", "secret"), to, both}},
        {"f_notarget", {good, to, R"(,"continuous":true)"}},
        {"f_nouser", {endText(from + "/org_hillview", "nobody_such", "x"), to, both}},
        {"f_nxdomain", {endText("http://nosuch.invalid:5984/db01", "admin", "secret"), to, both}},
        {"f_oneshot_nosource",
         {endText(from + "/nosuchdb2", "admin", "secret"), to, R"(,"create_target":true)"}},
        {"f_oneshot_ok", {good, to, R"(,"create_target":true)"}},
        {"f_unreachable", {endText("http://127.0.0.1:1/db01", "admin", "secret"), to, both}}};
    if (name == "f_notmember")
        stage.source().faults().setPlan([](const serve::Request &request) {
            return !request.path.empty() && request.path.front() == "org_hillview"
                ? std::optional(serve::Fault{serve::FaultKind::Refuse, 403})
                : std::nullopt;
        });
    // The scheduler's tick came 43 s after the documents.
    stage->advance(seconds(17));
    const auto start = stage->clock().now();
    const What what = documents.contains(name) ? documents[name] : What{good, to, both};
    QCOMPARE(stage.putEnds(name, what.from, what.to, what.more).status, 201);
    stage->at(start + seconds(40), [&] {
        if (name.starts_with("f_deleted"))
            (void)stage.source().backend().remove("org_hillview");
        if (name == "f_tgtgone")
            (void)stage.mirror().backend().remove("copy");
    });
    stage->at(start + seconds(42), [&] {
        if (name == "f_srcdown")
            stage.source().stop();
        if (name == "f_pwchange")
            stage.source().setPassword("another");
        if (name == "f_pwchange" || name == "f_tgtgone")
            (void)stage.source().edit("org_hillview", "new", R"("n":1)");
    });
    stage->at(start + seconds(200), [&] {
        if (name == "f_deleted_back" && !stage.source().backend().create("org_hillview"))
            (void)stage.source().edit("org_hillview", "again", R"("n":1)");
    });
    stage->at(start + seconds(601), [&] {
        if (name == "f_srcdown")
            (void)stage.source().restart();
    });
    QStringList seen;
    for (const auto moment :
         {seconds(25), seconds(60), seconds(360), seconds(720), seconds(1500)}) {
        stage->advance(start + moment - stage->clock().now());
        seen += text(stage.field(name, "state")).remove(QLatin1Char('"')) + QLatin1Char(' ')
            + text(stage.field(name, "error_count"));
    }
    QCOMPARE(seen, moments);
}

void RehearsalTest::lifeHasASeed()
{
    const auto live = [](std::uint64_t seed) {
        serve::RehearsalOptions options;
        options.life = serve::LifeOptions{seed, seconds(10), hours(1), hours(3)};
        Stage stage(std::move(options));
        stage->advance(hours(6));
        QString all;
        for (const std::string &name : stage.source().backend().databases())
            all += text(name) + everything(stage, stage.source(), name);
        return all;
    };
    const QString first = live(7);
    QVERIFY(first.contains(QStringLiteral("life-")));
    QVERIFY(first == live(7));
    QVERIFY(first != live(8));
}

void RehearsalTest::livesAndIsMirrored()
{
    serve::RehearsalOptions options;
    options.life = serve::LifeOptions{3, seconds(5), seconds(0), seconds(0)};
    Stage stage(std::move(options));
    mirrorAll(stage);
    stage->advance(hours(2));
    stage->setLife(std::nullopt);
    stage->advance(minutes(1));
    for (const std::string &name : stage.source().backend().databases()) {
        if (!name.starts_with('_'))
            QCOMPARE(everything(stage, stage.mirror(), name),
                     everything(stage, stage.source(), name));
    }
}

void RehearsalTest::organisationsComeAndGo()
{
    serve::RehearsalOptions options;
    options.life = serve::LifeOptions{3, seconds(60), minutes(10), minutes(15)};
    Stage stage(std::move(options));
    const auto before = stage.source().backend().databases();
    stage->advance(hours(5));
    const auto after = stage.source().backend().databases();
    QVERIFY(before != after);
    const auto born = std::ranges::count_if(after, [&](const std::string &name) {
        return std::ranges::find(before, name) == before.end();
    });
    QVERIFY(born >= 2);
    QVERIFY(std::ranges::count_if(after,
                                  [](const std::string &name) { return name.starts_with("org_"); })
            >= static_cast<std::ptrdiff_t>(serve::Life::kFewest));
}

void RehearsalTest::troublesPass_data()
{
    QTest::addColumn<quint64>("seed");
    for (const quint64 seed : {1U, 2U, 3U, 4U})
        QTest::addRow("seed %llu", seed) << seed;
}

void RehearsalTest::troublesPass()
{
    QFETCH(quint64, seed);
    serve::RehearsalOptions options;
    options.life = serve::LifeOptions{seed, seconds(30), seconds(0), seconds(0)};
    Stage stage(std::move(options));
    mirrorAll(stage);
    stage->advance(minutes(1));
    serve::TroubleOptions troubles;
    troubles.seed = seed;
    stage->setTroubles(troubles);
    QSet<QString> seen;
    for (int minute = 0; minute < 8 * 60; ++minute) {
        stage->advance(minutes(1));
        seen.insert(text(stage->trouble()));
    }
    QVERIFY2(seen.size() >= 8, "too little went wrong");
    stage->setTroubles(std::nullopt);
    QCOMPARE(stage->trouble(), std::string());
    stage->setLife(std::nullopt);
    stage->advance(hours(9)); // the longest back-off
    QCOMPARE(states(stage), QStringLiteral("running running running running "));
    for (const std::string &name : stage.source().backend().databases()) {
        if (name.starts_with('_'))
            continue;
        // What the mirror found too large is left out and counted; nothing else may be missing.
        const std::string failures = stage.info("fm:" + name, "doc_write_failures");
        QVERIFY(!failures.empty());
        const QStringList copied = documentsOf(stage, stage.mirror(), name);
        QStringList missing = documentsOf(stage, stage.source(), name);
        missing.removeIf([&](const QString &document) { return copied.contains(document); });
        QVERIFY2(missing.size() <= std::stoi(failures), qPrintable(missing.value(0)));
    }
}

void RehearsalTest::updatesFeed()
{
    Stage stage;
    // Without its database CouchDB tells nothing (recorded).
    QCOMPARE(stage.ask(stage.source(), "GET", "/_db_updates").status, 404);
    const auto shape = [&](const std::string &query) {
        static const QRegularExpression seq(QStringLiteral("\"(\\d+)-[^\"]*\""));
        return text(stage.ask(stage.mirror(), "GET", "/_db_updates" + query).body)
            .replace(seq, QStringLiteral("\"\\1\""));
    };
    const std::string before = stage.ask(stage.mirror(), "GET", "/_db_updates?since=now").body;
    static const QRegularExpression number(QStringLiteral("\"last_seq\":\"(\\d+)-"));
    const auto last = number.match(text(before)).captured(1).toULongLong();
    QCOMPARE(shape("?since=now"),
             QStringLiteral("{\"results\":[\n\n],\n\"last_seq\":\"%1\"}\n\n").arg(last));
    RawClient waiting(stage.mirror().port());
    waiting.send("GET /_db_updates?feed=continuous&since=now&heartbeat=60000 HTTP/1.1\r\nHost: "
                 "localhost\r\n"
                 + servetesting::basic("admin", "secret") + "\r\n\r\n");
    (void)waiting.receiveUntil("\r\n\r\n");
    QCOMPARE(stage.ask(stage.mirror(), "PUT", "/wire").status, 201);
    QCOMPARE(stage.ask(stage.mirror(), "PUT", "/wire/a", "{}").status, 201);
    QCOMPARE(stage.ask(stage.mirror(), "DELETE", "/wire").status, 200);
    const std::string since = "?since=" + std::to_string(last);
    const QString rows = QStringLiteral("{\"db_name\":\"wire\",\"type\":\"created\",\"seq\":\"%1\"}"
                                        ",\n{\"db_name\":\"wire\",\"type\":\"updated\",\"seq\":\"%2"
                                        "\"},\n{\"db_name\":\"wire\",\"type\":\"deleted\",\"seq\":"
                                        "\"%3\"},\n{\"db_name\":\"_dbs\",\"type\":\"updated\","
                                        "\"seq\":\"%4\"}")
                             .arg(last + 1)
                             .arg(last + 3)
                             .arg(last + 4)
                             .arg(last + 5);
    QCOMPARE(
        shape(since),
        QStringLiteral("{\"results\":[\n%1\n],\n\"last_seq\":\"%2\"}\n\n").arg(rows).arg(last + 5));
    QVERIFY(shape(since + "&limit=1").contains(QStringLiteral("created")));
    QVERIFY(shape(since + "&feed=longpoll").contains(QStringLiteral("created")));
    QVERIFY(text(waiting.receiveUntil("\"deleted\"")).contains(QStringLiteral("created")));
}

void RehearsalTest::eventsKeepTheirOrder()
{
    serve::Timeline timeline(serve::Timeline::TimePoint(seconds(1000)), 0);
    QString order;
    const auto start = timeline.now();
    timeline.after(seconds(2), [&] { order += QLatin1Char('c'); });
    timeline.after(seconds(1), [&] {
        order += QLatin1Char('a');
        timeline.after(seconds(1), [&] { order += QLatin1Char('d'); });
        timeline.after({}, [&] { order += QLatin1Char('b'); });
        QCOMPARE(timeline.now(), start + seconds(1));
    });
    timeline.after(seconds(9), [&] { order += QLatin1Char('z'); });
    timeline.advance(seconds(5));
    QCOMPARE(order, QStringLiteral("abcd"));
    QCOMPARE(timeline.now(), start + seconds(5));
    timeline.stop();
    timeline.advance(seconds(9));
    QCOMPARE(order, QStringLiteral("abcd"));
}

void RehearsalTest::fiveThousandJobs()
{
    constexpr int kJobs = 5000;
    serve::RehearsalOptions options;
    options.hasSamples = false;
    options.mostJobs = kJobs;
    Stage stage(std::move(options));
    for (int i = 0; i < kJobs; ++i) {
        const std::string name = "org_" + std::to_string(i);
        QVERIFY(!stage.source().backend().create(name));
        QVERIFY(stage.source().edit(name, "a", R"("n":1)"));
        QVERIFY(stage.mirror().edit(
            "_replicator", name,
            R"("source":)" + endText(stage.source().url() + '/' + name, "admin", "secret")
                + R"(,"target":)" + endText(stage.mirror().url() + '/' + name, "admin", "secret")
                + R"(,"create_target":true,"continuous":true)"));
    }
    std::clock_t before = std::clock();
    const auto spent = [&] {
        const double used = double(std::clock() - before) / CLOCKS_PER_SEC;
        before = std::clock();
        return used;
    };
    stage->advance(seconds(30));
    qInfo("copied %d databases in %.2f s of CPU", kJobs, spent());
    QCOMPARE(stage.mirror().backend().databases().size(), size_t(kJobs) + 3);
    stage->advance(minutes(2)); // checkpoints
    qInfo("checkpoints in %.2f s of CPU", spent());
    stage->advance(hours(24));
    const double idle = spent();
    qInfo("a day of nothing in %.2f s of CPU", idle);
    QVERIFY(idle < 5);
    const RawAnswer page =
        stage.ask(stage.mirror(), "GET", "/_scheduler/docs?limit=1000&skip=4000");
    QVERIFY(text(page.body).startsWith(QStringLiteral("{\"total_rows\":5000,\"offset\":4000,")));
    QCOMPARE(text(page.body).count(QStringLiteral("\"state\":\"running\"")), 1000);
    QVERIFY(stage.source().edit("org_4711", "late", R"("n":2)"));
    stage->advance(seconds(1));
    QCOMPARE(stage.ask(stage.mirror(), "GET", "/org_4711/late").status, 200);
}

QTEST_GUILESS_MAIN(RehearsalTest)
#include "rehearsal_test.moc"
