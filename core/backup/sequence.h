#pragma once

#include <string_view>

/// What an update sequence of a source proves by itself. Pure. The texts are raw JSON, as
/// couch::DatabaseInfo has them.
namespace backup {

/// CouchDB's since 2.0: `"12-g1AAAA..."`. Plain numbers (CouchDB 1, PouchDB Server) begin anew with
/// a database that was deleted and made again, and so prove nothing.
[[nodiscard]] bool isOpaqueSequence(std::string_view sequence);

/// The opaque part names every shard with a piece of its UUID (fabric_view_changes:pack_seqs), so
/// that the same text cannot come from a database that was made again. CouchDB 2.0 and its
/// predecessors sent sequences without them.
[[nodiscard]] bool carriesShardIds(std::string_view sequence);

} // namespace backup
