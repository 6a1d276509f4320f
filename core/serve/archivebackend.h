#pragma once

#include "core/archive/manifest.h"
#include "core/archive/reader.h"
#include "core/serve/backend.h"

namespace serve {

/// The databases of an archive, whoever made it, read-only. What is not whole in the archive is not
/// among them. `manifest` is that of an archive of ours. `startedAt` (seconds) becomes the
/// instance_start_time of every database, so that nobody takes this run for another one.
[[nodiscard]] std::shared_ptr<Backend>
makeArchiveBackend(std::shared_ptr<const archive::Reader> reader,
                   std::optional<archive::Manifest> manifest, std::uint64_t startedAt);

} // namespace serve
