#include "core/serve/revisionhash.h"

#include <QTest>

/// The revisions are those that CouchDB 3.5.0 gave to these documents.
class RevisionHashTest : public QObject
{
    Q_OBJECT

private slots:
    void equalsCouchDB_data();
    void equalsCouchDB();
    void deepDocumentNeedsNoStack();
};

void RevisionHashTest::equalsCouchDB_data()
{
    QTest::addColumn<QByteArray>("members");
    QTest::addColumn<QString>("parent");
    QTest::addColumn<bool>("deleted");
    QTest::addColumn<QString>("hash");
    QTest::newRow("empty") << QByteArray("{}") << "" << false << "967a00dff5e02add41819138abb3284d";
    QTest::newRow("a small number")
        << QByteArray("{\"n\":1}") << "" << false << "731bef401491606a3b246ed178e697c1";
    QTest::newRow("another") << QByteArray("{\"n\":9}") << "" << false
                             << "46d26f2360296f940c344ef881b52066";
    QTest::newRow("every kind of value") << QByteArray(
        "{\"n\":1.5,\"s\":\"\xc3\xa9\",\"arr\":[true,null,-3,12345678901234567890,{}],\"big\":300}")
                                         << "" << false << "c3dd4f71f5d08d5c7197dd84fc9364a0";
    QTest::newRow("a tombstone") << QByteArray("{}") << "1-0785e9eb543380151003dc452c3a001a" << true
                                 << "d0ae140c7f7cdb92dd85a3e31ae18f0c";
}

void RevisionHashTest::equalsCouchDB()
{
    QFETCH(QByteArray, members);
    QFETCH(QString, parent);
    QFETCH(bool, deleted);
    QFETCH(QString, hash);
    const std::string text = members.toStdString();
    const auto parsed = base::json::members(text);
    QVERIFY(parsed);
    QCOMPARE(QString::fromStdString(serve::revisionHash(
                 deleted, store::RevId::parse(parent.toStdString()), *parsed, {})),
             hash);
}

void RevisionHashTest::deepDocumentNeedsNoStack()
{
    constexpr size_t depth = 2000;
    const std::string text = "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + '}';
    const auto parsed = base::json::members(text);
    QVERIFY(parsed);
    QCOMPARE(serve::revisionHash(false, std::nullopt, *parsed, {}).size(), size_t{32});
}

QTEST_GUILESS_MAIN(RevisionHashTest)
#include "revisionhash_test.moc"
