#pragma once

#include "core/archive/reader.h"
#include "core/backup/retention.h"
#include "core/base/file.h"

#include <chrono>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace backup {

using TimePoint = std::chrono::system_clock::time_point;

/// One archive of the backup folder, ours or another's.
struct CatalogueEntry {
    std::string name; ///< of the file
    std::uint64_t size = 0;
    std::int64_t modified = 0; ///< the file's time, in its clock's ticks; only to be compared
    TimePoint taken;           ///< when it was begun: of the manifest, the name, or the file
    archive::Origin origin = archive::Origin::Foreign;
    bool isComplete = false;     ///< ours, and no omission is a loss
    std::uint64_t databases = 0; ///< in it; the other counts are of ours only
    std::uint64_t reused = 0;    ///< of them, taken over from an earlier one
    std::uint64_t documents = 0;
    std::uint64_t deleted = 0;
    std::uint64_t omissions = 0;
    std::string server;                ///< origin of the source; empty where it is not said
    QString problem;                   ///< why it cannot be opened, or what a verification found
    std::optional<TimePoint> verified; ///< last time that all of it was read and found good
    bool isPinned = false;
    QString note; ///< the operator's

    /// Good to go back to: ours, complete, and nothing wrong is known.
    [[nodiscard]] bool isGood() const
    {
        return origin == archive::Origin::Ours && isComplete && problem.isEmpty();
    }
    [[nodiscard]] RetentionItem retentionItem() const;
    bool operator==(const CatalogueEntry &) const = default;
};

/// What failed runs left: partial archives, staging folders, and the predecessor's directories.
struct Leftover {
    std::string name;
    std::uint64_t bytes = 0;
    bool isOurs = false; ///< the next run removes it
};

/// The list of backups. What is in the archives is cached in a file that may be deleted at any
/// time; pins and notes are the operator's and lie in a file of their own. One thread.
class Catalogue
{
public:
    /// `stateFolder` is made when something is saved. Corrupt when the pins cannot be understood: a
    /// backup that was to be kept must not go for that.
    [[nodiscard]] static base::Result<Catalogue> open(base::fs::path stateFolder);

    /// Looks at the folder again; opens only archives that are new or changed. What is gone is
    /// forgotten. A folder that is not there is an error and changes nothing.
    [[nodiscard]] base::Status refresh(const base::fs::path &folder, const std::stop_token &stop);

    /// Newest first.
    [[nodiscard]] const std::vector<CatalogueEntry> &entries() const { return m_entries; }
    [[nodiscard]] const CatalogueEntry *find(const std::string &name) const;
    [[nodiscard]] const std::vector<Leftover> &leftovers() const { return m_leftovers; }

    /// NotFound when there is no such archive. Both are on the disk when they return.
    [[nodiscard]] base::Status setPinned(const std::string &name, bool isPinned);
    [[nodiscard]] base::Status setNote(const std::string &name, const QString &note);
    /// The outcome of a verification; `problem` is empty when all was good.
    [[nodiscard]] base::Status noteVerified(const std::string &name, TimePoint when,
                                            const QString &problem);

private:
    struct Keepsake {
        bool isPinned = false;
        QString note;
    };
    explicit Catalogue(base::fs::path stateFolder)
        : m_stateFolder(std::move(stateFolder))
    {
    }
    [[nodiscard]] base::Status loadKeepsakes();
    [[nodiscard]] base::Status saveKeepsakes() const;
    void loadCache();
    [[nodiscard]] base::Status saveCache() const;
    void sort();
    [[nodiscard]] CatalogueEntry *entryOf(const std::string &name);

    base::fs::path m_stateFolder;
    std::vector<CatalogueEntry> m_entries;
    std::vector<Leftover> m_leftovers;
    std::map<std::string, Keepsake> m_keepsakes;
};

} // namespace backup
