#pragma once

#include <QLocale>
#include <QString>

#include <cstdint>
#include <optional>

/// Values as texts for people, by locale. Pure.
namespace format {

/// What stands where a value is not known.
[[nodiscard]] QString unknown();

/// "12,004"
[[nodiscard]] QString number(std::uint64_t value, const QLocale &locale = {});
[[nodiscard]] QString number(std::optional<std::uint64_t> value, const QLocale &locale = {});

/// "+12", "−3", "0": how `now` differs from `before`.
[[nodiscard]] QString difference(std::uint64_t before, std::uint64_t now,
                                 const QLocale &locale = {});

/// "812 MB": powers of 1,000, three digits at the most.
[[nodiscard]] QString size(std::uint64_t bytes, const QLocale &locale = {});
[[nodiscard]] QString size(std::optional<std::uint64_t> bytes, const QLocale &locale = {});

/// "37 %", rounded down: 100 % is when all is done. Nothing to do is 100 %.
[[nodiscard]] QString percent(std::uint64_t done, std::uint64_t all, const QLocale &locale = {});

} // namespace format
