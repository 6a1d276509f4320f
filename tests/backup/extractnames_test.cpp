#include "core/archive/entrypath.h"
#include "core/backup/extractnames.h"

#include <QByteArrayList>
#include <QTest>

#include <set>
#include <string>

using namespace std::string_literals;

class ExtractNamesTest : public QObject
{
    Q_OBJECT
private slots:
    void bodies_data();
    void bodies();
    void nothingMeetsAnythingElse();
    void anIndexIsNoDatabase();
    void attachments_data();
    void attachments();
    void longNamesKeepTheirEnding();
    void everyPartFitsIntoAName();
};

void ExtractNamesTest::bodies_data()
{
    QTest::addColumn<QByteArray>("id");
    QTest::addColumn<bool>("isWinner");
    QTest::addColumn<QByteArray>("file");
    const auto row = [](const char *name, const QByteArray &id, bool isWinner,
                        const QByteArray &file) { QTest::newRow(name) << id << isWinner << file; };
    row("an ordinary id", "doc-1", true, "doc-1.json");
    row("another leaf", "doc-1", false, "doc-1.conflicts/2-ab.json");
    row("a design document", "_design/x", true, "_design%2Fx.json");
    row("capitals", "Doc", true, "%44oc.json");
    row("a device of Windows", "nul", true, "%6Eul.json");
    row("a device with an ending", "con.1", true, "%63on.1.json");
    row("up", "..", true, ".%2E.json");
    row("a trailing space", "a ", true, "a%20.json");
}

void ExtractNamesTest::bodies()
{
    QFETCH(QByteArray, id);
    QFETCH(bool, isWinner);
    QFETCH(QByteArray, file);
    QCOMPARE(QByteArray::fromStdString(backup::extractedBody(id.toStdString(), "2-ab", isWinner)),
             file);
}

// An id may look like the name that something else gets.
void ExtractNamesTest::nothingMeetsAnythingElse()
{
    std::set<std::string> taken;
    for (const char *id : {"a", "A", "a.json", "a.conflicts", "a.attachments", "a.conflicts/2-b",
                           "a.conflicts/2-b.json", "a.attachments/x", "%41", "a~b"}) {
        for (const bool isWinner : {true, false}) {
            for (const char *rev : {"2-b", "2-b.json", "2-b.attachments", "2-B"}) {
                if (isWinner && rev != "2-b"s)
                    continue;
                for (const std::string &path : {backup::extractedBody(id, rev, isWinner),
                                                backup::extractedAttachments(id, rev, isWinner)})
                    QVERIFY2(taken.insert(archive::collisionKey(path)).second, path.c_str());
            }
        }
    }
}

void ExtractNamesTest::anIndexIsNoDatabase()
{
    QCOMPARE(backup::extractedDatabase("org/1"), "org%2F1"s);
    QCOMPARE(backup::extractedDatabase("index.json"), "%69ndex.json"s);
    QCOMPARE(backup::extractedDatabase("_users.json"), "%5Fusers.json"s);
}

void ExtractNamesTest::attachments_data()
{
    QTest::addColumn<QByteArrayList>("names");
    QTest::addColumn<QByteArrayList>("files");
    const auto row = [](const char *name, const QByteArrayList &names,
                        const QByteArrayList &files) { QTest::newRow(name) << names << files; };
    row("none", {}, {});
    row("capitals stay", {"IMG_0042.JPG", "b.txt"}, {"IMG_0042.JPG", "b.txt"});
    row("names that differ only in capitals", {"A.png", "a.png", "B.png"},
        {"%41.png", "a.png", "B.png"});
    row("a folder in the name", {"dir/File.txt"}, {"dir%2FFile.txt"});
    row("up", {".."}, {".%2E"});
    row("devices in any capitals", {"Con", "NUL.txt"}, {"%43on", "%4EUL.txt"});
    row("what looks encoded", {"%41.png", "A.png"}, {"%2541.png", "A.png"});
}

void ExtractNamesTest::attachments()
{
    QFETCH(QByteArrayList, names);
    QFETCH(QByteArrayList, files);
    std::vector<std::string> given;
    for (const QByteArray &name : names)
        given.push_back(name.toStdString());
    QByteArrayList out;
    for (const std::string &file : backup::extractedAttachmentNames(given))
        out.push_back(QByteArray::fromStdString(file));
    QCOMPARE(out, files);
}

void ExtractNamesTest::longNamesKeepTheirEnding()
{
    const std::string stem(300, 'x');
    const auto files = backup::extractedAttachmentNames(
        {stem + ".JPG", stem + ".notanendingatall", stem + ".a b", stem + '.'});
    QVERIFY(files[0].ends_with(".jpg"));
    for (const std::string &file : files) {
        QVERIFY2(file.size() <= 131, file.c_str());
        QVERIFY2(file.find('~') != std::string::npos, file.c_str());
    }
    QCOMPARE(std::set<std::string>(files.begin(), files.end()).size(), files.size());
}

void ExtractNamesTest::everyPartFitsIntoAName()
{
    constexpr size_t longest = 143; // eCryptfs has the shortest
    const std::string id(5000, 'A');
    const std::string body = backup::extractedBody(id, "1-" + id, false);
    const size_t slash = body.find('/');
    QVERIFY(slash <= longest);
    QVERIFY(body.size() - slash - 1 <= longest);
    QVERIFY(backup::extractedAttachments(id, "1-a", true).size() <= longest);
    QVERIFY(backup::extractedDatabase(id).size() <= longest);
}

QTEST_GUILESS_MAIN(ExtractNamesTest)

#include "extractnames_test.moc"
