#include "app/ctl/cellwidth.h"

#include <QChar>

#include <algorithm>
#include <array>
#include <vector>

namespace ctl {

namespace {

struct Range {
    char32_t first;
    char32_t last;
};

/// Unicode's EastAsianWidth.txt, classes W and F, with the small gaps between emoji closed.
constexpr std::array kWide = {
    Range{0x1100, 0x115f},   Range{0x231a, 0x231b},   Range{0x23e9, 0x23ec},
    Range{0x23f0, 0x23f0},   Range{0x23f3, 0x23f3},   Range{0x25fd, 0x25fe},
    Range{0x2614, 0x2615},   Range{0x2648, 0x2653},   Range{0x267f, 0x267f},
    Range{0x2693, 0x2693},   Range{0x26a1, 0x26a1},   Range{0x26aa, 0x26ab},
    Range{0x26bd, 0x26be},   Range{0x26c4, 0x26c5},   Range{0x26ce, 0x26ce},
    Range{0x26d4, 0x26d4},   Range{0x26ea, 0x26ea},   Range{0x26f2, 0x26f5},
    Range{0x26fa, 0x26fd},   Range{0x2705, 0x2705},   Range{0x270a, 0x270b},
    Range{0x2728, 0x2728},   Range{0x274c, 0x274e},   Range{0x2753, 0x2757},
    Range{0x2795, 0x2797},   Range{0x27b0, 0x27bf},   Range{0x2b1b, 0x2b1c},
    Range{0x2b50, 0x2b55},   Range{0x2e80, 0x303e},   Range{0x3041, 0x4dbf},
    Range{0x4e00, 0xa4cf},   Range{0xa960, 0xa97f},   Range{0xac00, 0xd7a3},
    Range{0xf900, 0xfaff},   Range{0xfe10, 0xfe19},   Range{0xfe30, 0xfe6f},
    Range{0xff01, 0xff60},   Range{0xffe0, 0xffe6},   Range{0x16fe0, 0x18cff},
    Range{0x1aff0, 0x1b2fb}, Range{0x1f300, 0x1f64f}, Range{0x1f680, 0x1f6ff},
    Range{0x1f7e0, 0x1f7eb}, Range{0x1f90c, 0x1f9ff}, Range{0x1fa70, 0x1faff},
    Range{0x20000, 0x3fffd}};

size_t widthOf(char32_t character)
{
    switch (QChar::category(character)) {
    case QChar::Mark_NonSpacing:
    case QChar::Mark_Enclosing: return 0;
    default: break;
    }
    const auto range = std::find_if(kWide.begin(), kWide.end(),
                                    [&](const Range &it) { return character <= it.last; });
    return range != kWide.end() && character >= range->first ? 2 : 1;
}

struct Cell {
    size_t offset;
    size_t width;
};

/// The characters of a text; what is no UTF-8 counts as characters of one cell.
std::vector<Cell> cellsOf(std::string_view utf8)
{
    std::vector<Cell> cells;
    for (size_t at = 0; at < utf8.size();) {
        const auto byte = [&](size_t i) { return static_cast<unsigned char>(utf8[i]); };
        const unsigned char lead = byte(at);
        const size_t length = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        char32_t character = length == 1 ? lead : lead & (0x7fU >> length);
        size_t end = at + 1;
        while (end < utf8.size() && end < at + length && (byte(end) & 0xc0) == 0x80)
            character = character << 6 | (byte(end++) & 0x3f);
        cells.push_back({at, end - at == length ? widthOf(character) : 1});
        at = end;
    }
    return cells;
}

} // namespace

size_t cellWidth(std::string_view utf8)
{
    size_t width = 0;
    for (const Cell &cell : cellsOf(utf8))
        width += cell.width;
    return width;
}

std::string elided(const std::string &utf8, size_t mostCells)
{
    if (cellWidth(utf8) <= mostCells)
        return utf8;
    if (mostCells == 0)
        return {};
    const std::vector<Cell> cells = cellsOf(utf8);
    const size_t kept = mostCells - 1; // and one for the ellipsis
    size_t head = 0;
    for (size_t room = kept - kept / 2; cells[head].width <= room; ++head)
        room -= cells[head].width;
    size_t tail = cells.size();
    for (size_t room = kept / 2; cells[tail - 1].width <= room; --tail)
        room -= cells[tail - 1].width;
    while (tail < cells.size() && cells[tail].width == 0)
        ++tail; // its base character is left out
    const size_t tailOffset = tail < cells.size() ? cells[tail].offset : utf8.size();
    return utf8.substr(0, cells[head].offset) + "\u2026" + utf8.substr(tailOffset);
}

} // namespace ctl
