#pragma once

#include "core/base/file.h"

#include <QTemporaryDir>

#include <map>
#include <set>
#include <string>

namespace testsupport {

/// A folder of a test's own, removed with it.
class TemporaryFolder
{
public:
    [[nodiscard]] base::fs::path path(const std::string &name = {}) const
    {
        const base::fs::path folder = base::fromUtf8(m_folder.path().toStdString());
        return name.empty() ? folder : folder / base::fromUtf8(name);
    }

private:
    QTemporaryDir m_folder;
};

/// The names in a folder, hidden ones left out.
[[nodiscard]] inline std::set<std::string> namesIn(const base::fs::path &folder)
{
    std::set<std::string> names;
    std::error_code code;
    for (const auto &entry : base::fs::directory_iterator(folder, code)) {
        const std::string name = base::toUtf8(entry.path().filename());
        if (!name.starts_with('.'))
            names.insert(name);
    }
    return names;
}

/// All that lies in a folder, at any depth, as paths from there.
[[nodiscard]] inline std::set<std::string> treeOf(const base::fs::path &folder)
{
    std::set<std::string> paths;
    std::error_code code;
    for (const auto &entry : base::fs::recursive_directory_iterator(folder, code))
        paths.insert(base::toUtf8(entry.path().lexically_relative(folder)));
    return paths;
}

/// The bytes of all files with this ending.
[[nodiscard]] inline std::map<std::string, std::string> contentsOf(const base::fs::path &folder,
                                                                   std::string_view ending = ".tgz")
{
    std::map<std::string, std::string> contents;
    for (const std::string &name : namesIn(folder)) {
        if (!name.ends_with(ending))
            continue;
        const auto bytes = base::readFile(folder / base::fromUtf8(name), std::uint64_t{1} << 30);
        contents[name] = bytes ? *bytes : std::string("unreadable");
    }
    return contents;
}

} // namespace testsupport
