#include "core/settings/jsliteral.h"
#include "core/settings/toml.h"

#include <QRegularExpression>
#include <QTest>

using namespace settings;

class JsLiteralTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void values_data();
    void values();
    void modules_data();
    void modules();
    void linesAreCounted();
    void hostileInput_data();
    void hostileInput();
};

namespace {

std::string asText(const JsValue &value);

struct AsText {
    std::string operator()(std::nullptr_t) const { return "null"; }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(double number) const
    {
        return QString::number(number, 'g', 15).toStdString();
    }
    std::string operator()(const std::string &text) const { return tomlQuoted(text); }
    std::string operator()(const JsObject &object) const
    {
        std::string text = "{";
        for (const JsMember &member : object)
            text += (text.size() > 1 ? "," : "") + member.key + ':' + asText(member.value);
        return text + '}';
    }
    std::string operator()(const JsList &list) const
    {
        std::string text = "[";
        for (const JsValue &value : list)
            text += (text.size() > 1 ? "," : "") + asText(value);
        return text + ']';
    }
    std::string operator()(const JsUnknown &unknown) const { return '?' + unknown.variable; }
};

std::string asText(const JsValue &value)
{
    return std::visit(AsText{}, value.value);
}

std::optional<std::string> lookup(const std::string &name)
{
    if (name == "SET")
        return "from the environment";
    return std::nullopt;
}

QString read(const std::string &source)
{
    const auto object = parseJsModule(source, lookup);
    if (!object)
        return QStringLiteral("error: ") + object.error().message;
    return QString::fromStdString(AsText{}(*object));
}

} // namespace

void JsLiteralTest::values_data()
{
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("meaning");
    const auto row = [](const char *source, const char *meaning) {
        QTest::newRow(source) << QString::fromUtf8(source) << QString::fromUtf8(meaning);
    };
    row("1", "1");
    row("24 * 60 * 60 * 1000", "86400000");
    row("60*1000 + 1", "60001");
    row("1 + 2 * 3", "7");
    row("(1 + 2) * 3", "9");
    row("-5", "-5");
    row("10 / 4", "2.5");
    row("1 / 0", "?");
    row("1_000", "1000");
    row("0x10", "16");
    row("1e3", "1000");
    row("1.5e-1", "0.15");
    row(".5", "0.5");
    row("1n", "?");
    row("'a'", "\"a\"");
    row("\"it's\"", "\"it's\"");
    row("`plain`", "\"plain\"");
    row("`with ${x}`", "?");
    row("'a' + \"b\"", "\"ab\"");
    row("'a' + 1", "?");
    row("'\\x41\\u00e9\\n\\'\\\\'", "\"Aé\\n'\\\\\"");
    row("'\\ud83d\\ude00'", "?");
    row("'// no comment'", "\"// no comment\"");
    row("true", "true");
    row("false", "false");
    row("null", "null");
    row("undefined", "null");
    row("[1, 'b', ]", "[1,\"b\"]");
    row("[f(1, 2), 3]", "[?,3]");
    row("{ b: 1, 'c-d': 2, 3: 4, }", "{b:1,c-d:2,3:4}");
    row("process.env.SET", "\"from the environment\"");
    row("process.env.UNSET", "?UNSET");
    row("process.env.UNSET || 'default'", "\"default\"");
    row("process.env.SET || 'default'", "\"from the environment\"");
    row("process.env.UNSET ?? process.env.OTHER", "?OTHER");
    row("process.env.UNSET * 1000", "?");
    row("process.env['SET']", "?");
    row("other", "?");
    row("require('./secret').password", "?");
    row("fs.readFileSync('x', { a: 1 })", "?");
    row("x ? 1 : 2", "?");
    row("/* a */ 1 // b\n", "1");
    row("{ f() { return 1, 2 }, b: 2 }", "{f:?,b:2}");
    row("{ ...defaults, b: 2 }", "{…:?,b:2}");
    row("{ url, b: 2 }", "{url:?,b:2}");
    row("{ [x]: 1, b: 2 }", "{…:?,b:2}");
    row("{ get a() { return 1 }, b: 2 }", "{get:?,b:2}");
    row("() => ({ a: 1 })", "?");
    row("/a,b/", "?"); // a regular expression is cut at its comma, and then no object
}

void JsLiteralTest::values()
{
    QFETCH(QString, source);
    QFETCH(QString, meaning);
    if (source == QLatin1String("/a,b/"))
        meaning = QStringLiteral("?,b:?,z:1");
    else
        meaning += QLatin1String(",z:1");
    QCOMPARE(read("module.exports = { v: " + source.toStdString() + ", z: 1 }"),
             QStringLiteral("{v:") + meaning + QLatin1Char('}'));
}

void JsLiteralTest::modules_data()
{
    QTest::addColumn<QString>("source");
    QTest::addColumn<QString>("meaning");
    const auto row = [](const char *name, const char *source, const char *meaning) {
        QTest::newRow(name) << QString::fromUtf8(source) << QString::fromUtf8(meaning);
    };
    row("an object", "module.exports = { a: 1 };", "{a:1}");
    row("an arrow function", "module.exports = () => ({ a: 1 });", "{a:1}");
    row("a block", "module.exports = () => { const x = { return: 1 }; return { a: 1 }; };",
        "{a:1}");
    row("a function", "module.exports = function config() { return { a: 1 }; }", "{a:1}");
    row("an asynchronous one", "module.exports = async () => ({ a: 1 })", "{a:1}");
    row("an ES module", "import x from 'y';\nexport default { a: 1 };", "{a:1}");
    row("compiled", "exports.default = { a: 1 };", "{a:1}");
    row("behind others",
        "'use strict'; // module.exports = { no: 1 }\nconst s = 'module.exports = {}';\n"
        "module.exports = { a: 1 };\n",
        "{a:1}");
    row("with a mark", "\xef\xbb\xbfmodule.exports = { a: 1 }", "{a:1}");
    row("Windows' line ends", "module.exports = {\r\n a: 1, // b\r\n c: 2,\r\n}\r\n", "{a:1,c:2}");
    row("nothing", "", "error: There is no `module.exports = …` in it: is it a config.env.js?");
    row("something else", "console.log(1)",
        "error: There is no `module.exports = …` in it: is it a config.env.js?");
    row("a call", "\nmodule.exports = require('./x');",
        "error: What it exports in line 2 is no object that can be read without running it.");
    row("cut off", "module.exports = { a: { b: 1 ",
        "error: What it exports in line 1 is no object that can be read without running it.");
}

void JsLiteralTest::modules()
{
    QFETCH(QString, source);
    QFETCH(QString, meaning);
    QCOMPARE(read(source.toStdString()), meaning);
}

void JsLiteralTest::linesAreCounted()
{
    const auto object =
        parseJsModule("/*\n*/module.exports = {\n a: `\n`, // x\n b: y(\n),\n c: 1 }", lookup);
    QVERIFY(object);
    QCOMPARE(object->size(), size_t{3});
    QCOMPARE((*object)[0].value.line, 3);
    QCOMPARE((*object)[1].value.line, 5);
    QCOMPARE((*object)[2].value.line, 7);
}

void JsLiteralTest::hostileInput_data()
{
    QTest::addColumn<QByteArray>("source");
    const QByteArray begin("module.exports = ");
    QTest::newRow("deep objects") << begin + QByteArray("{a:").repeated(100'000);
    QTest::newRow("deep lists") << begin + "{a:" + QByteArray("[").repeated(100'000);
    QTest::newRow("deep brackets") << begin + "{a:" + QByteArray("(").repeated(100'000);
    QTest::newRow("many signs") << begin + "{a:" + QByteArray("-").repeated(100'000) + "1}";
    QTest::newRow("a long product") << begin + "{a:" + QByteArray("9*").repeated(100'000) + "1}";
    QTest::newRow("an open text") << begin + "{a:'" + QByteArray("x").repeated(100'000);
    QTest::newRow("an open comment") << begin + "{a:/*" + QByteArray("x").repeated(100'000);
    QTest::newRow("an escape at the end") << begin + "{a:'\\";
    QTest::newRow("half a code") << begin + "{a:'\\u00";
    QTest::newRow("bytes") << begin + QByteArray("\xff\xfe\x00{}", 5);
}

void JsLiteralTest::hostileInput()
{
    QFETCH(QByteArray, source);
    const QString meaning = read(source.toStdString()); // ends, and soon
    QVERIFY(meaning.startsWith(QStringLiteral("error:")) || meaning == QStringLiteral("{a:?}"));
}

QTEST_GUILESS_MAIN(JsLiteralTest)

#include "jsliteral_test.moc"
