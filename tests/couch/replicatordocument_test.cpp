#include "core/couch/replicatordocument.h"
#include "core/couch/replicatorsecrets.h"

#include <QtTest>

using namespace couch;

/// `_replicator` documents: taken apart whoever wrote them, built, and kept free of secrets.
class ReplicatorDocumentTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }
    void addresses_data();
    void addresses();
    void samePlaces_data();
    void samePlaces();
    void parses_data();
    void parses();
    void builds();
    void nudges();
    void secrets_data();
    void secrets();
    void whatIsNotKeptIsNamed();
    void anotherUsersPasswordStays();
};

void ReplicatorDocumentTest::addresses_data()
{
    QTest::addColumn<QString>("given");
    QTest::addColumn<QString>("plain");
    QTest::addColumn<QString>("user");
    QTest::addColumn<QString>("database");
    const auto row = [](const char *given, const char *plain, const char *user, const char *db) {
        QTest::newRow(given) << given << plain << user << db;
    };
    row("http://h:5984/a", "http://h:5984/a", "", "a");
    row("https://H.Example/db/org_x/", "https://h.example/db/org_x", "", "org_x");
    row("http://u:p%40ss@h:80/a%2Fb", "http://h/a%2Fb", "u", "a/b");
    row("http://u:p@ss@h/a%2Bb", "http://h/a%2Bb", "u", "a+b");
    row("http://[::1]:5984/a", "http://localhost:5984/a", "", "a");
    row("http://127.0.0.1:5984/a?x=1", "http://localhost:5984/a", "", "a");
    row("org_x", "org_x", "", "org_x");
    row("ftp://h/a", "", "", "");
    row("http://h", "", "", "");
    row("http://h:70000/a", "", "", "");
    row("http://:80/a", "", "", "");
    row("", "", "", "");
}

void ReplicatorDocumentTest::addresses()
{
    QFETCH(QString, given);
    QFETCH(QString, plain);
    QFETCH(QString, user);
    QFETCH(QString, database);
    const auto address = DatabaseAddress::parse(given.toStdString());
    QCOMPARE(address.has_value(), !plain.isEmpty());
    if (!address)
        return;
    QCOMPARE(QString::fromStdString(address->toString()), plain);
    QCOMPARE(QString::fromStdString(address->user), user);
    QCOMPARE(QString::fromStdString(address->database), database);
}

void ReplicatorDocumentTest::samePlaces_data()
{
    QTest::addColumn<QString>("one");
    QTest::addColumn<QString>("other");
    QTest::addColumn<bool>("same");
    const auto row = [](const char *one, const char *other, bool same) {
        QTest::addRow("%s and %s", one, other) << one << other << same;
    };
    row("http://localhost:5984/a", "http://u:p@127.0.0.1:5984/b/", true);
    row("https://h/db/a", "https://h:443/db/b", true);
    row("https://h/db/a", "https://h/a", false);
    row("http://h/a", "https://h/a", false);
    row("http://h:5984/a", "http://h/a", false);
    row("a", "a", false);
}

void ReplicatorDocumentTest::samePlaces()
{
    QFETCH(QString, one);
    QFETCH(QString, other);
    QFETCH(bool, same);
    const auto first = DatabaseAddress::parse(one.toStdString());
    const auto second = DatabaseAddress::parse(other.toStdString());
    QVERIFY(first && second);
    QCOMPARE(first->isAtSamePlaceAs(*second), same);
    QCOMPARE(second->isAtSamePlaceAs(*first), same);
}

void ReplicatorDocumentTest::parses_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("source"); ///< url and user
    QTest::addColumn<QString>("target");
    const auto row = [](const char *name, const char *json, const char *source,
                        const char *target) {
        QTest::newRow(name) << QByteArray(json) << source << target;
    };
    row("texts, as the predecessor's",
        R"({"_id":"x","_rev":"1-a","source":"http://u:pw@h:5984/a","target":"http://h2/a","continuous":true})",
        "http://h:5984/a u", "http://h2/a ");
    row("auth objects",
        R"({"_id":"x","_rev":"1-a","source":{"url":"http://h/a","auth":{"basic":{"username":"u","password":"pw"}}},"target":{"url":"http://h2/a"},"continuous":true})",
        "http://h/a u", "http://h2/a ");
    row("a header",
        R"({"_id":"x","_rev":"1-a","source":{"url":"http://h/a","headers":{"authorization":"Basic dTpwdw=="}},"target":"a","continuous":true})",
        "http://h/a u", "a ");
    row("no ends", R"({"_id":"x","_rev":"1-a","continuous":true})", " ", " ");
    row("odd ends",
        R"({"_id":"x","_rev":"1-a","source":7,"target":{"url":null},"continuous":true})", " ", " ");
}

void ReplicatorDocumentTest::parses()
{
    QFETCH(QByteArray, json);
    QFETCH(QString, source);
    QFETCH(QString, target);
    const auto document = parseReplicatorDocument(json.toStdString());
    QVERIFY(document);
    const auto shown = [](const ReplicationEnd &end) {
        return QString::fromStdString(end.url + " " + end.user);
    };
    QCOMPARE(shown(document->source), source);
    QCOMPARE(shown(document->target), target);
    QCOMPARE(document->rev, "1-a");
    QVERIFY(document->continuous);
    QVERIFY(!document->isOurs);
}

void ReplicatorDocumentTest::builds()
{
    const base::Secret password(std::string("p\"w"));
    const std::string object = buildReplicatorDocument(
        "a/b", {"https://focus.example/db/", "reader", &password},
        {"http://localhost:5984", "admin", &password}, LoginForm::AuthObject, "2026-11-23");
    QCOMPARE(
        object,
        R"({"_id":"fm:a/b","source":{"url":"https://focus.example/db/a%2Fb","auth":{"basic":{"username":"reader","password":"p\"w"}}},)"
        R"("target":{"url":"http://localhost:5984/a%2Fb","auth":{"basic":{"username":"admin","password":"p\"w"}}},)"
        R"("create_target":true,"continuous":true,"focus_monitor":{"db":"a/b","created":"2026-11-23"}})");
    const std::string header = buildReplicatorDocument(
        "a", {"http://h", "u", &password}, {"http://m", "", nullptr}, LoginForm::Header, "x");
    QVERIFY(header.find(R"("headers":{"Authorization":"Basic dTpwInc="})") != std::string::npos);
    const auto parsed = parseReplicatorDocument(header);
    QVERIFY(parsed && parsed->isOurs && parsed->createTarget && parsed->continuous);
    QCOMPARE(parsed->source.user, "u");
    QCOMPARE(parsed->target.user, "");
}

void ReplicatorDocumentTest::nudges()
{
    const auto once = nudged(
        R"({"_id":"x","_rev":"2-b","n":1.50,"_replication_state":"failed","_replication_state_time":1})");
    QVERIFY(once);
    QCOMPARE(*once, R"({"_id":"x","_rev":"2-b","n":1.50,"checkpoint_interval":30001})");
    const auto twice = nudged(*once);
    QVERIFY(twice);
    QCOMPARE(*twice, R"({"_id":"x","_rev":"2-b","n":1.50,"checkpoint_interval":30000})");
    const auto bare = withoutHistory(*twice);
    QVERIFY(bare);
    QCOMPARE(*bare, R"({"_id":"x","n":1.50,"checkpoint_interval":30000})");
    QVERIFY(!nudged("[]"));
}

void ReplicatorDocumentTest::secrets_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QByteArray>("stripped");
    QTest::addColumn<QByteArray>("changed"); ///< with the password "n:w"
    const auto row = [](const char *name, const char *json, const char *stripped,
                        const char *changed) {
        QTest::newRow(name) << QByteArray(json) << QByteArray(stripped) << QByteArray(changed);
    };
    row("an address", R"({"source":"http://u:canary@h/a","target":"a","x":1e3})",
        R"({"source":"http://u:@h/a","target":"a","x":1e3})",
        R"({"source":"http://u:n%3Aw@h/a","target":"a","x":1e3})");
    row("an address in an object", R"({"source":{"url":"http://u:canary@h/a"}})",
        R"({"source":{"url":"http://u:@h/a"}})", R"({"source":{"url":"http://u:n%3Aw@h/a"}})");
    row("auth",
        R"({"source":{"url":"http://h/a","auth":{"basic":{"username":"u","password":"canary"}}}})",
        R"({"source":{"url":"http://h/a","auth":{"basic":{"username":"u","password":null}}}})",
        R"({"source":{"url":"http://h/a","auth":{"basic":{"username":"u","password":"n:w"}}}})");
    row("a header",
        R"({"source":{"url":"http://h/a","headers":{"AUTHORIZATION":"Basic dTpjYW5hcnk="}}})",
        R"({"source":{"url":"http://h/a","headers":{"AUTHORIZATION":"Basic of u"}}})",
        R"({"source":{"url":"http://h/a","headers":{"AUTHORIZATION":"Basic dTpuOnc="}}})");
}

void ReplicatorDocumentTest::secrets()
{
    QFETCH(QByteArray, json);
    QFETCH(QByteArray, stripped);
    QFETCH(QByteArray, changed);
    const std::string given = json.toStdString();
    const auto bare = stripSecrets(given);
    QVERIFY(bare);
    QCOMPARE(QByteArray::fromStdString(*bare), stripped);
    const auto masked = maskSecrets(given);
    QVERIFY(masked);
    for (const char *secret : {"canary", "dTpjYW5hcnk="})
        QVERIFY2(masked->find(secret) == std::string::npos, masked->c_str());
    QVERIFY(masked->find("\u2022\u2022\u2022") != std::string::npos);

    const base::Secret old(std::string("canary"));
    const auto restored = restoreSecrets(*bare, [&](ReplicationSide side, std::string_view user) {
        return side == ReplicationSide::Source && user == "u" ? &old : nullptr;
    });
    QVERIFY(restored);
    QCOMPARE(QByteArray::fromStdString(*restored), json);
    const base::Secret next(std::string("n:w"));
    const auto other = replacePassword(given, ReplicationSide::Source, "u", next);
    QVERIFY(other);
    QCOMPARE(QByteArray::fromStdString(*other), changed);
    const auto missing =
        restoreSecrets(*bare, [](ReplicationSide, std::string_view) { return nullptr; });
    QVERIFY(!missing);
    QCOMPARE(missing.error().kind, base::ErrorKind::Usage);
    QVERIFY(missing.error().message.contains(QStringLiteral("user \"u\" at the source")));
}

void ReplicatorDocumentTest::whatIsNotKeptIsNamed()
{
    for (const char *json :
         {R"({"source":{"url":"http://h/a","headers":{"X-Key":"canary"}}})",
          R"({"source":{"url":"http://h/a","headers":{"Authorization":"Bearer canary"}}})",
          R"({"source":{"url":"http://h/a","auth":{"token":{"t":"canary"}}}})",
          R"({"source_proxy":"http://u:canary@proxy:80"})"}) {
        const auto bare = stripSecrets(json);
        QVERIFY(bare);
        QVERIFY2(bare->find("canary") == std::string::npos, bare->c_str());
        const auto masked = maskSecrets(json);
        QVERIFY(masked && masked->find("canary") == std::string::npos);
        const base::Secret password(std::string("x"));
        const auto restored =
            restoreSecrets(*bare, [&](ReplicationSide, std::string_view) { return &password; });
        QVERIFY(!restored);
        QVERIFY(restored.error().message.contains(QStringLiteral("not kept")));
    }
}

void ReplicatorDocumentTest::anotherUsersPasswordStays()
{
    const std::string json =
        R"({"source":"http://other:x@h/a","target":{"url":"http://m/a","auth":{"basic":{"username":"u","password":"y"}}}})";
    const base::Secret next(std::string("new"));
    const auto changed = replacePassword(json, ReplicationSide::Source, "u", next);
    QVERIFY(changed);
    QCOMPARE(*changed, json);
}

QTEST_GUILESS_MAIN(ReplicatorDocumentTest)
#include "replicatordocument_test.moc"
