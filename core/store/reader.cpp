#include "core/store/reader.h"

#include "core/base/text.h"
#include "core/store/attachrecord.h"
#include "core/store/keyspace.h"
#include "core/store/oversize.h"
#include "core/store/records.h"

namespace store {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;
using base::text;
namespace json = base::json;

namespace {

class DirectoryReader final : public Reader
{
public:
    DirectoryReader(std::unique_ptr<Records> records, std::shared_ptr<const base::FileSet> files)
        : m_records(std::move(records))
        , m_oversize(std::move(files))
    {
    }

    Result<Meta> meta() override;
    Status forEachDocument(const DocumentVisitor &visit, std::string_view fromId,
                           const IdFilter &isWanted) override;
    Result<std::optional<Metadata>> document(std::string_view id) override;
    Result<std::string> body(std::uint64_t seq) override;
    Status forEachBody(const BodyVisitor &visit) override;
    Status forEachAttachment(const AttachmentVisitor &visit) override;
    Result<std::uint64_t> attachmentLength(std::string_view digest) override;
    Status readAttachment(std::string_view digest, const base::ByteSink &sink) override;
    Status forEachRecord(std::string_view store, const RecordVisitor &visit) override;
    std::vector<Problem> openProblems() const override;
    Status forEachLocal(const LocalVisitor &visit) override;

private:
    using Walk = std::function<Result<bool>(std::string_view key, std::string_view value)>;
    Status walkStore(std::string_view store, std::string_view from, const Walk &visit);
    Result<std::optional<std::string>> value(std::string_view store, std::string_view key);

    Status streamAttachment(std::string_view digest, const base::ByteSink &sink);

    std::unique_ptr<Records> m_records;
    OversizeFiles m_oversize;
};

Result<Metadata> decodeNamed(std::string_view id, std::string_view value)
{
    auto metadata = decodeMetadata(value);
    if (!metadata)
        return metadata.error().withContext(text("Document \"%1\"").arg(base::printable(id)));
    return metadata;
}

Error noAttachment(std::string_view digest)
{
    return {ErrorKind::NotFound,
            text("The bytes of the attachment %1 are not in the database.")
                .arg(base::printable(digest))};
}

Status DirectoryReader::walkStore(std::string_view store, std::string_view from, const Walk &visit)
{
    const std::string prefix = storeKey(store, {});
    Records::Cursor cursor(*m_records);
    Status moved = cursor.seek(storeKey(store, from));
    while (moved && cursor.isValid() && cursor.key().starts_with(prefix)) {
        StoredValue stored = cursor.value();
        auto bytes = stored.bytes();
        if (!bytes)
            return bytes.error();
        auto more = visit(cursor.key().substr(prefix.size()), *bytes);
        if (!more)
            return more.error();
        if (!*more)
            return {};
        moved = cursor.next();
    }
    return moved;
}

Result<std::optional<std::string>> DirectoryReader::value(std::string_view store,
                                                          std::string_view key)
{
    auto stored = m_records->get(storeKey(store, key));
    if (!stored)
        return stored.error();
    if (!*stored)
        return std::optional<std::string>();
    auto bytes = (*stored)->bytes();
    if (!bytes)
        return bytes.error();
    return std::optional<std::string>(*bytes);
}

Result<Reader::Meta> DirectoryReader::meta()
{
    Meta meta;
    for (const auto &[key, field] :
         {std::pair{kDocCountKey, &meta.docCount}, std::pair{kLastSeqKey, &meta.lastSeq}}) {
        auto number = value(kMetaStore, key);
        if (!number)
            return number.error();
        if (*number)
            *field = json::toUnsigned(**number);
    }
    auto uuid = value(kMetaStore, kUuidKey);
    if (!uuid)
        return uuid.error();
    if (*uuid && json::validate(**uuid) && json::kindOf(**uuid) == json::Kind::String)
        meta.uuid = json::unescape(**uuid);
    return meta;
}

Status DirectoryReader::forEachDocument(const DocumentVisitor &visit, std::string_view fromId,
                                        const IdFilter &isWanted)
{
    return walkStore(kDocumentStore, fromId,
                     [&](std::string_view id, std::string_view value) -> Result<bool> {
                         if (isWanted && !isWanted(id))
                             return true;
                         auto metadata = decodeNamed(id, value);
                         if (!metadata)
                             return metadata.error();
                         return visit(*metadata);
                     });
}

Result<std::optional<Metadata>> DirectoryReader::document(std::string_view id)
{
    auto text = value(kDocumentStore, id);
    if (!text)
        return text.error();
    if (!*text)
        return std::optional<Metadata>();
    auto metadata = decodeNamed(id, **text);
    if (!metadata)
        return metadata.error();
    return std::optional<Metadata>(std::move(*metadata));
}

Result<std::string> DirectoryReader::body(std::uint64_t seq)
{
    auto text = value(kBySequenceStore, sequenceKey(seq));
    if (!text)
        return text.error();
    if (!*text)
        return Error{ErrorKind::NotFound,
                     base::text("There is no body with the sequence %1.").arg(seq)};
    return std::move(**text);
}

Status DirectoryReader::forEachBody(const BodyVisitor &visit)
{
    return walkStore(
        kBySequenceStore, {}, [&](std::string_view key, std::string_view value) -> Result<bool> {
            const auto seq = parseSequenceKey(key);
            if (!seq)
                return Error{ErrorKind::Corrupt,
                             text("A body is stored under \"%1\", which is no sequence.")
                                 .arg(base::printable(key))};
            if (Status visited = visit(*seq, value); !visited)
                return visited.error();
            return true;
        });
}

Status DirectoryReader::forEachAttachment(const AttachmentVisitor &visit)
{
    return walkStore(kAttachStore, {},
                     [&](std::string_view digest, std::string_view value) -> Result<bool> {
                         auto references = decodeReferences(value);
                         if (!references)
                             return references.error().withContext(
                                 text("Attachment %1").arg(base::printable(digest)));
                         if (Status visited = visit(digest, *references); !visited)
                             return visited.error();
                         return true;
                     });
}

Result<std::uint64_t> DirectoryReader::attachmentLength(std::string_view digest)
{
    auto stored = m_records->get(storeKey(kAttachBinaryStore, digest));
    if (!stored)
        return stored.error();
    if (*stored)
        return (*stored)->size();
    if (m_oversize.contains(digest))
        return m_oversize.length(digest);
    if (digest == kEmptyDigest)
        return std::uint64_t{0};
    return noAttachment(digest);
}

Status DirectoryReader::streamAttachment(std::string_view digest, const base::ByteSink &sink)
{
    auto stored = m_records->get(storeKey(kAttachBinaryStore, digest));
    if (!stored)
        return stored.error();
    if (*stored)
        return (*stored)->stream(sink);
    if (m_oversize.contains(digest))
        return m_oversize.read(digest, sink);
    return digest == kEmptyDigest ? Status() : noAttachment(digest);
}

Status DirectoryReader::readAttachment(std::string_view digest, const base::ByteSink &sink)
{
    base::Hasher md5(base::Hasher::Algorithm::Md5Digest);
    Status streamed = streamAttachment(digest, [&](std::string_view piece) {
        md5.add(piece);
        return sink(piece);
    });
    if (!streamed)
        return streamed;
    if (digestOf(md5.finish()) != digest)
        return Error{ErrorKind::Corrupt,
                     text("The bytes of the attachment %1 do not have its MD5.")
                         .arg(base::printable(digest))};
    return {};
}

Status DirectoryReader::forEachRecord(std::string_view store, const RecordVisitor &visit)
{
    return walkStore(store, {}, [&](std::string_view key, std::string_view value) -> Result<bool> {
        if (Status visited = visit(key, value); !visited)
            return visited.error();
        return true;
    });
}

std::vector<Problem> DirectoryReader::openProblems() const
{
    std::vector<Problem> problems;
    for (const Records::Remark &remark : m_records->remarks())
        problems.push_back({remark.code, {}, remark.message, remark.code == "stale-table"});
    return problems;
}

Status DirectoryReader::forEachLocal(const LocalVisitor &visit)
{
    return forEachRecord(kLocalStore, visit);
}

} // namespace

Result<std::unique_ptr<Reader>> Reader::open(std::shared_ptr<const base::FileSet> files)
{
    auto records = Records::open(files);
    if (!records)
        return records.error();
    return std::unique_ptr<Reader>(
        std::make_unique<DirectoryReader>(std::move(*records), std::move(files)));
}

} // namespace store
