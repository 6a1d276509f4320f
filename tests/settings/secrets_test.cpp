#include "core/base/file.h"
#include "core/settings/secrets.h"
#include "tests/support/temporaryfolder.h"

#include <QRegularExpression>
#include <QTest>

using namespace settings;
using base::ErrorKind;
using base::Result;
using base::Secret;

class SecretsTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void aConfigurationNamesWhatItNeeds();
    void theFileGoesFirst();
    void thenTheCredential();
    void thenTheKeychain();
    void aFileThatOthersReadIsRefused();
    void badFiles();
    void nowhere();
};

namespace {

const SecretPlace kPlace{"source", {}, "https://focus.example/db", "backup"};

Result<Secret> emptyKeychain(const QString &, const QString &)
{
    return base::Error{ErrorKind::NotFound, QStringLiteral("The keychain has none.")};
}

std::string revealed(const Result<Secret> &secret)
{
    return secret ? std::string(secret->reveal())
                  : "error: " + secret.error().message.toStdString();
}

struct Place : testsupport::TemporaryFolder {
    std::string put(const std::string &name, std::string_view bytes) const
    {
        static_cast<void>(base::writeFileAtomically(path(name), bytes));
        return base::toUtf8(path(name));
    }
};

} // namespace

void SecretsTest::aConfigurationNamesWhatItNeeds()
{
    Config config;
    config.source.url = "https://backup@focus.example/db";
    config.mirror.url = "http://127.0.0.1:5984"; // nobody logs in there
    config.alerts.email.host = "mail.example";
    config.alerts.email.port = 587;
    config.alerts.email.user = "ops";
    config.alerts.webhook.url = "https://hooks.example/x";
    config.alerts.webhook.tokenFile = "/etc/token";
    const auto places = secretPlaces(config);
    QCOMPARE(places.size(), size_t{3});
    QCOMPARE(places[0].name, std::string("source"));
    QCOMPARE(places[0].origin, std::string("https://focus.example/db"));
    QCOMPARE(places[0].user, std::string("backup"));
    QCOMPARE(places[1].origin, std::string("smtp://mail.example:587"));
    QCOMPARE(places[2].name, std::string("webhook"));
    QCOMPARE(places[2].file, std::string("/etc/token"));
}

void SecretsTest::theFileGoesFirst()
{
    const Place folder;
    folder.put("source-password", "of the credential");
    SecretPlace place = kPlace;
    place.file = folder.put("pw", "of the file\r\nand a remark\n");
    QCOMPARE(revealed(findSecret(place, base::toUtf8(folder.path()), emptyKeychain)),
             std::string("of the file"));
}

void SecretsTest::thenTheCredential()
{
    const Place folder;
    folder.put("source-password", "of the credential");
    std::filesystem::permissions(folder.path("source-password"), std::filesystem::perms::group_read,
                                 std::filesystem::perm_options::add); // systemd's may be so
    QCOMPARE(revealed(findSecret(kPlace, base::toUtf8(folder.path()), emptyKeychain)),
             std::string("of the credential"));
}

void SecretsTest::thenTheKeychain()
{
    const Place folder;
    QString asked;
    const auto keychain = [&asked](const QString &origin, const QString &user) {
        asked = user + QLatin1Char('@') + origin;
        return Result<Secret>(Secret(std::string("of the keychain")));
    };
    QCOMPARE(revealed(findSecret(kPlace, base::toUtf8(folder.path()), keychain)),
             std::string("of the keychain"));
    QCOMPARE(asked, QStringLiteral("backup@https://focus.example/db"));
}

void SecretsTest::aFileThatOthersReadIsRefused()
{
#ifndef Q_OS_WIN
    using std::filesystem::perms;
    const Place folder;
    SecretPlace place = kPlace;
    place.file = folder.put("pw", "hunter2\n");
    for (const perms bit : {perms::group_read, perms::others_read, perms::group_write}) {
        std::filesystem::permissions(folder.path("pw"),
                                     perms::owner_read | perms::owner_write | bit);
        const auto secret = findSecret(place, {}, emptyKeychain);
        QVERIFY(!secret);
        QCOMPARE(secret.error().kind, ErrorKind::Forbidden);
        QVERIFY(secret.error().message.contains(QStringLiteral("chmod 600")));
        QVERIFY(!secret.error().message.contains(QStringLiteral("hunter2")));
    }
#endif
}

void SecretsTest::badFiles()
{
    const Place folder;
    SecretPlace place = kPlace;
    place.file = folder.put("empty", "\nsecond line\n");
    QVERIFY(revealed(findSecret(place, {}, emptyKeychain))
                .ends_with("holds no password on its first line."));
    place.file = folder.put("large", std::string(5000, 'x'));
    QVERIFY(revealed(findSecret(place, {}, emptyKeychain))
                .ends_with("is too large for a file with a password."));
    // A file that is named and missing is said, and no other place asked.
    place.file = base::toUtf8(folder.path("missing"));
    const auto secret =
        findSecret(place, {}, [](const QString &, const QString &) -> Result<Secret> {
            return Secret(std::string("of the keychain"));
        });
    QVERIFY(!secret);
    QCOMPARE(secret.error().kind, ErrorKind::NotFound);
}

void SecretsTest::nowhere()
{
    const Place folder;
    const auto secret = findSecret(kPlace, base::toUtf8(folder.path()), emptyKeychain);
    QVERIFY(!secret);
    for (const char *part : {"\"backup\"", "https://focus.example/db", "source-password"})
        QVERIFY2(secret.error().message.contains(QLatin1String(part)), part);
}

QTEST_GUILESS_MAIN(SecretsTest)

#include "secrets_test.moc"
