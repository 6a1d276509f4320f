#pragma once

#include "core/store/reader.h"

#include <string>

namespace teststore {

/// What tests/interop/dump.js prints of a database, as far as a store without PouchDB can tell:
/// info, uuid, changes, ids, docs, attachments. One line of JSON.
[[nodiscard]] base::Result<std::string> canonicalDump(store::Reader &reader);

} // namespace teststore
