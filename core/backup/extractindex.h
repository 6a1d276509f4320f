#pragma once

#include "core/base/file.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace backup {

inline constexpr const char *kExtractIndexName = "index.json";

/// Something that could not be extracted; docs/extract.md has the codes. Without a database it is
/// about the archive.
struct ExtractProblem {
    std::string code;
    std::string database;
    std::string id;
    std::string rev;
    std::string attachment;
    QString message;
};

/// One leaf revision as the index names it.
struct ExtractedLeaf {
    struct Attachment {
        std::string name;
        std::string file; ///< below the database's folder, with slashes
        std::string contentTypeJson;
        std::uint64_t length = 0;
        std::string digest;
    };
    std::string id;
    std::string rev;
    bool isWinner = false;
    bool isDeleted = false;
    std::string file;
    std::vector<Attachment> attachments;
};

/// Writes `index.json` (docs/extract.md) while the extraction goes on, one line for each leaf, so
/// that memory does not grow with it. One thread.
class ExtractIndex
{
public:
    [[nodiscard]] static base::Result<std::unique_ptr<ExtractIndex>>
    create(const base::fs::path &path, std::string_view archiveName);

    [[nodiscard]] base::Status beginDatabase(std::string_view name, std::string_view folder);
    [[nodiscard]] base::Status add(const ExtractedLeaf &leaf);
    [[nodiscard]] base::Status endDatabase(const std::vector<ExtractProblem> &problems);
    /// `problems` of the archive as a whole.
    [[nodiscard]] base::Status finish(const std::vector<ExtractProblem> &problems);

private:
    explicit ExtractIndex(std::unique_ptr<base::File> file)
        : m_file(std::move(file))
    {
    }
    void addProblems(const std::vector<ExtractProblem> &problems);
    [[nodiscard]] base::Status flush(size_t atLeast);

    std::unique_ptr<base::File> m_file;
    std::string m_text;
    bool m_hasDatabase = false;
    bool m_hasLeaf = false;
};

} // namespace backup
