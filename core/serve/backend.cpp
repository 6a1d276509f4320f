#include "core/serve/backend.h"

namespace serve {

void Database::end()
{
    m_hasEnded = true;
    m_signal->notify();
}

std::optional<Refusal> Backend::create(const std::string & /*name*/)
{
    return refusal::readOnly();
}

std::optional<Refusal> Backend::remove(const std::string & /*name*/)
{
    return refusal::readOnly();
}

} // namespace serve
