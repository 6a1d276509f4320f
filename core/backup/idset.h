#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace backup {

/// A set of document ids in about ten bytes each: 64 bits of their SHA-256. Two ids out of ten
/// million are taken for one with a chance of one in a hundred thousand. One thread.
class IdSet
{
public:
    /// False when it was in already.
    bool insert(std::string_view id);
    [[nodiscard]] bool contains(std::string_view id) const;
    [[nodiscard]] size_t size() const { return m_sorted.size() + m_recent.size(); }

private:
    std::vector<std::uint64_t> m_sorted;
    std::unordered_set<std::uint64_t> m_recent; ///< joins the others when it has grown
};

} // namespace backup
