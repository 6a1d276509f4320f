#pragma once

#include "core/archive/packedfile.h"
#include "core/base/file.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace archive {

/// Writes one eStargz archive (D3; docs/archive-format.md): a plain .tgz for every tool, in which
/// each payload chunk of at most 4 MiB is a gzip member that holds nothing but payload. Members are
/// compressed in parallel by a few threads, in bounded memory, and written in order.
/// One thread at a time. The file given is `<timestamp>.tgz.partial`; naming it is the caller's
/// work. After an error the archive is worthless and every further call returns that error.
class Writer
{
public:
    struct Options {
        int threads = 2;
        int level = 5; ///< libdeflate, 1 to 12
        /// The time of all entries; without it the root's ("2026-11-23T03_00_00.000Z"), else 1970.
        std::optional<std::chrono::system_clock::time_point> modified;
    };
    /// `root` is the timestamp folder, without slash; every path below is put under it.
    [[nodiscard]] static base::Result<std::unique_ptr<Writer>>
    create(std::unique_ptr<base::File> file, std::string root, Options options);
    virtual ~Writer() = default;

    /// `path` is relative to the root, UTF-8, without `..`. An empty path is the root itself. A
    /// path (or one that only differs in case) that is there already is a Conflict. The caller adds
    /// the root first, then `format.json`: a reader knows by that what a cut-off archive is.
    [[nodiscard]] virtual base::Status addFolder(std::string_view path) = 0;
    /// Files of 8 GiB and more are refused (TooLarge) before anything is written.
    [[nodiscard]] virtual base::Status addFile(std::string_view path,
                                               const base::RandomReader &content) = 0;
    [[nodiscard]] virtual base::Status addBytes(std::string_view path, std::string_view bytes) = 0;
    /// Takes over the compressed members of another archive of ours; every member's SHA-256 is
    /// checked on the way (Corrupt).
    [[nodiscard]] virtual base::Status addPacked(std::string_view path,
                                                 const PackedFile &packed) = 0;

    /// Waits for all members, writes the TOC and the footer, syncs. Returns the file's size.
    [[nodiscard]] virtual base::Result<std::uint64_t> finish() = 0;
};

} // namespace archive
