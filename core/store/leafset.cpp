#include "core/store/leafset.h"

namespace store {

namespace {

base::Sha256 termOf(std::string_view id, std::string_view rev)
{
    std::string text;
    text.reserve(id.size() + 1 + rev.size());
    text += id;
    text += '\0';
    text += rev;
    return base::sha256(text);
}

} // namespace

std::uint8_t LeafSet::bucketOf(std::string_view id)
{
    return base::sha256(id).front();
}

void LeafSet::add(std::string_view id, std::string_view rev)
{
    m_buckets[bucketOf(id)].add(termOf(id, rev));
    ++m_leaves;
}

void LeafSet::subtract(std::string_view id, std::string_view rev)
{
    m_buckets[bucketOf(id)].subtract(termOf(id, rev));
    --m_leaves;
}

std::string LeafSet::hex() const
{
    base::HashSum total;
    for (const base::HashSum &bucket : m_buckets)
        total.add(bucket);
    return total.hex();
}

} // namespace store
