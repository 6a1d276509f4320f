#pragma once

#include "core/base/secret.h"

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace base {

/// Takes passwords out of texts before they are written anywhere: those that are known, in the
/// forms they travel in (plain, percent-encoded, in base64), and what stands where passwords stand
/// (`//user:password@`, `Authorization:`, `"password": "…"`). Thread-safe.
class Redactor
{
public:
    /// From now on. Shorter than three bytes is not looked for: it is in every other word.
    void know(const Secret &secret);
    [[nodiscard]] std::string redact(std::string_view text) const;

private:
    mutable std::mutex m_mutex;
    std::vector<Secret> m_forms;
};

/// What stands in place of a password.
inline constexpr const char *kRedacted = "[redacted]";

} // namespace base
