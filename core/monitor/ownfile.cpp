#include "core/monitor/ownfile.h"

#include "core/base/text.h"
#include "core/monitor/replication.h"

namespace monitor {

using base::Error;
using base::ErrorKind;

namespace json = base::json;

namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{256} << 20;

} // namespace

std::optional<Fields> Fields::of(std::string_view raw)
{
    auto members = json::members(raw);
    if (!members)
        return std::nullopt;
    Fields fields;
    fields.m_members = std::move(*members);
    return fields;
}

std::optional<std::string_view> Fields::raw(std::string_view key) const
{
    return json::find(m_members, key);
}

std::optional<std::string> Fields::string(std::string_view key) const
{
    const auto value = raw(key);
    if (!value || json::kindOf(*value) != json::Kind::String)
        return std::nullopt;
    return json::unescape(*value);
}

std::optional<std::uint64_t> Fields::number(std::string_view key) const
{
    const auto value = raw(key);
    return value ? json::toUnsigned(*value) : std::nullopt;
}

std::optional<std::chrono::system_clock::time_point> Fields::time(std::string_view key) const
{
    const auto value = string(key);
    return value ? timeOf(*value) : std::nullopt;
}

base::Result<std::string> readOwnFile(const base::fs::path &path)
{
    auto bytes = base::readFile(path, kMostBytes);
    if (!bytes && bytes.error().kind == ErrorKind::NotFound)
        return std::string();
    return bytes;
}

Error damagedFile(const base::fs::path &path, const QString &what, const QString &consequence)
{
    return {ErrorKind::Corrupt,
            base::text("The file %1, which keeps %2, is damaged. %3 Bring it back from a copy, or "
                       "remove it to begin anew.")
                .arg(base::printable(base::toUtf8(path)), what, consequence)};
}

} // namespace monitor
