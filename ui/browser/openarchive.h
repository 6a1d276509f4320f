#pragma once

#include "core/backup/archiveview.h"

#include <functional>
#include <mutex>

namespace browser {

/// An archive that is open for reading, shared by the threads that read it.
class OpenArchive
{
public:
    [[nodiscard]] static base::Result<std::shared_ptr<const OpenArchive>>
    open(const base::fs::path &path, archive::Reader::Progress progress);

    [[nodiscard]] const backup::ArchiveView &view() const { return *m_view; }
    [[nodiscard]] const base::fs::path &path() const { return m_path; }

    /// A reader of the caller's own, for long work.
    [[nodiscard]] base::Result<std::unique_ptr<store::Reader>>
    openStore(const std::string &directory) const
    {
        return m_view->openDirectory(directory);
    }

    /// For a question that is answered quickly: the database that was asked last stays open. One
    /// thread at a time; others wait.
    template <typename T>
    [[nodiscard]] base::Result<T>
    ask(const std::string &directory,
        const std::function<base::Result<T>(store::Reader &)> &question) const
    {
        const std::lock_guard lock(m_mutex);
        if (!m_store || m_directory != directory) {
            auto store = m_view->openDirectory(directory);
            if (!store)
                return store.error();
            m_store = std::move(*store);
            m_directory = directory;
        }
        return question(*m_store);
    }

private:
    OpenArchive() = default;
    base::fs::path m_path;
    std::unique_ptr<backup::ArchiveView> m_view;
    mutable std::mutex m_mutex;
    mutable std::string m_directory;
    mutable std::unique_ptr<store::Reader> m_store;
};

} // namespace browser
