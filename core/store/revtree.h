#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// Revision trees: pure values and functions, no recursion anywhere (100,000 revisions deep, 10,000
/// leaves wide). They behave as CouchDB's do, conflicts between odd revisions included.
namespace store {

/// "3-abc": generation and hash.
struct RevId {
    std::uint64_t generation = 0;
    std::string hash;
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the zero of <=> for a pointer
    auto operator<=>(const RevId &) const = default;
    [[nodiscard]] std::string toString() const;
    [[nodiscard]] static std::optional<RevId> parse(std::string_view text);
};

/// `_revisions`: the newest revision first, each generation one less than the one before.
struct RevPath {
    std::uint64_t start = 0;
    std::vector<std::string> hashes;
    [[nodiscard]] RevId leaf() const { return {start, hashes.front()}; }
};

/// CouchDB's order of hashes: 32 hex digits count as the 16 bytes that they stand for, anything
/// else as its text. (PouchDB compares texts; both agree on every hash that either of them makes.)
[[nodiscard]] int compareHashes(std::string_view a, std::string_view b);

/// The tree of one document. Nodes lie in one vector; links are indices (-1 = none).
class RevTree
{
public:
    struct Node {
        std::string hash;
        std::uint64_t generation = 0;
        std::int32_t parent = -1;
        std::int32_t firstChild = -1;
        std::int32_t nextSibling = -1;
        bool available = false; ///< its body is stored
        bool deleted = false;
    };

    /// CouchDB's rule: the path and a root overlap when both have the same revision at the
    /// generation where the younger of the two begins. The path joins the first root (in the order
    /// of roots()) that it overlaps with; where there is none it becomes a root. A longer path
    /// extends the root towards the past. `available` speaks of the path's newest revision.
    void merge(const RevPath &path, bool deleted, bool available = true);
    /// Keeps the `limit` newest revisions of every path to a leaf; what a leaf still needs stays
    /// for all.
    void stem(std::uint64_t limit);
    /// Adds a node as it is, for a reader of stored trees; -1 as parent makes a root. Returns its
    /// index.
    std::int32_t addNode(std::int32_t parent, std::uint64_t generation, std::string hash,
                         bool available, bool deleted);

    /// In no order.
    [[nodiscard]] const std::vector<Node> &nodes() const { return m_nodes; }
    /// Indices of the roots, sorted by generation, then hash.
    [[nodiscard]] std::vector<std::int32_t> roots() const;
    /// Children in ascending hash order.
    [[nodiscard]] std::vector<std::int32_t> children(std::int32_t node) const;
    [[nodiscard]] std::vector<std::int32_t> leaves() const;
    /// Live beats deleted, then the larger generation, then the larger hash; -1 for an empty tree.
    [[nodiscard]] std::int32_t winner() const;
    [[nodiscard]] RevId revOf(std::int32_t node) const;
    /// From the node up to its root.
    [[nodiscard]] RevPath pathOf(std::int32_t node) const;
    /// -1 when not in the tree. A stemmed tree can hold a revision twice: then the one with a body.
    [[nodiscard]] std::int32_t find(const RevId &rev) const;

private:
    [[nodiscard]] Node &at(std::int32_t node) { return m_nodes[static_cast<size_t>(node)]; }
    [[nodiscard]] const Node &at(std::int32_t node) const
    {
        return m_nodes[static_cast<size_t>(node)];
    }
    [[nodiscard]] bool rootComesFirst(std::int32_t a, std::int32_t b) const;
    [[nodiscard]] bool comesFirstBelowRoot(std::int32_t a, std::int32_t b) const;
    [[nodiscard]] std::int32_t rootOf(std::int32_t node) const;
    template <typename Visit>
    void forEachNode(std::uint64_t generation, std::string_view hash, const Visit &visit) const;
    [[nodiscard]] std::int32_t findOverlap(const RevPath &path) const;
    [[nodiscard]] std::int32_t deepestOnPath(std::int32_t from, const RevPath &path) const;
    void extendBack(std::int32_t root, const RevPath &path);

    std::vector<Node> m_nodes;
    std::vector<std::int32_t> m_roots;
    std::unordered_multimap<std::uint64_t, std::int32_t> m_byRev; ///< key of (generation, hash)
};

} // namespace store
