#pragma once

#include "core/base/result.h"

#include <string>
#include <string_view>

namespace serve {

/// As CouchDB stores attachments of text types: gzip, level 8.
[[nodiscard]] std::string gzipped(std::string_view bytes);
/// Corrupt when that is no whole gzip stream, TooLarge when more than `limitBytes` come out.
[[nodiscard]] base::Result<std::string> gunzipped(std::string_view bytes, std::size_t limitBytes);

} // namespace serve
