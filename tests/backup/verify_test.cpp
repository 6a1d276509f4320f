#include "core/archive/writer.h"
#include "core/backup/archiveview.h"
#include "core/backup/stopping.h"
#include "core/backup/verify.h"
#include "tests/backup/backuptesting.h"
#include "tests/backup/sampleserver.h"

using namespace backuptesting;
using backup::LevelState;
using base::ErrorKind;

/// What verify() may claim of an archive.
class VerifyTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void ours();
    void manifestDoesNotFit_data();
    void manifestDoesNotFit();
    void databaseRemovedOrAdded_data();
    void databaseRemovedOrAdded();
    void withoutItsManifest();
    void flippedByte();
    void cutShort();
    void incomplete();
    void predecessors_data();
    void predecessors();
    void notAnArchive();
    void againstTheSource_data();
    void againstTheSource();
    void sourceThatCannotBeRead();
    void stops();
    void viewsOfOursAndOthers();
};

namespace {

/// A finished backup of the sample server.
class Backup
{
public:
    Backup()
        : runner(server)
    {
        fillSample(server);
        auto made = runner.run();
        if (!made)
            qFatal("no backup: %s", qPrintable(made.error().message));
        outcome.emplace(std::move(*made));
    }

    /// Packs the archive again, through `change`, and gives the new one's path.
    using Change = std::function<void(archive::Manifest &, std::set<std::string> &directories)>;
    base::fs::path repacked(const Change &change, bool withManifest = true) const
    {
        const auto view = backup::ArchiveView::open(outcome->archive, {});
        const archive::Reader &from = (*view)->reader();
        archive::Manifest manifest = outcome->manifest;
        std::set<std::string> directories;
        for (const archive::Reader::Database &database : from.databases())
            directories.insert(database.directory);
        change(manifest, directories);
        const base::fs::path path = folder.path("changed.tgz");
        auto writer =
            archive::Writer::create(std::move(*base::File::create(path)), from.root(), {});
        bool good = bool((*writer)->addFolder({}))
            && bool((*writer)->addBytes("format.json", *from.readLooseFile("format.json", 10'000)));
        for (const std::string &directory : directories) {
            good = good && (*writer)->addFolder(directory);
            const std::string source = directory == "added" ? "asmt_1" : directory;
            const auto files = from.openDatabase(source);
            for (const base::FileSet::Entry &file : (*files)->files())
                good = good
                    && (*writer)->addFile(directory + '/' + file.name, **(*files)->open(file.name));
        }
        if (withManifest)
            good = good && (*writer)->addBytes("manifest.json", archive::encodeManifest(manifest));
        if (!good || !(*writer)->finish())
            qFatal("cannot pack it again");
        return path;
    }

    FakeServer server;
    Runner runner;
    testsupport::TemporaryFolder folder;
    std::optional<backup::RunOutcome> outcome;
};

base::Result<backup::VerifyReport>
verify(const base::fs::path &path, couch::Client *against = nullptr, std::stop_token stop = {})
{
    backup::Progress progress;
    backup::VerifyOptions options;
    options.against = against;
    options.allBodies = true;
    return backup::verifyArchive(path, options, progress, std::move(stop));
}

QStringList codesOf(const backup::VerifyReport &report)
{
    QStringList codes;
    for (const backup::VerifyProblem &problem : report.problems)
        codes.append(QString::fromStdString(problem.code + ' ' + problem.database).trimmed());
    codes.sort();
    codes.removeDuplicates();
    return codes;
}

void rewrite(const base::fs::path &path, const std::string &bytes)
{
    if (!base::writeFileAtomically(path, bytes))
        qFatal("cannot write");
}

} // namespace

void VerifyTest::ours()
{
    const Backup backup;
    const auto report = verify(backup.outcome->archive);
    VERIFY_GOOD(report);
    QVERIFY(report->isOk());
    QCOMPARE(report->origin, archive::Origin::Ours);
    QCOMPARE(report->l1, LevelState::Passed);
    QCOMPARE(report->l2, LevelState::Passed);
    QCOMPARE(report->l3, LevelState::Passed);
    QVERIFY(report->l3Note.find("2026-11-23") != std::string::npos);
    QCOMPARE(report->databases, std::uint64_t(4));
    QVERIFY(report->documents > 5);
    QVERIFY(report->problems.empty());
}

void VerifyTest::manifestDoesNotFit_data()
{
    QTest::addColumn<std::function<void(archive::ManifestDatabase &)>>("change");
    QTest::addColumn<QString>("code");
    using Change = std::function<void(archive::ManifestDatabase &)>;
    const auto count = [](const char *name, std::uint64_t archive::ManifestDatabase::*field) {
        QTest::newRow(name) << Change([field](archive::ManifestDatabase &entry) {
            ++(entry.*field);
        }) << QStringLiteral("count-differs asmt_1");
    };
    count("one document more", &archive::ManifestDatabase::documents);
    count("one deleted document more", &archive::ManifestDatabase::deleted);
    count("one leaf more", &archive::ManifestDatabase::leaves);
    count("one conflict more", &archive::ManifestDatabase::conflicted);
    count("one attachment more", &archive::ManifestDatabase::attachments);
    count("one byte of attachments more", &archive::ManifestDatabase::attachmentBytes);
    QTest::newRow("another leaf set") << Change([](archive::ManifestDatabase &entry) {
        entry.leafSet[5] = entry.leafSet[5] == '0' ? '1' : '0';
    }) << QStringLiteral("leaf-set-differs asmt_1");
    QTest::newRow("another content") << Change([](archive::ManifestDatabase &entry) {
        entry.contentHash[5] = entry.contentHash[5] == '0' ? '1' : '0';
    }) << QStringLiteral("content-differs asmt_1");
}

void VerifyTest::manifestDoesNotFit()
{
    using Change = std::function<void(archive::ManifestDatabase &)>;
    QFETCH(const Change, change);
    QFETCH(const QString, code);
    const Backup backup;
    const auto path = backup.repacked([&](archive::Manifest &manifest, std::set<std::string> &) {
        for (archive::ManifestDatabase &entry : manifest.databases) {
            if (entry.name == "asmt_1")
                change(entry);
        }
    });
    const auto report = verify(path);
    VERIFY_GOOD(report);
    QVERIFY(!report->isOk());
    QCOMPARE(report->l1, LevelState::Passed);
    QCOMPARE(report->l2, LevelState::Failed);
    QCOMPARE(codesOf(*report), QStringList(code));
}

void VerifyTest::databaseRemovedOrAdded_data()
{
    QTest::addColumn<bool>("removed");
    QTest::addColumn<QString>("code");
    QTest::newRow("removed") << true << QStringLiteral("database-missing asmt_1");
    QTest::newRow("added") << false << QStringLiteral("database-unexpected added");
}

void VerifyTest::databaseRemovedOrAdded()
{
    QFETCH(const bool, removed);
    QFETCH(const QString, code);
    const Backup backup;
    const auto path = backup.repacked([&](archive::Manifest &, std::set<std::string> &directories) {
        if (removed)
            directories.erase("asmt_1");
        else
            directories.insert("added");
    });
    const auto report = verify(path);
    VERIFY_GOOD(report);
    QVERIFY(!report->isOk());
    QCOMPARE(report->l2, LevelState::Failed);
    QCOMPARE(codesOf(*report), QStringList(code));
}

void VerifyTest::withoutItsManifest()
{
    const Backup backup;
    const auto path = backup.repacked([](archive::Manifest &, std::set<std::string> &) {}, false);
    const auto report = verify(path);
    VERIFY_GOOD(report);
    QVERIFY(!report->isOk());
    QVERIFY(codesOf(*report).contains(QStringLiteral("manifest-unreadable")));
    QVERIFY(!backup::ArchiveView::open(path, {}));
}

void VerifyTest::flippedByte()
{
    const Backup backup;
    std::string bytes = *base::readFile(backup.outcome->archive, 1 << 24);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    const base::fs::path path = backup.folder.path("flipped.tgz");
    rewrite(path, bytes);
    const auto report = verify(path);
    VERIFY_GOOD(report);
    QCOMPARE(report->l1, LevelState::Failed);
    QVERIFY(!report->isOk());
}

void VerifyTest::cutShort()
{
    const Backup backup;
    const std::string bytes = *base::readFile(backup.outcome->archive, 1 << 24);
    for (const size_t keep : {bytes.size() / 2, bytes.size() - 1}) {
        const base::fs::path path = backup.folder.path("cut" + std::to_string(keep) + ".tgz");
        rewrite(path, bytes.substr(0, keep));
        const auto report = verify(path);
        VERIFY_GOOD(report);
        QCOMPARE(report->origin, archive::Origin::CutShort);
        QVERIFY(!report->isOk());
    }
}

void VerifyTest::incomplete()
{
    FakeServer server;
    fillSample(server);
    server.databases["org/1"].isForbidden = true;
    Runner runner(server);
    const auto outcome = runner.run();
    VERIFY_GOOD(outcome);
    const auto report = verify(outcome->archive);
    VERIFY_GOOD(report);
    QVERIFY(report->isOk());
    QCOMPARE(report->l2, LevelState::Passed);
    QCOMPARE(report->l3, LevelState::Unknown);
    QVERIFY(report->l3Note.find("omissions") != std::string::npos);

    server.databases["org/1"].isForbidden = false;
    couch::Client client(server, {});
    const auto compared = verify(outcome->archive, &client);
    VERIFY_GOOD(compared);
    QCOMPARE(compared->l3, LevelState::Unknown); // what it holds is equal, but it does not hold all
    QVERIFY(compared->l3Note.find("omissions") != std::string::npos);
    QCOMPARE(compared->remarks.size(), size_t(1));
    QCOMPARE(compared->remarks.front(),
             QStringLiteral("The source has databases that are not in this archive: org/1."));
}

void VerifyTest::predecessors_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name : {"made-by-pouchdb-7.3.0/2026-11-23T16_03_52.749Z",
                             "made-by-pouchdb-9.0.0/2026-11-23T16_03_59.379Z",
                             "made-by-pouchdb-7.3.0/native", "made-by-pouchdb-9.0.0/native"})
        QTest::newRow(name)
            << QStringLiteral(FM_SOURCE_DIR "/tests/data/pouchdb/%1.tgz").arg(QLatin1String(name));
}

void VerifyTest::predecessors()
{
    QFETCH(const QString, name);
    const auto report = verify(base::fromUtf8(name.toStdString()));
    VERIFY_GOOD(report);
    QVERIFY2(report->isOk(), qPrintable(codesOf(*report).join(QLatin1Char(';'))));
    QCOMPARE(report->l1, LevelState::Passed);
    QCOMPARE(report->l2, LevelState::Passed);
    QCOMPARE(report->l3, LevelState::Unknown);
    QVERIFY(report->databases > 0);
}

void VerifyTest::notAnArchive()
{
    const testsupport::TemporaryFolder folder;
    QVERIFY(!verify(folder.path("missing.tgz")));
    rewrite(folder.path("text.tgz"), "This is not an archive.");
    const auto report = verify(folder.path("text.tgz"));
    QVERIFY(!report || !report->isOk());
}

void VerifyTest::againstTheSource_data()
{
    QTest::addColumn<std::function<void(FakeServer &)>>("change");
    QTest::addColumn<int>("l3");
    QTest::addColumn<QStringList>("codes");
    QTest::addColumn<bool>("hasRemark");
    using Change = std::function<void(FakeServer &)>;
    QTest::newRow("equal") << Change([](FakeServer &) {}) << int(LevelState::Passed)
                           << QStringList() << false;
    QTest::newRow("changed since: remarked")
        << Change([](FakeServer &server) { server.databases["org/1"].write("only", {"ba"}); })
        << int(LevelState::Passed) << QStringList() << true;
    QTest::newRow("gone since") << Change([](FakeServer &server) {
        server.databases.erase("org/1");
    }) << int(LevelState::Failed)
                                << QStringList(QStringLiteral("not-at-source org/1")) << false;
    QTest::newRow("made again since")
        << Change([](FakeServer &server) { server.databases["org/1"].instance = "1800000000"; })
        << int(LevelState::Failed) << QStringList(QStringLiteral("recreated org/1")) << false;
    QTest::newRow("another body under the same revision") << Change([](FakeServer &server) {
        server.databases["org/1"].documents["only"].leaves[0].members = R"("n":7)";
    }) << int(LevelState::Failed) << QStringList(QStringLiteral("body-differs org/1"))
                                                          << false;
    QTest::newRow("purged since: remarked")
        << Change([](FakeServer &server) { server.databases["asmt_1"].purge("plain"); })
        << int(LevelState::Passed) << QStringList() << true;
}

void VerifyTest::againstTheSource()
{
    using Change = std::function<void(FakeServer &)>;
    QFETCH(const Change, change);
    QFETCH(const int, l3);
    QFETCH(const QStringList, codes);
    QFETCH(const bool, hasRemark);
    Backup backup;
    change(backup.server);
    couch::Client client(backup.server, {});
    const auto report = verify(backup.outcome->archive, &client);
    VERIFY_GOOD(report);
    QCOMPARE(report->l1, LevelState::Passed);
    QCOMPARE(report->l2, LevelState::Passed); // the archive itself is as good as before
    QCOMPARE(int(report->l3), l3);
    QCOMPARE(codesOf(*report), codes);
    QCOMPARE(!report->remarks.empty(), hasRemark);
    QVERIFY(report->bodiesCompared > 0);
}

void VerifyTest::sourceThatCannotBeRead()
{
    Backup backup;
    backup.server.databases["org/1"].isForbidden = true;
    couch::Client client(backup.server, {});
    const auto report = verify(backup.outcome->archive, &client);
    QVERIFY(!report);
    QCOMPARE(report.error().kind, ErrorKind::Forbidden);
}

void VerifyTest::stops()
{
    const Backup backup;
    std::stop_source stop;
    stop.request_stop();
    const auto report = verify(backup.outcome->archive, nullptr, stop.get_token());
    QVERIFY(!report);
    QCOMPARE(report.error().kind, ErrorKind::Cancelled);
}

void VerifyTest::viewsOfOursAndOthers()
{
    const char *predecessors =
        FM_SOURCE_DIR "/tests/data/pouchdb/made-by-pouchdb-7.3.0/2026-11-23T16_03_52.749Z.tgz";
    std::stop_source stop;
    stop.request_stop(); // others' archives are read through, which may take long
    const auto stopped =
        backup::ArchiveView::open(predecessors, {}, backup::unlessStopped(stop.get_token()));
    QVERIFY(!stopped);
    QCOMPARE(stopped.error().kind, ErrorKind::Cancelled);

    const Backup backup;
    const auto ours = backup::ArchiveView::open(backup.outcome->archive, {});
    VERIFY_GOOD(ours);
    const auto databases = (*ours)->databases();
    VERIFY_GOOD(databases);
    QCOMPARE(databases->size(), size_t(4));
    const auto missing = (*ours)->openDatabase("no such");
    QVERIFY(!missing);
    QCOMPARE(missing.error().kind, ErrorKind::NotFound);

    const auto other = backup::ArchiveView::open(predecessors, {});
    VERIFY_GOOD(other);
    QVERIFY(!(*other)->manifest());
    const auto counted = (*other)->databases();
    VERIFY_GOOD(counted);
    QVERIFY(!counted->empty());
    for (const backup::ArchiveView::Database &database : *counted) {
        QVERIFY2(database.problem.isEmpty(), qPrintable(database.problem));
        VERIFY_GOOD((*other)->openDatabase(database.entry.name));
    }
}

QTEST_GUILESS_MAIN(VerifyTest)
#include "verify_test.moc"
