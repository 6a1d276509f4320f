#pragma once

#include "core/base/filesource.h"
#include "core/serve/changesignal.h"
#include "core/serve/localdocuments.h"
#include "core/store/document.h"

#include <atomic>
#include <functional>
#include <memory>

namespace serve {

struct DatabaseInfo {
    std::uint64_t documents = 0;
    std::uint64_t deleted = 0;
    std::uint64_t updateSeq = 0;
    std::uint64_t purgeSeq = 0;
    std::string instanceStartTime;
    std::uint64_t bytes = 0;
    std::string props = "{}"; ///< raw JSON
};

/// The stored bytes of an attachment.
struct AttachmentInfo {
    std::uint64_t length = 0; ///< as stored
    bool isGzip = false;      ///< stored compressed, as CouchDB does with text
};

class WritableDatabase;

/// One database as the protocol needs it. Thread-safe. Errors are of the storage; that something is
/// not there is a value.
class Database
{
public:
    Database() = default;
    virtual ~Database() = default;
    Database(const Database &) = delete;
    Database &operator=(const Database &) = delete;

    [[nodiscard]] virtual base::Result<DatabaseInfo> info() = 0;
    /// What stands behind the number in sequences: "17-<token>".
    [[nodiscard]] virtual std::string sequenceToken() = 0;

    /// Return false to stop.
    using Visitor = std::function<base::Result<bool>(std::uint64_t seq, const store::Metadata &)>;
    /// The documents whose last change is behind `since`, in that order; with `descending` from the
    /// last one down.
    [[nodiscard]] virtual base::Status forEachChange(std::uint64_t since, bool descending,
                                                     const Visitor &visit) = 0;
    /// In id (byte) order from `fromId` on; with `descending` from it (or the last one, when it is
    /// empty) down.
    [[nodiscard]] virtual base::Status forEachDocument(std::string_view fromId, bool descending,
                                                       const Visitor &visit) = 0;
    /// How many documents changed behind this sequence.
    [[nodiscard]] virtual base::Result<std::uint64_t> changesAfter(std::uint64_t since) = 0;
    /// How many documents that are not deleted have an id below this one.
    [[nodiscard]] virtual base::Result<std::uint64_t> documentsBefore(std::string_view id) = 0;
    [[nodiscard]] virtual base::Result<std::optional<store::Metadata>>
    document(std::string_view id) = 0;
    /// The text of a body (store/document.h), by a number of Metadata::seqOf.
    [[nodiscard]] virtual base::Result<std::string> body(std::uint64_t seq) = 0;
    [[nodiscard]] virtual base::Result<AttachmentInfo>
    attachmentInfo(const store::StoredAttachment &attachment) = 0;
    /// Streams the bytes; those that are stored as gzip come so with `asStored`.
    [[nodiscard]] virtual base::Status readAttachment(const std::string &digest, bool asStored,
                                                      const base::ByteSink &sink) = 0;

    [[nodiscard]] virtual std::string security() = 0; ///< raw JSON
    [[nodiscard]] virtual std::uint64_t revsLimit() = 0;
    /// Null for a backup.
    [[nodiscard]] virtual WritableDatabase *writable() { return nullptr; }

    [[nodiscard]] LocalDocuments &locals() { return m_locals; }
    /// The database was deleted: feeds that wait on it are cut.
    void end();
    [[nodiscard]] bool hasEnded() const { return m_hasEnded; }
    [[nodiscard]] const std::shared_ptr<ChangeSignal> &signal() const { return m_signal; }

private:
    LocalDocuments m_locals;
    std::atomic<bool> m_hasEnded{false};
    std::shared_ptr<ChangeSignal> m_signal = std::make_shared<ChangeSignal>();
};

class UpdatesLog;

/// The databases of a server. Thread-safe.
class Backend
{
public:
    virtual ~Backend() = default;
    [[nodiscard]] virtual std::vector<std::string> databases() = 0; ///< sorted
    /// Null when there is none of that name.
    [[nodiscard]] virtual base::Result<std::shared_ptr<Database>> open(const std::string &name) = 0;
    [[nodiscard]] virtual std::string uuid() = 0;
    [[nodiscard]] virtual std::optional<Refusal> create(const std::string &name);
    [[nodiscard]] virtual std::optional<Refusal> remove(const std::string &name);
    /// What happened to the databases; null for a backup.
    [[nodiscard]] virtual std::shared_ptr<UpdatesLog> updates() { return nullptr; }
};

} // namespace serve
