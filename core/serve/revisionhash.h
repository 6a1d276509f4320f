#pragma once

#include "core/base/json.h"
#include "core/store/document.h"

namespace serve {

/// The hash that CouchDB 3.5.0 gives to an edit: MD5 over Erlang's external format of
/// [Deleted, OldStart, OldRev, Body, Attachments] (couch_db:new_revid). The same edit made at two
/// places gets the same revision and is no conflict. `parent` is empty for a first revision;
/// `attachments` have digests over the stored bytes.
[[nodiscard]] std::string revisionHash(bool deleted, const std::optional<store::RevId> &parent,
                                       const std::vector<base::json::Member> &userMembers,
                                       const std::vector<store::StoredAttachment> &attachments);

} // namespace serve
