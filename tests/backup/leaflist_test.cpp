#include "core/backup/leaflist.h"
#include "tests/backup/backuptesting.h"

using backup::LeafList;
using couch::ChangesRow;

/// The frozen list of leaves: what goes in comes out, in order, each document once.
class LeafListTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void roundTrip_data();
    void roundTrip();
    void oddIds();
    void readTwice();
    void emptyList();
    void repeatedDocuments_data();
    void repeatedDocuments();
    void cutFileIsAnError();
};

namespace {

std::vector<LeafList::Document> readAll(const LeafList &list)
{
    std::vector<LeafList::Document> documents;
    auto cursor = list.open();
    if (!cursor)
        qFatal("%s", qPrintable(cursor.error().message));
    while (true) {
        auto document = cursor->next();
        if (!document)
            qFatal("%s", qPrintable(document.error().message));
        if (!document->has_value())
            return documents;
        documents.push_back(std::move(**document));
    }
}

void fill(LeafList &list, const std::vector<ChangesRow> &rows)
{
    QVERIFY(list.begin());
    for (const ChangesRow &row : rows)
        QVERIFY(list.add(row));
    QVERIFY(list.seal());
}

} // namespace

void LeafListTest::roundTrip_data()
{
    QTest::addColumn<quint64>("memoryBytes");
    QTest::addColumn<int>("rows");
    QTest::addColumn<bool>("isSpilled");
    QTest::newRow("a few rows stay in memory") << quint64(1 << 20) << 10 << false;
    QTest::newRow("100,000 rows go to disk") << quint64(1 << 20) << 100'000 << true;
    QTest::newRow("without memory everything goes to disk") << quint64(0) << 100 << true;
}

void LeafListTest::roundTrip()
{
    QFETCH(const quint64, memoryBytes);
    QFETCH(const int, rows);
    QFETCH(const bool, isSpilled);
    const testsupport::TemporaryFolder folder;
    base::StagingFolder staging(folder.path("lists"), memoryBytes);
    LeafList list(staging);
    QVERIFY(list.begin());
    for (int i = 0; i < rows; ++i) {
        ChangesRow row{"document " + std::to_string(i), {"1-" + std::to_string(i)}, false};
        if (i % 10 == 0)
            row.revs.emplace_back("2-second");
        QVERIFY(list.add(row));
    }
    QVERIFY(list.seal());
    QCOMPARE(list.documents(), std::uint64_t(rows));
    QVERIFY(!list.hasRepeats());
    QCOMPARE(base::fs::exists(folder.path("lists")), isSpilled);

    const auto documents = readAll(list);
    QCOMPARE(documents.size(), size_t(rows));
    for (size_t i = 0; i < documents.size(); ++i) {
        QCOMPARE(documents[i].id, "document " + std::to_string(i));
        QCOMPARE(documents[i].revs.size(), size_t(i % 10 == 0 ? 2 : 1));
        QCOMPARE(documents[i].revs.front(), "1-" + std::to_string(i));
    }
}

void LeafListTest::oddIds()
{
    const testsupport::TemporaryFolder folder;
    base::StagingFolder staging(folder.path("lists"), 1 << 10);
    LeafList list(staging);
    const std::vector<std::string> ids = {std::string("a\0b", 3), "line\nbreak",
                                          std::string(1 << 20, 'x'), "\xF0\x9F\x98\x80"};
    std::vector<ChangesRow> rows;
    for (const std::string &id : ids)
        rows.push_back({id, {"1-a"}, false});
    fill(list, rows);
    const auto documents = readAll(list);
    QCOMPARE(documents.size(), ids.size());
    for (size_t i = 0; i < ids.size(); ++i)
        QCOMPARE(documents[i].id, ids[i]);
}

void LeafListTest::readTwice()
{
    const testsupport::TemporaryFolder folder;
    base::StagingFolder staging(folder.path("lists"), 1 << 20);
    LeafList list(staging);
    fill(list, {{"a", {"1-a"}, false}, {"b", {"1-b"}, false}, {"a", {"2-a"}, false}});
    QCOMPARE(readAll(list).size(), size_t(2));
    QCOMPARE(readAll(list).size(), size_t(2));
}

void LeafListTest::emptyList()
{
    const testsupport::TemporaryFolder folder;
    base::StagingFolder staging(folder.path("lists"), 1 << 20);
    LeafList list(staging);
    fill(list, {});
    QVERIFY(readAll(list).empty());
}

void LeafListTest::repeatedDocuments_data()
{
    using Rows = std::vector<ChangesRow>;
    QTest::addColumn<std::vector<ChangesRow>>("rows");
    QTest::addColumn<std::vector<std::string>>("revs");
    QTest::newRow("a document that changed between two pages stands once, with both leaves")
        << Rows{{"a", {"1-a"}, false}, {"b", {"1-b"}, false}, {"a", {"2-a"}, false}}
        << std::vector<std::string>{"1-a", "2-a"};
    QTest::newRow("the same row twice changes nothing")
        << Rows{{"a", {"1-a"}, false}, {"a", {"1-a"}, false}, {"b", {"1-b"}, false}}
        << std::vector<std::string>{"1-a"};
    QTest::newRow("three rows of one document are one")
        << Rows{{"a", {"1-a", "1-c"}, false},
                {"a", {"1-a", "2-d"}, false},
                {"b", {"1-b"}, false},
                {"a", {"3-e"}, true}}
        << std::vector<std::string>{"1-a", "1-c", "2-d", "3-e"};
}

void LeafListTest::repeatedDocuments()
{
    QFETCH(const std::vector<ChangesRow>, rows);
    QFETCH(const std::vector<std::string>, revs);
    const testsupport::TemporaryFolder folder;
    base::StagingFolder staging(folder.path("lists"), 1 << 20);
    LeafList list(staging);
    fill(list, rows);
    QCOMPARE(list.documents(), std::uint64_t(2));
    QVERIFY(list.hasRepeats());
    const auto documents = readAll(list);
    QCOMPARE(documents.size(), size_t(2));
    QCOMPARE(documents[0].id, std::string("a"));
    QVERIFY(documents[0].revs == revs);
    QCOMPARE(documents[1].id, std::string("b"));
}

void LeafListTest::cutFileIsAnError()
{
    const testsupport::TemporaryFolder folder;
    base::StagingFolder staging(folder.path("lists"), 0);
    LeafList list(staging);
    fill(list, {{"a", {"1-a"}, false}});
    base::fs::resize_file(folder.path("lists/leaves"), 6);
    auto cursor = list.open();
    VERIFY_GOOD(cursor);
    const auto document = cursor->next();
    QVERIFY(!document);
    QCOMPARE(document.error().kind, base::ErrorKind::Internal);
}

QTEST_GUILESS_MAIN(LeafListTest)
#include "leaflist_test.moc"
