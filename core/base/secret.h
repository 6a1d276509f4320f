#pragma once

#include <QDebug>

#include <string>
#include <string_view>

namespace base {

/// Holds a password. No log, stream or string conversion prints it, and its memory is wiped.
/// Any thread; a value, but it can only be moved or cloned by name.
class Secret
{
public:
    Secret() = default;
    /// Leaves nothing in `value`.
    explicit Secret(std::string &&value);
    /// Whoever has `value` has to wipe it.
    explicit Secret(const std::string &value);
    ~Secret();
    Secret(Secret &&other) noexcept;
    Secret &operator=(Secret &&other) noexcept;
    Secret(const Secret &) = delete;
    Secret &operator=(const Secret &) = delete;

    [[nodiscard]] Secret clone() const { return Secret(m_value); }
    [[nodiscard]] bool isEmpty() const { return m_value.empty(); }
    /// The only way out; search for it in review.
    [[nodiscard]] std::string_view reveal() const { return m_value; }

private:
    void wipe() noexcept;
    std::string m_value;
};

inline QDebug operator<<(QDebug debug, const Secret &)
{
    return debug << "<redacted>";
}

} // namespace base
