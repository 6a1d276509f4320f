#pragma once

#include <string>
#include <string_view>

/// The reasons of crashes in the words of CouchDB 3.5.0's replicator: Erlang terms, printed as
/// Erlang prints them (lines of 80 characters). Recorded are those of loginRefused, loginFailed
/// with Refused and NoSuchHost, cannotOpen, changesRefused(404), changesEnded, requestRefused of
/// revs_diff_failed, sessionLost, filterMissing and duplicate; the others were never recorded and
/// follow the sources of the replicator.
namespace serve::replicationerror {

/// How a request got no answer, as the HTTP client of CouchDB names it.
enum class Trouble { Refused, NoSuchHost, Closed, TimedOut, NoHttp };

/// POST /_session: `tag` is session_request_unauthorized or session_request_forbidden.
[[nodiscard]] std::string loginRefused(std::string_view tag, const std::string &url,
                                       const std::string &user);
[[nodiscard]] std::string loginFailed(Trouble trouble, const std::string &url,
                                      const std::string &user);
/// Any other status (couch_replicator_auth_session.erl).
[[nodiscard]] std::string loginUnexpected(int status, const std::string &url,
                                          const std::string &user);
/// GET of an end, by its status.
[[nodiscard]] std::string cannotOpen(int status, const std::string &url);
[[nodiscard]] std::string changesRefused(int status);
[[nodiscard]] std::string changesEnded();
/// `tag` is revs_diff_failed or bulk_docs_failed; `body` is what the server said.
[[nodiscard]] std::string requestRefused(std::string_view tag, int status, std::string_view body);
/// A session that could not be renewed: the process behind it has gone.
[[nodiscard]] std::string sessionLost(unsigned process);
/// After all retries (couch_replicator_httpc.erl).
[[nodiscard]] std::string requestFailed(std::string_view method, const std::string &url,
                                        Trouble trouble);
[[nodiscard]] std::string requestFailed(std::string_view method, const std::string &url,
                                        int status);
/// Too many 429s (couch_replicator_rate_limiter.erl).
[[nodiscard]] std::string maxBackoff();
[[nodiscard]] std::string checkpointFailed(std::string_view end, std::string_view why);
[[nodiscard]] std::string filterMissing(const std::string &design, const std::string &sourceUrl);
[[nodiscard]] std::string duplicate(const std::string &replicationId, const std::string &docId,
                                    const std::string &otherDocId);

} // namespace serve::replicationerror
