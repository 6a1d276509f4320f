#include "core/base/file.h"
#include "core/settings/configfile.h"
#include "tests/support/temporaryfolder.h"

#include <QRegularExpression>
#include <QTest>

using namespace settings;
using namespace std::chrono_literals;

class ConfigTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void everySettingHasAGoodDefault();
    void everySettingIsDocumented();
    void everyValueArrives();
    void problems_data();
    void problems();
    void allProblemsAreNamed();
    void noProblemShowsAPassword();
    void theOverlayStandsAbove();
    void theOverlayCannotMoveItself();
    void foldersThatAreNotSaid();
    void relativePathsBeginAtTheFile();
    void noConfiguration();
    void nearestKey_data();
    void nearestKey();
};

namespace {

Environment environmentIn(const std::string &folder)
{
    return {"/home/ops", {}, folder + "/config", folder + "/data", {}};
}

constexpr const char *kSource = "[source]\nurl = \"https://backup@focus.example/db\"\n";

Loaded readText(const std::string &toml)
{
    return readConfigText(toml, "config.toml", "/etc/fm", environmentIn("/home/ops"));
}

QString allOf(const Loaded &loaded)
{
    QString text;
    for (const Problem &problem : loaded.problems)
        text += problem.text() + QLatin1Char('\n');
    return text;
}

std::string put(const base::fs::path &path, const std::string &text)
{
    static_cast<void>(base::makeFolder(path.parent_path()));
    static_cast<void>(base::writeFileAtomically(path, text));
    return base::toUtf8(path);
}

} // namespace

void ConfigTest::everySettingHasAGoodDefault()
{
    const Loaded loaded = readText(kSource);
    QCOMPARE(allOf(loaded), QString());
    QCOMPARE(loaded.values.size(), settingTable().size());
    const Config &config = loaded.config;
    QCOMPARE(config.mirror.pollInterval, 30s);
    QCOMPARE(config.discovery.method, couch::DiscoveryMethod::AllDbs);
    QVERIFY(config.backup.retention.keepsEverything());
    QCOMPARE(config.checks.thresholds.diskFreeLeast, std::uint64_t{5} << 30);
    QCOMPARE(config.checks.thresholds.backupOverdueIntervals, 2);
    QCOMPARE(config.alerts.email.port, 465);
    QCOMPARE(config.log.level, base::LogLevel::Info);
    for (const Loaded::Shown &shown : loaded.values) {
        if (std::string_view(shown.setting->key) != "source.url")
            QCOMPARE(shown.place.text(), std::string("default"));
    }
}

void ConfigTest::everySettingIsDocumented()
{
    const auto page = base::readFile(FM_SOURCE_DIR "/docs/configuration.md", 1 << 20);
    QVERIFY(page);
    const auto lines = [](const std::string &text) {
        QStringList rows = QString::fromStdString(text).split(QLatin1Char('\n'));
        return rows.filter(QRegularExpression(QStringLiteral("^\\| `")));
    };
    const QStringList documented = lines(page->substr(page->find("## All settings")));
    const QStringList expected = lines(referenceRows());
    for (qsizetype i = 0; i < expected.size(); ++i)
        QCOMPARE(documented.value(i), expected.at(i));
    QCOMPARE(documented.size(), expected.size());
}

void ConfigTest::everyValueArrives()
{
    const Loaded loaded = readText(R"(
name = "EM0035"
data_folder = "/var/lib/fm"
listen = "[::1]:9469"
[source]
url = "https://backup@focus.example/db"
password_file = "/etc/fm/source"
ca_file = "ca.pem"
proxy = "proxy.example:3128"
[mirror]
url = "http://admin@127.0.0.1:5984"
own_url = "http://admin@couchdb:5984"
source_url = "https://backup@inside.example/db"
poll_interval = "10 s"
when_behind = "omit"
[discovery]
method = "middleware"
include = ["org_*", "asmt_*"]
exclude = ["org_test*"]
middleware = { url = "https://focus.example/api", allow_plain_http = true }
[backup]
folder = "~/backups"
schedule = ["every 6 h", "mon-fri 03:00"]
catch_up = "never"
wait_for_mirror = "0"
verify = "full"
retention.keep_daily = 14
retention.keep_within = "2 d"
[checks]
shrink_percent = 30
disk_free_least = "1 GB"
canary.databases = ["org_canary"]
canary.users = ["canary"]
[alerts]
repeat_after = "12 h"
[alerts.email]
host = "mail.example"
port = 587
security = "starttls"
from = "monitor@focus.example"
to = ["ops@focus.example"]
[alerts.webhook]
url = "https://hooks.example/T0/secret"
[alerts.ping]
url = "https://ping.example/uuid"
[log]
level = "debug"
file_size = "1 MiB"
)");
    QCOMPARE(allOf(loaded), QString());
    const Config &config = loaded.config;
    QCOMPARE(config.name, std::string("EM0035"));
    QCOMPARE(config.dataFolder, std::string("/var/lib/fm"));
    QCOMPARE(config.listen, std::string("[::1]:9469"));
    QCOMPARE(config.source.caFile, std::string("/etc/fm/ca.pem"));
    QCOMPARE(config.mirror.ownUrl, std::string("http://admin@couchdb:5984"));
    QCOMPARE(config.mirror.sourceUrl, std::string("https://backup@inside.example/db"));
    QCOMPARE(config.mirror.pollInterval, 10s);
    QCOMPARE(config.mirror.whenBehind, WhenBehind::Omit);
    QCOMPARE(config.discovery.method, couch::DiscoveryMethod::Middleware);
    QCOMPARE(config.discovery.include.size(), size_t{2});
    QVERIFY(config.discovery.options().filter.keeps("org_a"));
    QVERIFY(!config.discovery.options().filter.keeps("org_test1"));
    QVERIFY(config.discovery.middleware.allowPlainHttp);
    QVERIFY(!config.source.allowPlainHttp);
    QCOMPARE(config.backup.folder, std::string("/home/ops/backups"));
    QCOMPARE(config.backup.schedule.size(), size_t{2});
    QCOMPARE(config.backup.catchUp, CatchUp::Never);
    QCOMPARE(config.backup.waitForMirror, 0s);
    QCOMPARE(config.backup.verify, VerifyBodies::Full);
    QCOMPARE(config.backup.retention.daily, 14);
    QCOMPARE(config.backup.retention.within, 48h);
    QCOMPARE(config.checks.thresholds.shrinkPercent, 30);
    QCOMPARE(config.checks.thresholds.diskFreeLeast, std::uint64_t{1'000'000'000});
    QCOMPARE(config.checks.canary.databases, std::vector<std::string>{"org_canary"});
    QCOMPARE(config.checks.canary.users, std::vector<std::string>{"canary"});
    QCOMPARE(config.alerts.repeatAfter, 12h);
    QCOMPARE(config.alerts.email.security, MailSecurity::StartTls);
    QCOMPARE(config.alerts.ping.interval, 5min);
    QCOMPARE(config.log.level, base::LogLevel::Debug);
    const auto shown =
        std::find_if(loaded.values.begin(), loaded.values.end(), [](const Loaded::Shown &value) {
            return std::string_view(value.setting->key) == "alerts.webhook.url";
        });
    QCOMPARE(shown->value, std::string("\"https://hooks.example/…\""));
    QCOMPARE(shown->place.text(), std::string("config.toml:43"));
}

void ConfigTest::problems_data()
{
    QTest::addColumn<QString>("toml");
    QTest::addColumn<QString>("sentence"); // behind "config.toml:LINE: "
    QTest::addColumn<int>("line");
    const auto row = [](const char *name, const char *toml, const char *sentence, int line = 3) {
        QTest::newRow(name) << QString::fromLatin1(kSource) + QString::fromUtf8(toml)
                            << QString::fromUtf8(sentence) << line;
    };
    row("a misspelt key", "\n[backup]\nfodler = \"/b\"",
        "There is no setting backup.fodler; backup.folder is the nearest.", 5);
    row("a key with a dash", "password-file = \"x\"",
        "There is no setting source.password-file; source.password_file is the nearest.");
    row("a key in the wrong table", "keep_daily = 3",
        "There is no setting source.keep_daily; backup.retention.keep_daily is the nearest.");
    row("a key that nothing is like", "zzzzzzzzzzzzzzzzzzzzz = 3",
        "There is no setting source.zzzzzzzzzzzzzzzzzzzzz; docs/configuration.md lists them.");
    row("an empty table that there is not", "[bakcup]\n",
        "There is no setting bakcup; docs/configuration.md lists them.");
    row("a value for a table", "retention = 3\n[backup]\nretention = 3",
        "There is no setting source.retention; docs/configuration.md lists them.");
    row("a table's name as a key", "\n[backup]\nretention = 3",
        "backup.retention is a table: write [backup.retention], and its settings below.", 5);
    row("a password", "password = \"hunter2\"",
        "source.password: a password must not stand in this file. Write it into a file of mode "
        "0600 and name that (password_file, token_file), or give it to the keychain; see "
        "docs/configuration.md.");
    row("a number for a text", "ca_file = 3",
        "source.ca_file must be a path in quotes, not a whole number.");
    row("a text for a number", "\n[log]\nfiles = \"5\"",
        "log.files must be a whole number from 1 to 1000, not a text.", 5);
    row("a fraction", "[log]\nfiles = 1.5",
        "log.files must be a whole number from 1 to 1000, not a number with a fraction.", 4);
    row("too many", "[log]\nfiles = 1001",
        "log.files must be a whole number from 1 to 1000, not 1001.", 4);
    row("a text for true", "allow_plain_http = \"true\"",
        "source.allow_plain_http must be true or false, not a text.");
    row("a number for a duration", "[mirror]\npoll_interval = 30",
        "mirror.poll_interval must be a duration such as \"5 min\", from 5 s to 1 h, not a whole "
        "number.",
        4);
    row("a duration without a unit", "[mirror]\npoll_interval = \"30\"",
        "mirror.poll_interval must be a duration such as \"5 min\", from 5 s to 1 h, not \"30\".",
        4);
    row("a duration too short", "[mirror]\npoll_interval = \"1 s\"",
        "mirror.poll_interval must be a duration such as \"5 min\", from 5 s to 1 h, not \"1 s\".",
        4);
    row("a size", "[checks]\ndisk_free_least = \"5 gigabytes\"",
        "checks.disk_free_least must be a size such as \"5 GiB\", of 0 B or more, not \"5 "
        "gigabytes\".",
        4);
    row("a word that there is not", "[discovery]\nmethod = \"all\"",
        "discovery.method must be \"all_dbs\", \"middleware\" or \"list\", not \"all\".", 4);
    row("a text for a list", "[discovery]\ninclude = \"org_*\"",
        "discovery.include must be a list of texts such as [\"a\", \"b\"], not a text.", 4);
    row("a number in a list", "[discovery]\ninclude = [\"a\", 3]",
        "discovery.include must be a list of texts such as [\"a\", \"b\"], not a whole number.", 4);
    row("an impossible schedule", "[backup]\nfolder = \"/b\"\nschedule = [\"25:00\"]",
        "backup.schedule cannot be \"25:00\": write \"every 6 h\" (5 minutes to 366 days), \"03:00 "
        "15:30\" or \"mon-fri 03:00\".",
        5);
    row("a schedule that is a text", "[backup]\nschedule = \"03:00\"",
        "backup.schedule must be a list such as [\"every 6 h\", \"mon-fri 03:00 15:30\"], not a "
        "text.",
        4);
    row("an impossible retention", "[backup.retention]\nkeep_daily = -1",
        "backup.retention.keep_daily must be a whole number from 0 to 100000, not -1.", 4);
    row("a schedule without a folder", "[backup]\nschedule = [\"03:00\"]",
        "backup.folder is missing: there is a schedule, and no place for the archives.", 4);
    row("no list", "[discovery]\nmethod = \"list\"",
        "discovery.list is missing: discovery.method is \"list\".", 4);
    row("no middleware", "[discovery]\nmethod = \"middleware\"",
        "discovery.middleware.url is missing: discovery.method is \"middleware\".", 4);
    row("a password that anybody could read", "[mirror]\nurl = \"http://admin@mirror.example\"",
        "mirror.url would send the password without encryption to another machine: use https, or "
        "set mirror.allow_plain_http = true.",
        4);
    row("a proxy that is a URL", "proxy = \"http://proxy:3128\"",
        "source.proxy must be HOST:PORT, such as \"proxy.example:3128\".");
    row("a mail server without addresses", "[alerts.email]\nhost = \"mail.example\"",
        "alerts.email.from is missing: an e-mail needs a sender.", 4);
    row("nobody to tell", "[alerts.email]\nhost = \"mail.example\"\nfrom = \"a@b.example\"",
        "alerts.email.to is missing: nobody would be told.", 4);
    row("an address that is two",
        "[alerts.email]\nhost = \"mail.example\"\nfrom = \"a@b.example\"\nto = [\"a@b,c@d\"]",
        "alerts.email.to: \"a@b,c@d\" is no e-mail address such as \"ops@focus.example\".", 6);
    row("an address with a line end",
        "[alerts.email]\nhost = \"mail.example\"\nfrom = \"a@b.example\\r\\nBcc: c@d\"\nto = "
        "[\"a@b\"]",
        "alerts.email.from must be one line without control characters.", 5);
    row("mail without encryption",
        "[alerts.email]\nhost = \"mail.example\"\nfrom = \"a@b.example\"\nto = "
        "[\"a@b.example\"]\nsecurity = \"none\"",
        "alerts.email.security = \"none\" is only for a mail server on this machine: use \"tls\" "
        "or \"starttls\".",
        7);
    QTest::newRow("listen") << QStringLiteral("listen = \"9469\"\n") + QString::fromLatin1(kSource)
                            << "listen must be an address and a port such as "
                               "\"127.0.0.1:9469\", not \"9469\"."
                            << 1;
    QTest::newRow("nothing") << QString()
                             << "source.url is missing: say which CouchDB is to be copied." << 0;
    row("a hook that is no URL", "[alerts.webhook]\nurl = \"hooks.example\"",
        "alerts.webhook.url must be a URL that begins with https:// and holds no password.", 4);
    row("a hook with a password", "[alerts.webhook]\nurl = \"https://a:b@hooks.example\"",
        "alerts.webhook.url must be a URL that begins with https:// and holds no password.", 4);
}

void ConfigTest::problems()
{
    QFETCH(QString, toml);
    QFETCH(QString, sentence);
    QFETCH(int, line);
    const Loaded loaded = readText(toml.toStdString());
    QVERIFY(!loaded.problems.empty());
    QCOMPARE(loaded.problems.front().sentence, sentence);
    QCOMPARE(loaded.problems.front().place, (Place{"config.toml", line}));
}

void ConfigTest::allProblemsAreNamed()
{
    const testsupport::TemporaryFolder folder;
    const std::string file = put(folder.path("config.toml"), "a = 1\nb = 2\n[source\n");
    const auto config = loadConfig(folder.path("config.toml"), environmentIn("/nowhere"));
    QVERIFY(!config);
    QCOMPARE(config.error().kind, base::ErrorKind::Usage);
    QVERIFY2(
        config.error().message.startsWith(QString::fromStdString(file + ":3: This is not TOML:")),
        qPrintable(config.error().message));

    put(folder.path("config.toml"), "a = 1\nb = 2\n");
    const auto two = loadConfig(folder.path("config.toml"), environmentIn("/nowhere"));
    QVERIFY(!two);
    QVERIFY2(two.error().message.endsWith(QStringLiteral(
                 "`focus-monitorctl config check` lists all that is wrong: 2 things.")),
             qPrintable(two.error().message));
}

void ConfigTest::noProblemShowsAPassword()
{
    const TomlValue url{std::string("https://backup:hunter2@focus.example"), 1};
    QCOMPARE(shownValue(*findSetting("source.url"), url), std::string("\"…\""));
    for (const char *toml :
         {"[source]\nurl = \"https://backup:hunter2@focus.example\"",
          "[source]\nurl = \"ftp://backup:hunter2@focus.example\"",
          "[source]\npassword = \"hunter2\"", "password = \"hunter2\"",
          "[alerts.email]\npass = \"hunter2\"", "[alerts.webhook]\nurl = \"https://x:hunter2@y\"",
          "[alerts.ping]\nurl = \"https://x/hunter2\"\ninterval = 3"}) {
        const Loaded loaded = readText(toml);
        QVERIFY2(!loaded.problems.empty(), toml);
        QVERIFY2(!allOf(loaded).contains(QStringLiteral("hunter2")), qPrintable(allOf(loaded)));
        for (const Loaded::Shown &shown : loaded.values)
            QVERIFY2(shown.value.find("hunter2") == std::string::npos, toml);
    }
}

void ConfigTest::theOverlayStandsAbove()
{
    const testsupport::TemporaryFolder folder;
    const std::string own = put(folder.path("config.toml"),
                                std::string("data_folder = \"state\"\nname = \"a\"\n") + kSource);
    const std::string overlay =
        put(folder.path("state") / "settings.toml", "name = \"b\"\nlog.files = 7\n");
    const auto loaded = readConfig(folder.path("config.toml"), environmentIn("/nowhere"));
    QVERIFY(loaded);
    QCOMPARE(allOf(*loaded), QString());
    QCOMPARE(loaded->config.name, std::string("b"));
    QCOMPARE(loaded->config.log.files, 7);
    QCOMPARE(loaded->settingsFile, overlay);
    std::map<std::string, std::string> places;
    for (const Loaded::Shown &shown : loaded->values)
        places[shown.setting->key] = shown.place.text();
    QCOMPARE(places["name"], overlay + ":1");
    QCOMPARE(places["log.files"], overlay + ":2");
    QCOMPARE(places["data_folder"], own + ":1");
    QCOMPARE(places["log.level"], std::string("default"));
}

void ConfigTest::theOverlayCannotMoveItself()
{
    const testsupport::TemporaryFolder folder;
    put(folder.path("config.toml"), std::string("data_folder = \"state\"\n") + kSource);
    put(folder.path("state") / "settings.toml", "data_folder = \"elsewhere\"\n");
    const auto loaded = readConfig(folder.path("config.toml"), environmentIn("/nowhere"));
    QVERIFY(loaded);
    QVERIFY(allOf(*loaded).contains(
        QStringLiteral("settings.toml:1: data_folder can only be said in config.toml")));
}

void ConfigTest::foldersThatAreNotSaid()
{
    QCOMPARE(readText(kSource).config.dataFolder, std::string("/home/ops/data/focus-monitor"));
    Environment unit = environmentIn("/home/ops");
    unit.stateFolder = "/var/lib/focus-monitor:/var/lib/other";
    QCOMPARE(readConfigText(kSource, "config.toml", "/etc", unit).config.dataFolder,
             std::string("/var/lib/focus-monitor"));
    QCOMPARE(base::toUtf8(unit.defaultConfigFile()),
             std::string("/home/ops/config/focus-monitor/config.toml"));

    // Who only ever used the console has no config.toml.
    const testsupport::TemporaryFolder folder;
    const std::string path = base::toUtf8(folder.path());
    put(folder.path("data") / "focus-monitor" / "settings.toml", kSource);
    const auto loaded = readConfig({}, environmentIn(path));
    QVERIFY(loaded);
    QCOMPARE(allOf(*loaded), QString());
    QCOMPARE(loaded->configFile, std::string());
    QCOMPARE(loaded->config.source.url, std::string("https://backup@focus.example/db"));
}

void ConfigTest::relativePathsBeginAtTheFile()
{
    const Loaded loaded =
        readText(std::string("data_folder = \"../state\"\n") + kSource
                 + "[backup]\nfolder = \"backups/\"\n[log]\nfolder = \"/var/log/fm\"\n");
    QCOMPARE(allOf(loaded), QString());
    QCOMPARE(loaded.config.dataFolder, std::string("/etc/state"));
    QCOMPARE(loaded.config.backup.folder, std::string("/etc/fm/backups/"));
    QCOMPARE(loaded.config.log.folder, std::string("/var/log/fm"));
}

void ConfigTest::noConfiguration()
{
    const testsupport::TemporaryFolder folder;
    const auto named = loadConfig(folder.path("x.toml"), environmentIn("/nowhere"));
    QVERIFY(!named);
    QCOMPARE(named.error().kind, base::ErrorKind::NotFound);
    QVERIFY(named.error().message.contains(QStringLiteral("x.toml does not exist")));
    const auto standard = loadConfig({}, environmentIn(base::toUtf8(folder.path())));
    QVERIFY(!standard);
    QVERIFY(standard.error().message.contains(
        QStringLiteral("config/focus-monitor/config.toml does not exist")));
}

void ConfigTest::nearestKey_data()
{
    QTest::addColumn<QString>("nearest");
    QTest::newRow("backup.shedule") << "backup.schedule";
    QTest::newRow("source.uri") << "source.url";
    QTest::newRow("Source.url") << "source.url";
    QTest::newRow("backup.keep_weekly") << "backup.retention.keep_weekly";
    QTest::newRow("canary.users") << "checks.canary.users";
    QTest::newRow("poll_interval") << "mirror.poll_interval";
    QTest::newRow("entirely.different") << QString();
}

void ConfigTest::nearestKey()
{
    QFETCH(QString, nearest);
    const Setting *setting = nearestSetting(QTest::currentDataTag());
    QCOMPARE(setting == nullptr ? QString() : QString::fromLatin1(setting->key), nearest);
}

QTEST_GUILESS_MAIN(ConfigTest)

#include "config_test.moc"
