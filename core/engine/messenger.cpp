#include "core/engine/messenger.h"

#include "core/base/file.h"

#include <QSysInfo>
#include <QUuid>

namespace engine {

namespace {

using base::Result;
using base::Secret;
using base::Status;

constexpr const char *kMemoryName = "alerts.json";
constexpr std::uint64_t kMemoryLimitBytes = std::uint64_t{4} << 20;
constexpr std::chrono::minutes kAgainAfter{5}; ///< a channel that failed

alert::MailServer::Security securityOf(settings::MailSecurity security)
{
    switch (security) {
    case settings::MailSecurity::StartTls: return alert::MailServer::Security::StartTls;
    case settings::MailSecurity::None: return alert::MailServer::Security::None;
    case settings::MailSecurity::Tls: break;
    }
    return alert::MailServer::Security::Tls;
}

} // namespace

/// What goes out, and how that went.
struct Messenger::Delivery {
    std::optional<alert::Message> message; ///< nothing: only the ping
    alert::AlertMemory memory;             ///< once the message was delivered
    bool pings = false;
    TimePoint at;
    std::mutex mutex;
    bool hasEnded = false, wasDelivered = false;
    QString error;
    std::jthread thread; ///< last: it uses the others
};

Messenger::Messenger(Setup setup)
    : m_setup(std::move(setup))
    , m_name(m_setup.config.name.empty() ? QSysInfo::machineHostName().toStdString()
                                         : m_setup.config.name)
{
}

Messenger::~Messenger() = default;

Result<std::unique_ptr<Messenger>> Messenger::open(Setup setup, const FindSecret &findSecret)
{
    std::unique_ptr<Messenger> messenger(new Messenger(std::move(setup)));
    const settings::Config &config = messenger->m_setup.config;
    const settings::Email &email = config.alerts.email;
    messenger->m_mail.host = email.host;
    messenger->m_mail.port = email.port;
    messenger->m_mail.security = securityOf(email.security);
    messenger->m_mail.user = email.user;
    messenger->m_mail.caFile = email.caFile;
    messenger->m_mail.from = email.from;
    messenger->m_mail.to = email.to;
    messenger->m_webhook.url = config.alerts.webhook.url;
    messenger->m_ping.url = config.alerts.ping.url;
    for (const settings::SecretPlace &place : settings::secretPlaces(config)) {
        Secret *target = place.name == "email" ? &messenger->m_mail.password
            : place.name == "webhook"          ? &messenger->m_webhook.token
                                               : nullptr;
        if (target == nullptr)
            continue;
        auto found = findSecret(place);
        if (!found)
            return found.error();
        *target = std::move(*found);
    }
    const auto text =
        base::readFile(base::fromUtf8(config.dataFolder) / kMemoryName, kMemoryLimitBytes);
    if (text)
        messenger->m_memory = alert::AlertMemory::fromText(*text);
    return messenger;
}

bool Messenger::hasChannels() const
{
    return !m_mail.host.empty() || !m_webhook.url.empty();
}

void Messenger::tell(const std::vector<monitor::Check> &checks, const monitor::Verdict &verdict)
{
    collect();
    if (m_delivery)
        return;
    const TimePoint now = m_setup.clock.now();
    auto delivery = std::make_unique<Delivery>();
    delivery->at = now;
    delivery->memory = m_memory;
    if (hasChannels() && (!m_notBefore || now >= *m_notBefore))
        delivery->message = alert::dueMessage(
            checks, verdict, m_name, m_setup.config.alerts.repeatAfter, now, delivery->memory);
    delivery->pings = !m_ping.url.empty()
        && (!m_lastPing || now < *m_lastPing
            || now - *m_lastPing >= m_setup.config.alerts.ping.interval);
    if (!delivery->message && !delivery->pings)
        return;
    m_delivery = std::move(delivery);
    m_delivery->thread = std::jthread([this, job = m_delivery.get()](const std::stop_token &own) {
        std::stop_source stopping;
        const std::stop_callback first(own, [&stopping] { stopping.request_stop(); });
        const std::stop_callback second(m_setup.stop, [&stopping] { stopping.request_stop(); });
        deliver(*job, stopping.get_token());
        if (m_setup.finished)
            m_setup.finished();
    });
}

/// One channel that works is enough for having said it; what fails is said by the checks.
void Messenger::deliver(Delivery &delivery, const std::stop_token &stop) const
{
    bool wasDelivered = false;
    QString error;
    const auto note = [&](const Status &sent) {
        wasDelivered = wasDelivered || static_cast<bool>(sent);
        if (!sent && error.isEmpty())
            error = sent.error().message;
    };
    if (delivery.message && !m_mail.host.empty())
        note(alert::sendMail(
            m_mail,
            alert::asMail(*delivery.message, m_mail.from, m_mail.to, delivery.at,
                          QUuid::createUuid().toString(QUuid::WithoutBraces).toStdString()),
            stop));
    if (delivery.message && !m_webhook.url.empty())
        note(alert::postHook(m_webhook, alert::asJson(*delivery.message, m_name, delivery.at),
                             stop));
    if (delivery.pings) {
        const Status pinged = alert::ping(m_ping, stop);
        if (!pinged && error.isEmpty())
            error = pinged.error().message;
    }
    const std::lock_guard lock(delivery.mutex);
    delivery.wasDelivered = wasDelivered;
    delivery.error = error;
    delivery.hasEnded = true;
}

void Messenger::collect()
{
    if (!m_delivery)
        return;
    {
        const std::lock_guard lock(m_delivery->mutex);
        if (!m_delivery->hasEnded)
            return;
    }
    m_delivery->thread.join();
    const TimePoint now = m_setup.clock.now();
    m_error = m_delivery->error;
    if (m_delivery->pings)
        m_lastPing = m_delivery->at;
    if (m_delivery->message) {
        m_notBefore = m_delivery->wasDelivered ? std::nullopt : std::optional(now + kAgainAfter);
        if (m_delivery->wasDelivered) {
            m_lastDelivered = now;
            m_memory = std::move(m_delivery->memory);
            const Status saved = base::writeFileAtomically(
                base::fromUtf8(m_setup.config.dataFolder) / kMemoryName, m_memory.toText());
            if (!saved && m_error.isEmpty())
                m_error = saved.error().message;
        }
    }
    m_delivery.reset();
}

monitor::AlertFacts Messenger::facts()
{
    collect();
    monitor::AlertFacts facts;
    facts.isConfigured = hasChannels();
    facts.lastDelivered = m_lastDelivered;
    facts.error = m_error;
    return facts;
}

} // namespace engine
