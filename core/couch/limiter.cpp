#include "core/couch/limiter.h"

#include <algorithm>

namespace couch {

Limiter::Limiter(int most)
    : m_most(most)
    , m_limit(most)
{
}

Limiter::Permit Limiter::acquire(const std::stop_token &stop)
{
    std::unique_lock lock(m_mutex);
    if (!m_changed.wait(lock, stop, [this] { return m_underWay < m_limit; }))
        return {};
    ++m_underWay;
    return {true, m_epoch};
}

void Limiter::release(const Permit &permit, Load load)
{
    const std::lock_guard lock(m_mutex);
    --m_underWay;
    if (load == Load::TooMuch && permit.epoch == m_epoch) {
        m_limit = std::max(1, m_limit / 2);
        m_goodInARow = 0;
        ++m_epoch;
    } else if (load == Load::Fine && ++m_goodInARow >= m_limit && m_limit < m_most) {
        ++m_limit;
        m_goodInARow = 0;
    }
    m_changed.notify_all();
}

int Limiter::limit() const
{
    const std::lock_guard lock(m_mutex);
    return m_limit;
}

} // namespace couch
