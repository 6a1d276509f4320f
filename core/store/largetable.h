#pragma once

#include "core/base/bytes.h"
#include "core/base/staging.h"
#include "core/store/crc32c.h"
#include "core/store/manifestfile.h"

#include <memory>
#include <string>
#include <string_view>

namespace store {

/// Writes one attachment as a table file of its own, in pieces and with the memory of one piece:
/// a LevelDB value is otherwise held in memory several times (DESIGN D7). One thread.
class LargeTable
{
public:
    [[nodiscard]] static base::Result<std::unique_ptr<LargeTable>>
    create(base::StagingFolder &folder, std::uint64_t number, std::uint64_t length);

    [[nodiscard]] base::Status append(std::string_view bytes);
    /// The digest of what was appended; an error unless that is the length announced.
    [[nodiscard]] base::Result<std::string> seal();
    /// After seal(): makes the file part of the folder. Without this nothing is kept.
    [[nodiscard]] base::Result<LiveTable> keep();

private:
    LargeTable(std::unique_ptr<base::StagingFile> file, std::uint64_t number, std::uint64_t length);
    [[nodiscard]] std::string blockHead(std::string_view digest) const;
    [[nodiscard]] std::string tail() const;

    std::unique_ptr<base::StagingFile> m_file;
    std::uint64_t m_number;
    std::uint64_t m_length;
    std::uint64_t m_appended = 0;
    base::Hasher m_md5{base::Hasher::Algorithm::Md5Digest};
    Crc32c m_valueCrc;
    std::string m_key; ///< internal, once it is known
};

} // namespace store
