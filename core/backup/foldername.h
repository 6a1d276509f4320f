#pragma once

#include <chrono>
#include <optional>
#include <string_view>

/// The names that runs give in the backup folder (docs/archive-format.md, "Names"); the
/// predecessor's are the same.
namespace backup {

inline constexpr std::string_view kArchiveSuffix = ".tgz";
inline constexpr std::string_view kPartialSuffix = ".tgz.partial";
inline constexpr std::string_view kStagingSuffix = ".staging";

/// "2026-11-23T03_00_00.000Z", perhaps with "-2" behind it.
[[nodiscard]] bool isTimestamp(std::string_view text);
/// What only an unfinished run of ours makes: other things in the folder are somebody's.
[[nodiscard]] bool isLeftoverName(std::string_view name);
/// The moment that a name begins with; nothing for other names.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point>
timeInName(std::string_view name);

} // namespace backup
