#pragma once

#include "core/backup/schedule.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Amounts as an operator writes them. Pure; each pair is the inverse of the other.
namespace settings {

/// "90 s", "5 min", "6 h", "30 d", "2 w"; the space may be missing, the unit not, but for 0.
[[nodiscard]] std::optional<std::chrono::seconds> durationOf(std::string_view text);
[[nodiscard]] std::string durationText(std::chrono::seconds duration);

/// "500 MB", "10 GiB", "0"
[[nodiscard]] std::optional<std::uint64_t> sizeOf(std::string_view text);
[[nodiscard]] std::string sizeText(std::uint64_t bytes);

/// "every 6 h", "03:00 15:30", "mon-fri 03:00", "sat,sun 12:00". An interval is 5 minutes to 366
/// days.
[[nodiscard]] std::optional<backup::ScheduleRule> scheduleOf(std::string_view text);

} // namespace settings
