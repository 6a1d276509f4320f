#pragma once

#include "core/base/file.h"
#include "core/base/json.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// What the folder's own small JSON files share. Private to the folder.
namespace monitor {

/// An object's members, for reading.
class Fields
{
public:
    /// Nothing for what is no object.
    [[nodiscard]] static std::optional<Fields> of(std::string_view raw);
    [[nodiscard]] std::optional<std::string_view> raw(std::string_view key) const;
    [[nodiscard]] std::optional<std::string> string(std::string_view key) const;
    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view key) const;
    /// An ISO time.
    [[nodiscard]] std::optional<std::chrono::system_clock::time_point>
    time(std::string_view key) const;
    [[nodiscard]] const std::vector<base::json::Member> &members() const { return m_members; }

private:
    std::vector<base::json::Member> m_members;
};

/// The bytes of a file of ours; empty where it does not exist yet.
[[nodiscard]] base::Result<std::string> readOwnFile(const base::fs::path &path);
/// `what` is what it keeps ("what you decided for each database").
[[nodiscard]] base::Error damagedFile(const base::fs::path &path, const QString &what,
                                      const QString &consequence);

} // namespace monitor
