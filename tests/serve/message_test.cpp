#include "core/serve/arguments.h"
#include "core/serve/byterange.h"
#include "core/serve/message.h"

#include <QTest>

using namespace Qt::StringLiterals;

/// What a request says, taken apart.
class MessageTest : public QObject
{
    Q_OBJECT

private slots:
    void targetIsTakenApart_data();
    void targetIsTakenApart();
    void badTargetIsRefused_data();
    void badTargetIsRefused();
    void acceptHeader_data();
    void acceptHeader();
    void range_data();
    void range();
    void sequence_data();
    void sequence();
};

void MessageTest::targetIsTakenApart_data()
{
    QTest::addColumn<QString>("target");
    QTest::addColumn<QStringList>("path");
    QTest::addColumn<QStringList>("query");
    const QStringList none;
    QTest::newRow("the root") << "/" << none << none;
    QTest::newRow("an encoded slash stays in its segment")
        << "/org%2Fa/doc" << QStringList{u"org/a"_s, u"doc"_s} << none;
    QTest::newRow("a slash at the end says nothing") << "/db/" << QStringList{u"db"_s} << none;
    QTest::newRow("two slashes are one") << "/db//doc" << QStringList{u"db"_s, u"doc"_s} << none;
    QTest::newRow("dots are names")
        << "/db/../%2E" << QStringList{u"db"_s, u".."_s, u"."_s} << none;
    QTest::newRow("a plus sign is a space") << "/db/a+b" << QStringList{u"db"_s, u"a b"_s} << none;
    QTest::newRow("an encoded plus sign is one")
        << "/db/a%2Bb" << QStringList{u"db"_s, u"a+b"_s} << none;
    QTest::newRow("parameters") << "/db?a=1&b=%22x%22&c" << QStringList{u"db"_s}
                                << QStringList{u"a=1"_s, u"b=\"x\""_s, u"c="_s};
    QTest::newRow("a question mark in a value")
        << "/db?a=1?2" << QStringList{u"db"_s} << QStringList{u"a=1?2"_s};
}

void MessageTest::targetIsTakenApart()
{
    QFETCH(QString, target);
    QFETCH(QStringList, path);
    QFETCH(QStringList, query);
    serve::Request request;
    QVERIFY(serve::parseTarget(target.toStdString(), request));
    QStringList foundPath;
    for (const std::string &segment : request.path)
        foundPath += QString::fromStdString(segment);
    QStringList foundQuery;
    for (const auto &[key, value] : request.query)
        foundQuery += QString::fromStdString(key) + u'=' + QString::fromStdString(value);
    QCOMPARE(foundPath, path);
    QCOMPARE(foundQuery, query);
}

void MessageTest::badTargetIsRefused_data()
{
    QTest::addColumn<QString>("target");
    QTest::newRow("empty") << "";
    QTest::newRow("another server's") << "http://other.example/db";
    QTest::newRow("half a percent code") << "/db/%2";
    QTest::newRow("no percent code") << "/db/%zz";
    QTest::newRow("a bad one in the query") << "/db?a=%G0";
}

void MessageTest::badTargetIsRefused()
{
    QFETCH(QString, target);
    serve::Request request;
    QVERIFY(!serve::parseTarget(target.toStdString(), request));
}

void MessageTest::acceptHeader_data()
{
    QTest::addColumn<QString>("header");
    QTest::addColumn<QString>("type");
    QTest::addColumn<bool>("accepted");
    QTest::newRow("none") << ""
                          << "multipart/mixed" << true;
    QTest::newRow("everything") << "*/*"
                                << "multipart/mixed" << true;
    QTest::newRow("the type") << "text/html, multipart/mixed"
                              << "multipart/mixed" << true;
    QTest::newRow("the kind") << "multipart/*"
                              << "multipart/related" << true;
    QTest::newRow("another") << "application/json"
                             << "multipart/mixed" << false;
    QTest::newRow("with a weight") << "application/json;q=0.5"
                                   << "application/json" << true;
    QTest::newRow("refused") << "application/json;q=0"
                             << "application/json" << false;
    QTest::newRow("case does not count") << "Application/JSON"
                                         << "application/json" << true;
}

void MessageTest::acceptHeader()
{
    QFETCH(QString, header);
    QFETCH(QString, type);
    QFETCH(bool, accepted);
    serve::Request request;
    if (!header.isEmpty())
        request.headers.add("accept", header.toStdString());
    QCOMPARE(serve::accepts(request, type.toStdString()), accepted);
}

void MessageTest::range_data()
{
    QTest::addColumn<QString>("header");
    QTest::addColumn<QString>("expected");
    QTest::newRow("none") << ""
                          << "whole";
    QTest::newRow("from the middle") << "bytes=2-5"
                                     << "2-5";
    QTest::newRow("to the end") << "bytes=2-"
                                << "2-11";
    QTest::newRow("the last three") << "bytes=-3"
                                    << "9-11";
    QTest::newRow("more than there is") << "bytes=-30"
                                        << "0-11";
    QTest::newRow("over the end") << "bytes=10-100"
                                  << "10-11";
    QTest::newRow("behind the end") << "bytes=12-"
                                    << "unsatisfiable";
    QTest::newRow("backwards") << "bytes=5-2"
                               << "unsatisfiable";
    QTest::newRow("the last none") << "bytes=-0"
                                   << "unsatisfiable";
    QTest::newRow("several") << "bytes=0-1,3-4"
                             << "whole";
    QTest::newRow("nonsense") << "bytes=a-b"
                              << "whole";
    QTest::newRow("another unit") << "lines=1-2"
                                  << "whole";
}

void MessageTest::range()
{
    QFETCH(QString, header);
    QFETCH(QString, expected);
    const auto range = serve::byteRange(header.toStdString(), 12);
    using Kind = serve::RangeAnswer::Kind;
    const QString found = range.kind == Kind::Whole ? QStringLiteral("whole")
        : range.kind == Kind::Unsatisfiable         ? QStringLiteral("unsatisfiable")
                                            : QStringLiteral("%1-%2").arg(range.from).arg(range.to);
    QCOMPARE(found, expected);
}

void MessageTest::sequence_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<qint64>("expected");
    QTest::newRow("a number") << "17" << qint64{17};
    QTest::newRow("a sequence") << "17-g1AAAA" << qint64{17};
    QTest::newRow("as JSON") << "\"17-g1AAAA\"" << qint64{17};
    QTest::newRow("BigCouch's") << "[17,\"g1AAAA\"]" << qint64{17};
    QTest::newRow("now") << "now" << qint64{99};
    QTest::newRow("garbage") << "garbage" << qint64{-1};
    QTest::newRow("nothing") << "" << qint64{-1};
}

void MessageTest::sequence()
{
    QFETCH(QString, text);
    QFETCH(qint64, expected);
    const auto found = serve::sequenceOf(text.toStdString(), 99);
    QCOMPARE(found ? static_cast<qint64>(*found) : qint64{-1}, expected);
}

QTEST_GUILESS_MAIN(MessageTest)
#include "message_test.moc"
