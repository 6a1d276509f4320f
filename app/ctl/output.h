#pragma once

#include "app/ctl/command.h"
#include "app/ctl/jsonwriter.h"
#include "core/base/error.h"

#include <QString>

#include <cstdint>
#include <string>
#include <vector>

namespace ctl {

/// `focus-monitorctl: sentence` on err, or `{"error": {"code", "message", "remedy"}}` on out.
void printError(const base::Error &error, bool asJson, const Context &context);
/// Adds the member `"error": {...}` of that object.
void addError(JsonWriter &json, const base::Error &error);

/// "1 database", "2 databases"
[[nodiscard]] std::string countText(std::uint64_t count, const std::string &noun);
/// "12.3 MiB"
[[nodiscard]] std::string sizeText(std::uint64_t bytes);
/// "1 min 5 s"
[[nodiscard]] std::string durationText(std::uint64_t seconds);

/// Columns of text, numbers to the right. A long cell is elided, unless it is the last of its row.
class Table
{
public:
    enum class Align { Left, Right };
    struct Column {
        std::string title;
        Align align = Align::Left;
    };
    explicit Table(std::vector<Column> columns)
        : m_columns(std::move(columns))
    {
    }
    void addRow(std::vector<std::string> cells) { m_rows.push_back(std::move(cells)); }
    void print(std::ostream &out) const;

private:
    std::vector<Column> m_columns;
    std::vector<std::vector<std::string>> m_rows;
};

/// A name from a server or an archive, safe for a terminal.
[[nodiscard]] std::string shown(std::string_view bytes, size_t maxBytes = 200);

} // namespace ctl
