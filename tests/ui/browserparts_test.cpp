#include "core/base/json.h"
#include "ui/browser/bodytext.h"
#include "ui/browser/documentmodel.h"
#include "ui/browser/fieldquery.h"
#include "ui/browser/linediff.h"

#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QRegularExpression>
#include <QTest>

#include <random>

using browser::DiffLine;
using browser::DocumentBatch;
using browser::DocumentFilter;
using browser::DocumentModel;
using browser::DocumentRow;
using browser::DocumentTable;
using browser::FieldQuery;

namespace {

std::shared_ptr<const DocumentBatch> batchOf(size_t first, size_t count)
{
    auto batch = std::make_shared<DocumentBatch>();
    for (size_t i = first; i < first + count; ++i) {
        const std::string id = "document:" + std::to_string(1'000'000 + i);
        DocumentRow row;
        row.seq = i + 1;
        row.generation = 1 + i % 9;
        row.idAt = static_cast<std::uint32_t>(batch->ids.size());
        row.idBytes = static_cast<std::uint32_t>(id.size());
        row.liveLeaves = i % 100 == 0 ? 2 : 1;
        row.deleted = i % 10 == 3;
        batch->ids += id;
        batch->rows.push_back(row);
    }
    return batch;
}

} // namespace

class BrowserPartsTest : public QObject
{
    Q_OBJECT
private slots:
    void init() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void fieldQueries_data();
    void fieldQueries();
    void fieldQueriesThatAreNone_data();
    void fieldQueriesThatAreNone();
    void differences_data();
    void differences();
    void differencesAreComplete();
    void masking_data();
    void masking();
    void textFitsTheView();
    void filteredModelFollowsItsTable();
    void aMillionDocuments();
};

void BrowserPartsTest::fieldQueries_data()
{
    QTest::addColumn<QByteArray>("query");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<bool>("expected");
    const auto row = [](const char *name, const char *query, const char *body, bool expected) {
        QTest::newRow(name) << QByteArray(query) << QByteArray(body) << expected;
    };
    row("a text", "type == \"user\"", R"({"type":"user"})", true);
    row("a text without quotes", "type == user", R"({"type":"user"})", true);
    row("another text", "type == user", R"({"type":"users"})", false);
    row("escaped otherwise", "type == user", R"({"type":"us\u0065r"})", true);
    row("a number", "n == 12", R"({"n": 12 })", true);
    row("a number written otherwise", "n == 1", R"({"n":1.0})", false);
    row("a number is no text", "n == \"1\"", R"({"n":1})", false);
    row("true", "ok == true", R"({"ok":true})", true);
    row("null", "gone == null", R"({"gone":null})", true);
    row("nested", "a.b.c == 1", R"({"a":{"b":{"c":1}}})", true);
    row("nested in no object", "a.b == 1", R"({"a":[1]})", false);
    row("not there", "b == 1", R"({"a":1})", false);
    row("differs", "type != user", R"({"type":"plan"})", true);
    row("does not differ", "type != user", R"({"type":"user"})", false);
    row("not there differs from nothing", "b != 1", R"({"a":1})", false);
    row("a sign in the value", "a == \"x==y\"", R"({"a":"x==y"})", true);
    row("a damaged body", "a == 1", R"({"a":1)", false);
    row("no object", "a == 1", "[1]", false);
}

void BrowserPartsTest::fieldQueries()
{
    QFETCH(QByteArray, query);
    QFETCH(QByteArray, body);
    QFETCH(bool, expected);
    const auto parsed = FieldQuery::parse(query.toStdString());
    QVERIFY(parsed);
    QCOMPARE(browser::matches(*parsed, body.toStdString()), expected);
}

void BrowserPartsTest::fieldQueriesThatAreNone_data()
{
    QTest::addColumn<QByteArray>("query");
    for (const char *query : {"", "type", "type ==", "== user", "type = user", " != "})
        QTest::newRow(query) << QByteArray(query);
}

void BrowserPartsTest::fieldQueriesThatAreNone()
{
    QFETCH(QByteArray, query);
    const auto parsed = FieldQuery::parse(query.toStdString());
    QVERIFY(!parsed);
    QCOMPARE(parsed.error().kind, base::ErrorKind::Usage);
}

void BrowserPartsTest::differences_data()
{
    QTest::addColumn<QByteArray>("before");
    QTest::addColumn<QByteArray>("after");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *name, const char *before, const char *after,
                        const char *expected) {
        QTest::newRow(name) << QByteArray(before) << QByteArray(after) << QByteArray(expected);
    };
    row("both empty", "", "", "");
    row("the same", "a\nb", "a\nb", "  a\n  b\n");
    row("one line more", "a\nc", "a\nb\nc", "  a\n+ b\n  c\n");
    row("one line less", "a\nb\nc", "a\nc", "  a\n- b\n  c\n");
    row("another line", "a\nb\nc", "a\nx\nc", "  a\n- b\n+ x\n  c\n");
    row("all new", "", "a\nb\n", "+ a\n+ b\n");
    row("all gone", "a\n", "", "- a\n");
    row("the middle stays", "a\nb\nc", "x\nb\ny", "- a\n+ x\n  b\n- c\n+ y\n");
    row("a line twice", "a\na\nb", "a\nb", "  a\n- a\n  b\n");
}

void BrowserPartsTest::differences()
{
    QFETCH(QByteArray, before);
    QFETCH(QByteArray, after);
    QFETCH(QByteArray, expected);
    const auto lines = browser::diffLines(before.toStdString(), after.toStdString());
    QCOMPARE(QByteArray::fromStdString(browser::textOf(lines)), expected);
}

void BrowserPartsTest::differencesAreComplete()
{
    std::mt19937 random(7);
    for (int round = 0; round < 300; ++round) {
        const auto text = [&] {
            std::string out;
            for (auto lines = random() % 12; lines > 0; --lines)
                out += std::string(1, static_cast<char>('a' + random() % 4)) + '\n';
            return out;
        };
        const std::string before = text();
        const std::string after = text();
        std::string left;
        std::string right;
        for (const DiffLine &line : browser::diffLines(before, after)) {
            if (line.kind != DiffLine::Kind::Added)
                left += line.text + '\n';
            if (line.kind != DiffLine::Kind::Removed)
                right += line.text + '\n';
        }
        QCOMPARE(left, before);
        QCOMPARE(right, after);
    }
    // Far more lines than are compared one by one.
    std::string many;
    for (int i = 0; i < 5000; ++i)
        many += std::to_string(i) + '\n';
    QCOMPARE(browser::diffLines(many, "x\n" + many).size(), size_t{5001});
    QCOMPARE(browser::diffLines("y\n" + many + "z\n", "1\n2\n").size(), size_t{5004});
}

void BrowserPartsTest::masking_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("expected");
    const char *dots = "\"\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\"";
    QTest::newRow("nothing secret")
        << QByteArray(R"({ "name":"a", "n": 1.0 })") << QByteArray(R"({ "name":"a", "n": 1.0 })");
    QTest::newRow("an account") << QByteArray(
        R"({"name":"a","derived_key":"x","salt": "y" ,"iterations":10})")
                                << QByteArray(R"({"name":"a","derived_key":)") + dots
            + R"(,"salt": )" + dots + R"( ,"iterations":10})";
    QTest::newRow("escaped name") << QByteArray(R"({"s\u0061lt":"y"})")
                                  << QByteArray(R"({"s\u0061lt":)") + dots + "}";
    QTest::newRow("a value of many parts") << QByteArray(R"({"password":{"a":[1,2]},"z":0})")
                                           << QByteArray(R"({"password":)") + dots + R"(,"z":0})";
}

void BrowserPartsTest::masking()
{
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, expected);
    const std::string masked = browser::maskSecrets(body.toStdString());
    QCOMPARE(QByteArray::fromStdString(masked), expected);
    QVERIFY(base::json::validate(masked));
}

void BrowserPartsTest::textFitsTheView()
{
    QCOMPARE(browser::fitForView("a\tb\nc").text, QStringLiteral("a\tb\nc"));
    QVERIFY(!browser::fitForView("a\nb").isCut);
    QCOMPARE(browser::fitForView("a\x01\x62").text, QStringLiteral("a\\u0001b"));
    QCOMPARE(browser::fitForView("\xe2\x80\xae").text, QStringLiteral("\\u202e"));
    QCOMPARE(browser::fitForView("\xf0\x9f\x98\x80").text, QString::fromUtf8("\xf0\x9f\x98\x80"));
    const browser::ShownText longLine = browser::fitForView(std::string(50'000, 'x') + "\ny");
    QVERIFY(longLine.isCut);
    QCOMPARE(longLine.text.size(), qsizetype{20'003});
    // Not through the middle of a character.
    const browser::ShownText cut = browser::fitForView("ab\xc3\xa4", 3);
    QVERIFY(cut.isCut);
    QCOMPARE(cut.text, QStringLiteral("ab"));
}

void BrowserPartsTest::filteredModelFollowsItsTable()
{
    DocumentModel model;
    const QAbstractItemModelTester tester(&model);
    model.add(batchOf(0, DocumentBatch::kRows));
    DocumentFilter filter;
    filter.onlyDeleted = true;
    model.setFilter(filter, filterRows(model.table(), filter), model.table().size());
    QCOMPARE(model.rowCount(), 1639);
    QCOMPARE(model.idOf(1), std::string("document:1000013"));
    // Filtered before the second batch came, and set after it.
    const auto rows = filterRows(model.table(), filter);
    const size_t upTo = model.table().size();
    model.add(batchOf(DocumentBatch::kRows, 100));
    QCOMPARE(model.rowCount(), 1649);
    model.setFilter(filter, rows, upTo);
    QCOMPARE(model.rowCount(), 1649);
    filter.onlyWithAttachments = true;
    model.setFilter(filter, filterRows(model.table(), filter), model.table().size());
    QCOMPARE(model.rowCount(), 0);
    model.setFilter({}, {}, 0);
    QCOMPARE(model.rowCount(), static_cast<int>(DocumentBatch::kRows) + 100);
    model.clear();
    QCOMPARE(model.rowCount(), 0);
}

void BrowserPartsTest::aMillionDocuments()
{
    constexpr size_t count = 1'000'000;
    DocumentModel model;
    QElapsedTimer timer;
    for (size_t first = 0; first < count; first += DocumentBatch::kRows)
        model.add(batchOf(first, std::min(DocumentBatch::kRows, count - first)));
    QCOMPARE(model.rowCount(), static_cast<int>(count));
    timer.start();
    for (int i = 0; i < 10'000; ++i) {
        const int row = static_cast<int>((static_cast<size_t>(i) * 7919) % count);
        for (int column = 0; column < DocumentModel::ColumnCount; ++column)
            QVERIFY(model.index(row, column).data().isValid());
    }
    qInfo("50,000 cells in %lld us", static_cast<long long>(timer.nsecsElapsed() / 1000));
    DocumentFilter filter;
    filter.text = "99999";
    timer.restart();
    const auto found = filterRows(model.table(), filter);
    qInfo("a million ids searched in %lld us", static_cast<long long>(timer.nsecsElapsed() / 1000));
    QCOMPARE(found.size(), size_t{19}); // 1999990 to 1999999, and nine others that end so
}

QTEST_GUILESS_MAIN(BrowserPartsTest)

#include "browserparts_test.moc"
