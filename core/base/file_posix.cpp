// POSIX side of file.h. Linux is what was run; macOS follows the same calls.
#include "core/base/file.h"
#include "core/base/filefaults.h"
#include "core/base/text.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>

namespace base {

namespace {

ErrorKind kindOf(int code)
{
    switch (code) {
    case ENOSPC:
    case EDQUOT: return ErrorKind::NoSpace;
    case ENOENT:
    case ENOTDIR: return ErrorKind::NotFound;
    case EEXIST:
    case ENOTEMPTY: return ErrorKind::Conflict;
    case EACCES:
    case EPERM:
    case EROFS: return ErrorKind::Forbidden;
    default: return ErrorKind::Io;
    }
}

Error systemError(int code, const char *doing, const fs::path &path)
{
    return fileError(kindOf(code), doing, path,
                     QString::fromStdString(std::generic_category().message(code)));
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

class PosixFile final : public File
{
public:
    PosixFile(int descriptor, fs::path path, std::uint64_t size)
        : m_descriptor(descriptor)
        , m_path(std::move(path))
        , m_size(size)
    {
    }
    ~PosixFile() override
    {
        if (m_descriptor >= 0)
            ::close(m_descriptor);
    }
    PosixFile(const PosixFile &) = delete;
    PosixFile &operator=(const PosixFile &) = delete;

    [[nodiscard]] std::uint64_t size() const override { return m_size; }

    [[nodiscard]] Status readAt(std::uint64_t offset, char *out, size_t length) const override
    {
        while (length > 0) {
            const ssize_t got = ::pread(m_descriptor, out, length, static_cast<off_t>(offset));
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                return systemError(errno, kReading, m_path);
            if (got == 0)
                return fileError(ErrorKind::Corrupt, kReading, m_path, text("it ends early"));
            out += got;
            offset += static_cast<std::uint64_t>(got);
            length -= static_cast<size_t>(got);
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
            const ssize_t put =
                ::pwrite(m_descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
            if (put < 0 && errno == EINTR)
                continue;
            if (put < 0)
                return systemError(errno, kWriting, m_path);
            bytes.remove_prefix(static_cast<size_t>(put));
            offset += static_cast<std::uint64_t>(put);
        }
        return {};
    }

    [[nodiscard]] Status sync() override
    {
        if (const auto fault = injectedFileFault(FileOperation::Sync))
            return injectedError(*fault, kSyncing, m_path);
        if (::fsync(m_descriptor) != 0)
            return systemError(errno, kSyncing, m_path);
        return {};
    }

    void dropCache() override
    {
#ifdef POSIX_FADV_DONTNEED
        ::posix_fadvise(m_descriptor, 0, 0, POSIX_FADV_DONTNEED);
#endif
    }

    [[nodiscard]] Status close() override
    {
        const int descriptor = std::exchange(m_descriptor, -1);
        if (const auto fault = injectedFileFault(FileOperation::Other)) {
            ::close(descriptor);
            return injectedError(*fault, kWriting, m_path);
        }
        if (::close(descriptor) != 0 && errno != EINTR)
            return systemError(errno, kWriting, m_path);
        return {};
    }

private:
    int m_descriptor;
    fs::path m_path;
    std::uint64_t m_size;
};

} // namespace

Result<std::unique_ptr<File>> File::create(const fs::path &path)
{
    if (const auto fault = injectedFileFault(FileOperation::Other))
        return injectedError(*fault, kCreating, path);
    const int descriptor =
        ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        return systemError(errno, kCreating, path);
    ::fchmod(descriptor, 0600); // the umask may have taken bits away
    return std::unique_ptr<File>(std::make_unique<PosixFile>(descriptor, path, 0));
}

Result<std::unique_ptr<File>> File::openAppend(const fs::path &path)
{
    if (const auto fault = injectedFileFault(FileOperation::Other))
        return injectedError(*fault, kOpening, path);
    const int descriptor =
        ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (descriptor < 0)
        return systemError(errno, kOpening, path);
    struct stat status = {};
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        ::close(descriptor);
        return fileError(ErrorKind::Io, kOpening, path, text("it is not a file"));
    }
    ::fchmod(descriptor, 0600); // the umask may have taken bits away
    return std::unique_ptr<File>(
        std::make_unique<PosixFile>(descriptor, path, static_cast<std::uint64_t>(status.st_size)));
}

Result<std::unique_ptr<File>> File::openRead(const fs::path &path)
{
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return systemError(errno, kOpening, path);
    struct stat status = {};
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        ::close(descriptor);
        return fileError(ErrorKind::Io, kOpening, path, text("it is not a file"));
    }
    return std::unique_ptr<File>(
        std::make_unique<PosixFile>(descriptor, path, static_cast<std::uint64_t>(status.st_size)));
}

Status makeFolder(const fs::path &path)
{
    struct stat status = {};
    const bool exists = ::stat(path.c_str(), &status) == 0;
    if (exists && !S_ISDIR(status.st_mode))
        return fileError(ErrorKind::Conflict, kCreating, path, text("it is a file, not a folder"));
    if (path.empty() || exists)
        return {};
    if (path.has_parent_path() && path.parent_path() != path) {
        if (Status parent = makeFolder(path.parent_path()); !parent)
            return parent;
    }
    if (const auto fault = injectedFileFault(FileOperation::Other))
        return injectedError(*fault, kCreating, path);
    if (::mkdir(path.c_str(), 0700) == 0) {
        ::chmod(path.c_str(), 0700); // the umask may have taken bits away
        return {};
    }
    const int code = errno;
    if (code == EEXIST && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
        return {}; // somebody else was faster
    return systemError(code, kCreating, path);
}

Status removeTree(const fs::path &path)
{
    std::error_code code;
    fs::remove_all(path, code);
    if (code)
        return systemError(code.value(), kRemoving, path);
    return {};
}

Status removeFile(const fs::path &path)
{
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        return systemError(errno, kRemoving, path);
    return {};
}

Status renameNoReplace(const fs::path &from, const fs::path &to)
{
    if (const auto fault = injectedFileFault(FileOperation::Other))
        return injectedError(*fault, kRenaming, from);
#ifdef __linux__
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
        return {};
    if (errno != EINVAL && errno != ENOSYS)
        return systemError(errno, kRenaming, errno == EEXIST ? to : from);
#endif
    // File systems without it (FAT, some shares): link and unlink where links exist, else look
    // first.
    if (::link(from.c_str(), to.c_str()) == 0) {
        ::unlink(from.c_str());
        return {};
    }
    if (errno == EEXIST || ::access(to.c_str(), F_OK) == 0)
        return systemError(EEXIST, kRenaming, to);
    return renameReplace(from, to);
}

Status renameReplace(const fs::path &from, const fs::path &to)
{
    if (const auto fault = injectedFileFault(FileOperation::Other))
        return injectedError(*fault, kRenaming, from);
    if (::rename(from.c_str(), to.c_str()) != 0)
        return systemError(errno, kRenaming, from);
    return {};
}

Status syncFolder(const fs::path &folder)
{
    const fs::path path = folder.empty() ? fs::path(".") : folder;
    if (const auto fault = injectedFileFault(FileOperation::Sync))
        return injectedError(*fault, kSyncing, path);
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return systemError(errno, kSyncing, path);
    const bool failed = ::fsync(descriptor) != 0 && errno != EINVAL; // EINVAL: shares that cannot
    const int code = errno;
    ::close(descriptor);
    if (failed)
        return systemError(code, kSyncing, path);
    return {};
}

Result<bool> isPrivate(const fs::path &path)
{
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0)
        return systemError(errno, kOpening, path);
    return (status.st_mode & 077) == 0;
}

Result<std::uint64_t> freeBytes(const fs::path &folder)
{
    struct statvfs status = {};
    if (::statvfs(folder.c_str(), &status) != 0)
        return systemError(errno, kMeasuring, folder);
    return std::uint64_t{status.f_bavail} * status.f_frsize;
}

namespace {

class PosixLock final : public FolderLock
{
public:
    explicit PosixLock(int descriptor)
        : m_descriptor(descriptor)
    {
    }
    ~PosixLock() override { ::close(m_descriptor); }
    PosixLock(const PosixLock &) = delete;
    PosixLock &operator=(const PosixLock &) = delete;

private:
    int m_descriptor;
};

std::string holderText()
{
    std::string host(256, '\0');
    ::gethostname(host.data(), host.size() - 1);
    host.resize(std::strlen(host.c_str()));
    std::string since(64, '\0');
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    since.resize(std::strftime(since.data(), since.size(), "%Y-%m-%dT%H:%M:%SZ", &parts));
    return "process " + std::to_string(::getpid()) + " on " + host + " since " + since;
}

} // namespace

Result<std::unique_ptr<FolderLock>> FolderLock::take(const fs::path &lockFile)
{
    const int descriptor =
        ::open(lockFile.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0)
        return systemError(errno, kOpening, lockFile);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        const int code = errno;
        std::string holder(256, '\0');
        const ssize_t got = ::pread(descriptor, holder.data(), holder.size(), 0);
        holder.resize(got > 0 ? static_cast<size_t>(got) : 0);
        ::close(descriptor);
        if (code != EWOULDBLOCK)
            return systemError(code, kOpening, lockFile);
        return Error{ErrorKind::Locked,
                     text("The backup folder %1 is in use by %2. Nothing was done.")
                         .arg(printable(toUtf8(lockFile.parent_path()), 1000), printable(holder))};
    }
    const std::string holder = holderText();
    if (::ftruncate(descriptor, 0) == 0)
        static_cast<void>(::pwrite(descriptor, holder.data(), holder.size(), 0)
                          < 0); // the text is a courtesy
    return std::unique_ptr<FolderLock>(std::make_unique<PosixLock>(descriptor));
}

} // namespace base
