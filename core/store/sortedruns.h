#pragma once

#include "core/base/staging.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace store {

/// Sorts records that need not fit into memory: full buffers become sorted runs, which are
/// temporary files of the staging folder, and the runs are merged. Memory: one buffer while adding,
/// a small window for each of at most 32 runs of a size while merging. One thread.
class SortedRuns
{
public:
    /// `name` makes the temporary files unique; `folder` outlives this.
    SortedRuns(base::StagingFolder &folder, std::string name, size_t bufferBytes);
    ~SortedRuns();
    SortedRuns(const SortedRuns &) = delete;
    SortedRuns &operator=(const SortedRuns &) = delete;

    [[nodiscard]] base::Status add(std::string_view key, std::string_view value);

    /// The records by key; equal keys in the order in which they were added.
    class Merge
    {
    public:
        virtual ~Merge() = default;
        [[nodiscard]] virtual bool isValid() const = 0;
        /// Both are valid until next().
        [[nodiscard]] virtual std::string_view key() const = 0;
        [[nodiscard]] virtual std::string_view value() const = 0;
        [[nodiscard]] virtual base::Status next() = 0;
    };
    /// Nothing may be added afterwards; the Merge must not outlive this.
    [[nodiscard]] base::Result<std::unique_ptr<Merge>> merge();
    /// Frees memory and files, once the Merge is gone.
    void clear();

private:
    struct Slice {
        size_t keyAt = 0;
        size_t keyBytes = 0;
        size_t valueBytes = 0;
    };
    [[nodiscard]] std::string_view keyOf(const Slice &slice) const;
    [[nodiscard]] std::string_view valueOf(const Slice &slice) const;
    void sortBuffer();
    [[nodiscard]] base::Status spill();
    [[nodiscard]] base::Status mergeLevel(size_t level);
    [[nodiscard]] base::Result<std::string> writeRun(Merge &records);
    void removeRun(const std::string &run);

    class BufferMerge;
    class RunMerge;
    class ManyMerge;

    base::StagingFolder &m_folder;
    std::string m_name;
    size_t m_bufferBytes;
    std::string m_buffer;
    std::vector<Slice> m_slices;
    std::vector<std::vector<std::string>>
        m_levels; ///< runs; a level's are merged into one of the next
    size_t m_runsWritten = 0;
};

} // namespace store
