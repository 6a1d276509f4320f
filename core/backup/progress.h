#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

namespace backup {

enum class Phase { Preparing, Fetching, Verifying, Publishing, Done };

/// How far a run is. Written by the run's threads, read by whoever shows it.
class Progress
{
public:
    std::atomic<Phase> phase{Phase::Preparing};
    std::atomic<std::uint64_t> databases{0};
    std::atomic<std::uint64_t> databasesDone{0};
    std::atomic<std::uint64_t> documents{0}; ///< expected, as the databases count them
    std::atomic<std::uint64_t> documentsDone{0};
    std::atomic<std::uint64_t> bytesDone{0}; ///< bodies and attachments, or bytes verified
    std::atomic<std::uint64_t> bytes{0};     ///< to verify

    void setCurrent(const std::string &database)
    {
        const std::lock_guard lock(m_mutex);
        m_current = database;
    }
    [[nodiscard]] std::string current() const
    {
        const std::lock_guard lock(m_mutex);
        return m_current;
    }

private:
    mutable std::mutex m_mutex;
    std::string m_current;
};

} // namespace backup
