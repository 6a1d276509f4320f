#include "core/serve/archivedatabase.h"

namespace serve {

using base::Result;
using base::Status;

namespace {
constexpr std::uint64_t kDefaultRevsLimit = 1000;
}

ArchiveDatabase::ArchiveDatabase(std::shared_ptr<const archive::Reader> archive, Facts facts)
    : m_archive(std::move(archive))
    , m_facts(std::move(facts))
    , m_pool([this] { return m_archive->openDatabase(m_facts.directory); })
{
}

/// Waits while another request makes it.
Result<const DocumentIndex *> ArchiveDatabase::index()
{
    const std::lock_guard lock(m_indexMutex);
    if (!m_index) {
        auto reader = m_pool.take();
        if (!reader)
            return reader.error();
        auto built = DocumentIndex::build(*reader->operator->());
        if (!built)
            return built.error();
        m_index = std::move(*built);
    }
    return &*m_index;
}

Result<DatabaseInfo> ArchiveDatabase::info()
{
    DatabaseInfo info;
    info.bytes = m_facts.bytes;
    info.instanceStartTime = m_facts.instanceStartTime;
    if (m_facts.manifest) {
        info.documents = m_facts.manifest->documents;
        info.deleted = m_facts.manifest->deleted;
        if (!m_facts.manifest->props.empty())
            info.props = m_facts.manifest->props;
    } else {
        const auto counted = index();
        if (!counted)
            return counted.error();
        info.documents = (*counted)->live();
        info.deleted = (*counted)->documents() - (*counted)->live();
    }
    info.updateSeq = info.documents + info.deleted;
    return info;
}

Status ArchiveDatabase::forEachChange(std::uint64_t since, bool descending, const Visitor &visit)
{
    const auto found = index();
    if (!found)
        return found.error();
    auto reader = m_pool.take();
    if (!reader)
        return reader.error();
    if (!descending)
        return (*found)->forward(*reader->operator->(), since, visit);
    return (*found)->backward(
        *reader->operator->(), (*found)->documents(),
        [&](std::uint64_t number, const store::Metadata &metadata) -> Result<bool> {
            return number > since ? visit(number, metadata) : Result<bool>(false);
        });
}

Status ArchiveDatabase::forEachDocument(std::string_view fromId, bool descending,
                                        const Visitor &visit)
{
    auto reader = m_pool.take();
    if (!reader)
        return reader.error();
    if (!descending)
        return (*reader)->forEachDocument(
            [&](const store::Metadata &metadata) { return visit(0, metadata); }, fromId);
    const auto found = index();
    if (!found)
        return found.error();
    std::uint64_t last = (*found)->documents();
    if (!fromId.empty()) {
        // Those below the next possible id: the id itself included.
        const auto position =
            (*found)->positionOf(*reader->operator->(), std::string(fromId) + '\0');
        if (!position)
            return position.error();
        if (position->before == 0)
            return {};
        last = position->before - 1;
    }
    return (*found)->backward(*reader->operator->(), last, visit);
}

Result<std::uint64_t> ArchiveDatabase::changesAfter(std::uint64_t since)
{
    const auto counted = info();
    if (!counted)
        return counted.error();
    return counted->updateSeq > since ? counted->updateSeq - since : 0;
}

Result<std::uint64_t> ArchiveDatabase::documentsBefore(std::string_view id)
{
    const auto found = index();
    if (!found)
        return found.error();
    auto reader = m_pool.take();
    if (!reader)
        return reader.error();
    const auto position = (*found)->positionOf(*reader->operator->(), id);
    if (!position)
        return position.error();
    return position->liveBefore;
}

Result<std::optional<store::Metadata>> ArchiveDatabase::document(std::string_view id)
{
    auto reader = m_pool.take();
    if (!reader)
        return reader.error();
    return (*reader)->document(id);
}

Result<std::string> ArchiveDatabase::body(std::uint64_t seq)
{
    auto reader = m_pool.take();
    if (!reader)
        return reader.error();
    return (*reader)->body(seq);
}

Result<AttachmentInfo> ArchiveDatabase::attachmentInfo(const store::StoredAttachment &attachment)
{
    auto reader = m_pool.take();
    if (!reader)
        return reader.error();
    const auto length = (*reader)->attachmentLength(attachment.digest);
    if (!length)
        return length.error();
    return AttachmentInfo{*length, false};
}

Status ArchiveDatabase::readAttachment(const std::string &digest, bool /*asStored*/,
                                       const base::ByteSink &sink)
{
    auto reader = m_pool.take();
    if (!reader)
        return reader.error();
    return (*reader)->readAttachment(digest, sink);
}

std::string ArchiveDatabase::security()
{
    if (m_facts.manifest && !m_facts.manifest->security.empty())
        return m_facts.manifest->security;
    return R"({"members":{"roles":["_admin"]},"admins":{"roles":["_admin"]}})";
}

std::uint64_t ArchiveDatabase::revsLimit()
{
    return m_facts.manifest ? m_facts.manifest->revsLimit.value_or(kDefaultRevsLimit)
                            : kDefaultRevsLimit;
}

} // namespace serve
