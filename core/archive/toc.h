#pragma once

#include "core/archive/limits.h"
#include "core/base/bytes.h"
#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The table of contents: eStargz's `stargz.index.json`, and in the additional field `members` the
/// SHA-256 of the compressed bytes of every member before it. docs/archive-format.md is its
/// contract.
namespace archive {

inline constexpr std::string_view kTocName = "stargz.index.json";

struct TocChunk {
    std::uint64_t offset = 0;      ///< of its gzip member in the archive
    std::uint64_t chunkOffset = 0; ///< of its first byte in the file
    std::uint64_t size = 0;
    base::Sha256 digest{}; ///< of its content
    size_t member = 0;     ///< index in Toc::members; found by checkToc()
    bool operator==(const TocChunk &) const = default;
};

struct TocEntry {
    std::string name; ///< as the tar header has it; folders end with a slash
    bool folder = false;
    std::uint64_t size = 0;
    base::Sha256 digest{}; ///< of the whole content; files only
    std::vector<TocChunk> chunks;
    bool operator==(const TocEntry &) const = default;
};

struct TocMember {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint64_t contentSize = 0;
    base::Sha256 digest{}; ///< of the compressed bytes
    bool operator==(const TocMember &) const = default;
};

struct Toc {
    std::string modified; ///< RFC 3339, UTC; the same for all entries
    std::vector<TocEntry> entries;
    std::vector<TocMember> members; ///< in file order, from the first byte to the TOC
    bool operator==(const Toc &) const = default;
};

/// The JSON text; there is one for a Toc.
[[nodiscard]] std::string encodeToc(const Toc &toc);
/// Reads exactly what encodeToc() writes. Corrupt names the offset.
[[nodiscard]] base::Result<Toc> decodeToc(std::string_view text);

/// Does it make sense as the TOC of an archive whose TOC begins at `tocOffset`? Members must cover
/// the bytes before without a gap, chunks must be members and add up to their files, limits must
/// hold.
[[nodiscard]] base::Status checkToc(Toc &toc, std::uint64_t tocOffset, const Limits &limits);

/// The tar entry and the end of the tar: header, `json`, padding, two zero blocks, as one stored
/// member.
[[nodiscard]] std::string encodeTocMember(std::string json);
/// The JSON text of a member that is exactly of that form.
[[nodiscard]] base::Result<std::string> decodeTocMember(std::string_view member);

} // namespace archive
