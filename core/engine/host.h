#pragma once

#include "core/engine/api.h"
#include "core/engine/engine.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace engine {

/// Runs an engine in a thread of its own, or shows what another one on the same data says, and
/// takes over when that one ends. What fails is tried again.
class Host final : public Api
{
    Q_OBJECT

public:
    struct Setup {
        /// Called on the engine's thread, again after every failure. NotFound: nothing is set up.
        std::function<base::Result<settings::Config>()> config;
        const base::Clock &clock;
        FindSecret findSecret;
        couch::NetworkOptions network = {};
        std::chrono::milliseconds tick{1000}; ///< as Engine::Options::tick
        std::chrono::milliseconds retryAfter{5000};
    };
    /// Begins at once.
    explicit Host(Setup setup);
    /// Waits for the end. Where passwords come from the keychain, stop() first: that needs the
    /// event loop.
    ~Host() override;

    /// Ends what runs; `ended` says when that is so.
    void stop();

    [[nodiscard]] std::shared_ptr<const State> state() const override { return m_state; }
    [[nodiscard]] Presence presence() const override { return m_presence; }
    [[nodiscard]] TimePoint now() const override { return m_setup.clock.now(); }
    void lookNow() override;
    QFuture<ActionOutcomes> act(ReplicationAction action,
                                std::vector<std::string> databases) override;
    base::Status backUpNow() override;
    base::Status stopBackup() override;

signals:
    void ended();

private:
    void work(const std::stop_token &stop);
    void watch(const settings::Config &config, const std::stop_token &stop);
    void watchBeside(const settings::Config &config, const std::stop_token &stop);
    void say(Standing standing, const QString &sentence = {});
    void hand(State state);
    void deliver();
    void wait(std::chrono::milliseconds time, const std::stop_token &stop);
    [[nodiscard]] base::Status refusal() const;

    Setup m_setup;
    std::shared_ptr<const State> m_state;
    Presence m_presence;

    std::mutex m_mutex; ///< for all below
    std::condition_variable_any m_wake;
    bool m_isWoken = false;
    Engine *m_engine = nullptr; ///< while it runs
    std::shared_ptr<const State> m_newState;
    Presence m_newPresence;
    bool m_isDelivering = false; ///< one delivery is on its way: the screen is never flooded

    std::jthread m_thread; ///< the last one, so that it ends first
};

} // namespace engine
