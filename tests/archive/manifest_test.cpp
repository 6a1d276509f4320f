#include "core/archive/manifest.h"
#include "core/base/file.h"
#include "core/base/json.h"

#include <QDirIterator>
#include <QElapsedTimer>
#include <QFile>
#include <QRegularExpression>
#include <QTest>

#include <map>
#include <set>

using archive::Manifest;
using archive::ManifestDatabase;
using archive::Omission;
using namespace Qt::StringLiterals;
namespace json = base::json;

namespace {

ManifestDatabase database(const std::string &name)
{
    ManifestDatabase entry;
    entry.name = name;
    entry.directory = name;
    entry.contentFrom = "source";
    entry.instanceStartTime = "1732388400";
    entry.updateSeq = "\"5-g1AAAACbeJz\"";
    entry.purgeSeq = "0";
    entry.security = R"({ "admins":{"roles":["_admin"]}, "x":1.0, "y":12345678901234567890 })";
    entry.revsLimit = 1000;
    entry.props = R"({"partitioned":true})";
    entry.documents = 1;
    entry.deleted = 2;
    entry.leaves = 3;
    entry.conflicted = 4;
    entry.attachments = 5;
    entry.attachmentBytes = std::uint64_t{1} << 60;
    entry.leafSet = std::string(64, 'a');
    entry.leafSetBuckets = {{0, std::string(64, 'b')}, {255, std::string(64, 'c')}};
    entry.contentHash = std::string(64, 'd');
    entry.startedAt = "2026-11-23T03:00:00.000Z";
    entry.finishedAt = "2026-11-23T03:00:01.000Z";
    entry.comparedAt = "2026-11-23T03:00:02.000Z";
    entry.bodiesCompared = 6;
    entry.changedDuringRun = true;
    entry.reused = true;
    entry.omissions = {
        {"revision-missing", "id \"with\" quotes\n", "1-abc", "a/b.png", "It is gone."}};
    return entry;
}

Manifest fullManifest()
{
    Manifest manifest;
    manifest.tool = "focus-monitor 0.1.0";
    manifest.runId = "9f0b7d4a-0000-4000-8000-000000000000";
    manifest.startedAt = "2026-11-23T03:00:00.000Z";
    manifest.finishedAt = "2026-11-23T03:10:00.000Z";
    manifest.server = "https://focus.example";
    manifest.serverUuid = "85fb71bf700c17267fef77535820e371";
    manifest.serverVersion = "3.5.0";
    manifest.serverVendor = "The Apache Software Foundation";
    manifest.reuseRound = 13;
    manifest.fallbacks = {"no _bulk_get"};
    manifest.appeared = {"new"};
    manifest.vanished = {"gone"};
    manifest.omissions = {
        {"users-unreadable", std::nullopt, std::nullopt, std::nullopt, "Forbidden."}};
    manifest.databases = {database("a"), database(std::string("\xc3\xa9\0z", 4))};
    return manifest;
}

} // namespace

namespace {

/// The fields that docs/archive-format.md lists behind `<!-- fields: what -->`, with their types.
std::map<QString, QString> documentedFields(const QString &what)
{
    QFile page(QStringLiteral(FM_SOURCE_DIR "/docs/archive-format.md"));
    if (!page.open(QIODevice::ReadOnly))
        return {};
    const QString text = QString::fromUtf8(page.readAll());
    const QString mark = u"<!-- fields: %1 -->"_s.arg(what);
    const qsizetype begin = text.indexOf(mark);
    const QString table =
        begin < 0 ? QString() : text.mid(begin, text.indexOf(u"\n\n"_s, begin) - begin);
    static const QRegularExpression row(u"^\\| `(\\w+)` \\| ([^|]+) \\|"_s,
                                        QRegularExpression::MultilineOption);
    std::map<QString, QString> fields;
    for (auto match = row.globalMatch(table); match.hasNext();) {
        const auto found = match.next();
        fields[found.captured(1)] = found.captured(2).trimmed();
    }
    return fields;
}

bool hasType(std::string_view value, const QString &type)
{
    switch (*json::kindOf(value)) {
    case json::Kind::Object: return type.startsWith(u"object"_s) || type.startsWith(u"JSON"_s);
    case json::Kind::Array: return type.startsWith(u"array"_s) || type.startsWith(u"JSON"_s);
    case json::Kind::String: return type.startsWith(u"string"_s) || type.startsWith(u"JSON"_s);
    case json::Kind::Number: return type.startsWith(u"number"_s) || type.startsWith(u"JSON"_s);
    case json::Kind::True:
    case json::Kind::False: return type.startsWith(u"boolean"_s);
    case json::Kind::Null: return type.endsWith(u"or null"_s);
    }
    return false;
}

/// What is wrong between an object and its documentation; empty when nothing is.
QString documentationFault(std::string_view object, const QString &what)
{
    std::map<QString, QString> documented = documentedFields(what);
    const auto members = json::members(object);
    if (!members || documented.empty())
        return u"nothing to compare for "_s + what;
    for (const json::Member &member : *members) {
        const QString key =
            QString::fromUtf8(member.key.data(), static_cast<qsizetype>(member.key.size()));
        const auto field = documented.find(key);
        if (field == documented.end())
            return u"not documented: "_s + key;
        if (!hasType(member.value, field->second))
            return u"documented with another type: "_s + key;
        documented.erase(field);
    }
    for (const auto &[key, type] : documented) {
        if (!type.contains(u"optional"_s))
            return u"documented, but not written: "_s + key;
    }
    return {};
}

std::string_view firstOf(std::string_view object, std::string_view arrayField)
{
    return json::elements(*json::find(*json::members(object), arrayField))->front();
}

std::string replaced(std::string text, std::string_view from, std::string_view to)
{
    const size_t at = text.find(from);
    return at == std::string::npos ? std::string() : text.replace(at, from.size(), to);
}

} // namespace

class ManifestTest : public QObject
{
    Q_OBJECT
private slots:
    void comesBackAsItWas();
    void jsonOfTheServerComesBackByteForByte();
    void everyFieldIsDocumented();
    void everyFindingIsDocumented();
    void whatIsWrongIsNamed_data();
    void whatIsWrongIsNamed();
    void unknownFieldsArePassedOver();
    void formatComesBack();
    void thousandsOfDatabasesAreFast();
};

void ManifestTest::comesBackAsItWas()
{
    const Manifest manifest = fullManifest();
    const auto decoded = archive::decodeManifest(archive::encodeManifest(manifest));
    QVERIFY2(decoded, decoded ? "" : qPrintable(decoded.error().message));
    QVERIFY(*decoded == manifest);
    QVERIFY(!decoded->isComplete());

    Manifest empty;
    const auto decodedEmpty = archive::decodeManifest(archive::encodeManifest(empty));
    QVERIFY(decodedEmpty && *decodedEmpty == empty);
    QVERIFY(decodedEmpty->isComplete());
    empty.databases.push_back({});
    const auto decodedBlank = archive::decodeManifest(archive::encodeManifest(empty));
    QVERIFY(decodedBlank && *decodedBlank == empty);
    // In the archive, only not where PouchDB finds it.
    empty.databases.back().omissions = {{"pouch-unreadable", "doc", "1-a", "file", "It is large."}};
    QVERIFY(empty.isComplete());
    empty.databases.back().omissions.push_back({"attachment-unreadable", {}, {}, {}, "It is cut."});
    QVERIFY(!empty.isComplete());
    QVERIFY(!decodedBlank->databases.front().revsLimit);
}

void ManifestTest::jsonOfTheServerComesBackByteForByte()
{
    for (const char *text :
         {"{}", "{ \"a\" : 1.0,\n\t\"b\":1e400 }", "{\"\\u00e9\":\"\\/\"}", "{\"n\":-0.0}"}) {
        Manifest manifest = fullManifest();
        manifest.databases[0].security = text;
        manifest.databases[0].props = text;
        const auto decoded = archive::decodeManifest(archive::encodeManifest(manifest));
        QVERIFY(decoded);
        QCOMPARE(decoded->databases[0].security, std::string(text));
        QCOMPARE(decoded->databases[0].props, std::string(text));
    }
    for (const char *text : {"12345678901234567890123", "\"5-x\\u0041\"", "[1, \"x\"]"}) {
        Manifest manifest = fullManifest();
        manifest.databases[0].updateSeq = text;
        manifest.databases[0].purgeSeq = text;
        const auto decoded = archive::decodeManifest(archive::encodeManifest(manifest));
        QVERIFY(decoded);
        QCOMPARE(decoded->databases[0].updateSeq, std::string(text));
        QCOMPARE(decoded->databases[0].purgeSeq, std::string(text));
    }
}

void ManifestTest::everyFieldIsDocumented()
{
    const std::string text = archive::encodeManifest(fullManifest());
    QCOMPARE(documentationFault(text, u"manifest"_s), QString());
    const std::string_view first = firstOf(text, "databases");
    QCOMPARE(documentationFault(first, u"database"_s), QString());
    QCOMPARE(documentationFault(firstOf(first, "omissions"), u"omission"_s), QString());
    QCOMPARE(documentationFault(firstOf(text, "omissions"), u"omission"_s), QString());
    QCOMPARE(documentationFault(archive::encodeFormat("id", "time", "tool"), u"format"_s),
             QString());
    Manifest blank;
    blank.databases.emplace_back();
    QCOMPARE(
        documentationFault(firstOf(archive::encodeManifest(blank), "databases"), u"database"_s),
        QString());
}

/// Codes in the page's table and codes in the sources are the same.
void ManifestTest::everyFindingIsDocumented()
{
    QFile page(QStringLiteral(FM_SOURCE_DIR "/docs/archive-format.md"));
    QVERIFY(page.open(QIODevice::ReadOnly));
    const QString text = QString::fromUtf8(page.readAll());
    const QString table = text.mid(text.indexOf(u"<!-- codes -->"_s)).section(u"\n\n"_s, 0, 0);
    std::set<QString> documented;
    static const QRegularExpression code(u"`([a-z]+(?:-[a-z]+)*)`"_s);
    const QStringList rows = table.split(u'\n');
    for (const QString &row : rows) {
        for (auto match = code.globalMatch(row.section(u'|', 1, 1)); match.hasNext();)
            documented.insert(match.next().captured(1));
    }
    std::set<QString> used;
    static const QRegularExpression literal(
        uR"re("((?:member|gzip|chunk|file|tar|toc|cut|format|database|refused|container|zip|ignored|more)(?:-[a-z]+)*)")re"_s);
    for (QDirIterator at(QStringLiteral(FM_SOURCE_DIR "/core/archive"), {u"*.cpp"_s});
         at.hasNext();) {
        QFile source(at.next());
        if (source.fileName().endsWith(u"/toc.cpp"_s)
            || source.fileName().endsWith(u"/manifest.cpp"_s))
            continue; // words of the formats
        QVERIFY(source.open(QIODevice::ReadOnly));
        const QString content = QString::fromUtf8(source.readAll());
        for (auto match = literal.globalMatch(content); match.hasNext();)
            used.insert(match.next().captured(1));
    }
    for (const QString &one : used)
        QVERIFY2(documented.contains(one), qPrintable(one));
    for (const QString &one : documented)
        QVERIFY2(used.contains(one), qPrintable(one));
}

void ManifestTest::whatIsWrongIsNamed_data()
{
    QTest::addColumn<QString>("from");
    QTest::addColumn<QString>("to");
    QTest::addColumn<QString>("named");
    QTest::newRow("a field is missing") << u"\"run_id\":"_s << u"\"run\":"_s << u"run_id"_s;
    QTest::newRow("a text is a number")
        << u"\"tool\":\"focus-monitor 0.1.0\""_s << u"\"tool\":1"_s << u"tool"_s;
    QTest::newRow("a count is negative")
        << u"\"documents\":1"_s << u"\"documents\":-1"_s << u"documents"_s;
    QTest::newRow("a count has a fraction")
        << u"\"leaves\":3"_s << u"\"leaves\":3.5"_s << u"leaves"_s;
    QTest::newRow("a count is a text")
        << u"\"deleted\":2"_s << u"\"deleted\":\"2\""_s << u"deleted"_s;
    QTest::newRow("security is a text")
        << u"\"props\":{\"partitioned\":true}"_s << u"\"props\":\"x\""_s << u"props"_s;
    QTest::newRow("a bucket is out of range") << u"\"255\":"_s << u"\"256\":"_s << u"bucket"_s;
    QTest::newRow("a list holds a number") << u"[\"new\"]"_s << u"[1]"_s << u"appeared"_s;
    QTest::newRow("another program's")
        << u"focus-monitor-backup"_s << u"other-backup"_s << u"focus-monitor"_s;
    QTest::newRow("complete, but with omissions")
        << u"\"complete\":false"_s << u"\"complete\":true"_s << u"complete"_s;
    QTest::newRow("no JSON at all") << u"{"_s << u"<"_s << u"manifest"_s;
    QTest::newRow("a database is a text")
        << u"\"databases\":["_s << u"\"databases\":[\"x\","_s << u"database number 1"_s;
    QTest::newRow("an omission is a number")
        << u"\"omissions\":["_s << u"\"omissions\":[1,"_s << u"omission"_s;
}

void ManifestTest::whatIsWrongIsNamed()
{
    QFETCH(QString, from);
    QFETCH(QString, to);
    QFETCH(QString, named);
    const std::string text =
        replaced(archive::encodeManifest(fullManifest()), from.toStdString(), to.toStdString());
    QVERIFY(!text.empty());
    const auto decoded = archive::decodeManifest(text);
    QVERIFY(!decoded);
    QCOMPARE(decoded.error().kind, base::ErrorKind::Corrupt);
    QVERIFY2(decoded.error().message.contains(named), qPrintable(decoded.error().message));
}

void ManifestTest::unknownFieldsArePassedOver()
{
    const Manifest manifest = fullManifest();
    std::string text = replaced(archive::encodeManifest(manifest), "\"name\":\"a\"",
                                "\"new_field\":[{\"x\":null}],\"name\":\"a\"");
    text = replaced(text, "\"tool\":", "\"more\":{},\"tool\":");
    const auto decoded = archive::decodeManifest(text);
    QVERIFY(decoded && *decoded == manifest);
}

void ManifestTest::formatComesBack()
{
    const auto format = archive::decodeFormat(
        archive::encodeFormat("run \"1\"", "2026-11-23T03:00:00.000Z", "focus-monitor 0.1.0"));
    QVERIFY(format);
    QVERIFY((*format
             == archive::Format{archive::kFormatVersion, "run \"1\"", "2026-11-23T03:00:00.000Z",
                                "focus-monitor 0.1.0"}));
    QVERIFY(!archive::decodeFormat(
        "{\"format\":\"other\",\"version\":1,\"run_id\":\"\",\"started_at\":\"\",\"tool\":\"\"}"));
    QVERIFY(!archive::decodeFormat("[]"));
}

void ManifestTest::thousandsOfDatabasesAreFast()
{
    Manifest manifest = fullManifest();
    for (int i = 0; i < 5000; ++i)
        manifest.databases.push_back(database("org_" + std::to_string(i)));
    QElapsedTimer timer;
    timer.start();
    const std::string text = archive::encodeManifest(manifest);
    const auto decoded = archive::decodeManifest(text);
    QVERIFY(decoded && *decoded == manifest);
    QVERIFY2(timer.elapsed() < 10'000,
             qPrintable(QString::number(timer.elapsed()))); // about 0.1 s when optimised
}

QTEST_GUILESS_MAIN(ManifestTest)
#include "manifest_test.moc"
