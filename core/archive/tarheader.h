#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace archive {

/// The largest file a tar header of 11 octal digits can announce: 8 GiB less one byte.
inline constexpr std::uint64_t kMaxTarFileBytes = 077777777777;

/// The tar header of one entry as KTar writes it (long names as GNU LongLink), made independent of
/// the machine: owner 0, folders 0700 with a slash at the end, files 0600. `path` is clean UTF-8.
[[nodiscard]] base::Result<std::string> tarHeaderForFile(std::string_view path, std::uint64_t size,
                                                         std::int64_t modifiedSeconds);
[[nodiscard]] base::Result<std::string> tarHeaderForFolder(std::string_view path,
                                                           std::int64_t modifiedSeconds);

} // namespace archive
