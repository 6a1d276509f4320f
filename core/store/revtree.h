#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Revision trees: pure values and functions, no recursion anywhere (100,000 revisions deep, 10,000
/// leaves wide). Facts: CouchDB manual "Replication and conflict model"; couch_key_tree's behaviour.
namespace store {

/// "3-abc": generation and hash.
struct RevId {
    std::uint64_t generation = 0;
    std::string hash;
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

    /// CouchDB's rule: the path joins the first root it overlaps with, else it becomes a root.
    /// Joining may connect roots. `available` speaks of the path's newest revision.
    void merge(const RevPath &path, bool deleted, bool available = true);
    /// Cuts what lies more than `limit` generations above every leaf.
    void stem(std::uint64_t limit);

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
    [[nodiscard]] std::int32_t find(const RevId &rev) const; ///< -1 when not in the tree

private:
    std::vector<Node> m_nodes;
};

} // namespace store
