#pragma once

#include "core/serve/pieces.h"

namespace serve {

/// What is wanted of a document besides its body; the names are those of CouchDB's parameters.
struct DocumentOptions {
    bool revs = false;
    bool revsInfo = false;
    bool conflicts = false;
    bool deletedConflicts = false;
    bool attachments = false;
    bool attEncodingInfo = false;
    bool latest = false;
    std::vector<store::RevId> attsSince; ///< attachments not younger than these stay stubs
};

/// One revision of a document with its body, taken apart. A value.
struct Revision {
    std::string id;
    store::RevPath path;
    bool deleted = false;
    std::shared_ptr<const std::string> text;     ///< as stored
    std::vector<base::json::Member> userMembers; ///< views into `text`
    std::vector<store::StoredAttachment> attachments;

    [[nodiscard]] std::string rev() const { return path.leaf().toString(); }
};

/// The revision at `node`, whose body must be available.
[[nodiscard]] base::Result<Revision>
loadRevision(Database &database, const store::Metadata &metadata, std::int32_t node);

/// Leaves in CouchDB's order: live ones before deleted ones, then the higher revision; the winner
/// comes first.
[[nodiscard]] std::vector<std::int32_t> leavesWinnerFirst(const store::RevTree &tree);
/// The leaves that descend from `node` (itself, when it is one), by revision.
[[nodiscard]] std::vector<std::int32_t> leavesBelow(const store::RevTree &tree, std::int32_t node);

/// How attachments appear in the JSON.
enum class AttachmentForm { Stub, Data, Follows };

/// Appends the document as CouchDB writes it.
[[nodiscard]] base::Status addDocument(Pieces &pieces, Database &database,
                                       const store::RevTree &tree, const Revision &revision,
                                       const DocumentOptions &options, AttachmentForm form);

/// True when this attachment is sent with its bytes.
[[nodiscard]] bool isWanted(const store::StoredAttachment &attachment, const Revision &revision,
                            const DocumentOptions &options);

} // namespace serve
