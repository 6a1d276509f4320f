#include "ui/browser/linediff.h"

#include <algorithm>
#include <cstdint>

namespace browser {

namespace {

constexpr size_t kMostLines = 3000;

std::vector<std::string_view> linesOf(std::string_view text)
{
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

using Lines = std::vector<std::string_view>;

/// The middle, where first and last lines differ: longest common subsequence.
void addMiddle(std::vector<DiffLine> &out, const Lines &a, const Lines &b)
{
    const size_t width = b.size() + 1;
    const bool isSmall = a.size() <= kMostLines && b.size() <= kMostLines;
    std::vector<std::uint16_t> common(isSmall ? (a.size() + 1) * width : 0);
    if (isSmall) {
        for (size_t i = a.size(); i-- > 0;) {
            for (size_t j = b.size(); j-- > 0;)
                common[i * width + j] = a[i] == b[j]
                    ? static_cast<std::uint16_t>(common[(i + 1) * width + j + 1] + 1)
                    : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
        }
    }
    size_t i = 0;
    size_t j = 0;
    while (isSmall && i < a.size() && j < b.size()) {
        if (a[i] == b[j]) {
            out.push_back({DiffLine::Kind::Same, std::string(a[i])});
            ++i;
            ++j;
        } else if (common[(i + 1) * width + j] >= common[i * width + j + 1]) {
            out.push_back({DiffLine::Kind::Removed, std::string(a[i++])});
        } else {
            out.push_back({DiffLine::Kind::Added, std::string(b[j++])});
        }
    }
    for (; i < a.size(); ++i)
        out.push_back({DiffLine::Kind::Removed, std::string(a[i])});
    for (; j < b.size(); ++j)
        out.push_back({DiffLine::Kind::Added, std::string(b[j])});
}

} // namespace

std::vector<DiffLine> diffLines(std::string_view before, std::string_view after)
{
    Lines a = linesOf(before);
    Lines b = linesOf(after);
    std::vector<DiffLine> out;
    size_t same = 0;
    while (same < a.size() && same < b.size() && a[same] == b[same])
        out.push_back({DiffLine::Kind::Same, std::string(a[same++])});
    size_t end = 0;
    while (end < a.size() - same && end < b.size() - same
           && a[a.size() - 1 - end] == b[b.size() - 1 - end])
        ++end;
    const auto middle = [&](const Lines &lines) {
        return Lines(lines.begin() + static_cast<long>(same), lines.end() - static_cast<long>(end));
    };
    addMiddle(out, middle(a), middle(b));
    for (size_t i = a.size() - end; i < a.size(); ++i)
        out.push_back({DiffLine::Kind::Same, std::string(a[i])});
    return out;
}

std::string textOf(const std::vector<DiffLine> &lines)
{
    std::string text;
    for (const DiffLine &line : lines) {
        switch (line.kind) {
        case DiffLine::Kind::Same: text += "  "; break;
        case DiffLine::Kind::Removed: text += "- "; break;
        case DiffLine::Kind::Added: text += "+ "; break;
        }
        text += line.text + '\n';
    }
    return text;
}

} // namespace browser
