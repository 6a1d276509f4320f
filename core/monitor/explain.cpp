#include "core/monitor/explain.h"

#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace monitor {

using base::text;

namespace {

/// A row fits when the error holds all of its patterns (lower case). The first that fits is taken,
/// so what is special stands before what is general.
struct Row {
    std::array<const char *, 2> patterns;
    Cause cause;
    const char *sentence; ///< %1 is the end it speaks of: "the source", "the mirror", "the server"
    const char *remedy;
};

#define SAID(words) QT_TRANSLATE_NOOP("core", words)

constexpr const char *kSetPassword = SAID("Set the user and password of %1 again.");
constexpr const char *kCheckAddress =
    SAID("See whether %1 runs and whether its address is right as CouchDB itself sees it.");
constexpr const char *kNothing = "";

constexpr Row kRows[] = {
    // Who is a duplicate of whom.
    {{"already started, triggered by", nullptr},
     Cause::Duplicate,
     SAID("Another document asks for the same replication, so that CouchDB ignores this one."),
     SAID("Remove one of the two.")},
    // Logins.
    {{"temporarily locked", nullptr},
     Cause::LoginLocked,
     SAID("%1 locked the account after too many wrong passwords."),
     SAID("Set the password right in every job of this user, then wait five minutes.")},
    {{"session_request_forbidden", nullptr},
     Cause::LoginLocked,
     SAID(
         "%1 does not let the user log in at the moment; after five wrong passwords CouchDB locks an account for a while."),
     SAID("Set the password right in every job of this user, then wait five minutes.")},
    {{"session_request_unauthorized", nullptr},
     Cause::LoginRefused,
     SAID("%1 refused the user name or password."),
     kSetPassword},
    {{"name or password is incorrect", nullptr},
     Cause::LoginRefused,
     SAID("%1 refused the user name or password."),
     kSetPassword},
    {{"session_requires_valid_user", nullptr},
     Cause::LoginRefused,
     SAID("%1 does not know the user."),
     kSetPassword},
    {{"session_failed_invalid_cookie", nullptr},
     Cause::LoginRefused,
     SAID("%1 does not accept its own session any more, as after a restart with another secret."),
     kNothing},
    // What a session request ran into is behind it in the same text.
    {{"nxdomain", nullptr},
     Cause::NameNotFound,
     SAID("The host name of %1 cannot be resolved."),
     SAID("See whether the name is spelled right and known where CouchDB runs.")},
    {{"econnrefused", nullptr},
     Cause::Unreachable,
     SAID("Nothing answers at the address of %1."),
     kCheckAddress},
    {{"ehostunreach", nullptr},
     Cause::Unreachable,
     SAID("There is no way to the host of %1."),
     kCheckAddress},
    {{"enetunreach", nullptr},
     Cause::Unreachable,
     SAID("There is no network to the host of %1."),
     kCheckAddress},
    {{"etimedout", nullptr},
     Cause::Unreachable,
     SAID("The connection to %1 could not be made in time."),
     kCheckAddress},
    {{"conn_failed", "timeout"},
     Cause::Unreachable,
     SAID("The connection to %1 could not be made in time."),
     kCheckAddress},
    {{"unknown_ca", nullptr},
     Cause::Tls,
     SAID("The certificate of %1 was issued by somebody CouchDB does not trust."),
     SAID(
         "Give CouchDB the authority's certificate ([replicator] ssl_trusted_certificates_file).")},
    {{"certificate_expired", nullptr},
     Cause::Tls,
     SAID("The certificate of %1 has expired."),
     SAID("Have it renewed.")},
    {{"hostname_check_failed", nullptr},
     Cause::Tls,
     SAID("The certificate of %1 is for another name."),
     SAID("Use the name that is in the certificate.")},
    {{"bad_certificate", nullptr},
     Cause::Tls,
     SAID("The certificate of %1 cannot be accepted."),
     SAID("Look at the certificate, and at the clock where CouchDB runs.")},
    {{"tls_alert", nullptr},
     Cause::Tls,
     SAID("No secure connection to %1 could be made."),
     SAID("See whether its address begins with the right http or https, and what TLS it offers.")},
    {{"conn_failed", nullptr},
     Cause::Unreachable,
     SAID("No connection to %1 could be made."),
     kCheckAddress},
    {{"session_unexpected_result", nullptr},
     Cause::BadDocument,
     SAID("What answers at the address of %1 does not log in as a CouchDB does."),
     SAID("See whether the address leads to CouchDB itself, at the root of its host.")},
    {{"session_request_failed", nullptr},
     Cause::Unreachable,
     SAID("Logging in at %1 failed on the way."),
     kCheckAddress},
    {{"replication_auth_error", nullptr},
     Cause::LoginRefused,
     SAID("Logging in at %1 failed."),
     kSetPassword},
    // Rights.
    {{"unauthorized to access or create database", nullptr},
     Cause::LoginRefused,
     SAID("%1 wants a user and password for this database."),
     kSetPassword},
    {{"you are not allowed to access this db", nullptr},
     Cause::NotAllowed,
     SAID("The user may log in at %1, but is no member of this database."),
     SAID("Add the user to the database's members.")},
    {{"not a db or server admin", nullptr},
     Cause::NotAllowed,
     SAID("The user has no right to write design documents at %1."),
     SAID("Let the job run as an administrator of the mirror.")},
    {{"forbidden: http", nullptr},
     Cause::NotAllowed,
     SAID("The user may log in at %1, but not use this database."),
     SAID("Add the user to the database's members.")},
    // Databases.
    {{"db_not_found", nullptr},
     Cause::DatabaseGone,
     SAID("The database cannot be opened at %1."),
     SAID("If it was deleted there, clean up; if not, see whether the address is right.")},
    {{"source database", "instance_start_time"},
     Cause::Recreated,
     SAID("The database was deleted at the source and made again."),
     SAID("Decide whether the copy keeps what was in the old one.")},
    {{"target database", "instance_start_time"},
     Cause::Recreated,
     SAID("The database of the mirror was deleted and made again; it is copied anew."),
     kNothing},
    {{"changes_req_failed,404", nullptr},
     Cause::DatabaseGone,
     SAID("The database vanished at the source while it was followed."),
     SAID("If it was deleted there, clean up.")},
    {{"revs_diff_failed,404", nullptr},
     Cause::DatabaseGone,
     SAID("The database vanished at the mirror while it was written."),
     kNothing},
    {{"changes_req_failed,401", nullptr},
     Cause::LoginRefused,
     SAID("The source stopped accepting the password."),
     kSetPassword},
    {{"changes_req_failed,403", nullptr},
     Cause::NotAllowed,
     SAID("The source does not let the user follow this database any more."),
     SAID("Add the user to the database's members.")},
    {{"changes_req_failed,429", nullptr},
     Cause::Busy,
     SAID("The source asks for fewer requests."),
     SAID("Lower the number of jobs or of their connections.")},
    {{"changes_req_failed,5", nullptr},
     Cause::ServerFailed,
     SAID("The source failed while its changes were read."),
     SAID("Look into its log.")},
    {{"illegal_database_name", nullptr},
     Cause::BadDocument,
     SAID("The name of the database is none that %1 allows."),
     SAID("Correct the document.")},
    // Filters.
    {{"couldn't open document", "_design/"},
     Cause::BadFilter,
     SAID("The filter of this job is not at the source."),
     SAID("Put the design document there, or take the filter out of the job.")},
    {{"filter_fetch_error", nullptr},
     Cause::BadFilter,
     SAID("The filter of this job could not be fetched from the source."),
     SAID("Put the design document there, or take the filter out of the job.")},
    {{"compilation_error", nullptr},
     Cause::BadFilter,
     SAID("The filter of this job has an error in its code."),
     SAID("Correct the design document.")},
    {{"missing json key: filters", nullptr},
     Cause::BadFilter,
     SAID("The design document has no such filter."),
     SAID("Correct the job or the design document.")},
    // Load.
    {{"max_backoff", nullptr},
     Cause::Busy,
     SAID("%1 answered 429 (too many requests) for so long that CouchDB gave up."),
     SAID("Lower the number of jobs or of their connections.")},
    {{"too_many_requests", nullptr},
     Cause::Busy,
     SAID("%1 asks for fewer requests."),
     SAID("Lower the number of jobs or of their connections.")},
    {{"req_timedout", nullptr}, Cause::TooSlow, SAID("%1 did not answer in time."), kNothing},
    {{"gen_server,call", "timeout"},
     Cause::TooSlow,
     SAID("CouchDB itself was too slow for this job."),
     SAID("Look at the load of the machine it runs on.")},
    {{"changes_reader_died", nullptr},
     Cause::TooSlow,
     SAID("Reading the changes of the source broke off."),
     kNothing},
    // The target does not take something.
    {{"doc_write_failed", nullptr},
     Cause::Refused,
     SAID("The mirror refused a document."),
     SAID("Look which one: a validation function of the database may refuse it.")},
    {{"document_too_large", nullptr},
     Cause::TooLarge,
     SAID("A document is larger than the mirror allows."),
     SAID("Raise [couchdb] max_document_size of the mirror.")},
    {{"attachment_too_large", nullptr},
     Cause::TooLarge,
     SAID("An attachment is larger than the mirror allows."),
     SAID("Raise [couchdb] max_attachment_size of the mirror.")},
    {{"request_entity_too_large", nullptr},
     Cause::TooLarge,
     SAID("A request is larger than the mirror allows."),
     SAID("Raise [chttpd] max_http_request_size of the mirror.")},
    {{"bulk_docs_failed", nullptr},
     Cause::ServerFailed,
     SAID("The mirror failed while documents were written."),
     SAID("Look into its log.")},
    {{"revs_diff_failed", nullptr},
     Cause::ServerFailed,
     SAID("The mirror failed when it was asked what it lacks."),
     SAID("Look into its log.")},
    {{"missing_stub", nullptr},
     Cause::Refused,
     SAID("The mirror lacks an attachment that a document builds upon."),
     SAID("Audit the database.")},
    {{"missing_doc", nullptr},
     Cause::ServerFailed,
     SAID("A document that the source lists cannot be read there."),
     SAID("Audit the database.")},
    // The machine.
    {{"enospc", nullptr},
     Cause::DiskFull,
     SAID("The disk of %1 is full."),
     SAID("Make room there.")},
    {{"emfile", nullptr},
     Cause::ServerFailed,
     SAID("%1 has too many files open."),
     SAID("Raise the limit of open files for CouchDB.")},
    {{"system_limit", nullptr},
     Cause::ServerFailed,
     SAID("CouchDB has as many processes as it may have."),
     SAID("Lower the number of jobs.")},
    {{"os_process_error", nullptr},
     Cause::ServerFailed,
     SAID("A JavaScript process of %1 failed."),
     SAID("Look into its log.")},
    // Checkpoints.
    {{"checkpoint_commit_failure", nullptr},
     Cause::ServerFailed,
     SAID(
         "How far the copy has come could not be written down; CouchDB needs the right to write that at both ends."),
     SAID("Give the user the right to write, or set use_checkpoints to false.")},
    // The document.
    {{"local_endpoints_not_supported", nullptr},
     Cause::BadDocument,
     SAID("An address is only a name; CouchDB wants whole ones."),
     SAID("Correct the document.")},
    {{"bad_rep_doc", nullptr},
     Cause::BadDocument,
     SAID("CouchDB cannot read the document."),
     SAID("Correct or remove it.")},
    {{"invalid_proxy", nullptr},
     Cause::BadDocument,
     SAID("The proxy's address is not one."),
     SAID("Correct the document.")},
    // HTTP, when nothing better is known.
    {{"http_request_failed", "407"},
     Cause::NotAllowed,
     SAID("The proxy wants a password."),
     SAID("Set the proxy's user and password.")},
    {{"http_request_failed", "502"},
     Cause::Unreachable,
     SAID("A proxy in front of %1 cannot reach it."),
     kCheckAddress},
    {{"http_request_failed", "503"},
     Cause::ServerFailed,
     SAID("%1 is not available at the moment."),
     kNothing},
    {{"http_request_failed", "504"},
     Cause::TooSlow,
     SAID("A proxy in front of %1 waited too long for it."),
     kNothing},
    {{"http_request_failed", "500"},
     Cause::ServerFailed,
     SAID("%1 failed on a request."),
     SAID("Look into its log.")},
    {{"http_request_failed", nullptr},
     Cause::Unreachable,
     SAID("A request to %1 failed."),
     kCheckAddress},
    {{"connection_closed", nullptr},
     Cause::Unreachable,
     SAID("%1 closed the connection."),
     kNothing},
    {{"sel_conn_closed", nullptr}, Cause::Unreachable, SAID("%1 closed the connection."), kNothing},
    {{"econnreset", nullptr}, Cause::Unreachable, SAID("The connection to %1 was cut."), kNothing},
    // Processes of CouchDB that ended; it starts them again.
    {{"worker_died", nullptr},
     Cause::Restarted,
     SAID("A worker of the job ended; CouchDB starts it again."),
     kNothing},
    {{"noproc", nullptr},
     Cause::Restarted,
     SAID("A part of the job had ended already; CouchDB starts it again."),
     kNothing},
    {{"shutdown", nullptr},
     Cause::Restarted,
     SAID("The job was shut down; CouchDB starts it again."),
     kNothing},
    {{"killed", nullptr},
     Cause::ServerFailed,
     SAID("A process of CouchDB was killed, as for lack of memory."),
     SAID("Look at the memory of the machine it runs on.")},
};

#undef SAID

/// Steps that are only ever taken at one end, for errors that hold no address.
struct Step {
    const char *pattern;
    Side side;
};
constexpr Step kSteps[] = {
    {"changes_req_failed", Side::Source}, {"changes_reader_died", Side::Source},
    {"filter_fetch_error", Side::Source}, {"revs_diff_failed", Side::Mirror},
    {"bulk_docs_failed", Side::Mirror},   {"doc_write_failed", Side::Mirror},
};

std::string lowerCase(std::string_view bytes)
{
    std::string lower(bytes);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return lower;
}

bool fits(const Row &row, const std::string &error)
{
    return std::all_of(row.patterns.begin(), row.patterns.end(), [&error](const char *pattern) {
        return pattern == nullptr || error.find(pattern) != std::string::npos;
    });
}

/// "http://host:port/", the part that a session's address shares with the database's.
std::string_view hostPart(std::string_view address)
{
    const size_t scheme = address.find("://");
    if (scheme == std::string_view::npos)
        return {};
    const size_t slash = address.find('/', scheme + 3);
    return slash == std::string_view::npos ? address : address.substr(0, slash + 1);
}

/// By the whole address where the error has one, else by its host, unless both ends are on that,
/// else by what was being done.
Side sideOf(std::string_view error, std::string_view source, std::string_view mirror)
{
    const auto holds = [error](std::string_view address) {
        return !address.empty() && error.find(address) != std::string_view::npos;
    };
    if (holds(source) != holds(mirror))
        return holds(source) ? Side::Source : Side::Mirror;
    const bool atSource = holds(hostPart(source));
    const bool atMirror = holds(hostPart(mirror));
    if (atSource != atMirror)
        return atSource ? Side::Source : Side::Mirror;
    const auto step =
        std::find_if(std::begin(kSteps), std::end(kSteps), [error](const Step &known) {
            return error.find(known.pattern) != std::string_view::npos;
        });
    return step == std::end(kSteps) ? Side::Unknown : step->side;
}

QString nameOf(Side side)
{
    switch (side) {
    case Side::Source: return text("the source");
    case Side::Mirror: return text("the mirror");
    case Side::Unknown: break;
    }
    return text("the server");
}

/// The name of an end may begin the sentence.
QString filled(const char *words, const QString &name)
{
    if (*words == '\0')
        return {};
    QString sentence = text(words);
    sentence.replace(QStringLiteral("%1"), name);
    sentence[0] = sentence[0].toUpper();
    return sentence;
}

} // namespace

Explanation explainReplicationError(std::string_view error, std::string_view source,
                                    std::string_view mirror)
{
    const Side side = sideOf(error, source, mirror);
    const std::string lower = lowerCase(error);
    for (int i = 0; i < explanationCount(); ++i) {
        const Row &row = kRows[i];
        if (fits(row, lower))
            return {row.cause, side, filled(row.sentence, nameOf(side)),
                    filled(row.remedy, nameOf(side)), i};
    }
    if (error.empty())
        return {Cause::Unknown, side, text("CouchDB gives no reason."), {}, -1};
    return {
        Cause::Unknown, side, text("CouchDB says: %1").arg(base::printable(error, 500)), {}, -1};
}

int explanationCount()
{
    return static_cast<int>(std::size(kRows));
}

} // namespace monitor
