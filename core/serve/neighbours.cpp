#include "core/serve/neighbours.h"

#include "core/serve/guard.h"
#include "core/serve/message.h"

namespace serve {

void Neighbours::add(std::uint16_t port, Handler &handler, Backend &backend)
{
    const std::lock_guard lock(m_mutex);
    m_neighbours[port] = {&handler, &backend, ++m_starts};
}

void Neighbours::remove(std::uint16_t port)
{
    const std::lock_guard lock(m_mutex);
    m_neighbours.erase(port);
}

std::optional<Neighbours::Neighbour> Neighbours::find(std::string_view host,
                                                      std::uint16_t port) const
{
    if (!equalsIgnoringCase(host, "localhost") && !host.starts_with("127.") && host != "[::1]")
        return std::nullopt;
    const std::lock_guard lock(m_mutex);
    const auto found = m_neighbours.find(port);
    return found == m_neighbours.end() ? std::nullopt : std::optional(found->second);
}

bool isForeignName(std::string_view host)
{
    return !equalsIgnoringCase(host, "localhost") && !isAddressLiteral(host);
}

} // namespace serve
