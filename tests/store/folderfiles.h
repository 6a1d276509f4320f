#pragma once

#include "core/base/file.h"

#include <algorithm>

namespace teststore {

/// The files of a folder as a FileSet, for tests that look at real directories.
class FolderFiles : public base::FileSet
{
public:
    explicit FolderFiles(base::fs::path folder)
        : m_folder(std::move(folder))
    {
    }
    [[nodiscard]] std::vector<Entry> files() const override
    {
        std::vector<Entry> entries;
        for (const auto &entry : base::fs::directory_iterator(m_folder)) {
            if (entry.is_regular_file())
                entries.push_back({base::toUtf8(entry.path().filename()), entry.file_size()});
        }
        std::ranges::sort(entries, {}, &Entry::name);
        return entries;
    }
    [[nodiscard]] base::Result<std::shared_ptr<const base::RandomReader>>
    open(const std::string &name) const override
    {
        auto file = base::File::openRead(m_folder / base::fromUtf8(name));
        if (!file)
            return file.error();
        return std::shared_ptr<const base::RandomReader>(std::move(*file));
    }

private:
    base::fs::path m_folder;
};

} // namespace teststore
