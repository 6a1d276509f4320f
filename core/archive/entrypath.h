#pragma once

#include "core/archive/limits.h"

#include <QString>

#include <optional>
#include <string>
#include <string_view>

/// Which names an archive may have. Nothing is ever unpacked under such a name; the rules keep out
/// what would do harm when somebody unpacks it with another tool, and what two systems would read
/// differently.
namespace archive {

/// Why a relative path with slashes (and no slash at the end) is refused; nothing when it is fine.
[[nodiscard]] std::optional<QString> pathFault(std::string_view path, const Limits &limits);

/// A name as tar has it, without leading "./" and without slashes at the end.
[[nodiscard]] std::string_view trimmedPath(std::string_view name);

/// Equal for paths that a file system which ignores case or Unicode form takes for the same.
[[nodiscard]] std::string collisionKey(std::string_view path);

[[nodiscard]] std::string_view parentOf(std::string_view path); ///< empty at the top
[[nodiscard]] std::string_view nameOf(std::string_view path);

/// A part of an attachment that no LevelDB value can hold: `oversize-<MD5 in hex>-0001`
/// (docs/archive-format.md).
[[nodiscard]] bool isOversizePart(std::string_view name);
/// A file that belongs into a database directory: LevelDB's own, or such a part beside them.
[[nodiscard]] bool isDatabaseFile(std::string_view name);
/// One that only LevelDB writes: enough to call its directory a database.
[[nodiscard]] bool marksDatabase(std::string_view name);
[[nodiscard]] bool isManifestFile(std::string_view name);
/// A file that may lie beside the database directories.
[[nodiscard]] bool isLooseFile(std::string_view name);

} // namespace archive
