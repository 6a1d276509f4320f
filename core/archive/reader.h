#pragma once

#include "core/archive/directoryname.h"
#include "core/archive/finding.h"
#include "core/archive/limits.h"
#include "core/archive/packedfile.h"
#include "core/base/filesource.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace archive {

enum class Origin {
    Ours,        ///< eStargz with our format.json: everything is provable
    CutShort,    ///< begins like ours but has no footer: what is whole can be read, nothing is
                 ///< complete
    Predecessor, ///< a plain .tgz of database directories: completeness unknown
    Foreign      ///< .tar, .tar.xz, .tar.zst, .zip, a folder: opened under limits
};

/// Opens any archive for reading, without unpacking it. What it shows, it has checked: gzip framing
/// and CRC, tar headers, and for our own archives the SHA-256 of every member it touches. open(),
/// databases() and the FileSets may be used from several threads.
class Reader
{
public:
    /// Gets the bytes of the file read so far; an error (Cancelled) from it stops the work.
    using Progress = std::function<base::Status(std::uint64_t bytes)>;
    struct Options {
        Limits limits;
        /// Folder for the content of a foreign container while it is open; empty: the system's.
        std::filesystem::path scratch;
        /// For what has to be read as a whole before it can be shown: all but archives of ours.
        Progress progress;
    };
    /// `path` is a file, or a folder of database directories.
    [[nodiscard]] static base::Result<std::unique_ptr<Reader>>
    open(const std::filesystem::path &path, const Options &options);
    /// The same for bytes from anywhere; `label` names them in messages.
    [[nodiscard]] static base::Result<std::unique_ptr<Reader>>
    open(std::shared_ptr<const base::RandomReader> file, const QString &label,
         const Options &options);
    virtual ~Reader() = default;

    [[nodiscard]] virtual Origin origin() const = 0;
    [[nodiscard]] virtual std::uint64_t fileSize() const = 0;
    /// The folder at the top ("2026-11-23T03_00_00.000Z"), empty when unknown.
    [[nodiscard]] virtual std::string root() const = 0;

    struct Database {
        std::string directory; ///< as the entry names it, below the root
        std::string
            name; ///< true name: percent-decoding of the directory; the manifest's word goes first
        bool whole = true; ///< false when files of it are cut off or damaged
        std::uint64_t bytes = 0;
    };
    /// Directories that hold a CURRENT file (or would, were they not cut), sorted by name.
    [[nodiscard]] virtual std::vector<Database> databases() const = 0;
    [[nodiscard]] virtual base::Result<std::shared_ptr<const base::FileSet>>
    openDatabase(const std::string &directory) const = 0;
    /// Other files by path below the root: "manifest.json", "_users.json".
    [[nodiscard]] virtual std::vector<base::FileSet::Entry> looseFiles() const = 0;
    [[nodiscard]] virtual base::Result<std::string>
    readLooseFile(const std::string &path, std::uint64_t limitBytes) const = 0;

    /// What opening already found (refused entries, a cut, ...).
    [[nodiscard]] virtual std::vector<Finding> findings() const = 0;

    /// A database's file as it lies compressed in the archive, for Writer::addPacked(). Only
    /// archives of ours have that (Unsupported elsewhere).
    [[nodiscard]] virtual base::Result<PackedFile> packedFile(const std::string &directory,
                                                              const std::string &name) const = 0;

    /// Level L1: reads every byte of the file from disk and proves what can be proven. Ours: every
    /// member's compressed SHA-256, canonical headers, gzip CRC and length, chunk SHA-256, tar
    /// grammar, TOC and footer byte for byte canonical, nothing between or behind. Predecessor:
    /// gzip CRC and end, tar grammar.
    ///
    /// A chunk that `isProven` knows, because the same compressed bytes were inflated and checked
    /// before, is not inflated again; its bytes are read and their SHA-256 is checked.
    using IsProven = std::function<bool(const PackedFile::Chunk &chunk)>;
    [[nodiscard]] virtual base::Result<std::vector<Finding>>
    checkIntegrity(const Progress &progress, const IsProven &isProven) const = 0;
    [[nodiscard]] base::Result<std::vector<Finding>> checkIntegrity(const Progress &progress) const
    {
        return checkIntegrity(progress, {});
    }
};

} // namespace archive
