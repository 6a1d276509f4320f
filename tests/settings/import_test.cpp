#include "core/settings/predecessor.h"

#include <QRegularExpression>
#include <QTest>

using namespace settings;
using namespace std::chrono_literals;

class ImportTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void everyKeyIsTakenOver();
    void passwordsGoToFiles();
    void whatIsNoLiteralIsNamed();
    void valuesThatCannotBe_data();
    void valuesThatCannotBe();
};

namespace {

/// As the predecessor's own example looks.
constexpr const char *kConfig = R"(// the configuration
module.exports = () => ({
    middleware: {
        url: 'https://focus.example/api',
        auth: { basic: { username: 'monitor', password: 'canary-1' } },
    },
    focus: {
        url: "https://focus.example/db",
        auth: { basic: { username: 'backup', password: process.env.FOCUS_PASSWORD } },
    },
    replicate: {
        url: 'http://localhost:5984',
        auth: { basic: { username: 'admin', password: 'canary-3' } },
        pollIntervalMS: 60 * 1000, // a minute
    },
    backup: { relativeDir: './backups/', intervalMS: 24*60*60*1000 },
    logging: { logRootPath: '/var/log/monitor', logToEmail: true },
    smtp: {
        host: 'mail.example', port: 465, secure: true,
        auth: { user: 'ops', pass: 'canary-4' },
    },
    contact: { email: 'ops@focus.example' },
});
)";

base::Result<Import> import(const std::string &source, const std::string &passwordFolder = {})
{
    return importPredecessor(
        source,
        {"/srv/monitor", passwordFolder, [](const std::string &name) -> std::optional<std::string> {
             if (name == "FOCUS_PASSWORD")
                 return "canary-2";
             return std::nullopt;
         }});
}

QString notesOf(const Import &import)
{
    QString notes;
    for (const QString &note : import.notes)
        notes += note + QLatin1Char('\n');
    return notes;
}

} // namespace

void ImportTest::everyKeyIsTakenOver()
{
    const auto imported = import(kConfig);
    QVERIFY(imported);
    QCOMPARE(notesOf(*imported), QString());
    QVERIFY2(imported->toml.find("canary") == std::string::npos, imported->toml.c_str());
    const Loaded loaded = readConfigText(imported->toml, "config.toml", "/etc", {});
    QVERIFY(loaded.problems.empty());
    const Config &config = loaded.config;
    QCOMPARE(config.source.url, std::string("https://backup@focus.example/db"));
    QCOMPARE(config.mirror.url, std::string("http://admin@localhost:5984"));
    QCOMPARE(config.discovery.middleware.url, std::string("https://monitor@focus.example/api"));
    QCOMPARE(config.discovery.method, couch::DiscoveryMethod::Middleware);
    QCOMPARE(config.discovery.pollInterval, 60s);
    QCOMPARE(config.backup.folder, std::string("/srv/monitor/backups/"));
    QCOMPARE(std::get<backup::EveryInterval>(config.backup.schedule.at(0)).interval,
             std::chrono::minutes(24h));
    QCOMPARE(config.log.folder, std::string("/var/log/monitor"));
    QCOMPARE(config.alerts.email.host, std::string("mail.example"));
    QCOMPARE(config.alerts.email.security, MailSecurity::Tls);
    QCOMPARE(config.alerts.email.to, std::vector<std::string>{"ops@focus.example"});

    std::map<std::string, std::string> secrets;
    for (const ImportedSecret &secret : imported->secrets)
        secrets[secret.name + ' ' + secret.user + '@' + secret.origin] = secret.secret.reveal();
    const std::map<std::string, std::string> expected{
        {"middleware monitor@https://focus.example/api", "canary-1"},
        {"source backup@https://focus.example/db", "canary-2"},
        {"mirror admin@http://localhost:5984", "canary-3"},
        {"email ops@smtp://mail.example:465", "canary-4"}};
    QCOMPARE(secrets, expected);
}

void ImportTest::passwordsGoToFiles()
{
    const auto imported = import(kConfig, "/etc/fm");
    QVERIFY(imported);
    const Loaded loaded = readConfigText(imported->toml, "config.toml", "/etc", {});
    QCOMPARE(loaded.config.source.passwordFile, std::string("/etc/fm/source-password"));
    QCOMPARE(loaded.config.discovery.middleware.passwordFile,
             std::string("/etc/fm/middleware-password"));
    QCOMPARE(loaded.config.alerts.email.passwordFile, std::string("/etc/fm/email-password"));
}

void ImportTest::whatIsNoLiteralIsNamed()
{
    const auto imported = import(R"(module.exports = () => ({
    focus: { url: base + '/db', auth: { basic: { username: process.env.WHO, password: decrypt('canary-5') } } },
    replicate: { url: 'http://admin:canary-6@localhost:5984/' },
    backup: { relativeDir: 'C:\\backups\\', intervalMS: hours(6) },
    smtp: { service: 'gmail', auth: { user: 'a', pass: 'canary-7' } },
    custom: { thing: 'canary-8' },
}))");
    QVERIFY(imported);
    const QString notes = notesOf(*imported);
    for (
        const char *note :
        {"focus.url in line 2 is no plain value: type source in.",
         "focus.auth.basic.username is process.env.WHO, which is not set here: type source in.",
         "focus.auth.basic.password in line 2 is no plain value: type source in.",
         "backup.intervalMS in line 4 is no plain value: type backup.schedule in.",
         "smtp.service is nodemailer's name for \"gmail\": type its server into alerts.email.host.",
         "custom.thing in line 6 has no counterpart and was not taken over.",
         "source.url is missing: say which CouchDB is to be copied."})
        QVERIFY2(notes.contains(QLatin1String(note)),
                 qPrintable(QLatin1String(note) + QStringLiteral(" in\n") + notes));
    QVERIFY2(!notes.contains(QStringLiteral("canary")), qPrintable(notes));
    QVERIFY2(imported->toml.find("canary") == std::string::npos, imported->toml.c_str());
    QVERIFY(imported->toml.find("# url =    # to be typed in: focus.url was no plain value\n")
            != std::string::npos);
    QVERIFY(imported->toml.find("url = \"http://admin@localhost:5984/\"") != std::string::npos);
    QCOMPARE(imported->secrets.size(), size_t{1});
    QCOMPARE(std::string(imported->secrets[0].secret.reveal()), std::string("canary-6"));
}

void ImportTest::valuesThatCannotBe_data()
{
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("note");
    const auto row = [](const char *source, const char *note) {
        QTest::newRow(source) << QString::fromUtf8(source) << QString::fromUtf8(note);
    };
    row("backup: { intervalMS: 1000 }",
        "backup.intervalMS in line 1 is not what was expected: type backup.schedule in.");
    row("backup: { intervalMS: '1 d' }",
        "backup.intervalMS in line 1 is not what was expected: type backup.schedule in.");
    row("backup: { intervalMS: -1 }",
        "backup.intervalMS in line 1 is not what was expected: type backup.schedule in.");
    row("smtp: { host: 'h', port: 0 }",
        "smtp.port in line 1 is not what was expected: type alerts.email.port in.");
    row("smtp: { host: 'h', port: 25.5 }",
        "smtp.port in line 1 is not what was expected: type alerts.email.port in.");
    row("smtp: { host: 'h' }", "alerts.email.from is missing: an e-mail needs a sender.");
    row("focus: { url: 'ftp://x' }",
        "focus.url is no address that can be used: type source.url in.");
    row("focus: { url: 'http://far.example', auth: { basic: { username: 'a' } } }",
        "source.url would send the password without encryption to another machine");
    row("focus: { url: 3 }", "focus.url in line 1 is not what was expected: type source in.");
}

void ImportTest::valuesThatCannotBe()
{
    QFETCH(QString, source);
    QFETCH(QString, note);
    const std::string focus = source.startsWith(QStringLiteral("focus"))
        ? ""
        : "focus: { url: 'https://focus.example' }, ";
    const auto imported = import("module.exports = { " + focus + source.toStdString() + " }");
    QVERIFY(imported);
    QVERIFY2(notesOf(*imported).contains(note), qPrintable(notesOf(*imported)));
}

QTEST_GUILESS_MAIN(ImportTest)

#include "import_test.moc"
