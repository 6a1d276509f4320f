#include "core/serve/multipartreader.h"

#include <QTest>

/// Multipart bodies as replicators send them.
class MultipartTest : public QObject
{
    Q_OBJECT

private slots:
    void boundary_data();
    void boundary();
    void partsAreFound();
    void bytesThatLookLikeALineStay();
    void cutBodyIsRefused();
};

void MultipartTest::boundary_data()
{
    QTest::addColumn<QString>("header");
    QTest::addColumn<QString>("boundary");
    QTest::newRow("plain") << "multipart/related; boundary=abc"
                           << "abc";
    QTest::newRow("quoted") << "multipart/related;boundary=\"a b\""
                            << "a b";
    QTest::newRow("behind another") << "multipart/related; type=x; Boundary=abc"
                                    << "abc";
    QTest::newRow("none") << "multipart/related"
                          << "";
}

void MultipartTest::boundary()
{
    QFETCH(QString, header);
    QFETCH(QString, boundary);
    QCOMPARE(QString::fromStdString(serve::boundaryOf(header.toStdString())), boundary);
}

void MultipartTest::partsAreFound()
{
    const std::string body = "--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b\r\n"
                             "content-encoding: gzip\r\n\r\nxyz\r\n--b--";
    const auto parts = serve::bodyParts(body, "b");
    QVERIFY(parts);
    QCOMPARE(parts->size(), size_t{2});
    QCOMPARE(std::string(parts->at(0).bytes), std::string("{}"));
    QCOMPARE(std::string(*parts->at(1).headers.find("Content-Encoding")), std::string("gzip"));
    QCOMPARE(std::string(parts->at(1).bytes), std::string("xyz"));
}

void MultipartTest::bytesThatLookLikeALineStay()
{
    const std::string body = "--b\r\n\r\n\r\n--a\r\n\r\n--b--";
    const auto parts = serve::bodyParts(body, "b");
    QVERIFY(parts);
    QCOMPARE(parts->size(), size_t{1});
    QCOMPARE(std::string(parts->front().bytes), std::string("\r\n--a\r\n"));
}

void MultipartTest::cutBodyIsRefused()
{
    const std::string body = "--b\r\n\r\n{}\r\n--b\r\n\r\nxyz\r\n--b--";
    for (size_t length = 0; length + 2 < body.size(); ++length)
        QVERIFY2(!serve::bodyParts(std::string_view(body).substr(0, length), "b"),
                 std::to_string(length).c_str());
    QVERIFY(!serve::bodyParts(body, ""));
}

QTEST_GUILESS_MAIN(MultipartTest)
#include "multipart_test.moc"
