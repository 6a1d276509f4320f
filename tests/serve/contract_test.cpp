#include "tests/serve/contract.h"

#include "core/serve/rehearsal.h"

#include <QTest>
#include <QUrl>

using servetesting::Contract;

/// Our server says what a CouchDB 3.5.0 said to the same requests (tests/data/couchdb/contract).
/// With FOCUS_MONITOR_TEST_COUCHDB=http://USER:PASSWORD@HOST:PORT the recorded answers are held
/// against that server; with FOCUS_MONITOR_RECORD_CONTRACT=FILE they are recorded from it.
class ContractTest : public QObject
{
    Q_OBJECT

private slots:
    void ourServer_data();
    void ourServer();
    void realServer();

private:
    static Contract::Answers recorded();
};

Contract::Answers ContractTest::recorded()
{
    return Contract::readAnswers(
        QStringLiteral(FM_SOURCE_DIR "/tests/data/couchdb/contract/answers.txt"));
}

void ContractTest::ourServer_data()
{
    QTest::addColumn<QString>("found");
    QTest::addColumn<QString>("expected");
    serve::RehearsalOptions options;
    options.mirror.access.user = "admin";
    options.mirror.access.password = base::Secret(std::string("secret"));
    options.hasSamples = false;
    options.speed = 5; // the moments that are recorded last for half a simulated minute
    const auto rehearsal = serve::Rehearsal::start(std::move(options));
    QVERIFY(rehearsal);
    const auto found = Contract::run(
        {(*rehearsal)->mirror().port(), QStringLiteral("127.0.0.1"), "admin", "secret"});
    const auto expected = recorded();
    QVERIFY(found.size() >= 120);
    QCOMPARE(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i)
        QTest::newRow(found[i].request.left(200).toUtf8().constData())
            << found[i].text
            << (expected[i].request == found[i].request ? expected[i].text : expected[i].request);
}

void ContractTest::ourServer()
{
    QFETCH(QString, found);
    QFETCH(QString, expected);
    QVERIFY2(found == expected,
             qPrintable(QStringLiteral("\nours:\n%1\nCouchDB:\n%2").arg(found, expected)));
}

void ContractTest::realServer()
{
    const QString named = qEnvironmentVariable("FOCUS_MONITOR_TEST_COUCHDB");
    if (named.isEmpty()) {
        qInfo("FOCUS_MONITOR_TEST_COUCHDB is not set: no CouchDB to compare with.");
        return;
    }
    const QUrl url(named);
    const auto found = Contract::run({static_cast<quint16>(url.port(5984)), url.host(),
                                      url.userName().toStdString(), url.password().toStdString()});
    if (const QString file = qEnvironmentVariable("FOCUS_MONITOR_RECORD_CONTRACT");
        !file.isEmpty()) {
        QVERIFY(Contract::writeAnswers(file, found));
        return;
    }
    const auto expected = recorded();
    QCOMPARE(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i)
        QVERIFY2(found[i].text == expected[i].text,
                 qPrintable(found[i].request + QStringLiteral("\nnow:\n") + found[i].text
                            + QStringLiteral("\nrecorded:\n") + expected[i].text));
}

QTEST_GUILESS_MAIN(ContractTest)
#include "contract_test.moc"
