#include "core/base/json.h"
#include "core/store/keyspace.h"
#include "tests/ctl/ctltesting.h"

#include <QRegularExpression>
#include <QTest>

using namespace ctltesting;

class ShowTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void body();
    void bodyAsJson();
    void otherRevision();
    void deletedDocument();
    void tree();
    void treeAsJson();
    void idAsJson_data();
    void idAsJson();
    void refusals_data();
    void refusals();
    void numbersStayAsTheyAre();
    void bodiesOfAllShapes_data();
    void bodiesOfAllShapes();
    void bodiesThatAreNone_data();
    void bodiesThatAreNone();
    void idThatHoldsNul();
};

void ShowTest::body()
{
    const Workplace place;
    const Outcome outcome = run({"show", predecessorArchive(), "conflicts", "c-three"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(outcome.err, std::string());
    QCOMPARE(outcome.out,
             std::string("{\n"
                         "  \"who\": 3,\n"
                         "  \"_id\": \"c-three\",\n"
                         "  \"_rev\": \"3-d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3\"\n"
                         "}\n"));
    QVERIFY(place.names().empty());
}

void ShowTest::bodyAsJson()
{
    const Outcome outcome = run({"show", predecessorArchive(), "conflicts", "c-three", "--json"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(outcome.err, std::string());
    QCOMPARE(
        outcome.out,
        std::string(R"({"who":3,"_id":"c-three","_rev":"3-d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3",)"
                    R"("_revisions":{"start":3,"ids":["d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3",)"
                    R"("b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2","aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]}})"
                    "\n"));
}

void ShowTest::otherRevision()
{
    const std::string rev = "3-d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1";
    const Outcome outcome =
        run({"show", predecessorArchive(), "conflicts", "c-three", "--rev", rev, "--json"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(valueAt(outcome.out, {"_rev"}), '"' + rev + '"');
    QCOMPARE(valueAt(outcome.out, {"_revisions", "ids", "1"}),
             std::string(R"("b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1")"));
}

void ShowTest::deletedDocument()
{
    const Outcome outcome =
        run({"show", predecessorArchive(), "conflicts", "c-all-deleted", "--json"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(valueAt(outcome.out, {"_deleted"}), std::string("true"));
    QCOMPARE(valueAt(outcome.out, {"_rev"}),
             std::string(R"("2-22222222222222222222222222222222")"));
}

void ShowTest::tree()
{
    const Outcome conflicts = run({"show", predecessorArchive(), "conflicts", "c-three", "--tree"});
    QCOMPARE(conflicts.code, 0);
    QCOMPARE(conflicts.err, std::string());
    QCOMPARE(conflicts.out,
             std::string("c-three\n"
                         "1-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  (body not kept)\n"
                         "  2-b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1  (body not kept)\n"
                         "    3-d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1  conflict\n"
                         "    3-d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2  conflict\n"
                         "  2-b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2  (body not kept)\n"
                         "  3-d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3d3  winner\n"));
    const Outcome roots = run({"show", predecessorArchive(), "conflicts", "c-two-roots", "--tree"});
    QCOMPARE(roots.out,
             std::string("c-two-roots\n"
                         "1-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  conflict\n"
                         "-- no ancestor in common with the above --\n"
                         "1-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb  winner\n"));
    const Outcome deep = run({"show", predecessorArchive(), "longhist", "long", "--tree"});
    QCOMPARE(deep.out,
             std::string("long\n"
                         "11-1a2c63aa2fce5d265382089c3fdf63e1  (body not kept)\n"
                         "... 997 revisions, bodies not kept ...\n"
                         "1009-0256f31e824b9903023d371e3ac031f5  (body not kept)\n"
                         "1010-ef9286f29880719e6ee43e25a8d01e75  winner\n"));
}

void ShowTest::treeAsJson()
{
    const Outcome outcome =
        run({"show", predecessorArchive(), "conflicts", "c-disjoint", "--tree", "--json"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(outcome.err, std::string());
    QCOMPARE(
        outcome.out,
        std::string(
            R"({"id":"c-disjoint","winner":"5-e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5","roots":[)"
            R"({"rev":"1-f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1","status":"missing","deleted":false,"children":[)"
            R"({"rev":"2-f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2","status":"available","deleted":false,"children":[]}]},)"
            R"({"rev":"4-e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4","status":"missing","deleted":false,"children":[)"
            R"({"rev":"5-e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5","status":"available","deleted":false,"children":[]}]}]})"
            "\n"));
    const Outcome deleted =
        run({"show", predecessorArchive(), "conflicts", "c-all-deleted", "--tree", "--json"});
    QCOMPARE(valueAt(deleted.out, {"roots", "0", "children", "1", "deleted"}), std::string("true"));
}

void ShowTest::idAsJson_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::newRow("plain") << QByteArray(R"("c-three")");
    QTest::newRow("with escapes") << QByteArray(R"("c\u002dthree")");
    QTest::newRow("with white space around")
        << QByteArray(" \"c-three\"\n"); // it was an id with quotes in it
}

void ShowTest::idAsJson()
{
    QFETCH(QByteArray, json);
    const Outcome outcome =
        run({"show", predecessorArchive(), "conflicts", "--id-json", json.toStdString(), "--json"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(valueAt(outcome.out, {"_id"}), std::string(R"("c-three")"));
}

void ShowTest::refusals_data()
{
    using List = QList<QByteArray>;
    QTest::addColumn<List>("arguments");
    QTest::addColumn<int>("code");
    QTest::addColumn<QByteArray>("message");
    const auto row = [](const char *name, const List &arguments, int code,
                        const QByteArray &message) {
        QTest::newRow(name) << arguments << code << message;
    };
    row("an unknown database", {"nothing", "c-three"}, 2, "holds no database nothing.");
    row("an unknown document", {"conflicts", "nothing"}, 2,
        "Database conflicts has no document nothing in this archive.");
    row("the beginning of an id", {"conflicts", "c-thre"}, 2,
        "Database conflicts has no document c-thre in this archive.");
    row("an id that begins with a dash", {"conflicts", "--", "-x"}, 2,
        "Database conflicts has no document -x in this archive.");
    row("an id that would draw", {"conflicts", "\x1b[2J"}, 2,
        "has no document \\u{1b}[2J in this archive.");
    row("an empty id as JSON", {"conflicts", "--id-json", "\"\""}, 2,
        "Database conflicts has no document  in this archive.");
    row("the tree of an unknown document", {"conflicts", "nothing", "--tree"}, 2,
        "has no document nothing in this archive.");
    row("an unknown revision", {"conflicts", "c-three", "--rev", "3-ffff"}, 2,
        "Document c-three has no revision 3-ffff in this archive. --tree shows those it has.");
    row("a revision without body",
        {"conflicts", "c-three", "--rev", "2-b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1"}, 2,
        "Revision 2-b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1 of document c-three is known, but its body was not kept; only leaf revisions have "
        "bodies.");
    for (const char *rev : {"3", "x", "-a", "3-", "0-a", "a-3", "-1-a"})
        row(qPrintable(QStringLiteral("no revision: ") + QString::fromUtf8(rev)),
            {"conflicts", "c-three", QByteArray("--rev=") + rev}, 64,
            QByteArray(rev) + " is not a revision; one looks like 3-0f1e");
}

void ShowTest::refusals()
{
    QFETCH(QList<QByteArray>, arguments);
    QFETCH(int, code);
    QFETCH(QByteArray, message);
    std::vector<std::string> command{"show", predecessorArchive()};
    for (const QByteArray &argument : arguments)
        command.push_back(argument.toStdString());
    const Workplace place;
    const Outcome text = run(command);
    QVERIFY2(text.err.find(message.toStdString()) != std::string::npos, text.err.c_str());
    if (!message.contains("  "))
        QCOMPARE(flawOf(text), QString());
    QCOMPARE(text.code, code);
    command.insert(command.begin() + 1, "--json");
    const Outcome json = run(command);
    if (!message.contains("  "))
        QCOMPARE(flawOf(json, true), QString());
    QCOMPARE(json.code, code);
    QVERIFY(place.names().empty());
}

void ShowTest::numbersStayAsTheyAre()
{
    const Workplace place;
    const std::string body =
        R"({"_id":"doc","_rev":"1-a","n":[1.0,1e400,-0,12345678901234567890],"z":1,"a":2})";
    ForgedDatabase(place.path("db")).putDocument("doc", 1, body);
    const Outcome json = run({"show", place.path(""), "db", "doc", "--json"});
    QCOMPARE(json.out,
             body.substr(0, body.size() - 1) + ",\"_revisions\":{\"start\":1,\"ids\":[\"a\"]}}\n");
    const Outcome text = run({"show", place.path(""), "db", "doc"});
    for (const char *number : {"1.0", "1e400", "-0", "12345678901234567890"})
        QVERIFY(text.out.find(number) != std::string::npos);
}

void ShowTest::bodiesOfAllShapes_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("shown");
    const QByteArray revisions = R"("_revisions":{"start":1,"ids":["a"]}})";
    QTest::newRow("empty") << QByteArray("{}") << '{' + revisions;
    QTest::newRow("empty with white space") << QByteArray("{ \n}") << "{ \n" + revisions;
    QTest::newRow("white space around")
        << QByteArray(" {\"a\":1 } ") << " {\"a\":1 ," + revisions + ' ';
    QTest::newRow("a brace in the last string")
        << QByteArray("{\"a\":\"}\"}") << "{\"a\":\"}\"," + revisions;
}

void ShowTest::bodiesOfAllShapes()
{
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, shown);
    const Workplace place;
    ForgedDatabase(place.path("db")).putDocument("doc", 1, body.toStdString());
    const Outcome outcome = run({"show", place.path(""), "db", "doc", "--json"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(QByteArray::fromStdString(outcome.out), shown + '\n');
    QVERIFY(base::json::validate(outcome.out));
}

void ShowTest::bodiesThatAreNone_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("no JSON") << QByteArray("hello");
    QTest::newRow("cut") << QByteArray("{\"a\":");
    QTest::newRow("a text") << QByteArray("\"a\""); // the program died of it
    QTest::newRow("a list of objects")
        << QByteArray("[{}]"); // members were put into the wrong object
    QTest::newRow("nothing") << QByteArray("");
}

void ShowTest::bodiesThatAreNone()
{
    QFETCH(QByteArray, body);
    const Workplace place;
    ForgedDatabase(place.path("db")).putDocument("doc", 1, body.toStdString());
    for (const bool asJson : {false, true}) {
        std::vector<std::string> command{"show", place.path(""), "db", "doc"};
        if (asJson)
            command.emplace_back("--json");
        const Outcome outcome = run(command);
        QCOMPARE(outcome.code, 2);
        QCOMPARE(flawOf(outcome, asJson), QString());
        const std::string &told = asJson ? outcome.out : outcome.err;
        QVERIFY2(told.find("doc") != std::string::npos, told.c_str());
    }
}

void ShowTest::idThatHoldsNul()
{
    const Workplace place;
    const std::string id("a\0b", 3);
    ForgedDatabase(place.path("db")).putDocument(id, 1, R"({"_id":"a\u0000b"})");
    const Outcome body =
        run({"show", place.path(""), "db", "--id-json", R"("a\u0000b")", "--json"});
    QCOMPARE(body.code, 0);
    QCOMPARE(valueAt(body.out, {"_id"}), std::string(R"("a\u0000b")"));
    const Outcome tree =
        run({"show", place.path(""), "db", "--id-json", R"("a\u0000b")", "--tree"});
    QCOMPARE(tree.out, std::string("a\\u{0}b\n1-a  winner\n"));
}

QTEST_GUILESS_MAIN(ShowTest)

#include "show_test.moc"
