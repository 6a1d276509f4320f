#include "tests/couch/certificates.h"
#include "tests/couch/scriptedserver.h"
#include "tests/couch/testtransport.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace couch;
using base::ErrorKind;

/// HTTPS: a certificate that is not good in every respect ends the connection before the password.
class TlsTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase();
    void goodCertificate();
    void refusedCertificates_data();
    void refusedCertificates();
    void noCommonCipher();
    void plainServer();

private:
    Identity m_authority;
    QTemporaryDir m_folder;
    NetworkOptions m_options;
};

namespace {

Request request()
{
    Request get;
    get.target = "/db";
    return get;
}

ScriptedServer::Reply welcome(const ScriptedServer::Received &)
{
    return answer(200, "{}");
}

} // namespace

void TlsTest::initTestCase()
{
    QTest::failOnWarning(QRegularExpression(QStringLiteral(".*")));
    QVERIFY(QSslSocket::supportsSsl());
    m_authority = makeIdentity({.commonName = "The Test's Authority", .isAuthority = true});
    QFile file(m_folder.filePath(QStringLiteral("ca.pem")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(m_authority.certificatePem);
    m_options = shortOptions();
    m_options.caFile = file.fileName().toStdString();
}

void TlsTest::goodCertificate()
{
    const Identity server = makeIdentity({}, &m_authority);
    ScriptedServer couch(welcome, server.serverConfiguration());
    const auto transport = makeTestTransport(couch.url("ann"), m_options);
    const auto response = transport->fetch(request(), {});
    QVERIFY2(response, response ? "" : qPrintable(response.error().message));
    QVERIFY(couch.received().at(0).headers.contains("authorization"));

    const auto stranger = makeTestTransport(couch.url("ann")); // who does not know the authority
    const auto refused = stranger->fetch(request(), {});
    QVERIFY(!refused);
    QCOMPARE(refused.error().kind, ErrorKind::Tls);
    QVERIFY2(refused.error().message.contains(QStringLiteral("does not trust")),
             qPrintable(refused.error().message));
    QCOMPARE(couch.count(), 1);
}

void TlsTest::refusedCertificates_data()
{
    QTest::addColumn<QByteArray>("certificate");
    QTest::addColumn<QByteArray>("key");
    QTest::addColumn<QString>("words");
    const auto row = [&](const char *name, const Identity &identity, const char *words) {
        QTest::newRow(name) << identity.certificatePem << identity.keyPem
                            << QString::fromLatin1(words);
    };
    row("expired", makeIdentity({.validFromHours = -48, .validToHours = -24}, &m_authority),
        "has expired");
    row("not yet valid", makeIdentity({.validFromHours = 24, .validToHours = 48}, &m_authority),
        "not valid yet");
    row("made out to another name",
        makeIdentity({.alternativeName = "DNS:other.example"}, &m_authority), "another name");
    row("made out to another address",
        makeIdentity({.alternativeName = "IP:127.0.0.2"}, &m_authority), "another name");
    row("signed by itself", makeIdentity({}), "signed by itself");
    const Identity other = makeIdentity({.commonName = "Another Authority", .isAuthority = true});
    row("signed by somebody else", makeIdentity({}, &other), "does not trust");
}

void TlsTest::refusedCertificates()
{
    QFETCH(const QByteArray, certificate);
    QFETCH(const QByteArray, key);
    QFETCH(const QString, words);
    const Identity identity{key, certificate};
    ScriptedServer couch(welcome, identity.serverConfiguration());
    const auto transport = makeTestTransport(couch.url("ann"), m_options);
    const auto response = transport->fetch(request(), {});
    QVERIFY(!response);
    QCOMPARE(response.error().kind, ErrorKind::Tls);
    QVERIFY2(response.error().message.contains(words), qPrintable(response.error().message));
    QVERIFY(response.error().message.contains(QString::fromStdString(couch.url())));
    QCOMPARE(couch.count(), 0);
    QCOMPARE(transport->statistics().requests, 1u); // it will not be better next time
}

void TlsTest::noCommonCipher()
{
    QSslConfiguration configuration = makeIdentity({}, &m_authority).serverConfiguration();
    configuration.setProtocol(QSsl::TlsV1_2);
    configuration.setCiphers(QStringLiteral("AES128-GCM-SHA256")); // which wants an RSA key
    ScriptedServer couch(welcome, configuration);
    const auto transport = makeTestTransport(couch.url("ann"), m_options);
    const auto response = transport->fetch(request(), {});
    QVERIFY(!response);
    QCOMPARE(response.error().kind, ErrorKind::Tls);
    QVERIFY2(response.error().message.contains(QStringLiteral("could not agree")),
             qPrintable(response.error().message));
    QCOMPARE(couch.count(), 0);
}

void TlsTest::plainServer()
{
    ScriptedServer couch([](const ScriptedServer::Received &) { return answer(400, "{}"); },
                         makeIdentity({}, &m_authority).serverConfiguration());
    const std::string plain = "http://127.0.0.1:" + std::to_string(couch.port());
    NetworkOptions options = m_options;
    options.attempts = 1;
    options.connectAndHeaderDeadline = std::chrono::milliseconds(300);
    const auto transport = makeTestTransport(plain, options);
    const auto response = transport->fetch(request(), {});
    QVERIFY(!response);
    QVERIFY2(response.error().kind == ErrorKind::Unreachable
                 || response.error().kind == ErrorKind::Timeout,
             qPrintable(response.error().message));
}

QTEST_GUILESS_MAIN(TlsTest)
#include "tls_test.moc"
