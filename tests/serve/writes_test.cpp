#include "core/base/json.h"
#include "core/serve/memorybackend.h"
#include "core/serve/server.h"
#include "tests/serve/rawclient.h"

#include <QTest>

using servetesting::RawAnswer;
using servetesting::RawClient;
namespace json = base::json;

namespace {

const std::string kA(32, 'a');
const std::string kB(32, 'b');
const std::string kC(32, 'c');

std::string field(const RawAnswer &answer, const char *name)
{
    const auto members = json::members(answer.body);
    const auto value = members ? json::find(*members, name) : std::nullopt;
    if (!value)
        return {};
    return json::kindOf(*value) == json::Kind::String ? json::unescape(*value)
                                                      : std::string(*value);
}

} // namespace

/// What a write leaves behind; the contract has the answers themselves.
class WritesTest : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void replicatedRevisionComesOnce();
    void conflictKeepsBoth();
    void historyIsStemmed();
    void tombstoneGivesWay();
    void stubKeepsTheBytes();
    void stubWithoutBytesIsRefused();
    void multipartDocumentIsStored();
    void cutMultipartIsRefused();
    void purgedLeafIsForgotten();
    void databaseMadeAgainIsAnother();
    void oneBadDocumentSpoilsAll();
    void sampleOrganisationsAreThere();

private:
    RawAnswer put(const std::string &target, const std::string &body)
    {
        return m_client->ask("PUT", target, body, {"Content-Type: application/json"});
    }
    RawAnswer post(const std::string &target, const std::string &body)
    {
        return m_client->ask("POST", target, body, {"Content-Type: application/json"});
    }
    RawAnswer get(const std::string &target)
    {
        return m_client->ask("GET", target, {}, {"Accept: application/json"});
    }

    std::unique_ptr<serve::Server> m_server;
    std::unique_ptr<RawClient> m_client;
};

void WritesTest::init()
{
    auto backend = serve::makeMemoryBackend(1);
    (void)backend->create("db");
    auto server = serve::Server::start(backend, {});
    QVERIFY(server);
    m_server = std::move(*server);
    m_client = std::make_unique<RawClient>(m_server->port());
}

void WritesTest::replicatedRevisionComesOnce()
{
    const std::string body = R"({"new_edits":false,"docs":[{"_id":"d","_rev":"2-)" + kB
        + R"(","_revisions":{"start":2,"ids":[")" + kB + R"(",")" + kA + R"("]},"n":1}]})";
    QCOMPARE(post("/db/_bulk_docs", body).body, std::string("[]\n"));
    const std::string seq = field(get("/db"), "update_seq");
    QCOMPARE(post("/db/_bulk_docs", body).body, std::string("[]\n"));
    QCOMPARE(field(get("/db"), "update_seq"), seq);
    // Its ancestor is known, too.
    post("/db/_bulk_docs", R"({"new_edits":false,"docs":[{"_id":"d","_rev":"1-)" + kA + R"("}]})");
    QCOMPARE(field(get("/db"), "update_seq"), seq);
}

void WritesTest::conflictKeepsBoth()
{
    post("/db/_bulk_docs",
         R"({"new_edits":false,"docs":[{"_id":"d","_rev":"1-)" + kA
             + R"(","n":1},{"_id":"d","_rev":"1-)" + kB + R"(","n":2}]})");
    const RawAnswer answer = get("/db/d?conflicts=true");
    QCOMPARE(field(answer, "_rev"), "1-" + kB);
    QCOMPARE(field(answer, "_conflicts"), "[\"1-" + kA + "\"]");
    QCOMPARE(m_client->ask("DELETE", "/db/d?rev=1-" + kB).status, 200);
    QCOMPARE(field(get("/db/d"), "_rev"), "1-" + kA);
}

void WritesTest::historyIsStemmed()
{
    QCOMPARE(put("/db/_revs_limit", "3").status, 200);
    std::string rev;
    for (int i = 0; i < 6; ++i) {
        std::string target = "/db/d";
        if (!rev.empty())
            target.append("?rev=").append(rev);
        rev = field(put(target, "{\"i\":" + std::to_string(i) + '}'), "rev");
    }
    QVERIFY(rev.starts_with("6-"));
    const std::string text = field(get("/db/d?revs=true"), "_revisions");
    const auto revisions = json::members(text);
    QVERIFY(revisions);
    QCOMPARE(json::elements(*json::find(*revisions, "ids"))->size(), size_t{3});
}

void WritesTest::tombstoneGivesWay()
{
    const std::string first = field(put("/db/d", "{}"), "rev");
    QCOMPARE(m_client->ask("DELETE", "/db/d?rev=" + first).status, 200);
    QCOMPARE(get("/db/d").status, 404);
    QVERIFY(field(put("/db/d", "{\"again\":true}"), "rev").starts_with("3-"));
    QCOMPARE(field(get("/db"), "doc_count"), std::string("1"));
}

void WritesTest::stubKeepsTheBytes()
{
    const std::string first = field(
        put("/db/d", R"({"_attachments":{"f":{"content_type":"a/b","data":"YWJj"}}})"), "rev");
    const std::string second =
        field(put("/db/d?rev=" + first, R"({"n":2,"_attachments":{"f":{"stub":true}}})"), "rev");
    QVERIFY(second.starts_with("2-"));
    QCOMPARE(get("/db/d/f").body, std::string("abc"));
    QVERIFY(field(get("/db/d"), "_attachments").find(R"("revpos":1)") != std::string::npos);
    // An edit without it drops it.
    put("/db/d?rev=" + second, "{}");
    QCOMPARE(get("/db/d/f").status, 404);
}

void WritesTest::stubWithoutBytesIsRefused()
{
    const RawAnswer answer = put("/db/d", R"({"_attachments":{"f":{"stub":true}}})");
    QCOMPARE(answer.status, 412);
    QCOMPARE(field(answer, "error"), std::string("missing_stub"));
}

void WritesTest::multipartDocumentIsStored()
{
    const std::string body = "--b\r\nContent-Type: application/json\r\n\r\n"
                             R"({"_id":"d","_rev":"1-)"
        + kA
        + R"(","_attachments":{"x":{"follows":true,"content_type":"a/b","length":3,"revpos":1},"y":{"follows":true,"content_type":"c/d","length":2,"revpos":1}}})"
          "\r\n--b\r\n\r\nabc\r\n--b\r\n\r\nde\r\n--b--";
    QCOMPARE(m_client
                 ->ask("PUT", "/db/d?new_edits=false", body,
                       {"Content-Type: multipart/related; boundary=\"b\""})
                 .status,
             201);
    QCOMPARE(field(get("/db/d"), "_rev"), "1-" + kA);
    QCOMPARE(get("/db/d/x").body, std::string("abc"));
    QCOMPARE(get("/db/d/y").body, std::string("de"));
}

void WritesTest::cutMultipartIsRefused()
{
    const std::string body = "--b\r\nContent-Type: application/json\r\n\r\n"
                             R"({"_attachments":{"x":{"follows":true,"content_type":"a/b"}}})"
                             "\r\n--b\r\n\r\nab";
    QCOMPARE(
        m_client->ask("PUT", "/db/d", body, {"Content-Type: multipart/related; boundary=\"b\""})
            .status,
        400);
    QCOMPARE(get("/db/d").status, 404);
}

void WritesTest::purgedLeafIsForgotten()
{
    post("/db/_bulk_docs",
         R"({"new_edits":false,"docs":[{"_id":"d","_rev":"1-)" + kA + R"("},{"_id":"d","_rev":"1-)"
             + kB + R"("}]})");
    const RawAnswer answer = post("/db/_purge", R"({"d":["1-)" + kB + R"(","1-)" + kC + R"("]})");
    QCOMPARE(answer.status, 201);
    QCOMPARE(field(answer, "purged"), R"({"d":["1-)" + kB + R"("]})");
    QCOMPARE(field(get("/db/d"), "_rev"), "1-" + kA);
    post("/db/_purge", R"({"d":["1-)" + kA + R"("]})");
    QCOMPARE(field(get("/db/d"), "reason"), std::string("missing"));
    QCOMPARE(field(get("/db"), "doc_count"), std::string("0"));
    QVERIFY(field(get("/db"), "purge_seq").starts_with("2-"));
}

void WritesTest::databaseMadeAgainIsAnother()
{
    const std::string before = field(get("/db"), "instance_start_time");
    QCOMPARE(m_client->ask("DELETE", "/db").status, 200);
    QCOMPARE(put("/db", "").status, 201);
    QVERIFY(field(get("/db"), "instance_start_time") != before);
}

void WritesTest::oneBadDocumentSpoilsAll()
{
    QCOMPARE(post("/db/_bulk_docs", R"({"docs":[{"_id":"good"},{"_id":"bad","_nope":1}]})").status,
             400);
    QCOMPARE(get("/db/good").status, 404);
}

void WritesTest::sampleOrganisationsAreThere()
{
    auto backend = serve::makeMemoryBackend(1);
    QVERIFY(serve::addSampleOrganisations(*backend));
    QCOMPARE(backend->databases(),
             (std::vector<std::string>{"_users", "asmt_hillview", "asmt_riverside", "org_hillview",
                                       "org_riverside"}));
    const auto database = backend->open("org_riverside");
    QVERIFY(database);
    const auto info = (*database)->info();
    QVERIFY(info);
    QCOMPARE(info->documents, std::uint64_t{124});
    QCOMPARE(info->deleted, std::uint64_t{12});
    const auto invoice = (*database)->document("invoice-42");
    QVERIFY(invoice && *invoice);
    QCOMPARE((*invoice)->tree.leaves().size(), size_t{3});
}

QTEST_GUILESS_MAIN(WritesTest)
#include "writes_test.moc"
