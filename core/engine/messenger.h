#pragma once

#include "core/alert/delivery.h"
#include "core/alert/message.h"
#include "core/engine/servers.h"
#include "core/engine/state.h"
#include "core/monitor/facts.h"

#include <mutex>
#include <thread>

namespace engine {

/// Tells those who are named in the configuration what is wrong, and that it is right again; pings
/// the dead man's switch. Deliveries are made in a thread of their own, one at a time; what was
/// said is kept on the disk, so that a restart does not say it again. Called from one thread.
class Messenger
{
public:
    struct Setup {
        const settings::Config &config;
        const base::Clock &clock;
        std::stop_token stop;
        std::function<void()> finished; ///< a delivery has ended; any thread
    };
    /// An error when a password that a channel needs cannot be found.
    [[nodiscard]] static base::Result<std::unique_ptr<Messenger>>
    open(Setup setup, const FindSecret &findSecret);
    ~Messenger(); ///< stops what is under way

    /// Begins to deliver what is due.
    void tell(const std::vector<monitor::Check> &checks, const monitor::Verdict &verdict);
    /// How the last delivery went; notes one that has ended.
    [[nodiscard]] monitor::AlertFacts facts();

private:
    struct Delivery;
    explicit Messenger(Setup setup);
    [[nodiscard]] bool hasChannels() const;
    void collect();
    void deliver(Delivery &delivery, const std::stop_token &stop) const;

    Setup m_setup;
    std::string m_name; ///< of this monitor
    alert::MailServer m_mail;
    alert::Hook m_webhook, m_ping;
    alert::AlertMemory m_memory;
    std::unique_ptr<Delivery> m_delivery; ///< null: none is under way
    std::optional<TimePoint> m_lastDelivered, m_lastPing, m_notBefore;
    QString m_error;
};

} // namespace engine
