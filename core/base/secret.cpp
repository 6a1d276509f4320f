#include "core/base/secret.h"

#include <openssl/crypto.h>

#include <utility>

namespace base {

Secret::Secret(std::string value)
    : m_value(std::move(value))
{
    if (!value.empty()) // a short string was copied, not moved
        OPENSSL_cleanse(value.data(), value.size());
}

Secret::~Secret()
{
    wipe();
}

Secret::Secret(Secret &&other) noexcept
    : m_value(other.m_value)
{
    other.wipe();
}

Secret &Secret::operator=(Secret &&other) noexcept
{
    if (this != &other) {
        wipe();
        m_value = other.m_value;
        other.wipe();
    }
    return *this;
}

void Secret::wipe() noexcept
{
    if (!m_value.empty())
        OPENSSL_cleanse(m_value.data(), m_value.size());
    m_value.clear();
}

} // namespace base
