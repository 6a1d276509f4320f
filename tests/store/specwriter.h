#pragma once

#include "core/store/writer.h"

#include <string_view>

namespace teststore {

/// Writes the documents of a specification: `docs` maps each id to a list of `{"ok": <leaf with
/// _revisions>}`, as `_bulk_get` and dump.js give them. An attachment is a stub whose digest stands
/// in the specification's `attachments` (base64), or has `data` (base64), or `generate` (that many
/// bytes).
[[nodiscard]] base::Status writeSpec(std::string_view spec, store::Writer &writer);

/// The bytes of an attachment with `generate`, from `offset`.
[[nodiscard]] std::string generatedBytes(std::uint64_t offset, size_t length);

} // namespace teststore
