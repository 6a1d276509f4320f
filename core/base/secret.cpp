#include "core/base/secret.h"

#include <openssl/crypto.h>

#include <utility>

namespace base {

Secret::Secret(std::string &&value)
    : m_value(std::move(value))
{
    value.resize(value.capacity()); // a short string was copied, not moved: it is there still
    OPENSSL_cleanse(value.data(), value.size());
    value.clear();
}

Secret::Secret(const std::string &value)
    : m_value(value)
{
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
