#include "core/store/keyspace.h"
#include "core/store/records.h"
#include "tests/store/canonicaldump.h"
#include "tests/store/fixtures.h"

#include <leveldb/db.h>

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using teststore::Fixture;
using teststore::MemoryFiles;

/// Databases that PouchDB made are read as PouchDB reads them, and as LevelDB does.
class FixturesTest : public QObject
{
    Q_OBJECT

private slots:
    void readsWhatPouchDbSays_data() { addFixtures(); }
    void readsWhatPouchDbSays();
    void findsNothingWrong_data() { addFixtures(); }
    void findsNothingWrong();
    void readsEveryRecordThatLevelDbReads_data();
    void readsEveryRecordThatLevelDbReads();
    void findsRecordsOneByOne_data() { addFixtures(); }
    void findsRecordsOneByOne();
    void opensWithoutLogFilesAndLock();
    void replaysALogOnTopOfTables();
    void ignoresLeftoverLogs();
    void keepsLocalDocuments();
    void readsTheCountersOfTheDatabase();
    void writesMetadataLikePouchDb_data() { addFixtures(); }
    void writesMetadataLikePouchDb();

private:
    static void addFixtures();
};

namespace {

using RecordMap = std::map<std::string, std::string>;

std::unique_ptr<store::Reader> openReader(const MemoryFiles::Bytes &files)
{
    auto reader = store::Reader::open(std::make_shared<MemoryFiles>(files));
    if (!reader)
        qWarning("%s", qPrintable(reader.error().message + reader.error().detail));
    return reader ? std::move(*reader) : nullptr;
}

RecordMap recordsByUs(const MemoryFiles::Bytes &files)
{
    RecordMap map;
    auto records = store::Records::open(std::make_shared<MemoryFiles>(files));
    if (!records)
        return map;
    store::Records::Cursor cursor(**records);
    for (base::Status moved = cursor.seek({}); moved && cursor.isValid(); moved = cursor.next()) {
        store::StoredValue value = cursor.value();
        map[std::string(cursor.key())] = std::string(*value.bytes());
    }
    return map;
}

void writeFiles(const QString &folder, const MemoryFiles::Bytes &files)
{
    for (const auto &[name, bytes] : files) {
        QFile file(folder + u'/' + QString::fromStdString(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        QCOMPARE(file.write(bytes.data(), static_cast<qint64>(bytes.size())),
                 static_cast<qint64>(bytes.size()));
    }
}

RecordMap recordsByLevelDb(const QString &folder)
{
    RecordMap map;
    leveldb::Options options;
    options.paranoid_checks = true;
    leveldb::DB *opened = nullptr;
    const leveldb::Status status = leveldb::DB::Open(options, folder.toStdString(), &opened);
    if (!status.ok()) {
        qWarning("%s", status.ToString().c_str());
        return map;
    }
    const std::unique_ptr<leveldb::DB> db(opened);
    leveldb::ReadOptions reading;
    reading.verify_checksums = true;
    const std::unique_ptr<leveldb::Iterator> at(db->NewIterator(reading));
    for (at->SeekToFirst(); at->Valid(); at->Next())
        map[at->key().ToString()] = at->value().ToString();
    return map;
}

} // namespace

void FixturesTest::addFixtures()
{
    QTest::addColumn<std::string>("name");
    QTest::addColumn<std::string>("madeBy");
    for (const Fixture &made : teststore::fixtures())
        QTest::newRow(made.title().constData()) << made.name << made.madeBy;
}

void FixturesTest::readsWhatPouchDbSays()
{
    QFETCH(std::string, name);
    QFETCH(std::string, madeBy);
    const Fixture &made = teststore::fixture(name, madeBy);
    const auto reader = openReader(made.files);
    QVERIFY(reader);
    const auto dump = teststore::canonicalDump(*reader);
    QVERIFY(dump);
    QCOMPARE(teststore::firstDifference(teststore::comparable(QByteArray::fromStdString(*dump)),
                                        teststore::comparable(made.expected)),
             QString());
}

void FixturesTest::findsNothingWrong()
{
    QFETCH(std::string, name);
    QFETCH(std::string, madeBy);
    const auto reader = openReader(teststore::fixture(name, madeBy).files);
    QVERIFY(reader);
    const auto examined = store::examine(*reader);
    QVERIFY(examined);
    for (const store::Problem &problem : examined->problems)
        qWarning("%s %s", problem.code.c_str(), qPrintable(problem.message));
    QVERIFY(examined->problems.empty());
}

void FixturesTest::readsEveryRecordThatLevelDbReads_data()
{
    addFixtures();
    QTest::newRow("a sample of our own") << std::string("sample") << std::string();
}

void FixturesTest::readsEveryRecordThatLevelDbReads()
{
    QFETCH(std::string, name);
    QFETCH(std::string, madeBy);
    const MemoryFiles::Bytes files =
        madeBy.empty() ? teststore::writeSample() : teststore::fixture(name, madeBy).files;
    const QTemporaryDir folder;
    writeFiles(folder.path(), files);
    const RecordMap expected = recordsByLevelDb(folder.path());
    QVERIFY(!expected.empty());
    QVERIFY(recordsByUs(files) == expected);

    // LevelDB has moved the log into a table and written a new MANIFEST; PouchDB leaves such a
    // state too.
    const MemoryFiles::Bytes reopened = [&] {
        MemoryFiles::Bytes bytes;
        for (const QFileInfo &entry : QDir(folder.path()).entryInfoList(QDir::Files)) {
            QFile file(entry.filePath());
            if (file.open(QIODevice::ReadOnly))
                bytes[entry.fileName().toStdString()] = file.readAll().toStdString();
        }
        return bytes;
    }();
    QVERIFY(recordsByUs(reopened) == expected);
}

void FixturesTest::findsRecordsOneByOne()
{
    QFETCH(std::string, name);
    QFETCH(std::string, madeBy);
    const MemoryFiles::Bytes &files = teststore::fixture(name, madeBy).files;
    auto records = store::Records::open(std::make_shared<MemoryFiles>(files));
    QVERIFY(records);
    for (const auto &[key, value] : recordsByUs(files)) {
        auto found = (*records)->get(key);
        QVERIFY(found && *found);
        QVERIFY(*(*found)->bytes() == value);
        const auto missing = (*records)->get(key + '\0');
        QVERIFY(missing && !*missing);
    }
}

void FixturesTest::opensWithoutLogFilesAndLock()
{
    MemoryFiles::Bytes files = teststore::fixture("basic").files;
    for (const char *name : {"LOCK", "LOG", "LOG.old"})
        files.erase(name);
    const auto reader = openReader(files);
    QVERIFY(reader);
    QCOMPARE(reader->openProblems().size(), size_t{0});
}

void FixturesTest::replaysALogOnTopOfTables()
{
    // native-revs lies in a table, but one document was written after it had been reopened.
    const MemoryFiles::Bytes &files = teststore::fixture("native-revs").files;
    QVERIFY(files.contains("000005.ldb"));
    const auto reader = openReader(files);
    const auto document = reader->document("after-reopen");
    QVERIFY(document && *document);
    QCOMPARE((*document)->seq, std::uint64_t{11});
    const auto none = reader->document("no such document");
    QVERIFY(none && !*none);
    const auto noBody = reader->body(4711);
    QVERIFY(!noBody && noBody.error().kind == base::ErrorKind::NotFound);
}

void FixturesTest::ignoresLeftoverLogs()
{
    MemoryFiles::Bytes files = teststore::fixture("native-revs").files;
    const RecordMap before = recordsByUs(files);
    files["000001.log"] = "no log at all";
    QVERIFY(recordsByUs(files) == before);
}

void FixturesTest::keepsLocalDocuments()
{
    const auto reader = openReader(teststore::fixture("basic").files);
    std::vector<std::string> ids;
    const base::Status read = reader->forEachLocal([&](std::string_view id, std::string_view json) {
        ids.emplace_back(id);
        return base::json::validate(json);
    });
    QVERIFY(read);
    QCOMPARE(ids.size(), size_t{1}); // the replication checkpoint
    QVERIFY(ids.front().starts_with("_local/"));
}

void FixturesTest::readsTheCountersOfTheDatabase()
{
    const auto meta = openReader(teststore::fixture("conflicts").files)->meta();
    QVERIFY(meta);
    QCOMPARE(meta->docCount.value_or(0), std::uint64_t{8});
    QCOMPARE(meta->lastSeq.value_or(0), std::uint64_t{19});
    QCOMPARE(meta->uuid.value_or(""), std::string("58c4556f-63e9-4485-926d-a9c05dddc4f4"));
    const auto empty = openReader(teststore::fixture("empty").files)->meta();
    QVERIFY(empty && !empty->docCount && !empty->lastSeq && empty->uuid);
}

void FixturesTest::writesMetadataLikePouchDb()
{
    QFETCH(std::string, name);
    QFETCH(std::string, madeBy);
    const auto reader = openReader(teststore::fixture(name, madeBy).files);
    const base::Status read = reader->forEachRecord(
        store::kDocumentStore, [&](std::string_view, std::string_view text) -> base::Status {
            const auto metadata = store::decodeMetadata(text);
            if (!metadata)
                return metadata.error();
            // Whatever began with an underscore in the document leaks into PouchDB's metadata.
            std::map<std::string, std::string> ours, theirs;
            const std::string encoded = store::encodeMetadata(*metadata);
            const auto encodedMembers = base::json::members(encoded);
            const auto storedMembers = base::json::members(text);
            for (const auto &member : *encodedMembers)
                ours[std::string(member.key)] = member.value;
            for (const auto &member : *storedMembers)
                theirs[std::string(member.key)] = member.value;
            theirs.erase("revisions");
            if (ours != theirs)
                return base::Error{base::ErrorKind::Internal, QString::fromStdString(encoded)};
            return {};
        });
    QVERIFY2(read, read ? "" : qPrintable(read.error().message));
}

QTEST_GUILESS_MAIN(FixturesTest)
#include "fixtures_test.moc"
