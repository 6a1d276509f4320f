#pragma once

#include "core/archive/reader.h"
#include "core/archive/writer.h"
#include "core/base/file.h"

#include <QByteArray>
#include <QStringList>
#include <QTemporaryDir>

#include <map>
#include <memory>
#include <string>
#include <vector>

/// What the tests of core/archive share.
namespace archivetesting {

/// Bytes that do not compress (`repetition` 0) or compress well; the same for the same seed.
[[nodiscard]] std::string someBytes(size_t size, unsigned seed, int repetition = 0);

/// A folder of its own for a test, removed with it.
class Workplace
{
public:
    [[nodiscard]] base::fs::path path(const std::string &name) const;
    [[nodiscard]] std::string write(const std::string &name, const std::string &bytes) const;

private:
    QTemporaryDir m_folder{QStringLiteral("/tmp/fm-archive-XXXXXX")};
};

using Files = std::map<std::string, std::string>; // path below the root -> content

inline constexpr const char *kRoot = "2026-11-23T03_00_00.000Z";

/// One database directory with the files LevelDB would have, the log holding `log`.
void addDatabase(Files &files, const std::string &directory, const std::string &log);

/// An archive of ours with format.json and these files (folders come from the paths).
[[nodiscard]] std::string writeArchive(const base::fs::path &path, const Files &files,
                                       archive::Writer::Options options = {});
/// The same in memory.
[[nodiscard]] std::string archiveBytes(const Files &files, archive::Writer::Options options = {});

[[nodiscard]] base::Result<std::unique_ptr<archive::Reader>>
openBytes(std::string bytes, archive::Reader::Options options = {});
/// All that a reader shows: databases' files by directory and name, loose files by path.
[[nodiscard]] base::Result<Files> readEverything(const archive::Reader &reader);

[[nodiscard]] bool hasFinding(const std::vector<archive::Finding> &findings,
                              const std::string &code);
[[nodiscard]] bool hasFatal(const std::vector<archive::Finding> &findings);
[[nodiscard]] QString describe(const std::vector<archive::Finding> &findings);

struct CommandOutput {
    int exitCode = -1;
    QByteArray out;
    QByteArray err;
};
[[nodiscard]] CommandOutput runCommand(const QString &program, const QStringList &arguments);

} // namespace archivetesting
