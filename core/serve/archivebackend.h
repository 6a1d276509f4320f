#pragma once

#include "core/archive/manifest.h"
#include "core/archive/reader.h"
#include "core/serve/backend.h"

namespace serve {

/// The databases of an archive, whoever made it, read-only. What is not whole in the archive is not
/// among them. `manifest` is that of an archive of ours: its databases keep their
/// instance_start_time, and have the same sequences as long as they have the same content. Of
/// others nothing is known; there `startedAt` (seconds) is the instance_start_time, and sequences
/// are good for this run only.
[[nodiscard]] std::shared_ptr<Backend>
makeArchiveBackend(std::shared_ptr<const archive::Reader> reader,
                   std::optional<archive::Manifest> manifest, std::uint64_t startedAt);

} // namespace serve
