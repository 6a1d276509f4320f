#pragma once

#include "core/base/staging.h"
#include "core/store/document.h"
#include "core/store/facts.h"
#include "core/store/oversize.h"

#include <memory>
#include <optional>

namespace store {

inline constexpr std::uint64_t kLargeAttachmentBytes = std::uint64_t{8} << 20;
/// LevelDB's value length is 32 bits and pouchdb's reader a signed one.
inline constexpr std::uint64_t kPouchLimitBytes =
    (std::uint64_t{1} << 31) - (std::uint64_t{1} << 16);

/// Where attachments are no longer kept as LevelDB values. Tests make them small.
struct WriterSizes {
    std::uint64_t pouchLimitBytes = kPouchLimitBytes;
    std::uint64_t oversizePartBytes = kOversizePartBytes;
};

/// Writes one new PouchDB-format LevelDB database into a staging folder: sorted table files placed
/// directly (no log, no compaction), a MANIFEST and CURRENT. Memory is bounded whatever the size:
/// bodies stream into tables, what must be sorted (metadata, attachments up to 8 MiB, references)
/// goes through sorted runs in the same folder and is merged at the end.
/// One thread at a time. After an error the writer is unusable and the folder must be thrown away.
class Writer
{
public:
    /// `folder` outlives the writer. Without `uuid` the database gets a new random identity; all
    /// else follows from what is written, byte for byte.
    [[nodiscard]] static base::Result<std::unique_ptr<Writer>>
    create(base::StagingFolder &folder, std::optional<std::string> uuid = std::nullopt,
           const WriterSizes &sizes = {});
    virtual ~Writer() = default;

    struct Attachment {
        std::string digest; ///< "md5-<base64>" over the identity bytes
        std::uint64_t length = 0;
        /// Above kPouchLimitBytes: in files beside the tables (oversize.h), where PouchDB does not
        /// see it.
        bool isOversize = false;
    };
    /// Stores identity bytes, once for each digest. What no leaf refers to in the end is dropped.
    /// `digest` is that of exactly these bytes, where the caller has computed it already.
    [[nodiscard]] virtual base::Result<Attachment> putAttachment(std::string_view bytes,
                                                                 std::string digest) = 0;
    [[nodiscard]] base::Result<Attachment> putAttachment(std::string_view bytes)
    {
        return putAttachment(bytes, {});
    }

    /// An attachment streamed into a file of its own (D7); one at a time.
    class LargeAttachment
    {
    public:
        virtual ~LargeAttachment() = default; ///< without finish(): nothing is kept
        [[nodiscard]] virtual base::Status append(std::string_view bytes) = 0;
        [[nodiscard]] virtual base::Result<Attachment> finish() = 0;
    };
    /// `length` of the identity bytes must be known and is enforced.
    [[nodiscard]] virtual base::Result<std::unique_ptr<LargeAttachment>>
    beginLargeAttachment(std::uint64_t length) = 0;

    /// One leaf of a document. `body` is composeBody's text.
    struct Leaf {
        RevPath path;
        bool deleted = false;
        std::string body;
        std::vector<StoredAttachment> attachments;
    };
    /// All leaves of one document come together, or in pieces between begin and end (many leaves).
    /// Each id once. A leaf that comes twice is stored once; its attachments may be put before or
    /// after it.
    [[nodiscard]] virtual base::Status beginDocument(std::string_view id) = 0;
    [[nodiscard]] virtual base::Status addLeaf(const Leaf &leaf) = 0;
    [[nodiscard]] virtual base::Status endDocument() = 0;

    /// `_local/<name>` with its JSON text.
    [[nodiscard]] virtual base::Status putLocal(std::string_view id, std::string_view json) = 0;

    /// Writes what is still in memory, MANIFEST and CURRENT. The writer is used up.
    [[nodiscard]] virtual base::Result<Facts> finish() = 0;
};

} // namespace store
