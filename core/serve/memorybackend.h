#pragma once

#include "core/serve/backend.h"

namespace serve {

/// Databases that can be made, written and deleted, in memory: a rehearsal server, and what tests
/// run against. `startedAt` (seconds) begins the instance_start_time of its databases; each one
/// gets another, so that a database that was deleted and made again is not taken for the old one.
[[nodiscard]] std::shared_ptr<Backend> makeMemoryBackend(std::uint64_t startedAt);

/// Fills it with two organisations as they are at a customer's: orders with history and conflicts,
/// deleted documents, attachments, design documents, users.
[[nodiscard]] base::Status addSampleOrganisations(Backend &backend);

} // namespace serve
