#pragma once

#include "core/base/filesource.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// The one place that touches files of the operating system: file_posix.cpp and file_win.cpp. Every
/// call checks its return value; errors name the path and say NoSpace where the disk is full. New
/// files are 0600 and new folders 0700 whatever the umask. Tests make the n-th operation fail with
/// failNthFileOperation().
namespace base {

namespace fs = std::filesystem;

/// An open file. Not thread-safe except readAt.
class File : public RandomReader
{
public:
    /// Creates a file that must not exist yet; links are not followed.
    [[nodiscard]] static Result<std::unique_ptr<File>> create(const fs::path &path);
    /// Opens a file to append to, created where it is missing; links are not followed.
    [[nodiscard]] static Result<std::unique_ptr<File>> openAppend(const fs::path &path);
    [[nodiscard]] static Result<std::unique_ptr<File>> openRead(const fs::path &path);
    ~File() override = default;

    [[nodiscard]] virtual Status append(std::string_view bytes) = 0;
    [[nodiscard]] virtual Status writeAt(std::uint64_t offset, std::string_view bytes) = 0;
    /// Makes the bytes durable. An error here means data may be lost: discard the file, never
    /// retry.
    [[nodiscard]] virtual Status sync() = 0;
    /// Tells the system that cached pages are not needed, so that the next read comes from the
    /// disk.
    virtual void dropCache() = 0;
    [[nodiscard]] virtual Status close() = 0;
};

[[nodiscard]] Status makeFolder(const fs::path &path); ///< with parents, 0700
[[nodiscard]] Status
removeTree(const fs::path &path); ///< missing is fine; links are removed, not followed
[[nodiscard]] Status removeFile(const fs::path &path);
[[nodiscard]] Status renameNoReplace(const fs::path &from,
                                     const fs::path &to); ///< Conflict when `to` exists
[[nodiscard]] Status renameReplace(const fs::path &from, const fs::path &to);
[[nodiscard]] Status syncFolder(const fs::path &folder);
[[nodiscard]] Result<std::uint64_t> freeBytes(const fs::path &folder);
/// True when nobody but its owner (and root) may read or write it. Windows has no such bits: true.
[[nodiscard]] Result<bool> isPrivate(const fs::path &path);
[[nodiscard]] std::string toUtf8(const fs::path &path);
[[nodiscard]] fs::path fromUtf8(std::string_view utf8);

/// Writes a small file so that it is either the old one or the new one, whatever happens: new file,
/// write, sync, rename, sync of the folder. (QSaveFile says yes on a full disk.)
[[nodiscard]] Status writeFileAtomically(const fs::path &path, std::string_view bytes);
[[nodiscard]] Result<std::string> readFile(const fs::path &path, std::uint64_t limitBytes);

/// A lock that the system releases when its holder dies. The file's text says who holds it.
class FolderLock
{
public:
    virtual ~FolderLock() = default;
    /// Locked when somebody else has it; the message names process, host and since.
    [[nodiscard]] static Result<std::unique_ptr<FolderLock>> take(const fs::path &lockFile);
};

/// Fault injection for tests: the n-th (1-based) file operation from now on fails with `kind` (Io
/// or NoSpace); later ones fail too when `sticky`. Compiled in only with FM_FAILPOINTS.
void failNthFileOperation(std::uint64_t n, ErrorKind kind, bool syncOnly = false,
                          bool sticky = false);
void clearFileFaults();
[[nodiscard]] std::uint64_t fileOperationCount();

} // namespace base
