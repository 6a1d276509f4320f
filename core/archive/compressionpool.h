#pragma once

#include "core/base/bytes.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace archive {

/// A piece of the archive on its way to becoming a member.
struct MemberJob {
    static constexpr size_t kNoEntry = static_cast<size_t>(-1);

    std::string content; ///< before; empty where `member` was given
    std::string member;  ///< after
    std::uint64_t contentSize = 0;
    base::Sha256 digest{};         ///< of the content; payload only
    base::Sha256 memberDigest{};   ///< of the member
    size_t entry = kNoEntry;       ///< the file it is payload of
    size_t chunk = 0;              ///< which part of the file
    std::uint64_t chunkOffset = 0; ///< where that part begins in the file
    bool done = false;
};

/// Compresses jobs on a few threads and gives them back in the order they came. Memory is bounded
/// by its user: push() only after takeOldest() when isFull(). Used from one thread.
class CompressionPool
{
public:
    CompressionPool(int threads, int level);
    ~CompressionPool();
    CompressionPool(const CompressionPool &) = delete;
    CompressionPool &operator=(const CompressionPool &) = delete;

    /// A job to fill; its buffers may have been used before, which saves the page faults.
    [[nodiscard]] std::unique_ptr<MemberJob> emptyJob();
    /// A job whose `member` is there already (copied from another archive) just waits for its turn.
    void push(std::unique_ptr<MemberJob> job);
    [[nodiscard]] bool isEmpty() const { return m_order.empty(); }
    [[nodiscard]] bool isFull() const { return m_order.size() >= m_threads.size() + 2; }
    /// Waits for the oldest job. Give it back with recycle().
    [[nodiscard]] std::unique_ptr<MemberJob> takeOldest();
    void recycle(std::unique_ptr<MemberJob> job);

private:
    void work(int level);

    std::deque<std::unique_ptr<MemberJob>> m_order; // only the user's thread
    std::vector<std::unique_ptr<MemberJob>> m_spare;
    std::mutex m_mutex;
    std::condition_variable m_wake; // there is work, or the end
    std::condition_variable m_done; // a job was finished
    std::deque<MemberJob *> m_waiting;
    bool m_stop = false;
    std::vector<std::thread> m_threads;
};

} // namespace archive
