#pragma once

#include "core/base/file.h"

#include <memory>
#include <vector>

namespace backup {

/// The folder that an extraction fills: empty or not there before, and again so when it fails.
/// Everything is written below staging() first; publish() moves it up, the index last, so that a
/// folder with an index is whole. One thread.
class ExtractFolder
{
public:
    /// Conflict when there is something in it already.
    [[nodiscard]] static base::Result<std::unique_ptr<ExtractFolder>>
    open(const base::fs::path &path);
    ~ExtractFolder();
    ExtractFolder(const ExtractFolder &) = delete;
    ExtractFolder &operator=(const ExtractFolder &) = delete;

    [[nodiscard]] const base::fs::path &staging() const { return m_staging; }
    [[nodiscard]] base::Status publish();

private:
    ExtractFolder(base::fs::path path, std::vector<base::fs::path> made);
    [[nodiscard]] base::Status moveUp(const base::fs::path &name);

    base::fs::path m_path;
    base::fs::path m_staging;
    std::vector<base::fs::path> m_made; ///< the folder and those above it, the lowest first
    bool m_isPublished = false;
    std::vector<base::fs::path> m_moved;
};

} // namespace backup
