#include "app/ctl/output.h"

#include "app/ctl/cellwidth.h"
#include "core/base/text.h"

#include <algorithm>
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
    json.beginObject();
    addError(json, error);
    json.endObject();
    context.out << json.text() << '\n';
}

void addError(JsonWriter &json, const base::Error &error)
{
    json.key("error").beginObject();
    json.member("code", base::errorCode(error.kind));
    json.member("message", error.message);
    json.member("remedy", base::errorRemedy(error.kind));
    json.endObject();
}

std::string countText(std::uint64_t count, const std::string &noun)
{
    return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

std::string sizeText(std::uint64_t bytes)
{
    constexpr std::array<const char *, 5> units = {"KiB", "MiB", "GiB", "TiB", "PiB"};
    constexpr double step = 1024;
    if (bytes < 1024)
        return std::to_string(bytes) + " B";
    double value = static_cast<double>(bytes) / step;
    size_t unit = 0;
    constexpr double roundsToStep = 1023.95;
    while (value >= roundsToStep && unit + 1 < units.size()) {
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
    return std::to_string(seconds / hour) + " h " + std::to_string(seconds % hour / minute)
        + " min";
}

std::string shown(std::string_view bytes, size_t maxBytes)
{
    return base::printable(bytes, maxBytes).toStdString();
}

void Table::print(std::ostream &out) const
{
    constexpr size_t widest = 60;
    const auto cellOf = [](const std::vector<std::string> &cells, size_t i) {
        return i + 1 < cells.size() ? elided(cells[i], widest) : cells[i];
    };
    std::vector<size_t> widths;
    for (const Column &column : m_columns)
        widths.push_back(cellWidth(column.title));
    for (const auto &row : m_rows) {
        for (size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], cellWidth(cellOf(row, i)));
    }
    const auto printRow = [&](const std::vector<std::string> &cells) {
        std::string line;
        for (size_t i = 0; i < cells.size(); ++i) {
            const std::string cell = cellOf(cells, i);
            const std::string padding(widths[i] - cellWidth(cell), ' ');
            if (i > 0)
                line += "  ";
            line += m_columns[i].align == Align::Right ? padding + cell : cell + padding;
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
