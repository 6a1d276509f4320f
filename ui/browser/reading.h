#pragma once

#include "ui/browser/documenttable.h"
#include "ui/browser/fieldquery.h"
#include "ui/browser/openarchive.h"

#include <QStringList>

#include <functional>
#include <optional>
#include <stop_token>

/// What the browser reads of an archive. Every function blocks and is for a thread of the
/// background; a stop request ends it with Cancelled.
namespace browser {

/// A database as the list shows it.
struct DatabaseEntry {
    std::string name;
    std::string directory; ///< empty when the backup holds nothing of it
    bool isCounted = false;
    std::uint64_t documents = 0, deleted = 0, conflicted = 0, attachments = 0;
    QStringList problems; ///< sentences: what is damaged or was left out
};

/// What is known at once: names, and of archives of ours the counts, too.
[[nodiscard]] std::vector<DatabaseEntry> databasesOf(const OpenArchive &archive);
/// Counts one of another's archive; what cannot be read becomes a problem.
[[nodiscard]] DatabaseEntry countDatabase(const OpenArchive &archive, DatabaseEntry entry,
                                          const std::stop_token &stop);

/// Hands over batch after batch, in the order of the ids. Damage ends it with an error behind what
/// could be read.
[[nodiscard]] base::Status
listDocuments(const OpenArchive &archive, const std::string &directory, const std::stop_token &stop,
              const std::function<void(std::shared_ptr<const DocumentBatch>)> &add);

using BodyProgress = std::function<void(std::uint64_t bodies)>;
/// One pass over all bodies; sorted by sequence.
[[nodiscard]] base::Result<std::shared_ptr<const std::vector<BodyFacts>>>
readBodyFacts(const OpenArchive &archive, const std::string &directory,
              const std::stop_token &stop);
/// The sequences of the bodies that answer the question, sorted.
[[nodiscard]] base::Result<std::shared_ptr<const std::vector<std::uint64_t>>>
searchBodies(const OpenArchive &archive, const std::string &directory, const FieldQuery &query,
             const std::stop_token &stop, const BodyProgress &progress);

struct Attachment {
    std::string name;
    std::string contentType;
    std::string digest;
    std::uint64_t length = 0;
    std::uint64_t revpos = 0;
};

/// One revision as far as it is stored.
struct RevisionBody {
    store::RevId rev;
    std::string text; ///< the stored bytes
    std::vector<Attachment> attachments;
};

/// NotFound when there is no such document.
[[nodiscard]] base::Result<store::Metadata>
readMetadata(const OpenArchive &archive, const std::string &directory, const std::string &id);
[[nodiscard]] base::Result<RevisionBody> readBody(const OpenArchive &archive,
                                                  const std::string &directory,
                                                  const store::Metadata &metadata,
                                                  const store::RevId &rev);
/// At most `limitBytes`; TooLarge above.
[[nodiscard]] base::Result<std::string> readAttachment(const OpenArchive &archive,
                                                       const std::string &directory,
                                                       const std::string &digest,
                                                       std::uint64_t limitBytes);
/// Streams it into a file, in the place of one of that name; with an error that one stays.
[[nodiscard]] base::Status saveAttachment(const OpenArchive &archive, const std::string &directory,
                                          const std::string &digest, const base::fs::path &target,
                                          const std::stop_token &stop);

} // namespace browser
