#include "core/settings/settingsfile.h"
#include "tests/support/temporaryfolder.h"

#include <QRegularExpression>
#include <QTest>

#ifdef Q_OS_UNIX
#include <csignal>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>
#endif

using namespace settings;
using base::ErrorKind;

class SettingsFileTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void cleanup() { base::clearFileFaults(); }

    void killedAnywhere(); // first: see statusOfSetting()
    void whatIsSetIsRead();
    void wrongValuesChangeNothing();
    void aDamagedFileIsNotWrittenOver();
    void everyFileOperationMayFail();
};

namespace {

struct DataFolder : testsupport::TemporaryFolder {
    [[nodiscard]] std::string content() const
    {
        const auto bytes = base::readFile(path("settings.toml"), 1 << 20);
        return bytes ? *bytes : "";
    }
    /// The log level as the configuration has it.
    [[nodiscard]] base::LogLevel level() const
    {
        const Environment environment{"/nowhere", base::toUtf8(path()), "/nowhere", "/nowhere", {}};
        const auto loaded = readConfig({}, environment);
        return loaded ? loaded->config.log.level : base::LogLevel::Info;
    }
};

#ifdef Q_OS_UNIX
/// Of a child that sets the level: the environment is read when the first fail point is passed, so
/// this process must pass none.
int statusOfSetting(const base::fs::path &folder, const std::string &level, int killAt)
{
    const pid_t child = ::fork();
    if (child == 0) {
        ::setenv("FM_KILL_AT", std::to_string(killAt).c_str(), 1);
        auto file = SettingsFile::open(folder);
        const bool isSet = file && file->set({{"log.level", level}, {"name", "\"kept\""}});
        ::_exit(isSet ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}
#endif

} // namespace

void SettingsFileTest::whatIsSetIsRead()
{
    const DataFolder place;
    auto file = SettingsFile::open(place.path());
    QVERIFY(file);
    QVERIFY(!file->value("log.level"));
    QVERIFY(file->set({{"log.level", "\"debug\""},
                       {"name", "'a \"b\" \\\\ c'"},
                       {"discovery.include", "[ 'a', \"b\" ]"}}));
    QCOMPARE(place.level(), base::LogLevel::Debug);
    const auto again = SettingsFile::open(place.path());
    QVERIFY(again);
    QCOMPARE(again->value("discovery.include"), std::optional<std::string>("[\"a\", \"b\"]"));
    QCOMPARE(again->value("name"), file->value("name"));
    QVERIFY(file->set({{"log.level", std::nullopt}, {"log.files", "7"}}));
    QCOMPARE(place.level(), base::LogLevel::Info);
    QVERIFY(place.content().find("log.files = 7\n") != std::string::npos);
}

void SettingsFileTest::wrongValuesChangeNothing()
{
    const DataFolder place;
    auto file = SettingsFile::open(place.path());
    QVERIFY(file && file->set({{"log.files", "7"}}));
    const std::string before = place.content();
    const std::pair<const char *, const char *> wrong[] = {
        {"log.files", "0"},          {"log.files", "\"7\""}, {"log.files", "7\nname = \"x\""},
        {"log.fils", "7"},           {"log.files", ""},      {"data_folder", "\"/x\""},
        {"source.password", "\"x\""}};
    for (const auto &[key, value] : wrong) {
        const auto set = file->set({{"log.level", "\"debug\""}, {key, value}});
        QVERIFY2(!set, value);
        QCOMPARE(set.error().kind, ErrorKind::Usage);
        QCOMPARE(place.content(), before);
        QVERIFY(!file->value("log.level"));
    }
}

void SettingsFileTest::aDamagedFileIsNotWrittenOver()
{
    for (const char *damaged : {"log.level = ", "nothing.like.it = 1\n", "\xff\xfe"}) {
        const DataFolder place;
        QVERIFY(base::writeFileAtomically(place.path("settings.toml"), damaged));
        const auto file = SettingsFile::open(place.path());
        QVERIFY(!file);
        QCOMPARE(file.error().kind, ErrorKind::Corrupt);
        QCOMPARE(place.content(), std::string(damaged));
    }
}

void SettingsFileTest::everyFileOperationMayFail()
{
    for (std::uint64_t n = 1; n < 20; ++n) {
        const DataFolder place;
        auto file = SettingsFile::open(place.path());
        QVERIFY(file && file->set({{"log.level", "\"error\""}}));
        base::failNthFileOperation(n, ErrorKind::NoSpace);
        const auto set = file->set({{"log.level", "\"debug\""}});
        const bool allPassed = base::fileOperationCount() < n;
        base::clearFileFaults();
        QCOMPARE(bool(set), allPassed);
        const auto level = place.level();
        QVERIFY(level == base::LogLevel::Error || level == base::LogLevel::Debug);
        if (allPassed) {
            QVERIFY(n > 4);
            return;
        }
        QVERIFY(file->set({{"log.level", "\"warning\""}})); // and it goes on
        QCOMPARE(place.level(), base::LogLevel::Warning);
    }
    QFAIL("It never ended.");
}

void SettingsFileTest::killedAnywhere()
{
#ifdef Q_OS_UNIX
    for (int killAt = 1; killAt < 30; ++killAt) {
        const DataFolder place;
        QCOMPARE(statusOfSetting(place.path(), "\"error\"", 0), 0);
        const int status = statusOfSetting(place.path(), "\"debug\"", killAt);
        const auto after = SettingsFile::open(place.path());
        QVERIFY(after);
        QCOMPARE(after->value("name"), std::optional<std::string>("\"kept\""));
        const auto level = place.level();
        if (!WIFSIGNALED(status)) {
            QCOMPARE(level, base::LogLevel::Debug);
            QVERIFY(killAt > 2);
            return;
        }
        QVERIFY(level == base::LogLevel::Error || level == base::LogLevel::Debug);
        // What the kill left is no hindrance.
        QCOMPARE(statusOfSetting(place.path(), "\"warning\"", 0), 0);
        QCOMPARE(place.level(), base::LogLevel::Warning);
    }
    QFAIL("It never ended.");
#endif
}

QTEST_GUILESS_MAIN(SettingsFileTest)

#include "settingsfile_test.moc"
