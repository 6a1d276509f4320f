#include "core/serve/documentindex.h"

#include <algorithm>

namespace serve {

using base::Result;
using base::Status;

namespace {
constexpr std::uint64_t kStretch = 256;
}

Result<DocumentIndex> DocumentIndex::build(store::Reader &reader)
{
    DocumentIndex index;
    Status walked = reader.forEachDocument([&](const store::Metadata &metadata) -> Result<bool> {
        if (index.m_documents % kStretch == 0)
            index.m_marks.push_back({metadata.id, index.m_documents, index.m_live});
        ++index.m_documents;
        index.m_live += metadata.isDeleted() ? 0 : 1;
        return true;
    });
    if (!walked)
        return walked.error();
    if (index.m_marks.empty())
        index.m_marks.emplace_back();
    return index;
}

const DocumentIndex::Mark &DocumentIndex::markFor(std::string_view id) const
{
    const auto behind = std::upper_bound(
        m_marks.begin(), m_marks.end(), id,
        [](std::string_view wanted, const Mark &mark) { return wanted < mark.id; });
    return behind == m_marks.begin() ? *behind : *(behind - 1);
}

const DocumentIndex::Mark &DocumentIndex::markAt(std::uint64_t before) const
{
    return m_marks[static_cast<size_t>(
        std::min<std::uint64_t>(before / kStretch, m_marks.size() - 1))];
}

Status DocumentIndex::forward(store::Reader &reader, std::uint64_t first,
                              const Visitor &visit) const
{
    if (first >= m_documents)
        return {};
    const Mark &mark = markAt(first);
    std::uint64_t number = mark.before;
    return reader.forEachDocument(
        [&](const store::Metadata &metadata) -> Result<bool> {
            return number++ < first ? Result<bool>(true) : visit(number, metadata);
        },
        mark.id);
}

Status DocumentIndex::backward(store::Reader &reader, std::uint64_t last,
                               const Visitor &visit) const
{
    if (m_documents == 0)
        return {};
    last = std::min(last, m_documents - 1);
    for (auto stretch = static_cast<std::ptrdiff_t>(last / kStretch); stretch >= 0; --stretch) {
        const Mark &mark = m_marks[static_cast<size_t>(stretch)];
        std::vector<store::Metadata> documents;
        const std::uint64_t wanted = std::min(kStretch, last - mark.before + 1);
        Status read = reader.forEachDocument(
            [&](const store::Metadata &metadata) -> Result<bool> {
                documents.push_back(metadata);
                return documents.size() < wanted;
            },
            mark.id);
        if (!read)
            return read;
        for (size_t i = documents.size(); i-- > 0;) {
            const auto more = visit(mark.before + i + 1, documents[i]);
            if (!more)
                return more.error();
            if (!*more)
                return {};
        }
    }
    return {};
}

Result<DocumentIndex::Position> DocumentIndex::positionOf(store::Reader &reader,
                                                          std::string_view id) const
{
    const Mark &mark = markFor(id);
    Position position{mark.before, mark.liveBefore};
    Status walked = reader.forEachDocument(
        [&](const store::Metadata &metadata) -> Result<bool> {
            if (metadata.id >= id)
                return false;
            ++position.before;
            position.liveBefore += metadata.isDeleted() ? 0 : 1;
            return true;
        },
        mark.id);
    if (!walked)
        return walked.error();
    return position;
}

} // namespace serve
