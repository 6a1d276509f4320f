#pragma once

#include "core/base/filesource.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace archive {

enum class Origin {
    Ours,        ///< eStargz with our format.json: everything is provable
    CutShort,    ///< begins like ours but has no footer: what is whole can be read, nothing is complete
    Predecessor, ///< a plain .tgz of database directories: completeness unknown
    Foreign      ///< .tar, .tar.xz, .tar.zst, .zip, a folder: opened under limits
};

/// What is wrong with an archive, or was refused in it.
struct Finding {
    std::string code;     ///< stable: "member-digest", "gzip-crc", "cut-short", "tar-checksum", "refused-link", ...
    std::string path;     ///< entry, when known
    QString message;
    bool fatal = true;    ///< false: a remark, the archive is not worse for it
};

/// Limits against bombs. Reached: the archive is Hostile, by name of the limit.
struct Limits {
    std::uint64_t maxEntries = 1'000'000;
    std::uint64_t maxNameBytes = 1024;
    int maxDepth = 32;
    std::uint64_t maxTotalBytes = std::uint64_t{1} << 43; ///< uncompressed
    std::uint64_t maxRatio = 1100;                        ///< uncompressed : compressed, above 64 MiB
};

/// Opens any archive for reading, without unpacking it. What it shows, it has checked: gzip framing and
/// CRC, tar headers, and for our own archives the SHA-256 of every member it touches.
/// open(), databases() and the FileSets may be used from several threads.
class Reader
{
public:
    struct Options {
        Limits limits;
        std::filesystem::path scratch; ///< where a foreign container may be unpacked (removed again)
    };
    [[nodiscard]] static base::Result<std::unique_ptr<Reader>> open(const std::filesystem::path &path,
                                                                    const Options &options);
    virtual ~Reader() = default;

    [[nodiscard]] virtual Origin origin() const = 0;
    [[nodiscard]] virtual std::uint64_t fileSize() const = 0;
    /// The folder at the top ("2026-11-23T03_00_00.000Z"), empty when unknown.
    [[nodiscard]] virtual std::string root() const = 0;

    struct Database {
        std::string directory; ///< as the entry names it, below the root
        std::string name;      ///< true name: percent-decoding of the directory; the manifest's word goes first
        bool whole = true;     ///< false when files of it are cut off or damaged
        std::uint64_t bytes = 0;
    };
    /// Directories that hold a CURRENT file (or would, were they not cut), sorted by name.
    [[nodiscard]] virtual std::vector<Database> databases() const = 0;
    [[nodiscard]] virtual base::Result<std::shared_ptr<const base::FileSet>>
    openDatabase(const std::string &directory) const = 0;
    /// Other files by path below the root: "manifest.json", "_users.json".
    [[nodiscard]] virtual std::vector<base::FileSet::Entry> looseFiles() const = 0;
    [[nodiscard]] virtual base::Result<std::string> readLooseFile(const std::string &path,
                                                                  std::uint64_t limitBytes) const = 0;

    /// What opening already found (refused entries, a cut, ...).
    [[nodiscard]] virtual std::vector<Finding> findings() const = 0;

    /// Level L1: reads every byte of the file from disk and proves what can be proven. Ours: every member's
    /// compressed SHA-256, canonical headers, gzip CRC and length, chunk SHA-256, tar grammar, TOC and footer
    /// byte for byte canonical, nothing between or behind. Predecessor: gzip CRC and end, tar grammar.
    /// `progress` gets bytes read; return an error (Cancelled) from it to stop.
    [[nodiscard]] virtual base::Result<std::vector<Finding>>
    checkIntegrity(const std::function<base::Status(std::uint64_t bytes)> &progress) const = 0;
};

/// Directory names as D5 says: percent-encoded where any file system would object.
[[nodiscard]] std::string directoryNameFor(std::string_view databaseName);
[[nodiscard]] std::string databaseNameFor(std::string_view directoryName);

} // namespace archive
