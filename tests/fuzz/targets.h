#pragma once

#include <array>
#include <string>
#include <string_view>

/// What reads bytes that somebody else made, as functions that take any bytes at all. Each says
/// what it found to be wrong; empty when all that it promises holds. They are driven by libFuzzer
/// (preset `fuzz`) and, over tests/fuzz/corpus, by the replay test.
namespace fuzz {

[[nodiscard]] std::string archive(std::string_view input);
[[nodiscard]] std::string bulkget(std::string_view input);
[[nodiscard]] std::string changes(std::string_view input);
[[nodiscard]] std::string gzip(std::string_view input);
[[nodiscard]] std::string json(std::string_view input);
[[nodiscard]] std::string manifest(std::string_view input);
[[nodiscard]] std::string metadata(std::string_view input);
[[nodiscard]] std::string multipart(std::string_view input);
[[nodiscard]] std::string tar(std::string_view input);
[[nodiscard]] std::string toc(std::string_view input);

struct Target {
    const char *name; ///< of its folder in the corpus, too
    std::string (*run)(std::string_view input);
};
inline constexpr std::array kTargets{
    Target{"archive", archive},   Target{"bulkget", bulkget},     Target{"changes", changes},
    Target{"gzip", gzip},         Target{"json", json},           Target{"manifest", manifest},
    Target{"metadata", metadata}, Target{"multipart", multipart}, Target{"tar", tar},
    Target{"toc", toc},
};

} // namespace fuzz
