#include "core/monitor/explain.h"

#include <QTest>

#include <set>

using monitor::Cause;
using monitor::explainReplicationError;
using monitor::Explanation;
using monitor::Side;

namespace {

constexpr const char *kSource = "http://127.0.0.1:15984/db01/";
constexpr const char *kMirror = "http://127.0.0.1:15985/db01/";

struct Sample {
    const char *error;
    Cause cause;
    Side side = Side::Unknown;
};

/// Recorded from a CouchDB 3.5.0 where they hold its addresses, else as its sources and manual
/// write them.
constexpr Sample kSamples[] = {
    {"db_not_found: could not open http://127.0.0.1:15984/db01/", Cause::DatabaseGone,
     Side::Source},
    {"db_not_found: could not open http://127.0.0.1:15985/db01/", Cause::DatabaseGone,
     Side::Mirror},
    {"unauthorized: unauthorized to access or create database http://127.0.0.1:15984/db01/",
     Cause::LoginRefused, Side::Source},
    {"forbidden: http://127.0.0.1:15984/db01/", Cause::NotAllowed, Side::Source},
    {"{replication_auth_error,\n    {session_request_unauthorized,\"http://127.0.0.1:15984/_session\",\"u\"}}",
     Cause::LoginRefused, Side::Source},
    {"{replication_auth_error,\n    {session_request_unauthorized,\"http://127.0.0.1:15985/_session\",\"u\"}}",
     Cause::LoginRefused, Side::Mirror},
    {"{replication_auth_error,\n    {session_request_forbidden,\"http://127.0.0.1:15984/_session\",\"admin\"}}",
     Cause::LoginLocked, Side::Source},
    {"{replication_auth_error,\n    {session_request_failed,\"http://nosuch.invalid:5984/_session\",\"admin\",\n        {conn_failed,{error,nxdomain}}}}",
     Cause::NameNotFound},
    {"{replication_auth_error,\n    {session_request_failed,\"http://127.0.0.1:15984/_session\",\"admin\",\n        {conn_failed,{error,econnrefused}}}}",
     Cause::Unreachable, Side::Source},
    {"{replication_auth_error,{session_request_failed,\"u\",\"admin\",{conn_failed,{error,ehostunreach}}}}",
     Cause::Unreachable},
    {"{http_request_failed,\"GET\",\"u\",{error,{error,{conn_failed,{error,enetunreach}}}}}",
     Cause::Unreachable},
    {"{http_request_failed,\"GET\",\"u\",{error,{error,{conn_failed,{error,etimedout}}}}}",
     Cause::Unreachable},
    {"{http_request_failed,\"GET\",\"u\",{error,{error,{conn_failed,{error,timeout}}}}}",
     Cause::Unreachable},
    {"{http_request_failed,\"GET\",\"u\",{error,{conn_failed,{error,{tls_alert,{unknown_ca,\"..\"}}}}}}",
     Cause::Tls},
    {"{conn_failed,{error,{tls_alert,{certificate_expired,\"..\"}}}}", Cause::Tls},
    {"{conn_failed,{error,{tls_alert,{handshake_failure,{bad_cert,hostname_check_failed}}}}}",
     Cause::Tls},
    {"{conn_failed,{error,{tls_alert,{bad_certificate,\"..\"}}}}", Cause::Tls},
    {"{conn_failed,{error,{tls_alert,{protocol_version,\"..\"}}}}", Cause::Tls},
    {"{conn_failed,{error,closed}}", Cause::Unreachable},
    {"{replication_auth_error,{session_unexpected_result,\"405\",\"http://127.0.0.1:15984/_session\",\"u\"}}",
     Cause::BadDocument, Side::Source},
    {"{replication_auth_error,{session_request_failed,\"http://127.0.0.1:15984/_session\",\"u\",retry_later}}",
     Cause::Unreachable, Side::Source},
    {"{replication_auth_error,{session_requires_valid_user,\"http://127.0.0.1:15984/_session\",\"u\"}}",
     Cause::LoginRefused, Side::Source},
    {"{replication_auth_error,{session_failed_invalid_cookie,\"u\"}}", Cause::LoginRefused},
    {"{replication_auth_error,something_new}", Cause::LoginRefused},
    {"{unauthorized,<<\"Name or password is incorrect.\">>}", Cause::LoginRefused},
    {"{forbidden,<<\"Account is temporarily locked due to multiple authentication failures\">>}",
     Cause::LoginLocked},
    {"{forbidden,<<\"You are not allowed to access this db.\">>}", Cause::NotAllowed},
    {"{unauthorized,<<\"You are not a db or server admin.\">>}", Cause::NotAllowed},
    {"{changes_req_failed,404,#Fun<couch_replicator_httpc.0.11803075>}", Cause::DatabaseGone,
     Side::Source},
    {"{changes_req_failed,401,#Fun<couch_replicator_httpc.0.1>}", Cause::LoginRefused,
     Side::Source},
    {"{changes_req_failed,403,#Fun<couch_replicator_httpc.0.1>}", Cause::NotAllowed, Side::Source},
    {"{changes_req_failed,429,#Fun<couch_replicator_httpc.0.1>}", Cause::Busy, Side::Source},
    {"{changes_req_failed,500,#Fun<couch_replicator_httpc.0.1>}", Cause::ServerFailed,
     Side::Source},
    {"{revs_diff_failed,404,\n                  {[{<<\"error\">>,<<\"not_found\">>}]}}",
     Cause::DatabaseGone, Side::Mirror},
    {"{revs_diff_failed,500,{[{<<\"error\">>,<<\"unknown_error\">>}]}}", Cause::ServerFailed,
     Side::Mirror},
    {"{checkpoint_commit_failure,<<\"instance_start_time on source database has changed since last checkpoint.\">>}",
     Cause::Recreated},
    {"{checkpoint_commit_failure,<<\"instance_start_time on target database has changed since last checkpoint.\">>}",
     Cause::Recreated},
    {"{checkpoint_commit_failure,<<\"Error updating the source checkpoint document: forbidden\">>}",
     Cause::ServerFailed},
    {"{illegal_database_name,<<\"X\">>}", Cause::BadDocument},
    {"Replication `3282` specified by document `f_dup2` already started, triggered by document `f_dup1` from db `_replicator`",
     Cause::Duplicate},
    {"Couldn't open document `_design/nosuch` from source database `http://127.0.0.1:15984/db01/`: {error,<<\"not_found\">>}",
     Cause::BadFilter, Side::Source},
    {"{filter_fetch_error,timeout}", Cause::BadFilter, Side::Source},
    {"{compilation_error,<<\"Expression does not eval to a function.\">>}", Cause::BadFilter},
    {"{not_found,<<\"missing json key: filters\">>}", Cause::BadFilter},
    {"max_backoff", Cause::Busy},
    {"{bulk_get_failed,too_many_requests}", Cause::Busy},
    {"{http_request_failed,\"GET\",\"http://127.0.0.1:15984/db01/x\",{error,req_timedout}}",
     Cause::TooSlow, Side::Source},
    {"{timeout,{gen_server,call,[<0.4604.0>,stop,300000]}} timeout", Cause::TooSlow},
    {"{changes_reader_died,{timeout,ibrowse_stream_cleanup}}", Cause::TooSlow, Side::Source},
    {"doc_write_failed", Cause::Refused, Side::Mirror},
    {"{document_too_large,<<\"big\">>}", Cause::TooLarge},
    {"{attachment_too_large,<<\"a\">>}", Cause::TooLarge},
    {"{request_entity_too_large,{batch,1}}", Cause::TooLarge},
    {"{bulk_docs_failed,500,{[]}}", Cause::ServerFailed, Side::Mirror},
    {"{missing_stub,<<\"id:a, name:b\">>}", Cause::Refused},
    {"{worker_died,<0.1.0>,{process_died,<0.2.0>,{{nocatch,missing_doc},[]}}}",
     Cause::ServerFailed},
    {"{error,enospc}", Cause::DiskFull},
    {"{error,emfile}", Cause::ServerFailed},
    {"system_limit", Cause::ServerFailed},
    {"{os_process_error,{exit_status,1}}", Cause::ServerFailed},
    {"{error,local_endpoints_not_supported}", Cause::BadDocument},
    {"{bad_rep_doc,<<\"x\">>}", Cause::BadDocument},
    {"{error,{invalid_proxy_url,\"x\"}}", Cause::BadDocument},
    {"{http_request_failed,\"GET\",\"u\",{error,{code,407}}}", Cause::NotAllowed},
    {"{http_request_failed,\"GET\",\"u\",{error,{code,502}}}", Cause::Unreachable},
    {"{http_request_failed,\"GET\",\"u\",{error,{code,503}}}", Cause::ServerFailed},
    {"{http_request_failed,\"GET\",\"u\",{error,{code,504}}}", Cause::TooSlow},
    {"{http_request_failed,\"GET\",\"u\",{error,{code,500}}}", Cause::ServerFailed},
    {"{http_request_failed,\"GET\",\"u\",max}", Cause::Unreachable},
    {"connection_closed", Cause::Unreachable},
    {"sel_conn_closed", Cause::Unreachable},
    {"{error,econnreset}", Cause::Unreachable},
    {"{worker_died,<0.1.0>,normal}", Cause::Restarted},
    {"{noproc,{gen_server,call,[<0.4604.0>,stop,300000]}}", Cause::Restarted},
    {"shutdown", Cause::Restarted},
    {"killed", Cause::ServerFailed},
};

} // namespace

class ExplainTest : public QObject
{
    Q_OBJECT
private slots:
    void samples_data();
    void samples();
    void everyRowIsReached();
    void sentencesAreSentences();
    void whatIsNotKnownIsShown();
    void theEndIsNamed();
};

void ExplainTest::samples_data()
{
    QTest::addColumn<int>("sample");
    for (int i = 0; i < int(std::size(kSamples)); ++i)
        QTest::addRow("%d", i) << i;
}

void ExplainTest::samples()
{
    QFETCH(const int, sample);
    const Explanation explanation =
        explainReplicationError(kSamples[sample].error, kSource, kMirror);
    QCOMPARE(int(explanation.cause), int(kSamples[sample].cause));
    QCOMPARE(int(explanation.side), int(kSamples[sample].side));
}

void ExplainTest::everyRowIsReached()
{
    std::set<int> reached;
    for (const Sample &sample : kSamples)
        reached.insert(explainReplicationError(sample.error, kSource, kMirror).row);
    for (int row = 0; row < monitor::explanationCount(); ++row)
        QVERIFY2(reached.contains(row), qPrintable(QString::number(row)));
    QVERIFY(monitor::explanationCount() >= 40);
}

void ExplainTest::sentencesAreSentences()
{
    for (const Sample &sample : kSamples) {
        const Explanation explanation = explainReplicationError(sample.error, kSource, kMirror);
        for (const QString &words : {explanation.sentence, explanation.remedy}) {
            if (words.isEmpty())
                continue;
            QVERIFY2(words.endsWith(QLatin1Char('.')), qPrintable(words));
            QVERIFY2(words.front() == words.front().toUpper(), qPrintable(words));
            QVERIFY2(!words.contains(QLatin1Char('%')), qPrintable(words));
        }
        QVERIFY(!explanation.sentence.isEmpty());
    }
}

void ExplainTest::whatIsNotKnownIsShown()
{
    const Explanation strange = explainReplicationError("{brand_new,\x1b[31m}", kSource, kMirror);
    QCOMPARE(int(strange.cause), int(Cause::Unknown));
    QVERIFY(strange.sentence.contains(QStringLiteral("{brand_new,")));
    QVERIFY(!strange.sentence.contains(QChar(0x1b)));
    QVERIFY(!explainReplicationError("", kSource, kMirror).sentence.isEmpty());
}

void ExplainTest::theEndIsNamed()
{
    const char *refused = "{replication_auth_error,{session_request_unauthorized,"
                          "\"http://127.0.0.1:15985/_session\",\"u\"}}";
    QCOMPARE(explainReplicationError(refused, kSource, kMirror).sentence,
             QStringLiteral("The mirror refused the user name or password."));
    QCOMPARE(explainReplicationError(refused, kMirror, kSource).sentence,
             QStringLiteral("The source refused the user name or password."));
    QCOMPARE(explainReplicationError(refused, "", "").sentence,
             QStringLiteral("The server refused the user name or password."));
    // Both ends on one server: the login says nothing, the database does.
    QCOMPARE(int(explainReplicationError(refused, "http://127.0.0.1:15985/a/",
                                         "http://127.0.0.1:15985/b/")
                     .side),
             int(Side::Unknown));
    QCOMPARE(int(explainReplicationError("db_not_found: could not open http://127.0.0.1:15985/b/",
                                         "http://127.0.0.1:15985/a/", "http://127.0.0.1:15985/b/")
                     .side),
             int(Side::Mirror));
}

QTEST_GUILESS_MAIN(ExplainTest)
#include "explain_test.moc"
