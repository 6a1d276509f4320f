#include "app/ctl/treetext.h"

#include "app/ctl/output.h"
#include "core/base/json.h"

#include <algorithm>

namespace ctl {

namespace {

constexpr size_t kFoldFrom = 4;
constexpr size_t kWidestIndent = 80;

bool isFoldable(const store::RevTree &tree, std::int32_t node)
{
    const auto &it = tree.nodes()[static_cast<size_t>(node)];
    return !it.available && it.firstChild >= 0
        && tree.nodes()[static_cast<size_t>(it.firstChild)].nextSibling < 0;
}

std::string lineOf(const store::RevTree &tree, std::int32_t node, std::int32_t winner)
{
    const auto &it = tree.nodes()[static_cast<size_t>(node)];
    std::string line = shown(tree.revOf(node).toString());
    if (node == winner)
        line += "  winner";
    else if (it.firstChild < 0)
        line += it.deleted ? "" : "  conflict";
    if (it.deleted)
        line += "  deleted";
    if (!it.available)
        line += "  (body not kept)";
    return line;
}

} // namespace

std::string treeText(const store::RevTree &tree)
{
    struct Pending {
        std::int32_t node;
        std::string indent;
    };
    std::string out;
    const std::int32_t winner = tree.winner();
    auto roots = tree.roots();
    std::vector<Pending> stack;
    stack.reserve(roots.size());
    std::reverse(roots.begin(), roots.end());
    for (const std::int32_t root : roots)
        stack.push_back({root, {}});
    while (!stack.empty()) {
        Pending at = std::move(stack.back());
        stack.pop_back();
        const bool isRoot = tree.nodes()[static_cast<size_t>(at.node)].parent < 0;
        if (isRoot && !out.empty())
            out += "-- no ancestor in common with the above --\n";
        std::vector<std::int32_t> run;
        for (std::int32_t node = at.node; isFoldable(tree, node);
             node = tree.nodes()[static_cast<size_t>(node)].firstChild)
            run.push_back(node);
        if (run.size() >= kFoldFrom) {
            out += at.indent + lineOf(tree, run.front(), winner) + '\n';
            out += at.indent + "... " + std::to_string(run.size() - 2)
                + " revisions, bodies not kept ...\n";
            out += at.indent + lineOf(tree, run.back(), winner) + '\n';
            at.node = tree.nodes()[static_cast<size_t>(run.back())].firstChild;
            stack.push_back(std::move(at));
            continue;
        }
        out += at.indent + lineOf(tree, at.node, winner) + '\n';
        auto children = tree.children(at.node);
        const bool goesRight = children.size() > 1 && at.indent.size() < kWidestIndent;
        const std::string indent = goesRight ? at.indent + "  " : at.indent;
        std::reverse(children.begin(), children.end());
        for (const std::int32_t child : children)
            stack.push_back({child, indent});
    }
    return out;
}

std::string treeJson(const store::RevTree &tree)
{
    // Explicit stack: a node is opened when first met and closed when all below it is written.
    struct Step {
        std::int32_t node;
        bool closes;
    };
    std::string out = "[";
    std::vector<Step> stack;
    const auto pushAll = [&stack](std::vector<std::int32_t> nodes) {
        for (auto node = nodes.rbegin(); node != nodes.rend(); ++node)
            stack.push_back({*node, false});
    };
    pushAll(tree.roots());
    while (!stack.empty()) {
        const Step step = stack.back();
        stack.pop_back();
        if (step.closes) {
            out += "]}";
            continue;
        }
        const auto &node = tree.nodes()[static_cast<size_t>(step.node)];
        if (out.back() == '}')
            out += ',';
        out += "{\"rev\":";
        base::json::appendQuoted(out, tree.revOf(step.node).toString());
        out += node.available ? R"(,"status":"available")" : R"(,"status":"missing")";
        out += node.deleted ? R"(,"deleted":true)" : R"(,"deleted":false)";
        out += R"(,"children":[)";
        stack.push_back({step.node, true});
        pushAll(tree.children(step.node));
    }
    return out + ']';
}

} // namespace ctl
