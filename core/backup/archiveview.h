#pragma once

#include "core/archive/manifest.h"
#include "core/archive/reader.h"
#include "core/base/file.h"
#include "core/store/reader.h"

#include <stop_token>

namespace backup {

/// An archive as an operator looks at it, whoever made it: databases with their counts, documents,
/// bodies. Ours answers from the manifest; of others the stores are counted. Nothing changes after
/// open(): any number of threads may ask, but each store::Reader is one thread's.
class ArchiveView
{
public:
    /// An error from `progress` stops it; archives of ours are open before it is ever asked.
    [[nodiscard]] static base::Result<std::unique_ptr<ArchiveView>>
    open(const base::fs::path &path, const base::fs::path &scratch,
         archive::Reader::Progress progress = {});

    [[nodiscard]] const archive::Reader &reader() const { return *m_reader; }
    /// Nothing for archives that are not ours, or cut before it.
    [[nodiscard]] const std::optional<archive::Manifest> &manifest() const { return m_manifest; }

    struct Name {
        std::string name;
        std::string directory; ///< empty when the backup holds nothing of it
        bool whole = true;     ///< false when files of it are cut off or damaged
    };
    /// Costs nothing.
    [[nodiscard]] std::vector<Name> names() const;
    /// What opening found to be lost: a cut, refused entries.
    [[nodiscard]] std::vector<archive::Finding> losses() const;
    /// What the manifest says of a database; null where there is none.
    [[nodiscard]] const archive::ManifestDatabase *entry(const std::string &name) const;

    struct Database {
        archive::ManifestDatabase entry; ///< name, directory and counts; the rest only for ours
        bool whole = true;
        QString problem; ///< why it cannot be read; empty when it can
    };
    /// Of archives that are not ours metadata and bodies are read once and counted; what is whole
    /// in them verifyArchive() says.
    [[nodiscard]] base::Result<std::vector<Database>>
    databases(const std::stop_token &stop = {}) const;
    /// NotFound, naming what there is, when there is no such database.
    [[nodiscard]] base::Result<std::unique_ptr<store::Reader>>
    openDatabase(const std::string &name) const;
    [[nodiscard]] base::Result<std::unique_ptr<store::Reader>>
    openDirectory(const std::string &directory) const;

private:
    ArchiveView() = default;
    [[nodiscard]] std::optional<std::string> directoryOf(const std::string &name) const;

    base::fs::path m_path;
    std::unique_ptr<archive::Reader> m_reader;
    std::optional<archive::Manifest> m_manifest;
};

/// The manifest of an archive of ours; an Error when it has none that can be read.
[[nodiscard]] base::Result<archive::Manifest> readManifest(const archive::Reader &reader);

} // namespace backup
