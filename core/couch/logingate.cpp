#include "core/couch/logingate.h"

namespace couch {

LoginGate::LoginGate(bool hasCredentials)
    : m_state(hasCredentials ? State::Unproven : State::Proven)
    , m_hasCredentials(hasCredentials)
{
}

LoginGate::Pass LoginGate::enter(const std::stop_token &stop)
{
    std::unique_lock lock(m_mutex);
    const auto decided = [this] {
        return m_state == State::Proven || m_state == State::Rejected || !m_aloneIsOut;
    };
    if (!m_changed.wait(lock, stop, decided))
        return Pass::Stopped;
    if (m_state == State::Rejected)
        return Pass::Rejected;
    if (m_state == State::Proven)
        return Pass::Together;
    m_aloneIsOut = true;
    return Pass::Alone;
}

void LoginGate::leave(Pass pass, Verdict verdict)
{
    const std::lock_guard lock(m_mutex);
    if (pass == Pass::Alone) {
        m_aloneIsOut = false;
        if (verdict == Verdict::Accepted)
            m_state = State::Proven;
        else if (verdict == Verdict::Rejected)
            m_state = State::Rejected;
    } else if (verdict == Verdict::Rejected && m_hasCredentials) {
        // The second rejection decides; requests that were under way together count as well.
        m_state = m_state == State::Proven ? State::Doubted : State::Rejected;
    }
    m_changed.notify_all();
}

bool LoginGate::isRejected() const
{
    const std::lock_guard lock(m_mutex);
    return m_state == State::Rejected;
}

} // namespace couch
