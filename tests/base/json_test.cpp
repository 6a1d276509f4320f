#include "core/base/bytes.h"
#include "core/base/json.h"

#include <QRegularExpression>
#include <QTest>

#include <simdjson.h>

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

/// A document as CouchDB sends them, with everything that the grammar has.
constexpr auto kSample =
    R"({ "_id":"sampl\u00e9\ud83d\ude00/\"q\"","_rev":"3-0f1e","n":[0,-0,1.50,-2.5e+10,12E-3,)"
    R"(12345678901234567890123],"t":true,"f":false,"z":null,"e":{},"a":[ ],"deep":[[{"x":[1]}]],)"
    "\n\t\"utf8\" : \"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\" , \"\":\"\\b\\f\\n\\r\\t\\/\\\\\" }\r\n"sv;

enum class Verdict { Good, Bad, Incomparable };

/// What another strict parser says. It differs by intent where a number does not fit a double.
Verdict verdictOfSimdjson(simdjson::dom::parser &parser, std::string_view text)
{
    const auto code = parser.parse(text.data(), text.size()).error();
    switch (code) {
    case simdjson::SUCCESS: return Verdict::Good;
    case simdjson::NUMBER_ERROR: // "-" as well as 1e999
        return Verdict::Incomparable;
    default: return Verdict::Bad;
    }
}

/// simdjson 3.0 lets the second half of a surrogate pair stand alone.
bool hasLoneSecondHalf(std::string_view text)
{
    static const QRegularExpression low(
        QStringLiteral("(?<!\\\\u[dD][89abAB][0-9a-fA-F]{2})\\\\u[dD][c-fC-F]"));
    return low.match(QString::fromLatin1(text.data(), static_cast<qsizetype>(text.size())))
        .hasMatch();
}

class RandomText
{
public:
    explicit RandomText(unsigned seed)
        : m_random(seed)
    {
    }

    unsigned below(unsigned limit) { return static_cast<unsigned>(m_random() % limit); }

    std::string value(unsigned depth)
    {
        const unsigned kind = below(depth == 0 ? 5 : 7);
        switch (kind) {
        case 0:
            return pick(
                {"0", "-0", "1", "-12", "3.25", "1e5", "1E-2", "-0.5e+3", "9007199254740993"});
        case 1: return pick({"true", "false", "null"});
        case 2:
        case 3:
        case 4: return string();
        case 5: {
            std::string out = "[" + space();
            for (unsigned i = below(4); i > 0; --i)
                out += value(depth - 1) + space() + (i > 1 ? "," + space() : "");
            return out + "]";
        }
        default: {
            std::string out = "{" + space();
            for (unsigned i = below(4); i > 0; --i)
                out += string() + space() + ":" + space() + value(depth - 1)
                    + (i > 1 ? "," + space() : "");
            return out + space() + "}";
        }
        }
    }

    /// One random change, from a set that often keeps the text close to the grammar.
    void mutate(std::string &text)
    {
        const size_t at = below(static_cast<unsigned>(text.size()) + 1);
        switch (below(4)) {
        case 0:
            text.insert(at, pick({",",       ":",        "\"",   "\\",   "[", "]",   "{",
                                  "}",       "0",        "-",    ".",    "e", " ",   "\\u00e9",
                                  "\\ud800", "\xc3\xa9", "\x80", "\x01", "t", "null"}));
            break;
        case 1: text.erase(at, 1); break;
        case 2:
            if (at < text.size())
                text[at] = static_cast<char>(below(256));
            break;
        default: text += text.substr(0, below(3));
        }
    }

private:
    std::string pick(std::initializer_list<const char *> choices)
    {
        return *(choices.begin() + below(static_cast<unsigned>(choices.size())));
    }
    std::string space() { return pick({"", "", "", " ", "\n", "\t\r"}); }
    std::string string()
    {
        std::string out = "\"";
        for (unsigned i = below(4); i > 0; --i)
            out += pick({"a", "Z", "_id", "\\n", "\\\"", "\\\\", "\\u0041", "\\ud83d\\ude00",
                         "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\x7f"});
        return out + "\"";
    }

    std::mt19937 m_random;
};

} // namespace

class JsonTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void good_data();
    void good();
    void bad_data();
    void bad();
    void everyPrefixIsRefused();
    void everyFlippedBitIsJudgedLikeSimdjson();
    void randomTextsAreJudgedLikeSimdjson();
    void aMillionLevels();
    void members();
    void membersAreTheTopLevelOnly();
    void membersOfWhatIsNoObject_data();
    void membersOfWhatIsNoObject();
    void elements();
    void elementsOfWhatIsNoArray_data();
    void elementsOfWhatIsNoArray();
    void manyElements();
    void find();
    void kindOf_data();
    void kindOf();
    void unescape_data();
    void unescape();
    void unescapeNeverReadsPastTheEnd();
    void quoted_data();
    void quoted();
    void quotedAndUnescapedIsTheSame();
    void toUnsigned_data();
    void toUnsigned();
};

void JsonTest::good_data()
{
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char *name, std::string_view text) {
        QTest::newRow(name) << bytesOf(text);
    };
    row("an empty object", "{}");
    row("an empty array", "[]");
    row("empty containers with white space inside", "{ \t}");
    row("an empty array with line ends inside", "[\r\n]");
    row("white space of all four kinds around", " \t\r\n{} \n\r\t");
    row("a number alone", "0");
    row("a string alone", R"("a")");
    row("an empty string", R"("")");
    row("true alone", "true");
    row("false alone", "false");
    row("null alone", "null");
    row("minus zero", "-0");
    row("a fraction", "0.000");
    row("an exponent with plus", "1e+1");
    row("an exponent with minus", "1E-01");
    row("an exponent that no double holds", "1e999999999");
    row("a number of a hundred digits",
        "1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890");
    row("a fraction with an exponent", "-12.5e10");
    row("every short escape", R"("\"\\\/\b\f\n\r\t")");
    row("an escape in hex of both cases", R"("\u00Ff\uABCD\uabcd")");
    row("an escaped NUL", R"("a\u0000b")");
    row("an escaped pair", R"("\ud83d\ude00")");
    row("the first and the last pair", R"("\uD800\uDC00\uDBFF\uDFFF")");
    row("the neighbours of the surrogates", R"("\ud7ff\ue000")");
    row("DEL, which is no control character to JSON", "\"\x7f\"");
    row("UTF-8 of two bytes, smallest and largest", "\"\xc2\x80\xdf\xbf\"");
    row("UTF-8 of three bytes, smallest and largest", "\"\xe0\xa0\x80\xef\xbf\xbf\"");
    row("UTF-8 below and above the surrogates", "\"\xed\x9f\xbf\xee\x80\x80\"");
    row("UTF-8 of four bytes, smallest and largest", "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"");
    row("UTF-8 in a member name", "{\"\xc3\xa9\":1}");
    row("an empty member name", R"({"":1})");
    row("the same member twice", R"({"a":1,"a":2})");
    row("white space wherever it may stand", " { \"a\" : [ 1 , 2 ] , \"b\" : { } } ");
    row("arrays in arrays", "[[],[[]],[[],[]]]");
    row("objects in objects", R"({"a":{"b":{"c":{}}}})");
    row("64 levels, where the stack grows", std::string(64, '[') + std::string(64, ']'));
    row("65 levels, where the stack has grown", std::string(65, '[') + std::string(65, ']'));
    row("objects and arrays by turns, 130 levels", [] {
        std::string text;
        for (int i = 0; i < 65; ++i)
            text += R"([{"a":)";
        text += "1";
        for (int i = 0; i < 65; ++i)
            text += "}]";
        return text;
    }());
    row("the sample document", kSample);
}

void JsonTest::good()
{
    QFETCH(QByteArray, text);
    const Status valid = json::validate(viewOf(text));
    QVERIFY2(valid, valid ? "" : qPrintable(valid.error().message));
}

void JsonTest::bad_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("offset");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char *name, std::string_view text, int offset, const char *reason) {
        QTest::newRow(name) << bytesOf(text) << offset << QString::fromUtf8(reason);
    };
    row("nothing", "", 0, "the text is empty");
    row("white space only", " \n", 2, "the text is empty");
    row("a byte order mark", "\xef\xbb\xbf{}", 0, "a value was expected");
    row("a form feed is no white space", "\f{}", 0, "a value was expected");
    row("a no-break space is no white space", "{}\xc2\xa0", 2, "behind the value");
    row("a NUL behind the value", "{}\0"sv, 2, "behind the value");
    row("two values", "{} {}", 3, "behind the value");
    row("two numbers", "1 2", 2, "behind the value");
    row("a closing bracket too many", "[]]", 2, "behind the value");
    row("a comma behind the value", "{},", 2, "behind the value");
    row("a comment", "/* */ {}", 0, "a value was expected");
    row("an open array", "[", 1, "where a value should be");
    row("an open object", "{", 1, "a member name");
    row("an array that ends behind a value", "[1", 2, "inside an object or array");
    row("an array that ends behind a comma", "[1,", 3, "where a value should be");
    row("an object that ends behind a colon", R"({"a":)", 5, "where a value should be");
    row("an object that ends behind a name", R"({"a")", 4, "a colon");
    row("an object that ends behind a comma", R"({"a":1,)", 7, "a member name");
    row("the wrong bracket closes an array", "[1}", 2, "a comma or the closing bracket");
    row("the wrong bracket closes an object", R"({"a":1])", 6, "a comma or the closing bracket");
    row("the wrong bracket closes an empty array", "[}", 1, "a value was expected");
    row("the wrong bracket closes an empty object", "{]", 1, "a member name");
    row("a bracket of the level below", R"([{"a":1]})", 7, "a comma or the closing bracket");
    row("a comma behind the last element", "[1,]", 3, "a value was expected");
    row("a comma behind the last member", R"({"a":1,})", 7, "a member name");
    row("a comma before the first element", "[,1]", 1, "a value was expected");
    row("two commas", "[1,,2]", 3, "a value was expected");
    row("no comma between elements", "[1 2]", 3, "a comma or the closing bracket");
    row("a colon in an array", R"(["a":1])", 4, "a comma or the closing bracket");
    row("no colon", R"({"a" 1})", 5, "a colon");
    row("two colons", R"({"a"::1})", 5, "a value was expected");
    row("a name without quotes", "{a:1}", 1, "a member name");
    row("a number as a name", "{1:1}", 1, "a member name");
    row("single quotes", "{'a':1}", 1, "a member name");
    row("a name without a value", R"({"a":})", 5, "a value was expected");
    row("True", "True", 0, "a value was expected");
    row("tru", "tru", 0, "an unknown word");
    row("trua", "trua", 0, "an unknown word");
    row("nul", "[nul]", 1, "an unknown word");
    row("fals", "fals", 0, "an unknown word");
    row("truex", "truex", 4, "behind the value");
    row("NaN", "NaN", 0, "a value was expected");
    row("Infinity", "[-Infinity]", 2, "a value was expected");
    row("undefined", "undefined", 0, "a value was expected");
    row("a plus sign", "+1", 0, "a value was expected");
    row("a minus sign alone", "-", 1, "a value was expected");
    row("two minus signs", "--1", 1, "a value was expected");
    row("a leading zero", "01", 1, "behind the value");
    row("a leading zero in an array", "[-01]", 3, "a comma or the closing bracket");
    row("a point first", ".5", 0, "a value was expected");
    row("a point last", "5.", 2, "no digits behind its point");
    row("a point before an exponent", "5.e1", 2, "no digits behind its point");
    row("an exponent without digits", "5e", 2, "no digits in its exponent");
    row("an exponent with a sign only", "5e+", 3, "no digits in its exponent");
    row("an exponent with a point", "5e1.5", 3, "behind the value");
    row("a hexadecimal number", "0x10", 1, "behind the value");
    row("a string that is not closed", R"("abc)", 4, "not closed");
    row("a string whose closing quote is escaped", R"("abc\")", 6, "not closed");
    row("a string that ends in a backslash", R"("\)", 1, "not closed");
    row("an unknown escape", R"("\x41")", 1, "an unknown escape");
    row("an escaped quote of the other kind", R"("\'")", 1, "an unknown escape");
    row("a backslash before a NUL", "\"\\\0\""sv, 1, "an unknown escape");
    row("an upper case escape", R"("\U0041")", 1, "an unknown escape");
    row("three hex digits", R"("\u004")", 1, "four hex digits");
    row("a letter that is no hex digit", R"("\u00g0")", 1, "four hex digits");
    row("an escape that the end cuts", R"("\u00)", 1, "four hex digits");
    row("the first half of a pair alone", R"("\ud800")", 7, "half a surrogate");
    row("the first half before a letter", R"("\ud800abcdef")", 7, "half a surrogate");
    row("the first half before another escape", R"("\ud800\n12345")", 7, "half a surrogate");
    row("the first half twice", R"("\ud800\ud800")", 7, "half a surrogate");
    row("the first half before an ordinary escape", R"("\udbff\u0041")", 7, "half a surrogate");
    row("the first half before a bad escape", R"("\udbff\udczz")", 7, "half a surrogate");
    row("the second half alone", R"("\udc00")", 1, "half a surrogate");
    row("the second half first", R"("\udfff\ud800")", 1, "half a surrogate");
    row("a line end in a string", "\"a\nb\"", 2, "a control character");
    row("a tab in a string", "\"\t\"", 1, "a control character");
    row("a NUL in a string", "\"\0\""sv, 1, "a control character");
    row("0x1f in a member name", "{\"\x1f\":1}", 2, "a control character");
    row("a continuation byte alone", "\"\x80\"", 1, "valid UTF-8");
    row("overlong, two bytes", "\"\xc0\x80\"", 1, "valid UTF-8");
    row("overlong slash, two bytes", "\"\xc1\xaf\"", 1, "valid UTF-8");
    row("overlong, three bytes", "\"\xe0\x9f\xbf\"", 1, "valid UTF-8");
    row("overlong, four bytes", "\"\xf0\x8f\xbf\xbf\"", 1, "valid UTF-8");
    row("a surrogate in UTF-8, first half", "\"\xed\xa0\x80\"", 1, "valid UTF-8");
    row("a surrogate in UTF-8, second half", "\"\xed\xbf\xbf\"", 1, "valid UTF-8");
    row("above U+10FFFF", "\"\xf4\x90\x80\x80\"", 1, "valid UTF-8");
    row("five bytes", "\"\xf8\x88\x80\x80\x80\"", 1, "valid UTF-8");
    row("0xff", "\"\xff\"", 1, "valid UTF-8");
    row("two bytes, the second missing", "\"\xc3\"", 1, "valid UTF-8");
    row("three bytes, the third missing", "\"\xe2\x82\"", 1, "valid UTF-8");
    row("four bytes, the fourth missing", "\"\xf0\x9f\x98\"", 1, "valid UTF-8");
    row("three bytes, cut by the end", "\"\xe2\x82", 1, "valid UTF-8");
    row("bad UTF-8 outside strings", "\xc3\xa9", 0, "a value was expected");
    row("bad UTF-8 in a member name", "{\"\xff\":1}", 2, "valid UTF-8");
}

void JsonTest::bad()
{
    QFETCH(QByteArray, text);
    QFETCH(int, offset);
    QFETCH(QString, reason);
    const Status valid = json::validate(viewOf(text));
    QVERIFY(!valid);
    QCOMPARE(valid.error().kind, ErrorKind::Protocol);
    const QString message = valid.error().message;
    QVERIFY2(
        message.startsWith(QStringLiteral("The JSON text is malformed at byte %1: ").arg(offset)),
        qPrintable(message));
    QVERIFY2(message.contains(reason) && message.endsWith(u'.'), qPrintable(message));
}

void JsonTest::everyPrefixIsRefused()
{
    const size_t whole = kSample.rfind('}') + 1; // the line end behind it may go
    for (size_t length = 0; length < whole; ++length) {
        // A copy of exactly that size: the sanitizers see a read behind the end.
        const std::vector<char> cut(kSample.begin(),
                                    kSample.begin() + static_cast<std::ptrdiff_t>(length));
        QVERIFY2(!json::validate({cut.data(), cut.size()}), qPrintable(QString::number(length)));
    }
    QVERIFY(json::validate(kSample.substr(0, whole)));
}

void JsonTest::everyFlippedBitIsJudgedLikeSimdjson()
{
    simdjson::dom::parser parser;
    for (size_t i = 0; i < kSample.size() * 8; ++i) {
        std::string text(kSample);
        text[i / 8] = static_cast<char>(static_cast<unsigned char>(text[i / 8]) ^ (1U << (i % 8)));
        const Verdict other = verdictOfSimdjson(parser, text);
        if (other == Verdict::Incomparable || hasLoneSecondHalf(text)) {
            static_cast<void>(json::validate(text));
            continue;
        }
        QVERIFY2(bool(json::validate(text)) == (other == Verdict::Good), text.c_str());
    }
}

void JsonTest::randomTextsAreJudgedLikeSimdjson()
{
    simdjson::dom::parser parser;
    int good = 0;
    int bad = 0;
    for (unsigned seed = 1; seed <= 20000; ++seed) {
        RandomText random(seed);
        std::string text = random.value(4);
        for (unsigned changes = random.below(4); changes > 0; --changes)
            random.mutate(text);
        const Verdict other = verdictOfSimdjson(parser, text);
        const bool ours = bool(json::validate(text));
        if (other == Verdict::Incomparable || hasLoneSecondHalf(text))
            continue;
        ++(ours ? good : bad);
        QVERIFY2(ours == (other == Verdict::Good), (std::to_string(seed) + ": " + text).c_str());
    }
    QVERIFY(good > 4000);
    QVERIFY(bad > 4000);
}

void JsonTest::aMillionLevels()
{
    constexpr size_t levels = 1'000'000;
    std::string text = std::string(levels, '[') + std::string(levels, ']');
    QVERIFY(json::validate(text));
    const auto elements = json::elements(text);
    QVERIFY(elements);
    QCOMPARE(elements->size(), size_t{1});
    QCOMPARE(elements->front().size(), 2 * levels - 2);
    text.pop_back();
    QVERIFY(!json::validate(text));
    text[text.size() - 1] = '}';
    QVERIFY(!json::validate(text));

    std::string objects;
    for (size_t i = 0; i < levels; ++i)
        objects += R"({"a":)";
    objects += "0" + std::string(levels, '}');
    QVERIFY(json::validate(objects));
}

void JsonTest::members()
{
    const auto members = json::members(kSample);
    QVERIFY(members);
    const std::vector<std::pair<std::string_view, std::string_view>> expected = {
        {"_id", R"("sampl\u00e9\ud83d\ude00/\"q\"")"},
        {"_rev", R"("3-0f1e")"},
        {"n", "[0,-0,1.50,-2.5e+10,12E-3,12345678901234567890123]"},
        {"t", "true"},
        {"f", "false"},
        {"z", "null"},
        {"e", "{}"},
        {"a", "[ ]"},
        {"deep", R"([[{"x":[1]}]])"},
        {"utf8", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\""},
        {"", R"("\b\f\n\r\t\/\\")"},
    };
    QCOMPARE(members->size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
        QCOMPARE(bytesOf((*members)[i].key), bytesOf(expected[i].first));
        QCOMPARE(bytesOf((*members)[i].value), bytesOf(expected[i].second));
        QVERIFY((*members)[i].value.data() >= kSample.data()); // a view into the text, not a copy
        QVERIFY((*members)[i].value.data() < kSample.data() + kSample.size());
    }
}

void JsonTest::membersAreTheTopLevelOnly()
{
    const auto members =
        json::members(R"( {"a" : {"b":1,"c":{"d":2}} , "a" : 1.0 , "k\"":[{"x":1},{"y":2}]} )");
    QVERIFY(members);
    QCOMPARE(members->size(), size_t{3});
    QCOMPARE(bytesOf((*members)[0].value), bytesOf(R"({"b":1,"c":{"d":2}})"));
    QCOMPARE(bytesOf((*members)[1].value), bytesOf("1.0"));
    QCOMPARE(bytesOf((*members)[2].key), bytesOf(R"(k\")"));
    QCOMPARE(bytesOf((*members)[2].value), bytesOf(R"([{"x":1},{"y":2}])"));
    const auto none = json::members(" { } ");
    QVERIFY(none && none->empty());
}

void JsonTest::membersOfWhatIsNoObject_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char *text :
         {"[]", "1", "\"{}\"", "null", "", " ", "{\"a\":1} x", "{\"a\":{\"b\":01}}"})
        QTest::newRow(text) << QByteArray(text);
}

void JsonTest::membersOfWhatIsNoObject()
{
    QFETCH(QByteArray, text);
    const auto members = json::members(viewOf(text));
    QVERIFY(!members);
    QCOMPARE(members.error().kind, ErrorKind::Protocol);
}

void JsonTest::elements()
{
    const auto elements =
        json::elements(" [ 1.0 ,\"a,]\" , [2,[3]] ,{\"b\":[4]},\ttrue , {} , []\n] ");
    QVERIFY(elements);
    const std::vector<std::string_view> expected = {"1.0",  "\"a,]\"", "[2,[3]]", "{\"b\":[4]}",
                                                    "true", "{}",      "[]"};
    QVERIFY(*elements == expected);
    const auto none = json::elements("[ ]");
    QVERIFY(none && none->empty());
}

void JsonTest::elementsOfWhatIsNoArray_data()
{
    QTest::addColumn<QByteArray>("text");
    for (const char *text : {"{}", "1", "\"[]\"", "", "[1", "[1]]", "[1 2]", "[[1,]]"})
        QTest::newRow(text) << QByteArray(text);
}

void JsonTest::elementsOfWhatIsNoArray()
{
    QFETCH(QByteArray, text);
    const auto elements = json::elements(viewOf(text));
    QVERIFY(!elements);
    QCOMPARE(elements.error().kind, ErrorKind::Protocol);
}

void JsonTest::manyElements()
{
    std::string text = "[";
    for (int i = 0; i < 100'000; ++i)
        text += std::to_string(i) + ",";
    text.back() = ']';
    const auto elements = json::elements(text);
    QVERIFY(elements);
    QCOMPARE(elements->size(), size_t{100'000});
    QCOMPARE(bytesOf(elements->at(77'777)), QByteArray("77777"));
}

void JsonTest::find()
{
    const auto members = json::members(R"({"a":1,"a":2,"\u0062":3,"c\"d":4,"":5})");
    QVERIFY(members);
    const auto found = [&](std::string_view key) {
        return json::find(*members, key).value_or("nothing");
    };
    QCOMPARE(bytesOf(found("a")), QByteArray("1")); // of two, the first
    QCOMPARE(bytesOf(found("b")), QByteArray("3")); // an escaped name is the same name
    QCOMPARE(bytesOf(found("c\"d")), QByteArray("4"));
    QCOMPARE(bytesOf(found("")), QByteArray("5"));
    QCOMPARE(bytesOf(found("A")), QByteArray("nothing"));
    QVERIFY(!json::find({}, "a"));
}

void JsonTest::kindOf_data()
{
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<int>("kind");
    const auto row = [](const char *value, json::Kind kind) {
        QTest::newRow(value) << QByteArray(value) << static_cast<int>(kind);
    };
    row("{}", json::Kind::Object);
    row("[1]", json::Kind::Array);
    row("\"1\"", json::Kind::String);
    row("0", json::Kind::Number);
    row("9", json::Kind::Number);
    row("-1", json::Kind::Number);
    row("true", json::Kind::True);
    row("false", json::Kind::False);
    row("null", json::Kind::Null);
    for (const char *none : {"", " 1", "+1", "N", "\xc3", "}"})
        QTest::newRow(qPrintable(QStringLiteral("none: ") + QString::fromLatin1(none)))
            << QByteArray(none) << -1;
}

void JsonTest::kindOf()
{
    QFETCH(QByteArray, value);
    QFETCH(int, kind);
    const auto found = json::kindOf(viewOf(value));
    QCOMPARE(found ? static_cast<int>(*found) : -1, kind);
}

void JsonTest::unescape_data()
{
    QTest::addColumn<QByteArray>("raw");
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char *name, std::string_view raw, std::string_view text) {
        QTest::newRow(name) << bytesOf(raw) << bytesOf(text);
    };
    row("without quotes", "abc", "abc");
    row("with quotes", R"("abc")", "abc");
    row("empty", "", "");
    row("empty with quotes", R"("")", "");
    row("short escapes", R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t");
    row("one byte", R"(\u0041)", "A");
    row("NUL", R"("a\u0000b")", "a\0b"sv);
    row("two bytes", R"(\u00e9\u07FF)", "\xc3\xa9\xdf\xbf");
    row("three bytes", R"(\u0800\u20AC\uffff)", "\xe0\xa0\x80\xe2\x82\xac\xef\xbf\xbf");
    row("pairs", R"(\ud83d\ude00\ud800\udc00\uDBFF\uDFFF)",
        "\xf0\x9f\x98\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
    row("an escape behind a pair", R"("\ud83d\ude00\n")", "\xf0\x9f\x98\x80\n");
    row("UTF-8 stays", "\"\xc3\xa9\\n\"", "\xc3\xa9\n");
    row("an escaped backslash before a u", R"(\\u0041)", R"(\u0041)");
    row("escaped quotes at both ends, without quotes around", R"(\"a\")", "\"a\"");
}

void JsonTest::unescape()
{
    QFETCH(QByteArray, raw);
    QFETCH(QByteArray, text);
    QVERIFY(
        json::validate(raw.startsWith('"') ? raw.toStdString() : '"' + raw.toStdString() + '"'));
    QCOMPARE(bytesOf(json::unescape(viewOf(raw))), text);
}

void JsonTest::unescapeNeverReadsPastTheEnd()
{
    const std::string text = R"("a\ud83d\ude00\u00e9\n\")";
    for (size_t from = 0; from < text.size(); ++from) {
        for (size_t length = 0; length <= text.size() - from; ++length) {
            const std::vector<char> piece(text.begin() + static_cast<std::ptrdiff_t>(from),
                                          text.begin()
                                              + static_cast<std::ptrdiff_t>(from + length));
            QVERIFY(json::unescape({piece.data(), piece.size()}).size() <= text.size() + 4);
        }
    }
}

void JsonTest::quoted_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *name, std::string_view text, std::string_view expected) {
        QTest::newRow(name) << bytesOf(text) << bytesOf(expected);
    };
    row("empty", "", R"("")");
    row("plain", "a/b", R"("a/b")");
    row("quote and backslash", R"(a"b\c)", R"("a\"b\\c")");
    row("named controls", "\b\t\n\f\r", R"("\b\t\n\f\r")");
    row("other controls", "\0\x01\x0b\x1f"sv, R"("\u0000\u0001\u000b\u001f")");
    row("DEL and UTF-8 as they are", "\x7f\xc3\xa9\xf0\x9f\x98\x80",
        "\"\x7f\xc3\xa9\xf0\x9f\x98\x80\"");
    row("line separators as JSON.stringify leaves them", "\xe2\x80\xa8", "\"\xe2\x80\xa8\"");
}

void JsonTest::quoted()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, expected);
    QCOMPARE(bytesOf(json::quoted(viewOf(text))), expected);
    std::string appended = "x";
    json::appendQuoted(appended, viewOf(text));
    QCOMPARE(bytesOf(appended), "x" + expected);
}

void JsonTest::quotedAndUnescapedIsTheSame()
{
    std::string text;
    for (int c = 0; c < 0x80; ++c)
        text += static_cast<char>(c);
    const std::string quoted = json::quoted(text);
    QVERIFY(json::validate(quoted));
    QCOMPARE(bytesOf(json::unescape(quoted)), bytesOf(text));
}

void JsonTest::toUnsigned_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("isNumber");
    QTest::addColumn<quint64>("number");
    const auto good = [](const char *text, quint64 number) {
        QTest::newRow(text) << QByteArray(text) << true << number;
    };
    good("0", 0);
    good("7", 7);
    good("4294967296", 4294967296ULL);
    good("9007199254740993", 9007199254740993ULL);
    good("9223372036854775807", 9223372036854775807ULL);
    good("0000000000000042", 42); // keys of the by-sequence store are padded
    for (const char *text :
         {"", "-1", "+1", "1.0", "1e3", " 1", "1 ", "9223372036854775808", "18446744073709551616",
          "99999999999999999999", "0x10", "1_000", "\"1\"", "null"})
        QTest::newRow(qPrintable(QStringLiteral("none: ") + QString::fromLatin1(text)))
            << QByteArray(text) << false << quint64{0};
}

void JsonTest::toUnsigned()
{
    QFETCH(QByteArray, text);
    QFETCH(bool, isNumber);
    QFETCH(quint64, number);
    const auto found = json::toUnsigned(viewOf(text));
    QCOMPARE(found.has_value(), isNumber);
    QCOMPARE(quint64{found.value_or(0)}, number);
}

QTEST_GUILESS_MAIN(JsonTest)

#include "json_test.moc"
