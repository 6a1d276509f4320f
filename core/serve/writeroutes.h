#pragma once

#include "core/serve/site.h"

namespace serve {

/// The end points that change something. Over a backup each of them is refused (403).

// writeroutes.cpp, bulkdocs.cpp
[[nodiscard]] Outcome createDatabase(const Call &call);
[[nodiscard]] Outcome removeDatabase(const Call &call);
[[nodiscard]] Outcome bulkDocs(const Call &call);
[[nodiscard]] Outcome postDocument(const Call &call);
[[nodiscard]] Outcome putDocument(const Call &call, const std::string &id);
[[nodiscard]] Outcome deleteDocument(const Call &call, const std::string &id);
[[nodiscard]] Outcome putAttachment(const Call &call, const std::string &id,
                                    const std::string &name);
[[nodiscard]] Outcome deleteAttachment(const Call &call, const std::string &id,
                                       const std::string &name);
[[nodiscard]] Outcome purge(const Call &call);
/// PUT of `_security` and `_revs_limit`.
[[nodiscard]] Outcome putSecurity(const Call &call);
[[nodiscard]] Outcome putRevsLimit(const Call &call);

} // namespace serve
