#include "app/ctl/cellwidth.h"
#include "app/ctl/output.h"

#include <QRegularExpression>
#include <QTest>

#include <sstream>

using ctl::Table;

class OutputTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void sizeText_data();
    void sizeText();
    void durationText_data();
    void durationText();
    void countText();
    void elided_data();
    void elided();
    void cellWidth_data();
    void cellWidth();
    void shown();
    void errors_data();
    void errors();
    void table();
    void tableWithoutRows();
    void longCellsDoNotBlowUpTheTable();
};

void OutputTest::sizeText_data()
{
    QTest::addColumn<quint64>("bytes");
    QTest::addColumn<QByteArray>("text");
    const auto row = [](quint64 bytes, const char *text) {
        QTest::newRow(text) << bytes << QByteArray(text);
    };
    row(0, "0 B");
    row(1, "1 B");
    row(1023, "1023 B");
    row(1024, "1.0 KiB");
    row(1536, "1.5 KiB");
    row(1'048'524, "1023.9 KiB");
    row(1'048'575, "1.0 MiB"); // not 1024.0 KiB
    row(12'897'485, "12.3 MiB");
    row(quint64{5} << 30, "5.0 GiB");
    row(quint64{7} << 40, "7.0 TiB");
    row(quint64{2000} << 50, "2000.0 PiB");
    row(~quint64{0}, "16384.0 PiB");
}

void OutputTest::sizeText()
{
    QFETCH(quint64, bytes);
    QFETCH(QByteArray, text);
    QCOMPARE(QByteArray::fromStdString(ctl::sizeText(bytes)), text);
}

void OutputTest::durationText_data()
{
    QTest::addColumn<quint64>("seconds");
    QTest::addColumn<QByteArray>("text");
    const auto row = [](quint64 seconds, const char *text) {
        QTest::newRow(text) << seconds << QByteArray(text);
    };
    row(0, "0 s");
    row(59, "59 s");
    row(60, "1 min 0 s");
    row(65, "1 min 5 s");
    row(3599, "59 min 59 s");
    row(3600, "1 h 0 min");
    row(7325, "2 h 2 min");
    row(360'000, "100 h 0 min");
}

void OutputTest::durationText()
{
    QFETCH(quint64, seconds);
    QFETCH(QByteArray, text);
    QCOMPARE(QByteArray::fromStdString(ctl::durationText(seconds)), text);
}

void OutputTest::countText()
{
    QCOMPARE(ctl::countText(0, "database"), std::string("0 databases"));
    QCOMPARE(ctl::countText(1, "database"), std::string("1 database"));
    QCOMPARE(ctl::countText(2, "leaf revision"), std::string("2 leaf revisions"));
}

void OutputTest::elided_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("most");
    QTest::addColumn<QString>("expected");
    QTest::newRow("short enough") << QStringLiteral("abcde") << 5 << QStringLiteral("abcde");
    QTest::newRow("odd") << QStringLiteral("abcdefgh") << 5 << QStringLiteral("ab…gh");
    QTest::newRow("even: the beginning has more")
        << QStringLiteral("abcdefgh") << 6 << QStringLiteral("abc…gh");
    QTest::newRow("one") << QStringLiteral("abc") << 1 << QStringLiteral("…");
    QTest::newRow("nothing") << QStringLiteral("abc") << 0 << QString();
    QTest::newRow("empty") << QString() << 0 << QString();
    QTest::newRow("characters count, not bytes")
        << QStringLiteral("éééé") << 4 << QStringLiteral("éééé");
    QTest::newRow("cells count, not characters")
        << QStringLiteral("日本語日本語") << 7 << QStringLiteral("日…語");
    QTest::newRow("half a wide character stays empty")
        << QStringLiteral("日本語日本語") << 5 << QStringLiteral("日…語");
    QTest::newRow("no room for a wide one") << QStringLiteral("日本") << 2 << QStringLiteral("…");
    QTest::newRow("a mark stays with its letter")
        << QStringLiteral("ae\u0301bce\u0301d") << 4 << QStringLiteral("ae\u0301…d");
    QTest::newRow("a mark goes with its letter")
        << QStringLiteral("abcde\u0301") << 2 << QStringLiteral("a…");
}

void OutputTest::elided()
{
    QFETCH(QString, text);
    QFETCH(int, most);
    QFETCH(QString, expected);
    QCOMPARE(QString::fromStdString(ctl::elided(text.toStdString(), static_cast<size_t>(most))),
             expected);
}

void OutputTest::cellWidth_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<int>("cells");
    QTest::newRow("empty") << QByteArray() << 0;
    QTest::newRow("ASCII") << QByteArray("abc") << 3;
    QTest::newRow("accents") << QByteArray("é\u00e8") << 2;
    QTest::newRow("a combining accent") << QByteArray("e\u0301") << 1;
    QTest::newRow("Japanese") << QByteArray("日本") << 4;
    QTest::newRow("Korean") << QByteArray("한국") << 4;
    QTest::newRow("Cyrillic and Greek") << QByteArray("дα") << 2;
    QTest::newRow("emoji") << QByteArray("\U0001f600") << 2;
    QTest::newRow("an ellipsis") << QByteArray("\u2026") << 1;
    QTest::newRow("no UTF-8") << QByteArray("\xff\xffz") << 3;
    QTest::newRow("a cut character") << QByteArray("a\xe6\x97") << 2;
}

void OutputTest::cellWidth()
{
    QFETCH(QByteArray, text);
    QFETCH(int, cells);
    QCOMPARE(ctl::cellWidth(text.toStdString()), static_cast<size_t>(cells));
}

void OutputTest::shown()
{
    QCOMPARE(ctl::shown("a\x1b[2J"), std::string("a\\u{1b}[2J"));
    QCOMPARE(ctl::shown("abcdef", 3), std::string("abc…"));
}

void OutputTest::errors_data()
{
    QTest::addColumn<bool>("asJson");
    QTest::addColumn<QByteArray>("out");
    QTest::addColumn<QByteArray>("err");
    QTest::newRow("text") << false << QByteArray()
                          << QByteArray("focus-monitorctl: The disk \"x\" is full.\n");
    QTest::newRow("JSON")
        << true
        << QByteArray(R"({"error":{"code":"no_space","message":"The disk \"x\" is full.",)"
                      R"("remedy":"Free some space or choose another folder."}})"
                      "\n")
        << QByteArray();
}

void OutputTest::errors()
{
    QFETCH(bool, asJson);
    QFETCH(QByteArray, out);
    QFETCH(QByteArray, err);
    std::ostringstream outStream;
    std::ostringstream errStream;
    ctl::printError({base::ErrorKind::NoSpace, QStringLiteral("The disk \"x\" is full."),
                     QStringLiteral("errno 28")},
                    asJson, {outStream, errStream, base::systemClock(), {}});
    QCOMPARE(QByteArray::fromStdString(outStream.str()), out);
    QCOMPARE(QByteArray::fromStdString(errStream.str()), err);
}

void OutputTest::table()
{
    Table table(
        {{"NAME", Table::Align::Left}, {"N", Table::Align::Right}, {"", Table::Align::Left}});
    table.addRow({"a", "1", "note"});
    table.addRow({"longer", "1234", ""});
    table.addRow({"日本", "22", ""});
    std::ostringstream out;
    table.print(out);
    QCOMPARE(out.str(),
             std::string("NAME       N\n"
                         "a          1  note\n"
                         "longer  1234\n"
                         "日本      22\n"));
}

void OutputTest::tableWithoutRows()
{
    Table table({{"NAME", Table::Align::Left}, {"N", Table::Align::Right}});
    std::ostringstream out;
    table.print(out);
    QCOMPARE(out.str(), std::string("NAME  N\n"));
}

void OutputTest::longCellsDoNotBlowUpTheTable()
{
    Table table(
        {{"NAME", Table::Align::Left}, {"N", Table::Align::Right}, {"", Table::Align::Left}});
    const std::string note(200, 'n');
    table.addRow({std::string(100, 'a') + std::string(100, 'z'), "1", note});
    table.addRow({"short", "2", ""});
    std::ostringstream out;
    table.print(out);
    const std::string name = std::string(30, 'a') + "…" + std::string(29, 'z');
    QCOMPARE(out.str(),
             "NAME" + std::string(58, ' ') + "N\n" + name + "  1  " + note + "\n" + "short"
                 + std::string(57, ' ') + "2\n");
}

QTEST_GUILESS_MAIN(OutputTest)

#include "output_test.moc"
