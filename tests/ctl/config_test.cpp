#include "tests/ctl/ctltesting.h"

#include <QRegularExpression>
#include <QTest>

using namespace ctltesting;

class ConfigTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void checkShowsWhereValuesComeFrom();
    void checkNamesWhatIsWrong();
    void checkWithoutAConfiguration();
    void importWritesAConfiguration();
    void importOverwritesNothing();
    void importOfSomethingElse();
};

namespace {

/// Nothing of the machine's own state is looked at.
std::string goodConfig(const Workplace &place)
{
    return "data_folder = \"" + place.path("state")
        + "\"\nname = \"EM0035\"\n[source]\nurl = \"https://backup@focus.example/db\"\n"
          "password_file = \"/etc/fm/pw\"\n[mirror]\nurl = \"http://admin@127.0.0.1:5984\"\n";
}

} // namespace

void ConfigTest::checkShowsWhereValuesComeFrom()
{
    const Workplace place;
    const std::string file = place.path("config.toml");
    place.put("config.toml", goodConfig(place));
    const Outcome text = run({"config", "check", "--config", file});
    QCOMPARE(text.err, std::string());
    QCOMPARE(text.code, 0);
    for (const std::string &line : {std::string("\"EM0035\""), file + ":2", std::string("default"),
                                    std::string("password of source: /etc/fm/pw\n"),
                                    std::string("password of mirror: keychain\n")})
        QVERIFY2(text.out.find(line) != std::string::npos, (line + " in\n" + text.out).c_str());

    const Outcome json = run({"config", "check", "--config", file, "--json"});
    QCOMPARE(json.code, 0);
    QCOMPARE(memberNames(json.out), std::string("config settings values passwords problems"));
    QCOMPARE(memberNames(valueAt(json.out, {"values", "0"})), std::string("key value file line"));
    QCOMPARE(valueAt(json.out, {"values", "0", "value"}), std::string("\"\\\"EM0035\\\"\""));
    QCOMPARE(valueAt(json.out, {"values", "0", "line"}), std::string("2"));
    QCOMPARE(valueAt(json.out, {"values", "2", "key"}), std::string("\"listen\""));
    QCOMPARE(valueAt(json.out, {"values", "2", "file"}), std::string("null"));
    QCOMPARE(valueAt(json.out, {"passwords", "1", "place"}), std::string("\"keychain\""));
    QCOMPARE(valueAt(json.out, {"problems"}), std::string("[]"));
    QCOMPARE(valueAt(json.out, {"settings"}), std::string("null"));
}

void ConfigTest::checkNamesWhatIsWrong()
{
    const Workplace place;
    const std::string file = place.path("config.toml");
    place.put("config.toml", goodConfig(place) + "[backup]\nfodler = \"/b\"\nverify = 3\n");
    const Outcome text = run({"config", "check", "--config", file});
    QCOMPARE(text.code, 2);
    QCOMPARE(text.err,
             file + ":9: There is no setting backup.fodler; backup.folder is the nearest.\n" + file
                 + ":10: backup.verify must be \"sample\" or \"full\", not a whole number.\n");

    const Outcome json = run({"config", "check", "--config", file, "--json"});
    QCOMPARE(json.code, 2);
    QCOMPARE(json.err, std::string());
    QCOMPARE(memberNames(valueAt(json.out, {"problems", "0"})), std::string("file line message"));
    QCOMPARE(valueAt(json.out, {"problems", "1", "line"}), std::string("10"));
}

void ConfigTest::checkWithoutAConfiguration()
{
    const Workplace place;
    const Outcome text = run({"config", "check", "--config", place.path("config.toml")});
    QCOMPARE(text.code, 2);
    QCOMPARE(flawOf(text), QString());
    QVERIFY(text.err.find("config.toml does not exist") != std::string::npos);
}

namespace {

constexpr const char *kPredecessor =
    "module.exports = () => ({\n"
    "  focus: { url: 'https://focus.example/db', auth: { basic: { username: 'backup',\n"
    "    password: 'hunter2' } } },\n"
    "  backup: { relativeDir: './backups/', intervalMS: 6 * 60 * 60 * 1000 },\n"
    "});\n";

} // namespace

void ConfigTest::importWritesAConfiguration()
{
    const Workplace place;
    place.put("config.env.js", kPredecessor);
    const std::string file = place.path("fm/config.toml");
    const Outcome imported = run({"config", "import", place.path("config.env.js"), "--config", file,
                                  "--password-folder", place.path("fm")});
    QCOMPARE(imported.err, std::string());
    QCOMPARE(imported.out, file + "\n");
    QCOMPARE(imported.code, 0);
    const auto password = base::readFile(place.path("fm/source-password"), 100);
    QVERIFY(password);
    QCOMPARE(*password, std::string("hunter2"));
    const auto isPrivate = base::isPrivate(place.path("fm/source-password"));
    QVERIFY(isPrivate && *isPrivate);
    const auto toml = base::readFile(file, 10'000);
    QVERIFY(toml && toml->find("hunter2") == std::string::npos);

    const Outcome checked = run({"config", "check", "--config", file});
    QCOMPARE(checked.err, std::string());
    QCOMPARE(checked.code, 0);
    for (const std::string &part :
         {place.path("backups/"), std::string("[\"every 6 h\"]"), place.path("fm/source-password")})
        QVERIFY2(checked.out.find(part) != std::string::npos, (part + "\n" + checked.out).c_str());
}

void ConfigTest::importOverwritesNothing()
{
    const Workplace place;
    place.put("config.env.js", kPredecessor);
    for (const char *existing : {"config.toml", "source-password"}) {
        place.put(existing, "mine");
        for (const bool asJson : {false, true}) {
            std::vector<std::string> words{"config",
                                           "import",
                                           place.path("config.env.js"),
                                           "--config",
                                           place.path("config.toml"),
                                           "--password-folder",
                                           place.path("")};
            if (asJson)
                words.emplace_back("--json");
            const Outcome outcome = run(words);
            QCOMPARE(outcome.code, 2);
            QCOMPARE(flawOf(outcome, asJson), QString());
        }
        const std::set<std::string> expected{"config.env.js", existing};
        QCOMPARE(place.names(), expected);
        QVERIFY(base::removeFile(place.path(existing)));
    }
}

void ConfigTest::importOfSomethingElse()
{
    const Workplace place;
    place.put("config.env.js", "console.log('hunter2')");
    const Outcome outcome = run(
        {"config", "import", place.path("config.env.js"), "--config", place.path("config.toml")});
    QCOMPARE(outcome.code, 2);
    QCOMPARE(flawOf(outcome), QString());
    QVERIFY(outcome.err.find("hunter2") == std::string::npos);
    QCOMPARE(place.names(), std::set<std::string>{"config.env.js"});
}

QTEST_GUILESS_MAIN(ConfigTest)

#include "config_test.moc"
