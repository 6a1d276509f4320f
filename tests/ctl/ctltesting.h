#pragma once

#include "core/archive/manifest.h"
#include "core/base/file.h"

#include <QByteArray>
#include <QTemporaryDir>

#include <set>
#include <stop_token>
#include <string>
#include <vector>

/// Helpers of the tests of app/ctl.
namespace ctltesting {

/// The same databases, backed up by the predecessor with PouchDB 7.3.
[[nodiscard]] std::string predecessorArchive();

struct Outcome {
    int code = -1;
    std::string out;
    std::string err;
};
[[nodiscard]] Outcome run(const std::vector<std::string> &arguments,
                          const std::stop_token &stop = {});

/// What is wrong with the way a failure was told; empty when nothing is: exactly one line, on err
/// and beginning with the program's name, or with --json one object on out; no words of libraries.
[[nodiscard]] QString flawOf(const Outcome &failure, bool asJson = false);

/// A folder that is the system's temporary one as well, so that files that are left can be seen.
class Workplace
{
public:
    Workplace();
    ~Workplace();
    Workplace(const Workplace &) = delete;
    Workplace &operator=(const Workplace &) = delete;

    [[nodiscard]] std::string path(const std::string &name) const;
    void put(const std::string &name, std::string_view bytes) const;
    [[nodiscard]] std::set<std::string> names() const;

private:
    QTemporaryDir m_folder;
    QByteArray m_temporaryBefore;
};

/// A database directory written record by record, so that it may hold anything.
class ForgedDatabase
{
public:
    explicit ForgedDatabase(const std::string &folder);
    ~ForgedDatabase();
    ForgedDatabase(const ForgedDatabase &) = delete;
    ForgedDatabase &operator=(const ForgedDatabase &) = delete;

    void putRecord(std::string_view store, std::string_view key, std::string_view value);
    /// A document of one revision. `body` is stored as it is.
    void putDocument(const std::string &id, std::uint64_t seq, const std::string &body,
                     const std::string &hash = "a");

private:
    struct Handle;
    std::unique_ptr<Handle> m_handle;
};

/// An archive of ours with this manifest; a database that has a directory is copied from `folders`.
void writeArchive(const std::string &path, const archive::Manifest &manifest,
                  const std::string &folders);

/// The names of an object's members in their order, as "a b c"; what is no object has none.
[[nodiscard]] std::string memberNames(std::string_view json);
/// The value behind names and indices such as {"databases", "0", "name"}; empty when there is none.
[[nodiscard]] std::string valueAt(std::string_view json, const std::vector<std::string> &path);

} // namespace ctltesting
