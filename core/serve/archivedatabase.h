#pragma once

#include "core/archive/manifest.h"
#include "core/archive/reader.h"
#include "core/serve/backend.h"
#include "core/serve/documentindex.h"
#include "core/serve/readerpool.h"

namespace serve {

/// One database of an archive. Thread-safe; the archive's reader is shared.
class ArchiveDatabase final : public Database
{
public:
    struct Facts {
        std::string directory;
        std::uint64_t bytes = 0;
        std::string instanceStartTime;
        std::string token;
        /// Of an archive of ours.
        std::optional<archive::ManifestDatabase> manifest;
    };
    ArchiveDatabase(std::shared_ptr<const archive::Reader> archive, Facts facts);

    [[nodiscard]] base::Result<DatabaseInfo> info() override;
    [[nodiscard]] std::string sequenceToken() override { return m_facts.token; }
    [[nodiscard]] base::Status forEachChange(std::uint64_t since, bool descending,
                                             const Visitor &visit) override;
    [[nodiscard]] base::Status forEachDocument(std::string_view fromId, bool descending,
                                               const Visitor &visit) override;
    [[nodiscard]] base::Result<std::uint64_t> changesAfter(std::uint64_t since) override;
    [[nodiscard]] base::Result<std::uint64_t> documentsBefore(std::string_view id) override;
    [[nodiscard]] base::Result<std::optional<store::Metadata>>
    document(std::string_view id) override;
    [[nodiscard]] base::Result<std::string> body(std::uint64_t seq) override;
    [[nodiscard]] base::Result<AttachmentInfo>
    attachmentInfo(const store::StoredAttachment &attachment) override;
    [[nodiscard]] base::Status readAttachment(const std::string &digest, bool asStored,
                                              const base::ByteSink &sink) override;
    [[nodiscard]] std::string security() override;
    [[nodiscard]] std::uint64_t revsLimit() override;

    /// Closes the readers that nobody uses.
    void coolDown() { m_pool.drop(); }

private:
    [[nodiscard]] base::Result<const DocumentIndex *> index();

    std::shared_ptr<const archive::Reader> m_archive;
    Facts m_facts;
    ReaderPool m_pool;
    std::mutex m_indexMutex;
    std::optional<DocumentIndex> m_index;
};

} // namespace serve
