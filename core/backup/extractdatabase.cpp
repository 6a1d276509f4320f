#include "core/backup/extractdatabase.h"

#include "core/backup/extractnames.h"
#include "core/backup/stopping.h"
#include "core/base/bytes.h"
#include "core/base/text.h"

#include <algorithm>
#include <cstring>

namespace backup {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

constexpr size_t kMostProblems = 1000;
constexpr size_t kMostPending = 20'000;

/// Damage is gone around; a full disk or a stop is not.
bool isDamage(const Error &error)
{
    return !stopsTheRun(error.kind);
}

std::uint64_t nameOf(std::string_view id, std::string_view rev)
{
    std::string whole(id);
    whole += '\0';
    whole += rev;
    const base::Sha256 hash = base::sha256(whole);
    std::uint64_t name = 0;
    std::memcpy(&name, hash.data(), sizeof name);
    return name;
}

} // namespace

DatabaseExtractor::DatabaseExtractor(store::Reader &store, Target target, std::stop_token stop)
    : m_store(store)
    , m_target(std::move(target))
    , m_stop(std::move(stop))
{
}

Status DatabaseExtractor::extractAll()
{
    if (Status made = base::makeFolder(m_target.folder); !made)
        return made;
    Status done = collectAll();
    if (done)
        done = writeBodies();
    if (done)
        done = writeLeftBodies();
    if (done)
        done = writePending();
    return done ? nameAllMissing() : done;
}

Status DatabaseExtractor::extractOne(std::string_view id)
{
    const auto document = m_store.document(id);
    if (!document)
        return document.error();
    if (!document->has_value())
        return Error{ErrorKind::NotFound,
                     base::text("Database %1 has no document %2 in this archive.")
                         .arg(base::printable(m_target.name), base::printable(id))};
    if (Status made = base::makeFolder(m_target.folder); !made)
        return made;
    Status done = collect(**document);
    if (done)
        done = writeLeftBodies();
    if (done)
        done = writePending();
    if (done)
        nameMissing(**document, missingNames());
    return done;
}

Status DatabaseExtractor::check() const
{
    if (m_stop.stop_requested())
        return Error{ErrorKind::Cancelled,
                     base::text("The extraction was stopped before its end. Nothing was kept.")};
    return {};
}

Status DatabaseExtractor::collect(const store::Metadata &metadata)
{
    const store::RevId winner = metadata.winner();
    for (const std::int32_t node : metadata.tree.leaves()) {
        const store::RevId rev = metadata.tree.revOf(node);
        const std::string text = rev.toString();
        const auto seq = metadata.seqOf.find(rev);
        if (seq == metadata.seqOf.end())
            addProblem("missing-body", metadata.id, text,
                       base::text("The body of revision %1 of document %2 is not in the archive.")
                           .arg(base::printable(text), base::printable(metadata.id)));
        else
            m_leaves.push_back({seq->second, nameOf(metadata.id, text), rev == winner, false});
    }
    return check();
}

Status DatabaseExtractor::collectAll()
{
    Status walked = m_store.forEachDocument([&](const store::Metadata &metadata) -> Result<bool> {
        if (Status collected = collect(metadata); !collected)
            return collected.error();
        return true;
    });
    if (!walked && !isDamage(walked.error()))
        return walked;
    if (!walked)
        addProblem("metadata-bad", {}, {}, walked.error().message);
    std::sort(m_leaves.begin(), m_leaves.end(),
              [](const Leaf &a, const Leaf &b) { return a.seq < b.seq; });
    m_target.progress.documents += m_leaves.size();
    return {};
}

/// In the order in which they lie in the archive: looking every body up would inflate most of it
/// many times.
Status DatabaseExtractor::writeBodies()
{
    Status writing;
    Status walked = m_store.forEachBody([&](std::uint64_t seq, std::string_view text) -> Status {
        const auto leaf =
            std::lower_bound(m_leaves.begin(), m_leaves.end(), seq,
                             [](const Leaf &it, std::uint64_t wanted) { return it.seq < wanted; });
        if (leaf != m_leaves.end() && leaf->seq == seq)
            writing = writeBody(*leaf, text);
        return writing;
    });
    if (!writing || walked || !isDamage(walked.error()))
        return writing ? walked : writing;
    addProblem("body-bad", {}, {}, walked.error().message);
    return {};
}

/// Those that the walk did not come to because of damage before them.
Status DatabaseExtractor::writeLeftBodies()
{
    for (Leaf &leaf : m_leaves) {
        if (leaf.isDone)
            continue;
        const auto text = m_store.body(leaf.seq);
        if (!text && !isDamage(text.error()))
            return text.error();
        if (!text)
            continue; // nameAllMissing() tells
        if (Status written = writeBody(leaf, *text); !written)
            return written;
    }
    return {};
}

Status DatabaseExtractor::writeBody(Leaf &leaf, std::string_view text)
{
    if (Status fine = check(); !fine)
        return fine;
    const auto info = store::inspectBody(text);
    if (!info || nameOf(info->id, info->rev) != leaf.name)
        return {}; // nameAllMissing() tells
    leaf.isDone = true;
    ExtractedLeaf out{info->id,
                      info->rev,
                      leaf.isWinner,
                      info->deleted,
                      extractedBody(info->id, info->rev, leaf.isWinner),
                      {}};
    std::vector<std::string> names;
    for (const store::StoredAttachment &attachment : info->attachments)
        names.push_back(base::json::unescape(attachment.nameJson));
    const auto files = extractedAttachmentNames(names);
    const std::string folder = extractedAttachments(info->id, info->rev, leaf.isWinner) + '/';
    for (size_t i = 0; i < names.size(); ++i) {
        const store::StoredAttachment &attachment = info->attachments[i];
        out.attachments.push_back({names[i], folder + files[i], attachment.contentTypeJson,
                                   attachment.length, attachment.digest});
        m_pending.push_back({attachment.digest, info->id, info->rev, names[i], folder + files[i]});
    }
    if (Status written = writeFile(out.file, std::string(text) + '\n'); !written)
        return skipTaken(written.error(), out.id, out.rev, {});
    if (Status added = m_target.index.add(out); !added)
        return added;
    ++m_target.report.leaves;
    if (leaf.isWinner)
        ++(info->deleted ? m_target.report.deleted : m_target.report.documents);
    m_target.report.bytes += text.size();
    ++m_target.progress.documentsDone;
    m_target.progress.bytesDone += text.size();
    return m_pending.size() >= kMostPending ? writePending() : Status();
}

Status DatabaseExtractor::writeFile(const std::string &file, std::string_view bytes)
{
    const base::fs::path path = m_target.folder / base::fromUtf8(file);
    if (file.find('/') != std::string::npos) {
        if (Status made = base::makeFolder(path.parent_path()); !made)
            return made;
    }
    auto out = base::File::create(path);
    if (!out)
        return out.error();
    Status written = (*out)->append(bytes);
    return written ? (*out)->close() : written;
}

/// Only an archive that somebody forged has two things of one name.
Status DatabaseExtractor::skipTaken(const Error &error, std::string_view id, std::string_view rev,
                                    std::string_view attachment)
{
    if (error.kind != ErrorKind::Conflict)
        return error;
    addProblem("name-taken", id, rev, error.message, attachment);
    return {};
}

/// In the order of their digests, which is the order in which they lie in the archive.
Status DatabaseExtractor::writePending()
{
    std::sort(m_pending.begin(), m_pending.end(),
              [](const Pending &a, const Pending &b) { return a.digest < b.digest; });
    for (const Pending &pending : m_pending) {
        if (Status written = writeAttachment(pending); !written)
            return written;
    }
    m_pending.clear();
    return {};
}

Status DatabaseExtractor::writeAttachment(const Pending &pending)
{
    const base::fs::path path = m_target.folder / base::fromUtf8(pending.file);
    if (Status made = base::makeFolder(path.parent_path()); !made)
        return made;
    auto out = base::File::create(path);
    if (!out)
        return skipTaken(out.error(), pending.id, pending.rev, pending.name);
    Status writing = check();
    std::uint64_t length = 0;
    Status read = m_store.readAttachment(pending.digest, [&](std::string_view bytes) {
        writing = check();
        if (writing)
            writing = (*out)->append(bytes);
        length += bytes.size();
        m_target.progress.bytesDone += bytes.size();
        return writing;
    });
    if (!writing)
        return writing;
    if (Status closed = (*out)->close(); !closed)
        return closed;
    if (read) {
        ++m_target.report.attachments;
        m_target.report.bytes += length;
        return {};
    }
    if (!isDamage(read.error()))
        return read;
    addProblem(read.error().kind == ErrorKind::NotFound ? "missing-attachment" : "attachment-bad",
               pending.id, pending.rev, read.error().message, pending.name);
    return base::removeFile(path); // half an attachment would be taken for a whole one
}

/// The leaves whose bodies did not come out.
std::vector<std::uint64_t> DatabaseExtractor::missingNames() const
{
    std::vector<std::uint64_t> missing;
    for (const Leaf &leaf : m_leaves) {
        if (!leaf.isDone)
            missing.push_back(leaf.name);
    }
    std::sort(missing.begin(), missing.end());
    return missing;
}

void DatabaseExtractor::nameMissing(const store::Metadata &metadata,
                                    const std::vector<std::uint64_t> &missing)
{
    for (const auto &[rev, seq] : metadata.seqOf) {
        const std::string text = rev.toString();
        if (std::binary_search(missing.begin(), missing.end(), nameOf(metadata.id, text)))
            addProblem("body-bad", metadata.id, text,
                       base::text("The body of revision %1 of document %2 cannot be read.")
                           .arg(base::printable(text), base::printable(metadata.id)));
    }
}

Status DatabaseExtractor::nameAllMissing()
{
    const std::vector<std::uint64_t> missing = missingNames();
    if (missing.empty())
        return {};
    Status walked = m_store.forEachDocument([&](const store::Metadata &metadata) -> Result<bool> {
        nameMissing(metadata, missing);
        return true;
    });
    return walked || isDamage(walked.error()) ? Status() : walked;
}

void DatabaseExtractor::addProblem(const char *code, std::string_view id, std::string_view rev,
                                   QString message, std::string_view attachment)
{
    ExtractProblem problem{code,
                           m_target.name,
                           std::string(id),
                           std::string(rev),
                           std::string(attachment),
                           std::move(message)};
    if (m_problems.size() < kMostProblems) {
        m_problems.push_back(std::move(problem));
    } else if (!m_hasMoreProblems) {
        m_hasMoreProblems = true;
        problem = {"more", m_target.name,
                   {},     {},
                   {},     base::text("More could not be extracted, which is not listed.")};
        m_problems.push_back(std::move(problem));
    }
}

} // namespace backup
