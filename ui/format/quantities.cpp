#include "ui/format/quantities.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>

namespace format {

namespace {

constexpr std::array kUnits{
    QT_TRANSLATE_NOOP("format", "%1 kB"), QT_TRANSLATE_NOOP("format", "%1 MB"),
    QT_TRANSLATE_NOOP("format", "%1 GB"), QT_TRANSLATE_NOOP("format", "%1 TB"),
    QT_TRANSLATE_NOOP("format", "%1 PB")};

QString translated(const char *text)
{
    return QCoreApplication::translate("format", text);
}

} // namespace

QString unknown()
{
    return QStringLiteral("–");
}

QString number(std::uint64_t value, const QLocale &locale)
{
    return locale.toString(static_cast<qulonglong>(value));
}

QString number(std::optional<std::uint64_t> value, const QLocale &locale)
{
    return value ? number(*value, locale) : unknown();
}

QString difference(std::uint64_t before, std::uint64_t now, const QLocale &locale)
{
    if (now == before)
        return number(std::uint64_t{0}, locale);
    const QChar sign = now > before ? QChar(u'+') : QChar(0x2212);
    return sign + number(std::max(now, before) - std::min(now, before), locale);
}

QString size(std::uint64_t bytes, const QLocale &locale)
{
    if (bytes < 1000)
        return translated("%1 B").arg(number(bytes, locale));
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (value /= 1000; value >= 999.5 && unit + 1 < kUnits.size(); ++unit)
        value /= 1000;
    // Three digits: 8.12, 81.2, 812.
    const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return translated(kUnits[unit]).arg(locale.toString(value, 'f', decimals));
}

QString size(std::optional<std::uint64_t> bytes, const QLocale &locale)
{
    return bytes ? size(*bytes, locale) : unknown();
}

QString percent(std::uint64_t done, std::uint64_t all, const QLocale &locale)
{
    const double share =
        all == 0 ? 1 : static_cast<double>(std::min(done, all)) / static_cast<double>(all);
    const auto whole = done >= all
        ? std::uint64_t{100}
        : std::min<std::uint64_t>(99, static_cast<std::uint64_t>(share * 100));
    return translated("%1 %").arg(number(whole, locale));
}

} // namespace format
