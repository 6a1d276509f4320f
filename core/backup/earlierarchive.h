#pragma once

#include "core/archive/manifest.h"
#include "core/archive/reader.h"
#include "core/backup/folder.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace backup {

/// The archive that unchanged databases are taken over from. Immutable; several threads.
class EarlierArchive
{
public:
    struct Wanted {
        std::string server;
        std::string serverUuid;
        std::vector<std::string> databases; ///< that this run backs up
        std::chrono::system_clock::time_point now;
    };
    /// The newest archive of this server in the folder that holds nearly all of the databases; of
    /// the newest few the one that holds most when none does. Null when there is none that can be
    /// opened. Only archives of ours with a final name are looked at: they were verified. One that
    /// seems to come from the future is passed over: it would be the newest for years. `remarks`
    /// gets a sentence for each that is damaged.
    [[nodiscard]] static std::unique_ptr<EarlierArchive>
    bestIn(const Folder &folder, const Wanted &wanted, std::vector<QString> &remarks);

    /// The name of the file.
    [[nodiscard]] const std::string &name() const { return m_name; }
    [[nodiscard]] const archive::Manifest &manifest() const { return m_manifest; }
    [[nodiscard]] std::uint64_t fileSize() const { return m_reader->fileSize(); }
    /// Null when it does not hold the database, or (by whomever it was made) not in the directory
    /// that belongs to its name.
    [[nodiscard]] const archive::ManifestDatabase *find(const std::string &database) const;

    struct File {
        std::string name;
        archive::PackedFile packed;
    };
    /// The files of a database as they lie there. Reads every compressed byte of them and checks
    /// its SHA-256 first, because an archive that was begun with damaged ones is lost (Corrupt).
    [[nodiscard]] base::Result<std::vector<File>> files(const std::string &directory) const;

    /// True when the database of this directory in `other` consists of the same files, compressed
    /// byte for byte by what the tables of contents say. Then what was proved of the one by reading
    /// it holds for the other.
    [[nodiscard]] bool holdsTheSame(const std::string &directory,
                                    const archive::Reader &other) const;

private:
    EarlierArchive() = default;
    [[nodiscard]] size_t countOf(const std::vector<std::string> &databases) const;
    [[nodiscard]] base::Result<std::vector<File>> listFiles(const archive::Reader &reader,
                                                            const std::string &directory) const;

    std::string m_name;
    std::unique_ptr<archive::Reader> m_reader;
    archive::Manifest m_manifest;
    std::map<std::string, const archive::ManifestDatabase *> m_databases;
};

} // namespace backup
