#pragma once

#include "core/base/json.h"
#include "core/store/revtree.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// The text forms of pouchdb-node 7.3 to 9: metadata (`document-store`) and bodies (`by-sequence`).
/// Pure functions; parsing and building are iterative.
namespace store {

/// One attachment as a body names it. Names and types are kept as the JSON text that CouchDB sent.
struct StoredAttachment {
    std::string nameJson;        ///< quoted
    std::string contentTypeJson; ///< quoted
    std::uint64_t revpos = 0;
    std::uint64_t length = 0; ///< identity bytes
    std::string digest;       ///< "md5-..." over identity bytes
};

/// `{user members..., "_attachments":{...}, "_id":..., "_rev":...[, "_deleted":true]}`; the text of
/// every user member is copied unchanged. Members that start with `_` must have been taken out.
[[nodiscard]] std::string composeBody(const std::vector<base::json::Member> &userMembers,
                                      const std::vector<StoredAttachment> &attachments,
                                      std::string_view idJson, std::string_view rev, bool deleted);

/// A document's metadata.
struct Metadata {
    std::string id;
    RevTree tree;
    std::map<RevId, std::uint64_t> seqOf; ///< every revision whose body is stored
    std::uint64_t seq = 0;                ///< the last written
    [[nodiscard]] bool isDeleted() const;
    [[nodiscard]] RevId winner() const;
};

[[nodiscard]] std::string encodeMetadata(const Metadata &metadata);
[[nodiscard]] base::Result<Metadata> decodeMetadata(std::string_view text);

/// What a stored body says of itself.
struct BodyInfo {
    std::string id;
    std::string rev;
    bool deleted = false;
    std::vector<StoredAttachment> attachments;
};
[[nodiscard]] base::Result<BodyInfo> inspectBody(std::string_view text);

} // namespace store
