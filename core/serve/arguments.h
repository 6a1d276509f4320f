#pragma once

#include "core/serve/reply.h"
#include "core/serve/revision.h"

namespace serve {

/// The body as JSON, with the content type checked. Views point into the request.
[[nodiscard]] OrRefusal<std::vector<base::json::Member>> bodyObject(const Request &request);

/// The DocumentOptions of the query.
[[nodiscard]] OrRefusal<DocumentOptions> documentOptions(const Request &request);

/// A list of revisions as JSON: `["1-a","2-b"]`.
[[nodiscard]] OrRefusal<std::vector<store::RevId>> revisionList(std::string_view json);

/// A JSON list of strings.
[[nodiscard]] OrRefusal<std::vector<std::string>> stringList(std::string_view json);

/// The sequence in `since`: "17-token", a number, either as JSON, or "now" (`now`). Nothing for
/// what is none.
[[nodiscard]] std::optional<std::uint64_t> sequenceOf(std::string_view text, std::uint64_t now);

template <typename T>
[[nodiscard]] const Refusal *refusalIn(const OrRefusal<T> &value)
{
    return std::get_if<Refusal>(&value);
}
template <typename T>
[[nodiscard]] const T &valueIn(const OrRefusal<T> &value)
{
    return *std::get_if<T>(&value);
}

} // namespace serve
