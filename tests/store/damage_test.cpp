#include "core/store/coding.h"
#include "core/store/keyspace.h"
#include "core/store/reader.h"
#include "core/store/recordlog.h"
#include "tests/store/fixtures.h"
#include "tests/store/forge.h"

#include <snappy.h>

#include <QTest>

#include <set>

using base::ErrorKind;
using teststore::MemoryFiles;
namespace forge = teststore::forge;
using store::internalKey;
using store::storeKey;

/// Damaged and hostile directories: refused or named, never believed, and nothing else happens.
class DamageTest : public QObject
{
    Q_OBJECT

private slots:
    void noticesEveryChangedByte_data() { addVictims(); }
    void noticesEveryChangedByte();
    void noticesEveryLength_data() { addVictims(); }
    void noticesEveryLength();
    void noticesEveryMissingFile_data() { addVictims(); }
    void noticesEveryMissingFile();
    void ignoresAnotherManifest();
    void remarksOnLeftoverTables();
    void noticesAManifestThatIsBehind();
    void readsValuesOfAHundredMegabytesFromALog();
    void refusesHostileTables_data();
    void refusesHostileTables();
    void refusesHostileManifests_data();
    void refusesHostileManifests();
    void survivesTenMillionEdits();
    void refusesHostileLogs_data();
    void refusesHostileLogs();
    void acceptsWhatOldVersionsWrote();
    void endsQuicklyOnKeysThatShareEverything();
    void namesADamagedLargeAttachment();

private:
    static void addVictims();
};

namespace {

MemoryFiles::Bytes victim(const std::string &name)
{
    return name == "sample" ? teststore::writeSample() : teststore::fixture(name).files;
}

/// What a directory says, or that it is refused or complained about.
struct Judgement {
    bool refused = false;
    bool complained = false;
    store::Facts facts;
    std::optional<std::string> uuid;
};

Judgement judge(const MemoryFiles::Bytes &files)
{
    Judgement judgement;
    auto reader = store::Reader::open(std::make_shared<MemoryFiles>(files));
    if (!reader) {
        judgement.refused = true;
        return judgement;
    }
    auto examined = store::examine(**reader);
    auto meta = (*reader)->meta();
    if (!examined || !meta) {
        judgement.refused = true;
        return judgement;
    }
    judgement.complained = !examined->problems.empty();
    judgement.facts = examined->facts;
    judgement.uuid = meta->uuid;
    return judgement;
}

bool isUnharmed(const Judgement &now, const Judgement &before)
{
    return now.facts == before.facts && now.uuid == before.uuid;
}

bool carriesNothing(const std::string &name)
{
    return name == "LOCK" || name.starts_with("LOG");
}

/// Where a log's records end: what is cut there cannot be told from a shorter log.
std::set<size_t> recordEnds(const std::string &log)
{
    std::set<size_t> ends{0};
    for (size_t at = 0; at + 7 <= log.size();) {
        at += 7 + static_cast<unsigned char>(log[at + 4])
            + 256U * static_cast<unsigned char>(log[at + 5]);
        ends.insert(at);
    }
    return ends;
}

const std::string kSmall = internalKey(storeKey("meta-store", "a"), 1);
const std::string kBig = internalKey(storeKey("meta-store", "z"), 1);

} // namespace

void DamageTest::addVictims()
{
    QTest::addColumn<std::string>("name");
    QTest::newRow("a database with a table and a log") << std::string("native-revs");
    QTest::newRow("a database that is only a log") << std::string("deleted");
    QTest::newRow("a database of our own") << std::string("sample");
}

void DamageTest::noticesEveryChangedByte()
{
    QFETCH(std::string, name);
    MemoryFiles::Bytes files = victim(name);
    const Judgement before = judge(files);
    QVERIFY(!before.refused && !before.complained);
    for (auto &[file, bytes] : files) {
        // Long runs of attachment bytes are all alike.
        const size_t step = bytes.size() > 20'000 ? 61 : 1;
        for (size_t at = 0; at < bytes.size(); at += step) {
            const char mask = at % 3 == 0 ? '\x80' : at % 3 == 1 ? '\1' : '\xff';
            bytes[at] = static_cast<char>(bytes[at] ^ mask);
            const Judgement now = judge(files);
            bytes[at] = static_cast<char>(bytes[at] ^ mask);
            if (!now.refused && !now.complained && !isUnharmed(now, before))
                QFAIL(qPrintable(u"%1 at %2"_qs.arg(QString::fromStdString(file)).arg(at)));
            if (carriesNothing(file))
                QVERIFY(!now.refused && !now.complained);
        }
    }
}

void DamageTest::noticesEveryLength()
{
    QFETCH(std::string, name);
    const MemoryFiles::Bytes files = victim(name);
    const Judgement before = judge(files);
    for (const auto &[file, bytes] : files) {
        const std::set<size_t> ends =
            file.ends_with(".log") ? recordEnds(bytes) : std::set<size_t>();
        const size_t step = bytes.size() > 20'000 ? 61 : 1;
        for (size_t length = 0; length < bytes.size(); length += step) {
            MemoryFiles::Bytes cut = files;
            cut[file].resize(length);
            const Judgement now = judge(cut);
            if (now.refused || now.complained || carriesNothing(file) || isUnharmed(now, before))
                continue;
            // LevelDB's log has no end mark: whole write batches less are a shorter, sound
            // database.
            QVERIFY2(ends.contains(length),
                     qPrintable(u"%1 cut at %2"_qs.arg(QString::fromStdString(file)).arg(length)));
        }
    }
}

void DamageTest::noticesEveryMissingFile()
{
    QFETCH(std::string, name);
    const MemoryFiles::Bytes files = victim(name);
    for (const auto &[file, bytes] : files) {
        MemoryFiles::Bytes rest = files;
        rest.erase(file);
        const Judgement now = judge(rest);
        QVERIFY2((now.refused || now.complained) == !carriesNothing(file), file.c_str());
    }
}

void DamageTest::ignoresAnotherManifest()
{
    MemoryFiles::Bytes files = victim("native-revs");
    const Judgement before = judge(files);
    files["MANIFEST-000099"] = "something else";
    const Judgement now = judge(files);
    QVERIFY(!now.refused && !now.complained && isUnharmed(now, before));
}

void DamageTest::remarksOnLeftoverTables()
{
    MemoryFiles::Bytes files = victim("native-revs");
    const Judgement before = judge(files);
    files["000001.sst"] = files["000005.ldb"];
    files["000777.ldb"] = "half a table, from a compaction that was not finished";
    const auto reader = store::Reader::open(std::make_shared<MemoryFiles>(files));
    QVERIFY(reader);
    const auto examined = store::examine(**reader);
    QVERIFY(examined);
    QCOMPARE(examined->problems.size(), size_t{2});
    for (const store::Problem &problem : examined->problems) {
        QCOMPARE(problem.code, std::string("stale-table"));
        QVERIFY(problem.isRemark);
    }
    QVERIFY(isUnharmed(judge(files), before));
}

void DamageTest::noticesAManifestThatIsBehind()
{
    // native-revs as its first MANIFEST knew it: all in a log, which has since become a table.
    MemoryFiles::Bytes files = victim("native-revs");
    files["MANIFEST-000004"] = victim("deleted").at("MANIFEST-000002");
    files["000003.log"] = files["000006.log"];
    const Judgement withLog = judge(files);
    QVERIFY(withLog.refused || withLog.complained);
    files.erase("000003.log");
    const Judgement without = judge(files);
    QVERIFY(without.refused || without.complained);
}

void DamageTest::readsValuesOfAHundredMegabytesFromALog()
{
    // As PouchDB writes a large attachment: one value in the log.
    const std::string bytes(100'000'000, 'x');
    const std::string digest = store::digestOf(base::md5(bytes));
    const MemoryFiles::Bytes files = forge::databaseOf({{"attach-binary-store", digest, bytes},
                                                        {"attach-store", digest, "{}"},
                                                        {"meta-store", "_local_uuid", "\"u\""}});
    auto reader = store::Reader::open(std::make_shared<MemoryFiles>(files));
    QVERIFY(reader);
    const auto length = (*reader)->attachmentLength(digest);
    QVERIFY(length);
    QCOMPARE(*length, std::uint64_t{bytes.size()});
    QVERIFY((*reader)->readAttachment(digest, [](std::string_view) { return base::Status(); }));
}

void DamageTest::refusesHostileTables_data()
{
    QTest::addColumn<std::string>("table");
    const auto sound = [] { return forge::tableOf({{kSmall, "1"}, {kBig, "2"}}); };
    const auto add = [](const char *row, const forge::Table &table) {
        QTest::newRow(row) << table.bytes();
    };
    forge::Table table = sound();
    table.dataHandle = forge::handle(1'000'000, 10);
    add("a block that begins behind the end of the file", table);
    table.dataHandle = forge::handle(0, std::uint64_t{1} << 32);
    add("a block of four gigabytes", table);
    table.dataHandle = forge::handle(0, ~std::uint64_t{0});
    add("a block of 2^64 bytes", table);
    table.dataHandle = forge::handle(~std::uint64_t{0}, ~std::uint64_t{0});
    add("a block whose end wraps around", table);
    table.dataHandle = std::string(11, '\xff');
    add("a number that never ends", table);
    table = sound();
    table.indexHandle = forge::handle(0, std::uint64_t{1} << 60);
    add("an index of an exabyte", table);
    table.indexHandle = std::string(20, '\xff');
    add("a footer without numbers", table);
    table = sound();
    table.dataBlock = forge::block(forge::entry(0, kSmall, "1"), 0xffffffff);
    add("2^32 restart points", table);
    table.dataBlock = "abc";
    add("a block too short for a restart count", table);
    table = sound();
    table.dataBlock = forge::block(forge::entry(5, kSmall, "1"));
    add("a first key that shares its beginning with nothing", table);
    table.dataBlock = forge::block(forge::entry(0, "abc", "1"));
    add("a key of three bytes", table);
    std::string strange = kSmall;
    strange[strange.size() - 8] = '\7';
    table.dataBlock = forge::block(forge::entry(0, strange, "1"));
    add("an entry of an unknown kind", table);
    table.dataBlock = forge::block(forge::entry(0, kBig, "1") + forge::entry(0, kSmall, "1"));
    add("keys that descend", table);
    table.dataBlock = forge::block(forge::entry(0, kSmall, "1") + forge::entry(0, kSmall, "1"));
    add("the same key twice", table);
    table.dataBlock = forge::block(forge::entry(0, kBig + "zzzzzzzzzzzzzzzz", "1"));
    add("a key behind the one in the index", table);
    table.dataBlock = forge::block(std::string("\0\xff\xff\xff\xff\x0f", 6));
    add("a key longer than its block", table);
    table.dataBlock = forge::block(std::string("\0\1\xff\xff\xff\xff\x0f", 7) + "k");
    add("a value longer than its block", table);
    table = sound();
    table.dataType = 7;
    add("an unknown compression", table);
    table.dataType = 1;
    add("a compressed block that is none", table);
    table.dataBlock = std::string("\xff\xff\xff\xff\x0f", 5) + std::string(59, '\xfe');
    add("64 bytes that would unpack to four gigabytes", table);
    table = sound();
    table.indexBlock = forge::block("nonsense that is no entry");
    add("an index that does not parse", table);
    table.indexBlock = forge::block(forge::entry(0, kSmall, forge::handle(0, 30))
                                    + forge::entry(0, kBig, forge::handle(0, 30)));
    add("an index that leads to the same block again", table);
    table.indexBlock = forge::block(forge::entry(0, kBig, forge::handle(0, 10))
                                    + forge::entry(0, kSmall, forge::handle(20, 10)));
    add("an index that descends", table);
    table.indexBlock = forge::block(forge::entry(0, "short", forge::handle(0, 10)));
    add("an index with a key of five bytes", table);
    table.indexBlock = forge::block({});
    add("an index without entries", table);
    table = sound();
    table.metaBlock = forge::block(forge::entry(0, "filter.x", forge::handle(1'000'000, 10)));
    add("a filter behind the end of the file", table);
    table.metaBlock = forge::block("nonsense that is no entry");
    add("a list of filters that does not parse", table);
    table.metaBlock = forge::block(forge::entry(0, "filter.x", forge::handle(1, 10)));
    add("a filter with a wrong checksum", table);
    QTest::newRow("a file of ten bytes") << std::string(10, 'x');
    QTest::newRow("a file of zeros") << std::string(1000, '\0');
}

void DamageTest::refusesHostileTables()
{
    QFETCH(std::string, table);
    const MemoryFiles::Bytes files = forge::directoryOf(table, kSmall, kBig);
    auto reader = store::Reader::open(std::make_shared<MemoryFiles>(files));
    if (!reader) {
        QCOMPARE(reader.error().kind, ErrorKind::Corrupt);
        return;
    }
    const base::Status read = (*reader)->forEachRecord(
        "meta-store", [](std::string_view, std::string_view) { return base::Status(); });
    QVERIFY(!read);
    QCOMPARE(read.error().kind, ErrorKind::Corrupt);
}

void DamageTest::refusesHostileManifests_data()
{
    QTest::addColumn<MemoryFiles::Bytes>("files");
    const auto edit = [](auto... parts) {
        std::string out;
        const auto put = [&](auto part) {
            if constexpr (std::is_integral_v<decltype(part)>)
                store::putVarint(out, static_cast<std::uint64_t>(part));
            else
                store::putLengthPrefixed(out, part);
        };
        (put(parts), ...);
        return out;
    };
    const std::string head = edit(1, "leveldb.BytewiseComparator", 2, 0, 3, 20, 4, 5);
    const std::string table = forge::tableOf({{kSmall, "1"}}).bytes();
    const auto add = [&](const char *row, const std::vector<std::string> &edits) {
        MemoryFiles::Bytes files = forge::directoryOfEdits(edits);
        files["000007.ldb"] = table;
        files["000008.ldb"] = table;
        QTest::newRow(row) << files;
    };
    const auto sizeNow = static_cast<std::uint64_t>(table.size());
    add("another order of keys", {edit(1, "leveldb.ReverseComparator", 2, 0, 3, 20, 4, 5)});
    add("an unknown field", {head + edit(8, 1)});
    add("level nine", {head + edit(7, 9, 7, sizeNow, kSmall, kSmall)});
    add("a key of three bytes", {head + edit(7, 5, 7, sizeNow, "abc", "abc")});
    add("a smallest key above the largest", {head + edit(7, 5, 7, sizeNow, kBig, kSmall)});
    add("tables of one level that overlap",
        {head + edit(7, 5, 7, sizeNow, kSmall, kBig, 7, 5, 8, sizeNow, kSmall, kBig)});
    add("one table on two levels",
        {head + edit(7, 4, 7, sizeNow, kSmall, kSmall, 7, 5, 7, sizeNow, kBig, kBig)});
    add("a table that is not there", {head + edit(7, 5, 9, sizeNow, kSmall, kSmall)});
    add("a table of another size", {head + edit(7, 5, 7, sizeNow + 1, kSmall, kSmall)});
    add("a deleted table on level nine", {head + edit(6, 9, 7)});
    add("a compaction pointer on level nine", {head + edit(5, 9, kSmall)});
    add("a number without end", {head + std::string(11, '\xff')});
    add("a string longer than the file", {head + std::string("\1\xff\xff\xff\xff\x0f", 6)});
    add("no number of the next file", {edit(1, "leveldb.BytewiseComparator", 2, 0, 4, 5)});
    add("no number of the log", {edit(1, "leveldb.BytewiseComparator", 3, 20, 4, 5)});
    add("no last sequence", {edit(1, "leveldb.BytewiseComparator", 2, 0, 3, 20)});
    add("no edit at all", {});
    add("tables, but none of them live", {head});
    for (const auto &[row, current] :
         {std::pair{"a CURRENT without line end", "MANIFEST-000002"},
          std::pair{"a CURRENT that climbs out", "../MANIFEST-000002\n"},
          std::pair{"a CURRENT that names nothing", "MANIFEST-000003\n"},
          std::pair{"an empty CURRENT", ""}}) {
        MemoryFiles::Bytes files =
            forge::directoryOfEdits({head + edit(7, 5, 7, sizeNow, kSmall, kSmall)});
        files["000007.ldb"] = table;
        files["CURRENT"] = current;
        QTest::newRow(row) << files;
    }
    MemoryFiles::Bytes files = forge::directoryOfEdits({head});
    files["CURRENT"] = std::string(5000, 'x');
    QTest::newRow("a CURRENT of 5,000 bytes") << files;
}

void DamageTest::refusesHostileManifests()
{
    QFETCH(MemoryFiles::Bytes, files);
    const auto reader = store::Reader::open(std::make_shared<MemoryFiles>(files));
    QVERIFY(!reader);
    QVERIFY(reader.error().kind == ErrorKind::Corrupt
            || reader.error().kind == ErrorKind::Unsupported
            || reader.error().kind == ErrorKind::TooLarge);
    QVERIFY(!reader.error().message.isEmpty());
}

void DamageTest::survivesTenMillionEdits()
{
    // A table that is added and deleted again and again, a million times in one MANIFEST.
    std::string round;
    for (const std::uint64_t part : {6, 5, 7})
        store::putVarint(round, part);
    std::string adding;
    for (const std::uint64_t part : {7, 5, 7, 100})
        store::putVarint(adding, part);
    store::putLengthPrefixed(adding, kSmall);
    store::putLengthPrefixed(adding, kSmall);
    std::string edits;
    for (int i = 0; i < 100'000; ++i)
        edits += round + adding;
    const MemoryFiles::Bytes files = forge::directoryOfEdits(std::vector<std::string>(10, edits));
    QVERIFY(!store::Reader::open(std::make_shared<MemoryFiles>(files)));
}

void DamageTest::refusesHostileLogs_data()
{
    QTest::addColumn<std::string>("batch");
    const std::string key = storeKey("meta-store", "a");
    const std::string sound = forge::batch(1, 1, {{key, "1"}});
    QTest::newRow("a batch of eleven bytes") << std::string(11, 'x');
    QTest::newRow("more entries announced than there are") << forge::batch(1, 2, {{key, "1"}});
    QTest::newRow("fewer entries announced than there are")
        << forge::batch(1, 1, {{key, "1"}, {key, "2"}});
    QTest::newRow("four billion entries announced") << forge::batch(1, 0xffffffff, {{key, "1"}});
    QTest::newRow("a sequence beyond 56 bits") << forge::batch(~std::uint64_t{0}, 1, {{key, "1"}});
    QTest::newRow("a batch cut in its value") << sound.substr(0, sound.size() - 1);
    QTest::newRow("a batch cut in its key") << sound.substr(0, 20);
    std::string strange = sound;
    strange[12] = '\7';
    QTest::newRow("an entry of an unknown kind") << strange;
}

void DamageTest::refusesHostileLogs()
{
    QFETCH(std::string, batch);
    std::string log;
    store::appendLogRecord(log, batch);
    const auto reader =
        store::Reader::open(std::make_shared<MemoryFiles>(forge::directoryOfLog(log)));
    QVERIFY(!reader);
    QCOMPARE(reader.error().kind, ErrorKind::Corrupt);
}

void DamageTest::acceptsWhatOldVersionsWrote()
{
    // Deletions, overwriting within and across batches, snappy blocks, prefixes shared in a block.
    const std::string a = storeKey("meta-store", "_local_uuid");
    const std::string b = storeKey("meta-store", "b");
    std::string deleting;
    store::putFixed64(deleting, 5);
    store::putFixed32(deleting, 1);
    deleting += '\0';
    store::putLengthPrefixed(deleting, b);
    std::string log;
    store::appendLogRecord(log, forge::batch(1, 2, {{a, "\"old\""}, {a, "\"new\""}}));
    store::appendLogRecord(log, forge::batch(3, 1, {{b, "1"}}));
    store::appendLogRecord(log, deleting);
    QCOMPARE(forge::recordsOf(forge::directoryOfLog(log)).size(), size_t{1});
    QCOMPARE(forge::recordsOf(forge::directoryOfLog(log)).front()[2], std::string("\"new\""));

    const std::string first = internalKey(storeKey("meta-store", "abc"), 1);
    const std::string second = internalKey(storeKey("meta-store", "abd"), 1);
    const size_t shared = storeKey("meta-store", "ab").size();
    forge::Table table;
    const std::string plain = forge::block(forge::entry(0, first, std::string(500, 'v'))
                                           + forge::entry(shared, second.substr(shared), "w"));
    snappy::Compress(plain.data(), plain.size(), &table.dataBlock);
    table.dataType = 1;
    table.lastKey = second;
    const auto records = forge::recordsOf(forge::directoryOf(table.bytes(), first, second));
    QCOMPARE(records.size(), size_t{2});
    QCOMPARE(records[1][1], std::string("abd"));
}

void DamageTest::endsQuicklyOnKeysThatShareEverything()
{
    // 500,000 keys of two megabytes in six megabytes of file.
    const std::string longKey = storeKey("local-store", std::string(2'000'000, 'k'));
    const auto counted = [](int i) {
        std::string digits = std::to_string(i);
        return std::string(6 - digits.size(), '0') + digits;
    };
    std::string entries = forge::entry(0, internalKey(longKey, 1), "");
    for (int i = 0; i < 500'000; ++i)
        entries += forge::entry(longKey.size(), internalKey(counted(i), 1), "");
    forge::Table table;
    table.dataBlock = forge::block(entries);
    table.lastKey = internalKey(longKey + counted(500'000), 1);
    forge::Table index;
    index.dataBlock = forge::block(forge::entry(0, kSmall, "1"));
    index.indexBlock = table.dataBlock;
    QVERIFY(
        judge(forge::directoryOf(table.bytes(), internalKey(longKey, 1), table.lastKey)).refused);
    QVERIFY(judge(forge::directoryOf(index.bytes(), kSmall, kSmall)).refused);
}

void DamageTest::namesADamagedLargeAttachment()
{
    base::StagingFolder staging({}, std::uint64_t{1} << 30);
    auto writer = store::Writer::create(staging, teststore::kUuid);
    const auto large = (*writer)->putAttachment(std::string(store::kLargeAttachmentBytes + 1, 'x'));
    QVERIFY(large);
    const std::vector<store::StoredAttachment> attachments{
        {"\"a\"", "\"b\"", 1, large->length, large->digest}};
    QVERIFY((*writer)->beginDocument("d@home"));
    QVERIFY((*writer)->addLeaf({{1, {"aa"}},
                                false,
                                store::composeBody({}, attachments, "\"d@home\"", "1-aa", false),
                                attachments}));
    QVERIFY((*writer)->endDocument());
    QVERIFY((*writer)->finish());
    MemoryFiles::Bytes files = teststore::bytesOf(staging);
    for (auto &[name, bytes] : files) {
        if (bytes.size() > store::kLargeAttachmentBytes)
            bytes[bytes.size() / 2] ^= 1;
    }
    auto reader = store::Reader::open(std::make_shared<MemoryFiles>(files));
    QVERIFY(reader);
    const auto examined = store::examine(**reader);
    QVERIFY(examined);
    QCOMPARE(examined->problems.size(), size_t{1});
    QCOMPARE(examined->problems.front().code, std::string("attachment-digest"));
    QCOMPARE(examined->problems.front().document, std::string("d@home"));
}

QTEST_GUILESS_MAIN(DamageTest)
#include "damage_test.moc"
