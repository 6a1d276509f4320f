#pragma once

#include "core/serve/answer.h"

namespace serve {

/// An error in CouchDB's words: `{"error":...,"reason":...}`.
struct Refusal {
    int status = 500;
    std::string error;
    std::string reason;
    std::string allow = {};      ///< for 405
    std::string retryAfter = {}; ///< for 429
};

/// The errors that CouchDB 3.5.0 answers with (recorded), and ours.
namespace refusal {
[[nodiscard]] Refusal noDatabase();
[[nodiscard]] Refusal missing();
[[nodiscard]] Refusal deleted();
[[nodiscard]] Refusal badRequest(std::string reason);
[[nodiscard]] Refusal invalidJson();
[[nodiscard]] Refusal badRev();
[[nodiscard]] Refusal badContentType();
[[nodiscard]] Refusal conflict();
[[nodiscard]] Refusal readOnly();
[[nodiscard]] Refusal notImplemented(std::string_view what);
/// `allowed` is "GET,HEAD".
[[nodiscard]] Refusal methodNotAllowed(std::string allowed);
/// An Error of our own: a damaged archive, a failed read.
[[nodiscard]] Refusal fromError(const base::Error &error);
} // namespace refusal

/// Either a value or what to answer instead.
template <typename T>
using OrRefusal = std::variant<T, Refusal>;

/// A whole JSON answer; a newline is put behind it as CouchDB does.
void sendJson(Answer &answer, std::string_view json, int status = 200, Headers more = {});
/// When the answer has begun already, it is cut instead.
void sendRefusal(Answer &answer, const Refusal &refusal);
[[nodiscard]] std::string refusalJson(const Refusal &refusal);

/// The address of what was made, as CouchDB tells it; the segments are not encoded yet.
[[nodiscard]] std::string locationOf(const Request &request, const std::vector<std::string> &path);

/// Headers of a JSON answer that is streamed.
[[nodiscard]] ResponseHead jsonHead(Sizing sizing, int status = 200);

} // namespace serve
