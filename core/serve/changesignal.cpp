#include "core/serve/changesignal.h"

namespace serve {

std::uint64_t ChangeSignal::count() const
{
    const std::lock_guard lock(m_mutex);
    return m_count;
}

std::uint64_t ChangeSignal::subscribe(std::uint64_t seen, Wake wake)
{
    std::unique_lock lock(m_mutex);
    const std::uint64_t ticket = m_nextTicket++;
    if (m_count == seen) {
        m_waiting.emplace(ticket, std::move(wake));
        return ticket;
    }
    lock.unlock();
    wake();
    return ticket;
}

void ChangeSignal::unsubscribe(std::uint64_t ticket)
{
    const std::lock_guard lock(m_mutex);
    m_waiting.erase(ticket);
}

void ChangeSignal::notify()
{
    std::map<std::uint64_t, Wake> waiting;
    {
        const std::lock_guard lock(m_mutex);
        ++m_count;
        waiting.swap(m_waiting);
    }
    for (const auto &[ticket, wake] : waiting)
        wake();
}

} // namespace serve
