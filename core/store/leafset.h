#pragma once

#include "core/base/bytes.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace store {

/// The set of leaf revisions of a database as 256 buckets (first byte of SHA-256 of the id), each
/// the sum modulo 2^256 of SHA-256(id, 0x00, rev). Order does not matter, memory is constant, and
/// two places that differ need to look only at the buckets that do. Whether a leaf is deleted is
/// left out:
/// `_changes` says it of the winner only, and the set must be countable from `_changes` alone.
class LeafSet
{
public:
    void add(std::string_view id, std::string_view rev);
    /// Takes out a leaf that was added before.
    void subtract(std::string_view id, std::string_view rev);
    [[nodiscard]] const std::array<base::HashSum, 256> &buckets() const { return m_buckets; }
    /// The sum of all buckets, as 64 hex digits.
    [[nodiscard]] std::string hex() const;
    [[nodiscard]] std::uint64_t leaves() const { return m_leaves; }
    [[nodiscard]] static std::uint8_t bucketOf(std::string_view id);
    bool operator==(const LeafSet &) const = default;

private:
    std::array<base::HashSum, 256> m_buckets;
    std::uint64_t m_leaves = 0;
};

} // namespace store
