#include "core/store/revtree.h"

#include "core/base/bytes.h"

#include <algorithm>
#include <charconv>
#include <functional>

namespace store {

namespace {

constexpr std::int32_t kNone = -1;

// Small trees are the rule, and for them a look at every node is cheaper than an index.
constexpr size_t kIndexFrom = 16;

std::uint64_t keyOf(std::uint64_t generation, std::string_view hash)
{
    return std::hash<std::string_view>()(hash) ^ generation * 0x9e3779b97f4a7c15U;
}

bool isBinaryHash(std::string_view hash)
{
    const auto isHexDigit = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    };
    return hash.size() == 32 && std::ranges::all_of(hash, isHexDigit);
}

/// The hash of a path at a generation that it covers.
const std::string &hashAt(const RevPath &path, std::uint64_t generation)
{
    return path.hashes[static_cast<size_t>(path.start - generation)];
}

std::uint64_t firstGeneration(const RevPath &path)
{
    return path.start - (path.hashes.size() - 1);
}

} // namespace

std::string RevId::toString() const
{
    return std::to_string(generation) + '-' + hash;
}

std::optional<RevId> RevId::parse(std::string_view text)
{
    const size_t dash = text.find('-');
    RevId rev;
    if (dash == std::string_view::npos || dash == 0 || dash + 1 == text.size())
        return std::nullopt;
    const char *end = text.data() + dash;
    const auto [stopped, error] = std::from_chars(text.data(), end, rev.generation);
    if (error != std::errc() || stopped != end || rev.generation == 0)
        return std::nullopt;
    rev.hash = text.substr(dash + 1);
    return rev;
}

int compareHashes(std::string_view a, std::string_view b)
{
    const bool binaryA = isBinaryHash(a);
    const bool binaryB = isBinaryHash(b);
    if (!binaryA && !binaryB)
        return a.compare(b);
    const std::string rawA = binaryA ? *base::fromHex(a) : std::string(a);
    const std::string rawB = binaryB ? *base::fromHex(b) : std::string(b);
    return rawA.compare(rawB);
}

std::int32_t RevTree::addNode(std::int32_t parent, std::uint64_t generation, std::string hash,
                              bool available, bool deleted)
{
    const auto index = static_cast<std::int32_t>(m_nodes.size());
    m_nodes.push_back({std::move(hash), generation, parent, kNone, kNone, available, deleted});
    if (parent == kNone) {
        m_roots.push_back(index);
    } else {
        at(index).nextSibling = at(parent).firstChild;
        at(parent).firstChild = index;
    }
    const auto remember = [&](std::int32_t node) {
        m_byRev.emplace(keyOf(at(node).generation, at(node).hash), node);
    };
    if (m_nodes.size() == kIndexFrom) {
        for (std::int32_t node = 0; node <= index; ++node)
            remember(node);
    } else if (m_nodes.size() > kIndexFrom) {
        remember(index);
    }
    return index;
}

template <typename Visit>
void RevTree::forEachNode(std::uint64_t generation, std::string_view hash, const Visit &visit) const
{
    const auto visitIfSame = [&](std::int32_t node) {
        if (at(node).generation == generation && at(node).hash == hash)
            visit(node);
    };
    if (m_nodes.size() < kIndexFrom) {
        for (size_t node = 0; node < m_nodes.size(); ++node)
            visitIfSame(static_cast<std::int32_t>(node));
        return;
    }
    const auto [begin, end] = m_byRev.equal_range(keyOf(generation, hash));
    for (auto entry = begin; entry != end; ++entry)
        visitIfSame(entry->second);
}

bool RevTree::rootComesFirst(std::int32_t a, std::int32_t b) const
{
    if (at(a).generation != at(b).generation)
        return at(a).generation < at(b).generation;
    const int order = compareHashes(at(a).hash, at(b).hash);
    return order != 0 ? order < 0 : a < b;
}

std::int32_t RevTree::rootOf(std::int32_t node) const
{
    while (at(node).parent != kNone)
        node = at(node).parent;
    return node;
}

/// Which of two nodes of one generation and root a walk in hash order meets first.
bool RevTree::comesFirstBelowRoot(std::int32_t a, std::int32_t b) const
{
    while (at(a).parent != at(b).parent) {
        a = at(a).parent;
        b = at(b).parent;
    }
    return compareHashes(at(a).hash, at(b).hash) < 0;
}

/// The node from which path and tree go on together: the root itself where the path is older, else
/// the node that equals the path's oldest revision. Of several roots the first one counts.
std::int32_t RevTree::findOverlap(const RevPath &path) const
{
    const std::uint64_t first = firstGeneration(path);
    std::int32_t bestRoot = kNone;
    std::int32_t best = kNone;
    const auto consider = [&](std::int32_t root, std::int32_t node) {
        const bool isBetter = bestRoot == kNone
            || (root == bestRoot ? comesFirstBelowRoot(node, best)
                                 : rootComesFirst(root, bestRoot));
        if (isBetter) {
            bestRoot = root;
            best = node;
        }
    };
    const auto considerIfRoot = [&](std::int32_t node) {
        if (at(node).parent == kNone)
            consider(node, node);
    };
    // Whichever is less: all roots, or all revisions of the path.
    if (m_roots.size() <= path.hashes.size()) {
        for (const std::int32_t root : m_roots) {
            const Node &node = at(root);
            if (node.generation > first && node.generation <= path.start
                && node.hash == hashAt(path, node.generation))
                consider(root, root);
        }
    } else {
        for (std::uint64_t generation = first + 1; generation <= path.start; ++generation)
            forEachNode(generation, hashAt(path, generation), considerIfRoot);
    }
    forEachNode(first, path.hashes.back(),
                [&](std::int32_t node) { consider(rootOf(node), node); });
    return best;
}

/// The last node that the path shares with the tree below `from`.
std::int32_t RevTree::deepestOnPath(std::int32_t from, const RevPath &path) const
{
    // From the leaf up: what is new is met first, and it is met only once.
    for (std::uint64_t generation = path.start; generation > at(from).generation; --generation) {
        std::int32_t found = kNone;
        forEachNode(generation, hashAt(path, generation), [&](std::int32_t candidate) {
            std::int32_t node = candidate;
            while (at(node).generation > at(from).generation && at(node).parent != kNone
                   && at(node).hash == hashAt(path, at(node).generation))
                node = at(node).parent;
            if (node == from)
                found = candidate;
        });
        if (found != kNone)
            return found;
    }
    return from;
}

/// Puts the path's revisions that are older than the root in front of it.
void RevTree::extendBack(std::int32_t root, const RevPath &path)
{
    std::int32_t parent = kNone;
    const std::uint64_t rootGeneration = at(root).generation;
    for (std::uint64_t generation = firstGeneration(path); generation < rootGeneration;
         ++generation)
        parent = addNode(parent, generation, hashAt(path, generation), false, false);
    if (parent == kNone)
        return;
    std::erase(m_roots, root);
    at(root).parent = parent;
    at(parent).firstChild = root;
}

void RevTree::merge(const RevPath &path, bool deleted, bool available)
{
    if (path.hashes.empty() || path.hashes.size() > path.start)
        return;
    std::int32_t node = findOverlap(path);
    std::uint64_t next = firstGeneration(path);
    if (node != kNone) {
        if (at(node).parent == kNone)
            extendBack(node, path);
        node = deepestOnPath(node, path);
        next = at(node).generation + 1;
    }
    for (; next <= path.start; ++next)
        node = addNode(node, next, hashAt(path, next), false, false);
    Node &newest = at(node);
    // What is stored already stays as it is.
    if (newest.generation == path.start && !newest.available) {
        newest.available = available;
        newest.deleted = deleted;
    }
}

void RevTree::stem(std::uint64_t limit)
{
    limit = std::max<std::uint64_t>(limit, 1);
    // Distance to the nearest leaf; a node's children may lie in front of it or behind it.
    std::vector<std::uint64_t> distance(m_nodes.size(), std::uint64_t{0} - 1);
    for (const std::int32_t leaf : leaves()) {
        std::uint64_t steps = 0;
        for (std::int32_t node = leaf; node != kNone; node = at(node).parent, ++steps) {
            auto &known = distance[static_cast<size_t>(node)];
            if (known <= steps)
                break;
            known = steps;
        }
    }
    RevTree kept;
    std::vector<std::pair<std::int32_t, std::int32_t>> pending; // node here, parent there
    for (const std::int32_t root : roots())
        pending.emplace_back(root, kNone);
    while (!pending.empty()) {
        const auto [node, parent] = pending.back();
        pending.pop_back();
        std::int32_t copy = kNone;
        if (distance[static_cast<size_t>(node)] < limit) {
            Node &from = at(node);
            copy = kept.addNode(parent, from.generation, std::move(from.hash), from.available,
                                from.deleted);
        }
        for (std::int32_t child = at(node).firstChild; child != kNone;
             child = at(child).nextSibling)
            pending.emplace_back(child, copy);
    }
    *this = std::move(kept);
}

std::vector<std::int32_t> RevTree::roots() const
{
    std::vector<std::int32_t> sorted = m_roots;
    std::ranges::sort(sorted,
                      [this](std::int32_t a, std::int32_t b) { return rootComesFirst(a, b); });
    return sorted;
}

std::vector<std::int32_t> RevTree::children(std::int32_t node) const
{
    std::vector<std::int32_t> sorted;
    for (std::int32_t child = at(node).firstChild; child != kNone; child = at(child).nextSibling)
        sorted.push_back(child);
    std::ranges::sort(sorted, [this](std::int32_t a, std::int32_t b) {
        const int order = at(a).hash.compare(at(b).hash);
        return order != 0 ? order < 0 : a < b;
    });
    return sorted;
}

std::vector<std::int32_t> RevTree::leaves() const
{
    std::vector<std::int32_t> found;
    for (size_t node = 0; node < m_nodes.size(); ++node) {
        if (m_nodes[node].firstChild == kNone)
            found.push_back(static_cast<std::int32_t>(node));
    }
    return found;
}

std::int32_t RevTree::winner() const
{
    const auto beats = [this](std::int32_t a, std::int32_t b) {
        const Node &nodeA = at(a);
        const Node &nodeB = at(b);
        if (nodeA.deleted != nodeB.deleted)
            return nodeB.deleted;
        if (nodeA.generation != nodeB.generation)
            return nodeA.generation > nodeB.generation;
        return compareHashes(nodeA.hash, nodeB.hash) > 0;
    };
    std::int32_t best = kNone;
    for (const std::int32_t leaf : leaves()) {
        if (best == kNone || beats(leaf, best))
            best = leaf;
    }
    return best;
}

RevId RevTree::revOf(std::int32_t node) const
{
    return {at(node).generation, at(node).hash};
}

RevPath RevTree::pathOf(std::int32_t node) const
{
    RevPath path{at(node).generation, {}};
    for (; node != kNone; node = at(node).parent)
        path.hashes.push_back(at(node).hash);
    return path;
}

std::int32_t RevTree::find(const RevId &rev) const
{
    std::int32_t best = kNone;
    forEachNode(rev.generation, rev.hash, [&](std::int32_t node) {
        const bool better = best == kNone || (at(node).available && !at(best).available)
            || (at(node).available == at(best).available && node < best);
        if (better)
            best = node;
    });
    return best;
}

} // namespace store
