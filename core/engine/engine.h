#pragma once

#include "core/engine/backupkeeper.h"
#include "core/engine/factsgatherer.h"
#include "core/engine/messenger.h"
#include "core/engine/mirrorkeeper.h"

#include <condition_variable>
#include <mutex>

namespace engine {

/// The whole monitor: mirror, schedule, checks. One for each data folder (D19). open() and run() on
/// the same thread, which is then the engine's; the other calls from any.
class Engine
{
public:
    struct Options {
        settings::Config config;
        const base::Clock &clock;
        FindSecret findSecret;
        QTimeZone zone = QTimeZone::systemTimeZone();
        couch::NetworkOptions network = {};
        /// How often it looks at the clock while it waits; tests with a fast clock make it short.
        std::chrono::milliseconds tick{1000};
        /// Called with every new state, on the engine's thread.
        std::function<void(const State &)> changed;
    };
    /// Locked when another one runs on this data folder.
    [[nodiscard]] static base::Result<std::unique_ptr<Engine>> open(Options options);
    ~Engine();
    Engine(const Engine &) = delete;
    Engine &operator=(const Engine &) = delete;

    /// Watches until it is stopped; a run under way is ended then.
    void run(const std::stop_token &stop);

    /// Asks for a backup now; run() begins it.
    void backUpNow();
    /// Asks for the end of the one under way.
    void stopBackup();
    /// Does not wait for the next look; the source is asked for its databases too.
    void lookNow();
    /// What became of each replication, in the order of the names. Called on the engine's thread
    /// when it is done, after the state that shows it; Cancelled for all when the engine ends.
    using Acted = std::function<void(std::vector<base::Status>)>;
    void act(ReplicationAction action, std::vector<std::string> names, Acted acted);
    [[nodiscard]] State state() const;

private:
    explicit Engine(Options options);
    [[nodiscard]] base::Status prepare();
    void look(const std::stop_token &stop);
    void showProgress();
    struct Request {
        ReplicationAction action;
        std::vector<std::string> names;
        Acted acted;
        std::vector<base::Status> outcomes;
    };
    [[nodiscard]] std::vector<Request> takeRequests();
    void carryOut(std::vector<Request> &requests);
    static void answer(std::vector<Request> &requests);
    [[nodiscard]] std::optional<std::vector<std::string>> readSource();
    [[nodiscard]] BackupKeeper::Mirror mirrorForBackups() const;
    void publish();
    [[nodiscard]] bool waitUntil(TimePoint time, const std::stop_token &stop);
    void wake();

    Options m_options;
    std::unique_ptr<base::FolderLock> m_lock;
    std::stop_source m_stopping; ///< for requests under way
    Servers m_servers;
    std::unique_ptr<couch::Client> m_source;
    std::unique_ptr<couch::Administration> m_greeter; ///< only asked for version and time
    std::unique_ptr<MirrorKeeper> m_mirror;           ///< null: none is configured
    std::unique_ptr<BackupKeeper> m_backups;
    std::unique_ptr<Messenger> m_messenger;
    SourceReading m_reading;
    std::optional<TimePoint> m_listedAt;
    monitor::HealthMemory m_health;
    TimePoint m_startedAt;

    mutable std::mutex m_mutex; ///< for all below
    std::condition_variable m_wake;
    bool m_isWoken = false;
    bool m_wantsBackup = false, m_wantsNoBackup = false;
    bool m_wantsList = false;
    std::vector<Request> m_requests;
    State m_state;
};

/// Where the engine leaves its state for others to read, in its data folder.
[[nodiscard]] base::fs::path stateFileIn(const std::string &dataFolder);
/// True when an engine runs on this data folder.
[[nodiscard]] bool isEngineRunning(const std::string &dataFolder);

} // namespace engine
