#include "core/serve/updateslog.h"

namespace serve {

void UpdatesLog::note(const std::string &database, Type type)
{
    {
        const std::lock_guard lock(m_mutex);
        std::uint64_t &seq = m_seqOf[{database, type}];
        m_updates.erase(seq);
        seq = ++m_seq;
        m_updates[seq] = {database, type};
    }
    m_signal->notify();
}

std::vector<UpdatesLog::Update> UpdatesLog::after(std::uint64_t since, std::uint64_t limit) const
{
    const std::lock_guard lock(m_mutex);
    std::vector<Update> found;
    for (auto next = m_updates.upper_bound(since); next != m_updates.end() && found.size() < limit;
         ++next)
        found.push_back({next->first, next->second.first, next->second.second});
    return found;
}

std::uint64_t UpdatesLog::last() const
{
    const std::lock_guard lock(m_mutex);
    return m_seq;
}

const char *nameOf(UpdatesLog::Type type)
{
    switch (type) {
    case UpdatesLog::Type::Created: return "created";
    case UpdatesLog::Type::Updated: return "updated";
    case UpdatesLog::Type::Deleted: return "deleted";
    }
    return "";
}

} // namespace serve
