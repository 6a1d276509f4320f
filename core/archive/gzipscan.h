#pragma once

#include "core/archive/checkpointindex.h"
#include "core/archive/finding.h"
#include "core/archive/limits.h"
#include "core/base/filesource.h"

#include <functional>
#include <optional>
#include <vector>

namespace archive {

/// What one pass over a gzip file leaves behind: enough to read it at random and to notice when it
/// changed since.
struct GzipIndex {
    static constexpr size_t kPageBytes = size_t{256} << 10;
    CheckpointIndex checkpoints;
    std::vector<std::uint32_t> pageCrcs; ///< CRC-32 of every page of the uncompressed stream
    std::uint64_t size = 0;              ///< uncompressed
};

struct GzipScan {
    GzipIndex index;
    std::uint64_t members = 0;    ///< that ended well
    std::optional<Finding> fault; ///< what ended the pass before the end of the file
    bool isCut = false;           ///< the fault is that the file ends
};

/// Reads a gzip file strictly from its first to its last byte: headers of at most 4 KiB without
/// reserved flags, CRC-32 and length of every member. Content goes to `sink` in order, before its
/// CRC is known. `mayFollow` is asked whether another member may come; where not, bytes behind a
/// member are a fault. Errors are those of the sink, the progress, a limit (Hostile), or of reading
/// the file.
[[nodiscard]] base::Result<GzipScan>
scanGzip(const base::RandomReader &file, const Limits &limits, const base::ByteSink &sink,
         const std::function<bool()> &mayFollow,
         const std::function<base::Status(std::uint64_t)> &progress);

} // namespace archive
