#pragma once

#include <cstdint>

namespace archive {

/// Limits against bombs. Reached: the archive is Hostile, by name of the limit.
struct Limits {
    std::uint64_t maxEntries = 1'000'000;
    std::uint64_t maxNameBytes = 1024;
    int maxDepth = 32;
    std::uint64_t maxTotalBytes = std::uint64_t{1} << 43; ///< uncompressed
    std::uint64_t maxRatio = 1100; ///< uncompressed : compressed, above 64 MiB
};

} // namespace archive
