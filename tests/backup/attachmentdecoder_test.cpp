#include "core/backup/attachmentdecoder.h"
#include "core/base/bytes.h"
#include "tests/backup/backuptesting.h"

using backup::AttachmentDecoder;
using testsupport::gzipped;

/// Stored bytes to identity bytes: only what the document says of them gets through.
class AttachmentDecoderTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void good_data();
    void good();
    void bad_data();
    void bad();
    void bombStopsAtTheLength();
    void errorOfTheSinkComesBack();
};

namespace {

couch::AttachmentStub stubOf(const std::string &identity, const std::string &stored, bool gzip)
{
    couch::AttachmentStub stub;
    stub.length = identity.size();
    stub.digest = "md5-" + base::toBase64(base::md5(stored));
    stub.encoding = gzip ? "gzip" : "";
    stub.encodedLength = gzip ? stored.size() : 0;
    return stub;
}

base::Status decode(const couch::AttachmentStub &stub, std::string_view stored, size_t pieceBytes,
                    std::string &out)
{
    AttachmentDecoder decoder(stub, [&out](std::string_view bytes) {
        out += bytes;
        return base::Status();
    });
    for (size_t at = 0; at < stored.size(); at += pieceBytes) {
        if (base::Status added = decoder.add(stored.substr(at, pieceBytes)); !added)
            return added;
    }
    return decoder.finish();
}

std::string mixedBytes(size_t size)
{
    std::string bytes(size, '\0');
    unsigned state = 1;
    for (char &byte : bytes) {
        state = state * 1'664'525 + 1'013'904'223;
        byte = static_cast<char>(state >> 24);
    }
    return bytes;
}

} // namespace

void AttachmentDecoderTest::good_data()
{
    QTest::addColumn<std::string>("identity");
    QTest::addColumn<bool>("gzip");
    for (const bool gzip : {false, true}) {
        const char *coding = gzip ? "gzip" : "identity";
        QTest::addRow("nothing, %s", coding) << std::string() << gzip;
        QTest::addRow("one byte, %s", coding) << std::string("x") << gzip;
        QTest::addRow("a million zeros, %s", coding) << std::string(1'000'000, '\0') << gzip;
        QTest::addRow("what does not compress, %s", coding) << mixedBytes(300'000) << gzip;
    }
}

void AttachmentDecoderTest::good()
{
    QFETCH(const std::string, identity);
    QFETCH(const bool, gzip);
    const std::string stored = gzip ? gzipped(identity) : identity;
    for (const size_t pieceBytes : {size_t{1}, size_t{1000}, size_t{1} << 20}) {
        if (pieceBytes == 1 && stored.size() > 100'000)
            continue;
        std::string out;
        VERIFY_GOOD(decode(stubOf(identity, stored, gzip), stored, pieceBytes, out));
        QVERIFY(out == identity);
    }
}

void AttachmentDecoderTest::bad_data()
{
    QTest::addColumn<couch::AttachmentStub>("stub");
    QTest::addColumn<std::string>("stored");
    const std::string text(5000, 't');
    const std::string packed = gzipped(text);
    const auto plain = stubOf(text, text, false);
    const auto gzip = stubOf(text, packed, true);
    const auto withLength = [](couch::AttachmentStub stub, std::uint64_t length) {
        stub.length = length;
        return stub;
    };
    std::string flipped = packed;
    flipped[packed.size() / 2] = static_cast<char>(flipped[packed.size() / 2] ^ 0x40);

    QTest::newRow("another byte under the same length") << plain << "T" + text.substr(1);
    QTest::newRow("one byte is missing") << plain << text.substr(1);
    QTest::newRow("nothing comes") << plain << std::string();
    QTest::newRow("one byte more") << plain << text + "t";
    QTest::newRow("gzip: nothing comes") << gzip << std::string();
    QTest::newRow("gzip: cut in the header") << gzip << packed.substr(0, 5);
    QTest::newRow("gzip: cut in the trailer") << gzip << packed.substr(0, packed.size() - 1);
    QTest::newRow("gzip: a flipped bit") << gzip << flipped;
    QTest::newRow("gzip: something behind the end") << gzip << packed + "x";
    QTest::newRow("gzip: two members")
        << withLength(stubOf(text, packed + packed, true), 2 * text.size()) << packed + packed;
    QTest::newRow("gzip: unpacked on the way") << gzip << text;
    QTest::newRow("gzip: shorter than its document says")
        << withLength(gzip, text.size() + 1) << packed;
    QTest::newRow("gzip: longer than its document says")
        << withLength(gzip, text.size() - 1) << packed;
    QTest::newRow("gzip: another digest of the same content")
        << stubOf(text, "other", true) << packed;
}

void AttachmentDecoderTest::bad()
{
    QFETCH(const couch::AttachmentStub, stub);
    QFETCH(const std::string, stored);
    for (const size_t pieceBytes : {size_t{1}, size_t{1} << 20}) {
        std::string out;
        const base::Status decoded = decode(stub, stored, pieceBytes, out);
        QVERIFY(!decoded);
        QCOMPARE(decoded.error().kind, base::ErrorKind::Protocol);
        QVERIFY(out.size() <= stub.length);
    }
}

void AttachmentDecoderTest::bombStopsAtTheLength()
{
    const std::string zeros(std::size_t{64} << 20, '\0');
    const std::string bomb = gzipped(zeros);
    auto stub = stubOf(zeros, bomb, true);
    stub.length = 100'000;
    size_t delivered = 0;
    AttachmentDecoder decoder(stub, [&delivered](std::string_view bytes) {
        delivered += bytes.size();
        return base::Status();
    });
    QVERIFY(!decoder.add(bomb));
    QVERIFY(delivered <= stub.length);
}

void AttachmentDecoderTest::errorOfTheSinkComesBack()
{
    const std::string text(100, 't');
    AttachmentDecoder decoder(stubOf(text, gzipped(text), true), [](std::string_view) {
        return base::Status(testsupport::fakeError(base::ErrorKind::NoSpace));
    });
    const base::Status added = decoder.add(gzipped(text));
    QVERIFY(!added);
    QCOMPARE(added.error().kind, base::ErrorKind::NoSpace);
}

QTEST_GUILESS_MAIN(AttachmentDecoderTest)
#include "attachmentdecoder_test.moc"
