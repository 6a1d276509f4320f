#include "core/archive/compressionpool.h"

#include "core/archive/gzipmember.h"

#include <algorithm>

namespace archive {

CompressionPool::CompressionPool(int threads, int level)
{
    const int count = std::clamp(threads, 1, 16);
    m_threads.reserve(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i)
        m_threads.emplace_back([this, level] { work(level); });
}

CompressionPool::~CompressionPool()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stop = true;
        m_waiting.clear();
    }
    m_wake.notify_all();
    for (std::thread &thread : m_threads)
        thread.join();
}

std::unique_ptr<MemberJob> CompressionPool::emptyJob()
{
    if (m_spare.empty())
        return std::make_unique<MemberJob>();
    std::unique_ptr<MemberJob> job = std::move(m_spare.back());
    m_spare.pop_back();
    return job;
}

void CompressionPool::push(std::unique_ptr<MemberJob> job)
{
    if (job->member.empty()) {
        const std::lock_guard lock(m_mutex);
        m_waiting.push_back(job.get());
        m_wake.notify_one();
    } else {
        job->done = true;
    }
    m_order.push_back(std::move(job));
}

std::unique_ptr<MemberJob> CompressionPool::takeOldest()
{
    std::unique_ptr<MemberJob> job = std::move(m_order.front());
    m_order.pop_front();
    std::unique_lock lock(m_mutex);
    m_done.wait(lock, [&job] { return job->done; });
    return job;
}

void CompressionPool::recycle(std::unique_ptr<MemberJob> job)
{
    job->content.clear();
    job->member.clear();
    job->entry = MemberJob::kNoEntry;
    job->done = false;
    m_spare.push_back(std::move(job));
}

void CompressionPool::work(int level)
{
    MemberCompressor compressor(level);
    for (;;) {
        MemberJob *job = nullptr;
        {
            std::unique_lock lock(m_mutex);
            m_wake.wait(lock, [this] { return m_stop || !m_waiting.empty(); });
            if (m_stop)
                return;
            job = m_waiting.front();
            m_waiting.pop_front();
        }
        job->contentSize = job->content.size();
        if (job->entry != MemberJob::kNoEntry)
            job->digest = base::sha256(job->content);
        compressor.compress(job->content, job->member);
        job->memberDigest = base::sha256(job->member);
        {
            const std::lock_guard lock(m_mutex);
            job->done = true;
        }
        m_done.notify_one();
    }
}

} // namespace archive
