#include "ui/drawing/inks.h"

#include <algorithm>
#include <cmath>

namespace drawing {

namespace {

QColor mixed(const QColor &a, const QColor &b, double share)
{
    const auto mix = [share](int from, int to) {
        return static_cast<int>(std::lround(from + (to - from) * share));
    };
    return {mix(a.red(), b.red()), mix(a.green(), b.green()), mix(a.blue(), b.blue())};
}

double luminance(const QColor &colour)
{
    const auto linear = [](double c) {
        return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF())
        + 0.0722 * linear(colour.blueF());
}

struct InkRow {
    Ink ink;
    QRgb onLight;
    QRgb onDark;
};

// Told apart in greys and by people who see red and green alike: blue, orange, teal, purple.
constexpr InkRow kColours[] = {
    {Ink::Accent, 0x1d5fbf, 0x6ea8fe},    {Ink::Second, 0xb45309, 0xf0a35e},
    {Ink::Third, 0x0f766e, 0x4fc3b5},     {Ink::Fourth, 0x7a3fb0, 0xc39bec},
    {Ink::Attention, 0xa84a00, 0xffb454}, {Ink::Bad, 0xb3261e, 0xff8a80},
};

} // namespace

double contrast(const QColor &a, const QColor &b)
{
    const double first = luminance(a);
    const double second = luminance(b);
    return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

QColor colourOf(Ink ink, const QPalette &palette)
{
    const QColor base = palette.color(QPalette::Base);
    const QColor text = palette.color(QPalette::Text);
    switch (ink) {
    case Ink::None: return Qt::transparent;
    case Ink::Text: return text;
    case Ink::Quiet: return mixed(text, base, 0.3);
    case Ink::Line: return mixed(text, base, 0.45);
    case Ink::Grid: return mixed(text, base, 0.85);
    case Ink::Base: return base;
    case Ink::Accent:
    case Ink::Second:
    case Ink::Third:
    case Ink::Fourth:
    case Ink::Attention:
    case Ink::Bad: break;
    }
    const bool isDark = luminance(base) < luminance(text);
    const auto *row = std::find_if(std::begin(kColours), std::end(kColours),
                                   [ink](const InkRow &it) { return it.ink == ink; });
    return QColor(isDark ? row->onDark : row->onLight);
}

} // namespace drawing
