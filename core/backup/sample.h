#pragma once

#include "core/couch/types.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace backup {

/// A fair random sample of leaves, taken while they pass by (reservoir sampling): at most 1,000 of
/// them and, in the end, 5 % of all that passed.
class LeafSample
{
public:
    static constexpr size_t kMost = 1000;
    static constexpr std::uint64_t kOneOf = 20;

    explicit LeafSample(std::uint64_t seed)
        : m_random(seed)
    {
    }
    void offer(const std::string &id, const std::string &rev)
    {
        ++m_offered;
        if (m_leaves.size() < kMost) {
            m_leaves.push_back({id, rev});
            return;
        }
        const std::uint64_t place =
            std::uniform_int_distribution<std::uint64_t>(0, m_offered - 1)(m_random);
        if (place < kMost)
            m_leaves[static_cast<size_t>(place)] = {id, rev};
    }
    /// The sample in random order, cut to its share.
    [[nodiscard]] std::vector<couch::IdRev> take()
    {
        std::shuffle(m_leaves.begin(), m_leaves.end(), m_random);
        const std::uint64_t share = (m_offered + kOneOf - 1) / kOneOf;
        if (m_leaves.size() > share)
            m_leaves.resize(static_cast<size_t>(share));
        return std::move(m_leaves);
    }

private:
    std::mt19937_64 m_random;
    std::uint64_t m_offered = 0;
    std::vector<couch::IdRev> m_leaves;
};

} // namespace backup
