#pragma once

#include "core/archive/reader.h"
#include "core/backup/earlierarchive.h"
#include "core/backup/progress.h"
#include "core/base/file.h"
#include "core/couch/client.h"

#include <memory>
#include <stop_token>

namespace backup {

enum class LevelState { Passed, Failed, Unknown, NotRun };

struct VerifyProblem {
    std::string code;
    std::string database;
    std::string document;
    QString message;
};

/// What is provable about one archive. L1: the bytes are those written. L2: a PouchDB reader gets
/// every leaf, body and attachment, and the manifest's numbers. L3: equal to the source.
struct VerifyReport {
    base::fs::path path;
    archive::Origin origin = archive::Origin::Foreign;
    LevelState l1 = LevelState::NotRun;
    LevelState l2 = LevelState::NotRun;
    LevelState l3 = LevelState::NotRun;
    std::string l3Note; ///< e.g. "compared with the source on 2026-..."
    std::uint64_t databases = 0;
    std::uint64_t documents = 0;
    std::uint64_t bodiesCompared = 0;
    std::uint64_t inherited = 0; ///< databases whose L2 comes from `takenOverFrom`
    std::vector<VerifyProblem> problems;
    std::vector<QString> remarks; ///< worth knowing, not wrong
    /// Nothing provable is wrong. A predecessor's sound archive is ok although its completeness is
    /// unknown.
    [[nodiscard]] bool isOk() const
    {
        return l1 != LevelState::Failed && l2 != LevelState::Failed && l3 != LevelState::Failed;
    }
};

struct VerifyOptions {
    couch::Client *against = nullptr; ///< L3 with this source
    bool allBodies = false;
    int parallelDatabases = 2;
    std::filesystem::path scratch;
    /// Set by the run that took databases over from it: those whose compressed bytes are the ones
    /// that were verified there are not inflated again; that they are the same bytes is proved.
    const EarlierArchive *takenOverFrom = nullptr;
};

/// An Error when the file cannot be read as an archive at all. Blocks; any thread.
[[nodiscard]] base::Result<VerifyReport> verifyArchive(const base::fs::path &path,
                                                       const VerifyOptions &options,
                                                       Progress &progress, std::stop_token stop);

} // namespace backup
