#include "core/base/bytes.h"

#include <QCryptographicHash>
#include <QRegularExpression>
#include <QTest>

#include <random>

using namespace base;
using namespace std::string_view_literals;

namespace {

QByteArray bytesOf(std::string_view text)
{
    return {text.data(), static_cast<qsizetype>(text.size())};
}

std::string_view viewOf(const QByteArray &bytes)
{
    return {bytes.constData(), static_cast<size_t>(bytes.size())};
}

std::string allBytes()
{
    std::string all;
    for (int c = 0; c < 256; ++c)
        all += static_cast<char>(c);
    return all;
}

Sha256 term(std::string_view hex)
{
    const std::string bytes = fromHex(hex).value();
    Sha256 out{};
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char *>(out.data()));
    return out;
}

const std::string kZero(64, '0');
const std::string kOne = std::string(63, '0') + "1";
const std::string kAllOnes(64, 'f');

} // namespace

class BytesTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void hex();
    void noHex_data();
    void noHex();
    void base64_data();
    void base64();
    void base64OfRandomBytesIsQts();
    void noBase64_data();
    void noBase64();
    void percentEncode();
    void utf8_data();
    void utf8();
    void everyCodePointIsValidUtf8();
    void digests_data();
    void digests();
    void hasherTakesPieces();
    void hasherStartsAnew();
    void hasherMoves();
    void sumOfNothingIsZero();
    void sumIsANumber();
    void sumCarries_data();
    void sumCarries();
    void sumDoesNotDependOnTheOrder();
    void sumCountsEachTerm();
    void sumOfSums();
    void subtractUndoesAdd();
    void subtractBorrows();
};

void BytesTest::hex()
{
    QCOMPARE(toHex(""), std::string());
    QCOMPARE(toHex("\0\x09\x0f\x10\xaf\xff"sv), std::string("00090f10afff"));
    QCOMPARE(fromHex("00090f10afff").value(), std::string("\0\x09\x0f\x10\xaf\xff"sv));
    QCOMPARE(fromHex("AbCdEf").value(), std::string("\xab\xcd\xef"));
    QCOMPARE(fromHex("").value(), std::string());
    QCOMPARE(fromHex(toHex(allBytes())).value(), allBytes());
}

void BytesTest::noHex_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char *text :
         {"0", "abc", "0g", "g0", "0x", " 0", "0:", "0@", "0`", "0/", "\xc3\xa9"})
        QTest::newRow(text) << QByteArray(text);
}

void BytesTest::noHex()
{
    QFETCH(QByteArray, text);
    QVERIFY(!fromHex(viewOf(text)));
}

void BytesTest::base64_data()
{
    QTest::addColumn<QByteArray>("plain");
    QTest::addColumn<QByteArray>("encoded");
    const auto row = [](const char *name, std::string_view plain, const char *encoded) {
        QTest::newRow(name) << bytesOf(plain) << QByteArray(encoded);
    };
    row("nothing", "", "");
    row("one byte", "f", "Zg==");
    row("two bytes", "fo", "Zm8=");
    row("three bytes", "foo", "Zm9v");
    row("four bytes", "foob", "Zm9vYg==");
    row("six bytes", "foobar", "Zm9vYmFy");
    row("NULs", "\0\0\0\0"sv, "AAAAAA==");
    row("the last two digits of the alphabet", "\xfb\xef\xff", "++//");
}

void BytesTest::base64()
{
    QFETCH(QByteArray, plain);
    QFETCH(QByteArray, encoded);
    QCOMPARE(bytesOf(toBase64(viewOf(plain))), encoded);
    const auto decoded = fromBase64(viewOf(encoded));
    QVERIFY(decoded);
    QCOMPARE(bytesOf(*decoded), plain);
}

void BytesTest::base64OfRandomBytesIsQts()
{
    std::mt19937 random(1);
    for (int length = 0; length < 200; ++length) {
        QByteArray plain;
        for (int i = 0; i < length; ++i)
            plain += static_cast<char>(random());
        const std::string encoded = toBase64(viewOf(plain));
        QCOMPARE(bytesOf(encoded), plain.toBase64());
        QCOMPARE(bytesOf(fromBase64(encoded).value()), plain);
    }
}

void BytesTest::noBase64_data()
{
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char *name, std::string_view text) {
        QTest::newRow(name) << bytesOf(text);
    };
    row("one digit", "Z");
    row("padding missing, one byte", "Zg");
    row("padding half missing", "Zg=");
    row("padding missing, two bytes", "Zm8");
    row("padding too long", "Zm8==");
    row("three padding signs", "Z===");
    row("nothing but padding", "====");
    row("two padding signs alone", "==");
    row("padding behind whole groups", "Zm9v====");
    row("padding in the middle", "Zg==Zg==");
    row("a leftover bit that is not zero, one byte", "Zh==");
    row("a leftover bit that is not zero, two bytes", "Zm9=");
    row("the highest leftover bit of one byte", "Zo==");
    row("the highest leftover bit of two bytes", "Zm+=");
    row("the alphabet of URLs, minus", "-_-_");
    row("a line end", "Zm9v\nZm9v\n\n\n");
    row("a blank", "Zm9 ");
    row("a NUL", "Zm9\0"sv);
    row("a byte above ASCII", "Zm9\xff");
}

void BytesTest::noBase64()
{
    QFETCH(QByteArray, text);
    QVERIFY(!fromBase64(viewOf(text)));
}

void BytesTest::percentEncode()
{
    constexpr auto unreserved =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"sv;
    QCOMPARE(base::percentEncode(unreserved), std::string(unreserved));
    QCOMPARE(base::percentEncode("a/b+c d%\0\xc3\xa9"sv), std::string("a%2Fb%2Bc%20d%25%00%C3%A9"));
    for (const char c : allBytes()) {
        const QByteArray one(1, c);
        QCOMPARE(bytesOf(base::percentEncode(viewOf(one))), one.toPercentEncoding());
    }
}

void BytesTest::utf8_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("isValid");
    const auto row = [](const char *name, std::string_view text, bool isValid) {
        QTest::newRow(name) << bytesOf(text) << isValid;
    };
    row("nothing", "", true);
    row("ASCII with NUL and DEL", "a\0\x7f"sv, true);
    row("two, three, four bytes", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", true);
    row("U+10FFFF", "\xf4\x8f\xbf\xbf", true);
    row("a non-character", "\xef\xbf\xbf", true);
    row("above U+10FFFF", "\xf4\x90\x80\x80", false);
    row("a continuation byte alone", "a\x80", false);
    row("a lead byte alone", "\xc3", false);
    row("three bytes, the last missing", "\xe2\x82", false);
    row("four bytes, the last missing", "\xf0\x9f\x98", false);
    row("ASCII in place of a continuation", "\xe2\x82z", false);
    row("a lead in place of a continuation", "\xe2\xc3\xa9", false);
    row("overlong NUL", "\xc0\x80", false);
    row("overlong, three bytes", "\xe0\x9f\xbf", false);
    row("overlong, four bytes", "\xf0\x8f\xbf\xbf", false);
    row("the first surrogate", "\xed\xa0\x80", false);
    row("the last surrogate", "\xed\xbf\xbf", false);
    row("five bytes", "\xf8\x88\x80\x80\x80", false);
    row("0xff", "\xff", false);
}

void BytesTest::utf8()
{
    QFETCH(QByteArray, text);
    QFETCH(bool, isValid);
    const std::vector<char> exact(text.begin(),
                                  text.end()); // the sanitizers see a read behind the end
    QCOMPARE(isValidUtf8({exact.data(), exact.size()}), isValid);
}

void BytesTest::everyCodePointIsValidUtf8()
{
    for (char32_t c = 0; c <= 0x10ffff; ++c) {
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        const QByteArray utf8 = QString::fromUcs4(&c, 1).toUtf8();
        QVERIFY2(isValidUtf8(viewOf(utf8)), qPrintable(QString::number(c, 16)));
    }
}

void BytesTest::digests_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("sha256");
    QTest::addColumn<QByteArray>("md5");
    const auto row = [](const char *name, const QByteArray &text, const char *sha, const char *md) {
        QTest::newRow(name) << text << QByteArray(sha) << QByteArray(md);
    };
    row("nothing", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "d41d8cd98f00b204e9800998ecf8427e");
    row("abc", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "900150983cd24fb0d6963f7d28e17f72");
    row("a million times a", QByteArray(1'000'000, 'a'),
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
        "7707d6ae4e027c70eea2a935c2296f21");
}

void BytesTest::digests()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, sha256);
    QFETCH(QByteArray, md5);
    QCOMPARE(bytesOf(sha256Hex(viewOf(text))), sha256);
    const Sha256 raw = base::sha256(viewOf(text));
    QCOMPARE(bytesOf(toHex({reinterpret_cast<const char *>(raw.data()), raw.size()})), sha256);
    QCOMPARE(bytesOf(toHex(base::md5(viewOf(text)))), md5);
    QCOMPARE(QCryptographicHash::hash(text, QCryptographicHash::Sha256).toHex(), sha256);
}

void BytesTest::hasherTakesPieces()
{
    const std::string text = allBytes() + allBytes();
    for (size_t cut = 0; cut <= text.size(); ++cut) {
        Hasher hasher(Hasher::Algorithm::Sha256Digest);
        hasher.add(std::string_view(text).substr(0, cut));
        hasher.add({});
        hasher.add(std::string_view(text).substr(cut));
        QCOMPARE(toHex(hasher.finish()), sha256Hex(text));
    }
}

void BytesTest::hasherStartsAnew()
{
    Hasher hasher(Hasher::Algorithm::Md5Digest);
    hasher.add("abc");
    QCOMPARE(hasher.finish(), md5("abc"));
    QCOMPARE(hasher.finish(), md5(""));
    hasher.add("abc");
    QCOMPARE(hasher.finish(), md5("abc"));
}

void BytesTest::hasherMoves()
{
    Hasher first(Hasher::Algorithm::Sha256Digest);
    first.add("a");
    Hasher second(std::move(first));
    second.add("b");
    Hasher third(Hasher::Algorithm::Md5Digest);
    third = std::move(second);
    third.add("c");
    QCOMPARE(toHex(third.finish()), sha256Hex("abc"));
}

void BytesTest::sumOfNothingIsZero()
{
    const HashSum sum;
    QVERIFY(sum.isZero());
    QCOMPARE(sum.hex(), kZero);
    QCOMPARE(sum.bytes(), std::string(32, '\0'));
}

void BytesTest::sumIsANumber()
{
    HashSum sum;
    const std::string hex = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    sum.add(term(hex));
    QCOMPARE(sum.hex(), hex);
    QCOMPARE(toHex(sum.bytes()), hex);
    QVERIFY(!sum.isZero());
}

void BytesTest::sumCarries_data()
{
    QTest::addColumn<QByteArray>("a");
    QTest::addColumn<QByteArray>("b");
    QTest::addColumn<QByteArray>("sum");
    const auto row = [](const char *name, const std::string &a, const std::string &b,
                        const std::string &sum) {
        QTest::newRow(name) << bytesOf(a) << bytesOf(b) << bytesOf(sum);
    };
    const std::string word(16, '0');
    const std::string ones(16, 'f');
    const std::string one = std::string(15, '0') + "1";
    row("within a word", word + word + word + one, word + word + word + one,
        word + word + word + word.substr(1) + "2");
    row("from the first word into the second", word + word + word + ones, kOne,
        word + word + one + word);
    row("through two words", word + word + ones + ones, kOne, word + one + word + word);
    row("through three words", word + ones + ones + ones, kOne, one + word + word + word);
    row("out of the top: it wraps to zero", kAllOnes, kOne, kZero);
    row("out of the top: the rest stays", kAllOnes, kAllOnes, kAllOnes.substr(1) + "e");
    row("a word of ones and a carry, twice", word + ones + ones + ones, word + ones + ones + ones,
        one + ones + ones + ones.substr(1) + "e");
}

void BytesTest::sumCarries()
{
    QFETCH(QByteArray, a);
    QFETCH(QByteArray, b);
    QFETCH(QByteArray, sum);
    for (const auto &[first, second] : {std::pair(a, b), std::pair(b, a)}) {
        HashSum total;
        total.add(term(viewOf(first)));
        total.add(term(viewOf(second)));
        QCOMPARE(bytesOf(total.hex()), sum);
    }
}

void BytesTest::sumDoesNotDependOnTheOrder()
{
    std::vector<Sha256> terms;
    for (int i = 0; i < 1000; ++i)
        terms.push_back(sha256(std::to_string(i)));
    HashSum inOrder;
    for (const Sha256 &one : terms)
        inOrder.add(one);
    std::mt19937 random(1);
    for (int i = 0; i < 20; ++i) {
        std::shuffle(terms.begin(), terms.end(), random);
        HashSum shuffled;
        for (const Sha256 &one : terms)
            shuffled.add(one);
        QVERIFY(shuffled == inOrder);
    }
}

void BytesTest::sumCountsEachTerm()
{
    HashSum once;
    once.add(sha256("a"));
    HashSum twice = once;
    twice.add(sha256("a"));
    QVERIFY(once != twice); // an exclusive-or would have made it zero
    HashSum other;
    other.add(sha256("b"));
    QVERIFY(once != other);
}

void BytesTest::sumOfSums()
{
    HashSum whole;
    std::array<HashSum, 3> parts;
    for (size_t i = 0; i < 300; ++i) {
        whole.add(sha256(std::to_string(i)));
        parts[i % 3].add(sha256(std::to_string(i)));
    }
    HashSum joined;
    for (const HashSum &part : parts)
        joined.add(part);
    QVERIFY(joined == whole);
}

void BytesTest::subtractUndoesAdd()
{
    HashSum sum;
    for (int i = 0; i < 500; ++i)
        sum.add(sha256(std::to_string(i)));
    for (int i = 499; i >= 0; i -= 2)
        sum.subtract(sha256(std::to_string(i)));
    for (int i = 0; i < 500; i += 2)
        sum.subtract(sha256(std::to_string(i)));
    QVERIFY(sum.isZero());
    QVERIFY(sum == HashSum());
}

void BytesTest::subtractBorrows()
{
    HashSum sum;
    sum.subtract(term(kOne));
    QCOMPARE(sum.hex(), kAllOnes);
    sum.subtract(term(kZero));
    QCOMPARE(sum.hex(), kAllOnes);
    sum.add(term(kOne));
    QVERIFY(sum.isZero());
    sum.subtract(term(kAllOnes));
    QCOMPARE(sum.hex(), kOne);
}

QTEST_GUILESS_MAIN(BytesTest)

#include "bytes_test.moc"
