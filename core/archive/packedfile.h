#pragma once

#include "core/base/bytes.h"
#include "core/base/filesource.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace archive {

/// A file of one of our archives as it lies there: compressed members that another archive can take
/// over without inflating them.
struct PackedFile {
    struct Chunk {
        std::uint64_t offset = 0;     ///< of the member in `archive`
        std::uint64_t packedSize = 0; ///< of the member
        std::uint64_t size = 0;       ///< of its content
        base::Sha256 packedDigest{};
        base::Sha256 digest{};
    };
    std::uint64_t size = 0;
    base::Sha256 digest{};
    std::vector<Chunk> chunks;
    std::shared_ptr<const base::RandomReader> archive;
};

} // namespace archive
