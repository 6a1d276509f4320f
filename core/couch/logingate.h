#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

namespace couch {

/// Sees to it that a rejected password is not tried again and again: CouchDB locks an account at
/// the fifth failure. Until the server has accepted the credentials once, one request at a time
/// goes out; a rejection at the start is final, a later one (the password was changed) is checked
/// by one more request while all others wait. Thread-safe.
class LoginGate
{
public:
    enum class Pass { Together, Alone, Rejected, Stopped };
    enum class Verdict { Accepted, Rejected, Unknown };

    /// Without credentials everything passes and nothing is ever rejected.
    explicit LoginGate(bool hasCredentials);

    /// Blocks while another request is finding out.
    [[nodiscard]] Pass enter(const std::stop_token &stop);
    /// To be called once for every pass Together or Alone.
    void leave(Pass pass, Verdict verdict);
    [[nodiscard]] bool isRejected() const;

private:
    enum class State { Unproven, Proven, Doubted, Rejected };

    mutable std::mutex m_mutex;
    std::condition_variable_any m_changed;
    State m_state;
    bool m_hasCredentials;
    bool m_aloneIsOut = false;
};

/// Leaves the gate as soon as the answer says what it thinks of the login, at the latest at the
/// end.
class LoginTicket
{
public:
    LoginTicket(LoginGate &gate, LoginGate::Pass pass)
        : m_gate(gate)
        , m_pass(pass)
    {
    }
    ~LoginTicket() { decide(LoginGate::Verdict::Unknown); }
    LoginTicket(const LoginTicket &) = delete;
    LoginTicket &operator=(const LoginTicket &) = delete;

    void decide(LoginGate::Verdict verdict)
    {
        if (!std::exchange(m_isDecided, true))
            m_gate.leave(m_pass, verdict);
    }

private:
    LoginGate &m_gate;
    const LoginGate::Pass m_pass;
    bool m_isDecided = false;
};

} // namespace couch
