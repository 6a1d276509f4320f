#include "core/backup/idset.h"

#include "core/base/bytes.h"

#include <algorithm>
#include <cstring>

namespace backup {

namespace {

constexpr size_t kLeastRecent = 4096;
constexpr size_t kRecentShare = 16;

std::uint64_t hashOf(std::string_view id)
{
    const base::Sha256 digest = base::sha256(id);
    std::uint64_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof hash);
    return hash;
}

} // namespace

bool IdSet::contains(std::string_view id) const
{
    const std::uint64_t hash = hashOf(id);
    return m_recent.contains(hash) || std::binary_search(m_sorted.begin(), m_sorted.end(), hash);
}

bool IdSet::insert(std::string_view id)
{
    const std::uint64_t hash = hashOf(id);
    if (std::binary_search(m_sorted.begin(), m_sorted.end(), hash) || !m_recent.insert(hash).second)
        return false;
    if (m_recent.size() < std::max(kLeastRecent, m_sorted.size() / kRecentShare))
        return true;
    const auto middle = static_cast<std::ptrdiff_t>(m_sorted.size());
    m_sorted.insert(m_sorted.end(), m_recent.begin(), m_recent.end());
    m_recent.clear();
    std::sort(m_sorted.begin() + middle, m_sorted.end());
    std::inplace_merge(m_sorted.begin(), m_sorted.begin() + middle, m_sorted.end());
    return true;
}

} // namespace backup
