#pragma once

#include "core/store/leafset.h"

#include <cstdint>
#include <string>

namespace store {

/// What can be counted and hashed about one database; the same numbers whether the database was
/// just written or is read back. Field meanings are an interface (DESIGN 4).
struct Facts {
    std::uint64_t documents = 0;       ///< winner not deleted, design documents included
    std::uint64_t deleted = 0;         ///< winner is a tombstone
    std::uint64_t leaves = 0;          ///< all leaf revisions, tombstones included
    std::uint64_t conflicted = 0;      ///< documents with more than one live leaf
    std::uint64_t attachments = 0;     ///< (leaf, name) pairs
    std::uint64_t attachmentBytes = 0; ///< of distinct digests
    LeafSet leafSet;
    /// Independent of the order in which documents were written: SHA-256 over the three sums of
    ///   leaves:      SHA-256(id 0 rev 0 deleted 0 ancestors joined by ',')
    ///   bodies:      SHA-256(stored body text) of every leaf
    ///   attachments: SHA-256(digest 0 length) of every distinct digest
    std::string contentHash;
    bool operator==(const Facts &) const = default;
};

} // namespace store
