#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string_view>

namespace couch {

/// What a Retry-After header asks for, as seconds or an HTTP date, clamped to [1, 300] units;
/// nothing where it cannot be understood. `unit` is a second outside of tests.
[[nodiscard]] std::optional<std::chrono::milliseconds>
parseRetryAfter(std::string_view value, std::chrono::system_clock::time_point now,
                std::chrono::milliseconds unit);

/// Exponential back-off with full jitter: anything from nothing to first * 2^(attempt-1), at most
/// `cap`. `random` lies in [0, 1).
[[nodiscard]] std::chrono::milliseconds backoff(int attempt, std::chrono::milliseconds first,
                                                std::chrono::milliseconds cap, double random);

/// False when it was stopped before the time was over.
[[nodiscard]] bool waitUnlessStopped(std::chrono::milliseconds time, const std::stop_token &stop);

} // namespace couch
