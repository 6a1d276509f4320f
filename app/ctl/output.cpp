#include "app/ctl/output.h"

#include "app/ctl/jsonwriter.h"
#include "core/base/text.h"

#include <array>
#include <cstdio>

namespace ctl {

void printError(const base::Error &error, bool asJson, const Context &context)
{
    if (!asJson) {
        context.err << "focus-monitorctl: " << error.message.toStdString() << '\n';
        return;
    }
    JsonWriter json;
    json.beginObject().key("error").beginObject();
    json.member("code", base::errorCode(error.kind));
    json.member("message", error.message);
    json.member("remedy", base::errorRemedy(error.kind));
    json.endObject().endObject();
    context.out << json.text() << '\n';
}

std::string sizeText(std::uint64_t bytes)
{
    constexpr std::array<const char *, 5> units = {"KiB", "MiB", "GiB", "TiB", "PiB"};
    constexpr double step = 1024;
    if (bytes < 1024)
        return std::to_string(bytes) + " B";
    double value = static_cast<double>(bytes) / step;
    size_t unit = 0;
    while (value >= step && unit + 1 < units.size()) {
        value /= step;
        ++unit;
    }
    std::array<char, 32> out{};
    std::snprintf(out.data(), out.size(), "%.1f %s", value, units[unit]);
    return out.data();
}

std::string durationText(std::uint64_t seconds)
{
    constexpr std::uint64_t minute = 60;
    constexpr std::uint64_t hour = 3600;
    if (seconds < minute)
        return std::to_string(seconds) + " s";
    if (seconds < hour)
        return std::to_string(seconds / minute) + " min " + std::to_string(seconds % minute) + " s";
    return std::to_string(seconds / hour) + " h " + std::to_string(seconds % hour / minute) + " min";
}

std::string shown(std::string_view bytes, size_t maxBytes)
{
    return base::printable(bytes, maxBytes).toStdString();
}

namespace {

/// Code points, which is what a terminal cell is for most scripts.
size_t widthOf(const std::string &utf8)
{
    size_t width = 0;
    for (const char c : utf8)
        width += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
    return width;
}

} // namespace

void Table::print(std::ostream &out) const
{
    std::vector<size_t> widths;
    for (const Column &column : m_columns)
        widths.push_back(widthOf(column.title));
    for (const auto &row : m_rows) {
        for (size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], widthOf(row[i]));
    }
    const auto printRow = [&](const std::vector<std::string> &cells) {
        std::string line;
        for (size_t i = 0; i < cells.size(); ++i) {
            const std::string padding(widths[i] - widthOf(cells[i]), ' ');
            if (i > 0)
                line += "  ";
            line += m_columns[i].align == Align::Right ? padding + cells[i] : cells[i] + padding;
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out << line << '\n';
    };
    std::vector<std::string> titles;
    for (const Column &column : m_columns)
        titles.push_back(column.title);
    printRow(titles);
    for (const auto &row : m_rows)
        printRow(row);
}

} // namespace ctl
