#include "core/serve/memorydatabase.h"

#include "core/base/bytes.h"
#include "core/base/text.h"
#include "core/serve/relatedparts.h"
#include "core/serve/revision.h"
#include "core/serve/updateslog.h"

#include <algorithm>

namespace serve {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

namespace {

constexpr std::uint64_t kDefaultRevsLimit = 1000;

template <typename Iterator>
std::uint64_t countLive(Iterator begin, Iterator end)
{
    return static_cast<std::uint64_t>(
        std::count_if(begin, end, [](const auto &entry) { return !entry.second.isDeleted(); }));
}

} // namespace

MemoryDatabase::MemoryDatabase(std::string name, std::string instanceStartTime,
                               std::shared_ptr<UpdatesLog> updates)
    : m_name(std::move(name))
    , m_updates(std::move(updates))
    , m_instanceStartTime(std::move(instanceStartTime))
    , m_token(randomBoundary())
    , m_security(R"({"members":{"roles":["_admin"]},"admins":{"roles":["_admin"]}})")
    , m_revsLimit(kDefaultRevsLimit)
{
}

void MemoryDatabase::tell()
{
    signal()->notify();
    m_updates->note(m_name, UpdatesLog::Type::Updated);
}

Result<DatabaseInfo> MemoryDatabase::info()
{
    const std::lock_guard lock(m_mutex);
    DatabaseInfo info;
    info.documents = countLive(m_documents.begin(), m_documents.end());
    info.deleted = m_documents.size() - info.documents;
    info.updateSeq = m_seq;
    info.purgeSeq = m_purgeSeq;
    info.instanceStartTime = m_instanceStartTime;
    info.bytes = m_bytes;
    return info;
}

// A visitor may wait for a slow client: the mutex is held for one document at a time.
Status MemoryDatabase::forEachChange(std::uint64_t since, bool descending, const Visitor &visit)
{
    std::uint64_t position = descending ? ~std::uint64_t{0} : since;
    for (;;) {
        store::Metadata metadata;
        {
            const std::lock_guard lock(m_mutex);
            auto next = descending ? m_bySeq.lower_bound(position) : m_bySeq.upper_bound(position);
            if (descending ? next == m_bySeq.begin() : next == m_bySeq.end())
                return {};
            if (descending)
                --next;
            position = next->first;
            if (position <= since)
                return {};
            metadata = m_documents.find(next->second)->second;
        }
        const auto more = visit(position, metadata);
        if (!more)
            return more.error();
        if (!*more)
            return {};
    }
}

Status MemoryDatabase::forEachDocument(std::string_view fromId, bool descending,
                                       const Visitor &visit)
{
    std::string position(fromId);
    bool includes = true;
    const bool fromTheEnd = descending && fromId.empty();
    for (bool isFirst = true;; isFirst = false) {
        store::Metadata metadata;
        {
            const std::lock_guard lock(m_mutex);
            Documents::const_iterator next;
            if (!descending) {
                next = includes ? m_documents.lower_bound(position)
                                : m_documents.upper_bound(position);
                if (next == m_documents.end())
                    return {};
            } else {
                next = includes ? m_documents.upper_bound(position)
                                : m_documents.lower_bound(position);
                if (isFirst && fromTheEnd)
                    next = m_documents.end();
                if (next == m_documents.begin())
                    return {};
                --next;
            }
            metadata = next->second;
        }
        position = metadata.id;
        includes = false;
        const auto more = visit(metadata.seq, metadata);
        if (!more)
            return more.error();
        if (!*more)
            return {};
    }
}

Result<std::uint64_t> MemoryDatabase::changesAfter(std::uint64_t since)
{
    const std::lock_guard lock(m_mutex);
    return static_cast<std::uint64_t>(std::distance(m_bySeq.upper_bound(since), m_bySeq.end()));
}

Result<std::uint64_t> MemoryDatabase::documentsBefore(std::string_view id)
{
    const std::lock_guard lock(m_mutex);
    return countLive(m_documents.begin(), m_documents.lower_bound(id));
}

Result<std::optional<store::Metadata>> MemoryDatabase::document(std::string_view id)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_documents.find(id);
    return found == m_documents.end() ? std::optional<store::Metadata>()
                                      : std::optional(found->second);
}

Result<std::string> MemoryDatabase::body(std::uint64_t seq)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_bodies.find(seq);
    if (found == m_bodies.end())
        return Error{ErrorKind::NotFound, base::text("The body is not there any more.")};
    return found->second;
}

Result<AttachmentInfo> MemoryDatabase::attachmentInfo(const store::StoredAttachment &attachment)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_attachments.find(attachment.digest);
    if (found == m_attachments.end())
        return Error{ErrorKind::NotFound, base::text("The attachment is not there any more.")};
    return AttachmentInfo{found->second.bytes->size(), found->second.isGzip};
}

std::string MemoryDatabase::security()
{
    const std::lock_guard lock(m_mutex);
    return m_security;
}

std::uint64_t MemoryDatabase::revsLimit()
{
    const std::lock_guard lock(m_mutex);
    return m_revsLimit;
}

void MemoryDatabase::setSecurity(std::string json)
{
    const std::lock_guard lock(m_mutex);
    m_security = std::move(json);
    ++m_seq; // as CouchDB 3.5.0 does, although _changes tells nothing
}

void MemoryDatabase::setRevsLimit(std::uint64_t limit)
{
    const std::lock_guard lock(m_mutex);
    m_revsLimit = limit;
    ++m_seq;
}

} // namespace serve
