#include "core/archive/directoryname.h"
#include "core/archive/entrypath.h"

#include <QTest>

#include <random>
#include <set>
#include <string>

using archive::databaseNameFor;
using archive::directoryNameFor;
using namespace std::string_literals;

class DirectoryNameTest : public QObject
{
    Q_OBJECT
private slots:
    void isAsDocumented_data();
    void isAsDocumented();
    void longNamesAreCut();
    void everyByteComesBack();
    void namesStayDifferentWhereCaseDoesNotCount();
    void whatIsNotEncodedStays();
    void readableNamesKeepCapitals();
};

void DirectoryNameTest::isAsDocumented_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("directory");
    const auto row = [](const char *title, const std::string &name, const char *directory) {
        QTest::newRow(title) << QByteArray(name.data(), static_cast<qsizetype>(name.size()))
                             << QByteArray(directory);
    };
    row("an ordinary name", "org_1", "org_1");
    row("all that CouchDB allows", "a0_$()+-/z", "a0_$()+-%2Fz");
    row("users", "_users", "_users");
    row("a slash", "a/b", "a%2Fb");
    row("a percent sign", "50%", "50%25");
    row("what looks encoded", "a%2fb", "a%252fb");
    row("capitals", "Mail", "%4Dail");
    row("what Windows refuses", "<>:\"|?*\\", "%3C%3E%3A%22%7C%3F%2A%5C");
    row("control characters", "a\nb\x7f\0c"s, "a%0Ab%7F%00c");
    row("a dot at the end", "a.", "a%2E");
    row("a dot in the middle", "a.b", "a.b");
    row("dots only", "..", ".%2E");
    row("one dot", ".", "%2E");
    row("a space at the end", "a ", "a%20");
    row("a tilde", "a~b", "a%7Eb");
    row("not ASCII", "\xc3\xa9", "%C3%A9");
    row("not UTF-8", "\xff", "%FF");
    row("con", "con", "%63on");
    row("con in capitals", "CON", "%43%4F%4E");
    row("con with an extension", "con.db", "%63on.db");
    row("only begins with con", "cons", "cons");
    row("nul", "nul", "%6Eul");
    row("prn", "prn", "%70rn");
    row("aux", "aux.x.y", "%61ux.x.y");
    row("com1", "com1", "%63om1");
    row("com10 is none", "com10", "com10");
    row("lpt9", "lpt9.txt", "%6Cpt9.txt");
    row("conin$", "conin$", "%63onin$");
    row("the manifest", "manifest.json", "%6Danifest.json");
    row("the format", "format.json", "%66ormat.json");
    row("the readme", "readme.txt", "%72eadme.txt");
    row("the list of users", "_users.json", "%5Fusers.json");
}

void DirectoryNameTest::isAsDocumented()
{
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, directory);
    QCOMPARE(QByteArray::fromStdString(directoryNameFor(name.toStdString())), directory);
    QCOMPARE(QByteArray::fromStdString(databaseNameFor(directory.toStdString())), name);
    QVERIFY(!archive::isCutDirectoryName(directory.toStdString()));
    QVERIFY(!archive::pathFault(directory.toStdString(), {}));
}

void DirectoryNameTest::longNamesAreCut()
{
    const std::string fits(120, 'a');
    QCOMPARE(directoryNameFor(fits), fits);
    const std::string cut = directoryNameFor(fits + 'b');
    QCOMPARE(cut.size(), size_t{120});
    QVERIFY(archive::isCutDirectoryName(cut));
    QVERIFY(cut.starts_with(std::string(103, 'a') + '~'));
    QVERIFY(cut != directoryNameFor(fits + 'c'));
    for (size_t before = 95; before < 110; ++before) {
        const std::string directory =
            directoryNameFor(std::string(before, 'a') + std::string(20, '/'));
        QVERIFY(directory.size() <= 120 && directory.size() >= 118);
        const std::string kept = directory.substr(0, directory.find('~'));
        QCOMPARE(databaseNameFor(kept).find('%'), std::string::npos); // nothing half encoded
        QCOMPARE(directory.size() - kept.size(), size_t{17});
    }
    QVERIFY(archive::isCutDirectoryName(directoryNameFor("")));
}

void DirectoryNameTest::everyByteComesBack()
{
    std::minstd_rand random(1);
    for (int i = 0; i < 5000; ++i) {
        std::string name(1 + random() % 30, '\0');
        for (char &c : name)
            c = static_cast<char>(random());
        const std::string directory = directoryNameFor(name);
        QCOMPARE(databaseNameFor(directory), name);
        QVERIFY(!archive::pathFault(directory, {}));
    }
}

void DirectoryNameTest::namesStayDifferentWhereCaseDoesNotCount()
{
    std::set<std::string> keys;
    for (int a = 1; a < 256; ++a) {
        for (int b = 1; b < 256; b += 3)
            QVERIFY(keys.insert(archive::collisionKey(directoryNameFor(
                                    std::string{static_cast<char>(a), static_cast<char>(b)})))
                        .second);
    }
}

void DirectoryNameTest::whatIsNotEncodedStays()
{
    QCOMPARE(databaseNameFor("100%"), "100%"s);
    QCOMPARE(databaseNameFor("%zz%4"), "%zz%4"s);
}

void DirectoryNameTest::readableNamesKeepCapitals()
{
    QCOMPARE(archive::readableNameFor("IMG_1.JPG"), "IMG_1.JPG"s);
    QCOMPARE(archive::readableNameFor("Con.txt"), "%43on.txt"s);
    QCOMPARE(archive::readableNameFor("Dir/A b."), "Dir%2FA%20b%2E"s);
    QCOMPARE(databaseNameFor(archive::readableNameFor("Dir/A b.")), "Dir/A b."s);
    QVERIFY(archive::isCutDirectoryName(archive::readableNameFor(std::string(121, 'A'))));
    QCOMPARE(archive::readableNameFor(std::string(120, 'A')), std::string(120, 'A'));
}

QTEST_GUILESS_MAIN(DirectoryNameTest)
#include "directoryname_test.moc"
