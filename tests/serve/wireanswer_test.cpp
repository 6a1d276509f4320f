#include "core/serve/reply.h"
#include "core/serve/wireanswer.h"

#include <QTest>

namespace {

class TextOutlet final : public serve::Outlet
{
public:
    base::Status push(std::string bytes) override
    {
        text += bytes;
        return {};
    }
    void close(bool whole) override { closed = whole ? "whole" : "cut"; }

    std::string text;
    std::string closed;
    [[nodiscard]] bool has(const char *part) const { return text.find(part) != std::string::npos; }
};

} // namespace

/// How an answer looks on the wire.
class WireAnswerTest : public QObject
{
    Q_OBJECT

private slots:
    void jsonHasItsLength();
    void headHasNoBody();
    void smallMeasuredBodyHasItsLength();
    void largeMeasuredBodyComesInChunks();
    void bodyThatIsShorterThanItSaysIsCut();
    void bodyThatIsLongerThanItSaysIsCut();
    void oldClientGetsNoChunks();
    void cutAnswerHasNoEnd();
    void dateIsInEnglish();

private:
    static serve::WireAnswer::Options options()
    {
        serve::WireAnswer::Options options;
        options.requestId = "0000000001";
        return options;
    }
};

void WireAnswerTest::jsonHasItsLength()
{
    TextOutlet outlet;
    serve::WireAnswer answer(outlet, options());
    serve::sendJson(answer, R"({"ok":true})", 201);
    QVERIFY(outlet.text.starts_with("HTTP/1.1 201 Created\r\nCache-Control: must-revalidate\r\n"
                                    "Content-Length: 12\r\nContent-Type: application/json\r\n"));
    QVERIFY(outlet.text.ends_with("\r\n\r\n{\"ok\":true}\n"));
    QVERIFY(answer.isComplete());
    QVERIFY(outlet.closed.empty());
}

void WireAnswerTest::headHasNoBody()
{
    TextOutlet outlet;
    auto head = options();
    head.isHead = true;
    serve::WireAnswer answer(outlet, head);
    serve::sendJson(answer, R"({"ok":true})");
    QVERIFY(outlet.has("Content-Length: 12\r\n"));
    QVERIFY(outlet.text.ends_with("\r\n\r\n"));
    QVERIFY(answer.isComplete());
}

void WireAnswerTest::smallMeasuredBodyHasItsLength()
{
    TextOutlet outlet;
    serve::WireAnswer answer(outlet, options());
    QVERIFY(answer.begin(serve::jsonHead(serve::Sizing::Measured)));
    QVERIFY(answer.write("abc"));
    QVERIFY(answer.write("def"));
    QVERIFY(outlet.text.empty());
    QVERIFY(answer.finish());
    QVERIFY(outlet.has("Content-Length: 6\r\n"));
    QVERIFY(outlet.text.ends_with("\r\n\r\nabcdef"));
}

void WireAnswerTest::largeMeasuredBodyComesInChunks()
{
    TextOutlet outlet;
    serve::WireAnswer answer(outlet, options());
    QVERIFY(answer.begin(serve::jsonHead(serve::Sizing::Measured)));
    for (int i = 0; i < 40; ++i)
        QVERIFY(answer.write(std::string(100000, 'x')));
    QVERIFY(answer.finish());
    QVERIFY(outlet.has("Transfer-Encoding: chunked\r\n"));
    QVERIFY(outlet.text.ends_with("\r\n0\r\n\r\n"));
}

void WireAnswerTest::bodyThatIsShorterThanItSaysIsCut()
{
    TextOutlet outlet;
    serve::WireAnswer answer(outlet, options());
    serve::ResponseHead head;
    head.sizing = serve::Sizing::Known;
    head.length = 10;
    QVERIFY(answer.begin(head));
    QVERIFY(answer.write("short"));
    QVERIFY(!answer.finish());
    QCOMPARE(outlet.closed, std::string("cut"));
    QVERIFY(!answer.isComplete());
}

void WireAnswerTest::bodyThatIsLongerThanItSaysIsCut()
{
    TextOutlet outlet;
    serve::WireAnswer answer(outlet, options());
    serve::ResponseHead head;
    head.sizing = serve::Sizing::Known;
    head.length = 3;
    QVERIFY(answer.begin(head));
    QVERIFY(!answer.write("too long"));
    QCOMPARE(outlet.closed, std::string("cut"));
}

void WireAnswerTest::oldClientGetsNoChunks()
{
    TextOutlet outlet;
    auto old = options();
    old.isHttp10 = true;
    serve::WireAnswer answer(outlet, old);
    QVERIFY(answer.begin(serve::jsonHead(serve::Sizing::Chunked)));
    QVERIFY(answer.write("abc"));
    QVERIFY(answer.finish());
    QVERIFY(!outlet.has("chunked"));
    QVERIFY(outlet.text.ends_with("\r\n\r\nabc"));
    QCOMPARE(outlet.closed, std::string("whole"));
}

void WireAnswerTest::cutAnswerHasNoEnd()
{
    TextOutlet outlet;
    serve::WireAnswer answer(outlet, options());
    QVERIFY(answer.begin(serve::jsonHead(serve::Sizing::Chunked)));
    QVERIFY(answer.write("abc"));
    answer.cut();
    QVERIFY(outlet.text.ends_with("3\r\nabc\r\n"));
    QCOMPARE(outlet.closed, std::string("cut"));
    QVERIFY(!answer.write("more"));
}

void WireAnswerTest::dateIsInEnglish()
{
    QCOMPARE(
        serve::httpDate(std::chrono::system_clock::time_point(std::chrono::seconds(1795450143))),
        std::string("Mon, 23 Nov 2026 16:09:03 GMT"));
}

QTEST_GUILESS_MAIN(WireAnswerTest)
#include "wireanswer_test.moc"
