#pragma once

#include "core/base/file.h"

#include <optional>

namespace base {

/// Counts one file operation and says whether a test wants it to fail. Used by file_posix.cpp and
/// file_win.cpp before each call to the system; nothing in release builds.
enum class FileOperation { Write, Sync, Other };
#ifdef FM_FAILPOINTS
[[nodiscard]] std::optional<ErrorKind> injectedFileFault(FileOperation operation);
#else
[[nodiscard]] inline std::optional<ErrorKind> injectedFileFault(FileOperation /*operation*/)
{
    return std::nullopt;
}
#endif

/// The Error for a failed file operation; `doing` is a sentence with %1 for the path.
[[nodiscard]] Error fileError(ErrorKind kind, const char *doing, const fs::path &path,
                              const QString &reason);

} // namespace base
