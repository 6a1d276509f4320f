#pragma once

#include "core/base/bytes.h"
#include "core/base/staging.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Attachments that no value of LevelDB can hold (DESIGN D7) lie beside the tables of their
/// database as plain files `oversize-<MD5 in hex>-<part>`: LevelDB and PouchDB pass over names they
/// do not know. A part holds at most kOversizePartBytes, because a tar entry ends at 8 GiB (DESIGN
/// D4).
namespace store {

inline constexpr std::uint64_t kOversizePartBytes = std::uint64_t{1} << 30;

/// Writes one of them, part by part. One thread.
class OversizeFile
{
public:
    /// The folder outlives this. `length` is what will be appended.
    OversizeFile(base::StagingFolder &folder, std::uint64_t length, std::uint64_t partBytes);
    ~OversizeFile(); ///< without keep(): nothing is kept
    OversizeFile(const OversizeFile &) = delete;
    OversizeFile &operator=(const OversizeFile &) = delete;

    [[nodiscard]] base::Status append(std::string_view bytes);
    /// The digest of what was appended; an error unless that is the length announced.
    [[nodiscard]] base::Result<std::string> seal();
    /// After seal(): gives the parts their names, which are returned.
    [[nodiscard]] base::Result<std::vector<std::string>> keep();

private:
    [[nodiscard]] base::Status beginPart();
    [[nodiscard]] static std::string unnamedPart(size_t part);

    base::StagingFolder &m_folder;
    std::uint64_t m_length;
    std::uint64_t m_partBytes;
    std::uint64_t m_appended = 0;
    std::unique_ptr<base::StagingFile> m_part;
    size_t m_closedParts = 0;
    base::Hasher m_md5{base::Hasher::Algorithm::Md5Digest};
    std::string m_digest; ///< once it is known
};

/// Finds and reads them in the files of a database. Thread-safe as its FileSet.
class OversizeFiles
{
public:
    explicit OversizeFiles(std::shared_ptr<const base::FileSet> files);

    [[nodiscard]] bool contains(std::string_view digest) const;
    /// Of all parts that are there; call only for what it contains.
    [[nodiscard]] std::uint64_t length(std::string_view digest) const;
    /// The parts one after the other; a part that is missing is Corrupt.
    [[nodiscard]] base::Status read(std::string_view digest, const base::ByteSink &sink) const;

private:
    std::shared_ptr<const base::FileSet> m_files;
    std::map<std::string, std::vector<base::FileSet::Entry>, std::less<>> m_parts; ///< by digest
};

} // namespace store
