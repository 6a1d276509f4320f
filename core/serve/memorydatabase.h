#pragma once

#include "core/serve/incoming.h"

#include <mutex>

namespace serve {

class UpdatesLog;

/// A database that can be written, in memory, for rehearsals and tests: revision trees merge and
/// stem as everywhere else (store/revtree.h), text attachments are kept compressed as CouchDB
/// keeps them. Thread-safe.
class MemoryDatabase final : public Database, public WritableDatabase
{
public:
    /// `updates` is told of every change.
    MemoryDatabase(std::string name, std::string instanceStartTime,
                   std::shared_ptr<UpdatesLog> updates);

    [[nodiscard]] base::Result<DatabaseInfo> info() override;
    [[nodiscard]] std::string sequenceToken() override { return m_token; }
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
    [[nodiscard]] WritableDatabase *writable() override { return this; }

    [[nodiscard]] OrRefusal<std::string> edit(const IncomingDocument &document) override;
    [[nodiscard]] std::vector<std::optional<Refusal>>
    insert(const std::vector<IncomingDocument> &documents) override;
    [[nodiscard]] std::vector<store::RevId> purge(const std::string &id,
                                                  const std::vector<store::RevId> &revs) override;
    void setSecurity(std::string json) override;
    void setRevsLimit(std::uint64_t limit) override;

private:
    struct StoredBytes {
        std::shared_ptr<const std::string> bytes; ///< as stored
        bool isGzip = false;
    };
    using Documents = std::map<std::string, store::Metadata, std::less<>>;

    // All of them under the mutex.
    [[nodiscard]] OrRefusal<std::vector<store::StoredAttachment>>
    keepAttachments(const IncomingDocument &document, const store::Metadata *metadata,
                    const store::RevPath &path, bool isEdit);
    [[nodiscard]] OrRefusal<store::StoredAttachment>
    keepBytes(const IncomingAttachment &attachment);
    [[nodiscard]] const store::StoredAttachment *
    attachmentOfAncestor(const store::Metadata &metadata, const store::RevPath &path,
                         const std::string &nameJson, store::StoredAttachment &found) const;
    void write(const IncomingDocument &document, const store::RevPath &path,
               const std::vector<store::StoredAttachment> &attachments);
    [[nodiscard]] std::optional<Refusal> insertOne(const IncomingDocument &document,
                                                   std::vector<std::string> &changed);
    void touch(store::Metadata &metadata);
    void forgetBodies(store::Metadata &metadata);
    /// Without the mutex.
    void tell();

    const std::string m_name;
    const std::shared_ptr<UpdatesLog> m_updates;
    std::string m_instanceStartTime;
    std::string m_token;
    mutable std::mutex m_mutex;
    Documents m_documents;
    std::map<std::uint64_t, std::string> m_bySeq;
    std::map<std::uint64_t, std::string> m_bodies;
    std::map<std::string, StoredBytes> m_attachments; ///< by digest
    std::uint64_t m_seq = 0;
    std::uint64_t m_nextBody = 1;
    std::uint64_t m_purgeSeq = 0;
    std::uint64_t m_bytes = 0;
    std::string m_security;
    std::uint64_t m_revsLimit;
};

} // namespace serve
