#include "core/archive/gzippages.h"

#include "core/archive/gzipmember.h"
#include "core/base/text.h"

#include <algorithm>
#include <cstring>

namespace archive {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::Status;

constexpr size_t kPageBytes = GzipIndex::kPageBytes;
constexpr size_t kMaxPages = 96; // 24 MiB
constexpr size_t kMaxCursors = 4;

Error changed()
{
    return {ErrorKind::Corrupt, base::text("The archive was changed while it was open."), {}};
}

class StreamFile final : public base::RandomReader
{
public:
    StreamFile(std::shared_ptr<const GzipPages> pages, std::uint64_t offset, std::uint64_t size)
        : m_pages(std::move(pages))
        , m_offset(offset)
        , m_size(size)
    {
    }
    [[nodiscard]] std::uint64_t size() const override { return m_size; }
    [[nodiscard]] Status readAt(std::uint64_t offset, char *out, size_t length) const override
    {
        if (offset > m_size || length > m_size - offset)
            return Error{ErrorKind::Corrupt,
                         base::text("A read goes past the end of %1 bytes.").arg(m_size),
                         {}};
        return m_pages->read(m_offset + offset, out, length);
    }

private:
    std::shared_ptr<const GzipPages> m_pages;
    std::uint64_t m_offset;
    std::uint64_t m_size;
};

} // namespace

GzipPages::GzipPages(std::shared_ptr<const base::RandomReader> file, GzipIndex index)
    : m_file(std::move(file))
    , m_index(std::move(index))
{
}

Result<std::shared_ptr<const base::RandomReader>> GzipPages::open(std::uint64_t source,
                                                                  std::uint64_t size) const
{
    return std::shared_ptr<const base::RandomReader>(
        std::make_shared<StreamFile>(shared_from_this(), source, size));
}

Status GzipPages::read(std::uint64_t offset, char *out, size_t length) const
{
    const std::lock_guard lock(m_mutex);
    while (length > 0) {
        const Result<Page> content = page(offset / kPageBytes);
        if (!content)
            return content.error();
        const auto begin = static_cast<size_t>(offset % kPageBytes);
        const size_t count = std::min(length, (*content)->size() - begin);
        std::memcpy(out, (*content)->data() + begin, count);
        out += count;
        offset += count;
        length -= count;
    }
    return {};
}

Result<GzipPages::Page> GzipPages::page(std::uint64_t number) const
{
    if (const auto kept = m_pages.find(number); kept != m_pages.end()) {
        m_recent.splice(m_recent.begin(), m_recent, kept->second);
        return kept->second->second;
    }
    const auto cursor = cursorFor(number);
    if (!cursor)
        return cursor.error();
    // What is passed is kept too: tables are read from their end.
    for (;;) {
        const std::uint64_t current = (**cursor)->page;
        Result<Page> content = nextPage(***cursor);
        if (!content) {
            m_cursors.erase(*cursor);
            return content;
        }
        keep(current, *content);
        if (current == number)
            return content;
    }
}

/// The nearest position at or before a page: one that is open, or a checkpoint.
Result<std::list<std::unique_ptr<GzipPages::Cursor>>::iterator>
GzipPages::cursorFor(std::uint64_t number) const
{
    const std::uint64_t checkpoint = m_index.checkpoints.before(number * kPageBytes).content;
    auto best = m_cursors.end();
    for (auto cursor = m_cursors.begin(); cursor != m_cursors.end(); ++cursor) {
        const std::uint64_t at = (*cursor)->page;
        if (at <= number && at * kPageBytes >= checkpoint
            && (best == m_cursors.end() || at > (*best)->page))
            best = cursor;
    }
    if (best == m_cursors.end()) {
        if (m_cursors.size() < kMaxCursors)
            m_cursors.push_back(std::make_unique<Cursor>(*m_file));
        best = std::prev(m_cursors.end());
        if (Status placed = place(**best, number); !placed)
            return placed.error();
    }
    m_cursors.splice(m_cursors.begin(), m_cursors, best);
    return best;
}

/// Moves a cursor to the first whole page behind the checkpoint before page `number`.
Status GzipPages::place(Cursor &cursor, std::uint64_t number) const
{
    const CheckpointIndex::Checkpoint &from = m_index.checkpoints.before(number * kPageBytes);
    if (Status begun = cursor.inflate.begin(from); !begun)
        return begun;
    cursor.page = (from.content + kPageBytes - 1) / kPageBytes;
    const auto skipped = static_cast<size_t>(cursor.page * kPageBytes - from.content);
    std::string passed(skipped, '\0');
    return produce(cursor.inflate, from.content, passed.data(), passed.size());
}

Result<GzipPages::Page> GzipPages::nextPage(Cursor &cursor) const
{
    const std::uint64_t begin = cursor.page * kPageBytes;
    if (begin >= m_index.size)
        return changed();
    std::string bytes(
        static_cast<size_t>(std::min<std::uint64_t>(kPageBytes, m_index.size - begin)), '\0');
    if (Status produced = produce(cursor.inflate, begin, bytes.data(), bytes.size()); !produced)
        return produced.error();
    if (crc32(0, bytes) != m_index.pageCrcs[static_cast<size_t>(cursor.page)])
        return changed();
    ++cursor.page;
    return std::make_shared<const std::string>(std::move(bytes));
}

/// Inflates across the ends of members.
Status GzipPages::produce(RawInflate &inflate, std::uint64_t content, char *out,
                          size_t length) const
{
    while (length > 0) {
        size_t got = 0;
        const auto state = inflate.inflate(out, length, got);
        if (!state)
            return state.error();
        out += got;
        length -= got;
        content += got;
        if (length == 0)
            break;
        const CheckpointIndex::Checkpoint *next = *state == RawInflate::State::StreamEnd
            ? m_index.checkpoints.memberAt(content, inflate.packedOffset())
            : nullptr;
        if (next == nullptr)
            return changed();
        if (Status begun = inflate.begin(*next); !begun)
            return begun;
    }
    return {};
}

void GzipPages::keep(std::uint64_t number, const Page &page) const
{
    if (m_pages.contains(number))
        return;
    m_recent.emplace_front(number, page);
    m_pages.emplace(number, m_recent.begin());
    if (m_recent.size() > kMaxPages) {
        m_pages.erase(m_recent.back().first);
        m_recent.pop_back();
    }
}

} // namespace archive
