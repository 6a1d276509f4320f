#include "app/ctl/jsonwriter.h"
#include "core/base/json.h"

#include <QRegularExpression>
#include <QTest>

using ctl::JsonWriter;

class JsonWriterTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void commas();
    void values();
    void textIsQuoted();
    void textThatIsNotUtf8();
    void pieces();
};

void JsonWriterTest::commas()
{
    JsonWriter json;
    json.beginObject().member("a", std::uint64_t{1}).key("b").beginArray();
    json.beginObject().endObject().beginObject().member("c", true).endObject();
    json.beginArray().endArray().value("x").value("y").endArray();
    json.key("d").beginObject().endObject().member("e", "z").endObject();
    QCOMPARE(json.text(), std::string(R"({"a":1,"b":[{},{"c":true},[],"x","y"],"d":{},"e":"z"})"));
}

void JsonWriterTest::values()
{
    JsonWriter json;
    json.beginArray()
        .value(std::uint64_t{18446744073709551615ULL})
        .value(false)
        .value(true)
        .value(QStringLiteral("é"));
    json.value(std::string_view("v")).value("chars are text, not a truth").raw("1.50").endArray();
    QCOMPARE(
        json.text(),
        std::string(
            R"([18446744073709551615,false,true,"é","v","chars are text, not a truth",1.50])"));
}

void JsonWriterTest::textIsQuoted()
{
    JsonWriter json;
    json.beginObject().member("a\"b", std::string_view("\0\n\\", 3)).endObject();
    // Not a raw string: moc stumbles over the quotes in one.
    const std::string expected = "{\"a\\\"b\":\"\\u0000\\n\\\\\"}";
    QCOMPARE(json.text(), expected);
}

// A directory of a foreign archive may be called anything; the list of its databases was no JSON
// then.
void JsonWriterTest::textThatIsNotUtf8()
{
    JsonWriter json;
    json.beginObject().member("a\xff", "b\xc3\n").endObject();
    QVERIFY(base::json::validate(json.text()));
    QCOMPARE(json.text(), std::string(R"({"a\\xff":"b\\xc3\\x0a"})"));
}

void JsonWriterTest::pieces()
{
    JsonWriter json;
    std::string whole;
    json.beginArray();
    for (std::uint64_t i = 0; i < 3; ++i) {
        json.value(i);
        whole += json.takeText();
    }
    whole += json.endArray().takeText();
    QCOMPARE(whole, std::string("[0,1,2]"));
}

QTEST_GUILESS_MAIN(JsonWriterTest)

#include "jsonwriter_test.moc"
