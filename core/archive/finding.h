#pragma once

#include <QString>

#include <string>
#include <vector>

namespace archive {

/// What is wrong with an archive, or was refused in it.
struct Finding {
    std::string code;  ///< stable; docs/archive-format.md lists them
    std::string path;  ///< entry, when known
    QString message;   ///< one or two sentences for people
    bool fatal = true; ///< false: a remark, the archive is not worse for it
};

/// Findings of one archive; a hostile one cannot make the list grow without end.
class FindingList
{
public:
    void add(std::string code, std::string path, QString message, bool fatal = true);
    void add(const std::vector<Finding> &findings);
    [[nodiscard]] const std::vector<Finding> &list() const { return m_list; }

private:
    std::vector<Finding> m_list;
};

} // namespace archive
