#include "core/store/writer.h"

#include "core/base/failpoint.h"
#include "core/base/text.h"
#include "core/store/attachmentstore.h"
#include "core/store/factssum.h"
#include "core/store/keyspace.h"
#include "core/store/sortedruns.h"
#include "core/store/tableseries.h"

#include <QUuid>

namespace store {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
using base::text;

namespace {

constexpr size_t kDocumentBufferBytes = size_t{12} << 20;
constexpr size_t kLocalBufferBytes = size_t{1} << 20;
constexpr std::string_view kManifestName = "MANIFEST-000001";

Error misuse(const char *what)
{
    return {ErrorKind::Internal, QString::fromLatin1(what)};
}

Status writeFile(base::StagingFolder &folder, const std::string &name, std::string_view bytes)
{
    auto file = folder.create(name);
    if (!file)
        return file.error();
    if (Status written = (*file)->append(bytes); !written)
        return written;
    return (*file)->close();
}

class DirectWriter final : public Writer
{
public:
    DirectWriter(base::StagingFolder &folder, std::string uuid, const WriterSizes &sizes)
        : m_folder(folder)
        , m_uuid(std::move(uuid))
        , m_sizes(sizes)
        , m_attachments(folder, m_numbers)
        , m_documents(folder, "documents", kDocumentBufferBytes)
        , m_locals(folder, "locals", kLocalBufferBytes)
        , m_bodyTables(folder, m_numbers)
        , m_restTables(folder, m_numbers)
    {
    }

    using Writer::putAttachment;
    Result<Attachment> putAttachment(std::string_view bytes, std::string digest) override;
    Result<std::unique_ptr<LargeAttachment>> beginLargeAttachment(std::uint64_t length) override;
    Status beginDocument(std::string_view id) override;
    Status addLeaf(const Leaf &leaf) override;
    Status endDocument() override;
    Status putLocal(std::string_view id, std::string_view json) override;
    Result<Facts> finish() override;

private:
    class Streamed;
    class Gathered;
    class Oversize;

    /// What a body adds to the facts, should its revision turn out to be a leaf.
    struct BodyFacts {
        base::Sha256 hash{};
        std::uint64_t attachments = 0;
    };
    Status addReferences(const Leaf &leaf, const std::string &rev);
    Status writeSorted(SortedRuns &records, std::string_view store);
    Status writeMeta();
    Status writeManifest(std::vector<LiveTable> attachmentTables);

    base::StagingFolder &m_folder;
    std::string m_uuid;
    WriterSizes m_sizes;
    FileNumbers m_numbers;
    AttachmentStore m_attachments;
    SortedRuns m_documents;
    SortedRuns m_locals;
    TableSeries m_bodyTables;
    TableSeries m_restTables; ///< documents, local documents and the counters
    FactsSum m_facts;
    std::uint64_t m_lastSeq = 0;
    bool m_inDocument = false;
    Metadata m_document;
    std::map<RevId, BodyFacts> m_bodies; ///< of m_document
};

/// An attachment that goes into a table of its own.
class DirectWriter::Streamed final : public LargeAttachment
{
public:
    Streamed(AttachmentStore &attachments, std::unique_ptr<LargeTable> table, std::uint64_t length)
        : m_attachments(attachments)
        , m_table(std::move(table))
        , m_length(length)
    {
    }
    Status append(std::string_view bytes) override { return m_table->append(bytes); }
    Result<Attachment> finish() override
    {
        auto digest = m_table->seal();
        if (!digest)
            return digest.error();
        if (Status kept = m_attachments.keepLarge(*m_table, *digest, m_length); !kept)
            return kept.error();
        m_table.reset();
        return Attachment{std::move(*digest), m_length, false};
    }

private:
    AttachmentStore &m_attachments;
    std::unique_ptr<LargeTable> m_table;
    std::uint64_t m_length;
};

/// One that is small enough to be sorted with the others.
class DirectWriter::Gathered final : public LargeAttachment
{
public:
    Gathered(AttachmentStore &attachments, std::uint64_t length)
        : m_attachments(attachments)
        , m_length(length)
    {
    }
    Status append(std::string_view bytes) override
    {
        if (bytes.size() > m_length - m_bytes.size())
            return Error{ErrorKind::Protocol, text("An attachment is longer than announced.")};
        m_bytes += bytes;
        return {};
    }
    Result<Attachment> finish() override
    {
        if (m_bytes.size() != m_length)
            return Error{ErrorKind::Protocol, text("An attachment is shorter than announced.")};
        auto digest = m_attachments.putSmall(m_bytes);
        if (!digest)
            return digest.error();
        return Attachment{std::move(*digest), m_length, false};
    }

private:
    AttachmentStore &m_attachments;
    std::uint64_t m_length;
    std::string m_bytes;
};

/// One that is too large for a LevelDB value.
class DirectWriter::Oversize final : public LargeAttachment
{
public:
    Oversize(base::StagingFolder &folder, AttachmentStore &attachments, std::uint64_t length,
             std::uint64_t partBytes)
        : m_attachments(attachments)
        , m_file(folder, length, partBytes)
        , m_length(length)
    {
    }
    Status append(std::string_view bytes) override { return m_file.append(bytes); }
    Result<Attachment> finish() override
    {
        auto digest = m_file.seal();
        if (!digest)
            return digest.error();
        if (Status kept = m_attachments.keepOversize(m_file, *digest, m_length); !kept)
            return kept.error();
        return Attachment{std::move(*digest), m_length, true};
    }

private:
    AttachmentStore &m_attachments;
    OversizeFile m_file;
    std::uint64_t m_length;
};

Result<Writer::Attachment> DirectWriter::putAttachment(std::string_view bytes, std::string digest)
{
    if (bytes.size() > kLargeAttachmentBytes) {
        auto large = beginLargeAttachment(bytes.size());
        if (!large)
            return large.error();
        if (Status appended = (*large)->append(bytes); !appended)
            return appended.error();
        return (*large)->finish();
    }
    auto stored = m_attachments.putSmall(bytes, std::move(digest));
    if (!stored)
        return stored.error();
    return Attachment{std::move(*stored), bytes.size(), false};
}

Result<std::unique_ptr<Writer::LargeAttachment>>
DirectWriter::beginLargeAttachment(std::uint64_t length)
{
    using Handle = std::unique_ptr<LargeAttachment>;
    if (length > m_sizes.pouchLimitBytes)
        return Handle(
            std::make_unique<Oversize>(m_folder, m_attachments, length, m_sizes.oversizePartBytes));
    if (length <= kLargeAttachmentBytes)
        return Handle(std::make_unique<Gathered>(m_attachments, length));
    auto table = m_attachments.beginLarge(length);
    if (!table)
        return table.error();
    return Handle(std::make_unique<Streamed>(m_attachments, std::move(*table), length));
}

Status DirectWriter::beginDocument(std::string_view id)
{
    if (m_inDocument)
        return misuse("A document was begun inside another one.");
    m_document = {};
    m_document.id = id;
    m_bodies.clear();
    m_inDocument = true;
    return {};
}

Status DirectWriter::addLeaf(const Leaf &leaf)
{
    if (!m_inDocument)
        return misuse("A leaf was added outside of a document.");
    if (leaf.path.hashes.empty() || leaf.path.hashes.size() > leaf.path.start)
        return Error{ErrorKind::Protocol,
                     text("A revision of the document \"%1\" has an impossible history.")
                         .arg(base::printable(m_document.id))};
    m_document.tree.merge(leaf.path, leaf.deleted);
    const auto [entry, isNew] = m_document.seqOf.try_emplace(leaf.path.leaf(), m_lastSeq + 1);
    if (!isNew)
        return {};
    ++m_lastSeq;
    m_document.seq = m_lastSeq;
    m_bodies[entry->first] = {base::sha256(leaf.body), leaf.attachments.size()};
    if (Status added = addReferences(leaf, entry->first.toString()); !added)
        return added;
    return m_bodyTables.add(storeKey(kBySequenceStore, sequenceKey(m_lastSeq)), leaf.body);
}

Status DirectWriter::addReferences(const Leaf &leaf, const std::string &rev)
{
    for (const StoredAttachment &attachment : leaf.attachments) {
        if (Status added = m_attachments.addReference(attachment.digest, attachment.length,
                                                      m_document.id, rev);
            !added)
            return added;
    }
    return {};
}

Status DirectWriter::endDocument()
{
    if (!m_inDocument || m_document.seqOf.empty())
        return misuse("A document without leaves was ended.");
    m_inDocument = false;
    m_facts.addDocument(m_document.id, m_document.tree);
    for (const RevId &inner : storedInnerRevisions(m_document))
        m_bodies.erase(inner);
    for (const auto &[rev, body] : m_bodies)
        m_facts.addBody(body.hash, body.attachments);
    return m_documents.add(m_document.id, encodeMetadata(m_document));
}

Status DirectWriter::putLocal(std::string_view id, std::string_view json)
{
    return m_locals.add(id, json);
}

Status DirectWriter::writeSorted(SortedRuns &records, std::string_view store)
{
    auto sorted = records.merge();
    if (!sorted)
        return sorted.error();
    std::optional<std::string> last;
    while ((*sorted)->isValid()) {
        if (last == (*sorted)->key())
            return Error{
                ErrorKind::Conflict,
                text("The document \"%1\" was written twice.").arg(base::printable(*last))};
        last = (*sorted)->key();
        if (Status added = m_restTables.add(storeKey(store, *last), (*sorted)->value()); !added)
            return added;
        if (Status moved = (*sorted)->next(); !moved)
            return moved;
    }
    return {};
}

Status DirectWriter::writeMeta()
{
    const std::uint64_t documents = m_facts.facts().documents;
    for (const auto &[key, value] : {std::pair{kDocCountKey, std::to_string(documents)},
                                     std::pair{kLastSeqKey, std::to_string(m_lastSeq)},
                                     std::pair{kUuidKey, base::json::quoted(m_uuid)}}) {
        if (Status added = m_restTables.add(storeKey(kMetaStore, key), value); !added)
            return added;
    }
    return m_restTables.cut();
}

Status DirectWriter::writeManifest(std::vector<LiveTable> tables)
{
    for (const TableSeries *series : {&m_bodyTables, &m_restTables})
        tables.insert(tables.end(), series->tables().begin(), series->tables().end());
    std::ranges::sort(tables, {}, &LiveTable::smallest);
    const ManifestState state{0, 0, m_numbers.upcoming(), kWrittenSequence, std::move(tables)};
    FM_POINT("store.manifest");
    if (Status written = writeFile(m_folder, std::string(kManifestName), encodeManifest(state));
        !written)
        return written;
    return writeFile(m_folder, "CURRENT", std::string(kManifestName) + '\n');
}

Result<Facts> DirectWriter::finish()
{
    if (m_inDocument)
        return misuse("The database was finished inside a document.");
    FM_POINT("store.finish");
    if (Status cut = m_bodyTables.cut(); !cut)
        return cut.error();
    auto attachmentTables = m_attachments.finish(m_facts);
    if (!attachmentTables)
        return attachmentTables.error();
    for (const auto &[records, store] :
         {std::pair{&m_documents, kDocumentStore}, std::pair{&m_locals, kLocalStore}}) {
        if (Status written = writeSorted(*records, store); !written)
            return written.error();
        records->clear();
    }
    if (Status written = writeMeta(); !written)
        return written.error();
    if (Status written = writeManifest(std::move(*attachmentTables)); !written)
        return written.error();
    return m_facts.facts();
}

} // namespace

Result<std::unique_ptr<Writer>> Writer::create(base::StagingFolder &folder,
                                               std::optional<std::string> uuid,
                                               const WriterSizes &sizes)
{
    if (!uuid)
        uuid = QUuid::createUuid().toString(QUuid::WithoutBraces).toStdString();
    return std::unique_ptr<Writer>(std::make_unique<DirectWriter>(folder, std::move(*uuid), sizes));
}

} // namespace store
