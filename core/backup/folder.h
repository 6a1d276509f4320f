#pragma once

#include "core/base/clock.h"
#include "core/base/file.h"

#include <memory>
#include <string>
#include <vector>

namespace backup {

/// The folder that holds the archives: found or made, locked against a second instance, and cleared
/// of what a killed run left. Knows the names; an archive gets its final one only here.
///
/// A marker file with a UUID tells the folder from an empty mount point: a folder that was used
/// before (by the list in the state folder) and has lost its marker is a disk that is not there.
class Folder
{
public:
    struct Options {
        base::fs::path path;
        base::fs::path
            stateFolder; ///< where the known folders are remembered; empty: not remembered
    };
    [[nodiscard]] static base::Result<std::unique_ptr<Folder>> open(const Options &options);

    [[nodiscard]] const base::fs::path &path() const { return m_path; }
    /// Unfinished archives and staging folders that were removed by open().
    [[nodiscard]] const std::vector<std::string> &removedLeftovers() const { return m_removed; }
    /// Finished archives, oldest name first.
    [[nodiscard]] std::vector<base::fs::path> archives() const;
    /// True for a name that publish() gives: what has it was verified by the run that wrote it.
    [[nodiscard]] static bool isArchiveName(std::string_view name);

    /// Refuses when this path leads to another folder than at the beginning: a disk was taken away,
    /// and perhaps an empty mount point stayed.
    [[nodiscard]] base::Status requireStillThere() const;
    /// Refuses with numbers when less than `bytes` are free.
    [[nodiscard]] base::Status requireSpace(std::uint64_t bytes) const;

    /// A timestamp whose archive does not exist yet ("2026-11-23T03_00_00.000Z", a clock set back
    /// gives the same time twice: then with -2, -3 behind it).
    [[nodiscard]] std::string freeTimestamp(std::chrono::system_clock::time_point now) const;
    [[nodiscard]] base::fs::path partialPath(const std::string &timestamp) const;
    [[nodiscard]] base::fs::path finalPath(const std::string &timestamp) const;
    [[nodiscard]] base::fs::path stagingPath(const std::string &timestamp) const;

    /// Gives the verified archive its name, durably, without replacing anything.
    [[nodiscard]] base::Status publish(const std::string &timestamp) const;

private:
    Folder() = default;
    [[nodiscard]] base::Status removeLeftovers();

    base::fs::path m_path;
    std::string m_marker; ///< what the marker file held when the folder was opened
    std::unique_ptr<base::FolderLock> m_lock;
    std::vector<std::string> m_removed;
};

} // namespace backup
