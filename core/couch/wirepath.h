#pragma once

#include "core/base/result.h"
#include "core/couch/serverurl.h"

#include <QUrl>

#include <string_view>

namespace couch {

/// The longest path CouchDB can be trusted with: its HTTP server refuses request lines over 8 KB.
constexpr size_t kMaxTargetBytes = 8'000;

/// True when a segment of the path is `.` or `..`, which URL libraries and proxies resolve.
[[nodiscard]] bool hasDotSegment(std::string_view path);

/// The URL whose request line will read exactly basePath + target; Unsupported where QUrl would
/// send another one (dot segments, escapes it rewrites), or the target is too long. A DELETE must
/// never hit another resource.
[[nodiscard]] base::Result<QUrl> exactUrl(const ServerUrl &server, std::string_view target);

} // namespace couch
