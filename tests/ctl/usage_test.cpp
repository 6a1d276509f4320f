#include "core/base/version.h"
#include "tests/ctl/ctltesting.h"

#include <QRegularExpression>
#include <QTest>

using namespace ctltesting;

const QByteArray kCommands =
    "backup, verify, list, show, extract, diff, serve, rehearse, config, run, status or replications";

/// Wrong command lines, as an operator types them.
class UsageTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void wrong_data();
    void wrong();
    void help_data();
    void help();
    void version();
    void longArgumentsAreCut();
    void argumentsThatWouldDrawOnTheTerminal();
    void jsonBehindTheEndOfOptionsIsAName();
};

void UsageTest::wrong_data()
{
    using List = QList<QByteArray>;
    QTest::addColumn<List>("arguments");
    QTest::addColumn<QByteArray>("message");
    const auto row = [](const char *name, const List &arguments, const char *message) {
        QTest::newRow(name) << arguments << QByteArray(message);
    };
    constexpr auto help = " See `focus-monitorctl --help`.";
    const auto general = [&](const char *name, const List &arguments, const QByteArray &message) {
        row(name, arguments, QByteArray(message + help).constData());
    };
    const auto of = [&](const char *name, const List &arguments, const QByteArray &message) {
        row(name, arguments,
            QByteArray(message + " See `focus-monitorctl " + arguments.first() + " --help`.")
                .constData());
    };
    general("nothing", {}, "Name a command: " + kCommands + '.');
    general("only the end of options", {"--"}, "Name a command: " + kCommands + '.');
    general("an unknown command", {"foo"}, "There is no command foo, only " + kCommands + '.');
    general("a command in capitals", {"List", "a"},
            "There is no command List, only " + kCommands + '.');
    general("an empty command", {""}, "There is no command , only " + kCommands + '.');
    general("an unknown option without a command", {"--foo"}, "There is no option --foo.");
    of("an option before the command", {"list", "--foo", "a"}, "There is no option --foo.");
    row("an option of the command before it", {"--rev", "list", "a"},
        "--rev must stand behind the command. See `focus-monitorctl list --help`.");

    of("list: no archive", {"list"}, "ARCHIVE is missing.");
    of("list: an empty archive", {"list", ""}, "ARCHIVE must not be empty.");
    of("list: an empty database", {"list", "a", ""}, "DB must not be empty.");
    of("list: three names", {"list", "a", "b", "c", "d"}, "c is too much.");
    of("list: a short option", {"list", "-x", "a"}, "There is no option -x.");
    of("list: a value for a flag", {"list", "a", "--json=1"}, "--json takes no value.");
    of("show: nothing", {"show"}, "ARCHIVE is missing.");
    of("show: no database", {"show", "a"}, "DB is missing.");
    of("show: no revision behind --rev", {"show", "a", "b", "c", "--rev"}, "--rev needs a value.");
    of("show: an empty revision", {"show", "a", "b", "c", "--rev", ""}, "--rev must not be empty.");
    of("show: --rev twice", {"show", "a", "b", "c", "--rev", "1-a", "--rev", "2-b"},
       "--rev may stand only once.");
    of("show: --rev and --tree", {"show", "a", "b", "c", "--rev", "1-a", "--tree"},
       "--rev and --tree exclude each other.");
    of("show: two ids", {"show", "a", "b", "c", "--id-json", "\"d\""},
       "DOC and --id-json exclude each other.");
    row("show: no document", {"show", "a", "b"},
        "DOC is missing. Name a document, or give its id with --id-json. See `focus-monitorctl show --help`.");
    for (const char *id : {"a", "\"a", "{}", "1", "\"a\",\"b\"", "\"a\"]", "\"\\ud800\""})
        row(qPrintable(QStringLiteral("show: an id that is no JSON string: ")
                       + QString::fromUtf8(id)),
            {"show", "a", "b", "--id-json", id},
            "--id-json wants a JSON string in quotes, such as '\"a\\u0000b\"'.");
    of("extract: no folder", {"extract", "a"}, "--output is missing.");
    of("extract: an empty folder name", {"extract", "a", "-o", ""}, "--output must not be empty.");
    of("extract: two folders", {"extract", "a", "-o", "b", "-o", "c"},
       "--output may stand only once.");
    of("extract: a name too much", {"extract", "a", "b", "c", "d", "-o", "e"}, "d is too much.");
    of("extract: an id without its database", {"extract", "a", "--id-json", "\"d\"", "-o", "e"},
       "--id-json needs a DB in front of it.");
    of("diff: nothing", {"diff"}, "BEFORE is missing.");
    of("diff: one archive", {"diff", "a"}, "AFTER is missing.");
    of("diff: a name too much", {"diff", "a", "b", "c", "d"}, "d is too much.");
    of("verify: no archive", {"verify"}, "ARCHIVE is missing.");
    of("verify: an empty archive among others", {"verify", "a", "", "b"},
       "ARCHIVE must not be empty.");
    of("backup: nothing", {"backup"}, "--from is missing.");
    of("backup: no folder", {"backup", "--from", "http://127.0.0.1:1"}, "--to is missing.");
    of("backup: --from without a value", {"backup", "--to", "a", "--from"},
       "--from needs a value.");
    of("backup: --db without a value",
       {"backup", "--from", "http://127.0.0.1:1", "--to", "a", "--db"}, "--db needs a value.");
    of("backup: a name too much", {"backup", "a", "--from", "http://127.0.0.1:1", "--to", "a"},
       "a is too much.");
    of("config: nothing", {"config"}, "ACTION is missing.");
    of("config: an unknown action", {"config", "write"},
       "ACTION takes check or import, not write.");
    row("config: check with a file", {"config", "check", "a"},
        "`config check` takes no FILE and no --password-folder; --config names the configuration.");
    of("config: nothing to import", {"config", "import"},
       "FILE is missing: name the config.env.js.");
    of("config: an empty file", {"config", "check", "--config", ""}, "--config must not be empty.");
    of("backup: an unknown way to verify",
       {"backup", "--from", "http://127.0.0.1:1", "--to", "a", "--verify=some"},
       "--verify takes sample or full, not some.");
}

void UsageTest::wrong()
{
    QFETCH(QList<QByteArray>, arguments);
    QFETCH(QByteArray, message);
    std::vector<std::string> words;
    for (const QByteArray &argument : arguments)
        words.push_back(argument.toStdString());
    const Workplace place;
    const Outcome text = run(words);
    QCOMPARE(QByteArray::fromStdString(text.err), "focus-monitorctl: " + message + '\n');
    QCOMPARE(text.code, 64);
    QCOMPARE(text.out, std::string());
    QVERIFY(place.names().empty());

    const auto endOfOptions = std::find(words.begin(), words.end(), "--");
    const bool hasFlag = std::any_of(
        words.begin(), words.end(), [](const std::string &it) { return it.starts_with("--json"); });
    if (hasFlag || words.empty()
        || (!words.back().empty() && words.back().front() == '-' && endOfOptions == words.end()))
        return;
    words.insert(words.begin() + (endOfOptions == words.begin() ? 0 : 1), "--json");
    const Outcome json = run(words);
    QCOMPARE(flawOf(json, true), QString());
    QCOMPARE(json.code, 64);
    QCOMPARE(valueAt(json.out, {"error", "code"}), std::string("\"usage\""));
}

void UsageTest::help_data()
{
    using List = QList<QByteArray>;
    QTest::addColumn<List>("arguments");
    QTest::addColumn<QList<QByteArray>>("words");
    QTest::newRow("the program") << List{"--help"} << List{"focus-monitorctl [OPTIONS] COMMAND",
                                                           "backup",
                                                           "verify",
                                                           "list",
                                                           "show",
                                                           "Exit codes: 0 good"};
    QTest::newRow("backup") << List{"backup", "--help"}
                            << List{"--from URL", "--to DIR", "--db GLOB", "--password-file FILE"};
    QTest::newRow("verify") << List{"verify", "-h"} << List{"ARCHIVE", "--against URL"};
    QTest::newRow("list") << List{"list", "--help"} << List{"ARCHIVE [DB]", "--json"};
    QTest::newRow("show, beside wrong options")
        << List{"show", "--help", "a"}
        << List{"ARCHIVE DB", "--rev REV", "--tree", "--id-json STRING"};
    QTest::newRow("diff") << List{"diff", "--help"} << List{"BEFORE AFTER [DB]", "--json"};
    QTest::newRow("extract") << List{"extract", "--help"}
                             << List{"ARCHIVE [DB] [DOC]", "-o,--output DIR", "--json"};
}

void UsageTest::help()
{
    QFETCH(QList<QByteArray>, arguments);
    QFETCH(QList<QByteArray>, words);
    std::vector<std::string> line;
    for (const QByteArray &argument : arguments)
        line.push_back(argument.toStdString());
    const Outcome outcome = run(line);
    QCOMPARE(outcome.code, 0);
    QCOMPARE(outcome.err, std::string());
    for (const QByteArray &word : words)
        QVERIFY2(outcome.out.find(word.toStdString()) != std::string::npos,
                 (word.toStdString() + " in\n" + outcome.out).c_str());
    QVERIFY2(outcome.out.find("TEXT") == std::string::npos, outcome.out.c_str());
}

void UsageTest::version()
{
    const Outcome outcome = run({"--version"});
    QCOMPARE(outcome.code, 0);
    QCOMPARE(outcome.out, std::string("focus-monitorctl ") + base::versionText() + "\n");
    QCOMPARE(outcome.err, std::string());
}

void UsageTest::longArgumentsAreCut()
{
    const Outcome outcome = run({std::string(100'000, 'x')});
    QCOMPARE(outcome.code, 64);
    QCOMPARE(flawOf(outcome), QString());
    QVERIFY(outcome.err.size() < 400);
}

void UsageTest::argumentsThatWouldDrawOnTheTerminal()
{
    for (const char *argument : {"\x1b[2J", "a\nb", "\xe2\x80\xae", "\xff"}) {
        const Outcome outcome = run({argument});
        QCOMPARE(outcome.code, 64);
        QCOMPARE(flawOf(outcome), QString());
        QVERIFY(outcome.err.find(argument) == std::string::npos);
    }
}

void UsageTest::jsonBehindTheEndOfOptionsIsAName()
{
    const Outcome outcome = run({"list", "--", "--json"});
    QCOMPARE(outcome.code, 2);
    QCOMPARE(flawOf(outcome), QString());
    QVERIFY(outcome.err.starts_with("focus-monitorctl: --json could not be opened"));
}

QTEST_GUILESS_MAIN(UsageTest)

#include "usage_test.moc"
