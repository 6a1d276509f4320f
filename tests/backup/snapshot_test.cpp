#include "tests/backup/backuptesting.h"
#include "tests/backup/sampleserver.h"

using namespace backuptesting;
using base::ErrorKind;

/// One database at rest: everything in it arrives byte for byte, what cannot be had is named.
class SnapshotTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void everythingArrives_data();
    void everythingArrives();
    void propertiesArePinned();
    void localDocumentsWithoutCheckpoints();
    void onlyReads();
    void sameAttachmentNameOnTwoLeaves();
    void wideDocument();
    void bucketsOfALargeDatabase();
    void anOversizeAttachmentIsKeptBesideTheTables();
    void omissions_data();
    void omissions();
    void unreadablePropertiesAreNamed_data();
    void unreadablePropertiesAreNamed();
    void failuresOfOneDatabase_data();
    void failuresOfOneDatabase();
    void failuresThatStopTheRun_data();
    void failuresThatStopTheRun();
    void refusedPasswordIsNotRepeated();
    void stagingIsRemoved();
};

void SnapshotTest::everythingArrives_data()
{
    QTest::addColumn<FakeDatabase>("database");
    QTest::addColumn<int>("style");
    FakeDatabase tombstones;
    tombstones.write("a", {"ba", "", true});
    tombstones.write("b", {"cba", R"("x":1)", true, {{"file", "of a tombstone"}}});
    FakeDatabase many;
    for (int i = 0; i < 12'000; ++i)
        many.write("d" + std::to_string(i), {"a", ""});
    FakeDatabase large;
    large.write("large",
                {"a",
                 "",
                 false,
                 {{"file", std::string(size_t(9) << 20, 'l')},
                  {"packed", std::string(size_t(9) << 20, 'p'), true}}});
    FakeDatabase designs;
    designs.write("_design/a", {"a"});
    FakeDatabase old;
    old.write("stemmed", {"jihgf", R"("n":-0.0)", false, {}, 2'000'000'000});
    using testsupport::SeqStyle;
    QTest::newRow("one of everything") << sampleDatabase() << int(SeqStyle::Text);
    QTest::newRow("sequences are plain numbers") << sampleDatabase() << int(SeqStyle::Number);
    QTest::newRow("sequences are lists") << sampleDatabase() << int(SeqStyle::List);
    QTest::newRow("nothing") << FakeDatabase() << int(SeqStyle::Text);
    QTest::newRow("only tombstones") << tombstones << int(SeqStyle::Text);
    QTest::newRow("only design documents") << designs << int(SeqStyle::Text);
    QTest::newRow("several pages of changes") << many << int(SeqStyle::Text);
    QTest::newRow("large attachments") << large << int(SeqStyle::Text);
    QTest::newRow("a stemmed history, two billion generations on") << old << int(SeqStyle::Text);
}

void SnapshotTest::everythingArrives()
{
    QFETCH(const FakeDatabase, database);
    QFETCH(const int, style);
    FakeServer server;
    server.seqStyle = testsupport::SeqStyle(style);
    server.databases["db"] = database;
    Snapper snapper(server);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QCOMPARE(describe(snapshot->entry.omissions).join(QLatin1Char(';')), QString());
    QVERIFY(!snapshot->vanished && !snapshot->failure && !snapshot->entry.changedDuringRun);
    QCOMPARE(differenceBetween(database, *openStaged(*snapshot)), QString());
    QCOMPARE(snapshot->entry.documents, database.liveDocuments());
    QCOMPARE(snapshot->entry.deleted, database.deletedDocuments());
    QCOMPARE(snapshot->entry.bodiesCompared, snapshot->entry.leaves);
}

void SnapshotTest::propertiesArePinned()
{
    FakeServer server;
    server.databases["db"] = sampleDatabase();
    server.databases["db"].revsLimit = 77;
    Snapper snapper(server);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    const archive::ManifestDatabase &entry = snapshot->entry;
    QCOMPARE(entry.name, std::string("db"));
    QCOMPARE(entry.contentFrom, std::string("source"));
    QCOMPARE(entry.instanceStartTime, std::string("1700000000"));
    QCOMPARE(entry.updateSeq, testsupport::seqJson(server.databases["db"].seq, server.seqStyle));
    QCOMPARE(entry.purgeSeq, std::string("\"0-g1AAAA\""));
    QCOMPARE(entry.security, server.databases["db"].security);
    QVERIFY(entry.revsLimit == 77);
    QCOMPARE(entry.startedAt, std::string("2026-11-23T03:00:00.000Z"));
    QVERIFY(!entry.finishedAt.empty() && !entry.comparedAt.empty());
}

void SnapshotTest::localDocumentsWithoutCheckpoints()
{
    FakeServer server;
    auto &locals = server.databases["db"].locals;
    const auto put = [&](const std::string &id, const std::string &members) {
        locals[id] = R"({"_id":")" + id + R"(","_rev":"0-1")" + members + '}';
    };
    put("_local/theme", R"(,"dark":true)");
    put("_local/with a history", R"(,"history":"of the town")");
    put("_local/with a session", R"(,"session_id":"7")");
    put("_local/couchdb",
        R"(,"session_id":"s","source_last_seq":"3-x","history":[{}],"replication_id_version":4)");
    put("_local/pouchdb",
        R"(,"session_id":"s","last_seq":3,"history":[{}],"replicator":"pouchdb","version":1)");
    put("_local/shard-sync-a-b", "");
    put("_local/purge-mem3", "");
    Snapper snapper(server);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QStringList kept;
    VERIFY_GOOD(openStaged(*snapshot)->forEachLocal([&](std::string_view id, std::string_view) {
        kept.append(QString::fromUtf8(id.data(), static_cast<qsizetype>(id.size())));
        return base::Status();
    }));
    QCOMPARE(kept,
             QStringList({QStringLiteral("_local/theme"), QStringLiteral("_local/with a history"),
                          QStringLiteral("_local/with a session")}));
}

void SnapshotTest::onlyReads()
{
    FakeServer server;
    server.databases["db"] = sampleDatabase();
    Snapper snapper(server);
    VERIFY_GOOD(snapper.take());
    for (const couch::Request &request : server.record()) {
        using Method = couch::Request::Method;
        const bool isRead = request.method == Method::Get || request.method == Method::Head
            || (request.method == Method::Post && testsupport::asksFor(request, "db", "_bulk_get"));
        QVERIFY2(isRead, request.target.c_str());
        QVERIFY2(request.target.find("_local/") == std::string::npos, request.target.c_str());
    }
}

void SnapshotTest::sameAttachmentNameOnTwoLeaves()
{
    FakeServer server;
    auto &database = server.databases["db"];
    database.write("doc", {"ba", "", false, {{"file", "bytes of b", true}}});
    database.write("doc", {"ca", "", false, {{"file", "bytes of c", true}}});
    Snapper snapper(server);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QCOMPARE(describe(snapshot->entry.omissions).join(QLatin1Char(';')), QString());
    QCOMPARE(differenceBetween(database, *openStaged(*snapshot)), QString());
}

void SnapshotTest::wideDocument()
{
    FakeServer server;
    auto &database = server.databases["db"];
    auto &document = database.documents["wide"];
    for (std::uint64_t i = 0; i < 333; ++i)
        document.leaves.push_back(
            {std::string(1, static_cast<char>('a' + i % 26)), "", i % 2 == 0, {}, 1 + i / 26, {}});
    document.seq = ++database.seq;
    Snapper snapper(server);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QCOMPARE(describe(snapshot->entry.omissions).join(QLatin1Char(';')), QString());
    QCOMPARE(snapshot->entry.leaves, std::uint64_t(333));
    QCOMPARE(differenceBetween(database, *openStaged(*snapshot)), QString());
}

void SnapshotTest::bucketsOfALargeDatabase()
{
    FakeServer server;
    for (int i = 0; i < 1500; ++i)
        server.databases["db"].write("d" + std::to_string(i), {"a", ""});
    Snapper snapper(server);
    snapper.allBodies = false;
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QVERIFY(snapshot->entry.leafSetBuckets.size() > 200);
    QCOMPARE(snapshot->entry.bodiesCompared, std::uint64_t(75)); // 5 %
}

void SnapshotTest::omissions_data()
{
    QTest::addColumn<std::function<void(FakeDatabase &)>>("prepare");
    QTest::addColumn<QStringList>("omissions");
    QTest::addColumn<int>("documents");
    const auto row = [](const char *name, std::function<void(FakeDatabase &)> prepare,
                        const QStringList &omissions, int documents) {
        QTest::newRow(name) << std::move(prepare) << omissions << documents;
    };
    const auto rawLeaf = [](const std::string &letters, const std::string &text) {
        FakeLeaf leaf{letters};
        leaf.raw = text;
        return leaf;
    };
    const std::string revA = fakeRev(1, 'a');
    const QString malformed =
        QStringLiteral("malformed-document bad ") + QString::fromStdString(revA);
    row(
        "a lone surrogate in a document",
        [=](FakeDatabase &db) {
            db.write("bad",
                     rawLeaf("a",
                             R"({"_id":"bad","_rev":")" + revA
                                 + R"(","x":"\ud800","_revisions":{"start":1,"ids":["aa"]}})"));
        },
        {malformed}, 40);
    row(
        "a document whose history is not its revision's",
        [=](FakeDatabase &db) {
            db.write("bad",
                     rawLeaf("a",
                             R"({"_id":"bad","_rev":")" + revA
                                 + R"(","_revisions":{"start":1,"ids":["zz"]}})"));
        },
        {malformed}, 40);
    row(
        "one bad leaf of a conflict: the other is kept",
        [=](FakeDatabase &db) {
            db.write("bad", {"cb"});
            db.write("bad",
                     rawLeaf("a",
                             R"({"_id":"bad","_rev":")" + revA
                                 + R"(","x":tru,"_revisions":{"start":1,"ids":["aa"]}})"));
        },
        {malformed}, 41);
    row(
        "an attachment with a wrong digest",
        [](FakeDatabase &db) {
            FakeAttachment wrong{"file", "bytes"};
            wrong.digest = "md5-AAAAAAAAAAAAAAAAAAAAAA==";
            db.write("doc", {"a", "", false, {wrong, {"good", "bytes"}}});
        },
        {QStringLiteral("attachment-unreadable doc ") + QString::fromStdString(revA)
         + QStringLiteral(" file")},
        41);
}

void SnapshotTest::anOversizeAttachmentIsKeptBesideTheTables()
{
    FakeServer server;
    const std::string bytes(store::kLargeAttachmentBytes + 100, 'x');
    server.databases["db"].write("doc", {"a", "", false, {{"huge", bytes}, {"small", "s"}}});
    server.databases["db"].write("same", {"a", "", false, {{"again", bytes}}});
    Snapper snapper(server);
    snapper.storeSizes = {.pouchLimitBytes = store::kLargeAttachmentBytes,
                          .oversizePartBytes = 3'000'000};
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QCOMPARE(describe(snapshot->entry.omissions),
             (QStringList{QStringLiteral("pouch-unreadable doc %1 huge")
                              .arg(QString::fromStdString(fakeRev(1, 'a'))),
                          QStringLiteral("pouch-unreadable same %1 again")
                              .arg(QString::fromStdString(fakeRev(1, 'a')))}));
    QCOMPARE(differenceBetween(server.databases["db"], *openStaged(*snapshot)), QString());
    QCOMPARE(snapshot->entry.attachmentBytes, std::uint64_t{bytes.size() + 1});
}

void SnapshotTest::omissions()
{
    using Prepare = std::function<void(FakeDatabase &)>;
    QFETCH(const Prepare, prepare);
    QFETCH(const QStringList, omissions);
    QFETCH(const int, documents);
    FakeServer server;
    FakeDatabase &database = server.databases["db"];
    for (int i = 0; i < 40; ++i)
        database.write("good" + std::to_string(i), {"a"});
    prepare(database);
    Snapper snapper(server);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QVERIFY(snapshot->files != nullptr);
    QCOMPARE(describe(snapshot->entry.omissions).join(QLatin1Char(';')),
             omissions.join(QLatin1Char(';')));
    QCOMPARE(snapshot->entry.documents, std::uint64_t(documents));
    for (const archive::Omission &omission : snapshot->entry.omissions)
        QVERIFY(!omission.message.empty());
}

void SnapshotTest::unreadablePropertiesAreNamed_data()
{
    QTest::addColumn<std::string>("endpoint");
    QTest::addColumn<QString>("code");
    QTest::newRow("_security") << std::string("_security") << QStringLiteral("security-unreadable");
    QTest::newRow("_revs_limit") << std::string("_revs_limit")
                                 << QStringLiteral("revs-limit-unreadable");
    QTest::newRow("_local_docs") << std::string("_local_docs")
                                 << QStringLiteral("local-documents-unreadable");
}

void SnapshotTest::unreadablePropertiesAreNamed()
{
    QFETCH(const std::string, endpoint);
    QFETCH(const QString, code);
    FakeServer server;
    server.databases["db"] = sampleDatabase();
    server.onRequest =
        [&](size_t,
            const couch::Request &request) -> std::optional<base::Result<FakeServer::Answer>> {
        if (testsupport::asksFor(request, "db", endpoint))
            return testsupport::jsonAnswer(R"({"error":"forbidden","reason":"not for you"})", 403);
        return std::nullopt;
    };
    Snapper snapper(server);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QCOMPARE(describe(snapshot->entry.omissions).join(QLatin1Char(';')), code);
    QCOMPARE(differenceBetween(server.databases["db"], *openStaged(*snapshot)), QString());
}

void SnapshotTest::failuresOfOneDatabase_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<std::string>("endpoint");
    for (const char *endpoint : {"", "_changes", "_bulk_get"}) {
        for (const ErrorKind kind : {ErrorKind::Forbidden, ErrorKind::Busy, ErrorKind::Server,
                                     ErrorKind::Protocol, ErrorKind::Timeout})
            QTest::addRow("%s: %s", *endpoint == '\0' ? "the database itself" : endpoint,
                          base::errorCode(kind))
                << int(kind) << std::string(endpoint);
    }
}

void SnapshotTest::failuresOfOneDatabase()
{
    QFETCH(const int, kind);
    QFETCH(const std::string, endpoint);
    FakeServer server;
    for (int i = 0; i < 50; ++i)
        server.databases["db"].write("d" + std::to_string(i), {"a"});
    server.onRequest =
        [&](size_t,
            const couch::Request &request) -> std::optional<base::Result<FakeServer::Answer>> {
        if (testsupport::asksFor(request, "db", endpoint))
            return testsupport::fakeError(ErrorKind(kind));
        return std::nullopt;
    };
    Snapper snapper(server);
    const auto snapshot = snapper.take();
    VERIFY_GOOD(snapshot);
    QVERIFY(snapshot->files == nullptr);
    QVERIFY(!snapshot->vanished);
    QVERIFY(snapshot->failure.has_value());
    QCOMPARE(snapshot->failure->kind, ErrorKind(kind));
    QCOMPARE(describe(snapshot->entry.omissions).join(QLatin1Char(';')),
             QString::fromLatin1(base::errorCode(ErrorKind(kind))));
    QCOMPARE(snapshot->entry.documents, std::uint64_t(0));
}

void SnapshotTest::failuresThatStopTheRun_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<std::string>("endpoint");
    for (const char *endpoint :
         {"", "_security", "_revs_limit", "_changes", "_bulk_get", "_local_docs", "files"}) {
        for (const ErrorKind kind :
             {ErrorKind::Unauthorized, ErrorKind::Unreachable, ErrorKind::Cancelled})
            QTest::addRow("%s: %s", *endpoint == '\0' ? "the database itself" : endpoint,
                          base::errorCode(kind))
                << int(kind) << std::string(endpoint);
    }
}

void SnapshotTest::failuresThatStopTheRun()
{
    QFETCH(const int, kind);
    QFETCH(const std::string, endpoint);
    FakeServer server;
    server.databases["db"] = sampleDatabase();
    server.onRequest =
        [&](size_t,
            const couch::Request &request) -> std::optional<base::Result<FakeServer::Answer>> {
        if (testsupport::asksFor(request, "db", endpoint))
            return testsupport::fakeError(ErrorKind(kind));
        return std::nullopt;
    };
    Snapper snapper(server);
    const auto snapshot = snapper.take();
    QVERIFY(!snapshot);
    QCOMPARE(snapshot.error().kind, ErrorKind(kind));
}

void SnapshotTest::refusedPasswordIsNotRepeated()
{
    for (size_t from = 1;; ++from) {
        FakeServer server;
        server.databases["db"] = sampleDatabase();
        server.onRequest =
            [&](size_t number,
                const couch::Request &) -> std::optional<base::Result<FakeServer::Answer>> {
            if (number >= from)
                return testsupport::jsonAnswer(
                    R"({"error":"unauthorized","reason":"Name or password is incorrect."})", 401);
            return std::nullopt;
        };
        Snapper snapper(server, 1);
        const auto snapshot = snapper.take();
        if (snapshot)
            break; // the run was over before
        QCOMPARE(snapshot.error().kind, ErrorKind::Unauthorized);
        QVERIFY2(server.requests() - from + 1 <= 2,
                 qPrintable(QStringLiteral("from request %1").arg(from)));
    }
}

void SnapshotTest::stagingIsRemoved()
{
    FakeServer server;
    server.databases["db"].write("doc",
                                 {"a", "", false, {{"file", std::string(size_t(9) << 20, 'l')}}});
    Snapper snapper(server);
    {
        const auto snapshot = snapper.take();
        VERIFY_GOOD(snapshot);
        QVERIFY(!testsupport::namesIn(snapper.folder()).empty());
    }
    QVERIFY(testsupport::namesIn(snapper.folder()).empty());
}

QTEST_GUILESS_MAIN(SnapshotTest)
#include "snapshot_test.moc"
