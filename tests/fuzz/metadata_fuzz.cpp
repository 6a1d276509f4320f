#include "core/store/document.h"
#include "tests/fuzz/targets.h"

namespace {

std::string walked(const store::RevTree &tree)
{
    const auto count = static_cast<std::int32_t>(tree.nodes().size());
    for (const std::int32_t leaf : tree.leaves()) {
        if (leaf < 0 || leaf >= count)
            return "a leaf is no node";
        const store::RevPath path = tree.pathOf(leaf);
        if (path.hashes.empty() || path.hashes.size() > path.start)
            return "a path does not begin at generation 1 or later";
        if (tree.find(path.leaf()) < 0)
            return "a leaf is not found";
    }
    return tree.winner() < 0 || tree.leaves().empty() ? "a tree without a winner" : std::string();
}

} // namespace

std::string fuzz::metadata(std::string_view input)
{
    static_cast<void>(store::inspectBody(input));
    const auto metadata = store::decodeMetadata(input);
    if (!metadata)
        return {};
    if (std::string wrong = walked(metadata->tree); !wrong.empty())
        return wrong;
    const std::string text = store::encodeMetadata(*metadata);
    const auto again = store::decodeMetadata(text);
    if (!again)
        return "what was written cannot be read: " + text;
    if (store::encodeMetadata(*again) != text)
        return "written twice it is " + store::encodeMetadata(*again) + " and not " + text;
    if (again->id != metadata->id || again->winner() != metadata->winner()
        || again->isDeleted() != metadata->isDeleted() || again->seqOf != metadata->seqOf)
        return "written and read it is another document: " + text;
    store::RevTree stemmed = metadata->tree;
    stemmed.stem(3);
    for (const std::int32_t leaf : metadata->tree.leaves()) {
        if (stemmed.find(metadata->tree.revOf(leaf)) < 0)
            return "stemming lost a leaf";
    }
    return walked(stemmed);
}
