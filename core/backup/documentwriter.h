#pragma once

#include "core/backup/attachmentfetcher.h"
#include "core/backup/leaffetcher.h"
#include "core/backup/omissionlist.h"
#include "core/backup/progress.h"
#include "core/backup/sample.h"

#include <map>
#include <set>

namespace backup {

/// Turns fetched rows into stored leaves: takes them apart, brings their attachments, keeps every
/// user member as the bytes that came, and proves for each frozen leaf that it, or a successor,
/// went in. What cannot be had is named in `omissions`. One thread.
class DocumentWriter
{
public:
    struct Parts {
        couch::Client &source;
        std::string database;
        store::Writer &writer;
        AttachmentFetcher &attachments;
        Progress &progress;
        OmissionList &omissions;
        LeafSample &sample;
    };
    explicit DocumentWriter(Parts parts)
        : m_parts(std::move(parts))
    {
    }

    [[nodiscard]] base::Status addBatch(const LeafFetcher::Batch &batch);

private:
    /// A row taken apart, or what is wrong with it.
    struct Row {
        std::string asked;
        std::optional<couch::FetchedLeaf> leaf;
        std::string error, reason;
    };
    [[nodiscard]] std::vector<Row> dissect(const std::vector<couch::BulkRow> &rows) const;
    [[nodiscard]] std::vector<AttachmentFetcher::Wanted>
    wantedBy(const std::vector<Row> &rows) const;
    [[nodiscard]] base::Status addSlice(const LeafFetcher::Slice &slice,
                                        const std::vector<Row> &rows);
    /// False when an attachment of it is gone and `mayBeOutdated`: a successor of the leaf explains
    /// that.
    [[nodiscard]] base::Result<bool> addLeaf(const couch::FetchedLeaf &leaf, bool mayBeOutdated);
    /// Adds all leaves as they are now.
    [[nodiscard]] base::Status addAgain(const std::string &id);
    [[nodiscard]] base::Status endDocument(const std::string &id);
    void noteCovered(const couch::FetchedLeaf &leaf);
    /// The leaf itself is stored, or one that descends from it.
    [[nodiscard]] bool isCovered(const std::string &frozenRev) const;
    void omit(std::string code, const std::string &id, const std::string &rev,
              const QString &message, const std::string &attachment = {});

    Parts m_parts;
    bool m_isOpen = false;
    std::set<std::string> m_stored;  ///< revisions of the document at hand
    std::set<std::string> m_frozen;  ///< revisions that have to be in, or a successor
    std::set<std::string> m_covered; ///< frozen revisions that a stored leaf descends from
    std::uint64_t m_oldestKept = 0;  ///< generation where the histories of the successors begin
    struct Refusal {
        std::string code;
        std::string reason;
    };
    std::map<std::string, Refusal> m_refusals; ///< frozen revision -> what the server said
};

/// The stored text of a fetched leaf with these attachments.
[[nodiscard]] std::string
composeStoredBody(const couch::FetchedLeaf &leaf,
                  const std::vector<store::StoredAttachment> &attachments);

} // namespace backup
