#include "core/base/redact.h"

#include <QByteArray>
#include <QRegularExpression>
#include <QTest>
#include <QUrl>

using namespace base;

class RedactTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void knownSecrets_data();
    void knownSecrets();
    void places_data();
    void places();
    void shortOnesAreNotLookedFor();
    void longTextsTakeNoTime();
};

void RedactTest::knownSecrets_data()
{
    QTest::addColumn<QByteArray>("secret");
    QTest::newRow("plain") << QByteArray("hunter2-and-more");
    QTest::newRow("with signs") << QByteArray("p@ss:w/rd %&+\"\\ x");
    QTest::newRow("not ASCII") << QByteArray("pässwörter");
    QTest::newRow("a part of a pattern") << QByteArray("a.*b$c");
}

void RedactTest::knownSecrets()
{
    QFETCH(QByteArray, secret);
    Redactor redactor;
    redactor.know(Secret(secret.toStdString()));
    const auto isGone = [&](const QByteArray &form) {
        const std::string redacted =
            redactor.redact("see " + form.toStdString() + " here, " + form.toStdString());
        return redacted.find(form.toStdString()) == std::string::npos
            && redacted.find(kRedacted) != std::string::npos && redacted.starts_with("see ")
            && redacted.find("here,") != std::string::npos;
    };
    QVERIFY(isGone(secret));
    const QByteArray percent = QUrl::toPercentEncoding(QString::fromUtf8(secret));
    QVERIFY(isGone(percent));
    QVERIFY(isGone(percent.toLower()));
    for (const QByteArray &user : {QByteArray(), QByteArray("u:"), QByteArray("us:"),
                                   QByteArray("user:"), QByteArray("admin:")}) {
        // Whatever stands before it, the letters that spell it are not left.
        const QByteArray encoded = QByteArray(user + secret).toBase64();
        const std::string redacted = redactor.redact("x " + encoded.toStdString() + " y");
        QVERIFY2(redacted.find(encoded.mid(user.size() * 8 / 6 + 2, 8).toStdString())
                     == std::string::npos,
                 redacted.c_str());
        QVERIFY2(redacted.find(kRedacted) != std::string::npos, redacted.c_str());
    }
}

void RedactTest::places_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("redacted");
    const auto row = [](const char *text, const char *redacted) {
        QTest::newRow(text) << QString::fromUtf8(text) << QString::fromUtf8(redacted);
    };
    row("http://admin:hunter2@127.0.0.1:5984/db", "http://admin:[redacted]@127.0.0.1:5984/db");
    row("of https://a:b@x and https://c:d@y.",
        "of https://a:[redacted]@x and https://c:[redacted]@y.");
    row("http://127.0.0.1:5984/a@b", "http://127.0.0.1:5984/a@b");
    row("Authorization: Basic YWRtaW46cGFzcw==", "Authorization: Basic [redacted]");
    row("authorization: Bearer abc.def", "authorization: Bearer [redacted]");
    row("\"Authorization\":\"Basic YWRt\"", "\"Authorization\":\"Basic [redacted]\"");
    row("Set-Cookie: AuthSession=abc; Version=1", "Set-Cookie: [redacted]; Version=1");
    row("{\"password\":\"hunter2\",\"user\":\"a\"}",
        "{\"password\":\"[redacted]\",\"user\":\"a\"}");
    row("?password=hunter2&x=1", "?password=[redacted]&x=1");
    row("api_key: hunter2", "api_key: [redacted]");
    row("The password was refused.", "The password was refused.");
    row("3 databases, 214 documents", "3 databases, 214 documents");
}

void RedactTest::places()
{
    QFETCH(QString, text);
    QFETCH(QString, redacted);
    QCOMPARE(QString::fromStdString(Redactor().redact(text.toStdString())), redacted);
}

void RedactTest::shortOnesAreNotLookedFor()
{
    Redactor redactor;
    redactor.know(Secret(std::string("a")));
    redactor.know(Secret());
    QCOMPARE(redactor.redact("all is as it was"), std::string("all is as it was"));
}

void RedactTest::longTextsTakeNoTime()
{
    Redactor redactor;
    redactor.know(Secret(std::string("hunter2")));
    for (const char *piece : {"://a:", "authorization:    ", "password=", "hunter", "@:/"}) {
        const std::string text =
            QByteArray(piece).repeated(200'000 / static_cast<int>(qstrlen(piece))).toStdString();
        QVERIFY(!redactor.redact(text).empty());
    }
}

QTEST_GUILESS_MAIN(RedactTest)

#include "redact_test.moc"
