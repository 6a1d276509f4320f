#pragma once

#include "core/base/filesource.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// LevelDB's MANIFEST: which table files make up the database.
namespace store {

struct LiveTable {
    int level = 0;
    std::uint64_t number = 0;
    std::uint64_t sizeBytes = 0;
    std::string smallest; ///< internal keys
    std::string largest;
};

struct ManifestState {
    std::uint64_t logNumber = 0; ///< logs with smaller numbers are leftovers
    std::uint64_t prevLogNumber = 0;
    std::uint64_t nextFileNumber = 0;
    std::uint64_t lastSequence = 0;
    std::vector<LiveTable> tables; ///< by level, then smallest key
};

/// Replays a MANIFEST. Corrupt unless it is sound to its last byte and names everything a database
/// needs: LevelDB opens two thirds of all cut ones as an empty database (reliability.md F2).
[[nodiscard]] base::Result<ManifestState>
readManifest(std::shared_ptr<const base::RandomReader> file, const std::string &name);

/// The bytes of a MANIFEST with one edit.
[[nodiscard]] std::string encodeManifest(const ManifestState &state);

} // namespace store
