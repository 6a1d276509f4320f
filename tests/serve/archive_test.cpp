#include "core/base/json.h"
#include "core/serve/archivebackend.h"
#include "core/serve/server.h"
#include "tests/serve/rawclient.h"

#include <QDirIterator>
#include <QTest>

#include <algorithm>

using servetesting::RawAnswer;
using servetesting::RawClient;
namespace json = base::json;

namespace {

QString archiveOf(const QString &folder)
{
    QDirIterator files(QStringLiteral(FM_SOURCE_DIR "/tests/data/pouchdb/") + folder,
                       {QStringLiteral("2*.tgz")});
    return files.hasNext() ? files.next() : QString();
}

std::vector<std::string> idsOf(const std::string &answer, const char *list = "results")
{
    std::vector<std::string> ids;
    const auto members = json::members(answer);
    const auto rows = members ? json::find(*members, list) : std::nullopt;
    const auto elements = json::elements(rows.value_or("[]"));
    for (const std::string_view row : *elements)
        ids.push_back(json::unescape(*json::find(*json::members(row), "id")));
    return ids;
}

std::string fieldOf(const std::string &answer, const char *name)
{
    const auto members = json::members(answer);
    return members ? std::string(json::find(*members, name).value_or("")) : std::string();
}

/// What may stand in a query.
std::string encoded(std::string_view text)
{
    return QByteArray(text.data(), static_cast<qsizetype>(text.size()))
        .toPercentEncoding()
        .toStdString();
}

} // namespace

/// A predecessor's archive, served.
class ArchiveTest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase_data();
    void init();
    void databasesAreListed();
    void changesInPiecesEqualTheWhole();
    void changesDescending();
    void allDocsInPiecesEqualTheWhole();
    void allDocsDescending();
    void everyLeafHasItsBody();
    void attachmentsAreWhole();
    void nothingIsWritten_data();
    void nothingIsWritten();
    void checkpointsAreKept();
    void sequencesOfAnotherRunDiffer();

private:
    std::shared_ptr<serve::Backend> open();
    std::string get(const std::string &target)
    {
        return m_client->ask("GET", target, {}, {"Accept: application/json"}).body;
    }

    std::shared_ptr<serve::Backend> m_backend;
    std::unique_ptr<serve::Server> m_server;
    std::unique_ptr<RawClient> m_client;
};

void ArchiveTest::initTestCase_data()
{
    QTest::addColumn<QString>("folder");
    QTest::newRow("7.3.0") << "made-by-pouchdb-7.3.0";
    QTest::newRow("9.0.0") << "made-by-pouchdb-9.0.0";
}

std::shared_ptr<serve::Backend> ArchiveTest::open()
{
    QFETCH_GLOBAL(QString, folder);
    auto reader = archive::Reader::open(archiveOf(folder).toStdString(), {});
    return reader ? serve::makeArchiveBackend(std::move(*reader), std::nullopt, 1795450143)
                  : nullptr;
}

void ArchiveTest::init()
{
    m_backend = open();
    QVERIFY(m_backend);
    auto server = serve::Server::start(m_backend, {});
    QVERIFY(server);
    m_server = std::move(*server);
    m_client = std::make_unique<RawClient>(m_server->port());
}

void ArchiveTest::databasesAreListed()
{
    const auto names = json::elements(get("/_all_dbs"));
    QVERIFY(names);
    QCOMPARE(names->size(), m_backend->databases().size());
    QVERIFY(names->size() >= 8);
    const std::string info = get("/basic");
    QCOMPARE(fieldOf(info, "db_name"), std::string("\"basic\""));
    QCOMPARE(fieldOf(info, "instance_start_time"), std::string("\"1795450143\""));
}

void ArchiveTest::changesInPiecesEqualTheWhole()
{
    for (const std::string &name : m_backend->databases()) {
        const std::string whole = get('/' + name + "/_changes?style=all_docs");
        const auto all = idsOf(whole);
        std::vector<std::string> pieces;
        std::string since = "0";
        for (;;) {
            const std::string page =
                get('/' + name + "/_changes?style=all_docs&limit=3&since=" + encoded(since));
            const auto ids = idsOf(page);
            pieces.insert(pieces.end(), ids.begin(), ids.end());
            QCOMPARE(fieldOf(page, "pending"), std::to_string(all.size() - pieces.size()));
            since = fieldOf(page, "last_seq");
            if (ids.empty())
                break;
        }
        QCOMPARE(pieces, all);
        QCOMPARE(since, fieldOf(whole, "last_seq"));
        QCOMPARE(fieldOf(get('/' + name), "update_seq"), since);
        QVERIFY(std::ranges::is_sorted(all));
    }
}

void ArchiveTest::changesDescending()
{
    for (const std::string &name : m_backend->databases()) {
        auto up = idsOf(get('/' + name + "/_changes"));
        const auto down = idsOf(get('/' + name + "/_changes?descending=true"));
        std::ranges::reverse(up);
        QCOMPARE(down, up);
    }
}

void ArchiveTest::allDocsInPiecesEqualTheWhole()
{
    for (const std::string &name : m_backend->databases()) {
        const std::string whole = get('/' + name + "/_all_docs");
        const auto all = idsOf(whole, "rows");
        QCOMPARE(fieldOf(whole, "total_rows"), std::to_string(all.size()));
        QCOMPARE(fieldOf(get('/' + name), "doc_count"), std::to_string(all.size()));
        for (size_t i = 0; i < all.size(); i += 5) {
            const std::string page =
                get('/' + name + "/_all_docs?limit=5&startkey=" + encoded(json::quoted(all[i])));
            const auto ids = idsOf(page, "rows");
            const size_t count = std::min<size_t>(5, all.size() - i);
            QVERIFY(std::equal(ids.begin(), ids.end(), all.begin() + static_cast<std::ptrdiff_t>(i),
                               all.begin() + static_cast<std::ptrdiff_t>(i + count)));
            QCOMPARE(fieldOf(page, "offset"), std::to_string(i));
        }
    }
}

void ArchiveTest::allDocsDescending()
{
    for (const std::string &name : m_backend->databases()) {
        auto up = idsOf(get('/' + name + "/_all_docs"), "rows");
        const auto down = idsOf(get('/' + name + "/_all_docs?descending=true"), "rows");
        std::ranges::reverse(up);
        QCOMPARE(down, up);
        if (up.size() < 3)
            continue;
        const auto fromSecond = idsOf(
            get('/' + name + "/_all_docs?descending=true&startkey=" + encoded(json::quoted(up[1]))),
            "rows");
        QVERIFY(std::equal(fromSecond.begin(), fromSecond.end(), up.begin() + 1, up.end()));
    }
}

void ArchiveTest::everyLeafHasItsBody()
{
    for (const std::string &name : m_backend->databases()) {
        for (const std::string &id : idsOf(get('/' + name + "/_changes"))) {
            const std::string body = R"({"docs":[{"id":)" + json::quoted(id) + "}]}";
            const RawAnswer answer =
                m_client->ask("POST", '/' + name + "/_bulk_get?revs=true&attachments=true", body,
                              {"Content-Type: application/json", "Accept: application/json"});
            QCOMPARE(answer.status, 200);
            QVERIFY(answer.isWhole);
            QVERIFY2(json::validate(answer.body), answer.body.c_str());
            QVERIFY2(answer.body.find(R"({"error":)") == std::string::npos, answer.body.c_str());
            QVERIFY(answer.body.find(R"({"ok":{"_id":)") != std::string::npos);
        }
    }
}

void ArchiveTest::attachmentsAreWhole()
{
    int seen = 0;
    for (const std::string &id : idsOf(get("/attachments/_all_docs"), "rows")) {
        const std::string document = get("/attachments/" + encoded(id));
        const std::string stubs = fieldOf(document, "_attachments");
        const auto attachments = json::members(stubs);
        if (!attachments)
            continue;
        for (const auto &[name, stub] : *attachments) {
            const std::string target =
                "/attachments/" + encoded(id) + '/' + encoded(json::unescape(name));
            const RawAnswer whole = m_client->ask("GET", target);
            QVERIFY(whole.isWhole);
            QCOMPARE(std::to_string(whole.body.size()), fieldOf(std::string(stub), "length"));
            if (whole.body.size() > 4) {
                const RawAnswer part = m_client->ask("GET", target, {}, {"Range: bytes=1-3"});
                QCOMPARE(part.status, 206);
                QCOMPARE(part.body, whole.body.substr(1, 3));
            }
            ++seen;
        }
    }
    QVERIFY(seen > 3);
}

void ArchiveTest::nothingIsWritten_data()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("target");
    QTest::newRow("a new database") << "PUT"
                                    << "/other";
    QTest::newRow("a database goes") << "DELETE"
                                     << "/basic";
    QTest::newRow("a document") << "PUT"
                                << "/basic/new";
    QTest::newRow("a document without an id") << "POST"
                                              << "/basic";
    QTest::newRow("a document goes") << "DELETE"
                                     << "/basic/any";
    QTest::newRow("documents") << "POST"
                               << "/basic/_bulk_docs";
    QTest::newRow("an attachment") << "PUT"
                                   << "/basic/any/file";
    QTest::newRow("who may read") << "PUT"
                                  << "/basic/_security";
    QTest::newRow("the length of histories") << "PUT"
                                             << "/basic/_revs_limit";
    QTest::newRow("a purge") << "POST"
                             << "/basic/_purge";
}

void ArchiveTest::nothingIsWritten()
{
    QFETCH(QString, method);
    QFETCH(QString, target);
    const RawAnswer answer = m_client->ask(method.toStdString(), target.toStdString(), "{}",
                                           {"Content-Type: application/json"});
    QCOMPARE(answer.status, 403);
    QVERIFY(answer.body.find("read-only") != std::string::npos);
}

void ArchiveTest::checkpointsAreKept()
{
    QCOMPARE(m_client->ask("GET", "/basic/_local/x").status, 404);
    QCOMPARE(m_client->ask("PUT", "/basic/_local/x", R"({"last_seq":3})").status, 201);
    QCOMPARE(get("/basic/_local/x"),
             std::string("{\"_id\":\"_local/x\",\"_rev\":\"0-1\",\"last_seq\":3}\n"));
    QVERIFY(get("/basic/_local_docs").find("_local/x") != std::string::npos);
    QCOMPARE(m_client->ask("DELETE", "/basic/_local/x").status, 200);
    QCOMPARE(m_client->ask("GET", "/basic/_local/x").status, 404);
}

void ArchiveTest::sequencesOfAnotherRunDiffer()
{
    const std::string before = fieldOf(get("/basic"), "update_seq");
    const auto second = open();
    const auto database = second->open("basic");
    QVERIFY(database);
    QVERIFY(before.find((*database)->sequenceToken()) == std::string::npos);
}

QTEST_GUILESS_MAIN(ArchiveTest)
#include "archive_test.moc"
