#include "core/base/file.h"

#include "core/base/filefaults.h"
#include "core/base/text.h"

#include <atomic>

namespace base {

namespace {

#ifdef FM_FAILPOINTS
struct FaultPlan {
    std::atomic<std::uint64_t> count{0};
    std::atomic<std::uint64_t> failAt{0};
    std::atomic<int> kind{0};
    std::atomic<bool> syncOnly{false};
    std::atomic<bool> sticky{false};
};

FaultPlan &faultPlan()
{
    static FaultPlan plan;
    return plan;
}
#endif

} // namespace

#ifdef FM_FAILPOINTS
std::optional<ErrorKind> injectedFileFault(FileOperation operation)
{
    FaultPlan &plan = faultPlan();
    if (plan.syncOnly && operation != FileOperation::Sync)
        return std::nullopt;
    const std::uint64_t number = ++plan.count;
    const std::uint64_t failAt = plan.failAt;
    if (failAt == 0 || number < failAt || (number > failAt && !plan.sticky))
        return std::nullopt;
    return static_cast<ErrorKind>(plan.kind.load());
}

void failNthFileOperation(std::uint64_t n, ErrorKind kind, bool syncOnly, bool sticky)
{
    FaultPlan &plan = faultPlan();
    plan.count = 0;
    plan.kind = static_cast<int>(kind);
    plan.syncOnly = syncOnly;
    plan.sticky = sticky;
    plan.failAt = n;
}

void clearFileFaults()
{
    failNthFileOperation(0, ErrorKind::Io);
}

std::uint64_t fileOperationCount()
{
    return faultPlan().count;
}
#endif

Error fileError(ErrorKind kind, const char *doing, const fs::path &path, const QString &reason)
{
    const QString name = printable(toUtf8(path), 1000);
    if (kind == ErrorKind::NoSpace)
        return {kind,
                text("The disk is full: %1. Free some space, or choose another folder.")
                    .arg(text(doing).arg(name)),
                reason};
    return {kind, QStringLiteral("%1: %2.").arg(text(doing).arg(name), reason), {}};
}

std::string toUtf8(const fs::path &path)
{
    const std::u8string utf8 = path.u8string();
    return {utf8.begin(), utf8.end()};
}

fs::path fromUtf8(std::string_view utf8)
{
    return fs::path(std::u8string(utf8.begin(), utf8.end()));
}

Status writeFileAtomically(const fs::path &path, std::string_view bytes)
{
    fs::path temporary = path;
    temporary += ".new";
    if (Status removed = removeFile(temporary); !removed)
        return removed;
    auto file = File::create(temporary);
    if (!file)
        return file.error();
    const auto giveUp = [&](const Error &error) {
        file = Error{ErrorKind::Io, {}}; // closes it
        static_cast<void>(removeFile(temporary));
        return error;
    };
    if (Status written = (*file)->append(bytes); !written)
        return giveUp(written.error());
    if (Status synced = (*file)->sync(); !synced)
        return giveUp(synced.error());
    if (Status closed = (*file)->close(); !closed)
        return giveUp(closed.error());
    if (Status renamed = renameReplace(temporary, path); !renamed)
        return giveUp(renamed.error());
    return syncFolder(path.parent_path());
}

Result<std::string> readFile(const fs::path &path, std::uint64_t limitBytes)
{
    auto file = File::openRead(path);
    if (!file)
        return file.error();
    return readWhole(**file, limitBytes);
}

} // namespace base
