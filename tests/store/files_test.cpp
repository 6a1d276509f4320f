#include "core/base/bytes.h"
#include "core/base/file.h"
#include "core/store/coding.h"
#include "core/store/crc32c.h"
#include "core/store/keyspace.h"
#include "core/store/manifestfile.h"
#include "core/store/recentlyused.h"
#include "core/store/recordlog.h"
#include "core/store/sortedruns.h"
#include "core/store/tableseries.h"
#include "tests/store/specwriter.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <random>

/// The formats below the records: numbers, checksums, logs, MANIFEST, sorted runs.
class FilesTest : public QObject
{
    Q_OBJECT

private slots:
    void readsTheNumbersItWrote_data();
    void readsTheNumbersItWrote();
    void refusesNumbersThatDoNotEnd();
    void knowsTheChecksumOfKnownBytes_data();
    void knowsTheChecksumOfKnownBytes();
    void combinesChecksums();
    void ordersInternalKeys();
    void writesSequencesAsKeys();
    void readsTheRecordsItWrote_data();
    void readsTheRecordsItWrote();
    void tellsWhenALogIsCut();
    void refusesFragmentsOutOfOrder_data();
    void refusesFragmentsOutOfOrder();
    void acceptsTheEmptyFragmentOfOldVersions();
    void readsTheManifestItWrote();
    void sortsMoreThanItsBuffer_data();
    void sortsMoreThanItsBuffer();
    void keepsEqualKeysInTheirOrder();
    void reportsFaultsWhileSorting();
    void refusesRecordsOutOfOrder();
    void keepsWhatWasUsedLast();
};

namespace {

std::shared_ptr<const base::RandomReader> readerOf(std::string bytes)
{
    return std::make_shared<base::MemoryReader>(std::move(bytes));
}

std::string fragment(int type, std::string_view bytes)
{
    std::string checked(1, static_cast<char>(type));
    checked += bytes;
    std::string out;
    store::putFixed32(out, store::maskCrc32c(store::crc32c(checked)));
    out += static_cast<char>(bytes.size() & 0xff);
    out += static_cast<char>(bytes.size() >> 8);
    return out + checked;
}

/// The records of a log; "damaged" or "cut" at the end where it is.
std::vector<std::string> recordsOf(const std::string &log)
{
    store::RecordLogReader reader(readerOf(log), "log");
    std::vector<std::string> records;
    while (true) {
        const auto record = reader.next();
        if (!record) {
            records.emplace_back("damaged");
            return records;
        }
        if (!*record)
            break;
        records.emplace_back(**record);
    }
    if (reader.isCut())
        records.emplace_back("cut");
    return records;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

base::Result<Pairs> drain(store::SortedRuns &runs)
{
    Pairs pairs;
    auto merge = runs.merge();
    if (!merge)
        return merge.error();
    while ((*merge)->isValid()) {
        pairs.emplace_back((*merge)->key(), (*merge)->value());
        if (base::Status moved = (*merge)->next(); !moved)
            return moved.error();
    }
    return pairs;
}

} // namespace

void FilesTest::readsTheNumbersItWrote_data()
{
    QTest::addColumn<quint64>("number");
    for (const quint64 number :
         {quint64{0}, quint64{1}, quint64{127}, quint64{128}, quint64{16383}, quint64{16384},
          (quint64{1} << 32) - 1, quint64{1} << 32, ~quint64{0}})
        QTest::addRow("the number %llu", static_cast<unsigned long long>(number)) << number;
}

void FilesTest::readsTheNumbersItWrote()
{
    QFETCH(quint64, number);
    std::string bytes;
    store::putVarint(bytes, number);
    store::ByteCursor wide(bytes);
    QCOMPARE(wide.varint64().value_or(1), std::uint64_t{number});
    QVERIFY(wide.atEnd());
    store::ByteCursor narrow(bytes);
    QCOMPARE(narrow.varint32().has_value(), number < quint64{1} << 32);
    bytes.clear();
    store::putFixed64(bytes, number);
    QCOMPARE(store::fixed64(bytes.data()), std::uint64_t{number});
    QCOMPARE(store::fixed32(bytes.data()), static_cast<std::uint32_t>(number));
}

void FilesTest::refusesNumbersThatDoNotEnd()
{
    QVERIFY(!store::ByteCursor("\xff\xff").varint64());
    QVERIFY(!store::ByteCursor(std::string(11, '\xff')).varint64());
    QVERIFY(!store::ByteCursor("\xff\xff\xff\xff\x7f").varint32());
    QVERIFY(!store::ByteCursor("").varint64());
    QVERIFY(!store::ByteCursor("\5abc").lengthPrefixed());
    QVERIFY(!store::ByteCursor("").lengthPrefixed());
    store::ByteCursor cursor("\3abcd");
    QCOMPARE(cursor.lengthPrefixed().value_or(""), std::string_view("abc"));
    QCOMPARE(cursor.rest(), std::string_view("d"));
}

void FilesTest::knowsTheChecksumOfKnownBytes_data()
{
    QTest::addColumn<std::string>("bytes");
    QTest::addColumn<unsigned>("crc");
    // RFC 3720, B.4
    QTest::newRow("32 zeros") << std::string(32, '\0') << 0x8a9136aaU;
    QTest::newRow("32 bytes of ones") << std::string(32, '\xff') << 0x62a8ab43U;
    std::string ascending;
    for (char c = 0; c < 32; ++c)
        ascending += c;
    QTest::newRow("ascending bytes") << ascending << 0x46dd794eU;
    QTest::newRow("nine digits") << std::string("123456789") << 0xe3069283U;
    QTest::newRow("nothing") << std::string() << 0U;
}

void FilesTest::knowsTheChecksumOfKnownBytes()
{
    QFETCH(std::string, bytes);
    QFETCH(unsigned, crc);
    QCOMPARE(store::crc32c(bytes), crc);
    store::Crc32c pieces;
    for (const char c : bytes)
        pieces.add(std::string_view(&c, 1));
    QCOMPARE(pieces.value(), crc);
}

void FilesTest::combinesChecksums()
{
    std::mt19937 random(5);
    for (int i = 0; i < 200; ++i) {
        const std::string a = teststore::generatedBytes(random(), random() % 1000);
        const std::string b = teststore::generatedBytes(random(), random() % 100'000);
        QCOMPARE(store::combineCrc32c(store::crc32c(a), store::crc32c(b), b.size()),
                 store::crc32c(a + b));
    }
}

void FilesTest::ordersInternalKeys()
{
    const auto key = [](const char *user, std::uint64_t sequence) {
        return store::internalKey(user, sequence);
    };
    QVERIFY(store::compareInternalKeys(key("a", 1), key("b", 9)) < 0);
    QVERIFY(store::compareInternalKeys(key("ab", 1), key("a", 1)) > 0);
    QVERIFY(store::compareInternalKeys(key("a", 9), key("a", 1)) < 0); // the newest first
    QVERIFY(store::compareInternalKeys(key("a", 1), key("a", 9)) > 0);
    QCOMPARE(store::compareInternalKeys(key("a", 1), key("a", 1)), 0);
    QCOMPARE(store::parseInternalKey(key("abc", 77))->user, std::string_view("abc"));
    QCOMPARE(store::parseInternalKey(key("abc", 77))->sequence, std::uint64_t{77});
    QVERIFY(!store::parseInternalKey("1234567"));
}

void FilesTest::writesSequencesAsKeys()
{
    QCOMPARE(store::sequenceKey(1), std::string("0000000000000001"));
    QCOMPARE(store::parseSequenceKey("0000000000000042").value_or(0), std::uint64_t{42});
    QCOMPARE(store::parseSequenceKey("9999999999999999").value_or(0),
             std::uint64_t{9'999'999'999'999'999});
    QVERIFY(!store::parseSequenceKey("1"));
    QVERIFY(!store::parseSequenceKey("000000000000000x"));
}

void FilesTest::readsTheRecordsItWrote_data()
{
    QTest::addColumn<std::vector<size_t>>("lengths");
    QTest::newRow("no record") << std::vector<size_t>{};
    QTest::newRow("an empty record") << std::vector<size_t>{0};
    QTest::newRow("several small ones") << std::vector<size_t>{1, 2, 3};
    QTest::newRow("one that fills its block exactly") << std::vector<size_t>{32768 - 7, 5};
    QTest::newRow("one that leaves six bytes of its block")
        << std::vector<size_t>{32768 - 7 - 6, 5};
    QTest::newRow("one that leaves seven bytes of its block")
        << std::vector<size_t>{32768 - 7 - 7, 5};
    QTest::newRow("one of many blocks") << std::vector<size_t>{1'000'000, 10, 100'000};
}

void FilesTest::readsTheRecordsItWrote()
{
    QFETCH(std::vector<size_t>, lengths);
    std::vector<std::string> expected;
    std::string log;
    for (const size_t length : lengths) {
        expected.push_back(teststore::generatedBytes(length, length));
        store::appendLogRecord(log, expected.back());
    }
    QVERIFY(recordsOf(log) == expected);
}

void FilesTest::tellsWhenALogIsCut()
{
    std::string log;
    store::appendLogRecord(log, std::string(40'000, 'x'));
    store::appendLogRecord(log, "end");
    const size_t whole = log.size();
    for (const size_t missing : {size_t{1}, size_t{3}, size_t{9}}) {
        const auto records = recordsOf(log.substr(0, whole - missing));
        QCOMPARE(records.size(), size_t{2});
        QCOMPARE(records.back(), std::string("cut"));
    }
    QCOMPARE(recordsOf(log.substr(0, whole - 10)).size(), size_t{1}); // between two records
    QCOMPARE(recordsOf(log.substr(0, 32768)), (std::vector<std::string>{"cut"}));
    QCOMPARE(recordsOf(log.substr(0, 32770)), (std::vector<std::string>{"cut"}));
    QCOMPARE(recordsOf(log + std::string(500, '\0')).back(), std::string("cut"));
    QCOMPARE(recordsOf(log + std::string(100'000, '\0')).back(), std::string("cut"));
    QCOMPARE(recordsOf(log + std::string(500, '\0') + "x").back(), std::string("damaged"));
}

void FilesTest::refusesFragmentsOutOfOrder_data()
{
    QTest::addColumn<std::string>("log");
    QTest::newRow("a middle without beginning") << fragment(3, "x");
    QTest::newRow("an end without beginning") << fragment(4, "x");
    QTest::newRow("a beginning inside a record")
        << fragment(2, "x") + fragment(2, "y") + fragment(4, "z");
    QTest::newRow("a whole record inside a record") << fragment(2, "x") + fragment(1, "y");
    QTest::newRow("an unknown type") << fragment(9, "x");
    QTest::newRow("type zero with bytes") << fragment(0, "x");
    std::string tooLong = fragment(1, std::string(32768 - 7 - 20, 'x')) + fragment(1, "y");
    tooLong[tooLong.size() - 4] = '\x7f';
    tooLong.resize(40'000, 'z');
    QTest::newRow("a fragment longer than its block") << tooLong;
    std::string noZeros = fragment(1, std::string(32768 - 7 - 3, 'x')) + "abc" + fragment(1, "y");
    QTest::newRow("something else than zeros at the end of a block") << noZeros;
    QTest::newRow("a record behind a block of zeros")
        << std::string(32768, '\0') + fragment(1, "x");
    std::string changed = fragment(1, "hello");
    changed.back() = 'x';
    QTest::newRow("a wrong checksum") << changed;
}

void FilesTest::refusesFragmentsOutOfOrder()
{
    QFETCH(std::string, log);
    QCOMPARE(recordsOf(log).back(), std::string("damaged"));
}

void FilesTest::acceptsTheEmptyFragmentOfOldVersions()
{
    QCOMPARE(recordsOf(fragment(2, "") + fragment(1, "x")), (std::vector<std::string>{"x"}));
}

void FilesTest::readsTheManifestItWrote()
{
    store::ManifestState state{3, 0, 2000, 77, {}};
    for (unsigned i = 0; i < 1500; ++i) {
        const std::string user = std::to_string(10'000 + i) + std::string(30, 'k');
        state.tables.push_back(
            {5, 4 + i, 1000 + i, store::internalKey(user, 1), store::internalKey(user + "z", 1)});
    }
    const auto read =
        store::readManifest(readerOf(store::encodeManifest(state)), "MANIFEST-000001");
    QVERIFY(read);
    QCOMPARE(read->logNumber, state.logNumber);
    QCOMPARE(read->nextFileNumber, state.nextFileNumber);
    QCOMPARE(read->lastSequence, state.lastSequence);
    QCOMPARE(read->tables.size(), state.tables.size());
    for (size_t i = 0; i < state.tables.size(); ++i) {
        QCOMPARE(read->tables[i].number, state.tables[i].number);
        QCOMPARE(read->tables[i].smallest, state.tables[i].smallest);
        QCOMPARE(read->tables[i].largest, state.tables[i].largest);
    }
}

void FilesTest::sortsMoreThanItsBuffer_data()
{
    QTest::addColumn<int>("records");
    QTest::addColumn<int>("valueBytes");
    QTest::newRow("nothing") << 0 << 0;
    QTest::newRow("what fits into memory") << 100 << 10;
    QTest::newRow("a few runs") << 2'000 << 100;
    QTest::newRow("so many runs that they are merged twice") << 30'000 << 250;
    QTest::newRow("values larger than the buffer") << 20 << 200'000;
}

void FilesTest::sortsMoreThanItsBuffer()
{
    QFETCH(int, records);
    QFETCH(int, valueBytes);
    const QTemporaryDir folder;
    base::StagingFolder staging(folder.filePath(u"s"_qs).toStdString(), 100'000);
    std::mt19937 random(9);
    Pairs expected;
    {
        store::SortedRuns runs(staging, "test", 6'000);
        for (int i = 0; i < records; ++i) {
            std::string key = std::to_string(random());
            std::string value = teststore::generatedBytes(
                random() % 100, random() % static_cast<unsigned>(valueBytes + 1));
            QVERIFY(runs.add(key, value));
            expected.emplace_back(std::move(key), std::move(value));
        }
        std::ranges::stable_sort(expected, {}, &Pairs::value_type::first);
        const auto sorted = drain(runs);
        QVERIFY(sorted);
        QVERIFY(*sorted == expected);
    }
    QVERIFY(staging.files().empty());
}

void FilesTest::keepsEqualKeysInTheirOrder()
{
    base::StagingFolder staging({}, 1 << 30);
    store::SortedRuns runs(staging, "test", 500);
    for (int i = 0; i < 5'000; ++i)
        QVERIFY(runs.add(std::to_string(i % 3), std::to_string(i)));
    const auto sorted = drain(runs);
    QVERIFY(sorted);
    for (size_t i = 1; i < sorted->size(); ++i) {
        const auto &[key, value] = (*sorted)[i];
        if ((*sorted)[i - 1].first == key)
            QVERIFY(std::stoi((*sorted)[i - 1].second) < std::stoi(value));
    }
    QCOMPARE(sorted->size(), size_t{5'000});
}

void FilesTest::reportsFaultsWhileSorting()
{
    const auto attempt = [](std::uint64_t failing) {
        const QTemporaryDir folder;
        base::StagingFolder staging(folder.filePath(u"s"_qs).toStdString(), 0);
        store::SortedRuns runs(staging, "test", 3'000);
        base::failNthFileOperation(failing, base::ErrorKind::NoSpace);
        base::Status status;
        for (int i = 0; i < 3'000 && status; ++i)
            status = runs.add(std::to_string(i * 7919 % 3000), std::string(20, 'x'));
        const auto sorted = status ? drain(runs) : base::Result<Pairs>(status.error());
        base::clearFileFaults();
        return !sorted && sorted.error().kind == base::ErrorKind::NoSpace;
    };
    int reported = 0;
    for (std::uint64_t n = 1; n <= 60; ++n)
        reported += attempt(n) ? 1 : 0;
    QVERIFY2(reported > 50, qPrintable(QString::number(reported)));
}

void FilesTest::refusesRecordsOutOfOrder()
{
    base::StagingFolder staging({}, 1 << 30);
    store::FileNumbers numbers;
    store::TableSeries series(staging, numbers);
    QVERIFY(series.add("b", "1"));
    QVERIFY(!series.add("a", "1"));
    QVERIFY(!series.add("b", "1"));
    QCOMPARE(store::FileNumbers::tableName(7), std::string("000007.ldb"));
    QCOMPARE(store::FileNumbers::tableName(12'345'678), std::string("12345678.ldb"));
}

void FilesTest::keepsWhatWasUsedLast()
{
    store::RecentlyUsed<int, std::string> kept(10);
    kept.put(1, "a", 4);
    kept.put(2, "b", 4);
    QVERIFY(kept.get(1) != nullptr);
    kept.put(3, "c", 4); // 2 is the one that was not used
    QVERIFY(kept.get(2) == nullptr);
    QVERIFY(kept.get(1) != nullptr && kept.get(3) != nullptr);
    kept.put(4, "d", 100);
    QVERIFY(kept.get(4) != nullptr && kept.get(1) == nullptr && kept.get(3) == nullptr);
}

QTEST_GUILESS_MAIN(FilesTest)
#include "files_test.moc"
