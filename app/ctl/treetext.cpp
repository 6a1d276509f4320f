#include "app/ctl/treetext.h"

#include "core/base/json.h"

#include <algorithm>

namespace ctl {

namespace {

constexpr size_t kFoldFrom = 4;

bool isFoldable(const store::RevTree &tree, std::int32_t node)
{
    const auto &it = tree.nodes()[static_cast<size_t>(node)];
    return !it.available && it.firstChild >= 0 && tree.nodes()[static_cast<size_t>(it.firstChild)].nextSibling < 0;
}

std::string lineOf(const store::RevTree &tree, std::int32_t node)
{
    const auto &it = tree.nodes()[static_cast<size_t>(node)];
    std::string line = tree.revOf(node).toString();
    if (node == tree.winner())
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
    std::vector<Pending> stack;
    auto roots = tree.roots();
    std::reverse(roots.begin(), roots.end());
    for (const std::int32_t root : roots)
        stack.push_back({root, {}});
    while (!stack.empty()) {
        Pending at = std::move(stack.back());
        stack.pop_back();
        std::vector<std::int32_t> run;
        for (std::int32_t node = at.node; isFoldable(tree, node); node = tree.nodes()[static_cast<size_t>(node)].firstChild)
            run.push_back(node);
        if (run.size() >= kFoldFrom) {
            out += at.indent + lineOf(tree, run.front()) + '\n';
            out += at.indent + "... " + std::to_string(run.size() - 2) + " revisions, bodies not kept ...\n";
            out += at.indent + lineOf(tree, run.back()) + '\n';
            at.node = tree.nodes()[static_cast<size_t>(run.back())].firstChild;
            stack.push_back(std::move(at));
            continue;
        }
        out += at.indent + lineOf(tree, at.node) + '\n';
        auto children = tree.children(at.node);
        const std::string indent = children.size() > 1 ? at.indent + "  " : at.indent;
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

std::string indentJson(std::string_view json)
{
    std::string out;
    size_t depth = 0;
    bool inString = false;
    const auto newLine = [&] {
        constexpr size_t deepest = 40; // deeper nesting is not made wider
        out += '\n';
        out.append(2 * std::min(depth, deepest), ' ');
    };
    for (size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (inString) {
            out += c;
            if (c == '\\' && i + 1 < json.size())
                out += json[++i];
            else if (c == '"')
                inString = false;
            continue;
        }
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
            continue;
        const bool isEmpty = (c == '{' || c == '[') && i + 1 < json.size() && (json[i + 1] == '}' || json[i + 1] == ']');
        if (isEmpty) {
            out += c;
            out += json[++i];
        } else if (c == '{' || c == '[') {
            out += c;
            ++depth;
            newLine();
        } else if (c == '}' || c == ']') {
            --depth;
            newLine();
            out += c;
        } else if (c == ',') {
            out += c;
            newLine();
        } else if (c == ':') {
            out += ": ";
        } else {
            inString = c == '"';
            out += c;
        }
    }
    return out;
}

} // namespace ctl
