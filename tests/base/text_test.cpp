#include "core/base/text.h"

#include <QRegularExpression>
#include <QTest>

using base::printable;
using namespace std::string_view_literals;

class TextTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void untranslatedTextIsItself();
    void printable_data();
    void printable();
    void everyHarmfulCharacterIsEscaped();
    void cut_data();
    void cut();
    void everyCutIsOneLineOfValidText();
};

namespace {

QByteArray bytesOf(std::string_view text)
{
    return {text.data(), static_cast<qsizetype>(text.size())};
}

std::string_view viewOf(const QByteArray &bytes)
{
    return {bytes.constData(), static_cast<size_t>(bytes.size())};
}

} // namespace

void TextTest::untranslatedTextIsItself()
{
    QCOMPARE(base::text("The disk is full: %1").arg(QStringLiteral("x")),
             QStringLiteral("The disk is full: x"));
}

void TextTest::printable_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("shown");
    const auto row = [](const char *name, std::string_view bytes, const QString &shown) {
        QTest::newRow(name) << bytesOf(bytes) << shown;
    };
    row("nothing", "", QString());
    row("plain text stays", "org_1/a b~", QStringLiteral("org_1/a b~"));
    row("other scripts stay", "\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80", QStringLiteral("é日😀"));
    row("a line end", "a\nb", QStringLiteral("a\\u{a}b"));
    row("a carriage return", "a\rb", QStringLiteral("a\\u{d}b"));
    row("a tab", "a\tb", QStringLiteral("a\\u{9}b"));
    row("NUL", "a\0b"sv, QStringLiteral("a\\u{0}b"));
    row("an escape sequence of a terminal", "\x1b[2J", QStringLiteral("\\u{1b}[2J"));
    row("DEL", "\x7f", QStringLiteral("\\u{7f}"));
    row("CSI, the 8-bit control", "\xc2\x9b", QStringLiteral("\\u{9b}"));
    row("a no-break space is harmless", "\xc2\xa0", QStringLiteral("\u00a0"));
    row("a right-to-left override",
        "a\xe2\x80\xae"
        "b",
        QStringLiteral("a\\u{202e}b"));
    row("a line separator", "\xe2\x80\xa8", QStringLiteral("\\u{2028}"));
    row("a byte order mark", "\xef\xbb\xbf", QStringLiteral("\\u{feff}"));
    row("a joiner that emoji and Persian need", "\xe2\x80\x8d", QStringLiteral("\u200d"));
    row("a byte that is no UTF-8",
        "a\xff"
        "b",
        QStringLiteral("a\\xffb"));
    row("where one byte is bad, all above ASCII are escaped", "\xc3\xa9\xff\n\x7f",
        QStringLiteral("\\xc3\\xa9\\xff\\x0a\\x7f"));
    row("a surrogate in UTF-8", "\xed\xa0\x80", QStringLiteral("\\xed\\xa0\\x80"));
    row("percent signs are no places", "100%1", QStringLiteral("100%1"));
}

void TextTest::printable()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, shown);
    QCOMPARE(base::printable(viewOf(bytes)), shown);
}

void TextTest::everyHarmfulCharacterIsEscaped()
{
    std::vector<char32_t> harmful = {0x7f, 0x61c, 0x200e, 0x200f, 0x2028, 0x2029, 0xfeff};
    const auto range = [&](char32_t from, char32_t to) {
        for (char32_t c = from; c <= to; ++c)
            harmful.push_back(c);
    };
    range(0, 0x1f);
    range(0x80, 0x9f);
    range(0x202a, 0x202e);
    range(0x2066, 0x2069);
    for (const char32_t c : harmful) {
        const QByteArray utf8 = QString(QChar(static_cast<char16_t>(c))).toUtf8();
        QCOMPARE(base::printable(viewOf(utf8)),
                 QStringLiteral("\\u{%1}").arg(static_cast<uint>(c), 0, 16));
    }
}

void TextTest::cut_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("maxBytes");
    QTest::addColumn<QString>("shown");
    const auto row = [](const char *name, std::string_view bytes, int maxBytes,
                        const QString &shown) {
        QTest::newRow(name) << bytesOf(bytes) << maxBytes << shown;
    };
    row("as long as allowed", "abcd", 4, QStringLiteral("abcd"));
    row("one too long", "abcde", 4, QStringLiteral("abcd…"));
    row("cut to nothing", "abc", 0, QStringLiteral("…"));
    row("a cut inside two bytes", "ab\xc3\xa9x", 3, QStringLiteral("ab…"));
    row("a cut behind two bytes keeps them", "ab\xc3\xa9x", 4, QStringLiteral("abé…"));
    row("a cut inside four bytes", "a\xf0\x9f\x98\x80x", 4, QStringLiteral("a…"));
    row("a cut behind four bytes keeps them", "a\xf0\x9f\x98\x80x", 5, QStringLiteral("a😀…"));
    row("a cut before a character", "ab\xc3\xa9", 2, QStringLiteral("ab…"));
    row("a cut in garbage leaves some of it to see", "\x80\x81\x82\x83\x84\x85\x86\x87", 5,
        QStringLiteral("\\x80\\x81…"));
}

void TextTest::cut()
{
    QFETCH(QByteArray, bytes);
    QFETCH(int, maxBytes);
    QFETCH(QString, shown);
    QCOMPARE(base::printable(viewOf(bytes), static_cast<size_t>(maxBytes)), shown);
}

void TextTest::everyCutIsOneLineOfValidText()
{
    const std::string text = "aé日😀\n\xff\x80zé";
    for (size_t length = 0; length <= text.size(); ++length) {
        for (size_t most = 0; most <= length; ++most) {
            const QString shown = base::printable(std::string_view(text).substr(0, length), most);
            QVERIFY(!shown.contains(u'\n') && !shown.contains(QChar::ReplacementCharacter));
            QCOMPARE(shown.endsWith(QChar(0x2026)), most < length);
        }
    }
}

QTEST_GUILESS_MAIN(TextTest)

#include "text_test.moc"
