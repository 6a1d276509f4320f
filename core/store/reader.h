#pragma once

#include "core/base/filesource.h"
#include "core/store/document.h"
#include "core/store/facts.h"

#include <functional>
#include <memory>
#include <optional>

namespace store {

/// One thing that is wrong, named as exactly as it can be. The codes are stable:
///   missing-body, wrong-doc, body-bad, metadata-bad, missing-attachment,
///   attachment-length, attachment-digest, attachment-bad, log-cut, log-missing: something is lost;
///   orphan-body, counts-stale, stale-table: leftovers, nothing is lost (isRemark).
struct Problem {
    std::string code;
    std::string document;
    QString message;
    bool isRemark = false;
};

/// Reads one PouchDB-format database out of any FileSet, ours or the predecessor's, without
/// changing or copying it. The files are read by code of ours (tablefile.h says why) with every
/// checksum; large attachments (D7) are streamed. One thread at a time; open several for more.
class Reader
{
public:
    /// Corrupt when CURRENT, MANIFEST, a log or a table that belongs to the database is missing or
    /// damaged, and when no record at all is found (reliability.md F2).
    [[nodiscard]] static base::Result<std::unique_ptr<Reader>>
    open(std::shared_ptr<const base::FileSet> files);
    virtual ~Reader() = default;

    /// The numbers of the meta-store; nothing where the key is absent.
    struct Meta {
        std::optional<std::uint64_t> docCount;
        std::optional<std::uint64_t> lastSeq;
        std::optional<std::string> uuid;
    };
    [[nodiscard]] virtual base::Result<Meta> meta() = 0;

    /// In key (UTF-8 byte) order, starting at `fromId`; return false from the visitor to stop.
    /// Where there is a filter, documents that it does not want are passed over undecoded.
    using DocumentVisitor = std::function<base::Result<bool>(const Metadata &)>;
    using IdFilter = std::function<bool(std::string_view id)>;
    [[nodiscard]] virtual base::Status forEachDocument(const DocumentVisitor &visit,
                                                       std::string_view fromId = {},
                                                       const IdFilter &isWanted = {}) = 0;
    [[nodiscard]] virtual base::Result<std::optional<Metadata>> document(std::string_view id) = 0;

    [[nodiscard]] virtual base::Result<std::string> body(std::uint64_t seq) = 0;
    using BodyVisitor = std::function<base::Status(std::uint64_t seq, std::string_view text)>;
    [[nodiscard]] virtual base::Status forEachBody(const BodyVisitor &visit) = 0;

    /// `refs` are "<id>@<rev>".
    using AttachmentVisitor =
        std::function<base::Status(std::string_view digest, const std::vector<std::string> &refs)>;
    [[nodiscard]] virtual base::Status forEachAttachment(const AttachmentVisitor &visit) = 0;
    /// The length of the stored bytes; NotFound when there is a reference but no bytes (an empty
    /// attachment has no binary record: then 0).
    [[nodiscard]] virtual base::Result<std::uint64_t> attachmentLength(std::string_view digest) = 0;
    /// Streams the bytes; the MD5 is checked at the end and a mismatch is Corrupt.
    [[nodiscard]] virtual base::Status readAttachment(std::string_view digest,
                                                      const base::ByteSink &sink) = 0;

    /// The records of one store (keyspace.h) as they lie there, in key order: for examine().
    using RecordVisitor = std::function<base::Status(std::string_view key, std::string_view value)>;
    [[nodiscard]] virtual base::Status forEachRecord(std::string_view store,
                                                     const RecordVisitor &visit) = 0;
    /// What LevelDB's recovery passes over in silence and open() does not refuse.
    [[nodiscard]] virtual std::vector<Problem> openProblems() const = 0;

    using LocalVisitor = std::function<base::Status(std::string_view id, std::string_view json)>;
    [[nodiscard]] virtual base::Status forEachLocal(const LocalVisitor &visit) = 0;
};

/// Reads everything (every metadata record, body, attachment) and joins it: every available
/// revision has its body, every body belongs to a revision, every attachment named by a leaf is
/// there with its MD5 and length. Constant memory while nothing is wrong (sums are compared); when
/// something is, a second pass finds the names (at most `maxProblems`). Error only when reading
/// stops altogether.
struct Examination {
    Facts facts;
    std::vector<Problem> problems;
};
[[nodiscard]] base::Result<Examination> examine(Reader &reader, size_t maxProblems = 100);

} // namespace store
