#pragma once

#include "core/archive/finding.h"
#include "core/archive/limits.h"
#include "core/base/filesource.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace archive {

/// What an archive holds, put together entry by entry whatever the container is: it keeps the rules
/// for names, refuses what breaks them, and at the end knows the root, the databases and the loose
/// files.
class Contents
{
public:
    explicit Contents(const Limits &limits)
        : m_limits(limits)
    {
    }

    /// `source` is what the container's reader calls the file by. An error means a limit was
    /// reached.
    [[nodiscard]] base::Status addFile(std::string_view name, std::uint64_t size,
                                       std::uint64_t source);
    [[nodiscard]] base::Status addFolder(std::string_view name);
    /// An entry that is not loaded (a link, a device, ...).
    [[nodiscard]] base::Status refuse(const char *code, std::string_view name, const QString &why);
    /// Its content is not whole: not shown, and its database is not whole.
    void addCutFile(std::string_view name);
    /// The container ends or breaks off behind the last entry that was added.
    void setCut() { m_cut = true; }

    /// Called once, when everything was added. `root`: where it is known.
    void arrange(const std::optional<std::string> &root);

    struct File {
        std::string name;
        std::uint64_t size = 0;
        std::uint64_t source = 0;
    };
    struct Database {
        std::vector<File> files; ///< sorted by name
        bool whole = true;
        std::uint64_t bytes = 0;
    };
    [[nodiscard]] const std::string &root() const { return m_root; }
    [[nodiscard]] const std::map<std::string, Database> &databases() const { return m_databases; }
    [[nodiscard]] const std::map<std::string, File> &looseFiles() const { return m_loose; }
    [[nodiscard]] FindingList &findings() { return m_findings; }
    [[nodiscard]] const FindingList &findings() const { return m_findings; }
    [[nodiscard]] bool isEmpty() const { return m_databases.empty() && m_loose.empty(); }
    [[nodiscard]] std::uint64_t entries() const { return m_entries; }

    /// A database that turned out not to be what it seems (CURRENT names no file of it).
    void markIncomplete(const std::string &directory, const QString &why);

private:
    [[nodiscard]] base::Status count(std::uint64_t size);
    [[nodiscard]] bool accept(std::string_view path, bool folder);
    void spoil(std::string_view path);
    void findRoot();
    void placeFiles();
    void placeFile(const std::string &path, const File &file);
    void addCutDatabases();
    void checkDatabases();
    [[nodiscard]] bool isBelowRoot(std::string_view path) const;
    [[nodiscard]] std::string belowRoot(std::string_view path) const;

    Limits m_limits;
    FindingList m_findings;
    std::uint64_t m_entries = 0;
    std::uint64_t m_bytes = 0;
    bool m_cut = false;
    std::string m_lastPath;
    std::unordered_map<std::string, bool> m_taken; // collision key -> is a folder
    std::map<std::string, File> m_files;           // by path
    std::vector<std::string> m_folders;
    std::unordered_set<std::string> m_databaseFolders;
    std::unordered_set<std::string> m_spoilt; // folders in which an entry was refused or cut
    std::string m_root;
    std::map<std::string, Database> m_databases;
    std::map<std::string, File> m_loose;
};

} // namespace archive
