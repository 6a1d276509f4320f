#pragma once

#include "core/serve/backend.h"
#include "core/serve/multipartreader.h"

namespace serve {

/// An attachment of a document that is to be written.
struct IncomingAttachment {
    std::string nameJson;        ///< quoted
    std::string contentTypeJson; ///< quoted
    std::optional<std::uint64_t> revpos;
    /// The bytes as they came; nothing for a stub, which stands for those of an older revision.
    std::optional<std::string> bytes;
    bool isGzip = false; ///< they came compressed
};

/// A document that is to be written, taken apart. Views point into the text that was given.
struct IncomingDocument {
    std::string id; ///< empty: none given
    std::optional<store::RevId> rev;
    std::optional<store::RevPath> revisions;
    bool deleted = false;
    std::vector<base::json::Member> userMembers;
    std::vector<IncomingAttachment> attachments;

    /// The whole path of a replicated revision: `_revisions`, or the revision alone.
    [[nodiscard]] std::optional<store::RevPath> path() const;
};

/// Takes a document apart as CouchDB does, with its refusals. `parts` are the bodies that
/// attachments with `follows` stand for, in their order.
[[nodiscard]] OrRefusal<IncomingDocument> parseIncoming(std::string_view json,
                                                        const std::vector<BodyPart> &parts = {});

/// True for what is kept as it is: members without an underscore, and those of a replicator.
[[nodiscard]] bool isBodyMember(std::string_view key);

/// Null when documents may have this id.
[[nodiscard]] std::optional<Refusal> checkDocumentId(std::string_view id);

/// What can be written into a database. Thread-safe.
class WritableDatabase
{
public:
    WritableDatabase() = default;
    virtual ~WritableDatabase() = default;
    WritableDatabase(const WritableDatabase &) = delete;
    WritableDatabase &operator=(const WritableDatabase &) = delete;

    /// An edit: the next revision of the leaf that `document.rev` names. Returns the new revision.
    [[nodiscard]] virtual OrRefusal<std::string> edit(const IncomingDocument &document) = 0;
    /// Replicated revisions, put into their trees as they are; those that are there already change
    /// nothing. A document gets one new sequence, however many of its revisions come. What is said
    /// of each, in their order.
    [[nodiscard]] virtual std::vector<std::optional<Refusal>>
    insert(const std::vector<IncomingDocument> &documents) = 0;
    /// Forgets these leaves as if they had never been; returns those that were there.
    [[nodiscard]] virtual std::vector<store::RevId>
    purge(const std::string &id, const std::vector<store::RevId> &revs) = 0;
    virtual void setSecurity(std::string json) = 0;
    virtual void setRevsLimit(std::uint64_t limit) = 0;
};

} // namespace serve
