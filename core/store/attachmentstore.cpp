#include "core/store/attachmentstore.h"

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/store/coding.h"
#include "core/store/keyspace.h"

namespace store {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
using base::text;

namespace {

constexpr size_t kBinaryBufferBytes = size_t{12} << 20;
constexpr size_t kReferenceBufferBytes = size_t{4} << 20;
// Duplicates beyond these collapse when the runs are merged.
constexpr size_t kRecentDigests = 50'000;

} // namespace

AttachmentStore::AttachmentStore(base::StagingFolder &folder, FileNumbers &numbers)
    : m_folder(folder)
    , m_numbers(numbers)
    , m_binaries(folder, "attachments", kBinaryBufferBytes)
    , m_references(folder, "references", kReferenceBufferBytes)
    , m_binaryTables(folder, numbers)
    , m_referenceTables(folder, numbers)
{
}

Result<std::string> AttachmentStore::putSmall(std::string_view bytes, std::string digest)
{
    if (digest.empty())
        digest = digestOf(base::md5(bytes));
    if (bytes.empty() || m_recent.contains(digest))
        return digest; // PouchDB keeps no bytes of an empty attachment
    if (Status added = m_binaries.add(digest, bytes); !added)
        return added.error();
    if (m_recent.size() < kRecentDigests)
        m_recent.insert(digest);
    return digest;
}

Result<std::unique_ptr<LargeTable>> AttachmentStore::beginLarge(std::uint64_t length)
{
    return LargeTable::create(m_folder, m_numbers.next(), length);
}

Status AttachmentStore::keepLarge(LargeTable &table, const std::string &digest,
                                  std::uint64_t length)
{
    if (m_large.contains(digest))
        return {};
    auto kept = table.keep();
    if (!kept)
        return kept.error();
    m_large[digest] = {std::move(*kept), {}, length};
    return {};
}

Status AttachmentStore::keepOversize(OversizeFile &file, const std::string &digest,
                                     std::uint64_t length)
{
    if (m_large.contains(digest))
        return {};
    auto kept = file.keep();
    if (!kept)
        return kept.error();
    m_large[digest] = {std::nullopt, std::move(*kept), length};
    return {};
}

Status AttachmentStore::addReference(std::string_view digest, std::uint64_t length,
                                     std::string_view id, std::string_view rev)
{
    if (digest.size() != kDigestBytes || !digest.starts_with("md5-"))
        return Error{ErrorKind::Internal,
                     QStringLiteral("An attachment has a digest that is not an MD5.")};
    std::string key(digest);
    key += id;
    key += '@';
    key += rev;
    std::string value;
    putVarint(value, length);
    return m_references.add(key, value);
}

/// Takes all references of the first digest.
Result<AttachmentStore::Digest> AttachmentStore::takeDigest(SortedRuns::Merge &references) const
{
    const auto lengthOf = [&] { return ByteCursor(references.value()).varint64().value_or(0); };
    Digest digest{std::string(references.key().substr(0, kDigestBytes)), lengthOf(),
                  R"({"refs":{)"};
    std::string last;
    while (references.isValid() && references.key().starts_with(digest.name)) {
        if (lengthOf() != digest.length)
            return Error{ErrorKind::Corrupt,
                         text("Two documents give different lengths for the attachment %1.")
                             .arg(QString::fromStdString(digest.name))};
        const std::string_view ref = references.key().substr(kDigestBytes);
        if (ref != last) {
            if (!last.empty())
                digest.refs += ',';
            base::json::appendQuoted(digest.refs, ref);
            digest.refs += ":true";
            last = ref;
        }
        if (Status moved = references.next(); !moved)
            return moved.error();
    }
    digest.refs += "}}";
    return digest;
}

Status AttachmentStore::writeBytes(const Digest &digest, SortedRuns::Merge &binaries)
{
    while (binaries.isValid() && binaries.key() < digest.name) {
        if (Status moved = binaries.next(); !moved)
            return moved;
    }
    std::uint64_t length = 0;
    if (const auto large = m_large.find(digest.name); large != m_large.end()) {
        // Small ones before it and behind it must not share a table that would reach over it.
        if (Status cut = m_binaryTables.cut(); !cut)
            return cut;
        m_usedLarge.insert(digest.name);
        length = large->second.length;
    } else if (binaries.isValid() && binaries.key() == digest.name) {
        length = binaries.value().size();
        if (Status added =
                m_binaryTables.add(storeKey(kAttachBinaryStore, digest.name), binaries.value());
            !added)
            return added;
    } else if (digest.name != kEmptyDigest) {
        return Error{ErrorKind::Internal,
                     QStringLiteral("The attachment %1 was never stored.")
                         .arg(QString::fromStdString(digest.name))};
    }
    if (length != digest.length)
        return Error{ErrorKind::Corrupt,
                     text("The attachment %1 has %2 bytes, but its document says %3.")
                         .arg(QString::fromStdString(digest.name))
                         .arg(length)
                         .arg(digest.length)};
    return {};
}

Status AttachmentStore::dropUnusedLarge()
{
    for (const auto &[digest, large] : m_large) {
        if (m_usedLarge.contains(digest))
            continue;
        std::vector<std::string> files = large.besideIt;
        if (large.table)
            files.push_back(FileNumbers::tableName(large.table->number));
        for (const std::string &file : files) {
            if (Status removed = m_folder.remove(file); !removed)
                return removed;
        }
    }
    return {};
}

Status AttachmentStore::writeTables(FactsSum &facts)
{
    auto binaries = m_binaries.merge();
    auto references = m_references.merge();
    if (!binaries || !references)
        return !binaries ? binaries.error() : references.error();
    while ((*references)->isValid()) {
        auto digest = takeDigest(**references);
        if (!digest)
            return digest.error();
        if (Status written = writeBytes(*digest, **binaries); !written)
            return written;
        if (Status added =
                m_referenceTables.add(storeKey(kAttachStore, digest->name), digest->refs);
            !added)
            return added;
        facts.addDigest(digest->name, digest->length);
    }
    if (Status cut = m_binaryTables.cut(); !cut)
        return cut;
    return m_referenceTables.cut();
}

Result<std::vector<LiveTable>> AttachmentStore::finish(FactsSum &facts)
{
    if (Status written = writeTables(facts); !written)
        return written.error();
    m_binaries.clear();
    m_references.clear();
    if (Status dropped = dropUnusedLarge(); !dropped)
        return dropped.error();
    std::vector<LiveTable> tables = m_binaryTables.tables();
    tables.insert(tables.end(), m_referenceTables.tables().begin(),
                  m_referenceTables.tables().end());
    for (const std::string &digest : m_usedLarge) {
        if (const auto &table = m_large.at(digest).table)
            tables.push_back(*table);
    }
    return tables;
}

} // namespace store
