#pragma once

#include "core/store/revtree.h"

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

/// A revision tree by the rules alone, without any thought of speed or depth: what RevTree must
/// equal.
namespace teststore {

struct HashOrder {
    bool operator()(const std::string &a, const std::string &b) const
    {
        return store::compareHashes(a, b) < 0;
    }
};

struct PlainNode {
    std::string hash;
    bool available = false;
    bool deleted = false;
    std::map<std::string, PlainNode, HashOrder> children;
};

struct PlainRoot {
    std::uint64_t generation = 0;
    PlainNode node;
};

inline PlainNode plainChain(const store::RevPath &path, std::uint64_t from, bool deleted,
                            bool available)
{
    PlainNode node;
    node.hash = path.hashes[path.start - from];
    if (from == path.start) {
        node.available = available;
        node.deleted = deleted;
    } else {
        PlainNode child = plainChain(path, from + 1, deleted, available);
        node.children.emplace(child.hash, std::move(child));
    }
    return node;
}

/// Both agree on `node`, which is of `generation`.
inline void extendPlain(PlainNode &node, std::uint64_t generation, const store::RevPath &path,
                        bool deleted, bool available)
{
    if (generation == path.start) {
        if (!node.available) {
            node.available = available;
            node.deleted = deleted;
        }
        return;
    }
    const std::string &next = path.hashes[path.start - generation - 1];
    const auto child = node.children.find(next);
    if (child != node.children.end())
        extendPlain(child->second, generation + 1, path, deleted, available);
    else
        node.children.emplace(next, plainChain(path, generation + 1, deleted, available));
}

inline PlainNode *findPlain(PlainNode &node, std::uint64_t generation, std::uint64_t wanted,
                            const std::string &hash)
{
    if (generation == wanted)
        return node.hash == hash ? &node : nullptr;
    for (auto &[key, child] : node.children) {
        if (PlainNode *found = findPlain(child, generation + 1, wanted, hash))
            return found;
    }
    return nullptr;
}

inline bool joinPlain(PlainRoot &root, const store::RevPath &path, bool deleted, bool available)
{
    const std::uint64_t first = path.start - (path.hashes.size() - 1);
    if (root.generation < first) {
        PlainNode *node = findPlain(root.node, root.generation, first, path.hashes.back());
        if (node != nullptr)
            extendPlain(*node, first, path, deleted, available);
        return node != nullptr;
    }
    if (root.generation > path.start || path.hashes[path.start - root.generation] != root.node.hash)
        return false;
    extendPlain(root.node, root.generation, path, deleted, available);
    while (root.generation > first) {
        root.generation -= 1;
        PlainNode parent;
        parent.hash = path.hashes[path.start - root.generation];
        const std::string hash = root.node.hash;
        parent.children.emplace(hash, std::move(root.node));
        root.node = std::move(parent);
    }
    return true;
}

inline void sortPlain(std::vector<PlainRoot> &roots)
{
    std::ranges::stable_sort(roots, [](const PlainRoot &a, const PlainRoot &b) {
        return a.generation != b.generation ? a.generation < b.generation
                                            : store::compareHashes(a.node.hash, b.node.hash) < 0;
    });
}

inline void mergePlain(std::vector<PlainRoot> &roots, const store::RevPath &path, bool deleted,
                       bool available)
{
    sortPlain(roots);
    for (PlainRoot &root : roots) {
        if (joinPlain(root, path, deleted, available))
            return;
    }
    const std::uint64_t first = path.start - (path.hashes.size() - 1);
    roots.push_back({first, plainChain(path, first, deleted, available)});
}

/// Returns how far the nearest leaf is; what is too far away falls apart into new roots.
inline std::uint64_t stemPlainNode(PlainNode &&node, std::uint64_t generation, std::uint64_t limit,
                                   std::vector<PlainRoot> &roots, std::vector<PlainNode> &kept)
{
    std::uint64_t distance = node.children.empty() ? 0 : ~std::uint64_t{0};
    std::vector<PlainNode> children;
    for (auto &[hash, child] : node.children)
        distance = std::min(
            distance, 1 + stemPlainNode(std::move(child), generation + 1, limit, roots, children));
    if (distance < limit) {
        node.children.clear();
        for (PlainNode &child : children)
            node.children.emplace(child.hash, std::move(child));
        kept.push_back(std::move(node));
    } else {
        for (PlainNode &child : children)
            roots.push_back({generation + 1, std::move(child)});
    }
    return distance;
}

inline void stemPlain(std::vector<PlainRoot> &roots, std::uint64_t limit)
{
    std::vector<PlainRoot> result;
    for (PlainRoot &root : roots) {
        std::vector<PlainNode> kept;
        const std::uint64_t generation = root.generation;
        stemPlainNode(std::move(root.node), generation, limit, result, kept);
        for (PlainNode &node : kept)
            result.push_back({generation, std::move(node)});
    }
    roots = std::move(result);
}

using PlainLeafVisitor =
    std::function<void(const store::RevPath &path, bool deleted, bool available)>;

inline void forEachPlainLeafBelow(const PlainNode &node, store::RevPath path,
                                  const PlainLeafVisitor &visit)
{
    path.start += 1;
    path.hashes.insert(path.hashes.begin(), node.hash);
    if (node.children.empty())
        visit(path, node.deleted, node.available);
    for (const auto &[hash, child] : node.children)
        forEachPlainLeafBelow(child, path, visit);
}

inline void forEachPlainLeaf(const std::vector<PlainRoot> &roots, const PlainLeafVisitor &visit)
{
    for (const PlainRoot &root : roots)
        forEachPlainLeafBelow(root.node, {root.generation - 1, {}}, visit);
}

} // namespace teststore
