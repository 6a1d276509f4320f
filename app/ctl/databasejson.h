#pragma once

#include "app/ctl/jsonwriter.h"
#include "core/archive/manifest.h"

#include <vector>

namespace ctl {

/// Adds the member `"omissions": [...]`.
void addOmissions(JsonWriter &json, const std::vector<archive::Omission> &omissions);
/// Adds the members that every command prints of a database in an archive, omissions included.
void addDatabase(JsonWriter &json, const archive::ManifestDatabase &entry);

} // namespace ctl
