#include "core/base/glob.h"

#include <QRegularExpression>
#include <QTest>

using base::GlobFilter;
using base::globMatches;

class GlobTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void matches_data();
    void matches();
    void manyStarsAreFast();
    void everyPatternLikeARegularExpression();
    void filter_data();
    void filter();
};

void GlobTest::matches_data()
{
    QTest::addColumn<QByteArray>("pattern");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("expected");
    const auto row = [](const char *name, const char *pattern, const char *text, bool expected) {
        QTest::newRow(name) << QByteArray(pattern) << QByteArray(text) << expected;
    };
    row("the name itself", "org_1", "org_1", true);
    row("another name", "org_1", "org_2", false);
    row("a longer name", "org_1", "org_10", false);
    row("a shorter name", "org_10", "org_1", false);
    row("nothing and nothing", "", "", true);
    row("nothing and something", "", "a", false);
    row("a star alone", "*", "anything", true);
    row("a star and nothing", "*", "", true);
    row("two stars and nothing", "**", "", true);
    row("a star behind", "org_*", "org_1", true);
    row("a star behind may stand for nothing", "org_*", "org_", true);
    row("a star behind, another beginning", "org_*", "asmt_1", false);
    row("a star in front", "*_1", "org_1", true);
    row("a star in the middle", "org_*_x", "org_1_2_x", true);
    row("a star in the middle, another end", "org_*_x", "org_1_2_y", false);
    row("the end comes twice: the second one counts", "*ab", "abab", true);
    row("two stars, one behind the other", "a**b", "acb", true);
    row("two stars with text between", "*a*b*", "xxaxxbxx", true);
    row("two stars, text in the wrong order", "*a*b*", "xxbxxaxx", false);
    row("a question mark", "org_?", "org_1", true);
    row("a question mark is one, not none", "org_?", "org_", false);
    row("a question mark is one, not two", "org_?", "org_10", false);
    row("question marks and a star", "?*?", "ab", true);
    row("question marks and a star, too short", "?*?", "a", false);
    row("case counts", "Org_*", "org_1", false);
    row("a slash is a character", "a*c", "a/b/c", true);
    row("a bracket is a bracket", "[ab]", "a", false);
    row("a bracket is itself", "[ab]", "[ab]", true);
    row("a backslash is itself", "a\\*", "a\\b", true);
    row("a question mark is one byte", "?", "\xc3\xa9", false);
}

void GlobTest::matches()
{
    QFETCH(QByteArray, pattern);
    QFETCH(QByteArray, text);
    QFETCH(bool, expected);
    QCOMPARE(globMatches(pattern.toStdString(), text.toStdString()), expected);
}

// A matcher that tries every division among the stars would need longer than the age of the world.
void GlobTest::manyStarsAreFast()
{
    std::string pattern;
    for (int i = 0; i < 60; ++i)
        pattern += "*a";
    const std::string text(5000, 'a');
    QVERIFY(globMatches(pattern, text));
    QVERIFY(!globMatches(pattern + "b", text));
}

void GlobTest::everyPatternLikeARegularExpression()
{
    const std::string letters = "ab*?";
    for (int code = 0; code < 1024; ++code) { // all patterns of five
        std::string pattern;
        for (int i = 0, rest = code; i < 5; ++i, rest /= 4)
            pattern += letters[static_cast<size_t>(rest % 4)];
        QString expression = QString::fromStdString(pattern);
        expression.replace(QStringLiteral("*"), QStringLiteral(".*")).replace(u'?', u'.');
        const QRegularExpression same(QRegularExpression::anchoredPattern(expression));
        for (int bits = 1; bits < 64; ++bits) { // all texts of up to five letters
            std::string text;
            for (int rest = bits; rest > 1; rest /= 2)
                text += rest % 2 == 0 ? 'a' : 'b';
            QVERIFY2(globMatches(pattern, text)
                         == same.match(QString::fromStdString(text)).hasMatch(),
                     (pattern + " " + text).c_str());
        }
    }
}

void GlobTest::filter_data()
{
    QTest::addColumn<QList<QByteArray>>("include");
    QTest::addColumn<QList<QByteArray>>("exclude");
    QTest::addColumn<bool>("keeps");
    using List = QList<QByteArray>;
    QTest::newRow("no pattern keeps everything") << List{} << List{} << true;
    QTest::newRow("included") << List{"org_*"} << List{} << true;
    QTest::newRow("not included") << List{"asmt_*"} << List{} << false;
    QTest::newRow("included by the second pattern") << List{"asmt_*", "*_1"} << List{} << true;
    QTest::newRow("excluded") << List{} << List{"org_*"} << false;
    QTest::newRow("excluded by the second pattern") << List{} << List{"asmt_*", "org_?"} << false;
    QTest::newRow("exclusion goes first") << List{"org_1"} << List{"org_*"} << false;
    QTest::newRow("excluded is another") << List{"org_*"} << List{"org_2"} << true;
}

void GlobTest::filter()
{
    QFETCH(QList<QByteArray>, include);
    QFETCH(QList<QByteArray>, exclude);
    QFETCH(bool, keeps);
    GlobFilter filter;
    for (const QByteArray &pattern : include)
        filter.include.push_back(pattern.toStdString());
    for (const QByteArray &pattern : exclude)
        filter.exclude.push_back(pattern.toStdString());
    QCOMPARE(filter.keeps("org_1"), keeps);
}

QTEST_GUILESS_MAIN(GlobTest)

#include "glob_test.moc"
