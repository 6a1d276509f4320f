#include "ui/browser/documenttable.h"

#include <algorithm>

namespace browser {

void DocumentTable::add(std::shared_ptr<const DocumentBatch> batch)
{
    m_size += batch->rows.size();
    m_batches.push_back(std::move(batch));
}

const BodyFacts *DocumentTable::body(size_t index) const
{
    const std::uint64_t seq = row(index).seq;
    if (!m_bodies || seq == 0)
        return nullptr;
    const auto found =
        std::lower_bound(m_bodies->begin(), m_bodies->end(), seq,
                         [](const BodyFacts &it, std::uint64_t wanted) { return it.seq < wanted; });
    return found != m_bodies->end() && found->seq == seq ? &*found : nullptr;
}

bool DocumentFilter::isOff() const
{
    return text.empty() && !onlyDeleted && !onlyConflicted && !onlyWithAttachments && !found;
}

std::vector<std::uint32_t> filterRows(const DocumentTable &table, const DocumentFilter &filter,
                                      size_t from)
{
    std::vector<std::uint32_t> passed;
    for (size_t i = from; i < table.size(); ++i) {
        const DocumentRow &row = table.row(i);
        if ((filter.onlyDeleted && !row.deleted) || (filter.onlyConflicted && row.liveLeaves < 2))
            continue;
        if (!filter.text.empty()) {
            const std::string_view id = table.id(i);
            if (filter.match == DocumentFilter::Match::BeginsWith
                    ? !id.starts_with(filter.text)
                    : id.find(filter.text) == std::string_view::npos)
                continue;
        }
        if (filter.onlyWithAttachments) {
            const BodyFacts *body = table.body(i);
            if (body == nullptr || body->attachments == 0)
                continue;
        }
        if (filter.found
            && !std::binary_search(filter.found->begin(), filter.found->end(), row.seq))
            continue;
        passed.push_back(static_cast<std::uint32_t>(i));
    }
    return passed;
}

} // namespace browser
