#include "core/store/document.h"

#include "core/base/text.h"

#include <algorithm>

namespace store {

using base::Error;
using base::ErrorKind;
using base::Result;
using base::text;
namespace json = base::json;

namespace {

// A generation is a JavaScript number in PouchDB.
constexpr std::uint64_t kMaxGeneration = std::uint64_t{1} << 53;

void appendNodeHead(std::string &out, const RevTree::Node &node)
{
    out += '[';
    json::appendQuoted(out, node.hash);
    out += node.available ? R"(,{"status":"available")" : R"(,{"status":"missing")";
    if (node.deleted)
        out += R"(,"deleted":true)";
    out += "},[";
}

/// `["hash",{"status":...},[children]]` for the node and everything below it.
void appendSubtree(std::string &out, const RevTree &tree, std::int32_t root)
{
    struct Open {
        std::vector<std::int32_t> children;
        size_t next = 0;
    };
    std::vector<Open> stack;
    const auto open = [&](std::int32_t node) {
        appendNodeHead(out, tree.nodes()[static_cast<size_t>(node)]);
        stack.push_back({tree.children(node)});
    };
    open(root);
    while (!stack.empty()) {
        Open &top = stack.back();
        if (top.next == top.children.size()) {
            out += "]]";
            stack.pop_back();
            continue;
        }
        if (top.next > 0)
            out += ',';
        open(top.children[top.next++]);
    }
}

void appendRevTree(std::string &out, const RevTree &tree)
{
    // PouchDB keeps roots of one generation in the order in which they came.
    std::vector<std::int32_t> roots = tree.roots();
    std::ranges::sort(roots, {}, [&](std::int32_t root) {
        return std::pair(tree.nodes()[static_cast<size_t>(root)].generation, root);
    });
    out += '[';
    bool first = true;
    for (const std::int32_t root : roots) {
        out += first ? R"({"pos":)" : R"(,{"pos":)";
        out += std::to_string(tree.nodes()[static_cast<size_t>(root)].generation);
        out += R"(,"ids":)";
        appendSubtree(out, tree, root);
        out += '}';
        first = false;
    }
    out += ']';
}

/// In the order in which the revisions were written, as PouchDB's objects keep it.
void appendRevMap(std::string &out, const std::map<RevId, std::uint64_t> &seqOf)
{
    std::vector<std::pair<std::uint64_t, const RevId *>> bySeq;
    bySeq.reserve(seqOf.size());
    for (const auto &[rev, seq] : seqOf)
        bySeq.emplace_back(seq, &rev);
    std::ranges::sort(bySeq, {}, [](const auto &entry) { return entry.first; });
    out += '{';
    for (size_t i = 0; i < bySeq.size(); ++i) {
        if (i > 0)
            out += ',';
        json::appendQuoted(out, bySeq[i].second->toString());
        out += ':';
        out += std::to_string(bySeq[i].first);
    }
    out += '}';
}

RevId lastWritten(const Metadata &metadata)
{
    for (const auto &[rev, seq] : metadata.seqOf) {
        if (seq == metadata.seq)
            return rev;
    }
    return metadata.winner();
}

/// Reads `["hash",{"status":...},[children]]` of text that is known to be JSON.
class SubtreeReader
{
public:
    SubtreeReader(std::string_view text, RevTree &tree)
        : m_rest(text)
        , m_tree(tree)
    {
    }

    [[nodiscard]] bool read(std::uint64_t generation)
    {
        std::vector<std::int32_t> open;
        while (true) {
            const std::int32_t parent = open.empty() ? -1 : open.back();
            const std::uint64_t own = generation + open.size();
            if (own > kMaxGeneration || !readHead(parent, own, open))
                return false;
            if (peek() != ']')
                continue;
            do {
                if (!take(']') || !take(']')) // the children, the node
                    return false;
                open.pop_back();
                if (open.empty())
                    return true;
            } while (!take(','));
        }
    }

private:
    void skipSpace()
    {
        while (!m_rest.empty()
               && std::string_view(" \t\r\n").find(m_rest.front()) != std::string_view::npos)
            m_rest.remove_prefix(1);
    }

    char peek()
    {
        skipSpace();
        return m_rest.empty() ? '\0' : m_rest.front();
    }

    bool take(char expected)
    {
        if (peek() != expected)
            return false;
        m_rest.remove_prefix(1);
        return true;
    }

    /// The text up to where `end` stands outside of strings, that included.
    std::string_view takeThrough(char end)
    {
        bool inString = false;
        for (size_t i = 1; i < m_rest.size(); ++i) {
            const char c = m_rest[i];
            if (c == '\\')
                ++i;
            else if (c == end && !inString)
                return takeBytes(i + 1);
            else if (c == '"')
                inString = !inString;
        }
        return takeBytes(m_rest.size());
    }

    std::string_view takeBytes(size_t count)
    {
        const std::string_view taken = m_rest.substr(0, count);
        m_rest.remove_prefix(count);
        return taken;
    }

    bool readHead(std::int32_t parent, std::uint64_t generation, std::vector<std::int32_t> &open)
    {
        if (!take('[') || peek() != '"')
            return false;
        const std::string hash = json::unescape(takeThrough('"'));
        if (hash.empty() || !take(',') || peek() != '{')
            return false;
        const std::string_view options = takeThrough('}');
        bool available = options == R"({"status":"available"})";
        bool deleted = false;
        if (!available && options != R"({"status":"missing"})") {
            const auto members = json::members(options);
            if (!members)
                return false;
            available = json::find(*members, "status") == R"("available")";
            deleted = json::find(*members, "deleted") == "true";
        }
        if (!take(',') || !take('['))
            return false;
        open.push_back(m_tree.addNode(parent, generation, hash, available, deleted));
        return true;
    }

    std::string_view m_rest;
    RevTree &m_tree;
};

Error malformed(const char *what)
{
    return {ErrorKind::Corrupt, text("A document's metadata is damaged."),
            QString::fromLatin1(what)};
}

base::Status readRevTree(std::string_view value, RevTree &tree)
{
    const auto roots = json::elements(value);
    if (!roots)
        return malformed("rev_tree is not an array");
    for (const std::string_view rootText : *roots) {
        const auto root = json::members(rootText);
        if (!root)
            return malformed("a root is not an object");
        const auto position = json::find(*root, "pos");
        const auto ids = json::find(*root, "ids");
        const auto generation = position ? json::toUnsigned(*position) : std::nullopt;
        if (!ids || !generation || *generation == 0 || !SubtreeReader(*ids, tree).read(*generation))
            return malformed("a root does not parse");
    }
    if (tree.nodes().empty())
        return malformed("rev_tree is empty");
    return {};
}

base::Status readRevMap(std::string_view value, std::map<RevId, std::uint64_t> &seqOf)
{
    const auto entries = json::members(value);
    if (!entries)
        return malformed("rev_map is not an object");
    for (const auto &[key, seqText] : *entries) {
        const auto rev = RevId::parse(json::unescape(key));
        const auto seq = json::toUnsigned(seqText);
        if (!rev || !seq)
            return malformed("rev_map does not parse");
        seqOf[*rev] = *seq;
    }
    return {};
}

} // namespace

bool Metadata::isDeleted() const
{
    const std::int32_t best = tree.winner();
    return best >= 0 && tree.nodes()[static_cast<size_t>(best)].deleted;
}

RevId Metadata::winner() const
{
    const std::int32_t best = tree.winner();
    return best < 0 ? RevId() : tree.revOf(best);
}

std::string encodeMetadata(const Metadata &metadata)
{
    std::string out = R"({"id":)";
    json::appendQuoted(out, metadata.id);
    out += R"(,"rev":)";
    json::appendQuoted(out, lastWritten(metadata).toString());
    out += R"(,"rev_tree":)";
    appendRevTree(out, metadata.tree);
    out += R"(,"rev_map":)";
    appendRevMap(out, metadata.seqOf);
    out += R"(,"winningRev":)";
    json::appendQuoted(out, metadata.winner().toString());
    out += metadata.isDeleted() ? R"(,"deleted":true,"seq":)" : R"(,"deleted":false,"seq":)";
    out += std::to_string(metadata.seq);
    out += '}';
    return out;
}

Result<Metadata> decodeMetadata(std::string_view text)
{
    const auto members = json::members(text);
    if (!members)
        return malformed("it is not a JSON object");
    const auto id = json::find(*members, "id");
    const auto tree = json::find(*members, "rev_tree");
    const auto revMap = json::find(*members, "rev_map");
    if (!id || json::kindOf(*id) != json::Kind::String || !tree || !revMap)
        return malformed("a member is missing");
    Metadata metadata;
    metadata.id = json::unescape(*id);
    if (auto read = readRevTree(*tree, metadata.tree); !read)
        return read.error();
    if (auto read = readRevMap(*revMap, metadata.seqOf); !read)
        return read.error();
    const auto seq = json::find(*members, "seq");
    metadata.seq = seq ? json::toUnsigned(*seq).value_or(0) : 0;
    if (metadata.seq == 0) {
        for (const auto &[rev, written] : metadata.seqOf)
            metadata.seq = std::max(metadata.seq, written);
    }
    return metadata;
}

} // namespace store
