#include "tests/backup/faultyserver.h"
#include "tests/backup/invariants.h"
#include "tests/backup/sampleserver.h"

#include "core/base/text.h"

using namespace backuptesting;
using base::ErrorKind;

/// A backup over real sockets while the server, or something between, does wrong.
class HttpFaultsTest : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase() { QTest::failOnWarning(QRegularExpression(QStringLiteral(".*"))); }

    void everyRequestOnce_data();
    void everyRequestOnce();
    void everyAnswerOfAKind_data();
    void everyAnswerOfAKind();
};

namespace {

constexpr int kMostAttempts = 5;

/// Small: every request of its backup is a test.
void fillSmall(FakeServer &server)
{
    FakeDatabase &database = server.databases["org/1"];
    database.write("plain", {"ba"});
    database.write("conflict", {"ba", R"("side":"b")"});
    database.write("conflict", {"ca", R"("side":"c")"});
    database.write("gone", {"ba", "", true});
    database.write("files", {"a", "", false, {{"raw", std::string(3000, 'x')}}});
    server.databases["org_2"].write("only", {"a"});
}

struct Seen {
    base::Result<backup::RunOutcome> outcome;
    std::vector<ScriptedServer::Received> received;
    int stray = 0;
};

/// One run into the runner's folder.
Seen runWith(Runner &runner, const FakeServer &server, const FaultyServer::Wrong &wrong)
{
    FaultyServer faulty(server, wrong);
    runner.request.source = &faulty.transport();
    runner.request.sourceName = "http://focus.example"; // the port differs from run to run
    runner.request.parallelRequests = 1;
    runner.clock.time += std::chrono::hours(1);
    auto outcome = runner.run();
    return {std::move(outcome), faulty.received(), faulty.strayConnections()};
}

/// reliability.md 2.0; empty when all hold. I10: no request is made more than five times as often
/// as in a run in which all is well.
QString violation(const Seen &seen, const Invariants &invariants,
                  const std::map<QByteArray, int> &usual)
{
    if (QString broken = invariants.brokenBy(seen.outcome); !broken.isEmpty())
        return broken;
    if (seen.stray > 0)
        return QStringLiteral("I6: a redirection was followed");
    std::map<QByteArray, int> times;
    for (const ScriptedServer::Received &request : seen.received) {
        const bool isSafePost = request.method == "POST"
            && (request.target.contains("/_bulk_get?") || request.target == "/_dbs_info"
                || request.target.endsWith("/_revs_diff"));
        if (request.method != "GET" && request.method != "HEAD" && !isSafePost)
            return QStringLiteral("I11: %1").arg(QString::fromLatin1(request.method));
        const QByteArray asked = request.target + request.body;
        const auto known = usual.find(asked);
        if (++times[asked] > kMostAttempts * (known == usual.end() ? 2 : known->second))
            return QStringLiteral("I10: asked %1 times for %2")
                .arg(times[asked])
                .arg(QString::fromLatin1(request.target));
    }
    return {};
}

std::map<QByteArray, int> timesAsked(const std::vector<ScriptedServer::Received> &received)
{
    std::map<QByteArray, int> times;
    for (const ScriptedServer::Received &request : received)
        ++times[request.target + request.body];
    return times;
}

/// Nobody may see these.
std::vector<std::string> secrets()
{
    return {kCanary, base::toBase64(std::string("backup:") + kCanary)};
}

/// What the run made of it, in a line: an error, omissions, or nothing.
QString verdictOf(const Seen &seen)
{
    if (!seen.outcome)
        return QStringLiteral("%1: %2").arg(
            QLatin1String(base::errorCode(seen.outcome.error().kind)),
            seen.outcome.error().message);
    QStringList lines;
    const auto add = [&lines](const std::vector<archive::Omission> &omissions) {
        for (const archive::Omission &omission : omissions)
            lines.append(
                QString::fromStdString("omits " + omission.code + ": " + omission.message));
    };
    add(seen.outcome->manifest.omissions);
    for (const archive::ManifestDatabase &entry : seen.outcome->manifest.databases)
        add(entry.omissions);
    lines.removeDuplicates();
    for (const std::string &fallback : seen.outcome->manifest.fallbacks)
        lines.append(QString::fromStdString("does without: " + fallback));
    return lines.isEmpty() ? QStringLiteral("survives") : lines.join(QLatin1Char('\n'));
}

} // namespace

void HttpFaultsTest::everyRequestOnce_data()
{
    QTest::addColumn<int>("way");
    for (const Way way : kWays)
        QTest::newRow(nameOf(way)) << int(way);
}

/// Request n goes wrong once: the run goes on as if nothing had been, or ends (or names what is
/// missing) for a reason that is not to be doubted.
void HttpFaultsTest::everyRequestOnce()
{
    QFETCH(const int, way);
    FakeServer server;
    fillSmall(server);
    Runner runner(server);
    runner.request.full = true;
    const Seen well = runWith(runner, server, {});
    VERIFY_GOOD(well.outcome);
    const auto usual = timesAsked(well.received);
    for (int n = 0;; ++n) {
        const Invariants invariants(runner, server, secrets());
        const Seen seen = runWith(runner, server, [&](const ScriptedServer::Received &request) {
            return request.number == n ? std::optional(Way(way)) : std::nullopt;
        });
        const QString broken = violation(seen, invariants, usual);
        QVERIFY2(broken.isEmpty(), qPrintable(QStringLiteral("request %1: ").arg(n) + broken));
        if (static_cast<int>(seen.received.size()) <= n) {
            VERIFY_GOOD(seen.outcome);
            QVERIFY(seen.outcome->manifest.isComplete());
            QVERIFY(n > 20);
            break;
        }
        const bool isTransient = Way(way) == Way::Fail || Way(way) == Way::Stall
            || Way(way) == Way::TooMany || Way(way) == Way::Broken;
        if (isTransient)
            QCOMPARE(verdictOf(seen), QStringLiteral("survives"));
        for (auto names = runner.names(); names.size() > 2; names.erase(names.begin()))
            base::fs::remove(runner.folder() / *names.begin());
    }
    runner.request.full = false;
    const Seen next = runWith(runner, server, {});
    VERIFY_GOOD(next.outcome);
    QCOMPARE(verdictOf(next), QStringLiteral("survives"));
    QVERIFY(next.outcome->removedLeftovers.empty());
}

namespace {

/// Where a fault ends, if all answers of one kind have it.
enum class End : char {
    Error = 'E',    ///< the run, with its sentence
    Unread = 'N',   ///< the run, because no database could be read, with its sentence
    Gone = 'G',     ///< the run, because no database was there any more
    Omission = 'O', ///< published, and what is missing is named with its sentence
    Without = 'W',  ///< published, done in another way
    Survives = 'S', ///< published, nothing is missing
};

/// A row for each kind of request, a letter for each way, in the order of kWays:
/// fail, stall, cut, garbage, 401, 403, 404, 413, 429, 500, redirect.
struct Row {
    const char *what;
    std::string_view ends;
    const char *garbage;  ///< the sentence for an answer that is none
    const char *omission; ///< its code
    const char *garbageOmission;
    const char *without;
};
constexpr std::array kRows{
    Row{"/", "EEEEEEEEEEE",
        "SERVER is not a CouchDB: its greeting is not JSON. Is the address right?", "", "", ""},
    Row{"/_all_dbs", "EEEEEEEEEEE",
        "SERVER%1: The server's answer to _all_dbs cannot be used. It is not a complete list of "
        "names. Does a proxy change the answers?",
        "", "", ""},
    Row{"/_dbs_info", "EEESEWWEEEE", "", "", "", "no _dbs_info: databases asked one by one"},
    Row{"database", "ENENENGNNNE",
        "SERVER%1: The server's answer to GET /database cannot be used. The JSON text is malformed "
        "at byte 0: an object was expected. Does a proxy change the answers?",
        "", "", ""},
    Row{"_security", "EOEOEOOOOOE",
        "SERVER%1: The server's answer to _security cannot be used. The JSON text is malformed at "
        "byte 0: an object was expected. Does a proxy change the answers?",
        "security-unreadable", "security-unreadable", ""},
    Row{"_revs_limit", "EOEOEOWOOOE",
        "SERVER%1: The server's answer to _revs_limit cannot be used. It is not a number. Does a "
        "proxy change the answers?",
        "revs-limit-unreadable", "revs-limit-unreadable", "no _revs_limit: left out"},
    Row{"_changes", "ENENENNNNNE",
        "SERVER%1: The server's answer to _changes cannot be used. The JSON text is malformed at "
        "byte 0: an object was expected. Does a proxy change the answers?",
        "", "", ""},
    Row{"_bulk_get", "EOEOENNONOE",
        "SERVER%1: The server's answer to _bulk_get cannot be used. It is cut off or damaged (The "
        "input is not valid UTF-8). Does a proxy change the answers?",
        "revision-unreadable", "malformed-document", ""},
    Row{"attachment", "EOEOEOOOOOE", "12 bytes came, but its document says 3000.",
        "attachment-unreadable", "attachment-unreadable", ""},
    Row{"_local_docs", "EOEOEOWOOOE",
        "SERVER%1: The server's answer to _local_docs cannot be used. The JSON text is malformed at "
        "byte 0: an object was expected. Does a proxy change the answers?",
        "local-documents-unreadable", "local-documents-unreadable",
        "no _local_docs: _local documents left out"},
};

/// What each way is called, and its one sentence; `%1` is what was asked for.
struct Verdict {
    ErrorKind kind;
    const char *sentence;
};
Verdict verdictOf(Way way, const Row &row)
{
    switch (way) {
    case Way::Fail:
        return {ErrorKind::Unreachable,
                row.what == std::string_view("/")
                    ? "SERVER closed the connection without an answer to %1. Is it HTTP that is "
                      "spoken there, and not HTTPS?"
                    : "SERVER closed the connection without an answer to %1. Try again; if it "
                      "stays so, look at the server's log."};
    case Way::Stall:
        return {ErrorKind::Timeout,
                "SERVER did not answer %1 within 0.4 s. Try again; if it stays so, look at the "
                "server and the network."};
    case Way::Cut:
        return {ErrorKind::Unreachable,
                "SERVER closed the connection before its answer to %1 was complete. Try again; if "
                "it stays so, look at the server's log."};
    case Way::Garbage: return {ErrorKind::Protocol, row.garbage};
    case Way::Unauthorized:
        return {ErrorKind::Unauthorized,
                "SERVER refused the password of user \"backup\" (401). Set it again with "
                "--password-file, or in the keychain through the console."};
    case Way::Forbidden:
        return {ErrorKind::Forbidden,
                "SERVER%1 may not be read by this user (403: Made by a test.). Give it the right, "
                "or use another user."};
    case Way::NotFound:
        return {ErrorKind::NotFound, "SERVER%1 does not exist (404: Made by a test.)."};
    case Way::TooLarge:
        return {ErrorKind::TooLarge,
                "SERVER%1 finds the request too large (413: Made by a test.). Raise its limit, or "
                "that of a proxy before it."};
    case Way::TooMany:
        return {ErrorKind::Busy,
                "SERVER%1 asks for fewer requests (429: Made by a test.). Try again later."};
    case Way::Broken:
        return {ErrorKind::Server,
                "SERVER%1 failed at the server (500: Made by a test.). Look into the server's "
                "log."};
    case Way::Redirect:
        return {ErrorKind::Redirected,
                "SERVER%1 redirects to SERVER/ (302), which is not followed. Give that address if "
                "it is yours."};
    }
    return {ErrorKind::Internal, ""};
}

/// The paths of a kind of request, one of which stands in its sentence.
QStringList pathsOf(const std::string &what)
{
    if (what.starts_with('/'))
        return {QString::fromStdString(what)};
    if (what == "attachment")
        return {QStringLiteral("/org%2F1/files/raw")};
    const QString end =
        what == "database" ? QString() : QLatin1Char('/') + QString::fromStdString(what);
    return {QStringLiteral("/org%2F1") + end, QStringLiteral("/org_2") + end};
}

/// What is wrong with a sentence; empty when it is the right one.
QString faultIn(QString sentence, const Row &row, Way way)
{
    static const QRegularExpression server(QStringLiteral("http://127\\.0\\.0\\.1:[0-9]+"));
    sentence.replace(server, QStringLiteral("SERVER"));
    const Verdict verdict = verdictOf(way, row);
    QString before;
    if (row.what == std::string_view("attachment"))
        before = QStringLiteral("Attachment raw of document files in org/1: ");
    if (row.what == std::string_view("_bulk_get") && sentence.startsWith(QLatin1String("This")))
        before = QStringLiteral("This revision could not be fetched (%1). ")
                     .arg(way == Way::Garbage ? QStringLiteral("malformed-document")
                                              : QString::fromLatin1(base::errorCode(verdict.kind)));
    QString right;
    for (const QString &path : pathsOf(row.what)) {
        right = before + QString::fromLatin1(verdict.sentence).replace(QStringLiteral("%1"), path);
        if (sentence == right)
            return {};
    }
    return sentence + QStringLiteral("\n   is not ") + right;
}

std::vector<archive::Omission> omissionsOf(const archive::Manifest &manifest)
{
    std::vector<archive::Omission> all = manifest.omissions;
    for (const archive::ManifestDatabase &entry : manifest.databases)
        all.insert(all.end(), entry.omissions.begin(), entry.omissions.end());
    return all;
}

/// What is wrong with how it ended; empty when it ended as the table says.
QString faultOf(const Seen &seen, const Row &row, Way way, End end)
{
    static const QString unread = QStringLiteral(
        "None of the databases could be read, so that there is no backup. The first one: ");
    const bool isError = end == End::Error || end == End::Unread || end == End::Gone;
    if (isError == bool(seen.outcome))
        return verdictOf(seen);
    if (isError) {
        QString sentence = seen.outcome.error().message;
        if (base::exitCode(seen.outcome.error().kind) != 2)
            return QStringLiteral("it is no failure: ") + verdictOf(seen);
        if (end == End::Gone)
            return sentence
                    == QLatin1String(
                        "All databases were deleted while they were read, so that there "
                        "is no backup. Is http://focus.example the right server?")
                ? QString()
                : sentence;
        if (sentence.startsWith(unread) != (end == End::Unread))
            return sentence;
        if (seen.outcome.error().kind != verdictOf(way, row).kind)
            return verdictOf(seen);
        return faultIn(sentence.remove(unread), row, way);
    }
    const archive::Manifest &manifest = seen.outcome->manifest;
    const std::vector<archive::Omission> omissions = omissionsOf(manifest);
    if (omissions.empty() == (end == End::Omission))
        return verdictOf(seen);
    for (const archive::Omission &omission : omissions) {
        const char *code = way == Way::Garbage ? row.garbageOmission : row.omission;
        if (omission.code != code)
            return QString::fromStdString(omission.code);
        if (const QString fault = faultIn(QString::fromStdString(omission.message), row, way);
            !fault.isEmpty())
            return fault;
    }
    const std::vector<std::string> without =
        end == End::Without ? std::vector<std::string>{row.without} : std::vector<std::string>{};
    return manifest.fallbacks == without ? QString() : verdictOf(seen);
}

} // namespace

void HttpFaultsTest::everyAnswerOfAKind_data()
{
    QTest::addColumn<int>("row");
    QTest::addColumn<int>("way");
    for (size_t row = 0; row < kRows.size(); ++row) {
        for (size_t way = 0; way < kWays.size(); ++way)
            QTest::addRow("%s of %s", nameOf(kWays[way]), kRows[row].what) << int(row) << int(way);
    }
}

/// Each ends in the one right sentence.
void HttpFaultsTest::everyAnswerOfAKind()
{
    QFETCH(const int, row);
    QFETCH(const int, way);
    const Row &expected = kRows[static_cast<size_t>(row)];
    const Way wrong = kWays[static_cast<size_t>(way)];
    FakeServer server;
    fillSmall(server);
    Runner runner(server);
    const Invariants invariants(runner, server, secrets());
    const Seen seen = runWith(runner, server, [&](const ScriptedServer::Received &request) {
        return classOf(request.target) == expected.what ? std::optional(wrong) : std::nullopt;
    });
    const QString broken = violation(seen, invariants, {});
    QVERIFY2(broken.isEmpty(), qPrintable(broken));
    const QString fault =
        faultOf(seen, expected, wrong, End(expected.ends[static_cast<size_t>(way)]));
    QVERIFY2(fault.isEmpty(), qPrintable(fault));
    if (wrong == Way::Unauthorized) { // a server may lock the account out after five
        const auto withPassword = std::count_if(seen.received.begin(), seen.received.end(),
                                                [&](const ScriptedServer::Received &one) {
                                                    return classOf(one.target) == expected.what
                                                        && one.headers.contains("authorization");
                                                });
        QVERIFY2(withPassword <= 2, qPrintable(QString::number(withPassword)));
    }
}

Q_DECLARE_METATYPE(std::string)
QTEST_GUILESS_MAIN(HttpFaultsTest)
#include "httpfaults_test.moc"
