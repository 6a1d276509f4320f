#pragma once

#include "core/base/error.h"

#include <optional>
#include <utility>
#include <variant>

namespace base {

/// Either a value or an Error; std::expected's shape, until the floor is C++23.
template <typename T>
class [[nodiscard]] Result
{
public:
    // NOLINTBEGIN(google-explicit-constructor): returning a T or an Error is the point
    Result(T value)
        : m_state(std::in_place_index<0>, std::move(value))
    {
    }
    Result(Error error)
        : m_state(std::in_place_index<1>, std::move(error))
    {
    }
    // NOLINTEND(google-explicit-constructor)

    explicit operator bool() const noexcept { return m_state.index() == 0; }
    const T &operator*() const & { return *std::get_if<0>(&m_state); }
    T &operator*() & { return *std::get_if<0>(&m_state); }
    T &&operator*() && { return std::move(*std::get_if<0>(&m_state)); }
    const T *operator->() const { return std::get_if<0>(&m_state); }
    T *operator->() { return std::get_if<0>(&m_state); }
    const Error &error() const { return *std::get_if<1>(&m_state); }

private:
    std::variant<T, Error> m_state;
};

template <>
class [[nodiscard]] Result<void>
{
public:
    Result() = default;
    // NOLINTNEXTLINE(google-explicit-constructor)
    Result(Error error)
        : m_error(std::move(error))
    {
    }

    explicit operator bool() const noexcept { return !m_error; }
    const Error &error() const { return *m_error; }

private:
    std::optional<Error> m_error;
};

using Status = Result<void>;

} // namespace base
