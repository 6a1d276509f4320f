#pragma once

#include <string>
#include <string_view>

namespace archive {

/// The directory a database has in an archive: its name, percent-encoded where any file system,
/// Windows included, would object or could mix two of them up (capitals). ASCII, at most 120 bytes:
/// longer ones are cut, with `~` and 16 hex digits of the name's SHA-256, and only the manifest has
/// the true name.
[[nodiscard]] std::string directoryNameFor(std::string_view databaseName);
/// The same with capitals as they are, easier to read: for names that were looked at together.
[[nodiscard]] std::string readableNameFor(std::string_view name);

/// The name a directory stands for; for a cut one what is left of it.
[[nodiscard]] std::string databaseNameFor(std::string_view directoryName);
[[nodiscard]] bool isCutDirectoryName(std::string_view directoryName);

} // namespace archive
