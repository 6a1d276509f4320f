#include "core/base/json.h"
#include "tests/ctl/ctltesting.h"

#include <QRegularExpression>
#include <QTest>

using namespace ctltesting;

class VerifyTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void predecessor();
    void predecessorAsJson();
    void cutArchive();
    void cutArchiveAsJson();
    void severalArchives();
    void severalArchivesAsJson();
    void lostBody();
    void serverThatIsNotThere();
    void stopped();
};

void VerifyTest::predecessor()
{
    const Workplace place;
    const std::string path = predecessorArchive();
    const Outcome outcome = run({"verify", path});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(outcome.err, std::string());
    QCOMPARE(
        outcome.out,
        path
            + ": ok (predecessor, 9 databases, 294 documents)\n"
              "  L1 intact         passed\n"
              "  L2 readable       passed\n"
              "  L3 equals source  unknown (the archive does not say what the source held when it was made)\n");
    QVERIFY(place.names().empty());
}

void VerifyTest::predecessorAsJson()
{
    const Outcome outcome = run({"verify", predecessorArchive(), "--json"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(outcome.err, std::string());
    QVERIFY(base::json::validate(outcome.out));
    QCOMPARE(memberNames(outcome.out), std::string("archives"));
    QCOMPARE(valueAt(outcome.out, {"archives", "0", "path"}),
             base::json::quoted(predecessorArchive()));
    QCOMPARE(valueAt(outcome.out, {"archives", "0", "ok"}), std::string("true"));
    QCOMPARE(valueAt(outcome.out, {"archives", "0", "levels"}),
             std::string(R"({"L1":"passed","L2":"passed","L3":"unknown"})"));
    QCOMPARE(valueAt(outcome.out, {"archives", "0", "problems"}), std::string("[]"));
}

namespace {

std::string cutArchiveIn(const Workplace &place)
{
    const auto whole = base::readFile(base::fromUtf8(predecessorArchive()), std::uint64_t{1} << 30);
    place.put("cut.tgz", std::string_view(*whole).substr(0, 5000));
    return place.path("cut.tgz");
}

} // namespace

void VerifyTest::cutArchive()
{
    const Workplace place;
    const std::string path = cutArchiveIn(place);
    const Outcome outcome = run({"verify", path});
    QCOMPARE(outcome.code, 2);
    QCOMPARE(outcome.err, std::string());
    QVERIFY2(outcome.out.starts_with(path + ": NOT OK (predecessor, "), outcome.out.c_str());
    QVERIFY2(outcome.out.find("  L1 intact         failed\n") != std::string::npos,
             outcome.out.c_str());
    QVERIFY2(outcome.out.find("  gzip-cut: The archive breaks off after 5000 bytes.\n")
                 != std::string::npos,
             outcome.out.c_str());
    // A message that names the database is not introduced by its name.
    QVERIFY2(outcome.out.find(": basic: The database in basic") == std::string::npos,
             outcome.out.c_str());
    QCOMPARE(place.names(), std::set<std::string>{"cut.tgz"});
}

void VerifyTest::cutArchiveAsJson()
{
    const Workplace place;
    const Outcome outcome = run({"verify", cutArchiveIn(place), "--json"});
    QCOMPARE(outcome.code, 2);
    QCOMPARE(outcome.err, std::string());
    QVERIFY(base::json::validate(outcome.out));
    QCOMPARE(valueAt(outcome.out, {"archives", "0", "ok"}), std::string("false"));
    QCOMPARE(valueAt(outcome.out, {"archives", "0", "levels", "L1"}), std::string(R"("failed")"));
    QCOMPARE(memberNames(valueAt(outcome.out, {"archives", "0", "problems", "0"})),
             std::string("code database document message"));
}

void VerifyTest::severalArchives()
{
    const Workplace place;
    place.put("text.txt", "hello\n");
    const Outcome outcome = run({"verify", predecessorArchive(), place.path("text.txt"),
                                 predecessorArchive(), place.path("no.tgz")});
    QCOMPARE(outcome.code, 2);
    QCOMPARE(outcome.err,
             "focus-monitorctl: " + place.path("text.txt") + " is not a backup archive.\n"
                 + "focus-monitorctl: " + place.path("no.tgz")
                 + " could not be opened: No such file or directory.\n");
    QVERIFY(outcome.out.find(": ok (predecessor")
            != outcome.out.rfind(": ok (predecessor")); // both good ones
}

void VerifyTest::severalArchivesAsJson()
{
    const Workplace place;
    const Outcome outcome = run({"verify", "--json", place.path("no.tgz"), predecessorArchive()});
    QCOMPARE(outcome.code, 2);
    QCOMPARE(outcome.err, std::string());
    QVERIFY(base::json::validate(outcome.out));
    QCOMPARE(valueAt(outcome.out, {"archives", "0"}),
             R"({"path":)" + base::json::quoted(place.path("no.tgz"))
                 + R"(,"ok":false,"levels":{"L1":"failed","L2":"not run","L3":"not run"},)"
                   R"("problems":[{"code":"not_found","database":"","document":"","message":)"
                 + base::json::quoted(place.path("no.tgz")
                                      + " could not be opened: No such file or directory.")
                 + "}]}");
    QCOMPARE(valueAt(outcome.out, {"archives", "1", "ok"}), std::string("true"));
}

void VerifyTest::lostBody()
{
    const Workplace place;
    {
        ForgedDatabase database(place.path("db"));
        database.putDocument("good", 1, R"({"_id":"good","_rev":"1-a"})");
        database.putDocument("bad\n", 2, "no JSON");
    }
    const Outcome text = run({"verify", place.path("")});
    QCOMPARE(text.code, 2);
    QVERIFY2(text.out.find("NOT OK (foreign, 1 database, 2 documents)\n") != std::string::npos,
             text.out.c_str());
    QVERIFY2(text.out.find("db: bad\\u{a}: ") != std::string::npos
                 || text.out.find("bad\\u{a}") != std::string::npos,
             text.out.c_str());
    const Outcome json = run({"verify", place.path(""), "--json"});
    QCOMPARE(json.code, 2);
    QCOMPARE(valueAt(json.out, {"archives", "0", "problems", "0", "database"}),
             std::string("\"db\""));
    // The damaged body is told by its sequence; that a document lacks it is a problem of its own.
    QVERIFY2(json.out.find(R"("document":"bad\n")") != std::string::npos, json.out.c_str());
}

void VerifyTest::serverThatIsNotThere()
{
    const Outcome outcome =
        run({"verify", predecessorArchive(), "--against", "http://127.0.0.1:1"});
    QCOMPARE(outcome.code, 2);
    QCOMPARE(flawOf(outcome), QString());
    const Outcome json =
        run({"verify", predecessorArchive(), "--against", "ftp://127.0.0.1", "--json"});
    QCOMPARE(json.code, 64);
    QCOMPARE(flawOf(json, true), QString());
}

void VerifyTest::stopped()
{
    std::stop_source stop;
    stop.request_stop();
    const Outcome outcome =
        run({"verify", predecessorArchive(), predecessorArchive()}, stop.get_token());
    QCOMPARE(outcome.code, 130);
    QCOMPARE(flawOf(outcome), QString());
}

QTEST_GUILESS_MAIN(VerifyTest)

#include "verify_test.moc"
