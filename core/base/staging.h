#pragma once

#include "core/base/filesource.h"

#include <filesystem>
#include <map>
#include <mutex>

namespace base {

class StagedFile;

/// A file of a StagingFolder while it is written. One writer; finished by close().
class StagingFile
{
public:
    virtual ~StagingFile() = default;
    [[nodiscard]] virtual Status append(std::string_view bytes) = 0;
    /// Replaces bytes that were already appended.
    [[nodiscard]] virtual Status overwriteAt(std::uint64_t offset, std::string_view bytes) = 0;
    [[nodiscard]] virtual std::uint64_t size() const = 0;
    [[nodiscard]] virtual Status close() = 0;
};

/// Files that live until they are packed: in memory while all of them together are small, on disk
/// in `folder` from then on. Nothing here is synced; the archive made of it is. The destructor
/// removes everything. create(), close() and rename() from one thread; reading from any.
class StagingFolder : public FileSet
{
public:
    /// `folder` is made at the first spill and must not exist before.
    StagingFolder(std::filesystem::path folder, std::uint64_t memoryLimitBytes);
    ~StagingFolder() override;
    StagingFolder(const StagingFolder &) = delete;
    StagingFolder &operator=(const StagingFolder &) = delete;

    /// A new file; an existing one of that name is an error.
    [[nodiscard]] Result<std::unique_ptr<StagingFile>> create(const std::string &name);
    [[nodiscard]] Status remove(const std::string &name);
    /// Of a closed file; `to` must be a new name.
    [[nodiscard]] Status rename(const std::string &from, const std::string &to);

    [[nodiscard]] std::vector<Entry> files() const override;
    /// Only files that were closed.
    [[nodiscard]] Result<std::shared_ptr<const RandomReader>>
    open(const std::string &name) const override;
    [[nodiscard]] std::uint64_t totalBytes() const;

private:
    friend class StagedFile;
    struct Slot {
        std::shared_ptr<std::string> memory; ///< null when on disk
        std::uint64_t size = 0;
        bool closed = false;
    };
    [[nodiscard]] std::filesystem::path pathOf(const std::string &name) const;
    /// Counts bytes held in memory; false when that is over the limit.
    [[nodiscard]] bool reserve(std::uint64_t bytes);
    void release(std::uint64_t bytes);
    void keep(const std::string &name, std::shared_ptr<std::string> memory, std::uint64_t size);
    void forget(const std::string &name, std::uint64_t memoryBytes);

    std::filesystem::path m_folder;
    std::uint64_t m_memoryLimit;
    mutable std::mutex m_mutex;
    std::map<std::string, Slot> m_slots;
    std::uint64_t m_memoryBytes = 0;
};

} // namespace base
