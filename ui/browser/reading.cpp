#include "ui/browser/reading.h"

#include "core/backup/counting.h"
#include "core/base/json.h"
#include "core/base/text.h"

#include <algorithm>

namespace browser {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

Error cancelled()
{
    return {ErrorKind::Cancelled, base::text("Stopped.")};
}

DocumentRow rowOf(const store::Metadata &metadata, DocumentBatch &batch)
{
    DocumentRow row;
    row.idAt = static_cast<std::uint32_t>(batch.ids.size());
    row.idBytes = static_cast<std::uint32_t>(metadata.id.size());
    batch.ids += metadata.id;
    const std::int32_t winner = metadata.tree.winner();
    if (winner < 0)
        return row;
    for (const store::RevTree::Node &node : metadata.tree.nodes()) {
        if (node.firstChild >= 0)
            continue;
        ++row.leaves;
        row.liveLeaves += node.deleted ? 0 : 1;
    }
    const store::RevId rev = metadata.tree.revOf(winner);
    row.generation = rev.generation;
    row.deleted = metadata.tree.nodes()[static_cast<size_t>(winner)].deleted;
    std::copy_n(rev.hash.begin(), std::min(rev.hash.size(), row.hash.size()), row.hash.begin());
    const auto seq = metadata.seqOf.find(rev);
    row.seq = seq == metadata.seqOf.end() ? 0 : seq->second;
    return row;
}

} // namespace

std::vector<DatabaseEntry> databasesOf(const OpenArchive &archive)
{
    std::vector<DatabaseEntry> entries;
    for (const backup::ArchiveView::Name &name : archive.view().names()) {
        DatabaseEntry entry;
        entry.name = name.name;
        entry.directory = name.directory;
        if (!name.whole)
            entry.problems += base::text("Files of it are damaged or cut off; what is whole can "
                                         "be read.");
        if (const archive::ManifestDatabase *known = archive.view().entry(name.name)) {
            entry.isCounted = true;
            entry.documents = known->documents;
            entry.deleted = known->deleted;
            entry.conflicted = known->conflicted;
            entry.attachments = known->attachments;
            for (const archive::Omission &omission : known->omissions)
                entry.problems += base::printable(omission.message, 1000);
        }
        entries.push_back(std::move(entry));
    }
    return entries;
}

DatabaseEntry countDatabase(const OpenArchive &archive, DatabaseEntry entry,
                            const std::stop_token &stop)
{
    const auto store = archive.openStore(entry.directory);
    const auto facts =
        store ? backup::countDatabase(**store, stop) : Result<store::Facts>(store.error());
    if (!facts) {
        entry.problems += facts.error().message;
        return entry;
    }
    entry.isCounted = true;
    entry.documents = facts->documents;
    entry.deleted = facts->deleted;
    entry.conflicted = facts->conflicted;
    entry.attachments = facts->attachments;
    return entry;
}

Status listDocuments(const OpenArchive &archive, const std::string &directory,
                     const std::stop_token &stop,
                     const std::function<void(std::shared_ptr<const DocumentBatch>)> &add)
{
    const auto store = archive.openStore(directory);
    if (!store)
        return store.error();
    auto batch = std::make_shared<DocumentBatch>();
    const auto handOver = [&] {
        if (!batch->rows.empty())
            add(std::move(batch));
        batch = std::make_shared<DocumentBatch>();
    };
    Status listed = (*store)->forEachDocument([&](const store::Metadata &metadata) -> Result<bool> {
        if (stop.stop_requested())
            return cancelled();
        batch->rows.push_back(rowOf(metadata, *batch));
        if (batch->rows.size() == DocumentBatch::kRows)
            handOver();
        return true;
    });
    handOver();
    return listed;
}

Result<std::shared_ptr<const std::vector<BodyFacts>>>
readBodyFacts(const OpenArchive &archive, const std::string &directory, const std::stop_token &stop)
{
    const auto store = archive.openStore(directory);
    if (!store)
        return store.error();
    auto facts = std::make_shared<std::vector<BodyFacts>>();
    Status read = (*store)->forEachBody([&](std::uint64_t seq, std::string_view text) -> Status {
        if (stop.stop_requested())
            return cancelled();
        BodyFacts body{seq, static_cast<std::uint32_t>(text.size()), 0};
        if (text.find("\"_attachments\"") != std::string_view::npos) {
            // A body that cannot be understood has no attachments to show; opening it says why.
            if (const auto info = store::inspectBody(text))
                body.attachments = static_cast<std::uint32_t>(info->attachments.size());
        }
        facts->push_back(body);
        return {};
    });
    if (!read)
        return read.error();
    std::sort(facts->begin(), facts->end(),
              [](const BodyFacts &a, const BodyFacts &b) { return a.seq < b.seq; });
    return std::shared_ptr<const std::vector<BodyFacts>>(std::move(facts));
}

Result<std::shared_ptr<const std::vector<std::uint64_t>>>
searchBodies(const OpenArchive &archive, const std::string &directory, const FieldQuery &query,
             const std::stop_token &stop, const BodyProgress &progress)
{
    const auto store = archive.openStore(directory);
    if (!store)
        return store.error();
    auto found = std::make_shared<std::vector<std::uint64_t>>();
    std::uint64_t seen = 0;
    constexpr std::uint64_t tellEvery = 2000;
    Status read = (*store)->forEachBody([&](std::uint64_t seq, std::string_view text) -> Status {
        if (stop.stop_requested())
            return cancelled();
        if (++seen % tellEvery == 0)
            progress(seen);
        if (matches(query, text))
            found->push_back(seq);
        return {};
    });
    if (!read)
        return read.error();
    std::sort(found->begin(), found->end());
    return std::shared_ptr<const std::vector<std::uint64_t>>(std::move(found));
}

Result<store::Metadata> readMetadata(const OpenArchive &archive, const std::string &directory,
                                     const std::string &id)
{
    return archive.ask<store::Metadata>(
        directory, [&](store::Reader &store) -> Result<store::Metadata> {
            auto document = store.document(id);
            if (!document)
                return document.error();
            if (!document->has_value())
                return Error{ErrorKind::NotFound,
                             base::text("The backup holds no document %1 in this database.")
                                 .arg(base::printable(id))};
            return std::move(**document);
        });
}

Result<RevisionBody> readBody(const OpenArchive &archive, const std::string &directory,
                              const store::Metadata &metadata, const store::RevId &rev)
{
    const auto seq = metadata.seqOf.find(rev);
    if (seq == metadata.seqOf.end())
        return Error{ErrorKind::NotFound,
                     base::text("The body of revision %1 is not in the backup. CouchDB keeps the "
                                "names of ancestors, not their bodies.")
                         .arg(base::printable(rev.toString()))};
    return archive.ask<RevisionBody>(directory, [&](store::Reader &store) -> Result<RevisionBody> {
        auto text = store.body(seq->second);
        if (!text)
            return text.error();
        const auto info = store::inspectBody(*text);
        if (!info)
            return info.error().withContext(base::text("The body of revision %1 is damaged")
                                                .arg(base::printable(rev.toString())));
        RevisionBody body{rev, std::move(*text), {}};
        for (const store::StoredAttachment &stored : info->attachments)
            body.attachments.push_back({base::json::unescape(stored.nameJson),
                                        base::json::unescape(stored.contentTypeJson), stored.digest,
                                        stored.length, stored.revpos});
        return body;
    });
}

Result<std::string> readAttachment(const OpenArchive &archive, const std::string &directory,
                                   const std::string &digest, std::uint64_t limitBytes)
{
    return archive.ask<std::string>(directory, [&](store::Reader &store) -> Result<std::string> {
        std::string bytes;
        Status read = store.readAttachment(digest, [&](std::string_view piece) -> Status {
            if (bytes.size() + piece.size() > limitBytes)
                return Error{ErrorKind::TooLarge,
                             base::text("It is too large to be shown here; "
                                        "save it to look at it.")};
            bytes += piece;
            return {};
        });
        if (!read)
            return read.error();
        return bytes;
    });
}

Status saveAttachment(const OpenArchive &archive, const std::string &directory,
                      const std::string &digest, const base::fs::path &target,
                      const std::stop_token &stop)
{
    const auto store = archive.openStore(directory);
    if (!store)
        return store.error();
    // What was there before stays until all of it is written.
    base::fs::path partial = target;
    partial += ".partial";
    if (Status removed = base::removeFile(partial); !removed && base::fs::exists(partial))
        return removed;
    const auto file = base::File::create(partial);
    if (!file)
        return file.error();
    Status saved = (*store)->readAttachment(digest, [&](std::string_view piece) -> Status {
        if (stop.stop_requested())
            return cancelled();
        return (*file)->append(piece);
    });
    if (saved)
        saved = (*file)->sync();
    if (Status closed = (*file)->close(); saved)
        saved = std::move(closed);
    if (saved)
        saved = base::renameReplace(partial, target);
    if (!saved)
        static_cast<void>(base::removeFile(partial)); // the first error is the one to tell
    return saved;
}

} // namespace browser
