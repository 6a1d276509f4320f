// Windows side of file.h. Written for, not run: see README.
#include "core/base/file.h"
#include "core/base/filefaults.h"
#include "core/base/text.h"

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>

#include <algorithm>
#include <system_error>

namespace base {

namespace {

ErrorKind kindOf(DWORD code)
{
    switch (code) {
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
    case ERROR_DISK_QUOTA_EXCEEDED: return ErrorKind::NoSpace;
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND: return ErrorKind::NotFound;
    case ERROR_FILE_EXISTS:
    case ERROR_ALREADY_EXISTS: return ErrorKind::Conflict;
    case ERROR_ACCESS_DENIED:
    case ERROR_WRITE_PROTECT: return ErrorKind::Forbidden;
    default: return ErrorKind::Io;
    }
}

Error systemError(DWORD code, const char *doing, const fs::path &path)
{
    const std::string reason = std::system_category().message(static_cast<int>(code));
    return fileError(kindOf(code), doing, path, QString::fromLocal8Bit(reason.c_str()));
}

Error injectedError(ErrorKind kind, const char *doing, const fs::path &path)
{
    return fileError(kind, doing, path, text("injected by a test"));
}

constexpr const char *kCreating = QT_TRANSLATE_NOOP("core", "%1 could not be created");
constexpr const char *kOpening = QT_TRANSLATE_NOOP("core", "%1 could not be opened");
constexpr const char *kWriting = QT_TRANSLATE_NOOP("core", "%1 could not be written");
constexpr const char *kReading = QT_TRANSLATE_NOOP("core", "%1 could not be read");
constexpr const char *kSyncing = QT_TRANSLATE_NOOP("core", "%1 could not be made durable");
constexpr const char *kRenaming = QT_TRANSLATE_NOOP("core", "%1 could not be renamed");
constexpr const char *kRemoving = QT_TRANSLATE_NOOP("core", "%1 could not be removed");
constexpr const char *kMeasuring =
    QT_TRANSLATE_NOOP("core", "The free space of %1 could not be read");

OVERLAPPED positionAt(std::uint64_t offset)
{
    OVERLAPPED position = {};
    position.Offset = static_cast<DWORD>(offset & 0xffffffffU);
    position.OffsetHigh = static_cast<DWORD>(offset >> 32);
    return position;
}

constexpr size_t kLargestTransfer = size_t{1} << 30;

class WinFile final : public File
{
public:
    WinFile(HANDLE handle, fs::path path, std::uint64_t size)
        : m_handle(handle)
        , m_path(std::move(path))
        , m_size(size)
    {
    }
    ~WinFile() override
    {
        if (m_handle != INVALID_HANDLE_VALUE)
            CloseHandle(m_handle);
    }
    WinFile(const WinFile &) = delete;
    WinFile &operator=(const WinFile &) = delete;

    [[nodiscard]] std::uint64_t size() const override { return m_size; }

    [[nodiscard]] Status readAt(std::uint64_t offset, char *out, size_t length) const override
    {
        while (length > 0) {
            OVERLAPPED position = positionAt(offset);
            DWORD got = 0;
            const auto wanted = static_cast<DWORD>(std::min(length, kLargestTransfer));
            if (!ReadFile(m_handle, out, wanted, &got, &position))
                return systemError(GetLastError(), kReading, m_path);
            if (got == 0)
                return fileError(ErrorKind::Corrupt, kReading, m_path, text("it ends early"));
            out += got;
            offset += got;
            length -= got;
        }
        return {};
    }

    [[nodiscard]] Status append(std::string_view bytes) override
    {
        Status written = writeAt(m_size, bytes);
        if (written)
            m_size += bytes.size();
        return written;
    }

    [[nodiscard]] Status writeAt(std::uint64_t offset, std::string_view bytes) override
    {
        if (const auto fault = injectedFileFault(FileOperation::Write))
            return injectedError(*fault, kWriting, m_path);
        while (!bytes.empty()) {
            OVERLAPPED position = positionAt(offset);
            DWORD put = 0;
            const auto wanted = static_cast<DWORD>(std::min(bytes.size(), kLargestTransfer));
            if (!WriteFile(m_handle, bytes.data(), wanted, &put, &position))
                return systemError(GetLastError(), kWriting, m_path);
            bytes.remove_prefix(put);
            offset += put;
        }
        return {};
    }

    [[nodiscard]] Status sync() override
    {
        if (const auto fault = injectedFileFault(FileOperation::Sync))
            return injectedError(*fault, kSyncing, m_path);
        if (!FlushFileBuffers(m_handle))
            return systemError(GetLastError(), kSyncing, m_path);
        return {};
    }

    void dropCache() override {} // Windows has no call for it

    [[nodiscard]] Status close() override
    {
        const HANDLE handle = std::exchange(m_handle, INVALID_HANDLE_VALUE);
        if (!CloseHandle(handle))
            return systemError(GetLastError(), kWriting, m_path);
        return {};
    }

private:
    HANDLE m_handle;
    fs::path m_path;
    std::uint64_t m_size;
};

} // namespace

Result<std::unique_ptr<File>> File::create(const fs::path &path)
{
    if (const auto fault = injectedFileFault(FileOperation::Other))
        return injectedError(*fault, kCreating, path);
    const HANDLE handle = CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ,
                                      nullptr, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr);
    if (handle == INVALID_HANDLE_VALUE)
        return systemError(GetLastError(), kCreating, path);
    return std::unique_ptr<File>(std::make_unique<WinFile>(handle, path, 0));
}

Result<std::unique_ptr<File>> File::openAppend(const fs::path &path)
{
    if (const auto fault = injectedFileFault(FileOperation::Other))
        return injectedError(*fault, kOpening, path);
    const HANDLE handle =
        CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_DELETE,
                    nullptr, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
    if (handle == INVALID_HANDLE_VALUE)
        return systemError(GetLastError(), kOpening, path);
    LARGE_INTEGER size = {};
    if (!GetFileSizeEx(handle, &size)) {
        const DWORD code = GetLastError();
        CloseHandle(handle);
        return systemError(code, kOpening, path);
    }
    return std::unique_ptr<File>(
        std::make_unique<WinFile>(handle, path, static_cast<std::uint64_t>(size.QuadPart)));
}

Result<std::unique_ptr<File>> File::openRead(const fs::path &path)
{
    const HANDLE handle =
        CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr,
                    OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
    if (handle == INVALID_HANDLE_VALUE)
        return systemError(GetLastError(), kOpening, path);
    LARGE_INTEGER size = {};
    if (!GetFileSizeEx(handle, &size)) {
        CloseHandle(handle);
        return systemError(GetLastError(), kOpening, path);
    }
    return std::unique_ptr<File>(
        std::make_unique<WinFile>(handle, path, static_cast<std::uint64_t>(size.QuadPart)));
}

Status makeFolder(const fs::path &path)
{
    std::error_code code;
    fs::create_directories(path, code);
    if (code)
        return systemError(static_cast<DWORD>(code.value()), kCreating, path);
    return {};
}

Status removeTree(const fs::path &path)
{
    std::error_code code;
    fs::remove_all(path, code);
    if (code)
        return systemError(static_cast<DWORD>(code.value()), kRemoving, path);
    return {};
}

Status removeFile(const fs::path &path)
{
    if (!DeleteFileW(path.c_str()) && GetLastError() != ERROR_FILE_NOT_FOUND)
        return systemError(GetLastError(), kRemoving, path);
    return {};
}

Status renameNoReplace(const fs::path &from, const fs::path &to)
{
    if (const auto fault = injectedFileFault(FileOperation::Other))
        return injectedError(*fault, kRenaming, from);
    if (!MoveFileExW(from.c_str(), to.c_str(), MOVEFILE_WRITE_THROUGH))
        return systemError(GetLastError(), kRenaming, to);
    return {};
}

Status renameReplace(const fs::path &from, const fs::path &to)
{
    if (const auto fault = injectedFileFault(FileOperation::Other))
        return injectedError(*fault, kRenaming, from);
    if (!MoveFileExW(from.c_str(), to.c_str(), MOVEFILE_WRITE_THROUGH | MOVEFILE_REPLACE_EXISTING))
        return systemError(GetLastError(), kRenaming, from);
    return {};
}

Status syncFolder(const fs::path & /*folder*/)
{
    return {}; // NTFS journals the rename; MOVEFILE_WRITE_THROUGH waits for it
}

Result<std::uint64_t> freeBytes(const fs::path &folder)
{
    ULARGE_INTEGER available = {};
    if (!GetDiskFreeSpaceExW(folder.c_str(), &available, nullptr, nullptr))
        return systemError(GetLastError(), kMeasuring, folder);
    return available.QuadPart;
}

Result<bool> isPrivate(const fs::path &path)
{
    if (GetFileAttributesW(path.c_str()) == INVALID_FILE_ATTRIBUTES)
        return systemError(GetLastError(), kOpening, path);
    return true;
}

namespace {

class WinLock final : public FolderLock
{
public:
    explicit WinLock(HANDLE handle)
        : m_handle(handle)
    {
    }
    ~WinLock() override { CloseHandle(m_handle); }
    WinLock(const WinLock &) = delete;
    WinLock &operator=(const WinLock &) = delete;

private:
    HANDLE m_handle;
};

} // namespace

Result<std::unique_ptr<FolderLock>> FolderLock::take(const fs::path &lockFile)
{
    const HANDLE handle =
        CreateFileW(lockFile.c_str(), GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, nullptr,
                    OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
    if (handle == INVALID_HANDLE_VALUE) {
        const DWORD code = GetLastError();
        if (code != ERROR_SHARING_VIOLATION)
            return systemError(code, kOpening, lockFile);
        return Error{ErrorKind::Locked,
                     text("The backup folder %1 is in use by %2. Nothing was done.")
                         .arg(printable(toUtf8(lockFile.parent_path()), 1000),
                              text("another focus-monitor"))};
    }
    return std::unique_ptr<FolderLock>(std::make_unique<WinLock>(handle));
}

} // namespace base
