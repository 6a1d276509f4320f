#include "core/store/leafset.h"

namespace store {

namespace {

base::Sha256 termOf(std::string_view id, std::string_view rev)
{
    std::string term;
    term.reserve(id.size() + rev.size() + 1);
    term += id;
    term += '\0';
    term += rev;
    return base::sha256(term);
}

} // namespace

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
    base::HashSum sum;
    for (const base::HashSum &bucket : m_buckets)
        sum.add(bucket);
    return sum.hex();
}

std::uint8_t LeafSet::bucketOf(std::string_view id)
{
    return base::sha256(id).front();
}

} // namespace store
