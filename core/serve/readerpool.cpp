#include "core/serve/readerpool.h"

namespace serve {

using base::Result;

namespace {
constexpr size_t kMostIdle = 8; // as many as there are workers
}

ReaderPool::Lease::~Lease()
{
    if (!m_reader)
        return;
    const std::lock_guard lock(m_pool->m_mutex);
    if (m_pool->m_idle.size() < kMostIdle)
        m_pool->m_idle.push_back(std::move(m_reader));
}

Result<ReaderPool::Lease> ReaderPool::take()
{
    {
        const std::lock_guard lock(m_mutex);
        if (!m_idle.empty()) {
            auto reader = std::move(m_idle.back());
            m_idle.pop_back();
            return Lease(*this, std::move(reader));
        }
    }
    auto files = m_open();
    if (!files)
        return files.error();
    auto reader = store::Reader::open(std::move(*files));
    if (!reader)
        return reader.error();
    return Lease(*this, std::move(*reader));
}

void ReaderPool::drop()
{
    const std::lock_guard lock(m_mutex);
    m_idle.clear();
}

} // namespace serve
